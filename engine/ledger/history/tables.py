"""The replay's pieces as the ledger's tables (contract, section 4)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book import columns
from engine.book.columns import MICRO
from engine.book.schema import MONEY, SHARES, TAX_STATUSES, TERMS
from engine.ledger.history.segments import Segments
from engine.ledger.history.table import History
from engine.ledger.lot_names import piece_names
from engine.ledger.schema import BASIS_PER_SHARE, LOTS, REALISED
from engine.ledger.terms import are_long_term
from kernels.pieces import NONE, Pieces

Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]
CENT = 100
PLACES = 10**12


@dataclass(frozen=True)
class Totals:
    """Counts, and cents; gains are those of taxable accounts. Totals of several ledgers add up."""

    accounts: int = 0
    households: int = 0
    trades: int = 0
    realised: int = 0
    lots: int = 0
    short_gain: int = 0
    long_gain: int = 0
    disallowed: int = 0
    gone: int = 0
    """Of `disallowed`: replaced in retirement accounts, where it adds to no basis (Rev. Rul. 2008-5)."""
    exceptions: int = 0
    """Accounts left out."""

    def __add__(self, other: Totals) -> Totals:
        return Totals(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


@dataclass(frozen=True)
class Held:
    """The pieces of whole households, (k,), and what they are about."""

    history: History
    segments: Segments
    pieces: Pieces

    def take(self, index: Any) -> Held:
        """Some of the pieces."""
        return Held(self.history, self.segments, Pieces._make(column[index] for column in self.pieces))

    @property
    def account(self) -> NDArray[np.int32]:
        """Account of each piece, (k,)."""
        return self.segments.account[self.pieces.position]

    @property
    def security(self) -> NDArray[np.int32]:
        """Security of each piece, (k,)."""
        return self.segments.security[self.pieces.position]

    @property
    def household(self) -> NDArray[np.int32]:
        """Household of each piece, (k,)."""
        return self.history.accounts.household[self.account]

    @property
    def taxable(self) -> Flags:
        """Whether the account pays tax, (k,)."""
        return self.segments.positions.taxable[self.pieces.position]

    def account_ids(self) -> pa.Array:
        """Name of each piece's account."""
        return self.history.accounts.ids.take(pa.array(self.account))

    def security_ids(self) -> pa.Array:
        """Name of each piece's security."""
        return self.history.securities.take(pa.array(self.security))

    def lot_ids(self) -> pa.Array:
        """Name of each piece."""
        spun = self.pieces.spun
        target = np.where(spun == NONE, NONE, self.segments.events.target[spun])
        security = np.where(target == NONE, NONE, self.segments.security[target])
        names = self.history.lot_names.take(pa.array(self.pieces.lot))
        return piece_names(names, self.pieces.path, columns.take_text(self.history.securities, security))


def realised_table(every: Held) -> pa.Table:
    """Disposed pieces by household, account, term (short first), day sold, day acquired, security and purchase."""
    sold = every.take(every.pieces.event != NONE)
    order = np.lexsort(
        (
            sold.pieces.path,
            sold.pieces.lot,
            sold.security,
            sold.pieces.acquired,
            sold.pieces.sold,
            is_long(sold.pieces),
            sold.account,
            sold.household,
        )
    )
    sold = sold.take(order)
    pieces = sold.pieces
    washed = pieces.disallowed > 0
    filled = {
        "account_id": sold.account_ids(),
        "security_id": sold.security_ids(),
        "lot_id": sold.lot_ids(),
        "quantity": columns.decimals(pieces.quantity, SHARES),
        "acquired": _dates(pieces.acquired),
        "holding_start": _dates(pieces.holding_start),
        "sold": _dates(pieces.sold),
        "proceeds": columns.decimals(pieces.proceeds, MONEY),
        "cost_basis": columns.decimals(pieces.basis, MONEY),
        "code": pa.array(["", "W"]).take(pa.array(washed.astype(np.int8))),
        "adjustment": columns.decimals(pieces.disallowed, MONEY),
        "gain": columns.decimals(gains(pieces), MONEY),
        "term": pa.array(TERMS).take(pa.array(is_long(pieces).astype(np.int8))),
        "tax_status": pa.array(TAX_STATUSES).take(pa.array(every.history.accounts.status[sold.account])),
    }
    return pa.Table.from_pydict(filled, schema=REALISED)


def lots_table(every: Held) -> pa.Table:
    """Held pieces by household, account, security, day acquired and purchase, as the book's lots."""
    held = every.take(every.pieces.event == NONE)
    pieces = held.pieces
    held = held.take(
        np.lexsort((pieces.path, pieces.lot, pieces.acquired, held.security, held.account, held.household))
    )
    pieces = held.pieces
    tacked = pieces.holding_start != pieces.acquired
    filled = {
        "account_id": held.account_ids(),
        "lot_id": held.lot_ids(),
        "security_id": held.security_ids(),
        "quantity": columns.decimals(pieces.quantity, SHARES),
        "cost_basis": basis_per_share(pieces.basis, pieces.quantity),
        "acquired": _dates(pieces.acquired),
        "holding_start": pa.array(pieces.holding_start, pa.date32(), mask=~tacked),
    }
    return pa.Table.from_pydict(filled, schema=LOTS)


def totals_of(every: Held, exceptions: int) -> Totals:
    """Sums over the pieces."""
    pieces, taxed = every.pieces, every.taxable
    sold = pieces.event != NONE
    gain, long = gains(pieces), is_long(pieces)
    trades = every.segments.trade[every.segments.trade != NONE]
    households = np.unique(every.household)
    kept = np.isin(every.history.accounts.household[every.history.trades.account[trades]], households)
    return Totals(
        accounts=len(np.unique(every.history.trades.account[trades][kept])),
        households=len(households),
        trades=int(kept.sum()),
        realised=int(sold.sum()),
        lots=int((~sold).sum()),
        short_gain=int(gain[sold & taxed & ~long].sum()),
        long_gain=int(gain[sold & taxed & long].sum()),
        disallowed=int(pieces.disallowed.sum()),
        gone=int(pieces.absorbed[~taxed].sum()),
        exceptions=exceptions,
    )


def gains(pieces: Pieces) -> Ints:
    """Cents that count on a tax return: proceeds less adjusted basis plus the loss disallowed."""
    return np.asarray(pieces.proceeds - pieces.basis + pieces.disallowed)


def is_long(pieces: Pieces) -> Flags:
    """Whether the gain is long-term; of held pieces it says nothing."""
    return are_long_term(pieces.holding_start, pieces.sold)


def basis_per_share(basis: Ints, quantity: Ints) -> pa.Array:
    """USD a share to 12 decimals, half away from zero, by long division of cents by micro-shares, three digits a step.

    Up to 1e9 shares and 9e14 cents a lot, so that every step fits int64; times the shares it is the lot's cents.
    """
    dollars, rest = np.divmod(basis * (MICRO // CENT), np.maximum(quantity, 1))
    decimals = np.zeros(len(basis), dtype=np.int64)
    for _ in range(4):
        digits, rest = np.divmod(rest * 1000, np.maximum(quantity, 1))
        decimals = decimals * 1000 + digits
    decimals += rest >= quantity - rest
    whole = pc.cast(pa.array(dollars), pa.decimal128(31, 12))
    return pc.cast(pc.add(whole, columns.decimals(decimals, pa.decimal128(31, 12))), BASIS_PER_SHARE)


def _dates(days: NDArray[np.int32]) -> pa.Array:
    return pa.array(days, pa.date32())

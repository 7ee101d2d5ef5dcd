"""The run's trades by account: row by row, by name, and by reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from engine.book import columns
from engine.book.accounts import CENT
from engine.book.schema import REASONS, SIDES
from engine.errors import InputRefused
from engine.ledger.rows import Ints
from engine.report.client.names import Names
from engine.report.client.tools import BUY, CHANGED, REMEDY, offsets_of, sums_of


@dataclass(frozen=True)
class Trades:
    """The run's rows, (rows,), of decided accounts; `lot` is the code of the lot's name in `lot_names`, -1 for none."""

    account: Ints
    security: Ints
    side: Ints
    reason: Ints
    lot: Ints
    lot_names: pa.Array
    quantity: Ints
    amount: Ints
    basis: Ints
    disallowed: Ints
    gain: Ints

    @classmethod
    def of(cls, table: pa.Table, ids: pa.Array, names: Names) -> Trades:
        """Read them. Raises `InputRefused` where the book lacks an account or a security."""
        lot = columns.encoded(table["lot_id"])
        found = cls(
            account=columns.codes(table["account_id"], ids).astype(np.int64),
            security=columns.codes(table["security_id"], names.ids).astype(np.int64),
            side=columns.codes(table["side"], pa.array(SIDES)).astype(np.int64),
            reason=columns.codes(table["reason"], pa.array(REASONS)).astype(np.int64),
            lot=columns.indices(lot).astype(np.int64),
            lot_names=lot.dictionary,
            quantity=columns.scaled(table["quantity"], columns.MICRO),
            amount=columns.scaled(table["amount"], CENT),
            basis=columns.scaled(table["cost_basis"], CENT),
            disallowed=columns.scaled(table["wash_disallowed"], CENT),
            gain=columns.scaled(table["realised_gain"], CENT),
        )
        if (found.account < 0).any() or (found.security < 0).any():
            raise InputRefused(f"{CHANGED}: trades are of accounts or securities that it does not have", remedy=REMEDY)
        return found


@dataclass(frozen=True)
class Orders:
    """The run's trades by account, side and name; (orders,). `reasons` has a bit a reason, in the contract's order."""

    offsets: Ints
    security: Ints
    side: Ints
    quantity: Ints
    amount: Ints
    gain: Ints
    reasons: Ints


def orders_of(trades: Trades, accounts: int, size: int) -> Orders:
    """The trades summed by account, side and name; `size` securities."""
    key = (trades.account * len(SIDES) + trades.side) * size + trades.security
    keys, place = np.unique(key, return_inverse=True)
    reasons = np.zeros(len(keys), dtype=np.int64)
    np.bitwise_or.at(reasons, place, np.left_shift(1, trades.reason))
    quantity, amount, gain = (sums_of(place, of, len(keys)) for of in (trades.quantity, trades.amount, trades.gain))
    pair = keys // size
    return Orders(
        offsets_of(pair // len(SIDES), accounts), keys % size, pair % len(SIDES), quantity, amount, gain, reasons
    )


def by_reason(trades: Trades, accounts: int, size: int) -> Ints:
    """(accounts, reasons, 5): names bought, cents bought, names sold, cents sold, cents of gain.

    The gain of a purchase is a loss that it takes away (contract, `trades`).
    """
    found = np.zeros((accounts, len(REASONS), 5), dtype=np.int64)
    column = np.where(trades.side == BUY, 0, 2)
    np.add.at(found, (trades.account, trades.reason, column + 1), trades.amount)
    np.add.at(found[:, :, 4], (trades.account, trades.reason), trades.gain)
    cell = (trades.account * len(REASONS) + trades.reason) * len(SIDES) + trades.side
    named = np.unique(cell * size + trades.security) // size
    cell, side = named // len(SIDES), named % len(SIDES)
    np.add.at(found, (cell // len(REASONS), cell % len(REASONS), np.where(side == BUY, 0, 2)), 1)
    return found

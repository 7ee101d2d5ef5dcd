"""What every account of a block holds, its value, and what selling each of its lots would cost in tax."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.firm import Firm
from engine.book.settings import divided_offset
from kernels.lots import order_of_sale, tax_of_sale
from kernels.positions import WALKED, Walked, walk_lots
from kernels.waiting import values_of_waiting


@dataclass(frozen=True)
class Positions:
    """Positions are runs of lots of one name in one account, sorted by account and security.

    Positions (p,): `offsets` (p + 1,) into the lots, `security`, `quantity` micro-shares, `locked` the locked;
    `of_account` (accounts + 1,) delimits each account's. Lots (l,): `long_term`, `gain` per dollar of proceeds,
    `unrealised` gain in cents, `tax` per dollar at the term's own rate with `tax_sensitivity` applied, `waiting` per
    dollar of a loss what its sale gives up (`kernels.waiting`), `order`: the lots of each position from the least such
    tax to the most. Accounts: `value` in cents, cash included, `dollars` the same in USD before rounding to the cent,
    `offset` the account's part of its household's deductible loss, USD, `lost` cents that its lots at a loss lose.
    """

    of_account: NDArray[np.int64]
    offsets: NDArray[np.int64]
    security: NDArray[np.int32]
    quantity: NDArray[np.int64]
    locked: NDArray[np.int64]
    long_term: NDArray[np.bool_]
    gain: NDArray[np.float64]
    unrealised: NDArray[np.int64]
    tax: NDArray[np.float64]
    waiting: NDArray[np.float64]
    order: NDArray[np.int64]
    value: NDArray[np.int64]
    dollars: NDArray[np.float64]
    offset: NDArray[np.float64]
    lost: NDArray[np.int64]

    @cached_property
    def loss(self) -> NDArray[np.bool_]:
        """(l,) True where the lot, sold whole, loses a cent or more."""
        losing: NDArray[np.bool_] = self.unrealised < 0
        return losing


def prepare_positions(firm: Firm, block: AccountBlock) -> Positions:
    """Positions of a block on the day and at the prices of its firm's book."""
    market, as_of = firm.market, firm.header.as_of_days
    lots, settings = block.lots, block.settings
    count = len(lots.security)
    walked = _room(len(block), count)
    positions = walk_lots(
        lots.offsets, lots.security, lots.quantity, lots.basis, lots.locked, market.price_micro, walked
    )
    offsets = walked.offsets[: positions + 1]
    sensitivity = np.where(block.taxable, settings["tax_sensitivity"], 0.0)
    long_term, gain, tax = np.empty(count, dtype=np.bool_), np.empty(count), np.empty(count)
    order = np.empty(count, dtype=np.int64)
    tax_of_sale(
        lots.offsets,
        settings["st_rate"] * sensitivity,
        settings["lt_rate"] * sensitivity,
        settings["harvest"] > 0,
        lots.security,
        lots.quantity,
        lots.basis,
        lots.holding_start,
        market.price,
        as_of,
        long_term,
        gain,
        tax,
    )
    order_of_sale(offsets, tax, order)
    offset = divided_offset(settings["ordinary_offset"], block.cash + walked.cents, block.household, block.taxable)
    waiting = np.empty(count)
    values_of_waiting(
        lots.offsets,
        np.where(settings["harvest"] > 0, settings["harvest_option"], 0.0),
        block.realised_st - block.carryforward_st,
        block.realised_lt - block.carryforward_lt,
        settings["st_rate"] * sensitivity,
        settings["lt_rate"] * sensitivity,
        settings["loss_value"],
        offset,
        lots.security,
        lots.quantity,
        market.price,
        gain,
        long_term,
        lots.holding_start,
        firm.risk.volatility,
        as_of,
        waiting,
    )
    return Positions(
        of_account=walked.of_account,
        offsets=offsets,
        security=walked.security[:positions],
        quantity=walked.quantity[:positions],
        locked=walked.locked[:positions],
        long_term=long_term,
        gain=gain,
        unrealised=walked.unrealised,
        tax=tax,
        waiting=waiting,
        order=order,
        value=block.cash + walked.cents,
        dollars=block.cash / 100.0 + walked.dollars,
        offset=offset,
        lost=walked.lost,
    )


def _room(accounts: int, lots: int) -> Walked:
    """Room for a walk over lots; of the positions, which are fewer, nothing is touched beyond the last."""
    sizes = {"of_account": accounts + 1, "offsets": lots + 1} | dict.fromkeys(("cents", "dollars", "lost"), accounts)
    return Walked._make(np.empty(sizes.get(name, lots), dtype=str(kind.dtype)) for name, kind in WALKED.fields.items())

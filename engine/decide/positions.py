"""What every account of a block holds, its value, and what selling each of its lots would cost in tax."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.firm import Firm
from engine.book.settings import divided_offset
from kernels.lots import market_values, order_of_sale, tax_of_sale, unrealised_gains
from kernels.segments import pair_offsets, segment_sum
from kernels.waiting import values_of_waiting


@dataclass(frozen=True)
class Positions:
    """Positions are runs of lots of one name in one account, sorted by account and security.

    Positions (p,): `offsets` (p + 1,) into the lots, `security`, `quantity` micro-shares; `of_account` (accounts + 1,)
    delimits each account's. Lots (l,): `long_term`, `gain` per dollar of proceeds, `unrealised` gain in cents, `tax`
    per dollar at the term's own rate with `tax_sensitivity` applied, `waiting` per dollar of a loss what its sale gives
    up (`kernels.waiting`), `order`: the lots of each position from the least such tax to the most. Accounts: `value` in
    cents, cash included, `dollars` the same in USD before rounding to the cent, `offset` the account's part of its
    household's deductible loss, USD.
    """

    of_account: NDArray[np.int64]
    offsets: NDArray[np.int64]
    security: NDArray[np.int32]
    quantity: NDArray[np.int64]
    long_term: NDArray[np.bool_]
    gain: NDArray[np.float64]
    unrealised: NDArray[np.int64]
    tax: NDArray[np.float64]
    waiting: NDArray[np.float64]
    order: NDArray[np.int64]
    value: NDArray[np.int64]
    dollars: NDArray[np.float64]
    offset: NDArray[np.float64]

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
    account = np.repeat(np.arange(len(block), dtype=np.int32), np.diff(lots.offsets))
    runs = np.empty(count + 1, dtype=np.int64)
    positions = pair_offsets(account, lots.security, runs)
    offsets = runs[: positions + 1]
    quantity = np.empty(positions, dtype=np.int64)
    segment_sum(lots.quantity, offsets, quantity)
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
    unrealised = np.empty(count, dtype=np.int64)
    unrealised_gains(lots.security, lots.quantity, lots.basis, market.price_micro, unrealised)
    cents, dollars = np.empty(len(block), dtype=np.int64), np.empty(len(block))
    market_values(lots.offsets, lots.security, lots.quantity, market.price_micro, cents, dollars)
    offset = divided_offset(settings["ordinary_offset"], block.cash + cents, block.household, block.taxable)
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
        of_account=np.searchsorted(account[offsets[:-1]], np.arange(len(block) + 1)),
        offsets=offsets,
        security=lots.security[offsets[:-1]],
        quantity=quantity,
        long_term=long_term,
        gain=gain,
        unrealised=unrealised,
        tax=tax,
        waiting=waiting,
        order=order,
        value=block.cash + cents,
        dollars=block.cash / 100.0 + dollars,
        offset=offset,
    )

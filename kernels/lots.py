"""Lots: what selling each one costs in tax, the order in which they are sold, and the sale itself.

The order within a name is by tax per dollar of proceeds, not by basis: highest basis first is not the least tax where
short- and long-term lots mix.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kernels.dates import last_long_term_start
from kernels.jit import B1, B1W, F8, F8W, I4, I4W, I8, I8W, f8, i8, kernel, void
from kernels.money import CENT_MICRO, MICRO, amount_cents, basis_cents, share_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Codes = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

FEW_LOTS = 24
NO_DAY = -(2**31)
"""A date that is not given."""


@kernel(void(I8, I4, I8, F8, F8, I4, I4, B1, I4W, I8W, I8W, I4W, I4W, B1W))
def lay_out(
    rows: Ints,
    security: Codes,
    micro: Ints,
    quantity: Floats,
    cost: Floats,
    acquired: Days,
    start: Days,
    locked: Flags,
    security_of: Codes,
    quantity_of: Ints,
    basis_of: Ints,
    acquired_of: Days,
    start_of: Days,
    locked_of: Flags,
) -> None:
    """Lots (l,) from the `rows` (l,) of a table (n,): what they hold, their total basis, and since when.

    `micro` and `quantity` are the table's shares, whole in micro-shares and as the book gives them, `cost` USD a share.
    A `start` that is NO_DAY is the day of purchase. Out, (l,): securities, micro-shares, cents,
    days, locked or not.
    """
    for lot in range(rows.size):
        row = rows[lot]
        security_of[lot] = security[row]
        quantity_of[lot] = micro[row]
        basis_of[lot] = basis_cents(quantity[row], cost[row])
        acquired_of[lot] = acquired[row]
        start_of[lot] = start[row] if start[row] != NO_DAY else acquired[row]
        locked_of[lot] = locked[row]


@kernel(void(I8, F8, F8, B1, I4, I8, I8, I4, F8, i8, B1W, F8W, F8W))
def tax_of_sale(
    offsets: Ints,
    st_rate: Floats,
    lt_rate: Floats,
    harvest: Flags,
    security: Codes,
    quantity: Ints,
    basis: Ints,
    holding_start: Days,
    price: Floats,
    sold: int,
    long_term: Flags,
    gain: Floats,
    tax: Floats,
) -> None:
    """Term, gain and tax of each lot if sold on day `sold`, per dollar of proceeds.

    Accounts (a,): `offsets` (a + 1,) into the lots, both rates (0 where untaxed), `harvest`. Lots (l,): micro-shares,
    cents of basis. `price` (securities,) USD. Out, (l,): long-term or not, gain 1 − basis/proceeds, tax = rate × gain,
    where a loss is worth nothing to an account that does not harvest.
    """
    last_long = last_long_term_start(sold)
    for account in range(len(offsets) - 1):
        short_rate, long_rate = st_rate[account], lt_rate[account]
        counts_above = -np.inf if harvest[account] else 0.0
        for lot in range(offsets[account], offsets[account + 1]):
            proceeds = quantity[lot] * 1e-6 * price[security[lot]]
            held_long = holding_start[lot] <= last_long
            own_gain = 1.0 - basis[lot] * 0.01 / proceeds
            own_tax = (long_rate if held_long else short_rate) * own_gain
            long_term[lot] = held_long
            gain[lot] = own_gain
            tax[lot] = own_tax if own_gain > counts_above else 0.0


@kernel(void(I8, I4, I8, I8, I8W, F8W))
def market_values(
    offsets: Ints, security: Codes, quantity: Ints, price_micro: Ints, cents: Ints, dollars: Floats
) -> None:
    """Σ quantity × price of each account, summed exactly: in cents, rounded half up once, and in USD unrounded.

    `offsets` (a + 1,) into the lots (l,), micro-shares; `price_micro` (securities,); out (a,).
    """
    for account in range(len(offsets) - 1):
        whole = 0  # micro-dollars
        rest = 0  # 1e-12 dollars
        for lot in range(offsets[account], offsets[account + 1]):
            price = price_micro[security[lot]]
            shares = quantity[lot] // MICRO
            part = (quantity[lot] - shares * MICRO) * price
            carried = part // MICRO
            whole += shares * price + carried
            rest += part - carried * MICRO
        whole += rest // MICRO
        rest %= MICRO
        tail = whole % CENT_MICRO * MICRO + rest
        cents[account] = whole // CENT_MICRO + (1 if tail * 2 >= CENT_MICRO * MICRO else 0)
        dollars[account] = (whole + rest / MICRO) / MICRO


@kernel(void(I4, I4, F8, F8, f8, F8W))
def add_worth(owner: Codes, security: Codes, quantity: Floats, price: Floats, most: float, worth: Floats) -> None:
    """Σ quantity × price of each owner's lots as they stand in a book that is not yet known to be sound.

    Lots (l,): shares; a negative owner's count for nobody. `price` (securities,) USD. Out, (owners,): NaN where a lot
    has no known security or price, or its shares are not above 0 and below `most`.
    """
    for each in range(worth.size):
        worth[each] = 0.0
    for lot in range(owner.size):
        if owner[lot] >= 0:
            known = security[lot] >= 0 and 0.0 < quantity[lot] < most
            worth[owner[lot]] += quantity[lot] * price[security[lot]] if known else np.nan


@kernel(void(I8, F8, I8W))
def order_of_sale(offsets: Ints, tax: Floats, order: Ints) -> None:
    """Lots of each segment by ascending tax, earlier lot first among equals.

    `offsets` (segments + 1,) delimits the lots of one name in one account; `order` (l,) receives lot numbers. The
    place of a lot among few is counted, which no branch has to guess; among many it is found by insertion.
    """
    for segment in range(len(offsets) - 1):
        start, end = offsets[segment], offsets[segment + 1]
        if end - start <= FEW_LOTS:
            for lot in range(start, end):
                place, own = start, tax[lot]
                for other in range(start, lot):
                    place += 1 if tax[other] <= own else 0
                for other in range(lot + 1, end):
                    place += 1 if tax[other] < own else 0
                order[place] = lot
            continue
        for lot in range(start, end):
            place = lot
            while place > start and tax[order[place - 1]] > tax[lot]:
                order[place] = order[place - 1]
                place -= 1
            order[place] = lot


@kernel(i8(i8, i8, i8, i8, i8))
def basis_of_piece(basis: int, quantity: int, part: int, proceeds: int, price: int) -> int:
    """Cents of a lot's basis that go with `part` of its micro-shares, sold for `proceeds` at `price`, micro-dollars.

    A lot that is not at a loss never books one because a piece of it was rounded.
    """
    share = share_of(basis, part, quantity)
    return min(share, proceeds) if basis <= amount_cents(quantity, price) else share


@kernel(i8(I8, I8, I8, I8, i8, i8, I8W, I8W, I8W))
def relieve(
    lots: Ints,
    most: Ints,
    quantity: Ints,
    basis: Ints,
    sold: int,
    price: int,
    piece: Ints,
    proceeds: Ints,
    cost: Ints,
) -> int:
    """Sell `sold` micro-shares of one name out of `lots`, in their order; returns what the lots could not cover.

    `lots` (c,) numbers into `quantity` (micro-shares) and `basis` (cents), each lot once; `most` (c,) micro-shares of
    it that may go before the next one's turn; `price` in micro-dollars. Out, (c,): the piece of each lot sold, its
    proceeds and its share of the basis in cents; a lot sold whole gives its whole basis.
    """
    left = sold
    for place in range(len(lots)):
        lot = lots[place]
        part = min(left, most[place])
        piece[place] = part
        proceeds[place] = amount_cents(part, price)
        cost[place] = basis_of_piece(basis[lot], quantity[lot], part, proceeds[place], price)
        left -= part
    return left

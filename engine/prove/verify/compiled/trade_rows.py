"""Trades row by row: which rules each breaks, each by its name; sums by name traded, by lot sold from, by account.

What a rule says stands in `rules/`; here is its test of one row, where a row can be tested alone.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import types

from engine.prove.verify.compiled.arrays import (
    B1,
    B1W,
    I8,
    I8W,
    NULL,
    Bools,
    Ints,
    b1,
    i8,
    void,
)
from engine.prove.verify.compiled.decorator import compiled
from engine.prove.verify.compiled.words import (
    BUY,
    CASH,
    LONG,
    SELL,
    SELL_OUT,
    SHORT,
    TAXABLE,
    TRACK,
    TRADED,
    TRANSITION,
)

Bits = npt.NDArray[np.int32]

WORDS, STATUS, OWN_LOT, LOCKED, QUANTITY, PRICE, AMOUNT, GAIN, BUY_ROW, TERM, WASH, MOVES, AT_A_LOSS = (
    1 << place for place in range(13)
)
"""Bits of a row: the rules that it breaks. `AMOUNT` and `TERM`: it may, and the rule looks again. Two are no faults:
`MOVES`, a sale for a transition; `AT_A_LOSS`, a taxable account's sale of a known security for less than its basis."""


class Trades(NamedTuple):
    """Columns of `trades`; `lot`: its name's number, `lot_row`: the row of the lot, -1 for a buy or an unknown one."""

    account: Ints
    security: Ints
    side: Ints
    lot: Ints
    lot_row: Ints
    quantity: Ints
    price: Ints
    amount: Ints
    basis: Ints
    disallowed: Ints
    gain: Ints
    term: Ints
    reason: Ints


class Book(NamedTuple):
    """What the rows are held against.

    By name of an account: `status`. By row of one, 0 for the unknown: `tax`. By row of a security, likewise: `price`.
    By lot: `security`, `locked`, `start`.
    """

    status: Ints
    tax: Ints
    price: Ints
    security: Ints
    locked: Bools
    start: Ints


TRADES: Final = types.NamedUniTuple(I8, 13, Trades)
BOOK: Final = types.NamedTuple((I8, I8, I8, I8, B1, I8), Book)
_BITS: Final = types.Array(types.int32, 1, "C")


@compiled(b1(i8, i8, i8))
def words_known(side: int, reason: int, term: int) -> bool:
    """Side and reason are known words; the term is one, or none."""
    return side > 0 and reason > 0 and term >= 0


@compiled(b1(i8, i8, i8))
def amount_to_the_cent(quantity: int, price: int, amount: int) -> bool:
    """Half away from zero; false also where the product is too large for this."""
    if quantity == NULL or price == NULL or amount == NULL or not abs(float(quantity) * price) < 2.0**62:
        return False
    product = quantity * price
    cents = (abs(product) + 5 * 10**9) // 10**10
    return amount == (cents if product > 0 else -cents)


@compiled(b1(i8, i8, i8, i8, b1))
def wash_amount(side: int, amount: int, basis: int, disallowed: int, taxable: bool) -> bool:
    """Not negative, of a taxable account, and of a sale no more than its loss."""
    loss = max((0 if basis == NULL else basis) - (0 if amount == NULL else amount), 0)
    return disallowed >= 0 and (disallowed == 0 or taxable) and (side == BUY or disallowed <= loss)


@compiled(b1(i8, i8, i8, i8))
def gain_of_sale(amount: int, basis: int, disallowed: int, gain: int) -> bool:
    """Amount less basis and the loss disallowed."""
    known = gain != NULL and amount != NULL and basis != NULL and disallowed != NULL
    return known and gain == amount - basis + disallowed


@compiled(b1(i8, i8, i8, i8, i8, i8))
def buy_row(lot: int, amount: int, basis: int, disallowed: int, gain: int, term: int) -> bool:
    """No lot; costs its amount; gains what it takes away, which has a term."""
    known = basis != NULL and amount != NULL and gain != NULL and disallowed != NULL
    return known and basis == amount and lot == 0 and gain == disallowed and (term != 0) == (disallowed > 0)


@compiled(i8(TRADES, BOOK, i8, _BITS))
def check(trades: Trades, book: Book, long_until: int, wrong: Bits) -> int:
    """What each row breaks, and all of them together. `long_until`: the last start of a long-term holding period."""
    some = 0
    for row in range(len(wrong)):
        account, security, side, lot_row = (
            trades.account[row],
            trades.security[row],
            trades.side[row],
            trades.lot_row[row],
        )
        quantity, price, amount, basis = (
            trades.quantity[row],
            trades.price[row],
            trades.amount[row],
            trades.basis[row],
        )
        disallowed, gain, term, reason = (
            trades.disallowed[row],
            trades.gain[row],
            trades.term[row],
            trades.reason[row],
        )
        taxable = account < len(book.tax) and book.tax[account] == TAXABLE
        market = book.price[security] if security < len(book.price) else NULL
        found = 0
        if not words_known(side, reason, term):
            found |= WORDS
        if account == 0 or book.status[account] != TRADED:
            found |= STATUS
        if quantity <= 0:  # null is less than anything
            found |= QUANTITY
        if price != market or market == NULL:
            found |= PRICE
        if not amount_to_the_cent(quantity, price, amount):
            found |= AMOUNT
        if not wash_amount(side, amount, basis, disallowed, taxable):
            found |= WASH
        if side == BUY and not buy_row(trades.lot[row], amount, basis, disallowed, gain, term):
            found |= BUY_ROW
        if side == SELL:
            if lot_row < 0 or security == 0 or book.security[lot_row] != security:
                found |= OWN_LOT
            if lot_row >= 0 and book.locked[lot_row]:
                found |= LOCKED
            if not gain_of_sale(amount, basis, disallowed, gain):
                found |= GAIN
            is_long = lot_row >= 0 and book.start[lot_row] != NULL and book.start[lot_row] <= long_until
            if term != (LONG if is_long else SHORT):
                found |= TERM
            if reason == TRANSITION:
                found |= MOVES
            if taxable and 0 < security < len(book.price) and amount != NULL and basis != NULL and amount < basis:
                found |= AT_A_LOSS
        wrong[row] = found
        some |= found
    return some


@compiled(i8(I8, I8, I8W, I8W, I8W))
def number_lots(side: Ints, key: Ints, place: Ints, of_row: Ints, first: Ints) -> int:
    """The group of each sale, -1 for others, by its lot, in order of the first of them; how many there are.

    `place`: by key, -1 at first.
    """
    count = 0
    for row in range(len(side)):
        of_row[row] = -1
        if side[row] == SELL:
            if place[key[row]] < 0:
                place[key[row]] = count
                first[count] = row
                count += 1
            of_row[row] = place[key[row]]
    return count


@compiled(void(I8, TRADES, I8W, I8W, I8W, I8W))
def sum_lots(of_row: Ints, trades: Trades, sizes: Ints, quantity: Ints, basis: Ints, disallowed: Ints) -> None:
    """Sales by lot: how many, and what they come to in sum, null as nothing."""
    for row in range(len(of_row)):
        lot = of_row[row]
        if lot >= 0:
            sizes[lot] += 1
            quantity[lot] += trades.quantity[row] if trades.quantity[row] != NULL else 0
            basis[lot] += trades.basis[row] if trades.basis[row] != NULL else 0
            disallowed[lot] += trades.disallowed[row] if trades.disallowed[row] != NULL else 0


@compiled(void(I8, TRADES, I8W, I8W, I8W, I8W, B1W, B1W, B1W))
def sum_names(
    of_row: Ints,
    trades: Trades,
    bought: Ints,
    sold: Ints,
    bought_cents: Ints,
    sold_cents: Ints,
    buys: Bools,
    sells: Bools,
    forced: Bools,
) -> None:
    """Names traded: shares and money of either side, null as nothing; whether cash or a sell-out forced some of it."""
    for row in range(len(of_row)):
        name, side = of_row[row], trades.side[row]
        shares = trades.quantity[row] if trades.quantity[row] != NULL else 0
        cents = trades.amount[row] if trades.amount[row] != NULL else 0
        if side == BUY:
            buys[name] = True
            bought[name] += shares
            bought_cents[name] += cents
        elif side == SELL:
            sells[name] = True
            sold[name] += shares
            sold_cents[name] += cents
        if trades.reason[row] == SELL_OUT or trades.reason[row] == CASH:
            forced[name] = True


@compiled(void(TRADES, I8W, I8W, I8W, I8W, B1W, B1W, B1W, B1W))
def sum_accounts(
    trades: Trades,
    bought: Ints,
    sold: Ints,
    short: Ints,
    long: Ints,
    some: Bools,
    selling_out: Bools,
    forced: Bools,
    may_stray: Bools,
) -> None:
    """By row of an account, 0 for the unknown: money by side and gains by term, null as nothing; reasons it trades."""
    for row in range(len(trades.account)):
        owner = trades.account[row] if trades.account[row] < len(short) else 0
        gain, reason = trades.gain[row] if trades.gain[row] != NULL else 0, trades.reason[row]
        cents = trades.amount[row] if trades.amount[row] != NULL else 0
        some[owner] = True
        if trades.side[row] == BUY:
            bought[owner] += cents
        elif trades.side[row] == SELL:
            sold[owner] += cents
        if trades.term[row] == SHORT:
            short[owner] += gain
        elif trades.term[row] == LONG:
            long[owner] += gain
        if reason == SELL_OUT:
            selling_out[owner] = True
        if reason in (SELL_OUT, CASH):
            forced[owner] = True
        if reason > TRACK:
            may_stray[owner] = True

"""Twins of `engine.prove.verify.compiled.trade_rows`, `.gaps` and `.wash_gather` in plain Python; None is null."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

BUY, SELL = 1, 2
SHORT, LONG = 1, 2
CASH, SELL_OUT, TRANSITION = 3, 4, 5


@dataclass
class Trade:
    """Texts by number, 0 for null and -1 for another word; `lot_row`: the lot that a sale names, None without one."""

    account: int
    security: int
    side: int
    lot: int
    lot_row: int | None
    quantity: int | None
    price: int | None
    amount: int | None
    basis: int | None
    disallowed: int | None
    gain: int | None
    term: int
    reason: int


@dataclass
class Lot:
    security: int
    locked: bool
    start: int | None


def cents(quantity: int, price: int) -> int:
    return int((Decimal(quantity * price) / Decimal(10**10)).quantize(Decimal(1), ROUND_HALF_UP))


def wrong(
    one: Trade,
    traded: Sequence[bool],
    taxable: Sequence[bool],
    prices: Sequence[int | None],
    lots: Sequence[Lot],
    until: int,
) -> set[str]:
    """What a row breaks, by the names of the bits. `traded` by account; 0 of `taxable` and `prices`: the unknown."""
    found = set()
    told = [one.amount, one.basis, one.disallowed, one.gain]
    is_taxable = one.account < len(taxable) and taxable[one.account]
    price = prices[one.security] if one.security < len(prices) else None
    if one.side <= 0 or one.reason <= 0 or one.term < 0:
        found.add("WORDS")
    if one.account == 0 or not traded[one.account]:
        found.add("STATUS")
    if one.quantity is None or one.quantity <= 0:
        found.add("QUANTITY")
    if one.price is None or one.price != price:
        found.add("PRICE")
    if None in (one.quantity, one.price, one.amount) or one.amount != cents(one.quantity, one.price):
        found.add("AMOUNT")
    loss = max((one.basis or 0) - (one.amount or 0), 0)
    sound = one.disallowed is not None and one.disallowed >= 0 and (one.disallowed == 0 or is_taxable)
    if not sound or (one.side != BUY and one.disallowed > loss):
        found.add("WASH")
    if one.side == BUY:
        lacks = None in told or one.basis != one.amount or one.lot != 0 or one.gain != one.disallowed
        if lacks or (one.term != 0) != (one.disallowed > 0):
            found.add("BUY_ROW")
    if one.side == SELL:
        lot = None if one.lot_row is None else lots[one.lot_row]
        if lot is None or one.security == 0 or lot.security != one.security:
            found.add("OWN_LOT")
        if lot is not None and lot.locked:
            found.add("LOCKED")
        if None in told or one.gain != one.amount - one.basis + one.disallowed:
            found.add("GAIN")
        is_long = lot is not None and lot.start is not None and lot.start <= until
        if one.term != (LONG if is_long else SHORT):
            found.add("TERM")
        if one.reason == TRANSITION:
            found.add("MOVES")
        known = 0 < one.security < len(prices) and one.amount is not None and one.basis is not None
        if is_taxable and known and one.amount < one.basis:
            found.add("AT_A_LOSS")
    return found


def sold_lots(trades: Sequence[Trade], key: Sequence[int]) -> list[tuple[int, int, int, int, int]]:
    """(first row, rows, quantity, basis, disallowed) of each lot sold, in order of the first row."""
    groups: dict[int, list[int]] = {}
    for row, one in enumerate(trades):
        if one.side == SELL:
            groups.setdefault(key[row], []).append(row)
    return [
        (
            rows[0],
            len(rows),
            *(sum(getattr(trades[row], name) or 0 for row in rows) for name in ("quantity", "basis", "disallowed")),
        )
        for rows in groups.values()
    ]


def names(
    trades: Sequence[Trade], of_row: Sequence[int], count: int
) -> list[tuple[int, int, int, int, bool, bool, bool]]:
    """Of each name: bought, sold, their cents, whether it is bought, sold, forced."""
    found = []
    for name in range(count):
        mine = [one for one, place in zip(trades, of_row, strict=True) if place == name]
        sides = [[one for one in mine if one.side == side] for side in (BUY, SELL)]
        shares = [sum(one.quantity or 0 for one in rows) for rows in sides]
        money = [sum(one.amount or 0 for one in rows) for rows in sides]
        forced = any(one.reason in (CASH, SELL_OUT) for one in mine)
        found.append((*shares, *money, bool(sides[0]), bool(sides[1]), forced))
    return found


def accounts(trades: Sequence[Trade], count: int) -> list[tuple[int, int, int, int, bool, bool, bool, bool]]:
    """By account, those past `count` as 0: bought, sold, short, long, trades, selling out, forced, may stray."""
    found = []
    for account in range(count):
        mine = [one for one in trades if (one.account if one.account < count else 0) == account]
        money = [sum(one.amount or 0 for one in mine if one.side == side) for side in (BUY, SELL)]
        gains = [sum(one.gain or 0 for one in mine if one.term == term) for term in (SHORT, LONG)]
        reasons = {one.reason for one in mine}
        found.append(
            (
                *money,
                *gains,
                bool(mine),
                SELL_OUT in reasons,
                bool(reasons & {CASH, SELL_OUT}),
                any(r > 1 for r in reasons),
            )
        )
    return found


def gaps(
    held: dict[int, float],
    moved: dict[int, float],
    wanted: dict[int, float],
    cash: tuple[float, float],
    exposures: Sequence[Sequence[float]],
    covariance: Sequence[Sequence[float]],
    specific: Sequence[float],
) -> tuple[list[float], list[float]]:
    """Fractions of value: (tracking error before, after, drift before, after), active exposures after."""
    errors, drifts, active = [], [], []
    for traded, money in ((False, cash[0]), (True, cash[1])):
        listed = range(1, len(specific))
        gap = [held.get(s, 0.0) - wanted.get(s, 0.0) + (moved.get(s, 0.0) if traded else 0.0) for s in listed]
        factors = range(len(covariance))
        active = [sum(gap[s - 1] * exposures[s][f] for s in listed) for f in factors]
        variance = sum(active[f] * covariance[f][g] * active[g] for f in factors for g in factors)
        variance += sum(gap[s - 1] ** 2 * specific[s] for s in listed if gap[s - 1] != 0)
        errors.append(math.sqrt(max(variance, 0.0)) if variance == variance else math.nan)
        drifts.append((sum(map(abs, gap)) + abs(money)) / 2)
    return errors + drifts, active


def by_case(case: Sequence[int], keys: Sequence[tuple[int, ...]], cases: int) -> list[list[int]]:
    """Rows of each case in order of their keys."""
    return [
        sorted((row for row in range(len(case)) if case[row] == one), key=lambda row: keys[row]) for one in range(cases)
    ]


def usd_cents(usd: float) -> int | None:
    if math.isnan(usd):
        return None
    return int(math.copysign(math.floor(abs(usd) * 100.0 + 0.5), usd))


def joined(
    trades: Sequence[Trade], case: Sequence[int], pair: Sequence[int], lot: Sequence[int], cases: int
) -> list[list[tuple[int, ...]]]:
    """By case (first row, buys, quantity, amount, basis, rows) of what is sold of a lot, -1 for none, or bought."""
    found = []
    for one in range(cases):
        groups: dict[tuple[int, int], list[int]] = {}
        for row in range(len(trades)):
            if case[row] == one:
                groups.setdefault((pair[row], lot[row]), []).append(row)
        found.append(
            [
                (
                    rows[0],
                    trades[rows[0]].side == BUY,
                    *(sum(getattr(trades[row], name) for row in rows) for name in ("quantity", "amount", "basis")),
                    len(rows),
                )
                for rows in groups.values()
            ]
        )
    return found

"""The figures of one account's page: slices of its part, summed. Money in cents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from engine.book.schema import REASONS as REASON_NAMES
from engine.book.schema import RESTRICTION_KINDS
from engine.report.client import words
from engine.report.client.format import day as day_of
from engine.report.client.format import dollars
from engine.report.client.part import Part
from engine.report.client.tools import BUY

SHOWN_POSITIONS, SHOWN_ORDERS, SHOWN_DATES = 20, 20, 10
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Why:
    """Trades of one reason: names and cents, and what the sales gained."""

    words: str
    names_bought: int
    bought: int
    names_sold: int
    sold: int
    gain: int


@dataclass(frozen=True)
class Order:
    """One name traded; or the rest of them, with `names` of them."""

    called: str
    side: str
    shares: int | None
    amount: int
    gain: int
    why: str
    names: int = 1


@dataclass(frozen=True)
class Position:
    """One name before and after, cents, and fractions of value; or the rest, or cash."""

    called: str
    before: int
    after: int
    target: float


@dataclass(frozen=True)
class Open:
    """Gains and losses not realised, of one term, after the trades."""

    term: str
    lots: int
    value: int
    gains: int
    losses: int

    @property
    def net(self) -> int:
        """Gains less losses."""
        return self.gains + self.losses


@dataclass(frozen=True)
class Turning:
    """Short-term lots that turn long-term on a day; of the rest, on days up to `until`."""

    day: date
    until: date
    lots: int
    value: int
    net: int


@dataclass(frozen=True)
class Kept:
    """Something not sold, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class ToDate:
    """Tax saved (losses harvested, choice of lots) and fees over a span, before today's trades; None: not on record."""

    span: str
    saved: int | None
    fees: int | None


@dataclass(frozen=True)
class Client:
    """All that a page tells. `money` are the account's amounts in `results`; None where it was not decided."""

    account_id: str
    status: str
    happened: str
    taxed: str
    money: dict[str, int] | None
    tracking: tuple[float | None, float | None] = (None, None)
    reasons: tuple[Why, ...] = ()
    orders: tuple[Order, ...] = ()
    bought: int = 0
    sold: int = 0
    disallowed: int = 0
    positions: tuple[Position, ...] = ()
    cash: Position | None = None
    rounding: tuple[int, int] = (0, 0)
    open: tuple[Open, ...] = ()
    turning: tuple[Turning, ...] = ()
    kept: tuple[Kept, ...] = ()
    to_date: tuple[ToDate, ...] = ()
    fee_bps: float | None = None
    fee_a_year: int | None = None

    @property
    def saved_today(self) -> int:
        """What counts as saved: harvests and the choice of lots, not what is deferred."""
        return 0 if self.money is None else self.money["harvested"] + self.money["saved_by_lot_choice"]


def client_of(part: Part, account: int) -> Client:
    """The page's figures of the decided account of this number."""
    money = {name: int(cents[account]) for name, cents in part.money.items()}
    taxable = bool(part.taxable[account])
    status, code = part.results["status"][account], part.results["code"][account]
    fee = part.accounts["fee_bps"][account]
    positions, cash, rounding = _positions(part, account, money)
    orders, bought, sold = _orders(part, account)
    return Client(
        account_id=part.ids[account],
        status=status,
        happened=words.CODES.get(code or "", "") if status != "TRADED" else "",
        taxed="" if taxable else words.TAXED.get(part.accounts["tax_status"][account], ""),
        money=money,
        tracking=(part.results["te_before"][account], part.results["te_after"][account]),
        reasons=_reasons(part, account),
        orders=orders,
        bought=bought,
        sold=sold,
        disallowed=int(part.disallowed[account]),
        positions=positions,
        cash=cash,
        rounding=rounding,
        open=_open(part, account) if taxable else (),
        turning=_turning(part, account) if taxable else (),
        kept=tuple(_kept(part, account, money, taxable)),
        to_date=_to_date(part, account),
        fee_bps=fee or None,
        fee_a_year=round(money["value"] * fee / 10_000) if fee else None,
    )


def undecided(row: dict[str, Any]) -> Client:
    """The page of an account that was not decided; `row` is of `Part.other`."""
    return Client(row["account_id"], row["status"], words.NOT_DECIDED, "", None)


def _slice(offsets: Any, account: int) -> slice:
    return slice(int(offsets[account]), int(offsets[account + 1]))


def _reasons(part: Part, account: int) -> tuple[Why, ...]:
    """Most money first."""
    found = [
        Why(words.REASONS[name], *cells)
        for name, cells in zip(REASON_NAMES, part.by_reason[account].tolist(), strict=True)
        if cells[0] or cells[2]
    ]
    return tuple(sorted(found, key=lambda one: -(one.bought + one.sold)))


def _orders(part: Part, account: int) -> tuple[tuple[Order, ...], int, int]:
    """The largest orders, and the rest of each side as one; what was bought and sold."""
    at, orders = _slice(part.orders.offsets, account), part.orders
    amount, gain, side = orders.amount[at], orders.gain[at], orders.side[at]
    order = np.argsort(-amount, kind="stable")
    shown, rest = order[:SHOWN_ORDERS], order[SHOWN_ORDERS:]
    reasons, quantity, security = orders.reasons[at], orders.quantity[at], orders.security[at]
    found = [
        Order(
            part.names.called[int(security[one])],
            "Bought" if side[one] == BUY else "Sold",
            int(quantity[one]),
            int(amount[one]),
            int(gain[one]),
            _why(int(reasons[one])),
        )
        for one in shown.tolist()
    ]
    for bought in (True, False):
        mine = rest[(side[rest] == BUY) == bought]
        if len(mine):
            what = "Bought" if bought else "Sold"
            usd, won = int(amount[mine].sum()), int(gain[mine].sum())
            found.append(Order(f"{len(mine):,} smaller orders", what, None, usd, won, "", len(mine)))
    buys = side == BUY
    return tuple(found), int(amount[buys].sum()), int(amount[~buys].sum())


_SHORT = {
    "TRACK": "nearer the target",
    "HARVEST": "a loss for your tax",
    "CASH": "cash",
    "SELL_OUT": "asked for",
    "TRANSITION": "moving over",
}


def _why(bits: int) -> str:
    return ", ".join(_SHORT[name] for place, name in enumerate(REASON_NAMES) if bits >> place & 1)


def _positions(
    part: Part, account: int, money: dict[str, int]
) -> tuple[tuple[Position, ...], Position, tuple[int, int]]:
    """The largest positions and the rest as one, cash, and by how much they miss the value, being rounded each."""
    at, held = _slice(part.positions.offsets, account), part.positions
    before, after, weight, security = held.before[at], held.after[at], held.weight[at], held.security[at]
    order = np.argsort(-np.maximum(before, after), kind="stable")
    shown, rest = order[:SHOWN_POSITIONS], order[SHOWN_POSITIONS:]
    found = [
        Position(called, *figures)
        for called, *figures in zip(
            [part.names.called[one] for one in security[shown].tolist()],
            before[shown].tolist(),
            after[shown].tolist(),
            weight[shown].tolist(),
            strict=True,
        )
    ]
    if len(rest):
        sums = int(before[rest].sum()), int(after[rest].sum())
        found.append(Position(f"{len(rest):,} smaller positions", *sums, float(weight[rest].sum())))
    cash = Position("Cash", money["cash_before"], money["cash_after"], max(0.0, 1.0 - float(weight.sum())))
    value = money["value"]
    rounding = value - int(before.sum()) - cash.before, value - int(after.sum()) - cash.after
    return tuple(found), cash, rounding


def _open(part: Part, account: int) -> tuple[Open, ...]:
    at, left = _slice(part.left.offsets, account), part.left
    value, long = left.value[at], left.long_from[at] <= part.names.as_of
    gain = value - left.basis[at]
    return tuple(
        Open(
            term,
            int(mine.sum()),
            int(value[mine].sum()),
            int(np.maximum(gain[mine], 0).sum()),
            int(np.minimum(gain[mine], 0).sum()),
        )
        for term, mine in (("short-term", ~long), ("long-term", long))
    )


def _turning(part: Part, account: int) -> tuple[Turning, ...]:
    """The next days on which short-term lots turn long-term, and the later ones as one."""
    at, left = _slice(part.left.offsets, account), part.left
    day = left.long_from[at]
    short = np.flatnonzero(day > part.names.as_of)
    if len(short) == 0:
        return ()
    days, place = np.unique(day[short], return_inverse=True)
    place = np.minimum(place, SHOWN_DATES)
    lots = np.bincount(place).tolist()
    value, net = np.zeros((2, len(lots)), dtype=np.int64)
    np.add.at(value, place, left.value[at][short])
    np.add.at(net, place, left.value[at][short] - left.basis[at][short])
    last = int(days[-1])
    return tuple(
        Turning(_date(start), _date(last if number == SHOWN_DATES else start), count, usd, won)
        for number, (start, count, usd, won) in enumerate(
            zip(days.tolist(), lots, value.tolist(), net.tolist(), strict=False)
        )
    )


def _kept(part: Part, account: int, money: dict[str, int], taxable: bool) -> Any:
    """What was not sold, and why: locked shares, gains left alone, losses that wait, budgets, rules, warnings."""
    at, left = _slice(part.left.offsets, account), part.left
    value, gain, locked = left.value[at], left.value[at] - left.basis[at], left.locked[at]
    if taxable:
        yield from _gains(part, account, money["value"], gain)
        yield from _waiting(part, at, gain)
    if locked.any():
        usd = dollars(int(value[locked].sum()))
        yield Kept(f"Locked: {_lots(int(locked.sum()))} worth {usd}", "May not be sold.")
    yield from _budgets(part, account, money, taxable)
    rules = [
        f"{count:,} {words.RULES[kind]}"
        for kind, count in zip(RESTRICTION_KINDS, part.rules[account].tolist(), strict=True)
        if count
    ]
    if rules:
        yield Kept("Restrictions on the account", f"{'; '.join(rules)}.".capitalize())
    for code in dict.fromkeys(part.notes.get(part.ids[account], [])):
        if code in words.CODES:
            yield Kept("For your attention", words.CODES[code])


def _gains(part: Part, account: int, value: int, gain: Any) -> Any:
    """Names above their target whose shares carry gains."""
    at, held = _slice(part.positions.offsets, account), part.positions
    above = held.after[at] - np.rint(held.weight[at] * value).astype(np.int64)
    mine = _slice(part.left.offsets, account)
    place = np.searchsorted(held.security[at], part.left.security[mine])
    use = (above[place] > 0) & (gain > 0) & ~part.left.locked[mine]
    names = np.unique(place[use])
    if len(names):
        yield Kept(
            f"{_names(len(names))} above target by {dollars(int(above[names].sum()))} in all",
            f"Their shares carry gains of {dollars(int(gain[use].sum()))}. Being nearer the target was "
            "not worth the tax and the cost of selling them, or a rule of the account holds them.",
        )


def _waiting(part: Part, at: slice, gain: Any) -> Any:
    waits = part.waits[at]
    use = waits > 0
    if use.any():
        first, last = _date(int(waits[use].min())), _date(int(waits[use].max()))
        until = f"on {day_of(first)}" if first == last else f"between {day_of(first)} and {day_of(last)}"
        yield Kept(
            f"{_lots(int(use.sum()))} with losses of {dollars(-int(gain[use].sum()))}",
            "Your household bought the same, or nearly the same, in the last 30 days. All or part of a loss taken now "
            f"would not count for tax (a wash sale). The wait ends {until}, if nothing more is bought.",
        )


def _budgets(part: Part, account: int, money: dict[str, int], taxable: bool) -> Any:
    def setting(name: str) -> float | None:
        found = float(part.settings[name][account])
        return None if np.isnan(found) else found

    day = setting("transition_until")
    if day is not None:
        yield Kept(
            "Positions you held before", f"They are to be gone by {day_of(_date(int(day)))}, spread over the tax years."
        )
    if not taxable:
        return
    realised = money["realised_st"] + money["realised_lt"]
    year = realised + sum(part.accounts[name][account] or 0 for name in ("realised_st_ytd", "realised_lt_ytd"))
    if (budget := setting("gain_budget")) is not None:
        yield Kept(
            f"The year's net gain may be {dollars(round(100 * budget))}", f"With today's trades it is {dollars(year)}."
        )
    if (budget := setting("tax_budget")) is not None:
        yield Kept(f"The year's tax may be {dollars(round(100 * budget))}", "No trade takes it further by choice.")
    day = setting("preserve_until")
    if day is not None and day > part.names.as_of:
        yield Kept(f"No net gain before {day_of(_date(int(day)))}", "As was agreed for the account.")


def _to_date(part: Part, account: int) -> tuple[ToDate, ...]:
    found = [
        ToDate(span, part.accounts[f"saved_{key}"][account], part.accounts[f"fees_{key}"][account])
        for span, key in (("This year", "ytd"), ("Since the account began", "since_inception"))
    ]
    return tuple(one for one in found if one.saved is not None or one.fees is not None)


def _date(day: int) -> date:
    return EPOCH + timedelta(days=day)


def _lots(count: int) -> str:
    return "1 lot" if count == 1 else f"{count:,} lots"


def _names(count: int) -> str:
    return "1 position" if count == 1 else f"{count:,} positions"

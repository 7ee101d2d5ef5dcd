"""The figures of one account's page: slices of its part, summed. Money in cents."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.book.schema import REASONS as REASON_NAMES
from engine.report.client import words
from engine.report.client.facts import Client, Open, Order, Position, ToDate, Turning, Why
from engine.report.client.kept import kept_of
from engine.report.client.part import Part
from engine.report.client.tools import BUY, date_of, slice_of

SHOWN_POSITIONS, SHOWN_ORDERS, SHOWN_DATES = 20, 20, 10


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
        traded=_traded(part, account),
        bought=bought,
        sold=sold,
        disallowed=int(part.disallowed[account]),
        positions=positions,
        cash=cash,
        rounding=rounding,
        open=_open(part, account) if taxable else (),
        turning=_turning(part, account) if taxable else (),
        kept=tuple(kept_of(part, account, money, taxable)),
        to_date=_to_date(part, account),
        twins=part.twins.get(part.ids[account]) if taxable else None,
        fee_bps=fee or None,
        fee_a_year=round(money["value"] * fee / 10_000) if fee else None,
    )


def undecided(row: dict[str, Any]) -> Client:
    """The page of an account that was not decided; `row` is of `Part.other`."""
    return Client(row["account_id"], row["status"], words.NOT_DECIDED, "", None)


def _traded(part: Part, account: int) -> tuple[int, int]:
    side = part.orders.side[slice_of(part.orders.offsets, account)]
    return int((side == BUY).sum()), int((side != BUY).sum())


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
    at, orders = slice_of(part.orders.offsets, account), part.orders
    amount, gain, side = orders.amount[at], orders.gain[at], orders.side[at]
    order = np.argsort(-amount, kind="stable")
    shown, rest = order[:SHOWN_ORDERS], order[SHOWN_ORDERS:]
    reasons, quantity, security = orders.reasons[at], orders.quantity[at], orders.security[at]
    nearer, any_sold = _nearer(part, account, security), bool((side != BUY).any())
    found = [
        Order(
            part.names.called[int(security[one])],
            "Bought" if side[one] == BUY else "Sold",
            int(quantity[one]),
            int(amount[one]),
            int(gain[one]),
            _why(int(reasons[one]), side[one] == BUY, bool(nearer[one]), bool(any_sold), bool(gain[one] < 0)),
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


def _nearer(part: Part, account: int, security: Any) -> Any:
    """(orders,) whether each name is nearer its weight in the target after the trades than before them."""
    at, held, value = slice_of(part.positions.offsets, account), part.positions, int(part.money["value"][account])
    place = np.searchsorted(held.security[at], security)
    aim = held.weight[at][place] * value
    return np.abs(held.after[at][place] - aim) <= np.abs(held.before[at][place] - aim)


def _why(bits: int, bought: bool, nearer: bool, any_sold: bool, lost: bool) -> str:
    """Why a name was traded, in words that its own figures bear out.

    A name bought in place of one sold at a loss may end further from its own target; a loss may all be disallowed.
    """
    mix = "nearer the target" if nearer else "to keep the mix"
    if bought and not nearer:
        mix = "in place of what was sold" if any_sold else "to invest cash"
    short = {
        "TRACK": mix,
        "HARVEST": "a loss for your tax" if lost else mix,
        "CASH": "to invest cash" if bought else "to raise cash",
        "SELL_OUT": "asked for",
        "TRANSITION": "moving over",
    }
    told = (short[name] for place, name in enumerate(REASON_NAMES) if bits >> place & 1)
    return ", ".join(dict.fromkeys(told))


def _positions(
    part: Part, account: int, money: dict[str, int]
) -> tuple[tuple[Position, ...], Position, tuple[int, int]]:
    """The largest positions and the rest as one, cash, and by how much they miss the value, being rounded each."""
    at, held = slice_of(part.positions.offsets, account), part.positions
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
    at, left = slice_of(part.left.offsets, account), part.left
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
    at, left = slice_of(part.left.offsets, account), part.left
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
        Turning(date_of(start), date_of(last if number == SHOWN_DATES else start), count, usd, won)
        for number, (start, count, usd, won) in enumerate(
            zip(days.tolist(), lots, value.tolist(), net.tolist(), strict=False)
        )
    )


def _to_date(part: Part, account: int) -> tuple[ToDate, ...]:
    found = [
        ToDate(span, part.accounts[f"saved_{key}"][account], part.accounts[f"fees_{key}"][account])
        for span, key in (("This year", "ytd"), ("Since the first run", "since_inception"))
    ]
    return tuple(one for one in found if one.saved is not None or one.fees is not None)

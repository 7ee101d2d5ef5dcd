"""What of an account was not sold, and why: from its lots, settings, restrictions and warnings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.book.schema import RESTRICTION_KINDS
from engine.report.client import words
from engine.report.client.facts import Kept
from engine.report.client.format import day as day_of
from engine.report.client.format import dollars
from engine.report.client.part import Part
from engine.report.client.tools import BUY, date_of, slice_of

NAMED = 3
"""Names that are told of many."""


def kept_of(part: Part, account: int, money: dict[str, int], taxable: bool) -> Iterator[Kept]:
    """What was not sold, and why: locked shares, gains left alone, losses that wait, budgets, rules, warnings."""
    at, left = slice_of(part.left.offsets, account), part.left
    value, gain, locked = left.value[at], left.value[at] - left.basis[at], left.locked[at]
    if taxable:
        yield from _gains(part, account, money["value"], gain)
        yield from _waiting(part, at, gain)
        yield from _losses(part, account, gain)
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


def _gains(part: Part, account: int, value: int, gain: Any) -> Iterator[Kept]:
    """Names above their target whose shares carry gains."""
    at, held = slice_of(part.positions.offsets, account), part.positions
    above = held.after[at] - np.rint(held.weight[at] * value).astype(np.int64)
    mine = slice_of(part.left.offsets, account)
    place = np.searchsorted(held.security[at], part.left.security[mine])
    orders = slice_of(part.orders.offsets, account)
    bought = part.orders.security[orders][part.orders.side[orders] == BUY]
    above = np.where(np.isin(held.security[at], bought), 0, above)
    use = (above[place] > 0) & (gain > 0) & ~part.left.locked[mine]
    names = np.unique(place[use])
    if len(names):
        gains = np.bincount(place[use], gain[use], len(above)).astype(np.int64)
        largest = names[np.argsort(-above[names], kind="stable")][:NAMED].tolist()
        shown = (
            f"{part.names.called[int(held.security[at][one])]} ({dollars(int(above[one]))} above, "
            f"gain {dollars(int(gains[one]))})"
            for one in largest
        )
        held_back = ", or a restriction named below holds them" if part.rules[account].any() else ""
        yield Kept(
            f"{_names(len(names))} with gains above target by {dollars(int(above[names].sum()))} in all",
            f"Their shares carry gains of {dollars(int(gain[use].sum()))}. Being nearer the target was "
            f"not worth the tax and the cost of selling them{held_back}. {_largest(len(names))}{'; '.join(shown)}.",
        )


def _waiting(part: Part, at: slice, gain: Any) -> Iterator[Kept]:
    waits = part.waits[at]
    use = waits > 0
    if use.any():
        first, last = date_of(int(waits[use].min())), date_of(int(waits[use].max()))
        until = f"on {day_of(first)}" if first == last else f"between {day_of(first)} and {day_of(last)}"
        yield Kept(
            f"{_lots(int(use.sum()))} with losses of {dollars(-int(gain[use].sum()))}",
            "Your household bought the same, or nearly the same, in the last 30 days. All or part of a loss taken now "
            f"would not count for tax (a wash sale). The wait ends {until}, if nothing more is bought.",
        )


def _losses(part: Part, account: int, gain: Any) -> Iterator[Kept]:
    """Losses that nothing bars, and that were not taken."""
    at, left = slice_of(part.left.offsets, account), part.left
    use = (gain < 0) & (part.waits[at] == 0) & ~left.locked[at]
    if not use.any():
        return
    names, place = np.unique(left.security[at][use], return_inverse=True)
    lost = np.bincount(place, gain[use], len(names)).astype(np.int64)
    largest = np.argsort(lost, kind="stable")[:NAMED].tolist()
    shown = (f"{part.names.called[int(names[one])]} ({dollars(int(lost[one]))})" for one in largest)
    why = (
        "The tax that they would save today is less than what selling them costs: trading, distance from the target, "
        "and the larger loss that waiting may bring"
        if part.settings["harvest"][account]
        else "The account takes no loss for its tax value alone"
    )
    yield Kept(
        f"Losses of {dollars(-int(gain[use].sum()))} in {_lots(int(use.sum()))}, not taken",
        f"{why}. {_largest(len(names))}{'; '.join(shown)}.",
    )


def _budgets(part: Part, account: int, money: dict[str, int], taxable: bool) -> Iterator[Kept]:
    def setting(name: str) -> float | None:
        found = float(part.settings[name][account])
        return None if np.isnan(found) else found

    day = setting("transition_until")
    if day is not None:
        yield Kept(
            "Positions you held before",
            f"They are to be gone by {day_of(date_of(int(day)))}, spread over the tax years.",
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
        yield Kept(f"No net gain before {day_of(date_of(int(day)))}", "As was agreed for the account.")


def _largest(count: int) -> str:
    return "The largest: " if count > NAMED else ""


def _lots(count: int) -> str:
    return "1 lot" if count == 1 else f"{count:,} lots"


def _names(count: int) -> str:
    return "1 position" if count == 1 else f"{count:,} positions"

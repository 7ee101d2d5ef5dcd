"""The account's lots as segments: what may be sold, cut where recent purchases replace a part of a loss."""

from __future__ import annotations

import math

from numba import types

from kernels.decide.book import BOOK, BP, PERCENT, Book
from kernels.decide.households import HOUSEHOLDS, Households, may_replace, open_shares, purchases_of
from kernels.decide.memory import ARRAYS, ASKED_OF_SELLS, OWN, Arrays
from kernels.decide.names import is_free, loses_freely, sales_of
from kernels.decide.washes import has_budget
from kernels.jit import b1, i8, kernel, void
from kernels.pieces import SKIP_SAME_DAY

ALIKE, UNSURE, UNLIKE = range(3)
"""How lots of a name differ in what replaces their losses: not; as other names or sales of the day tell; as how many
micro-shares may replace each tells."""


@kernel(i8(BOOK, ARRAYS, i8, i8, i8, HOUSEHOLDS), inner=True)
def _losing_lots(book: Book, of: Arrays, account: int, name: int, position: int, seen: Households) -> int:
    """A name's lots that may be sold at a loss into `lots`, in order of acquisition; their number."""
    count = 0
    may_sell, may_lose = sales_of(book, of, account, name, seen)
    if not may_sell:
        return 0
    for lot in range(book.positions.offsets[position], book.positions.offsets[position + 1]):  # nearly in that order
        if not book.lots.loss[lot] or book.lots.locked[lot]:
            continue
        if not loses_freely(book, of, account, lot, name, may_lose, seen):
            continue
        day, place = book.lots.acquired[lot], count
        while place > 0:
            before = of.lots[place - 1]
            if (book.lots.acquired[before], before) < (day, lot):
                break
            of.lots[place] = before
            place -= 1
        of.lots[place] = lot
        count += 1
    return count


@kernel(b1(BOOK, ARRAYS, i8, i8, i8, i8, HOUSEHOLDS, b1), inner=True)
def _take_replaced(
    book: Book, of: Arrays, account: int, count: int, first: int, last: int, seen: Households, before: bool
) -> bool:
    """Micro-shares of each of `lots` that purchases `first` to `last` replace were all sold, into `taken`; any at all.

    In order of acquisition, which is the order in which losses are disallowed (Reg. §1.1091-1(b)). `before`: as the run
    began, whatever losses of other accounts took these purchases up in it.
    """
    policy, found = book.accounts.policy[account], False
    for row in range(first, last):
        of.left[row - first] = open_shares(seen, row, policy, before)
    for place in range(count):
        lot = of.lots[place]
        wanted = book.lots.quantity[lot]
        for row in range(first, last):
            if may_replace(seen, row, book.lots.purchase[lot], book.lots.acquired[lot], policy):
                part = min(wanted, of.left[row - first])
                wanted -= part
                of.left[row - first] -= part
        of.taken[place] = book.lots.quantity[lot] - wanted
        found = found or of.taken[place] > 0
    return found


@kernel(b1(BOOK, ARRAYS, i8, i8, i8, HOUSEHOLDS), inner=True)
def _shares_losses(book: Book, of: Arrays, account: int, name: int, group: int, seen: Households) -> bool:
    """Whether another name of the account's in the group has a loss that may be taken."""
    if of.group_names[of.first_alike[name]] < 2:
        return False
    for position in range(book.accounts.positions[account], book.accounts.positions[account + 1]):
        other = of.place[book.positions.security[position]]
        if other != name and book.securities.wash_group[of.security[other]] == group:
            for entry in range(book.positions.offsets[position], book.positions.offsets[position + 1]):
                lot = book.lots.order[entry]
                if book.lots.loss[lot] and is_free(book, of, account, lot, other, seen):
                    return True
    return False


@kernel(b1(BOOK, i8, i8, i8, i8, HOUSEHOLDS), inner=True)
def _holds_any(book: Book, account: int, group: int, first: int, last: int, seen: Households) -> bool:
    """Whether the account holds a lot of the group that is of one of these purchases."""
    policy = book.accounts.policy[account]
    for position in range(book.accounts.positions[account], book.accounts.positions[account + 1]):
        if book.securities.wash_group[book.positions.security[position]] != group:
            continue
        for entry in range(book.positions.offsets[position], book.positions.offsets[position + 1]):
            purchase = book.lots.purchase[book.lots.order[entry]]
            for row in range(first, last):
                if seen.purchases.purchase[row] == purchase and open_shares(seen, row, policy, False) > 0:
                    return True
    return False


@kernel(b1(BOOK, ARRAYS, i8, i8, i8, i8, i8, HOUSEHOLDS), inner=True)
def _depends(
    book: Book, of: Arrays, account: int, group: int, count: int, first: int, last: int, seen: Households
) -> bool:
    """Whether how many shares are disallowed depends on which of `lots` are sold, not just on how many.

    So where a purchase could replace the losses of some lots and not of others; also where shares sold on the same day
    do not count and the account holds any.
    """
    policy = book.accounts.policy[account]
    for row in range(first, last):
        if open_shares(seen, row, policy, False) > 0:
            lot = of.lots[0]
            one = may_replace(seen, row, book.lots.purchase[lot], book.lots.acquired[lot], policy)
            for place in range(1, count):
                lot = of.lots[place]
                if may_replace(seen, row, book.lots.purchase[lot], book.lots.acquired[lot], policy) != one:
                    return True
    return bool(policy & SKIP_SAME_DAY and _holds_any(book, account, group, first, last, seen))


@kernel(void(BOOK, ARRAYS, i8, i8, i8, i8, HOUSEHOLDS), inner=True)
def _find_reach(book: Book, of: Arrays, account: int, count: int, first: int, last: int, seen: Households) -> None:
    """Micro-shares of purchases `first` to `last` that may replace a loss of each of `lots`, into `reached`."""
    policy = book.accounts.policy[account]
    for place in range(count):
        lot, shares = of.lots[place], 0
        for row in range(first, last):
            if may_replace(seen, row, book.lots.purchase[lot], book.lots.acquired[lot], policy):
                shares += open_shares(seen, row, policy, False)
        of.reached[place] = shares


@kernel(types.UniTuple(i8, 2)(BOOK, ARRAYS, i8, i8, i8, HOUSEHOLDS), inner=True)
def _replaced(book: Book, of: Arrays, account: int, name: int, position: int, seen: Households) -> tuple[int, int]:
    """How many of `lots` recent purchases replace in part or not, as `taken` says; 0 where none; how lots differ in it.

    Counted as if every loss of the name that may be sold were, and none of another name. Under a budget also whether
    the name's losses are `doubtful`.
    """
    group = book.securities.wash_group[of.security[name]]
    first, last = purchases_of(seen, book.accounts.household[account], group)
    if first == last or not book.accounts.taxable[account]:
        return 0, ALIKE
    count = _losing_lots(book, of, account, name, position, seen)
    of.doubtful[name] = has_budget(book, account) and _take_replaced(book, of, account, count, first, last, seen, True)
    if not _take_replaced(book, of, account, count, first, last, seen, False):
        return 0, ALIKE
    if _shares_losses(book, of, account, name, group, seen):
        return count, UNSURE
    if not _depends(book, of, account, group, count, first, last, seen):
        return count, ALIKE
    if book.accounts.policy[account] & SKIP_SAME_DAY:
        return count, UNSURE
    _find_reach(book, of, account, count, first, last, seen)
    return count, UNLIKE


@kernel(void(ARRAYS, i8, i8, i8), inner=True, inlined=True)
def _find_places(of: Arrays, first: int, last: int, count: int) -> None:
    """Where each of a name's lots, `first` to `last`, is among the first `count` of `lots`, into `among`."""
    of.among[: last - first] = -1
    for place in range(count):
        of.among[of.lots[place] - first] = place


@kernel(types.UniTuple(i8, 2)(ARRAYS, i8, i8), inner=True, inlined=True)
def _gone(of: Arrays, place: int, differ: int) -> tuple[int, int]:
    """Micro-shares that recent purchases replace of the lot in a place of `lots`, as `taken` says.

    And how many may be, or -1 where lots are ALIKE or UNSURE in that, or this one in no place.
    """
    if place < 0:
        return 0, -1
    return int(of.taken[place]), int(of.reached[place]) if differ == UNLIKE else -1


@kernel(i8(BOOK, ARRAYS, i8, i8, i8, i8), inner=True, inlined=True)
def _cut_alike(book: Book, of: Arrays, account: int, name: int, position: int, start: int) -> int:
    """The same of a name all of whose lots may be sold and bring all they lose; most names, and so without branches."""
    lots, s = book.lots, start
    least, micro = -math.inf if book.accounts.harvest[account] else 0.0, of.micro_weight[name]
    spread, asked = book.securities.half_spread[of.security[name]], of.asked[ASKED_OF_SELLS]
    for entry in range(book.positions.offsets[position], book.positions.offsets[position + 1]):
        lot = lots.order[entry]
        quantity, gain = lots.quantity[lot], max(lots.gain[lot], least)
        of.lot[s], of.quantity[s], of.size[s] = lot, quantity, quantity * micro
        of.cost[s] = BP / PERCENT * (spread + lots.waiting[lot]) + asked
        of.gain[s], of.most_lost[s], of.long[s] = gain, gain, lots.long_term[lot]
        s += 1 if quantity > 0 and not lots.locked[lot] else 0
    return s


@kernel(i8(BOOK, ARRAYS, i8, i8, i8, i8, HOUSEHOLDS), inner=True)
def _cut_name(book: Book, of: Arrays, account: int, name: int, position: int, start: int, seen: Households) -> int:
    """A name's lots as segments from `start` on; the next free one."""
    lots, s = book.lots, start
    may_sell, may_lose = sales_of(book, of, account, name, seen)
    if not may_sell:
        return s
    count, differ = _replaced(book, of, account, name, position, seen)
    of.washed[name], doubtful = count > 0, of.budgeted[0] and of.doubtful[name]
    harvests, micro = book.accounts.harvest[account], of.micro_weight[name]
    spread, asked = book.securities.half_spread[of.security[name]], of.asked[ASKED_OF_SELLS]
    loses_any = may_lose and not (book.accounts.forbid[account] and book.accounts.taxable[account])
    if loses_any and count == 0 and not doubtful:
        return _cut_alike(book, of, account, name, position, start)
    first, last = book.positions.offsets[position], book.positions.offsets[position + 1]
    _find_places(of, first, last, count)
    for entry in range(first, last):
        lot = lots.order[entry]
        if lots.locked[lot]:
            continue
        # First what is the same for most lots: whether one is at a loss, a branch cannot guess.
        if not loses_any and lots.loss[lot] and not loses_freely(book, of, account, lot, name, may_lose, seen):
            continue
        gone, reach = _gone(of, of.among[lot - first], differ) if lots.loss[lot] else (0, -1)
        cautious = doubtful or (count > 0 and reach != 0)
        gain = lots.gain[lot] if harvests else max(lots.gain[lot], 0.0)
        for rest in range(0 if gone > 0 else 1, 2):
            quantity = lots.quantity[lot] - gone if rest else gone
            if quantity > 0:
                of.lot[s], of.quantity[s], of.replaced[s] = lot, quantity, not rest
                of.size[s] = quantity * micro
                of.cost[s] = BP / PERCENT * (spread + (lots.waiting[lot] if rest else 0.0)) + asked
                of.gain[s] = max(gain, 0.0) if cautious else gain
                of.beyond[s] = gain if rest else 0.0
                of.most_lost[s] = gain if rest or differ == UNSURE else 0.0
                of.reach[s] = max(reach, 0) * micro
                of.long[s] = lots.long_term[lot]
                s += 1
    return s


@kernel(i8(BOOK, ARRAYS, i8, i8, HOUSEHOLDS), inner=True)
def cut(book: Book, of: Arrays, account: int, n: int, seen: Households) -> int:
    """The lots that may be sold as segments, by name and, within it, by the tax of a dollar; their number.

    A lot of which recent purchases replace a part is two segments, that part first. The problem counts no loss of a
    name that has one, but of lots that nothing may replace: right for as many shares as are replaced, and cautious
    beyond (`kernels.decide.modes`).
    With its budget it counts none of a name that is `doubtful` either.
    """
    s, at, end = 0, book.accounts.positions[account], book.accounts.positions[account + 1]
    for name in range(n):
        of.offsets[name], of.washed[name], of.doubtful[name] = s, False, False
        if at < end and book.positions.security[at] == of.security[name]:
            if of.lower[OWN, name] < of.held[name]:
                s = _cut_name(book, of, account, name, at, s, seen)
            at += 1
    of.offsets[n] = s
    return s

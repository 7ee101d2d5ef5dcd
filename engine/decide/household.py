"""What wash sales see of one household while its accounts are decided: the last 30 days, and this run so far.

A loss that recent purchases replace is priced, and so is a purchase that takes a recent loss away. Within the run
neither may happen: no account buys what another sells at a loss, and none sells at a loss what another buys (IRC §1091,
Rev. Rul. 2008-5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.firm import Firm
from engine.decide.positions import Positions
from engine.ledger.owners import Owners
from engine.ledger.rows import Ints, Rows
from engine.ledger.terms import are_long_term
from engine.ledger.window import UNTOLD, Recent
from kernels.decide.households import Households, Losses, Purchases
from kernels.pieces import COUNT_SOLD_EARLIER, SKIP_BEFORE_LOT, SKIP_SAME_DAY

NOBODY = -1
"""A household of no accounts."""


@dataclass(frozen=True)
class Candidates(Rows):
    """Recent purchases that could replace a loss, in order of acquisition; arrays (c,), `unused` micro-shares.

    `sold`: the day on which they were sold again, or `kernels.pieces.NOT_SOLD`.
    """

    group: Ints
    purchase: Ints
    acquired: Ints
    unused: Ints
    sold: Ints


@dataclass(frozen=True)
class OpenLoss(Rows):
    """Losses not yet replaced, in order of disposition; arrays (n,), micro-shares, cents (UNTOLD: unknown)."""

    group: Ints
    quantity: Ints
    loss: Ints
    long_term: NDArray[np.bool_]


class Memory:
    """The window of a part, by household.

    `purchase` (lots of the block,) is the recent purchase that each lot is of, `policy` (accounts,) each one's bits,
    `today` the day of the run. `seen` is what households saw of the 30 days before, and of this run so far.
    """

    def __init__(self, firm: Firm, block: AccountBlock, owners: Owners, recent: Recent) -> None:
        self.purchase: Ints = recent.purchase[block.lots.row]
        self.policy: NDArray[np.int32] = owners.policy[block.row]
        self.today = firm.header.as_of_days
        group, bought, losses = firm.market.wash_group.astype(np.int64), recent.bought, recent.losses
        long_term = are_long_term(losses.holding_start, losses.sold)
        households = int(block.household.max(initial=-1)) + 1
        purchases, purchases_of = _by_household(
            owners.household[bought.account],
            group[bought.security],
            (bought.purchase, bought.acquired, bought.quantity, bought.sold, bought.quantity),
            households,
        )
        open_losses, losses_of = _by_household(
            owners.household[losses.account],
            group[losses.security],
            (losses.quantity, losses.loss, long_term, losses.quantity, losses.loss),
            households,
        )
        nobody = [np.full(int(group.max(initial=-1)) + 1, NOBODY - 1, dtype=np.int64) for _ in range(8)]
        of_all = Purchases._make(purchases), purchases_of, Losses._make(open_losses), losses_of
        self.seen = Households._make((self.today, *nobody, *of_all))

    def household(self, number: int) -> Household:
        """A household; NOBODY has seen nothing."""
        return Household(self, number)


def _by_household(
    household: Ints, group: Ints, columns: tuple[NDArray[Any], ...], households: int
) -> tuple[list[NDArray[Any]], Ints]:
    """Copies of group and columns, whole numbers as int64; offsets (households + 1,) of rows that come by household."""
    starts = np.searchsorted(household, np.arange(households + 1)).astype(np.int64)
    kinds = [np.bool_ if column.dtype == np.bool_ else np.int64 for column in (group, *columns)]
    copied: list[NDArray[Any]] = [column.astype(kind) for column, kind in zip((group, *columns), kinds, strict=True)]
    return copied, starts


class Household:
    """The record of one household while its accounts are decided; what it writes, all its accounts see.

    `before`: the last 30 days as the run began. What purchases and losses of them the run takes up, the first account
    decided does here; in law the lot acquired first does, or the first purchase. So whoever promises that there is no
    wash sale, or none that his budget does not pay for, looks there.
    """

    def __init__(self, memory: Memory, number: int, *, before: bool = False) -> None:
        self.memory, self.number = memory, number
        seen = memory.seen
        if number == NOBODY:
            bought = lost = slice(0, 0)
        else:
            bought = slice(seen.purchases_of[number], seen.purchases_of[number + 1])
            lost = slice(seen.losses_of[number], seen.losses_of[number + 1])
        made, of_all = seen.purchases, seen.losses
        unused = made.unused_before if before else made.unused
        quantity, loss = (of_all.quantity_before, of_all.loss_before) if before else (of_all.quantity, of_all.loss)
        candidates = made.group, made.purchase, made.acquired, unused, made.sold
        self._candidates = Candidates(*(column[bought] for column in candidates))
        self._losses = OpenLoss(of_all.group[lost], quantity[lost], loss[lost], of_all.long_term[lost])

    def before(self) -> Household:
        """The same as the run began, to be looked at."""
        return Household(self.memory, self.number, before=True)

    def record(
        self, bought: NDArray[np.int32], quantity: Ints, sold_at_loss: NDArray[np.int32], lost: Ints, purchase: Ints
    ) -> None:
        """Remember what an account has just traded.

        `bought` and `quantity`: wash groups and micro-shares of its purchases; `sold_at_loss`, `lost` and `purchase`:
        those of its loss sales, and the recent purchase that each lot is of.
        """
        self.memory.seen.bought_today[bought] = self.number
        self.memory.seen.sold_today[sold_at_loss] = self.number
        mine, losses = self._candidates, self._losses
        for group, shares, own in zip(sold_at_loss.tolist(), lost.tolist(), purchase.tolist(), strict=True):
            _take(mine.unused, (mine.group == group) & (mine.purchase != own), shares)
        for group, shares in zip(bought.tolist(), quantity.tolist(), strict=True):
            before = losses.quantity.copy()
            _take(losses.quantity, losses.group == group, shares)
            left = np.floor(losses.loss * (losses.quantity / np.maximum(before, 1))).astype(np.int64)
            losses.loss[:] = np.where((losses.loss == UNTOLD) | (before == losses.quantity), losses.loss, left)

    def bought_today(self, group: NDArray[np.int32]) -> NDArray[np.bool_]:
        """True where another account bought the group in this run; the shape of `group`."""
        bought: NDArray[np.bool_] = self.memory.seen.bought_today[group] == self.number
        return bought

    def sold_today(self, group: NDArray[np.int32]) -> NDArray[np.bool_]:
        """True where another account sold the group at a loss in this run; the shape of `group`."""
        sold: NDArray[np.bool_] = self.memory.seen.sold_today[group] == self.number
        return sold

    def open_losses(self, group: int) -> OpenLoss:
        """Losses of the last 30 days that a purchase of the group would take away."""
        losses = self._losses.where(_of_group(self._losses.group, group))
        return losses.where(losses.quantity > 0)

    def groups_with_open_losses(self) -> Ints:
        """Groups of which some loss is open, whether or not its amount is known."""
        return np.unique(self._losses.group[self._losses.quantity > 0])

    def groups_bought(self) -> Ints:
        """Groups of which some recent purchase could still replace a loss."""
        return np.unique(self._candidates.group[self._candidates.unused > 0])

    def could_replace(self, group: int, purchase: Ints, acquired: NDArray[np.int32], policy: int) -> NDArray[np.bool_]:
        """True for each lot of the group whose loss, were it sold alone, would be disallowed in part or whole."""
        one = np.ones(1, dtype=np.int64)
        taken = [
            self.replaced(group, one, purchase[k : k + 1], acquired[k : k + 1], policy)[0] for k in range(len(purchase))
        ]
        return np.array(taken, dtype=np.int64) > 0

    def depends(self, group: int, purchase: Ints, own: Ints, acquired: NDArray[np.int32], policy: int) -> bool:
        """Whether how many shares are disallowed depends on which lots of the group are sold, not just on how many.

        So where a purchase could replace the losses of some lots and not of others; also where shares sold on the same
        day do not count and the account holds any (`own`: the recent purchases that its lots are of).
        """
        mine = self._open_candidates(group, policy)
        if policy & SKIP_SAME_DAY and not {one.purchase for one in mine}.isdisjoint(own.tolist()):
            return True
        allowed = (
            [one.may_replace(*lot, policy) for one in mine]
            for lot in zip(purchase.tolist(), acquired.tolist(), strict=True)
        )
        first = next(allowed, [])
        return any(one != first for one in allowed)

    def most_replaced(self, group: int, purchase: Ints, acquired: NDArray[np.int32], policy: int) -> Ints:
        """Micro-shares of all purchases that may replace a loss of each lot of the group, (lots,)."""
        mine = self._open_candidates(group, policy)
        lots = zip(purchase.tolist(), acquired.tolist(), strict=True)
        return np.array([sum(one.unused for one in mine if one.may_replace(*lot, policy)) for lot in lots])

    def _open_candidates(self, group: int, policy: int) -> list[_Open]:
        """Those that could still replace a loss of the group. A handful: NumPy would take longer to look at them."""
        rows, today = _of_group(self._candidates.group, group), self.memory.today
        columns = ("purchase", "acquired", "unused", "sold")
        found = zip(*(getattr(self._candidates, name)[rows].tolist() for name in columns), strict=True)
        return [
            _Open(purchase, acquired, unused)
            for purchase, acquired, unused, sold in found
            if unused > 0
            and not (sold < today and not policy & COUNT_SOLD_EARLIER)
            and not (sold == today and policy & SKIP_SAME_DAY)
        ]

    def replaced(self, group: int, quantity: Ints, purchase: Ints, acquired: NDArray[np.int32], policy: int) -> Ints:
        """Micro-shares of each lot whose loss recent purchases would replace if all lots were sold; shape (lots,).

        Lots of one group in order of acquisition, which is the order in which their losses are disallowed (Reg.
        §1.1091-1(b)). `purchase` is the recent purchase that each lot is of, `policy` the account's bits.
        """
        mine = self._open_candidates(group, policy)
        unused = [one.unused for one in mine]
        taken = np.zeros(len(quantity), dtype=np.int64)
        lots = zip(quantity.tolist(), purchase.tolist(), acquired.tolist(), strict=True)
        for lot, (wanted, of, since) in enumerate(lots):
            left = wanted
            for number, one in enumerate(mine):
                if one.may_replace(of, since, policy):
                    part = min(left, unused[number])
                    unused[number] -= part
                    left -= part
            taken[lot] = wanted - left
        return taken


@dataclass(frozen=True)
class _Open:
    """A recent purchase that could still replace losses of `unused` micro-shares."""

    purchase: int
    acquired: int
    unused: int

    def may_replace(self, purchase: int, acquired: int, policy: int) -> bool:
        """Whether a loss of a lot: not of its own purchase, nor under a flag an earlier one."""
        return self.purchase != purchase and not (policy & SKIP_BEFORE_LOT and self.acquired < acquired)


def _of_group(groups: Ints, group: int) -> slice:
    """The rows of one group; `groups` ascend."""
    first, last = np.searchsorted(groups, (group, group + 1)).tolist()
    return slice(first, last)


def turns(block: AccountBlock, positions: Positions) -> Ints:
    """Every account of the block in the order of deciding, (accounts,).

    Households in their order. Within one, taxable accounts come first, so that a loss is taken where it has a value
    before a retirement account buys the name; among them those that must raise cash, which can wait for nothing; then
    those with the larger losses to take.
    """
    needed = block.settings["cash_min"] * positions.dollars + block.outflow / 100.0
    short = block.cash / 100.0 < needed
    _, first = np.unique(block.household, return_index=True)
    place = np.empty(block.household.max(initial=-1) + 1, dtype=np.int64)
    place[block.household[first]] = first
    order: Ints = np.lexsort((block.row, -positions.lost, ~short, ~block.taxable, place[block.household]))
    return order


def _take(left: Ints, allowed: NDArray[np.bool_], wanted: int) -> int:
    """Take up to `wanted` from the first allowed entries of `left`, in place; how much there was."""
    at = np.nonzero(allowed)[0]
    before = np.cumsum(left[at]) - left[at]
    part = np.clip(wanted - before, 0, left[at])
    left[at] -= part
    return int(part.sum())

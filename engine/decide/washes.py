"""Wash sales in one account's problem: what the household traded lately is priced, what it trades today is barred.

IRC §1091; `wash_policy` (contract, section 2). What has no price: losses and purchases of this run, purchases by
retirement accounts, where the loss would be gone for good (Rev. Rul. 2008-5), and everything under `forbid`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.firm import Firm
from engine.book.schema import SETTING_COLUMNS
from engine.decide.budgets import has_budget
from engine.decide.household import Household
from engine.decide.names import ALL_ALIKE, BP, PERCENT, Names, OwnLots
from engine.decide.positions import Positions
from engine.ledger.window import UNTOLD
from kernels.pieces import SKIP_SAME_DAY
from kernels.taxes import marginal_rates

FORBID = float(SETTING_COLUMNS["wash_policy"].choices.index("forbid"))


def not_to_be_sold(
    firm: Firm, block: AccountBlock, account: int, number: NDArray[np.int64], household: Household
) -> NDArray[np.bool_]:
    """True for each lot (`number` in the block) that may not be sold, should it be at a loss.

    Another account of the household has bought its group in this run; or, under `forbid`, a recent purchase would
    replace shares of it, were it the first loss of the run.
    """
    group, acquired = firm.market.wash_group[block.lots.security[number]], block.lots.acquired[number]
    washed = household.bought_today(group)
    if block.settings["wash_policy"][account] == FORBID:
        household = household.before()
        for one in np.intersect1d(group, household.groups_bought()).tolist():
            at = np.nonzero(group == one)[0]
            given = (household.memory.purchase[number[at]], acquired[at], int(household.memory.policy[account]))
            washed[at] |= household.could_replace(one, *given)
    return washed


def not_to_be_bought(
    firm: Firm, block: AccountBlock, account: int, names: Names, household: Household, *, budgeted: bool
) -> NDArray[np.bool_]:
    """Names that may not be bought today: not tradable, or a purchase would take away a loss and may not.

    Losses of this run are never taken away; recent ones not by retirement accounts, where they would be gone, not under
    `wash_policy` forbid, not where nobody says what was lost, and not in a `budgeted` account, whose budget would have
    to pay for it. For these two they are as the run began: another account's purchase may come after theirs.
    """
    group = firm.market.wash_group[names.security]
    waiting = ~firm.market.tradable[names.security] | household.sold_today(group)
    promised = block.settings["wash_policy"][account] == FORBID or (budgeted and has_budget(firm, block, account))
    if promised and block.taxable[account]:
        waiting |= np.isin(group, household.before().groups_with_open_losses())
    for one in np.intersect1d(group, household.groups_with_open_losses()).tolist():
        if not block.taxable[account] or (household.open_losses(one).loss == UNTOLD).any():
            waiting |= group == one
    return waiting


def cut_at_replaced(
    firm: Firm, block: AccountBlock, positions: Positions, account: int, lots: OwnLots, household: Household
) -> OwnLots:
    """The lots, those at a loss cut into what recent purchases would replace and what not.

    Counted name by name as if every loss of it that may be sold were, in order of acquisition, as the law disallows
    them, and none of another name. Under a budget names are marked whose losses they would replace as the run began.
    """
    if not block.taxable[account]:
        return lots
    looked_at = household.before() if has_budget(firm, block, account) else household
    group, acquired = firm.market.wash_group[block.lots.security[lots.number]], block.lots.acquired[lots.number]
    losing = lots.free & positions.loss[lots.number]
    replaced = np.zeros(len(lots.number), dtype=np.int64)
    unsure, doubtful = np.zeros((2, len(lots.number)), dtype=np.bool_)
    reach = np.full(len(lots.number), ALL_ALIKE)
    policy, bought_as = int(household.memory.policy[account]), household.memory.purchase[lots.number]
    concerned = np.unique(lots.place[losing & np.isin(group, looked_at.groups_bought())])
    first, last = np.searchsorted(lots.place, (concerned, concerned + 1))
    names = np.bincount(group[np.unique(lots.place, return_index=True)[1]])
    for name in map(slice, first.tolist(), last.tolist()):
        at = name.start + np.flatnonzero(losing[name])
        at = at[np.lexsort((lots.number[at], acquired[at]))]
        one, purchase = int(group[name.start]), bought_as[at]
        given = (one, lots.quantity[at], purchase, acquired[at], policy)
        replaced[at] = household.replaced(*given)
        if looked_at is not household:
            doubtful[name] = looked_at.replaced(*given).any()
        mine = group == one if names[one] > 1 else name
        shared = int(losing[mine].sum()) > len(at)
        depends = household.depends(one, purchase, bought_as[mine], acquired[at], policy)
        if depends and not shared and not policy & SKIP_SAME_DAY:
            reach[at] = household.most_replaced(one, purchase, acquired[at], policy)
        else:
            unsure[at] = shared or depends
    lots = replace(lots, doubtful=doubtful)
    if not replaced.any():
        return lots
    row = np.repeat(np.arange(len(replaced)), 2)
    part = np.column_stack([replaced, lots.quantity - replaced]).ravel()
    first = np.tile([True, False], len(replaced))
    return replace(lots.where(row), quantity=part, replaced=first, unsure=unsure[row], reach=reach[row]).where(part > 0)


def _rates(block: AccountBlock, positions: Positions, account: int) -> tuple[float, float]:
    """A short- and a long-term loss's full worth: its term's rate, or what the next gain costs by the schedule.

    A long-term loss that is deducted from ordinary income, or meets short-term gains, saves more than its own rate.
    """
    settings = block.settings
    short_rate, long_rate = float(settings["st_rate"][account]), float(settings["lt_rate"][account])
    short, _, long, _ = marginal_rates(
        float(block.realised_st[account] - block.carryforward_st[account]),
        float(block.realised_lt[account] - block.carryforward_lt[account]),
        short_rate,
        long_rate,
        float(settings["loss_value"][account]),
        float(positions.offset[account]),
    )
    sensitivity = float(settings["tax_sensitivity"][account])
    return sensitivity * max(short, short_rate), sensitivity * max(long, long_rate)


def price_purchases(
    firm: Firm, block: AccountBlock, positions: Positions, account: int, names: Names, household: Household
) -> Names:
    """What buying costs where it takes away recent losses of the household: their full worth.

    Losses go in order of disposition, and one may be dearer a share than the next: the price of a share is the highest
    average over the first losses, `wash_least` the lowest. Two names of a group share the losses: neither alone need
    cost anything. What a purchase may take back at most is as the run began: another's may come after it.
    """
    replacing, price, least, cost, taken_back = (np.zeros(len(names.security)) for _ in range(5))
    group, value = firm.market.wash_group[names.security], float(positions.dollars[account])
    rate = _rates(block, positions, account)
    for one in np.intersect1d(group, household.groups_with_open_losses()).tolist():
        losses = household.open_losses(one)
        taken = BP / value / 100.0 * np.cumsum(losses.loss * np.where(losses.long_term, rate[1], rate[0]))
        average = taken / np.cumsum(losses.quantity)
        at = np.nonzero(group == one)[0]
        replacing[at] = losses.quantity.sum() * names.micro_weight[at]
        price[at] = average.max() / names.micro_weight[at]
        least[at] = average.min() / names.micro_weight[at] if len(at) == 1 else 0.0
        cost[at] = taken[-1]
    before = household.before()
    for one in np.intersect1d(group, before.groups_with_open_losses()).tolist():
        taken_back[group == one] = PERCENT * before.open_losses(one).loss.sum() / 100.0 / value
    return replace(
        names, replacing=replacing, wash_price=price, wash_least=least, wash_cost=cost, taken_back=taken_back
    )

"""What one account may do with each of its names: restrictions, caps, locks, wash sales."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.columns import MICRO
from engine.book.firm import Firm
from engine.codes import Code
from engine.decide.household import Household
from engine.decide.names import (
    ALL_ALIKE,
    FREE,
    GROUPED,
    LOCKED,
    NEVER_SELL,
    PERCENT,
    UNTRADABLE,
    WASHED,
    Names,
    OwnLots,
    Undecidable,
)
from engine.decide.positions import Positions
from engine.decide.rules import AccountRules
from engine.decide.targets import Target
from engine.decide.transition import Moves, find_moves
from engine.decide.washes import cut_at_replaced, not_to_be_bought, not_to_be_sold, price_purchases

TOLD = {LOCKED: Code.LOCKED, UNTRADABLE: Code.UNTRADABLE, WASHED: Code.WASH_WAIT, GROUPED: Code.WASH_WAIT}


def names_and_lots(
    firm: Firm,
    block: AccountBlock,
    positions: Positions,
    account: int,
    target: Target,
    rules: AccountRules,
    household: Household,
    *,
    cash_short: bool,
    budgeted: bool,
    moving: bool,
) -> tuple[Names, OwnLots]:
    """Names and lots of one account of the block, which is `cash_short` or not, `budgeted` or posed without budgets.

    `moving`: what a transition asks for is done.

    Raises `Undecidable` where its restrictions conflict.
    """
    held = slice(positions.of_account[account], positions.of_account[account + 1])
    names = _names(firm, positions, held, target, float(positions.dollars[account]))
    names = price_purchases(firm, block, positions, account, names, household)
    names = _apply_rules(
        firm,
        names,
        rules,
        block.settings["max_weight"][account],
        not_to_be_bought(firm, block, account, names, household, budgeted=budgeted),
    )
    if moving:
        names = _apply_moves(names, find_moves(firm, block, positions, account, target, rules))
    lots = _lots(firm, block, positions, account, names, rules, household)
    if block.taxable[account]:
        names, lots = _one_side_a_group(firm, positions, names, lots, cash_short=cash_short)
    return _apply_locks(firm, names, lots), cut_at_replaced(firm, block, positions, account, lots, household)


def _lots(
    firm: Firm,
    block: AccountBlock,
    positions: Positions,
    account: int,
    names: Names,
    rules: AccountRules,
    household: Household,
) -> OwnLots:
    """The account's lots.

    None is sold at a loss that another account of the household has bought in this run, nor, under `wash_policy`
    forbid, one that a recent purchase replaces.
    """
    number = positions.order[block.lots.offsets[account] : block.lots.offsets[account + 1]]
    security, quantity = block.lots.security[number], block.lots.quantity[number]
    held_by = np.full(len(number), FREE, dtype=np.int8)
    if block.taxable[account]:
        washed = not_to_be_sold(firm, block, account, number, household)
        held_by[washed & positions.loss[number]] = WASHED
    held_by[np.isin(security, rules.never_sell)] = NEVER_SELL
    held_by[~firm.market.tradable[security]] = UNTRADABLE
    held_by[block.lots.locked[number]] = LOCKED
    place = np.searchsorted(names.security, security)
    none = np.zeros(len(number), dtype=np.bool_)
    return OwnLots(number, place, quantity, held_by, none, none, np.full(len(number), ALL_ALIKE), none)


def _names(firm: Firm, positions: Positions, held: slice, target: Target, value: float) -> Names:
    owned = positions.security[held]
    security = np.union1d(owned, target.security).astype(np.int32)
    n = len(security)
    position, weight = np.zeros(n, dtype=np.int64), np.zeros(n)
    position[np.searchsorted(security, owned)] = positions.quantity[held]
    weight[np.searchsorted(security, target.security)] = PERCENT * target.weight
    micro_weight = firm.market.price[security] / MICRO / value * PERCENT
    today = position * micro_weight
    return Names(
        security=security,
        target=weight,
        position=position,
        sellable=position,
        micro_weight=micro_weight,
        held=today,
        lower=np.zeros(n),
        upper=np.where(weight > 0.0, np.maximum(PERCENT, today), today),
        replacing=np.zeros(n),
        wash_price=np.zeros(n),
        wash_least=np.zeros(n),
        wash_cost=np.zeros(n),
        taken_back=np.zeros(n),
        sell_out=np.zeros(n, dtype=np.bool_),
        moves=np.zeros(n, dtype=np.bool_),
        warnings=(),
    )


def _apply_rules(firm: Firm, names: Names, rules: AccountRules, cap: float, waiting: NDArray[np.bool_]) -> Names:
    """Bounds from restrictions, caps, and what is `waiting`."""
    lower, upper = names.lower.copy(), names.upper.copy()
    security = names.security
    barred = np.isin(security, rules.excluded) | waiting
    upper[barred] = np.minimum(upper, names.held)[barred]
    for name, least in rules.least.items():
        lower[security == name] = PERCENT * least
    lower[waiting] = np.minimum(lower, names.held)[waiting]
    limits = np.full(len(security), PERCENT * cap if np.isfinite(cap) else np.inf)
    for name, most in rules.most.items():
        limits[security == name] = np.minimum(limits, PERCENT * most)[security == name]
    sell_out = np.isin(security, rules.sell_out) & (names.position > 0)
    conflict = np.intersect1d(rules.sell_out, rules.never_sell)
    conflict = conflict[np.isin(conflict, security[names.position > 0])]
    if len(conflict):
        raise Undecidable(
            Code.RESTRICTIONS_CONFLICT,
            f"sell_out and never_sell both name {_list(firm, conflict)}",
            field="kind",
            value="sell_out",
            limit="never_sell",
        )
    upper = np.minimum(upper, np.where(sell_out, 0.0, limits))
    _check_least(firm, security, rules, lower, upper)
    return replace(names, lower=lower, upper=upper, sell_out=sell_out)


def _apply_moves(names: Names, asked: Moves) -> Names:
    """Bounds from what a transition asks for."""
    upper, moves = names.upper.copy(), names.moves.copy()
    place = np.searchsorted(names.security, asked.security)
    moves[place] = (names.held <= names.upper + 1e-9)[place]
    upper[place] = np.minimum(upper[place], asked.most * names.micro_weight[place])
    return replace(names, upper=upper, moves=moves, warnings=(*names.warnings, *asked.told))


def _check_least(
    firm: Firm, security: NDArray[np.int32], rules: AccountRules, lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> None:
    """A min_weight that another rule does not allow, or of a name that the account neither holds nor aims at."""
    foreign = [name for name, least in rules.least.items() if least > 0.0 and name not in security]
    if foreign:
        raise Undecidable(
            Code.RESTRICTIONS_CONFLICT,
            f"min_weight asks for {_list(firm, np.array(foreign))}, which the account neither holds nor aims at",
            field="min_weight",
            value=f"{rules.least[foreign[0]]:g}",
            limit="0",
        )
    short = lower > upper
    if short.any():
        raise Undecidable(
            Code.RESTRICTIONS_CONFLICT,
            f"min_weight asks for more of {_list(firm, security[short])} than another rule allows to hold",
            field="min_weight",
            value=f"{lower[short][0] / PERCENT:g}",
            limit=f"{upper[short][0] / PERCENT:g}",
        )


def _one_side_a_group(
    firm: Firm, positions: Positions, names: Names, lots: OwnLots, *, cash_short: bool
) -> tuple[Names, OwnLots]:
    """Names that are substantially identical to one another take losses or buy together.

    A group of several names of the account sells its losses and buys nothing where those losses are worth more than the
    spread of selling them, where it holds more than its target or than a rule allows, or where the account must raise
    cash; otherwise, and where a min_weight asks for a purchase, its losses are kept and it may buy.
    """
    group = firm.market.wash_group[names.security]
    several = np.bincount(group)[group] > 1
    losses = several[lots.place] & lots.free & positions.loss[lots.number]
    if not losses.any():
        return names, lots
    spread = firm.market.half_spread[names.security][lots.place]
    worth = (
        -(positions.tax[lots.number] + positions.waiting[lots.number] + spread)
        * lots.quantity
        * names.micro_weight[lots.place]
    )
    total = np.bincount(group[lots.place], weights=np.where(losses, worth, 0.0), minlength=group.max() + 1)
    excess = np.bincount(group, weights=names.held - names.target) > 0.0
    excess |= np.bincount(group, weights=names.sell_out | (names.held > names.upper)) > 0.0
    must_buy = np.bincount(group, weights=names.lower > names.held) > 0.0
    takes = several & (((total > 0.0) | excess | cash_short) & ~must_buy)[group]
    upper = np.where(takes, np.minimum(names.upper, names.held), names.upper)
    kept = losses & ~takes[lots.place]
    held_by = np.where(kept, np.int8(GROUPED), lots.held_by)
    return replace(names, upper=upper), replace(lots, held_by=held_by)


def _apply_locks(firm: Firm, names: Names, lots: OwnLots) -> Names:
    """What may not be sold today is a floor under the name, and stronger than a cap or a sell-out."""
    free = np.zeros(len(names.security), dtype=np.int64)
    np.add.at(free, lots.place[lots.free], lots.quantity[lots.free])
    # Beside a lot that stays only whole shares can go, and what cannot go no cap or sell_out may ask for.
    sellable = np.where(free == names.position, names.position, free // MICRO * MICRO)
    floor = np.where(sellable == names.position, 0.0, (names.position - sellable) * names.micro_weight)
    lower = np.maximum(names.lower, floor)
    upper = np.maximum(names.upper, lower)
    warnings = (*names.warnings, *_unsold(firm, names, lots))
    return replace(names, lower=lower, upper=upper, sellable=sellable, warnings=warnings)


def _unsold(firm: Firm, names: Names, lots: OwnLots) -> tuple[tuple[Code, str], ...]:
    """What a sell_out cannot sell today, by name and reason."""
    warnings = []
    for place in np.unique(lots.place[names.sell_out[lots.place] & ~lots.free]):
        mine = lots.where((lots.place == place) & ~lots.free)
        for reason in np.unique(mine.held_by).tolist():
            kept = mine.where(mine.held_by == reason)
            warnings.append(
                told_unsold(firm, int(names.security[place]), reason, int(kept.quantity.sum()), len(kept.number))
            )
    return tuple(warnings)


def told_unsold(firm: Firm, security: int, reason: int, quantity: int, lots: int) -> tuple[Code, str]:
    """What a person is told of a sell_out that leaves `quantity` micro-shares, and why."""
    name = firm.market.ids[security]
    return TOLD[reason], f"sell_out of {name} leaves {quantity / MICRO:g} shares in {lots} lots"


def _list(firm: Firm, securities: NDArray[np.int32]) -> str:
    shown = [str(firm.market.ids[int(index)]) for index in securities[:5]]
    return ", ".join(shown) + (f" and {len(securities) - 5} more" if len(securities) > 5 else "")

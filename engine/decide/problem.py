"""One account's problem: from positions, target and rules to arrays that solvers and kernels take.

Here, and only here, dollars become percent of account value and fractions become basis points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.columns import MICRO
from engine.book.firm import Firm
from engine.codes import Code
from engine.decide.household import Household
from engine.decide.positions import Positions
from engine.decide.rules import AccountRules
from engine.decide.targets import Target
from kernels.problem import Problem, frozen, readonly
from kernels.rounding import Tradable

PERCENT = 100.0
BP = 1e4
CASH_FLOOR = 0
"""The row that holds the cash floor."""


class Undecidable(Exception):
    """The hard rules of an account cannot hold together; it becomes an exception."""

    def __init__(self, code: Code, message: str, *, field: str = "", value: str = "", limit: str = "") -> None:
        self.code, self.message, self.field, self.value, self.limit = code, message, field, value, limit
        super().__init__(code, message, field, value, limit)


@dataclass(frozen=True)
class Names:
    """The securities of one account's problem and what may be done with each; arrays (n,), weights in percent.

    `security` is ascending. `position` and `sellable` in micro-shares. `lower` and `upper` already say everything that
    restrictions, locks, caps and wash sales allow.
    """

    security: NDArray[np.int32]
    target: NDArray[np.float64]
    position: NDArray[np.int64]
    sellable: NDArray[np.int64]
    micro_weight: NDArray[np.float64]
    held: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    sell_out: NDArray[np.bool_]
    warnings: tuple[tuple[Code, str], ...]


@dataclass(frozen=True)
class AccountProblem:
    """Everything needed to decide one account. `segment_lot` (s,) is the block's lot behind each segment."""

    names: Names
    problem: Problem
    tradable: Tradable
    segment_lot: NDArray[np.int64]
    value: float
    cash_needed: float


def build_problem(
    firm: Firm,
    block: AccountBlock,
    positions: Positions,
    account: int,
    target: Target,
    rules: AccountRules,
    household: Household,
) -> AccountProblem:
    """The problem of one account of the block. Raises `Undecidable` where its hard rules conflict."""
    value = float(positions.dollars[account])
    lots, name_of, sellable = _lots(firm, block, positions, account, rules, household)
    held = slice(positions.of_account[account], positions.of_account[account + 1])
    names = _names(firm, positions, held, target, value)
    names = _apply_rules(firm, names, rules, household, block.settings["max_weight"][account])
    place = np.searchsorted(names.security, name_of)
    if block.taxable[account]:
        losses = sellable & (positions.gain[lots] < 0.0)
        worth = -(positions.tax[lots] + firm.market.half_spread[name_of]) * block.lots.quantity[lots]
        names, losses = _one_side_a_group(firm, names, place, losses, worth * names.micro_weight[place])
        sellable &= losses | (positions.gain[lots] >= 0.0)
    names = _apply_locks(names, place, block.lots.quantity[lots], sellable)
    needed = block.settings["cash_min"][account] * value + block.outflow[account] / 100.0
    _check_cash(firm, names, block, account, needed, int(np.count_nonzero(~sellable)))
    kept = sellable & (names.lower < names.held)[place]
    lots, place = lots[kept], place[kept]
    problem = _assemble(firm, block, positions, account, names, lots, place, value, needed)
    return AccountProblem(
        names=names,
        problem=frozen(problem),
        tradable=_tradable(firm, block, account, names),
        segment_lot=lots,
        value=value,
        cash_needed=needed,
    )


def _lots(
    firm: Firm,
    block: AccountBlock,
    positions: Positions,
    account: int,
    rules: AccountRules,
    household: Household,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.bool_]]:
    """The account's lots by security and in the order of sale, their securities, and which may be sold today.

    A lot is not sold at a loss that a household purchase of the last 30 days, or of this run, would wash (§1091).
    """
    own = slice(block.lots.offsets[account], block.lots.offsets[account + 1])
    lots = positions.order[own]
    security = block.lots.security[lots]
    sellable = ~block.lots.locked[lots] & firm.market.tradable[security] & ~np.isin(security, rules.never_sell)
    washed = household.washes(
        firm.market.wash_group[security], block.lots.quantity[lots], block.lots.acquired[lots], firm.header.as_of_days
    )
    if block.taxable[account]:
        sellable &= ~(washed & (positions.gain[lots] < 0.0))
    return lots, security, sellable


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
        sell_out=np.zeros(n, dtype=np.bool_),
        warnings=(),
    )


def _apply_rules(firm: Firm, names: Names, rules: AccountRules, household: Household, cap: float) -> Names:
    """Bounds from restrictions, caps and the household's loss sales."""
    lower, upper = names.lower.copy(), names.upper.copy()
    security = names.security
    barred = np.isin(security, rules.excluded) | ~firm.market.tradable[security]
    barred |= household.sold_at_loss(firm.market.wash_group[security])
    upper[barred] = np.minimum(upper, names.held)[barred]
    for name, least in rules.least.items():
        at = np.searchsorted(security, name)
        if at < len(security) and security[at] == name:
            lower[at] = max(lower[at], PERCENT * least)
    limits = np.full(len(security), PERCENT * cap if np.isfinite(cap) else np.inf)
    for name, most in rules.most.items():
        limits[security == name] = min(PERCENT * most, np.inf if np.isnan(cap) else PERCENT * cap)
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
    short = lower > np.minimum(upper, limits)
    if short.any():
        raise Undecidable(
            Code.RESTRICTIONS_CONFLICT,
            f"min_weight asks for more of {_list(firm, security[short])} than another rule allows to hold",
            field="min_weight",
            value=f"{lower[short][0] / PERCENT:g}",
            limit=f"{min(upper[short][0], limits[short][0]) / PERCENT:g}",
        )
    upper = np.minimum(upper, np.where(sell_out, 0.0, limits))
    return replace(names, lower=lower, upper=upper, sell_out=sell_out)


def _one_side_a_group(
    firm: Firm, names: Names, place: NDArray[np.intp], losses: NDArray[np.bool_], worth: NDArray[np.float64]
) -> tuple[Names, NDArray[np.bool_]]:
    """Names that are substantially identical to one another take losses or buy together.

    A group of several names of the account sells its losses and buys nothing where those losses are worth more than the
    spread of selling them; otherwise its losses are kept and it may buy. Lots (l,): `place` among the names, `losses`
    that may be sold, what each is `worth`; returned is which losses still may be sold.
    """
    group = firm.market.wash_group[names.security]
    several = np.bincount(group)[group] > 1
    concerned = several[place] & losses
    if not concerned.any():
        return names, losses
    total = np.bincount(group[place], weights=np.where(concerned, worth, 0.0), minlength=group.max() + 1)
    takes = several & (total[group] > 0.0)
    upper = np.where(takes, np.minimum(names.upper, names.held), names.upper)
    return replace(names, upper=upper), losses & (~several | takes)[place]


def _apply_locks(
    names: Names, place: NDArray[np.intp], quantity: NDArray[np.int64], sellable: NDArray[np.bool_]
) -> Names:
    """What may not be sold today is a floor under the name, and stronger than a cap or a sell-out."""
    free = np.zeros(len(names.security), dtype=np.int64)
    np.add.at(free, place[sellable], quantity[sellable])
    floor = (names.position - free) * names.micro_weight
    lower = np.maximum(names.lower, np.where(free == names.position, 0.0, floor))
    blocked = names.sell_out & (free < names.position)
    warnings = tuple((Code.LOCKED, f"{index}") for index in names.security[blocked])
    whole = np.where(free == names.position, names.position, free // MICRO * MICRO)
    return replace(
        names, lower=lower, upper=np.maximum(names.upper, lower), sellable=whole, warnings=names.warnings + warnings
    )


def _check_cash(
    firm: Firm, names: Names, block: AccountBlock, account: int, needed: float, unsellable_lots: int
) -> None:
    """The floor must be within reach of what may be sold, in whole shares and after the spread."""
    price = firm.market.price[names.security]
    spread = firm.market.half_spread[names.security]
    free = np.where(names.lower < names.held, names.sellable, 0) / MICRO * price * (1.0 - spread)
    must_buy = np.maximum(names.lower - names.held, 0.0) / PERCENT * (block.cash[account] / 100.0 + free.sum())
    cash = block.cash[account] / 100.0
    raisable = float(free.sum() - must_buy.sum())
    if cash < needed and cash + raisable < needed:
        raise Undecidable(
            Code.CASH_UNREACHABLE,
            f"cash needed {needed:,.2f}; cash held {cash:,.2f}; sellable {raisable:,.2f}; "
            f"{unsellable_lots} lots may not be sold",
            field="cash",
            value=f"{cash + raisable:.2f}",
            limit=f"{needed:.2f}",
        )


def _assemble(
    firm: Firm,
    block: AccountBlock,
    positions: Positions,
    account: int,
    names: Names,
    lots: NDArray[np.int64],
    place: NDArray[np.intp],
    value: float,
    needed: float,
) -> Problem:
    settings = block.settings
    aversion = float(settings["risk_aversion"][account])
    spread = firm.market.half_spread[names.security]
    rows, row_lower, row_upper, row_price = _rows(firm, block, account, names, value, needed)
    return Problem(
        loadings=firm.risk.loadings[names.security],
        curvature=aversion * firm.risk.specific[names.security],
        target=names.target,
        held=names.held,
        lower=names.lower,
        upper=names.upper,
        buy_cost=BP / PERCENT * spread,
        hold_cost=BP / PERCENT * firm.market.expense_ratio[names.security] * settings["expense_horizon_years"][account],
        segment_offsets=np.searchsorted(place, np.arange(len(names.security) + 1)),
        segment_size=block.lots.quantity[lots] * names.micro_weight[place],
        segment_cost=BP / PERCENT * (positions.tax[lots] + spread[place]),
        rows=rows,
        row_lower=row_lower,
        row_upper=row_upper,
        row_price=row_price,
        risk_aversion=aversion,
        ticket=BP * float(settings["ticket_usd"][account]) / value,
    )


def _rows(
    firm: Firm, block: AccountBlock, account: int, names: Names, value: float, needed: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Row 0 the cash floor, hard; row 1 the cash cap; then one row a sector, within its band of the target's weight."""
    settings = block.settings
    n = len(names.security)
    penalty = BP / PERCENT * float(settings["band_penalty"][account])
    band = PERCENT * float(settings["sector_band"][account])
    sector = firm.market.sector[names.security]
    present = np.unique(sector[sector >= 0])
    member = (sector[None, :] == present[:, None]).astype(np.float64)
    aim = member @ names.target
    most_cash = float(settings["cash_max"][account]) + block.outflow[account] / 100.0 / value
    rows = np.vstack([np.ones((2, n)), member])
    lower = np.concatenate([[-np.inf, PERCENT * (1.0 - most_cash)], aim - band])
    upper = np.concatenate([[PERCENT * (1.0 - needed / value), np.inf], aim + band])
    price = np.concatenate([[np.inf], np.full(1 + len(present), penalty)])
    return rows, lower, upper, price


def _tradable(firm: Firm, block: AccountBlock, account: int, names: Names) -> Tradable:
    """Steps of one share; a fractional name in steps of about a dollar, so that rounding has something to try."""
    price = firm.market.price[names.security]
    dollar = np.maximum(np.floor(MICRO / price), 1.0).astype(np.int64)
    step = np.where(firm.market.fractional[names.security], dollar, MICRO)
    shares = np.ceil(float(block.settings["min_trade_usd"][account]) / price * MICRO / step - 1e-9)
    return Tradable(
        weight=readonly(names.micro_weight),
        step=readonly(step),
        least=readonly(np.maximum(shares, 1.0).astype(np.int64) * step),
        position=readonly(names.position),
        sellable=readonly(names.sellable),
        open=readonly((names.lower < names.held) & (names.position > 0)),
        cash_row=CASH_FLOOR,
    )


def _list(firm: Firm, securities: NDArray[np.int32]) -> str:
    shown = [str(firm.market.ids[int(index)]) for index in securities[:5]]
    return ", ".join(shown) + (f" and {len(securities) - 5} more" if len(securities) > 5 else "")

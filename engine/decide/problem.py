"""One account's problem: from names, lots and settings to the arrays that solvers and kernels take."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.columns import MICRO
from engine.book.firm import Firm
from engine.codes import Code
from engine.decide.budgets import gain_room
from engine.decide.household import Household
from engine.decide.limits import Limit, with_limits
from engine.decide.names import BP, GROUPED, PERCENT, WASHED, Names, OwnLots, Undecidable
from engine.decide.permitted import names_and_lots
from engine.decide.positions import Positions
from engine.decide.rules import AccountRules
from engine.decide.targets import Target
from kernels.arrays import frozen, readonly
from kernels.problem import Problem
from kernels.rounding import Tradable
from kernels.taxes import LEAST_SENSITIVE, UNTAXED, Schedule, tax_of_year

CASH_FLOOR = 0
"""The row that holds the cash floor."""
FRACTIONAL_STEP = 1e-3
"""Percent of account value by which an order of a fractional name is changed."""


@dataclass(frozen=True)
class AccountProblem:
    """Everything needed to decide one account.

    Segments (s,): `segment_lot` is the block's lot behind each, `segment_quantity` its micro-shares, `segment_replaced`
    whether recent purchases replace it, `beyond_gain` what it gains where all that are replaced are sold too. The
    problem counts no loss of a name that has replaced segments, but of lots that nothing may replace: right for as many
    shares as are replaced, and cautious beyond (`engine.decide.wash_modes`). `most_lost` is the same, but all of a loss
    where it is not sure which lots' losses are replaced: no sale gains less than that. `segment_reach` percent: of lots
    that are not alike in what may replace them, how much may, otherwise 0. `doubtful`: as `OwnLots` says; the problem
    with its budget counts no such loss either.
    """

    names: Names
    problem: Problem
    tradable: Tradable
    segment_lot: NDArray[np.int64]
    segment_quantity: NDArray[np.int64]
    segment_replaced: NDArray[np.bool_]
    beyond_gain: NDArray[np.float64]
    most_lost: NDArray[np.float64]
    segment_reach: NDArray[np.float64]
    doubtful: NDArray[np.bool_]
    value: float
    cash_needed: float
    limits: tuple[Limit, ...]
    """The problem's last rows."""

    def with_sure_losses(self) -> Problem:
        """The problem in which no loss counts that is doubtful."""
        gain = self.problem.segment_gain
        return frozen(self.problem._replace(segment_gain=np.where(self.doubtful, np.maximum(gain, 0.0), gain)))

    def doubtful_names(self) -> NDArray[np.int32]:
        """The securities whose losses are doubtful."""
        name = np.repeat(np.arange(len(self.problem.held)), np.diff(self.problem.segment_offsets))
        return self.names.security[np.unique(name[self.doubtful])]

    def with_all_losses(self) -> Problem:
        """The problem in which every loss that can count does, as if nothing had to be sold for it."""
        return frozen(self.problem._replace(segment_gain=self.most_lost))


def build_problem(
    firm: Firm,
    block: AccountBlock,
    positions: Positions,
    account: int,
    target: Target,
    rules: AccountRules,
    household: Household,
    *,
    budgeted: bool = True,
    moving: bool = True,
) -> AccountProblem:
    """The problem of one account of the block, with its budgets and its transition or without.

    Raises `Undecidable` where its hard rules conflict.
    """
    value = float(positions.dollars[account])
    cash = block.cash[account] / 100.0
    needed = float(block.settings["cash_min"][account]) * value + block.outflow[account] / 100.0
    names, lots = names_and_lots(
        firm,
        block,
        positions,
        account,
        target,
        rules,
        household,
        cash_short=cash < needed,
        budgeted=budgeted,
        moving=moving,
    )
    names, needed = _reachable_cash(firm, names, lots, cash, needed)
    names, limits = with_limits(firm, names, rules)
    sold = lots.where(lots.free & (names.lower < names.held)[lots.place])
    gain = _counted_gain(block, positions, account, sold)
    washed = np.bincount(sold.place[sold.replaced], minlength=len(names.security)) > 0
    unsure = (washed[sold.place] & (sold.reach != 0)) | (sold.doubtful & budgeted)
    cautious = np.where(unsure, np.maximum(gain, 0.0), gain)
    waiting = np.where(sold.replaced, 0.0, positions.waiting[sold.number])
    problem = _assemble(firm, block, positions, account, names, sold, cautious, waiting, value, needed, limits)
    if not budgeted:
        problem = problem._replace(schedule=problem.schedule._replace(room=math.inf, most_tax=math.inf))
    return AccountProblem(
        names=names,
        problem=frozen(problem),
        tradable=_tradable(firm, block, account, names),
        segment_lot=sold.number,
        segment_quantity=sold.quantity,
        segment_replaced=sold.replaced,
        beyond_gain=np.where(sold.replaced, 0.0, gain),
        most_lost=np.where(sold.replaced & ~sold.unsure, 0.0, gain),
        segment_reach=np.maximum(sold.reach, 0) * names.micro_weight[sold.place],
        doubtful=sold.doubtful,
        value=value,
        cash_needed=needed,
        limits=limits,
    )


def _counted_gain(block: AccountBlock, positions: Positions, account: int, lots: OwnLots) -> NDArray[np.float64]:
    """Gain of each lot per dollar sold, as the objective counts it: no loss where the account does not harvest."""
    gain = positions.gain[lots.number]
    return gain if block.settings["harvest"][account] > 0 else np.maximum(gain, 0.0)


def sold_in_any_size(case: AccountProblem) -> AccountProblem:
    """The same account where the cash floor is stronger than the minimum trade.

    What it holds more of than its target may be sold in single steps, and is not bought.
    """
    problem, tradable = case.problem, case.tradable
    small = (problem.held > problem.target) & (problem.lower < problem.held)
    upper = np.where(small, np.minimum(problem.upper, problem.held), problem.upper)
    least = readonly(np.where(small, tradable.step, tradable.least))
    return replace(case, problem=frozen(problem._replace(upper=upper)), tradable=tradable._replace(least=least))


def _reachable_cash(firm: Firm, names: Names, lots: OwnLots, cash: float, needed: float) -> tuple[Names, float]:
    """The cash to hold, within reach of what may be sold in whole shares and after the spread; all in USD.

    Where only lots that wait out a wash sale stand in the way, the floor waits with them and a person is told.
    """
    price, spread = firm.market.price[names.security], firm.market.half_spread[names.security]
    percent = price / MICRO / names.micro_weight
    room = np.maximum(names.held - names.lower, 0.0) * percent
    free = np.minimum(names.sellable / MICRO * price, room) * (1.0 - spread)
    must_buy = np.maximum(names.lower - names.held, 0.0) * percent * (1.0 + spread)
    raisable = float(free.sum() - must_buy.sum())
    if cash + raisable >= needed or not (cash < needed or must_buy.any()):
        return names, needed
    waiting = lots.where(np.isin(lots.held_by, (WASHED, GROUPED)))
    delayed = float((waiting.quantity / MICRO * (price * (1.0 - spread))[waiting.place]).sum())
    if cash + raisable + delayed < needed or must_buy.any():
        raise Undecidable(
            Code.CASH_UNREACHABLE,
            f"cash needed {needed:,.2f}; cash held {cash:,.2f}; sellable {free.sum():,.2f}; "
            + (f"min_weight must buy {must_buy.sum():,.2f}; " if must_buy.any() else "")
            + f"{int(np.count_nonzero(~lots.free)):,} lots may not be sold",
            field="cash",
            value=f"{cash + raisable:.2f}",
            limit=f"{needed:.2f}",
        )
    told = f"cash needed {needed:,.2f}; sellable today {free.sum():,.2f}; lots worth {delayed:,.2f} wait"
    return replace(names, warnings=(*names.warnings, (Code.WASH_WAIT, told))), cash + raisable


def _assemble(
    firm: Firm,
    block: AccountBlock,
    positions: Positions,
    account: int,
    names: Names,
    lots: OwnLots,
    gain: NDArray[np.float64],
    waiting: NDArray[np.float64],
    value: float,
    needed: float,
    limits: tuple[Limit, ...],
) -> Problem:
    """Dollars become percent of account value and fractions basis points here, and only here."""
    settings = block.settings
    aversion = float(settings["risk_aversion"][account])
    spread = firm.market.half_spread[names.security]
    rows, row_lower, row_upper, row_price = _rows(firm, block, account, names, value, needed, limits)
    return Problem(
        loadings=firm.risk.loadings[names.security],
        curvature=aversion * firm.risk.specific[names.security],
        target=names.target,
        held=names.held,
        lower=names.lower,
        upper=names.upper,
        buy_cost=BP / PERCENT * spread + names.wash_price,
        spread=BP / PERCENT * spread,
        hold_cost=BP / PERCENT * firm.market.expense_ratio[names.security] * settings["expense_horizon_years"][account],
        segment_offsets=np.searchsorted(lots.place, np.arange(len(names.security) + 1)),
        segment_size=lots.quantity * names.micro_weight[lots.place],
        segment_cost=BP / PERCENT * (spread[lots.place] + waiting),
        segment_gain=gain,
        segment_long=positions.long_term[lots.number],
        rows=rows,
        row_lower=row_lower,
        row_upper=row_upper,
        row_price=row_price,
        risk_aversion=aversion,
        ticket=BP * float(settings["ticket_usd"][account]) / value,
        schedule=_schedule(
            block,
            account,
            float(positions.offset[account]),
            gain_room(block, firm.header.as_of_days, account),
            float(block.settings["tax_budget"][account]),
            value,
        ),
    )


def _schedule(
    block: AccountBlock, account: int, offset: float, room: float, tax_budget: float, value: float
) -> Schedule:
    """The account's netting schedule as it stands before the run; `offset`, `room` for gain and `tax_budget` in USD.

    Retirement accounts have none. An account that is over its budget of tax already may add none. One that is blind to
    tax minds it a millionth, so that its budget can be told in it.
    """
    if not block.taxable[account]:
        return UNTAXED
    sensitivity = float(block.settings["tax_sensitivity"][account])
    weight = BP / PERCENT * (sensitivity if math.isnan(tax_budget) else max(sensitivity, LEAST_SENSITIVE))
    short_rate, long_rate, worth = (
        float(block.settings[name][account]) for name in ("st_rate", "lt_rate", "loss_value")
    )
    schedule = Schedule(
        short=float(PERCENT * (block.realised_st[account] - block.carryforward_st[account]) / value),
        long=float(PERCENT * (block.realised_lt[account] - block.carryforward_lt[account]) / value),
        offset=PERCENT * offset / value,
        short_rate=weight * short_rate,
        long_rate=weight * long_rate,
        carried_rate=weight * min(worth * long_rate, short_rate),
        room=PERCENT * room / value,
    )
    if math.isnan(tax_budget):
        return schedule
    return schedule._replace(most_tax=max(PERCENT * weight * tax_budget / value, tax_of_year(schedule, 0.0, 0.0)))


def _rows(
    firm: Firm,
    block: AccountBlock,
    account: int,
    names: Names,
    value: float,
    needed: float,
    limits: tuple[Limit, ...],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Row 0 the cash floor, hard; row 1 the cash cap; then one row a sector, within its band of the target's weight.

    Then the limits, which are hard.
    """
    settings = block.settings
    n = len(names.security)
    penalty = BP / PERCENT * float(settings["band_penalty"][account])
    band = PERCENT * float(settings["sector_band"][account])
    sector = firm.market.sector[names.security]
    present = np.unique(sector[sector >= 0])
    member = (sector[None, :] == present[:, None]).astype(np.float64)
    aim = member @ names.target
    most_cash = float(settings["cash_max"][account]) + block.outflow[account] / 100.0 / value
    rows = np.vstack([np.ones((2, n)), member, *(limit.coefficient for limit in limits)])
    lower = np.concatenate([[-np.inf, PERCENT * (1.0 - most_cash)], aim - band, [limit.lower for limit in limits]])
    upper = np.concatenate([[PERCENT * (1.0 - needed / value), np.inf], aim + band, [limit.upper for limit in limits]])
    price = np.concatenate([[np.inf], np.full(1 + len(present), penalty), np.full(len(limits), np.inf)])
    return rows, lower, upper, price


def _tradable(firm: Firm, block: AccountBlock, account: int, names: Names) -> Tradable:
    """Steps of one share; a fractional name in steps of a dollar or a tenth of a basis point, whichever is more.

    No order is below the minimum trade and no position left below its own, but a sell_out sells whatever there is.
    """
    price = firm.market.price[names.security]
    small = np.maximum(MICRO / price, FRACTIONAL_STEP / names.micro_weight)
    step = np.where(firm.market.fractional[names.security], np.maximum(np.floor(small), 1.0).astype(np.int64), MICRO)
    smallest = np.ceil(float(block.settings["min_position_usd"][account]) / price * MICRO - 1e-9).astype(np.int64)
    shares = np.ceil(float(block.settings["min_trade_usd"][account]) / price * MICRO / step - 1e-9)
    return Tradable(
        weight=readonly(names.micro_weight),
        step=readonly(step),
        least=readonly(np.where(names.sell_out, 1, np.maximum(shares, 1.0).astype(np.int64)) * step),
        smallest=readonly(np.where(names.sell_out, 0, smallest)),
        position=readonly(names.position),
        sellable=readonly(names.sellable),
        open=readonly((names.lower < names.held) & (names.position > 0)),
        cash_row=CASH_FLOOR,
    )

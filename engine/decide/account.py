"""One account, from its state to its trades: the whole story in one function."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.firm import Firm
from engine.codes import Code
from engine.decide import trades as rows
from engine.decide.aversion import meet_target, missed
from engine.decide.conflict import conflicting
from engine.decide.discrete import Answer
from engine.decide.household import Household
from engine.decide.in_budget import Posed
from engine.decide.limited_gain import LimitedGain, Warned
from engine.decide.names import Undecidable
from engine.decide.positions import Positions
from engine.decide.problem import AccountProblem, build_problem, sold_in_any_size
from engine.decide.rules import account_rules, unusable
from engine.decide.solvers.base import Status
from engine.decide.targets import Target, Targets
from engine.decide.trades import TradeRows, trade_rows
from engine.decide.transition import find_moves, gives_way
from engine.decide.triage import State, drift, harvest_worth, tracking_error, triage
from engine.decide.turnover import cap_of, solve_in_turnover
from engine.decide.wash_modes import Declined, declined
from kernels.problem import objective
from kernels.taxes import is_budgeted

ROUNDED_BREACH_BP = 1e-5
"""What orders may miss a hard rule by before they are refused: the float noise of a weight."""


CALM = "tracking error, every weight and cash are within their bands"
NO_ROOM = "no name may be bought or sold under the account's restrictions"
TOO_SMALL = "every trade worth making is below the minimum trade or one share"
WIDENED = "the trades would widen the tracking error and nothing but tracking asks for them"


def not_worth_it(least: float) -> str:
    """The best trades gain less than `least` bp."""
    return f"the best trades improve the objective by less than {least:g} bp"


def too_little(benefit: float, least: float) -> str:
    """The trades gain `benefit` bp, less than `least`."""
    return f"the trades improve the objective by {benefit:.3g} bp, less than {least:g} bp"


@dataclass(frozen=True)
class Proof:
    """How an answer came about. `bound_bp` is None where its trades miss a hard rule that the bound keeps."""

    bound_bp: float | None
    solver: str
    iterations: int

    @classmethod
    def of(cls, answer: Answer) -> Proof:
        """The proof of an answer."""
        bound = None if answer.breach_bp > ROUNDED_BREACH_BP else answer.bound_bp
        return cls(bound, answer.continuous.solver, answer.iterations)


@dataclass(frozen=True)
class Outcome:
    """What was decided for one account. `code` is None where it traded; `proof` is None where nothing was solved.

    Tracking error and drift are fractions; `objective_bp` is of the trades handed out.
    """

    code: Code | None
    message: str
    target: Target
    before: State
    te_after: float
    drift_after: float
    objective_bp: float
    trades: TradeRows
    proof: Proof | None
    warnings: tuple[tuple[Code, str], ...]
    declined: Declined


@dataclass(frozen=True)
class Working:
    """What an outcome rests on: the account as posed, the problem that its answer solves, and the answer."""

    posed: AccountProblem
    case: AccountProblem
    answer: Answer


def pose_account(
    firm: Firm,
    block: AccountBlock,
    positions: Positions,
    targets: Targets,
    household: Household,
    account: int,
    *,
    budgeted: bool = True,
    moving: bool = True,
) -> tuple[Target, AccountProblem]:
    """What one account aims at, and its problem as its household stands, with its budgets and transition or without.

    Raises `Undecidable`.
    """
    rules = account_rules(firm, block, account)
    excluded = np.union1d(rules.excluded, unusable(firm, float(block.settings["max_price_age_days"][account])))
    target = targets.get(int(block.model[account]), excluded, float(block.settings["cash_target"][account]))
    if len(target.security) == 0:
        raise Undecidable(Code.TARGET_EMPTY, "no name of the model is permitted", field="model_id")
    return target, build_problem(
        firm, block, positions, account, target, rules, household, budgeted=budgeted, moving=moving
    )


def decide_account(
    firm: Firm,
    block: AccountBlock,
    positions: Positions,
    targets: Targets,
    household: Household,
    account: int,
    watch: Callable[[Working], None] | None = None,
) -> Outcome:
    """Decide one account of the block and record its trades with the household. Raises `Undecidable`.

    A transition gives way where it cannot be kept with the account's other rules. `watch` is told what was solved, if
    anything was; the last time counts.
    """
    try:
        return _decide(firm, block, positions, targets, household, account, moving=True, watch=watch)
    except Undecidable as conflict:
        if math.isnan(block.settings["transition_until"][account]):
            raise
        told = gives_way(conflict.message)
    outcome = _decide(firm, block, positions, targets, household, account, moving=False, watch=watch)
    rules, sales = account_rules(firm, block, account), outcome.trades.where(~outcome.trades.buy)
    asked = find_moves(firm, block, positions, account, outcome.target, rules)
    if asked.is_done_by(sales.security, (sales.amount - sales.basis) / 100.0):
        return outcome
    return replace(outcome, warnings=(*outcome.warnings, told))


def _decide(
    firm: Firm,
    block: AccountBlock,
    positions: Positions,
    targets: Targets,
    household: Household,
    account: int,
    *,
    moving: bool,
    watch: Callable[[Working], None] | None,
) -> Outcome:
    settings = {name: float(values[account]) for name, values in block.settings.values.items()}
    given = (firm, block, positions, targets, household, account)
    target, case = pose_account(*given, moving=moving)
    cash, offset = block.cash[account] / 100.0, float(positions.offset[account])
    # Money on its way out is held beside the cash band, not inside it.
    most_cash = settings["cash_max"] + block.outflow[account] / 100.0 / case.value
    state = triage(case, cash, settings["drift_band"], settings["cash_target"], most_cash)
    held = Held(case, target, state)
    limited = (firm, block, account, offset)
    untraded = LimitedGain.of(*limited, TradeRows.joined([]), case.doubtful_names()).warnings(traded=False)
    if state.in_band and not state.forced and harvest_worth(case) < settings["min_benefit_bp"]:
        return held.outcome(Code.IN_BAND, CALM, warnings=untraded)
    if not _any_room(case):
        return held.outcome(Code.RESTRICTED, NO_ROOM, warnings=untraded)
    both = Posed(case, None)
    if is_budgeted(case.problem.schedule):
        both = Posed(case, pose_account(*given, budgeted=False, moving=moving)[1])
    cap = cap_of(settings["max_turnover"], cash_to_invest=cash / case.value > settings["cash_target"])
    if not math.isnan(settings["tracking_error_target"]):
        both = meet_target(both, settings["tracking_error_target"], cap)
    posed, case, answer = solve_in_turnover(both, cap)
    held = replace(held, case=posed)
    cash_first = cash < case.cash_needed and answer.breach_bp > ROUNDED_BREACH_BP
    if cash_first:
        _, case, answer = solve_in_turnover(both.each(sold_in_any_size), cap)
    if watch is not None:
        watch(Working(posed, case, answer))
    if answer.continuous.status is Status.CONFLICT:
        rules = conflicting(case)
        raise Undecidable(Code.RESTRICTIONS_CONFLICT, f"no weights keep {' and '.join(rules)} together")
    if not answer.certified:
        raise Undecidable(
            Code.NOT_SOLVED,
            f"the solver's answer breaks a hard row by {answer.continuous.breach_bp:.3g} bp "
            f"or misses its bound by {answer.continuous.gap_bp:.3g} bp",
        )
    outside = any(limit.is_broken(answer.weights) for limit in case.limits)
    if answer.breach_bp > ROUNDED_BREACH_BP and (outside or (answer.orders > 0).any()):
        raise Undecidable(
            Code.RESTRICTIONS_CONFLICT,
            f"no orders in whole shares keep every hard rule: the nearest miss by {answer.breach_bp:.3g} bp of value",
        )
    traded = trade_rows(
        firm,
        block,
        positions,
        account,
        case,
        answer,
        cash_short=cash < case.cash_needed,
        cash_first=cash_first,
        cash_long=cash / case.value > most_cash,
    )
    limit = LimitedGain.of(*limited, traded, posed.doubtful_names())
    if limit.is_over and posed.names.moves.any():
        raise Undecidable(Code.BUDGET, "together with other rules it goes beyond the budget", field="transition_until")
    refusal = _refusal(posed, state, answer, traded, settings, limit.refusal())
    if refusal is not None:
        proved = answer if limit.refusal() is None else None  # no bound on leaving undone what hard rules ask for
        return held.outcome(*refusal, answer=proved, warnings=limit.warnings(traded=False))
    _record(firm, household, traded, taxable=bool(block.taxable[account]))
    error = tracking_error(case, answer.weights)
    cash_after = (int(block.cash[account]) - traded.sum(buy=True) + traded.sum(buy=False)) / 100.0
    return Outcome(
        code=None,
        message="",
        target=target,
        before=state,
        te_after=error,
        drift_after=drift(case, answer.weights, cash_after, settings["cash_target"]),
        objective_bp=answer.objective_bp,
        trades=traded,
        proof=Proof.of(answer),
        warnings=(
            *case.names.warnings,
            *limit.warnings(traded=True),
            *missed(error, settings["tracking_error_target"]),
            *(cap.exceeded(cap.traded(posed.problem, answer.weights)) if cap else ()),
        ),
        declined=declined(posed, answer.orders),
    )


@dataclass(frozen=True)
class Held:
    """An account as it stands, ready to be left alone."""

    case: AccountProblem
    target: Target
    state: State

    def outcome(
        self, code: Code, message: str, answer: Answer | None = None, warnings: tuple[Warned, ...] = ()
    ) -> Outcome:
        """The outcome of not trading, and the rule that held the account: first of all what forbids a sell_out."""
        warnings = (*self.case.names.warnings, *warnings)
        if warnings:
            code, message = warnings[0]
        return Outcome(
            code=code,
            message=message,
            target=self.target,
            before=self.state,
            te_after=self.state.tracking_error,
            drift_after=self.state.drift,
            objective_bp=objective(self.case.problem, self.case.problem.held),
            trades=TradeRows.joined([]),
            proof=None if answer is None else Proof.of(answer),
            warnings=warnings,
            declined=Declined(0, 0) if answer is None else declined(self.case, np.zeros_like(answer.orders)),
        )


def _any_room(case: AccountProblem) -> bool:
    problem = case.problem
    return bool(((problem.lower < problem.held) | (problem.upper > problem.held)).any())


def _refusal(
    case: AccountProblem,
    state: State,
    answer: Answer,
    traded: TradeRows,
    settings: dict[str, float],
    held_by: tuple[Code, str] | None,
) -> tuple[Code, str] | None:
    """Why these trades are not handed out, or None; `held_by`: what forbids gain that they realise."""
    stay = objective(case.problem, case.problem.held)
    least = settings["min_benefit_bp"]
    if len(traded) == 0:
        if stay - answer.continuous.objective_bp < least:
            return Code.NO_BENEFIT, not_worth_it(least)
        return Code.MIN_TRADE, TOO_SMALL
    if held_by is not None:
        return held_by
    if state.forced:
        return None
    benefit = stay - answer.objective_bp
    if benefit < least:
        return Code.NO_BENEFIT, too_little(benefit, least)
    if state.in_band and not np.isin(rows.HARVEST, traded.reason):
        return Code.IN_BAND, CALM
    error = tracking_error(case, answer.weights)
    other = np.isin(traded.reason, (rows.HARVEST, rows.CASH, rows.SELL_OUT, rows.TRANSITION)).any()
    if error > max(state.tracking_error, settings["drift_band"]) and not other:
        return Code.NO_BENEFIT, WIDENED
    return None


def _record(firm: Firm, household: Household, traded: TradeRows, *, taxable: bool) -> None:
    group, bought = firm.market.wash_group[traded.security], traded.buy
    losses: NDArray[np.bool_] = ~bought & (traded.gain < 0) & taxable
    own = household.memory.purchase[traded.lot[losses]]
    household.record(group[bought], traded.quantity[bought], group[losses], traded.quantity[losses], own)

"""Trades handed out against the best there are: small accounts solved exactly, in whole shares, by SCIP.

Mixed-integer programs in CVXPY: every order is a whole number of steps, no smaller than the minimum trade, or the whole
position; a name is bought or sold; the cash floor holds with the spread paid; the schedule is the lesser of its convex
halves, each solved. The best answer must not be below our lower bound, and ours not below the best answer.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import click
import cvxpy as cp
import numpy as np

from benchmarks.cases import Case, part_cases
from benchmarks.relaxation import distribution, show_distributions
from benchmarks.results import keep, results_option, run
from cluster.bench.opened import open_for_run
from engine.decide.sales import owner
from engine.decide.schedule import Half, halves
from engine.errors import WholebookError
from kernels.problem import Problem
from kernels.rounding import Tradable, least_bought
from kernels.taxes import is_budgeted

MICRO = 1e6
TOLERANCE_BP = 1e-3
"""What SCIP's answers may miss by: its feasibility tolerance at prices of hundreds of bp."""
OPTIONS = {"numerics/feastol": 1e-7}


CLASSES = (0.0, 25_000.0, 100_000.0)
"""Account values from which a class begins, USD."""
TITLES = {
    "loss_bp": "objective less the best",
    "gap_bp": "objective less our bound",
    "unavoidable_bp": "the best less our bound",
}


class Exact(NamedTuple):
    """The least objective of orders in whole shares, bp, and whether SCIP proved it within its time."""

    value: float
    proved: bool


def solve_exactly(problem: Problem, tradable: Tradable, seconds: float) -> Exact:
    """The best of the orders that a run may hand out. Raises `WholebookError` where SCIP finds none."""
    found = [_solve_half(problem, tradable, half, seconds) for half in halves(problem)]
    known = [one for one in found if one is not None]
    if not known:
        raise WholebookError("SCIP finds no orders", remedy="Give it more --seconds.")
    return Exact(min(one.value for one in known), len(known) == len(found) and all(one.proved for one in known))


def _solve_half(problem: Problem, tradable: Tradable, half: Half, seconds: float) -> Exact | None:
    n, s = len(problem.held), max(len(problem.segment_size), 1)
    step, name = tradable.step * tradable.weight, owner(problem)
    sold = np.zeros((n, s))
    sold[name, np.arange(len(name))] = 1.0
    cost, gain, size = np.zeros(s), np.zeros((2, s)), np.zeros(s)
    cost[: len(name)], size[: len(name)] = problem.segment_cost, problem.segment_size
    gain[problem.segment_long.astype(np.intp), np.arange(len(name))] = problem.segment_gain
    least = np.array([least_bought(tradable, each) for each in range(n)]) // tradable.step
    most = np.maximum(np.floor((problem.upper - problem.held) / step + 1e-9), 0.0)
    stays = np.maximum(tradable.position - np.maximum(tradable.smallest, 0), 0)
    most_sold = (np.minimum(tradable.sellable, stays) // tradable.step).astype(np.float64)
    may_leave = (tradable.sellable == tradable.position) & (tradable.position > 0)
    shares = cp.Variable(n, integer=True, bounds=[0.0, most])
    sold_shares = cp.Variable(n, integer=True, bounds=[0.0, most_sold])
    buys, sells, leaves = (cp.Variable(n, boolean=True) for _ in range(3))
    sell = cp.Variable(s, bounds=[0.0, size])
    bought, gone = cp.multiply(step, shares), cp.multiply(step, sold_shares) + cp.multiply(problem.held, leaves)
    w = problem.held + bought - gone
    constraints = [
        shares >= cp.multiply(least, buys),
        shares <= cp.multiply(most, buys),
        sold_shares >= cp.multiply(tradable.least // tradable.step, sells),
        sold_shares <= cp.multiply(most_sold, sells),
        leaves <= may_leave.astype(float),
        buys + sells + leaves <= 1,
        sold @ sell == gone,
        w >= np.minimum(problem.lower, problem.held) - 1e-9,
        w <= problem.upper + 1e-9,
    ]
    covariance = problem.risk_aversion * problem.loadings @ problem.loadings.T + np.diag(problem.curvature)
    total = problem.rows @ w
    hard = ~np.isfinite(problem.row_price)
    breach = cp.maximum(total - np.minimum(problem.row_upper, 1e6), np.maximum(problem.row_lower, -1e6) - total, 0.0)
    constraints += [
        total[row] <= problem.row_upper[row] for row in np.nonzero(hard & np.isfinite(problem.row_upper))[0]
    ]
    constraints += [
        total[row] >= problem.row_lower[row] for row in np.nonzero(hard & np.isfinite(problem.row_lower))[0]
    ]
    paid = 0.01 * problem.spread @ (bought + gone)
    constraints.append(cp.sum(w) + paid <= problem.row_upper[tradable.cash_row])
    objective = (
        cp.sum_squares(np.linalg.cholesky(covariance).T @ (w - problem.target))
        + problem.hold_cost @ w
        + problem.buy_cost @ bought
        + cost @ sell
        + problem.ticket * cp.sum(buys + sells + leaves)
        + np.where(hard, 0.0, problem.row_price) @ breach
        + half.rate @ (gain @ sell)
        + half.constant
    )
    if len(half.step):
        objective += half.step @ cp.pos(half.at + half.counts @ (gain @ sell))
    task = cp.Problem(cp.Minimize(objective), constraints)
    task.solve(solver="SCIP", scip_params=OPTIONS | {"limits/time": seconds})
    return None if w.value is None else Exact(float(task.value), task.status == cp.OPTIMAL)


def small_cases(book: str, names: int) -> Iterator[Case]:
    """Accounts of at most so many names that recent trades, budgets and searches do not concern."""
    opened = open_for_run(book)
    for part in opened.parts:
        for case in part_cases(opened, part):
            problem, proof = case.posed.problem, case.outcome.proof
            free = not case.posed.segment_replaced.any() and np.array_equal(problem.buy_cost, problem.spread)
            if len(problem.held) <= names and free and not is_budgeted(problem.schedule) and proof is not None:
                yield case


def measure(case: Case, seconds: float) -> dict[str, Any]:
    """One account: the best there is, ours and our bound."""
    best = solve_exactly(case.posed.problem, case.posed.tradable, seconds)
    outcome, bound = case.outcome, case.outcome.proof.bound_bp if case.outcome.proof else None
    return {
        "account": case.account,
        "value": case.posed.value,
        "names": len(case.posed.problem.held),
        "proved": best.proved,
        "best_bp": best.value,
        "loss_bp": outcome.objective_bp - best.value,
        "gap_bp": None if bound is None else outcome.objective_bp - bound,
        "unavoidable_bp": None if bound is None else best.value - bound,
        "traded": outcome.code is None,
    }


@click.command()
@click.argument("book")
@click.option("--accounts", default=500, show_default=True, type=click.IntRange(1), help="At most so many.")
@click.option("--names", default=15, show_default=True, type=click.IntRange(1), help="Largest account.")
@click.option("--seconds", default=20.0, show_default=True, type=click.FloatRange(0), help="SCIP's time a half.")
@click.option("--json", "as_json", is_flag=True, help="Print the line that is kept instead of the table.")
@results_option
def main(book: str, accounts: int, names: int, seconds: float, as_json: bool, results: Any) -> None:
    """Hold BOOK's small accounts against the best whole-share orders. Fails where a bound is above them."""
    measured = []
    for case in itertools.islice(small_cases(book, names), accounts):
        measured.append(measure(case, seconds))
        click.echo(f"exact: {len(measured)} of {accounts}", err=True)
    solved = [one for one in measured if one["proved"]]
    options = {"book": book.rstrip("/").rpartition("/")[2], "names": names, "solved": len(solved)}
    options |= {"unproved": len(measured) - len(solved), "seconds": seconds}
    line = keep(results, "exact", options, distributions(solved))
    if as_json:
        click.echo(json.dumps(line))
    else:
        show(line)
    check(measured)


def distributions(measured: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a measure and class of value, and of all."""
    rows = []
    for name in TITLES:
        for least, most in itertools.pairwise((*CLASSES, math.inf)):
            group = f"{least:,.0f} up" if math.isinf(most) else f"{least:,.0f} to {most:,.0f}"
            rows += distribution(name, group, [one[name] for one in measured if least <= one["value"] < most])
        rows += distribution(name, "all", [one[name] for one in measured])
    return rows


def check(measured: Sequence[dict[str, Any]]) -> None:
    """Raise where a bound is above the best answer that there is, or trades are better than it: they break a rule."""
    wrong = [
        one["account"]
        for one in measured
        if (one["unavoidable_bp"] is not None and one["unavoidable_bp"] < -TOLERANCE_BP)
        or (one["proved"] and one["loss_bp"] < -TOLERANCE_BP)
    ]
    if wrong:
        raise WholebookError(f"bounds or trades are better than the best answer: {', '.join(wrong[:5])}")


def show(line: dict[str, Any]) -> None:
    """The table for a person."""
    options = line["options"]
    show_distributions(
        "Small accounts against the best orders there are, bp of account value",
        f"{options['solved']} accounts of at most {options['names']} names of {options['book']}; SCIP did not finish "
        f"another {options['unproved']} in {options['seconds']:g} s a half.",
        "value, USD",
        TITLES,
        line["rows"],
    )


if __name__ == "__main__":
    run(main)

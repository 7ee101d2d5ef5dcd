"""Sales of lots that recent purchases may replace unlike, as the law counts them, against the bound's branches."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cluster.bench.opened import open_for_run
from engine.decide import batch, in_budget, permitted, rebalance
from engine.decide.branches import Stack, find_points, up_to_points
from engine.decide.problem import AccountProblem
from engine.decide.schedule import halves
from engine.decide.tables import NO_TARGET
from kernels.arrays import frozen
from tests.support.books import small_book

pytestmark = pytest.mark.compiled

SALES = 30
"""Random sales of each name."""
Ints = NDArray[np.int64]


@dataclass
class Sale:
    """Micro-shares `sold` of a name's losing lots `number`, and of these whose loss is `gone`; all (lots,)."""

    place: int
    number: Ints
    sold: Ints
    gone: Ints


@dataclass
class Seen:
    """A name of an account as it is posed, and sales of it."""

    case: AccountProblem
    sales: list[Sale]


def drawn_sales(firm, block, account, lots, household, random) -> list[Sale]:
    """Sales of every name whose lots are unlike; what is gone by the household's own purchases, in the law's order."""
    made = []
    memory = household.memory
    for place in np.unique(lots.place).tolist():
        at = np.nonzero((lots.place == place) & lots.free)[0]
        at = at[np.lexsort((lots.number[at], block.lots.acquired[lots.number[at]]))]
        number = lots.number[at]
        given = memory.purchase[number], block.lots.acquired[number], int(memory.policy[account])
        group = int(firm.market.wash_group[block.lots.security[number[0]]]) if len(at) else -1
        for _ in range(SALES if len(at) else 0):
            few = random.random(len(at)) < random.choice([0.2, 0.5])
            part = np.where(random.random(len(at)) < 0.8, few, random.random(len(at)))
            sold = np.floor(lots.quantity[at] * part).astype(np.int64)
            made.append(Sale(place, number, sold, household.replaced(group, sold, *given)))
    return made


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[Seen]:
    """Accounts of two books that hold such names."""
    random, found, last = np.random.default_rng(5), [], []
    cut, solve, aims = permitted.cut_at_replaced, in_budget.solve_with_washes, batch.aims

    def cutting(firm, block, positions, account, lots, household):
        result = cut(firm, block, positions, account, lots, household)
        losing = lots.where(lots.free & positions.loss[lots.number])
        unlike = np.unique(result.place[result.reach > 0])
        last[:] = drawn_sales(firm, block, account, losing.where(np.isin(losing.place, unlike)), household, random)
        return result

    def noting(case: AccountProblem):
        if last:
            found.append(Seen(case, list(last)))
        return solve(case)

    def nobody(*given):
        aimed = aims(*given)
        return replace(aimed, number=np.full_like(aimed.number, NO_TARGET))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(permitted, "cut_at_replaced", cutting)
        patch.setattr(in_budget, "solve_with_washes", noting)
        patch.setattr(batch, "aims", nobody)
        for kind, accounts, seed in (("etf", 120, 3), ("direct", 12, 4)):
            folder: Path = tmp_path_factory.mktemp(kind)
            book = open_for_run(small_book(folder, accounts, seed, kind))
            for part in book.parts:
                tables = book.read(part)
                rebalance.rebalance(book.firm, tables, book.check(part, tables), "run")
    return found


def cost_of(case: AccountProblem, sale: Sale, prices: NDArray[np.float64]) -> tuple[float, float]:
    """Percent sold, and bp that it costs where gain costs these prices; a loss that is gone waits for nothing."""
    problem, mine = case.problem, case.problem.segment_offsets[sale.place : sale.place + 2]
    segments = np.arange(*mine)
    cheapest = float(problem.segment_cost[segments].min())
    percent, cost = 0.0, 0.0
    for number, sold, gone in zip(sale.number, sale.sold, sale.gone, strict=True):
        rest = [s for s in segments if case.segment_lot[s] == number and not case.segment_replaced[s]]
        weight = case.names.micro_weight[sale.place]
        percent += sold * weight
        cost += gone * weight * cheapest
        if sold > gone:
            (one,) = rest  # a lot whose loss is gone where all are sold never counts
            assert sold - gone <= case.segment_quantity[one]
            price = prices[int(problem.segment_long[one])]
            cost += (sold - gone) * weight * (problem.segment_cost[one] + price * case.beyond_gain[one])
    return percent, cost


def test_no_sale_costs_less_than_every_branch(seen: list[Seen]) -> None:
    random, checked, counted = np.random.default_rng(6), 0, 0
    for one in seen:
        problem, points = one.case.problem, find_points(one.case)
        half = halves(one.case.with_all_losses())[0]
        for place in {sale.place for sale in one.sales}:
            mine = [up_to_points(problem, place), *(branch for branch in points.all if branch.name == place)]
            for sale in (sale for sale in one.sales if sale.place == place):
                slopes = half.step * random.random(len(half.step))
                percent, cost = cost_of(one.case, sale, half.prices(slopes))
                weight = problem.held[place] - percent
                # At this price the weight is near the one that a branch would take.
                slope = 2.0 * problem.curvature[place] * (weight - problem.target[place])
                at = random.choice([0.0, 1.0, 2.0]) * cost / max(percent, 1e-9) - slope
                hold = np.full(len(problem.held), at)
                stack = Stack.of(frozen(problem._replace(hold_cost=hold)), mine)
                none = np.zeros(problem.loadings.shape[1]), np.zeros(len(problem.row_price))
                least = float(stack.least(half, slopes, *none).min())
                if problem.lower[place] <= weight <= problem.upper[place]:
                    value = problem.curvature[place] * (weight - problem.target[place]) ** 2 + at * weight + cost
                    assert least <= value + 1e-9 * (1.0 + abs(value))
                    checked += 1
                    counted += int((sale.gone < sale.sold).any())
    assert checked > 500
    assert counted > 100

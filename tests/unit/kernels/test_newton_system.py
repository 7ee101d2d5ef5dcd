"""The Newton step, by factors or by names, against a dense system; and what a solve keeps for the next."""

from __future__ import annotations

import numpy as np
import pytest

from engine.decide.schedule import Half, halves
from kernels.arrays import frozen, readonly
from kernels.jit import f8, kernel
from kernels.newton.eliminate import eliminate, few_names, substitute
from kernels.newton.pose import pose, pose_again, set_bounds, set_half
from kernels.newton.solve import SOLVED, answer_here, newton
from kernels.newton.store import make_work
from kernels.newton.system import PROXIMAL, direction, gradient
from kernels.newton.tie import TIE, Tie, find_tie, no_tie, normal
from kernels.newton.work import WORK, Work
from kernels.problem import Floats, Problem
from tests.support.problems import DIRECT_INDEX, ETF, REGIMES, Kind, random_account, random_schedule

FEW = Kind(names=(8, 15), factors=25, sectors=3, specific=(0.15, 0.4), value=(1e4, 2e6))


def posed(problem: Problem, half: Half) -> Work:
    n, k = problem.loadings.shape
    work = make_work(n, len(problem.segment_size), k, len(problem.row_price), len(half.step))
    pose(problem, work)
    set_half(problem, half.rate, half.step, half.at, half.counts, work)
    set_bounds(problem, problem.lower, problem.upper, work)
    return work


def dense_step(work: Work) -> Floats:
    """I + CᵀD⁻¹C over the names inside a piece, of the prices that may move, written down and solved."""
    k, p, h = len(work.centre), len(work.price), len(work.counts)
    columns = work.columns.copy()
    for name, piece in enumerate(work.free):
        if piece >= 0:
            columns[name, p - h :] = -work.counts[:, int(work.long[piece])] * work.gain[piece]
    free = columns[work.free >= 0] / np.sqrt(work.curvature[work.free >= 0])[:, None]
    system = free.T @ free
    near = PROXIMAL * (np.diag(system)[k:] + np.mean(1.0 / work.curvature))
    system += np.diag(np.concatenate([np.ones(k), near]))
    step = np.zeros(p)
    step[work.active] = np.linalg.solve(system[np.ix_(work.active, work.active)], work.gradient[work.active])
    return step


@pytest.mark.parametrize("size", [4, 7, 12])
def test_elimination_and_substitution_solve_a_system(size: int) -> None:
    random = np.random.default_rng(size)
    root = random.normal(size=(size, size))
    system, right = root @ root.T + np.eye(size), random.normal(size=size)
    for first in range(1, size + 1):
        matrix = np.hstack([np.triu(system), right[:, None]])
        eliminate(matrix, first, size)
        left = np.triu(matrix[first:, first:size])
        others = np.linalg.solve(left + np.triu(left, 1).T, matrix[first:, size])
        solution = np.zeros(first)
        substitute(matrix, first, others, size - first, 1.0, solution)
        assert np.concatenate([solution, others]) == pytest.approx(np.linalg.solve(system, right), abs=1e-9)


@pytest.mark.parametrize("kind", [FEW, ETF, DIRECT_INDEX])
@pytest.mark.parametrize("regime", [None, *REGIMES])
def test_a_step_solves_the_dense_system(kind: Kind, regime: str | None) -> None:
    for seed in range(4):
        random = np.random.default_rng(seed)
        schedule = None if regime is None else random_schedule(random, regime)
        problem = random_account(random, kind, schedule=schedule).problem
        for half in halves(problem):
            work = posed(problem, half)
            assert few_names(work) == (len(problem.held) <= problem.loadings.shape[1])
            for scale in (0.0, 1e-3):
                prices = scale * random.normal(size=len(work.price))
                k = len(work.centre)
                prices[k:] = np.clip(prices[k:], work.least, work.most)
                work.price[:] = prices
                answer_here(work)
                gradient(work)
                direction(work, no_tie(), 0)
                step = dense_step(work)
                assert work.step == pytest.approx(step, rel=1e-4, abs=1e-5 * np.abs(step).max())


@pytest.mark.compiled
@pytest.mark.parametrize("kind", [FEW, DIRECT_INDEX])
@pytest.mark.parametrize("regime", [None, *REGIMES])
def test_a_solve_after_others_is_as_good_as_a_first_one(kind: Kind, regime: str | None) -> None:
    """Bounds of some names change, as where sides are fixed; the rest is remembered, and nothing of it is stale."""
    for seed in range(6):
        random = np.random.default_rng(seed)
        schedule = None if regime is None else random_schedule(random, regime)
        problem = random_account(random, kind, schedule=schedule).problem
        for half in halves(problem):
            work, sold = posed(problem, half), np.zeros(len(problem.segment_size))
            upper = problem.upper
            for _ in range(4):
                newton(work, sold)
                closed = random.random(len(upper)) < 0.1
                upper = np.where(closed, np.maximum(np.minimum(upper, work.weight), problem.lower), problem.upper)
                set_bounds(problem, problem.lower, upper, work)
            status, _, _ = newton(work, sold)
            fresh, of_fresh = posed(frozen(problem._replace(upper=upper)), half), np.zeros(len(sold))
            assert newton(fresh, of_fresh)[0] == status == SOLVED
            assert work.weight == pytest.approx(fresh.weight, abs=1e-6)


@pytest.mark.compiled
@pytest.mark.parametrize("kind", [FEW, DIRECT_INDEX])
@pytest.mark.parametrize("regime", [None, *REGIMES])
def test_a_solve_after_other_costs_is_as_good_as_a_first_one(kind: Kind, regime: str | None) -> None:
    """Trades of some names cost and gain something else, as past a point of wash sales; nothing of before is left."""
    for seed in range(6):
        random = np.random.default_rng(seed)
        schedule = None if regime is None else random_schedule(random, regime)
        problem = random_account(random, kind, schedule=schedule).problem
        owner = np.repeat(np.arange(len(problem.held)), np.diff(problem.segment_offsets))
        for half in halves(problem):
            work, sold, other = posed(problem, half), np.zeros(len(problem.segment_size)), problem
            for _ in range(3):
                newton(work, sold)
                changed = random.random(len(problem.held)) < 0.2
                other = other._replace(
                    buy_cost=np.where(changed, problem.buy_cost + random.uniform(0.0, 2.0), other.buy_cost),
                    segment_cost=np.where(changed[owner], problem.segment_cost - 0.1, other.segment_cost),
                    segment_gain=np.where(changed[owner], random.random() * problem.segment_gain, other.segment_gain),
                )
                other = frozen(other)
                pose_again(other, readonly(np.nonzero(changed)[0]), work)
                set_bounds(other, other.lower, other.upper, work)
            status, _, _ = newton(work, sold)
            fresh, of_fresh = posed(other, half), np.zeros(len(sold))
            assert newton(fresh, of_fresh)[0] == status == SOLVED
            assert work.weight == pytest.approx(fresh.weight, abs=1e-6)


def test_lots_bought_at_one_price_are_no_tie() -> None:
    """Their gains differ by rounding alone: at no price of gain does their order matter."""
    random = np.random.default_rng(1)
    problem = random_account(random, ETF, schedule=random_schedule(random, "a gain budget")).problem
    held = int(np.flatnonzero(np.diff(problem.segment_offsets) > 1)[0])
    first = int(problem.segment_offsets[held])
    gain = problem.segment_gain.copy()
    gain[first], gain[first + 1] = -0.3, np.nextafter(-0.3, 0.0)
    long = problem.segment_long.copy()
    long[first + 1] = long[first]
    alike = frozen(problem._replace(segment_gain=gain, segment_long=long))
    gain = gain.copy()
    gain[first + 1] = -0.2
    apart = frozen(alike._replace(segment_gain=gain))
    slope = getattr(normal, "py_func", normal)
    for case, expected in ((alike, 0.0), (apart, -0.1)):
        work = posed(case, halves(case)[0])
        pieces = [segment + held + 1 for segment in (first, first + 1)]
        assert slope(work, Tie(held, *pieces, 0.0), len(work.counts) - 1) == pytest.approx(expected, rel=1e-9, abs=0.0)


@kernel(TIE(WORK, f8, f8))
def found_tie(work: Work, near: float, far: float) -> Tie:
    return find_tie(work, near, far)


def test_where_nothing_moves_the_prices_of_gain_there_is_no_tie_and_the_order_of_sale_stays() -> None:
    problem = random_account(np.random.default_rng(11), ETF).problem
    work = posed(problem, halves(problem)[0])
    assert len(work.counts) == 0
    newton(work, np.zeros(len(problem.segment_size)))
    work.cost[:] = -np.arange(len(work.cost))  # nobody says what pieces cost without tax
    order = work.order.copy()
    assert found_tie(work, 0.5, 0.500001).name < 0
    assert np.array_equal(work.order, order)

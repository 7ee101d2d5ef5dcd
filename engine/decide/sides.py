"""Which side each name takes: a name either takes a loss or buys, and the relaxation lets it do both.

Sides come from the exact one-dimensional minimisers at prices near by, or at nought where none are known, and the
account is solved with them fixed. At the best answer's prices each name's two minima tell how much its other side draws
it. Half of the names that are drawn, the most drawn, change side, and fewer where that did not help: all at once would
overshoot. Where few names are in doubt, single names follow, the most drawn first, while a bound leaves something to be
gained.

All this happens in one half of the schedule, then in the other where that could hold something better.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.decide.sales import at_prices, owner, priced_cost
from engine.decide.schedule import Half
from engine.decide.solvers.auto import Workspace
from engine.decide.solvers.base import Solution, Status, bound_elsewhere, bound_of
from kernels.arrays import frozen
from kernels.bound import gain_of_buying
from kernels.problem import Floats, Problem

SIDE_PATTERNS = 4
CLOSE_BP = 0.5
"""Further patterns of sides are tried only while the answer is further than this from the bound."""
FLIPPED_NAMES = 12
"""With at most this many ambiguous names, single names also change side while that helps."""
FLIP_GAIN_BP = 0.05
"""A single name changes side only where its bound leaves this much to be gained."""
WORTH_A_HALF_BP = 0.1
"""The second half is looked at only where its bound leaves this much to be gained."""


@dataclass(frozen=True)
class Sided:
    """The problem with every ambiguous name bound to a side, its answer, and the best bound seen on the way.

    `tightest` is the answer at whose prices that bound was found.
    """

    problem: Problem
    solution: Solution
    tightest: Solution
    bound_bp: float
    iterations: int


@dataclass(frozen=True)
class Best:
    """The better half's sides, and the least of the bounds of the halves not taken (inf if none); all iterations."""

    sided: Sided
    elsewhere_bp: float
    iterations: int


def best_half(problem: Problem, workspace: Workspace, near: Solution | None = None) -> Best:
    """Fix sides in each half of the schedule that could have the best answer, at first at the prices of `near`."""
    sided = fix_sides(problem, workspace, workspace.halves[0], near)
    best = Best(sided, np.inf, sided.iterations)
    for half in workspace.halves[1:]:
        best = _better(problem, workspace, best, half)
    return best


def _better(problem: Problem, workspace: Workspace, best: Best, half: Half) -> Best:
    """The better of what is known and of another half, which is left where its bound says so."""
    enough = min(best.sided.solution.objective_bp, best.sided.bound_bp) - WORTH_A_HALF_BP
    known = {id(answer): answer for answer in (best.sided.tightest, best.sided.solution)}
    bound = max(bound_elsewhere(problem, half, answer) for answer in known.values())
    if bound >= enough:
        return replace(best, elsewhere_bp=min(best.elsewhere_bp, bound))
    sided = fix_sides(problem, workspace, half, best.sided.solution)
    spent = best.iterations + sided.iterations
    if _rank(sided.solution) < _rank(best.sided.solution):
        return Best(sided, min(best.elsewhere_bp, best.sided.bound_bp), spent)
    return replace(best, elsewhere_bp=min(best.elsewhere_bp, max(bound, sided.bound_bp)), iterations=spent)


def fix_sides(problem: Problem, workspace: Workspace, half: Half, near: Solution | None) -> Sided:
    """Fix sides and solve; the names most drawn to their other side change it, together and then one by one.

    Where no name is in doubt the relaxation is the answer. Ends where the answer is close to the bound.
    """
    ambiguous = np.nonzero(_ambiguous(problem, half))[0]
    if len(ambiguous) == 0:
        return _relaxed(problem, workspace, half)
    search = _SideSearch(problem, workspace, half, ambiguous)
    search.solve(search.guess(near))
    if search.best.solution.status is Status.CONFLICT:
        relaxed = _relaxed(problem, workspace, half)
        if relaxed.solution.status is not Status.SOLVED:
            return relaxed
        search.restart(relaxed)
    parts = 2
    for _ in range(1, SIDE_PATTERNS):
        draw = search.draw()
        drawn = np.argsort(-draw, kind="stable")[: -(-np.count_nonzero(draw > 0.0) // parts)]
        pattern = search.buys ^ frozenset(ambiguous[drawn].tolist())
        if search.close or search.tried(pattern):
            break
        if not search.solve(pattern):
            parts *= 2
    single = len(ambiguous) <= FLIPPED_NAMES
    while single and not search.close:
        single = search.flip()
    return search.best


def _relaxed(problem: Problem, workspace: Workspace, half: Half) -> Sided:
    """The relaxation as an answer."""
    solution = workspace.solve(problem, half)
    return Sided(problem, solution, solution, bound_at(problem, solution), solution.iterations)


class _SideSearch:
    """Patterns of sides tried so far: the best answer, the best bound, the iterations spent."""

    best: Sided

    def __init__(self, problem: Problem, workspace: Workspace, half: Half, ambiguous: NDArray[np.intp]) -> None:
        self._problem, self._workspace, self._half, self._ambiguous = problem, workspace, half, ambiguous
        self._patterns: set[frozenset[int]] = set()
        self._spent = 0
        self.buys: frozenset[int] = frozenset()

    @property
    def close(self) -> bool:
        """Whether the answer is close enough to the bound."""
        return self.best.solution.objective_bp - self.best.bound_bp <= CLOSE_BP

    def tried(self, buys: frozenset[int]) -> bool:
        """Whether this pattern was solved before."""
        return buys in self._patterns

    def guess(self, near: Solution | None) -> frozenset[int]:
        """The names that would rather buy than sell, at the prices of `near` and the half's middle slopes."""
        problem, rates = self._problem, self._half.prices(0.5 * self._half.step)
        factors = np.zeros(problem.loadings.shape[1]) if near is None else near.factor_prices
        rows = np.zeros(len(problem.row_price)) if near is None else near.row_prices
        return frozenset(self._ambiguous[self._rather_buys(rates, factors, rows) > 0.0].tolist())

    def restart(self, relaxed: Sided) -> None:
        """Begin again with the names that would rather buy at the relaxation's prices."""
        answer = relaxed.solution
        draw = self._rather_buys(answer.marginal_rates, answer.factor_prices, answer.row_prices)
        self._spent += relaxed.iterations
        self._patterns.clear()
        self.solve(frozenset(self._ambiguous[draw > 0.0].tolist()))

    def _rather_buys(self, rates: Floats, factor_prices: Floats, row_prices: Floats) -> Floats:
        """By how many bp each ambiguous name would rather buy than sell at these prices."""
        gain = np.empty(len(self._problem.held))
        asked = np.isin(np.arange(len(gain)), self._ambiguous)
        gain_of_buying(at_prices(self._problem, rates), factor_prices, row_prices, asked, gain)
        return gain[self._ambiguous]

    def draw(self) -> Floats:
        """By how many bp each ambiguous name would rather be on its other side, at the best answer's prices."""
        best = self.best.solution
        gain = self._rather_buys(best.marginal_rates, best.factor_prices, best.row_prices)
        return np.where(np.isin(self._ambiguous, list(self.buys)), -1.0, 1.0) * gain

    def flip(self) -> bool:
        """Let the most drawn name that was not tried change side; False where none could gain enough.

        With a name on its other side no answer is worth more than the bound less what draws it.
        """
        draw, best = self.draw(), self.best.solution
        for name in np.argsort(-draw, kind="stable"):
            flipped = self.buys ^ {int(self._ambiguous[name])}
            if best.objective_bp - best.bound_bp + draw[name] <= FLIP_GAIN_BP:
                return False
            if not self.tried(flipped):
                self.solve(flipped)
                return True
        return False

    def solve(self, buys: frozenset[int]) -> bool:
        """Solve with the ambiguous names in `buys` on the buying side, the others on the selling side.

        Returns whether that is the best answer.
        """
        problem = self._problem
        buying = np.isin(np.arange(len(problem.held)), list(buys))
        selling = np.isin(np.arange(len(problem.held)), self._ambiguous) & ~buying
        sided = frozen(
            problem._replace(
                lower=np.where(buying, np.maximum(problem.lower, problem.held), problem.lower),
                upper=np.where(selling, np.minimum(problem.upper, problem.held), problem.upper),
            )
        )
        solution = self._workspace.solve(sided, self._half)
        self._spent += solution.iterations
        bound = bound_at(problem, solution)
        first = not self._patterns
        self._patterns.add(buys)
        if first:
            self.best, self.buys = Sided(sided, solution, solution, bound, self._spent), buys
            return True
        best, better = self.best, _rank(solution) < _rank(self.best.solution)
        if better:
            best, self.buys = replace(best, problem=sided, solution=solution), buys
        if bound > best.bound_bp:
            best = replace(best, tightest=solution, bound_bp=bound)
        self.best = replace(best, iterations=self._spent)
        return better


def _rank(solution: Solution) -> tuple[bool, float]:
    return solution.status is not Status.SOLVED, solution.objective_bp


def _ambiguous(problem: Problem, half: Half) -> NDArray[np.bool_]:
    """Names that may be bought and hold a segment that could pay more than a sale and a purchase cost."""
    name = owner(problem)
    # A loss saves most where its term is dearest.
    pays = priced_cost(problem, half.dearest) + problem.buy_cost[name] < 0.0
    room = (problem.upper > problem.held) & (problem.lower < problem.held)
    ambiguous: NDArray[np.bool_] = room & (np.bincount(name, weights=pays, minlength=len(room)) > 0.0)
    return ambiguous


def bound_at(problem: Problem, solution: Solution) -> float:
    """The solution's prices value the unfixed problem too, so every solve offers a bound of its half."""
    return bound_of(problem, solution.half, solution.slopes, solution)

"""Which side each name takes: a name either takes a loss or buys, and the relaxation lets it do both.

Sides come from the exact one-dimensional minimisers at the relaxation's prices; the account is solved with them fixed,
and its new prices choose again. Where few names are in doubt, single names also change side while that helps.

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
from kernels.bound import lower_bound
from kernels.problem import Problem

SIDE_PATTERNS = 4
CLOSE_BP = 0.5
"""Further patterns of sides are tried only while the answer is further than this from the bound."""
FLIPPED_NAMES = 12
"""With at most this many ambiguous names, single names also change side while that helps."""
FLIP_GAIN_BP = 1e-3
WORTH_A_HALF_BP = 0.1
"""The second half is looked at only where its bound leaves this much to be gained."""


@dataclass(frozen=True)
class Sided:
    """The problem with every ambiguous name bound to a side, its answer, and the best bound seen on the way."""

    problem: Problem
    solution: Solution
    bound_bp: float
    iterations: int


@dataclass(frozen=True)
class Best:
    """The better half's relaxation and sides, and the least of the bounds of the halves not taken (inf if none)."""

    relaxed: Solution
    sided: Sided
    elsewhere_bp: float
    iterations: int


def best_half(problem: Problem, workspace: Workspace) -> Best:
    """Fix sides in each half of the schedule that could have the best answer."""
    relaxed = workspace.solve(problem)
    sided = fix_sides(problem, workspace, relaxed)
    best = Best(relaxed, sided, np.inf, relaxed.iterations + sided.iterations)
    for half in workspace.halves[1:]:
        best = _better(problem, workspace, best, half)
    return best


def _better(problem: Problem, workspace: Workspace, best: Best, half: Half) -> Best:
    """The better of what is known and of another half, which is left as soon as its bound says so."""
    enough = min(best.sided.solution.objective_bp, best.sided.bound_bp) - WORTH_A_HALF_BP
    bound = max(bound_elsewhere(problem, half, known) for known in (best.relaxed, best.sided.solution))
    if bound >= enough:
        return replace(best, elsewhere_bp=min(best.elsewhere_bp, bound))
    relaxed = workspace.solve(problem, half)
    spent = best.iterations + relaxed.iterations
    bound = max(bound, bound_at(problem, relaxed))
    if bound >= enough:
        return replace(best, elsewhere_bp=min(best.elsewhere_bp, bound), iterations=spent)
    sided = fix_sides(problem, workspace, relaxed)
    spent += sided.iterations
    if _rank(sided.solution) < _rank(best.sided.solution):
        return Best(relaxed, sided, min(best.elsewhere_bp, best.sided.bound_bp), spent)
    return replace(best, elsewhere_bp=min(best.elsewhere_bp, max(bound, sided.bound_bp)), iterations=spent)


def fix_sides(problem: Problem, workspace: Workspace, relaxed: Solution) -> Sided:
    """Fix sides and solve; the new prices choose sides again until they repeat, then single names change side.

    Ends at once where the answer is close to the bound.
    """
    ambiguous = np.nonzero(_ambiguous(problem, relaxed.half))[0]
    search = _SideSearch(problem, workspace, relaxed)
    if len(ambiguous) == 0:
        return search.best
    latest, pattern = relaxed, frozenset[int]()
    for _ in range(SIDE_PATTERNS):
        pattern = _preferred_buys(problem, ambiguous, latest)
        if search.close or search.tried(pattern):
            break
        latest = search.solve(ambiguous, pattern)
    flips = ambiguous.tolist() if len(ambiguous) <= FLIPPED_NAMES else []
    improved = True
    while improved and not search.close:
        improved = False
        for name in flips:
            flipped = search.buys ^ {name}
            if not search.tried(flipped):
                before = search.best.solution.objective_bp
                improved |= search.solve(ambiguous, flipped).objective_bp < before - FLIP_GAIN_BP
    return search.best


class _SideSearch:
    """Patterns of sides tried so far: the best answer, the best bound, the iterations spent."""

    def __init__(self, problem: Problem, workspace: Workspace, relaxed: Solution) -> None:
        self._problem, self._workspace = problem, workspace
        self._patterns: set[frozenset[int]] = set()
        self.buys: frozenset[int] = frozenset()
        self.best = Sided(problem, relaxed, bound_at(problem, relaxed), 0)

    @property
    def close(self) -> bool:
        """Whether a pattern was tried and its answer is close enough to the bound."""
        return bool(self._patterns) and self.best.solution.objective_bp - self.best.bound_bp <= CLOSE_BP

    def tried(self, buys: frozenset[int]) -> bool:
        """Whether this pattern was solved before."""
        return buys in self._patterns

    def solve(self, ambiguous: NDArray[np.intp], buys: frozenset[int]) -> Solution:
        """Solve with the ambiguous names in `buys` on the buying side and the others on the selling side."""
        problem = self._problem
        buying = np.isin(np.arange(len(problem.held)), list(buys))
        selling = np.isin(np.arange(len(problem.held)), ambiguous) & ~buying
        sided = frozen(
            problem._replace(
                lower=np.where(buying, np.maximum(problem.lower, problem.held), problem.lower),
                upper=np.where(selling, np.minimum(problem.upper, problem.held), problem.upper),
            )
        )
        solution = self._workspace.solve(sided, self.best.solution.half)
        first = not self._patterns
        self._patterns.add(buys)
        bound = max(self.best.bound_bp, bound_at(problem, solution))
        spent = self.best.iterations + solution.iterations
        if first or _rank(solution) < _rank(self.best.solution):
            self.best, self.buys = Sided(sided, solution, bound, spent), buys
        else:
            self.best = replace(self.best, bound_bp=bound, iterations=spent)
        return solution


def _rank(solution: Solution) -> tuple[bool, float]:
    return solution.status is not Status.SOLVED, solution.objective_bp


def _preferred_buys(problem: Problem, ambiguous: NDArray[np.intp], latest: Solution) -> frozenset[int]:
    """The ambiguous names whose own minimiser, at the latest prices, buys."""
    choice = np.empty(len(problem.held))
    lower_bound(at_prices(problem, latest.marginal_rates), latest.factor_prices, latest.row_prices, choice)
    return frozenset(ambiguous[choice[ambiguous] > problem.held[ambiguous]].tolist())


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

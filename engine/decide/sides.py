"""Which branch each name takes: a name either takes a loss or buys, and is up to its points of wash sales or past one.

The relaxation lets a name do both, so every name is put in one of its branches (`engine.decide.branches`). They come
from the exact one-dimensional minimisers at prices near by, or at nought where none are known, and the account is
solved with them fixed. At the best answer's prices each name's minima tell how much another branch draws it. Half of
the names that are drawn, the most drawn, change branch, and fewer where that did not help: all at once would overshoot.
Where few names are in doubt, branch and bound follows (`engine.decide.tree`).

All this happens in one half of the schedule, then in the other where that could hold something better.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.decide.branches import Bounds, Branch, Kind, Points, Priced, Stack, put, sides_of, up_to_points
from engine.decide.sales import owner, priced_cost
from engine.decide.schedule import Half
from engine.decide.solvers.auto import Workspace
from engine.decide.solvers.base import Solution, Status
from engine.decide.tree import Node, raised_by
from kernels.arrays import frozen
from kernels.problem import Problem

SIDE_PATTERNS = 8
CLOSE_BP = 0.2
"""Further patterns of branches are tried only while the answer is further than this from the bound."""
DRAWN_BP = 0.1
"""Many names change branch together only where that could gain more than this."""
MOST_NODES = 24
"""Nodes of branch and bound that are solved in a half."""
BRANCHED_NAMES, FEW_NODES = 16, 3
"""With more names in doubt than this, it ends after so few."""
WORTH_BP = 0.01
"""A name is drawn to another branch only where its own minimum is lower there by this much."""
WORTH_A_HALF_BP = 0.1
"""The second half is looked at only where its bound leaves this much to be gained."""

Floats = NDArray[np.float64]
Pattern = tuple[int, ...]
"""The kind of branch of each name in doubt."""


@dataclass(frozen=True)
class Sided:
    """The problem with every name in doubt bound to a branch, its answer, and the best bound seen on the way.

    `posed` is the problem without the bounds of sides: with names past their points in `past`, whose values lack
    `constant_bp`; the solution's have it. `tightest` is the answer at whose prices that bound was found.
    """

    problem: Problem
    posed: Problem
    past: tuple[Branch, ...]
    constant_bp: float
    solution: Solution
    tightest: Solution
    bound_bp: float
    iterations: int


@dataclass(frozen=True)
class Best:
    """The better half's branches, and the bound of the half not taken (inf if none); all iterations.

    `elsewhere` is where that bound was found, or one nearly as good.
    """

    sided: Sided
    elsewhere_bp: float
    elsewhere: Priced | None
    iterations: int


NO_POINTS = Points()


@dataclass(frozen=True)
class Account:
    """What a search is about: the account as posed, what lies past the points of its names, and its bounds."""

    problem: Problem
    points: Points
    bounds: Bounds


def best_half(problem: Problem, workspace: Workspace, near: Solution | None = None, points: Points = NO_POINTS) -> Best:
    """Fix branches in each half of the schedule that could have the best answer, at first at the prices of `near`."""
    account = Account(problem, points, Bounds.of(problem, points))
    sided = fix_branches(account, workspace, workspace.halves[0], near)
    best = Best(sided, np.inf, None, sided.iterations)
    for half in workspace.halves[1:]:
        best = _better(account, workspace, best, half)
    return best


def _better(account: Account, workspace: Workspace, best: Best, half: Half) -> Best:
    """The better of what is known and of another half, which is left where its bound says so."""
    value = best.sided.solution.objective_bp
    enough = min(value - CLOSE_BP, best.sided.bound_bp - WORTH_A_HALF_BP)
    known = {id(answer): answer for answer in (best.sided.tightest, best.sided.solution)}
    near = (account.bounds.near(half, answer) for answer in known.values())
    bound, priced = max(near, key=lambda found: found[0])
    if bound >= enough:
        return replace(best, elsewhere_bp=bound, elsewhere=priced)
    sided = fix_branches(account, workspace, half, best.sided.solution, value)
    spent = best.iterations + sided.iterations
    if _rank(sided.solution) < _rank(best.sided.solution):
        return Best(sided, best.sided.bound_bp, Priced.at_own(best.sided.tightest), spent)
    if sided.bound_bp >= bound:
        bound, priced = sided.bound_bp, Priced.at_own(sided.tightest)
    return Best(best.sided, bound, priced, spent)


def fix_branches(
    account: Account, workspace: Workspace, half: Half, near: Solution | None, known: float = np.inf
) -> Sided:
    """Fix branches and solve; the names most drawn to another change theirs together, then branch and bound.

    Where no name is in doubt the relaxation is the answer. Ends where the answer, or one of `known` bp, is close to the
    bound.
    """
    choices = choices_of(account, half)
    if not choices.names:
        return _relaxed(account, workspace, half)
    search = Search(account, workspace, half, choices, known)
    search.solve(search.guess(near))
    if search.best.solution.status is Status.CONFLICT:
        relaxed = _relaxed(account, workspace, half)
        if relaxed.solution.status is not Status.SOLVED:
            return relaxed
        search.restart(relaxed)
    parts = 2
    for _ in range(1, SIDE_PATTERNS):
        draw, rival = search.draws()
        order = np.argsort(-draw, kind="stable")[: np.count_nonzero(draw > 0.0)]
        if search.close or sum(draw[order].tolist()) <= DRAWN_BP:
            break
        drawn = order[: -(-len(order) // parts)]
        pattern = search.changed(drawn, rival)
        if search.tried(pattern):
            break
        if not search.solve(pattern):
            parts *= 2
    if not search.close:
        search.branch(MOST_NODES if len(choices.names) <= BRANCHED_NAMES else FEW_NODES)
    return search.best


def _relaxed(account: Account, workspace: Workspace, half: Half) -> Sided:
    """The relaxation up to all points as an answer."""
    problem = account.problem
    solution = workspace.solve(problem, half)
    bound = account.bounds.of_own(solution)
    return Sided(problem, problem, (), 0.0, solution, solution, bound, solution.iterations)


@dataclass(frozen=True)
class Choices:
    """The names in doubt, in ascending order, and the branches that each has.

    `place` (b,) numbers the name of each of `branches` among `names`; those of an `open` kind may be taken.
    """

    names: list[int]
    branches: list[Branch]
    place: NDArray[np.intp]
    stack: Stack | None
    open: NDArray[np.bool_]
    """(kinds,)"""

    @cached_property
    def pairs(self) -> dict[tuple[int, int], Branch]:
        """Branches by the place of their name and their kind."""
        return {(int(at), int(one.kind)): one for at, one in zip(self.place, self.branches, strict=True)}


def choices_of(account: Account, half: Half) -> Choices:
    """The names of an account that are in doubt in a half, and their branches."""
    problem, points = account.problem, account.points
    ambiguous = set(np.nonzero(_ambiguous(problem, half))[0].tolist())
    names = sorted(ambiguous | {branch.name for branch in points.taken})
    number = {name: place for place, name in enumerate(names)}
    branches = [branch for branch in points.all if branch.name in number]
    for name in names:
        branches += sides_of(problem, name) if name in ambiguous else (up_to_points(problem, name),)
    place = np.array([number[branch.name] for branch in branches], dtype=np.intp)
    taken = np.array([kind < Kind.PAST_SALE or kind in points.open for kind in Kind])
    return Choices(names, branches, place, Stack.of(problem, branches) if branches else None, taken)


class Search:
    """Patterns of branches tried so far: the best answer, the best bound, the iterations spent."""

    best: Sided

    def __init__(
        self, account: Account, workspace: Workspace, half: Half, choices: Choices, known: float = np.inf
    ) -> None:
        self._account, self._workspace, self._half, self._choices = account, workspace, half, choices
        self._known = known
        self._patterns: set[Pattern] = set()
        self._spent = 0
        self._pattern: Pattern = (Kind.SELLS,) * len(choices.names)

    @property
    def close(self) -> bool:
        """Whether the answer, or one that is known, is close enough to the bound."""
        return self._is_close(self.best.bound_bp)

    def _is_close(self, bound: float) -> bool:
        return min(self.best.solution.objective_bp, self._known) - bound <= CLOSE_BP

    def tried(self, pattern: Pattern) -> bool:
        """Whether this pattern was solved before."""
        return pattern in self._patterns

    def guess(self, near: Solution | None) -> Pattern:
        """Each name in its cheapest branch, at the prices of `near` and the half's middle slopes."""
        problem = self._account.problem
        factors, rows = np.zeros(problem.loadings.shape[1]), np.zeros(len(problem.row_price))
        if near is not None:
            factors, rows = near.factor_prices, near.row_prices
        least = self._least(0.5 * self._half.step, factors, rows)
        draw, rival = self._draws(least)
        return self.changed(np.nonzero(draw > 0.0)[0], rival)

    def restart(self, relaxed: Sided) -> None:
        """Begin again with every name up to its points, on the side that it would rather take by the relaxation."""
        answer = relaxed.solution
        least = self._least(answer.slopes, answer.factor_prices, answer.row_prices)
        self._spent += relaxed.iterations
        self._patterns.clear()
        buys = least[:, Kind.BUYS] < least[:, Kind.SELLS]
        self.solve(tuple(Kind.BUYS if one else Kind.SELLS for one in buys.tolist()))

    def draws(self) -> tuple[Floats, NDArray[np.intp]]:
        """By how many bp each name in doubt is drawn to another branch, at the best answer's prices; and to which."""
        return self._draws(self._least_of_best())

    def changed(self, places: NDArray[np.intp], rival: NDArray[np.intp]) -> Pattern:
        """The best pattern with these names in the branches that draw them."""
        pattern = np.array(self._pattern)
        pattern[places] = rival[places]
        return tuple(pattern.tolist())

    def branch(self, most: int) -> None:
        """Branch and bound from the best answer on, until its bound is close or `most` nodes are solved."""
        best, allowed = self.best.solution, np.isfinite(self._least_of_best()) & self._choices.open
        root = self._account.bounds.of_own(best)
        nodes = [Node.of(np.array(self._pattern), allowed, self._least_of_best(), root, -np.inf)]
        closed = np.inf
        for _ in range(most):
            node = min(nodes, key=lambda node: node.bound)
            if node.is_done or self._is_close(node.bound):
                break
            pattern, allowed, floor = node.part()
            solution, bound = self._solve(tuple(pattern.tolist()))
            if solution.status is Status.CONFLICT:
                closed = min(closed, floor)
                continue
            least = self._least(solution.slopes, solution.factor_prices, solution.row_prices)
            dual = bound + raised_by(least, self._choices.open, allowed)
            nodes.append(Node.of(pattern, allowed, least, dual, floor))
        least_bound = min(closed, *(node.bound for node in nodes))
        self.best = replace(self.best, bound_bp=max(self.best.bound_bp, least_bound))

    def solve(self, pattern: Pattern) -> bool:
        """Solve with each name in its branch of a pattern; whether that is the best answer."""
        before = self._pattern if self._patterns else None
        self._solve(pattern)
        return before is None or self._pattern == pattern

    def _solve(self, pattern: Pattern) -> tuple[Solution, float]:
        """The answer to a pattern and its bound over all branches; `best` is then the better."""
        chosen = [self._choices.pairs[place, kind] for place, kind in enumerate(pattern)]
        past = tuple(branch for branch in chosen if branch.kind >= Kind.PAST_SALE)
        posed, constant = put(self._account.problem, past)
        lower, upper = posed.lower.copy(), posed.upper.copy()
        for branch in chosen:
            lower[branch.name], upper[branch.name] = branch.lower, branch.upper
        sided = frozen(posed._replace(lower=lower, upper=upper))
        solution = self._workspace.solve(sided, self._half).with_constant(constant)
        self._spent += solution.iterations
        bound = self._account.bounds.of_own(solution)
        first = not self._patterns
        self._patterns.add(pattern)
        if first:
            self.best = Sided(sided, posed, past, constant, solution, solution, bound, self._spent)
            self._pattern = pattern
            return solution, bound
        best, better = self.best, _rank(solution) < _rank(self.best.solution)
        if better:
            best = replace(best, problem=sided, posed=posed, past=past, constant_bp=constant, solution=solution)
            self._pattern = pattern
        if bound > best.bound_bp:
            best = replace(best, tightest=solution, bound_bp=bound)
        self.best = replace(best, iterations=self._spent)
        return solution, bound

    def _least_of_best(self) -> Floats:
        best = self.best.solution
        return self._least(best.slopes, best.factor_prices, best.row_prices)

    def _least(self, slopes: Floats, factor_prices: Floats, row_prices: Floats) -> Floats:
        """(d, kinds) each name's part of the dual in bp in each kind of branch; inf where it has no such."""
        choices, least = self._choices, np.full((len(self._choices.names), len(Kind)), np.inf)
        assert choices.stack is not None
        kinds = np.array([branch.kind for branch in choices.branches])
        found = choices.stack.least(self._half, slopes, factor_prices, row_prices)
        np.minimum.at(least, (choices.place, kinds), found)
        return least

    def _draws(self, least: Floats) -> tuple[Floats, NDArray[np.intp]]:
        """By how much the best other branch of each name beats its own, and which that is."""
        places, own = np.arange(len(least)), np.array(self._pattern)
        other = np.where(self._choices.open, least, np.inf)
        other[places, own] = np.inf
        rival = np.argmin(np.round(other, 9), axis=1)  # the first of those that differ by the order of sums alone
        return least[places, own] - other[places, rival] - WORTH_BP, rival


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

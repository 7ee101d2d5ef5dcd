"""What a name may do: on either side, and past its points of wash sales; and what it costs there.

A name either takes a loss or buys. Of its losses the first `replaced` shares bring nothing, what is sold beyond brings
all it would; of a purchase the first shares take recent losses away, further ones nothing. Either makes a cost that is
convex up to that point and convex past it. So a name has up to four branches, each of them convex: it sells or buys up
to its points, where the price is exact and beyond it cautious, or sells or buys past one, at a cost that is then a
constant.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.decide.problem import AccountProblem
from engine.decide.sales import at_prices, owner
from engine.decide.schedule import Half
from engine.decide.solvers.base import Solution, bound_of
from kernels.arrays import frozen
from kernels.bound import least_of_names
from kernels.problem import Problem
from kernels.rounding import Tradable
from kernels.step_bound import least_of_names_in_steps
from kernels.taxes import dearest, is_budgeted

Floats = NDArray[np.float64]


class Kind(enum.IntEnum):
    """A branch; SELLS is either side of a name that need not choose, EASIEST for bounds alone."""

    SELLS = 0
    BUYS = 1
    PAST_SALE = 2
    PAST_PURCHASE = 3
    EASIEST = 4


PLACED = 4
"""So many kinds may be taken, those before EASIEST."""


@dataclass(frozen=True, eq=False)
class Branch:
    """One name in one branch: its bounds and costs there, those of its segments too; values lack `constant_bp`."""

    name: int
    kind: Kind
    lower: float
    upper: float
    held: float
    buy_cost: float
    cost: Floats
    gain: Floats
    constant_bp: float = 0.0


@dataclass(frozen=True)
class Points:
    """Branches past the points of an account's names, those for bounds alone, and which kinds may be taken.

    Sales past their points, purchases and what bounds alone know, each by name.
    """

    past: tuple[Branch, ...] = ()
    easiest: tuple[Branch, ...] = ()
    open: frozenset[Kind] = frozenset()

    def closed(self) -> Points:
        """The same where no name may be put past a point."""
        return replace(self, open=frozenset())

    @property
    def all(self) -> tuple[Branch, ...]:
        """All that could cost less than up to the points."""
        return self.past + self.easiest

    @property
    def taken(self) -> tuple[Branch, ...]:
        """Those that names may be put in."""
        return tuple(branch for branch in self.past if branch.kind in self.open)


def up_to_points(problem: Problem, name: int) -> Branch:
    """A name on either side."""
    segments = slice(problem.segment_offsets[name], problem.segment_offsets[name + 1])
    return Branch(
        name,
        Kind.SELLS,
        float(problem.lower[name]),
        float(problem.upper[name]),
        float(problem.held[name]),
        float(problem.buy_cost[name]),
        problem.segment_cost[segments],
        problem.segment_gain[segments],
    )


def sides_of(problem: Problem, name: int) -> tuple[Branch, Branch]:
    """The selling and the buying side."""
    either, held = up_to_points(problem, name), float(problem.held[name])
    buys = replace(either, kind=Kind.BUYS, lower=max(either.lower, held))
    return replace(either, upper=min(either.upper, held)), buys


def find_points(case: AccountProblem) -> Points:
    """Where an account's names may go past their points, and what bounds must know besides.

    Under a budget no sale goes past its point: what wash sales leave of its losses is only sure up to there.
    """
    kinds = {Kind.PAST_PURCHASE} | (set() if is_budgeted(case.problem.schedule) else {Kind.PAST_SALE})
    return Points((*_past_sales(case), *_past_purchases(case)), tuple(_easiest(case)), frozenset(kinds))


def _past_sales(case: AccountProblem) -> Iterable[Branch]:
    problem, name = case.problem, owner(case.problem)
    beyond = ~case.segment_replaced & (case.beyond_gain < problem.segment_gain)
    size = np.bincount(name[case.segment_replaced], problem.segment_size[case.segment_replaced], len(problem.held))
    for place in np.intersect1d(name[beyond], np.nonzero(size > 0.0)[0]).tolist():
        least = _whole_steps(case, place, size[place])
        if problem.held[place] - least >= problem.lower[place] - 1e-12 and least <= problem.held[place]:
            yield _past_sale(case, place, least)


def _past_sale(case: AccountProblem, place: int, least: float) -> Branch:
    """At least the replaced shares are sold. They are made the cheapest of their name, so that they go first."""
    problem, either = case.problem, up_to_points(case.problem, place)
    mine = slice(problem.segment_offsets[place], problem.segment_offsets[place + 1])
    gain, first = case.beyond_gain[mine], case.segment_replaced[mine]
    cheapest = float((either.cost + dearest(problem.schedule) * gain).min()) - 1.0
    cost = np.where(first, cheapest, either.cost)
    return replace(
        either,
        kind=Kind.PAST_SALE,
        upper=min(either.upper, float(problem.held[place]) - least),
        cost=cost,
        gain=gain,
        constant_bp=float(((either.cost - cost) * problem.segment_size[mine])[first].sum()),
    )


def _past_purchases(case: AccountProblem) -> Iterable[Branch]:
    problem, names = case.problem, case.names
    for place in np.nonzero(names.replacing > 0.0)[0].tolist():
        either = up_to_points(problem, place)
        lower = max(either.lower, float(problem.held[place]) + _whole_steps(case, place, names.replacing[place]))
        if lower < either.upper:
            cost, constant = _cost_without_washes(case, place), float(names.wash_cost[place])
            yield replace(either, kind=Kind.PAST_PURCHASE, lower=lower, buy_cost=cost, constant_bp=constant)


def _easiest(case: AccountProblem) -> Iterable[Branch]:
    """The least that names could cost of which no branch says exactly what wash sales take away.

    Purchases of unequal losses, which go one after the other, and sales where it matters which lots are sold, or whose.
    """
    problem, names, name = case.problem, case.names, owner(case.problem)
    n = len(problem.held)
    doubtful = case.doubtful & (np.bincount(name, case.segment_replaced, n) == 0.0)[name]
    told = np.where(doubtful, problem.segment_gain, np.minimum(case.beyond_gain, problem.segment_gain))
    easier = np.bincount(name, case.most_lost < told, n) > 0.0
    for place in np.nonzero(easier | (names.wash_least < names.wash_price * (1.0 - 1e-9)))[0].tolist():
        mine = slice(problem.segment_offsets[place], problem.segment_offsets[place + 1])
        cost = _cost_without_washes(case, place) + float(names.wash_least[place])
        gain = case.most_lost[mine]
        yield replace(up_to_points(problem, place), kind=Kind.EASIEST, buy_cost=cost, gain=gain)
    for place in np.unique(name[_reached(case)]).tolist():
        yield from _reached_sales(case, place)


def _reached(case: AccountProblem) -> NDArray[np.bool_]:
    """Segments whose loss counts only where others' are gone, and of not as many shares as another's."""
    reached: NDArray[np.bool_] = ~case.segment_replaced & (case.segment_reach > 0.0) & (case.beyond_gain < 0.0)
    return reached


def _reached_sales(case: AccountProblem, place: int) -> Iterable[Branch]:
    """A name's sales by how many shares' losses are gone, at least.

    A lot's loss counts only beyond what may replace it, which earlier lots use up first (Reg. §1.1091-1(b)), so no more
    of it ever counts than where all are sold. Where losses count of lots that so much may replace and of none that more
    may, so much is gone, of the cheapest.
    """
    either = up_to_points(case.problem, place)
    mine = slice(case.problem.segment_offsets[place], case.problem.segment_offsets[place + 1])
    reach, beyond, first = case.segment_reach[mine], case.beyond_gain[mine], float(either.cost.min())
    for most in np.unique(reach[_reached(case)[mine]]).tolist():
        gone = _whole_steps_below(case, place, most)
        left = either.held - gone
        if either.lower <= left:
            gain = np.where(reach <= most, np.minimum(beyond, either.gain), either.gain)
            upper = min(either.upper, left)
            yield replace(either, kind=Kind.EASIEST, upper=upper, held=left, gain=gain, constant_bp=first * gone)


def _cost_without_washes(case: AccountProblem, place: int) -> float:
    """What buying a percent of a name costs apart from what it takes away: the spread, and a price of turnover."""
    problem = case.problem
    more = problem.buy_cost[place] - (problem.spread[place] + case.names.wash_price[place])
    return float(problem.spread[place] + more)


def _whole_steps(case: AccountProblem, place: int, percent: float) -> float:
    """Percent of the next whole step."""
    step = case.tradable.step[place] * case.tradable.weight[place]
    return float(np.ceil(percent / step - 1e-9) * step)


def _whole_steps_below(case: AccountProblem, place: int, percent: float) -> float:
    """Percent of the last whole step."""
    step = case.tradable.step[place] * case.tradable.weight[place]
    return float(np.floor(percent / step + 1e-9) * step)


def put(problem: Problem, past: Sequence[Branch]) -> tuple[Problem, float]:
    """The problem with names in these branches, itself where there are none, and the constant that its values lack."""
    if not past:
        return problem, 0.0
    lower, upper, buy_cost = problem.lower.copy(), problem.upper.copy(), problem.buy_cost.copy()
    cost, gain = problem.segment_cost.copy(), problem.segment_gain.copy()
    for branch in past:
        mine = slice(problem.segment_offsets[branch.name], problem.segment_offsets[branch.name + 1])
        lower[branch.name], upper[branch.name] = branch.lower, branch.upper
        buy_cost[branch.name], cost[mine], gain[mine] = branch.buy_cost, branch.cost, branch.gain
    moved = problem._replace(lower=lower, upper=upper, buy_cost=buy_cost, segment_cost=cost, segment_gain=gain)
    return frozen(moved), sum(branch.constant_bp for branch in sorted(past, key=lambda branch: branch.name))


def _least_by_name(problem: Problem, half: Half, slopes: Floats, factor_prices: Floats, row_prices: Floats) -> Floats:
    """(n,) each name's part of the dual in bp, at these prices of factors and rows and slopes."""
    weights, least = np.empty(len(problem.held)), np.empty(len(problem.held))
    least_of_names(at_prices(problem, half.prices(slopes)), factor_prices, row_prices, weights, least)
    return least


@dataclass(frozen=True)
class Stack:
    """Branches side by side, each as one name of a problem: their minima are found in one go.

    `name` (b,) is the account's; `constant` (b,) bp; `easiest` (b,) those for bounds alone.
    """

    problem: Problem
    name: NDArray[np.intp]
    constant: Floats
    easiest: NDArray[np.bool_]

    @classmethod
    def of(cls, problem: Problem, branches: Sequence[Branch]) -> Stack:
        """Of one or more branches of an account's names."""
        name = np.array([branch.name for branch in branches])
        first, last = problem.segment_offsets[name], problem.segment_offsets[name + 1]
        segment = np.concatenate([np.arange(*ends) for ends in zip(first, last, strict=True)])
        stacked = problem._replace(
            loadings=problem.loadings[name],
            curvature=problem.curvature[name],
            target=problem.target[name],
            held=np.array([branch.held for branch in branches]),
            lower=np.array([branch.lower for branch in branches]),
            upper=np.array([branch.upper for branch in branches]),
            buy_cost=np.array([branch.buy_cost for branch in branches]),
            spread=problem.spread[name],
            hold_cost=problem.hold_cost[name],
            segment_offsets=np.append(0, np.cumsum(last - first)),
            segment_size=problem.segment_size[segment],
            segment_cost=np.concatenate([branch.cost for branch in branches]),
            segment_gain=np.concatenate([branch.gain for branch in branches]),
            segment_long=problem.segment_long[segment],
            rows=problem.rows[:, name],
        )
        constant = np.array([branch.constant_bp for branch in branches])
        return cls(frozen(stacked), name, constant, np.array([branch.kind is Kind.EASIEST for branch in branches]))

    def least(self, half: Half, slopes: Floats, factor_prices: Floats, row_prices: Floats) -> Floats:
        """(b,) each branch's part of the dual in bp."""
        return _least_by_name(self.problem, half, slopes, factor_prices, row_prices) + self.constant

    def least_in_steps(self, priced: Priced, tradable: Tradable) -> Floats:
        """(b,) the same over the orders that may be given, those for bounds alone in any size."""
        mine = tradable._replace(
            weight=tradable.weight[self.name],
            step=tradable.step[self.name],
            least=tradable.least[self.name],
            smallest=tradable.smallest[self.name],
            position=tradable.position[self.name],
            sellable=tradable.sellable[self.name],
            open=tradable.open[self.name],
        )
        least = _least_in_steps(self.problem, frozen(mine), priced) + self.constant
        return np.where(self.easiest, self.least(*priced.all), least)


@dataclass(frozen=True)
class Priced:
    """A half of the schedule at slopes of its own, and the solution whose prices of factors and rows go with them."""

    half: Half
    slopes: Floats
    solution: Solution

    @classmethod
    def at_own(cls, solution: Solution) -> Priced:
        """At all prices of a solution."""
        return cls(solution.half, solution.slopes, solution)

    @property
    def all(self) -> tuple[Half, Floats, Floats, Floats]:
        """Half, slopes, prices of factors and of rows."""
        return self.half, self.slopes, self.solution.factor_prices, self.solution.row_prices


@dataclass(frozen=True)
class Bounds:
    """Lower bounds of an account over all branches of its names, at any prices."""

    problem: Problem
    stack: Stack | None

    @classmethod
    def of(cls, problem: Problem, points: Points) -> Bounds:
        """Of the account as posed, up to all points, and of what lies past them."""
        return cls(problem, Stack.of(problem, points.all) if points.all else None)

    def at(self, priced: Priced) -> float:
        """Lower bound in bp of one half, each name in its cheapest branch."""
        bound = bound_of(self.problem, priced.half, priced.slopes, priced.solution)
        if self.stack is None:
            return bound
        least, less = _least_by_name(self.problem, *priced.all), np.zeros(len(self.problem.held))
        np.minimum.at(less, self.stack.name, self.stack.least(*priced.all) - least[self.stack.name])
        return bound + float(less.sum())

    def near(self, half: Half, solution: Solution) -> tuple[float, Priced]:
        """Of another half than the solution's: the best of a few slopes near the solution's rates."""
        rates = solution.marginal_rates
        near = [half.slopes_near(rates, net) for net in (float(rates.min()), float(rates.mean()), float(rates.max()))]
        priced = [Priced(half, slopes, solution) for slopes in near]
        return max(((self.at(one), one) for one in priced), key=lambda found: found[0])

    def of_own(self, solution: Solution) -> float:
        """Of the solution's own half."""
        return self.at(Priced.at_own(solution))

    def in_steps(self, priced: Priced, tradable: Tradable) -> float:
        """The same over the orders that may be given; what bounds alone know of a name, in any size."""
        bound = bound_of(self.problem, priced.half, priced.slopes, priced.solution)
        before = _least_by_name(self.problem, *priced.all)
        least = _least_in_steps(self.problem, tradable, priced)
        if self.stack is not None:
            np.minimum.at(least, self.stack.name, self.stack.least_in_steps(priced, tradable))
        return bound + float((least - before).sum())


def _least_in_steps(problem: Problem, tradable: Tradable, priced: Priced) -> Floats:
    """(n,) each name's part of the dual in bp over the orders that may be given."""
    half, slopes, factor_prices, row_prices = priced.all
    least = np.empty(len(problem.held))
    least_of_names_in_steps(at_prices(problem, half.prices(slopes)), tradable, factor_prices, row_prices, least)
    return least

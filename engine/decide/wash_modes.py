"""Wash sales that are not convex: past the shares that are replaced, a name's losses count in full.

Of a name's losses the first `replaced` shares bring nothing, what is sold beyond brings all it would; of a purchase the
first shares take recent losses away, further ones nothing. Either makes a cost that is convex up to that point and
convex past it. Sides are found with every name up to its point, where the price is exact and beyond it cautious; names
that the separable dual would rather have past theirs are put there, at a cost that is then a constant, and sides are
found again. The better answer is brought to orders; the bound is that of the lesser of the two for each name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.decide.discrete import Answer, find_orders, find_sides
from engine.decide.problem import AccountProblem
from engine.decide.sales import owner
from engine.decide.solvers.base import Solution
from engine.decide.wash_bound import Past, Stack, bound_of_modes, least_by_name
from kernels.arrays import frozen
from kernels.taxes import dearest, is_budgeted

WORTH_BP = 0.01
"""A name is put past its point only where its own minimum is lower there by this much."""
NEAR_BP = 0.05
"""A bound this near to the best answer is not looked for further."""
ROUNDED_FAR_BP = 1.0
"""Where orders past the points cost more than this above the other weights, orders short of them are made too."""
SOUND_BP = 1e-7
"""What orders may miss a hard rule by and still be taken as they are."""


class Declined(NamedTuple):
    """Names left alone though wash sales alone priced them: loss sales not made, purchases not made."""

    sales: int
    purchases: int


def declined(case: AccountProblem, orders: NDArray[np.int64]) -> Declined:
    """What one account's `orders` (n,) left undone.

    Selling names whose losses are replaced in part or whole; buying names below their target that would take a loss
    away.
    """
    problem = case.problem
    priced = np.bincount(owner(problem), weights=case.segment_replaced, minlength=len(orders)) > 0.0
    wanted = (case.names.replacing > 0.0) & (problem.target > problem.held)
    return Declined(int(np.count_nonzero(priced & (orders >= 0))), int(np.count_nonzero(wanted & (orders <= 0))))


def solve_with_washes(case: AccountProblem) -> tuple[AccountProblem, Answer]:
    """Decide the orders of one account; also the problem they answer. `objective_bp` and bound are of all modes."""
    sides = find_sides(case)
    options = _options(case)
    eased = [*options, *_atleast_by_name(case)]
    if not eased:
        return case, find_orders(sides)
    found = sides.solution
    bound = bound_of_modes(case, eased, found, found.objective_bp - NEAR_BP)
    chosen = _preferred(case, options, found)
    if not chosen:
        return case, replace(find_orders(sides), bound_bp=bound)
    moved, constant = _moved(case, chosen)
    other = find_sides(moved, found)
    if not other.certified:
        return case, replace(find_orders(sides), bound_bp=bound)
    near = min(other.solution.objective_bp + constant, found.objective_bp) - NEAR_BP
    if bound < near:
        bound = max(bound, bound_of_modes(case, eased, other.solution, near))
    answer = find_orders(other)
    value = answer.objective_bp + constant
    enough = answer.breach_bp <= SOUND_BP and value <= found.objective_bp + ROUNDED_FAR_BP
    short_of_points = None if enough else find_orders(sides)
    if short_of_points is None or _rank(answer, constant) < _rank(short_of_points, 0.0):
        return moved, replace(answer, objective_bp=value, bound_bp=bound)
    return case, replace(short_of_points, bound_bp=bound)


def _rank(answer: Answer, constant: float) -> tuple[bool, float, float]:
    return not answer.certified, round(answer.breach_bp, 7), answer.objective_bp + constant


def _options(case: AccountProblem) -> list[Past]:
    """Each name that can go past its point, on either side."""
    return [*_past_sales(case), *_past_purchases(case)]


def _past_sales(case: AccountProblem) -> list[Past]:
    problem, name = case.problem, owner(case.problem)
    beyond = ~case.segment_replaced & (case.beyond_gain < problem.segment_gain)
    size = np.bincount(name[case.segment_replaced], case.problem.segment_size[case.segment_replaced], len(problem.held))
    options = []
    for place in np.intersect1d(name[beyond], np.nonzero(size > 0.0)[0]).tolist():
        least = _whole_steps(case, place, size[place])
        if problem.held[place] - least >= problem.lower[place] - 1e-12 and least <= problem.held[place]:
            options.append(_past_sale(case, place, least))
    return options


def _past_sale(case: AccountProblem, place: int, least: float) -> Past:
    """At least the replaced shares are sold. They are made the cheapest of their name, so that they go first."""
    problem, mine = case.problem, owner(case.problem) == place
    gain = np.where(mine, case.beyond_gain, problem.segment_gain)
    upper = problem.upper.copy()
    upper[place] = min(upper[place], problem.held[place] - least)
    counted = problem._replace(segment_gain=gain, upper=upper)
    cheapest = float((problem.segment_cost + dearest(problem.schedule) * gain)[mine].min()) - 1.0
    first = mine & case.segment_replaced
    cost = np.where(first, cheapest, problem.segment_cost)
    constant = float(((problem.segment_cost - cost) * problem.segment_size)[first].sum())
    return Past(place, True, frozen(counted._replace(segment_cost=cost)), constant)


def _past_purchases(case: AccountProblem) -> list[Past]:
    problem, names = case.problem, case.names
    options = []
    for place in np.nonzero(names.replacing > 0.0)[0].tolist():
        least = _whole_steps(case, place, names.replacing[place])
        lower, cost = problem.lower.copy(), problem.buy_cost.copy()
        lower[place] = max(lower[place], problem.held[place] + least)
        cost[place] = _cost_without_washes(case, place)
        if lower[place] < problem.upper[place]:
            past = frozen(problem._replace(lower=lower, buy_cost=cost))
            options.append(Past(place, False, past, float(names.wash_cost[place])))
    return options


def _atleast_by_name(case: AccountProblem) -> list[Past]:
    """For bounds alone: the least that names could cost of which neither mode says exactly what wash sales take away.

    Purchases of unequal losses, which go one after the other, and sales where it matters which lots are sold, or whose.
    """
    problem, names, name = case.problem, case.names, owner(case.problem)
    n = len(problem.held)
    doubtful = case.doubtful & (np.bincount(name, case.segment_replaced, n) == 0.0)[name]
    told = np.where(doubtful, problem.segment_gain, np.minimum(case.beyond_gain, problem.segment_gain))
    easier = np.bincount(name, case.most_lost < told, n) > 0.0
    options = []
    for place in np.nonzero(easier | (names.wash_least < names.wash_price * (1.0 - 1e-9)))[0].tolist():
        gain = np.where(name == place, case.most_lost, problem.segment_gain)
        cost = problem.buy_cost.copy()
        cost[place] = _cost_without_washes(case, place) + names.wash_least[place]
        options.append(Past(place, True, frozen(problem._replace(segment_gain=gain, buy_cost=cost)), 0.0))
    return options


def _cost_without_washes(case: AccountProblem, place: int) -> float:
    """What buying a percent of a name costs apart from what it takes away: the spread, and a price of turnover."""
    problem = case.problem
    more = problem.buy_cost[place] - (problem.spread[place] + case.names.wash_price[place])
    return float(problem.spread[place] + more)


def _whole_steps(case: AccountProblem, place: int, percent: float) -> float:
    """Percent of the next whole step."""
    step = case.tradable.step[place] * case.tradable.weight[place]
    return float(np.ceil(percent / step - 1e-9) * step)


def _preferred(case: AccountProblem, options: Sequence[Past], solution: Solution) -> list[Past]:
    """The options whose name's own minimum at the solution's prices is lower past its point; one a name.

    Under a budget no sale goes past its point: what wash sales leave of its losses is only sure up to there.
    """
    if is_budgeted(case.problem.schedule):
        options = [option for option in options if not option.sells]
    if not options:
        return []
    least = least_by_name(case.problem, solution.half, solution.slopes, solution)
    gone = Stack.of(options).least(solution.half, solution.slopes, solution)
    chosen: dict[int, tuple[float, Past]] = {}
    for option, past in zip(options, gone.tolist(), strict=True):
        saved = float(least[option.name]) - past
        if saved > max(WORTH_BP, chosen[option.name][0] if option.name in chosen else 0.0):
            chosen[option.name] = (saved, option)
    return [option for _, option in chosen.values()]


def _moved(case: AccountProblem, chosen: Sequence[Past]) -> tuple[AccountProblem, float]:
    """The account with these names past their points, and the constant that its values lack."""
    problem = case.problem
    lower, upper, buy_cost = problem.lower.copy(), problem.upper.copy(), problem.buy_cost.copy()
    cost, gain = problem.segment_cost.copy(), problem.segment_gain.copy()
    name = owner(problem)
    for option in chosen:
        place, mine = option.name, name == option.name
        lower[place], upper[place] = option.problem.lower[place], option.problem.upper[place]
        buy_cost[place] = option.problem.buy_cost[place]
        cost[mine], gain[mine] = option.problem.segment_cost[mine], option.problem.segment_gain[mine]
    moved = problem._replace(lower=lower, upper=upper, buy_cost=buy_cost, segment_cost=cost, segment_gain=gain)
    by_name = sorted(chosen, key=lambda option: option.name)
    return replace(case, problem=frozen(moved)), sum(option.constant_bp for option in by_name)

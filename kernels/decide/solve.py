"""One solve by dual Newton, judged; each half of the schedule starts from its own last prices."""

from __future__ import annotations

from kernels.copying import copy
from kernels.decide.half import half_in
from kernels.decide.judge import judge
from kernels.decide.memory import (
    AS_POSED,
    CASE,
    FLOOR,
    HALF,
    ITERATIONS,
    MEMORY,
    OWN,
    SLOPES,
    START_SLOT,
    STATUS,
    Case,
    Memory,
)
from kernels.decide.order import forget_order
from kernels.decide.pose import problem_in
from kernels.jit import apart, b1, i8, kernel, void
from kernels.newton.pose import pose, renew, set_bounds, set_half, set_rows, start
from kernels.newton.solve import newton
from kernels.newton.store import carve
from kernels.newton.work import WORK, Work


@kernel(WORK.tuple(MEMORY, CASE, i8), inner=True)
def work_of(memory: Memory, case: Case, half: int) -> Work:
    """The solver's memory for a half."""
    store = memory.first if half == 0 else memory.second
    return carve(store, case.n, case.s, case.k, case.m, memory.of.half_hinges[half])


@apart(void(MEMORY, CASE, i8, b1))
def begin(memory: Memory, case: Case, half: int, near: bool) -> None:
    """Pose a half of the account to the solver, and forget the account before; prices start `near` START_SLOT's."""
    of = memory.of
    problem, work, of_schedule = problem_in(of, case, OWN, AS_POSED), work_of(memory, case, half), half_in(of, half)
    forget_order(of)
    pose(problem, work)
    set_half(problem, of_schedule.rate, of_schedule.step, of_schedule.at, of_schedule.counts, work)
    if near:
        slopes = of.slopes[START_SLOT, : of.tally[START_SLOT, SLOPES]]
        start(problem, of.factor_prices[START_SLOT, : case.k], of.row_prices[START_SLOT, : case.m], slopes, work)
    else:
        renew(work)


@apart(b1(MEMORY, CASE, i8, i8))
def solve(memory: Memory, case: Case, half: int, slot: int) -> bool:
    """Solve a half with the bounds and the cash floor of a slot, into that slot; True where our residuals accept it."""
    of = memory.of
    work = work_of(memory, case, half)
    problem = problem_in(of, case, slot, of.tally[slot, FLOOR])
    of_schedule = half_in(of, half)
    set_rows(problem, work)
    set_bounds(problem, problem.lower, problem.upper, work)
    of.tally[slot, STATUS], iterations, _ = newton(work, of.sold[slot, : case.s])
    unit = 2.0 * case.aversion
    copy(work.weight, of.weights[slot], case.n)
    for row in range(case.m):
        of.row_prices[slot, row] = work.price[case.k + row] * unit
    for hinge in range(len(of_schedule.step)):
        of.slopes[slot, hinge] = work.price[case.k + case.m + hinge] * unit
    of.tally[slot, HALF], of.tally[slot, ITERATIONS] = half, iterations
    return judge(of, case, of_schedule, slot)

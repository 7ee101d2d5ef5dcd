"""One solve by dual Newton, judged; each half of the schedule starts from its own last prices."""

from __future__ import annotations

import math

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
from kernels.decide.pose import problem_in
from kernels.jit import apart, b1, i8, kernel, readonly, void
from kernels.newton.pose import pose, pose_again, renew, set_bounds, set_half, set_rows, start
from kernels.newton.solve import newton
from kernels.newton.store import carve
from kernels.newton.work import WORK, Work


@kernel(WORK.tuple(MEMORY, CASE, i8), inner=True)
def work_of(memory: Memory, case: Case, half: int) -> Work:
    """The solver's memory for a half."""
    store = memory.first if half == 0 else memory.second
    return carve(store, case.n, case.s, case.k, case.m, memory.of.half_hinges[half])


@kernel(void(MEMORY, CASE, i8), inner=True)
def _pose(memory: Memory, case: Case, half: int) -> None:
    """Bounds and costs in memory to the solver of a half, as far as it does not know them; its prices stay."""
    of, work, problem = memory.of, work_of(memory, case, half), problem_in(memory.of, case, OWN, AS_POSED)
    if of.is_posed[half]:
        count = 0
        for place in range(of.pointed_count[0]):
            name = of.pointed[place]
            if of.told[half, name] != of.mode[name]:
                of.told[half, name] = of.mode[name]
                of.drawn[count] = name
                count += 1
        if count > 0:
            pose_again(problem, readonly(of.drawn[:count]), work)
        return
    of_schedule = half_in(of, half)
    of.is_posed[half] = True
    copy(of.mode, of.told[half], case.n)
    pose(problem, work)
    set_half(problem, of_schedule.rate, of_schedule.step, of_schedule.at, of_schedule.counts, work)


@kernel(void(MEMORY, CASE, i8, b1), inner=True)
def begin(memory: Memory, case: Case, half: int, near: bool) -> None:
    """A half of a new account, which is posed when it is solved; prices start `near` START_SLOT's, or at nought."""
    of, work = memory.of, work_of(memory, case, half)
    of.is_posed[half] = False
    if near:
        problem, slopes = problem_in(of, case, OWN, AS_POSED), of.slopes[START_SLOT, : of.tally[START_SLOT, SLOPES]]
        start(problem, of.factor_prices[START_SLOT, : case.k], of.row_prices[START_SLOT, : case.m], slopes, work)
    else:
        renew(work)


@apart(b1(MEMORY, CASE, i8, i8))
def solve(memory: Memory, case: Case, half: int, slot: int) -> bool:
    """Solve a half with the bounds and the cash floor of a slot, into that slot; True where our residuals accept it.

    Costs are those in memory, which may be of other branches than the last time.
    """
    of = memory.of
    _pose(memory, case, half)
    work = work_of(memory, case, half)
    problem = problem_in(of, case, slot, of.tally[slot, FLOOR])
    of_schedule = half_in(of, half)
    set_rows(problem, work)
    set_bounds(problem, problem.lower, problem.upper, work)
    told = len(of_schedule.step) > 0 or not math.isinf(case.schedule.room)  # by price nobody asks what is sold
    of.tally[slot, STATUS], iterations, _ = newton(work, of.sold[slot, : case.s if told else 0])
    unit = 2.0 * case.aversion
    copy(work.weight, of.weights[slot], case.n)
    for row in range(case.m):
        of.row_prices[slot, row] = work.price[case.k + row] * unit
    for hinge in range(len(of_schedule.step)):
        of.slopes[slot, hinge] = work.price[case.k + case.m + hinge] * unit
    of.tally[slot, HALF], of.tally[slot, ITERATIONS] = half, iterations
    return judge(of, case, of_schedule, slot)

"""What the netting schedule and a gain budget cost a solve: each convex half against the account at constant rates."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from cluster.bench.opened import open_for_run
from cluster.bench.peers import OURS
from cluster.bench.samples import at_budget, problems
from cluster.bench.solving import Row, told
from engine.decide.schedule import halves
from kernels.problem import Problem

AMPLE = 1e6
"""Gain of both terms in percent of account value, so that whatever is sold each term keeps its own rate."""


def compare_schedules(book: str, accounts: int) -> list[Row]:
    """Rows for constant rates, the schedule, and with a gain budget that binds too.

    CPU time of one convex half by Newton, set-up included.
    """
    schedule = [problem for problem in problems(open_for_run(book), accounts) if problem.schedule.short_rate > 0.0]
    constant = [_at_constant_rates(problem) for problem in schedule]
    _times(constant[:1])
    budget = [at_budget(problem) for problem in schedule]
    rows = [
        {"rates": name, "accounts": len(sample), "halves": len(seconds), **told(seconds)}
        for name, sample in (("constant", constant), ("schedule", schedule), ("gain budget", budget))
        for seconds in [_times(sample)]
    ]
    return [row | {"times_constant": row["ms"] / rows[0]["ms"]} for row in rows]


def _at_constant_rates(problem: Problem) -> Problem:
    return problem._replace(schedule=problem.schedule._replace(short=AMPLE, long=AMPLE))


def _times(sample: Sequence[Problem]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    seconds = []
    for problem in sample:
        for half in halves(problem):
            start = time.process_time()
            OURS.solve(problem, (half,))
            seconds.append((time.process_time() - start) / OURS.times)
    return np.array(seconds)

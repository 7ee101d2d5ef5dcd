"""Accounts' problems as a run poses them, for solvers to be compared on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cluster.bench.opened import OpenBook
from cluster.plan import Part
from engine.decide.account import pose_account
from engine.decide.household import NOBODY, turns
from engine.decide.names import Undecidable
from engine.decide.prepared import prepare
from engine.decide.sales import gains_of
from engine.decide.schedule import gain_range
from engine.decide.solvers.auto import solve_relaxation
from engine.decide.targets import Targets
from kernels.problem import Problem


def problems(book: OpenBook, count: int) -> list[Problem]:
    """Up to `count` problems, evenly over the parts and, within each, over its accounts."""
    sample: list[Problem] = []
    for number, part in enumerate(book.parts):
        wanted = -(-(count - len(sample)) // (len(book.parts) - number))
        sample += _of_part(book, part, wanted)
    return sample


def _of_part(book: OpenBook, part: Part, count: int) -> Iterator[Problem]:
    """Problems of `count` accounts of the part. None has seen what its household does today."""
    ready = prepare(book.firm, book.read(part))
    block, positions, memory, targets = ready.block, ready.positions, ready.memory, Targets(book.firm)
    drawn = set(np.linspace(0, len(block) - 1, min(count, len(block))).round().astype(int).tolist())
    household = memory.household(NOBODY)
    for account in turns(block, positions).tolist():
        if household.number != block.household[account]:
            household = memory.household(int(block.household[account]))
        if account in drawn:
            try:
                yield pose_account(book.firm, block, positions, targets, household, account)[1].problem
            except Undecidable:
                continue


def at_budget(problem: Problem) -> Problem:
    """The problem with a gain budget that binds.

    Half way between what its best answer realises and the least that its sales could.
    """
    best = solve_relaxation(problem)
    gain, least = float(gains_of(problem, best.sold).sum()), float(gain_range(problem)[0].sum())
    return problem._replace(schedule=problem.schedule._replace(room=(gain + least) / 2.0))

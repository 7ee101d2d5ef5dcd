"""The continuous pipeline: lots prepared, each half of the schedule solved once, shares rounded."""

from __future__ import annotations

import time
from statistics import median

from cluster.bench.opened import FlatPart, OpenBook, open_for_run
from cluster.memory import keep_memory
from cluster.plan import Part
from kernels.decide.once import solve_in_turn


def continuous_rate(book: str, repeat: int) -> float:
    """Accounts a second of CPU time from tables in memory to whole shares; the median of `repeat` passes.

    Memory is kept from part to part, as a worker keeps it.
    """
    keep_memory()
    opened = open_for_run(book)
    _pass(opened)
    return median(_pass(opened) for _ in range(repeat))


def _pass(book: OpenBook) -> float:
    taken = [take_through(book, part) for part in book.parts]
    return sum(done for done, _ in taken) / sum(seconds for _, seconds in taken)


def take_through(book: OpenBook, part: Part) -> tuple[int, float]:
    """Accounts of the part that came to orders, and CPU seconds; the part is read beforehand."""
    tables = book.read(part)
    start = time.process_time()
    laid = FlatPart.of(book.firm, tables)
    done = solve_in_turn(laid.flat, laid.ready.memory.seen, laid.work, laid.turns)
    return done, time.process_time() - start

"""The continuous pipeline: lots prepared, each half of the schedule solved once, shares rounded."""

from __future__ import annotations

import time
from statistics import median

from cluster.bench.opened import OpenBook, open_for_run
from cluster.plan import Part
from engine.decide.household import turns
from engine.decide.prepared import prepare
from engine.decide.tables import aims, part_memory, part_tables
from engine.decide.targets import targets_of
from kernels.decide.once import solve_in_turn


def continuous_rate(book: str, repeat: int) -> float:
    """Accounts a second of CPU time from tables in memory to whole shares; the median of `repeat` passes."""
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
    ready = prepare(book.firm, tables)
    block, memory = ready.block, ready.memory
    flat = part_tables(book.firm, block, ready.positions, aims(book.firm, block, targets_of(book.firm)), memory)
    work, order = part_memory(book.firm, flat, memory.seen), turns(block, ready.positions)
    done = solve_in_turn(flat, memory.seen, work, order)
    return done, time.process_time() - start

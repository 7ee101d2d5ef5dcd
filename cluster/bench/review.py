"""The day's review of every account: how fast those that need nothing are told from the others."""

from __future__ import annotations

import time
from statistics import median

import numpy as np

from cluster.bench.ask import Row
from cluster.bench.opened import open_for_run
from engine.decide.household import turns
from engine.decide.prepared import prepare
from engine.decide.tables import aims, part_memory, part_tables
from engine.decide.targets import targets_of
from kernels.decide.thermostat import review

PASSES = 20
"""Over each part, for one figure: a pass over a small one takes less than the clock tells."""


def review_rate(book: str, repeat: int) -> Row:
    """Accounts a second of CPU time, all of them looked at, the median of `repeat`; how many there are and rest."""
    opened, accounts, resting = open_for_run(book), 0, 0
    seconds = np.zeros(repeat)
    for part in opened.parts:
        ready = prepare(opened.firm, opened.read(part))
        block, seen = ready.block, ready.memory.seen
        targets = aims(opened.firm, block, targets_of(opened.firm))
        flat = part_tables(opened.firm, block, ready.positions, targets, ready.memory)
        work, order = part_memory(opened.firm, flat, seen), turns(block, ready.positions)
        rests, left = np.zeros(len(block), bool), np.zeros(len(block))
        for each in range(repeat):
            start = time.process_time()
            for _ in range(PASSES):
                review(flat, seen, work, order, rests, left)
            seconds[each] += (time.process_time() - start) / PASSES
        accounts += len(block)
        resting += int(rests.sum())
    return {"accounts": accounts, "resting": resting / accounts, "reviewed_per_second": accounts / median(seconds)}

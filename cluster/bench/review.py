"""The day's review of every account: how fast those that need nothing are told from the others."""

from __future__ import annotations

import time
from statistics import median

import numpy as np

from cluster.bench.ask import Row
from cluster.bench.opened import FlatPart, open_for_run
from kernels.decide.thermostat import review

PASSES = 20
"""Over each part, for one figure: a pass over a small one takes less than the clock tells."""


def review_rate(book: str, repeat: int) -> Row:
    """Accounts a second of CPU time, all of them looked at, the median of `repeat`; how many there are and rest."""
    opened, accounts, resting = open_for_run(book), 0, 0
    seconds = np.zeros(repeat)
    for part in opened.parts:
        laid = FlatPart.of(opened.firm, opened.read(part))
        seen, count = laid.ready.memory.seen, len(laid.turns)
        rests, left = np.zeros(count, bool), np.zeros(count)
        for each in range(repeat):
            start = time.process_time()
            for _ in range(PASSES):
                review(laid.flat, seen, laid.work, laid.turns, rests, left)
            seconds[each] += (time.process_time() - start) / PASSES
        accounts += count
        resting += int(rests.sum())
    return {"accounts": accounts, "resting": resting / accounts, "reviewed_per_second": accounts / median(seconds)}

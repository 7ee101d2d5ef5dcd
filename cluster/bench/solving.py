"""Solvers compared account by account: time of each, and distance from the optimum."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cluster.bench.opened import open_for_run
from cluster.bench.peers import OURS, PEERS, Peer, judge, optimum
from cluster.bench.samples import problems
from engine.decide.schedule import halves
from kernels.problem import Problem

Floats = NDArray[np.float64]
Row = dict[str, Any]

FEASIBLE_BP = 1.0
"""Breach of a hard row, bp of account value, beyond which an answer is none: a hundredth of a percent."""


@dataclass(frozen=True)
class Timed:
    """A solver on some accounts: (n,) CPU seconds, value and breach in bp of each."""

    seconds: Floats
    value: Floats
    breach: Floats


def time_peer(peer: Peer, sample: Sequence[Problem]) -> Timed:
    """Solve each problem once, and one before that off the clock: what a library does once is not the account's."""
    peer.solve(sample[0], halves(sample[0]))
    seconds, judged = [], []
    for problem in sample:
        of_schedule = halves(problem)
        start = time.process_time()
        answer = peer.solve(problem, of_schedule)
        seconds.append((time.process_time() - start) / peer.times)
        judged.append(judge(problem, answer))
    value, breach = np.array(judged).T
    return Timed(np.array(seconds), value, breach)


def compare(book: str, accounts: int, slow: int, tolerance_bp: float) -> list[Row]:
    """A row for each solver that is installed: `accounts` problems of the book, of which slow ones get `slow`.

    `times_ours` compares sums over the accounts that both solved. Runs where it is called; meant for a fresh process.
    """
    sample = problems(open_for_run(book), accounts)
    few = np.linspace(0, len(sample) - 1, min(slow, len(sample))).round().astype(int)
    best = np.array([optimum(sample[one]) for one in few])
    ours = time_peer(OURS, sample)
    rows = []
    for peer in PEERS:
        if not peer.there:
            rows.append({"solver": peer.name, "missing": f"{peer.module} is not installed"})
            continue
        mine = few if peer.slow else np.arange(len(sample))
        timed = ours if peer is OURS else time_peer(peer, [sample[one] for one in mine])
        shared = np.isin(mine, few)
        rows.append(
            {"solver": peer.name, **told(timed.seconds)}
            | {"times_ours": float(timed.seconds.sum() / ours.seconds[mine].sum())}
            | distance(timed.value[shared] - best, timed.breach[shared], tolerance_bp)
        )
    return rows


def told(seconds: Floats) -> Row:
    """Accounts, accounts a second, and milliseconds an account: mean, median, 99th percentile."""
    ms = 1e3 * seconds
    return {
        "accounts": len(ms),
        "per_second": float(1e3 / ms.mean()),
        "ms": float(ms.mean()),
        "ms_median": float(np.median(ms)),
        "ms_p99": float(np.quantile(ms, 0.99)),
    }


def distance(excess: Floats, breach: Floats, tolerance_bp: float) -> Row:
    """Over the accounts whose optimum is known; `missed` are further from it than the tolerance, or infeasible."""
    missed = ~(excess <= tolerance_bp) | ~(breach <= FEASIBLE_BP)
    return {
        "judged": len(excess),
        "excess_bp_median": float(np.median(excess)),
        "excess_bp_max": float(excess.max()),
        "breach_bp_max": float(breach.max()),
        "missed": int(missed.sum()),
    }

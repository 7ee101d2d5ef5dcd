"""Callers that create one object at the same moment, as threads and as processes."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from cluster.storage import Storage
from engine.errors import ObjectExists

WAIT_S = 120
_wait: Callable[[], object]


def keys_of(rounds: int) -> list[str]:
    """The objects raced for, one a round."""
    return [f"published/My book/v{number}.json" for number in range(rounds)]


def race_threads(storage: Storage, racers: int, rounds: int) -> list[list[str]]:
    """The keys that each racer won, in threads that share `storage`."""
    barrier = threading.Barrier(racers, timeout=WAIT_S)
    with ThreadPoolExecutor(racers) as pool:
        tasks = [pool.submit(_race, storage, number, rounds, barrier.wait) for number in range(racers)]
        return [task.result() for task in tasks]


def race_processes(storage: Storage, racers: int, rounds: int) -> list[list[str]]:
    """The keys that each racer won, in processes that got a copy of `storage`."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["cluster.storage.s3", "tests.support.races"])
    barrier = context.Barrier(racers, timeout=WAIT_S)
    with ProcessPoolExecutor(racers, context, initializer=_keep, initargs=(barrier.wait, dict(os.environ))) as pool:
        tasks = [pool.submit(_race_kept, storage, number, rounds) for number in range(racers)]
        return [task.result() for task in tasks]


def _keep(wait: Callable[[], object], environment: dict[str, str]) -> None:
    """Keep what cannot be a task's argument; the fork server's environment may be that of an earlier test."""
    global _wait
    _wait = wait
    os.environ.update(environment)


def _race_kept(storage: Storage, number: int, rounds: int) -> list[str]:
    return _race(storage, number, rounds, _wait)


def _race(storage: Storage, number: int, rounds: int, wait: Callable[[], object]) -> list[str]:
    storage.exists("warm-up")
    won = []
    for key in keys_of(rounds):
        wait()
        try:
            storage.create(key, b"racer %d" % number)
        except ObjectExists:
            continue
        won.append(key)
    return won

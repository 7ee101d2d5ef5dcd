"""The engine's functions that a task calls, in one place.

Tests put slow, faulty or deadly functions here; everything else of the run stays as it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Calls:
    """What a part and the run go through: check, decide, prove. Signatures are those of the engine's functions.

    `clock` measures the stages of a part, in seconds.
    """

    check_part: Callable[..., Any]
    rebalance: Callable[..., Any]
    verify_part: Callable[..., Any]
    verify_run: Callable[..., Any]
    withheld: Callable[..., Any]
    clock: Callable[[], float] = time.perf_counter


def engine_calls() -> Calls:
    """The real ones. Imported here: they compile kernels, which the driver need not wait for."""
    from engine.book.validation import check_part
    from engine.decide.rebalance import rebalance
    from engine.prove.verify import verify_part, verify_run
    from engine.prove.withheld import withheld

    return Calls(check_part, rebalance, verify_part, verify_run, withheld)

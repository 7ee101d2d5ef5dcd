"""CPU seconds by stage of what the engine does.

CPU seconds and not the wall's, because a rate per core is asked for and the machine may be shared; the threads of
libraries count too. The engine has no clock on its hot path, so the functions to be told apart are replaced, where the
engine calls them, by ones that time themselves.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

IDLE = ""


class Meter:
    """Seconds by stage; a stage inside another is taken out of it, so that the sum is the whole."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._stage, self._since = IDLE, time.process_time()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Charge the time spent inside to `name`."""
        outer = self._switch(name)
        try:
            yield
        finally:
            self._switch(outer)

    @contextmanager
    def replacing(self, places: Iterable[tuple[Any, str, str]]) -> Iterator[None]:
        """Charge each function of `places` (module or class, name in it, stage), called inside, to its stage."""
        with ExitStack() as replaced:
            for owner, name, stage in places:
                replaced.enter_context(patch.object(owner, name, self._timed(stage, getattr(owner, name))))
            yield

    def stop(self) -> None:
        """Charge the time since the last stage to `IDLE`."""
        self._switch(IDLE)

    def _timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.stage(stage):
                return function(*args, **kwargs)

        return timed

    def _switch(self, stage: str) -> str:
        now, outer = time.process_time(), self._stage
        self.seconds[outer] += now - self._since
        self._stage, self._since = stage, now
        return outer


def cpu_seconds(function: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[float, Any]:
    """CPU seconds of one call, and what it returned."""
    start = time.process_time()
    result = function(*args, **kwargs)
    return time.process_time() - start, result

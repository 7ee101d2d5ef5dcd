"""One decorator for what the verifier compiles; it shares none with the kernels that it checks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(*signatures: Any) -> Callable[[F], F]:
    """Compile a function for `signatures` and for nothing else, and keep it in Numba's cache.

    No `fastmath`, no threads, no counting of references to arrays. With `NUMBA_DISABLE_JIT=1` it stays plain Python.
    """

    def wrap(function: F) -> F:
        if numba.config.DISABLE_JIT:
            return function
        dispatcher = numba.njit(nogil=True, error_model="numpy", _nrt=False)(function)
        with suppress(RuntimeError):  # no folder can be written: compiled anew, of which the kernels warn
            dispatcher.enable_caching()
            dispatcher._cache._cache_file._source_stamp = _SOURCES
        for signature in signatures:
            dispatcher.compile(signature)
        dispatcher.disable_compile()
        kept: F = dispatcher
        return kept

    return wrap


def _digest_of_sources() -> str:
    """Over every source of this package: a function that is called from another file may have changed too."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


_SOURCES: Final = _digest_of_sources()

"""pyarrow without pandas: at its first array it asks whether there is pandas, and loads all of it, 0.2 s, to ask."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class _Absent:
    """Finds no pandas."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:  # noqa: ARG004
        """Leave every other name to the next finder."""
        if name == "pandas":
            raise ModuleNotFoundError("wholebook has no use for pandas", name=name)


@contextmanager
def without_pandas() -> Iterator[None]:
    """What runs inside finds no pandas, as in a plain installation of wholebook, unless it is loaded already."""
    if "pandas" in sys.modules:
        yield
        return
    sys.meta_path.insert(0, _Absent)
    try:
        yield
    finally:
        sys.meta_path.remove(_Absent)

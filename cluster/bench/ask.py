"""What a user of `wholebook bench` asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from cluster.bench.shelf import Shelf

Row = dict[str, Any]


@dataclass(frozen=True)
class Ask:
    """Sizes and prices of a benchmark.

    `accounts` of direct indexes of 500 names; books of other kinds get as many names in all, unless `etf` says how many
    ETF accounts; their names are bought `purchases` times as often as usual (`engine.book.synth.Wish`). `solved`
    accounts go to each solver, of which slow solvers get `slow`. `price` is USD a core-hour, `tolerance_bp` the largest
    distance from the optimum that is no miss, `most` the largest number of ETF accounts of `growth`.
    """

    accounts: int = 400
    etf: int | None = None
    solved: int = 100
    slow: int = 10
    purchases: float = 1.0
    repeat: int = 3
    workers: tuple[int, ...] = (1, 2)
    most: int = 10_000
    kind: str = "direct"
    price: float = 0.05
    tolerance_bp: float = 0.1
    storage: str = ""
    seed: int = 1

    def options(self) -> dict[str, object]:
        """As they are kept with a result."""
        return asdict(self) | {"workers": list(self.workers)}


@dataclass(frozen=True)
class Step:
    """One measurement of a table, told by its `label` while it goes on."""

    label: str
    measure: Callable[[], list[Row]]


@dataclass(frozen=True)
class View:
    """Columns (heading, key) of one table on the screen; a dot in a key goes into a row's own table.

    The first `text` columns are words. Rows without the key `needs` are not of this view.
    """

    title: str
    columns: tuple[tuple[str, str], ...]
    text: int = 1
    needs: str = ""


@dataclass(frozen=True)
class Table:
    """One result: how it is measured, what `finish` adds when all is measured, and how a person sees it."""

    caption: str
    views: tuple[View, ...]
    steps: Callable[[Ask, Shelf], list[Step]]
    finish: Callable[[list[Row]], list[Row]] = list

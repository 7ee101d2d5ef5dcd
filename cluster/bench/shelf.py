"""The books of one benchmark, each made once, in a folder that goes when the benchmark ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from cluster.bench.books import Recipe, write_recipe
from cluster.bench.days import next_day
from cluster.bench.fresh import in_fresh_process
from cluster.bench.whole import Whole, leave_outside, measure

WARM_UP = Recipe("direct", 8, names=100)
"""Run before anything is timed, so that kernels and libraries are loaded."""


@dataclass
class Shelf:
    """Books by recipe. Every account of a book handed out is outside its band, but of one that is `settled`."""

    folder: Path
    seed: int
    _made: dict[str, str] = field(default_factory=dict)

    def book(self, recipe: Recipe) -> str:
        """URI of the book."""
        uri = self._made.get(recipe.folder)
        if uri is None:
            uri = str(self.folder / recipe.folder)
            write_recipe(recipe, uri, self.seed)
            in_fresh_process(leave_outside, uri)
            self._made[recipe.folder] = uri
        return uri

    def next_day(self, recipe: Recipe) -> str:
        """URI of the same book a day later: trades settled, prices moved."""
        name = f"{recipe.folder}-next"
        uri = self._made.get(name)
        if uri is None:
            book, uri = self.book(recipe), str(self.folder / name)
            in_fresh_process(next_day, book, uri, self.seed)
            in_fresh_process(leave_outside, uri)
            self._made[name] = uri
        return uri

    def settled(self, recipe: Recipe) -> str:
        """URI of the book after its run was settled, at the same prices; whoever is inside his band stays in it."""
        before, after = (str(self.folder / f"{recipe.folder}-{name}") for name in ("whole", "settled"))
        if after not in self._made.values():
            write_recipe(recipe, before, self.seed)
            in_fresh_process(next_day, before, after, self.seed, 0.0)
            self._made[f"{recipe.folder}-settled"] = after
        return after

    def measure(self, book: str, repeat: int) -> Whole:
        """Whole runs of a book, in a process of their own."""
        return in_fresh_process(measure, book, self.book(WARM_UP), repeat)


@contextmanager
def shelf(seed: int) -> Iterator[Shelf]:
    """An empty shelf."""
    with TemporaryDirectory(prefix="wholebook-bench-") as folder:
        yield Shelf(Path(folder), seed)

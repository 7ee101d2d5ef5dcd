"""How time and memory grow: with accounts, names, lots and factors, and the exponents that fit."""

from __future__ import annotations

from functools import partial
from typing import Final

from cluster.bench.ask import Ask, Row, Step, Table, View
from cluster.bench.books import Recipe
from cluster.bench.fit import fit_power
from cluster.bench.rows import TYPICAL_NAMES, measured, recipe
from cluster.bench.shelf import Shelf

NAMES: Final = (125, 250, 500, 1000, 2000)
PURCHASES: Final = (0.125, 0.25, 0.5, 1.0, 2.0)
STATISTICAL: Final = (1, 5, 10, 25, 60)
STEPS_OF_ACCOUNTS: Final = 5
_ROOT = 10**0.5

AXES: Final = {"accounts": "accounts", "names": "names", "lots": "lots_each", "factors": "factors"}
"""Axis, and the key of the rows that says where on it a row is."""
GROWING: Final = {
    "accounts": ("cpu_s", "peak_mib"),
    "names": ("ms", "deciding_ms"),
    "lots": ("ms", "deciding_ms"),
    "factors": ("ms", "deciding_ms"),
}
"""What is fitted against each axis."""


def by_accounts(ask: Ask) -> list[Recipe]:
    """ETF books, each √10 times the one before, up to `ask.most`."""
    return [Recipe("etf", max(round(ask.most / _ROOT**step), 2)) for step in reversed(range(STEPS_OF_ACCOUNTS))]


def by_names(ask: Ask) -> list[Recipe]:
    """Direct indexes of more and more names."""
    return [recipe("direct", ask, names) for names in NAMES]


def by_lots(ask: Ask) -> list[Recipe]:
    """Direct indexes whose names were bought more and more often."""
    return [Recipe("direct", ask.accounts, TYPICAL_NAMES, purchases=often) for often in PURCHASES]


def by_factors(ask: Ask) -> list[Recipe]:
    """Direct indexes under risk models of more and more factors."""
    return [Recipe("direct", ask.accounts, TYPICAL_NAMES, statistical=count) for count in STATISTICAL]


def _steps(ask: Ask, shelf: Shelf) -> list[Step]:
    series = {"accounts": by_accounts(ask), "names": by_names(ask), "lots": by_lots(ask), "factors": by_factors(ask)}
    return [
        Step(f"{axis}: {book.title}, {book.accounts} accounts", partial(_measure, ask, shelf, axis, book))
        for axis, books in series.items()
        for book in books
    ]


def _measure(ask: Ask, shelf: Shelf, axis: str, book: Recipe) -> list[Row]:
    (row,) = measured(ask, shelf, book, solve=False)
    return [row | {"axis": axis, "at": row[AXES[axis]], "deciding_ms": 1e3 / row["deciding_per_second"]}]


def with_fits(rows: list[Row]) -> list[Row]:
    """The rows, and one for each power law fitted to them."""
    fits = []
    for axis, measures in GROWING.items():
        mine = [row for row in rows if row["axis"] == axis]
        for measure in measures:
            fit = fit_power([row["at"] for row in mine], [row[measure] for row in mine])
            fits.append({"axis": axis, "of": measure, **vars(fit)})
    return [*rows, *fits]


TABLE: Final = Table(
    "CPU time of whole runs, one process, one thread. Against accounts: seconds of the run and its peak memory; "
    "against the rest: milliseconds an account, of the whole and of deciding it. The interval is of 95 %.",
    (
        View(
            "Growth",
            (
                ("axis", "axis"),
                ("book", "book"),
                ("at", "at"),
                ("accounts", "accounts"),
                ("lots each", "lots_each"),
                ("CPU s", "cpu_s"),
                ("ms an account", "ms"),
                ("deciding ms", "deciding_ms"),
                ("peak MiB", "peak_mib"),
            ),
            text=2,
            needs="at",
        ),
        View(
            "Exponents: time is as the axis to the power of",
            (("axis", "axis"), ("of", "of"), ("exponent", "exponent"), ("from", "low"), ("to", "high")),
            text=2,
            needs="exponent",
        ),
    ),
    _steps,
    with_fits,
)

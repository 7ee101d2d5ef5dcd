"""Some rows of a table by number, from 1; row 0 is blank, for whoever is not in the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.prove.verify import columns
from engine.prove.verify.columns import NULL, Bools, Floats, Ints, column
from engine.prove.verify.groups import first_rows
from engine.prove.verify.names import Names


class Rows:
    """The first row of each name in a column, in the order of the names; columns as `columns` reads them."""

    def __init__(self, table: pa.Table, key: str, names: Names) -> None:
        """New texts are added to `names`, which has none yet."""
        self._table, self._names = table, frozenset(table.column_names)
        self.codes = names.codes(column(table, key))
        """The number of every row as delivered."""
        first = first_rows(self.codes, len(names))[1:]
        self._first = None if np.array_equal(first, np.arange(len(self.codes))) else first

    def __len__(self) -> int:
        """With the blank one."""
        return 1 + len(self.codes if self._first is None else self._first)

    def has(self, name: str) -> bool:
        """Whether the table has that column."""
        return name in self._names

    def texts(self, name: str, names: Names) -> Ints:
        """By number; new ones are added."""
        return self._first_of(names.codes(column(self._table, name)), 0)

    def reals(self, name: str) -> Floats:
        """Finite numbers as float64."""
        return self._first_of(columns.reals(column(self._table, name)), np.nan)

    def scaled(self, name: str, decimals: int) -> Ints:
        """Numbers times 10**decimals."""
        return self._first_of(columns.scaled(column(self._table, name), decimals), NULL)

    def days(self, name: str) -> Ints:
        """Dates as days since 1970."""
        return self._first_of(columns.days(column(self._table, name)), NULL)

    def flags(self, name: str, *, default: bool) -> Bools:
        """True or false, `default` for null."""
        return self._first_of(columns.flags(column(self._table, name), default=default), default)

    def choice(self, name: str, *words: str) -> Ints:
        """Which of the words it is, from 1."""
        return self._first_of(columns.choice(column(self._table, name), *words), 0)

    def _first_of(self, values: npt.NDArray[Any], blank: float) -> npt.NDArray[Any]:
        found = np.empty(len(self), dtype=values.dtype)
        found[0] = blank
        found[1:] = values if self._first is None else values[self._first]
        return found

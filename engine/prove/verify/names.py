"""Texts by number, so that everything after the reading compares whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.prove.verify.columns import Bools, Ints, dictionary, is_empty, numbered

_NOTHING = pa.array([None], pa.string())


class Names:
    """Texts in the order in which they were first met. Null is 0, and no text."""

    def __init__(self) -> None:
        self.texts = _NOTHING

    def copy(self) -> Names:
        """The same, to be added to apart."""
        found = Names()
        found.texts = self.texts
        return found

    def __len__(self) -> int:
        return len(self.texts)

    def codes(self, array: pa.Array) -> Ints:
        """The numbers of a column's texts; new ones are added."""
        if is_empty(array):
            return np.zeros(len(array), dtype=np.int64)
        place, distinct = dictionary(array)
        return numbered(place, self._places(distinct))

    def code(self, text: str) -> int:
        """The number of one text, -1 where it was not met."""
        return int(self.texts.index(text).as_py())

    def text(self, code: int) -> str | None:
        """The text of a number."""
        found: str | None = self.texts[int(code)].as_py()
        return found

    def ranks(self) -> Ints:
        """The place of each text in order of its characters, null first."""
        rank = np.zeros(len(self), dtype=np.int64)
        rank[1 + pc.sort_indices(self.texts[1:]).to_numpy()] = np.arange(1, len(self))
        return rank

    def _places(self, distinct: pa.Array) -> Ints:
        if len(self) == 1 and distinct.null_count == 0:
            self.texts = pa.concat_arrays([self.texts, distinct])
        if self.texts[1 : 1 + len(distinct)].equals(distinct):  # the first column's texts come again in the next ones
            return np.arange(1, 1 + len(distinct))
        found = pc.index_in(distinct, value_set=self.texts)
        if found.null_count:
            new = distinct.filter(found.is_null()).unique()
            self.texts = pa.concat_arrays([self.texts, new])
            found = pc.index_in(distinct, value_set=self.texts)
        places: Ints = found.to_numpy().astype(np.int64)
        return places


@dataclass(frozen=True)
class Coded:
    """A column of texts, each by its number in `names`."""

    codes: Ints
    names: Names

    @classmethod
    def read(cls, array: pa.Array, names: Names) -> Coded:
        """A column; new texts are added to `names`."""
        return cls(names.codes(array), names)

    def __getitem__(self, row: int) -> str:
        """The text of a row, empty for null, as messages show it."""
        return self.names.text(self.codes[row]) or ""

    def blank(self) -> Bools:
        """Null, or a text of no characters."""
        found: Bools = (self.codes == 0) | (self.codes == self.names.code(""))
        return found

    def one_of(self, *words: str) -> Bools:
        """One of these texts."""
        found: Bools = np.isin(self.codes, [self.names.code(word) for word in words])
        return found

    def take(self, rows: Ints) -> Coded:
        """These rows."""
        return Coded(self.codes[rows], self.names)

"""Texts by number, so that everything after the reading compares whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.prove.verify.columns import Bools, Ints, texts


class Names:
    """Texts in the order in which they were first met. Null is 0, and no text."""

    def __init__(self) -> None:
        self.texts = pa.array([None], pa.string())

    def __len__(self) -> int:
        return len(self.texts)

    def codes(self, array: pa.Array, *, runs: bool = True) -> Ints:
        """The numbers of a column's texts; new ones are added. `runs`: equal texts mostly follow each other."""
        text = texts(array)
        if pa.types.is_dictionary(text.type):
            return self._of_dictionary(text)
        if not runs:
            return self._of_dictionary(text.dictionary_encode())
        ends = pc.run_end_encode(text)
        lengths = np.diff(_numpy(ends.run_ends), prepend=0)
        return np.repeat(self._of_dictionary(ends.values.dictionary_encode()), lengths)

    def text(self, code: int) -> str | None:
        """The text of a number."""
        found: str | None = self.texts[int(code)].as_py()
        return found

    def ranks(self) -> Ints:
        """The place of each text in order of its characters, null first."""
        rank = np.zeros(len(self), dtype=np.int64)
        rank[1 + _numpy(pc.sort_indices(self.texts[1:]))] = np.arange(1, len(self))
        return rank

    def _of_dictionary(self, array: pa.DictionaryArray) -> Ints:
        place = np.append(self._places(array.dictionary), 0)
        return place[_numpy(array.indices.fill_null(-1))]

    def _places(self, distinct: pa.Array) -> Ints:
        place = _numpy(pc.index_in(distinct, self.texts).fill_null(-1)).astype(np.int64)
        fresh = place < 0
        if fresh.any():
            place[fresh] = np.arange(len(self), len(self) + fresh.sum())
            self.texts = pa.concat_arrays([self.texts, distinct.filter(pa.array(fresh))])
        return place


def _numpy(array: pa.Array) -> Ints:
    found: Ints = array.to_numpy(zero_copy_only=False)
    return found


@dataclass(frozen=True)
class Coded:
    """A column of texts, each by its number in `names`."""

    codes: Ints
    names: Names

    @classmethod
    def read(cls, array: pa.Array, names: Names) -> Coded:
        """A column of which equal texts mostly follow each other; new ones are added to `names`."""
        return cls(names.codes(array), names)

    def __getitem__(self, row: int) -> str:
        """The text of a row, empty for null, as messages show it."""
        return self.names.text(self.codes[row]) or ""

    def blank(self) -> Bools:
        """Null, or a text of no characters."""
        empty = self.names.codes(pa.array([""]))[0]
        found: Bools = (self.codes == 0) | (self.codes == empty)
        return found

    def one_of(self, *words: str) -> Bools:
        """One of these texts."""
        found: Bools = np.isin(self.codes, self.names.codes(pa.array(words)))
        return found

    def take(self, rows: Ints) -> Coded:
        """These rows."""
        return Coded(self.codes[rows], self.names)

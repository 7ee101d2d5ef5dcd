"""Names of lots as texts: their order, and the lots that they are pieces of."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.prove.verify.columns import Bools, Ints, texts
from engine.prove.verify.names import Names


def whole_lots(names: pa.Array) -> pa.Array:
    """A lot that wash sales split keeps its name before the dots: <lot_id>.1, .2, .2.1."""
    plain = texts(names).cast(pa.string())
    pieces = pc.match_substring(plain, ".").fill_null(False)
    if not pc.any(pieces).as_py():
        return plain
    return pc.replace_with_mask(plain, pieces, pc.replace_substring_regex(plain.filter(pieces), r"(\.[12])+$", ""))


class LotNames:
    """Names of several columns together: `codes[i]` are those of the i-th."""

    def __init__(self, *columns: pa.Array) -> None:
        self._names, wholes = Names(), Names()
        self.codes = [self._names.codes(column) for column in columns]
        self._rank = self._names.ranks()
        whole = wholes.codes(whole_lots(self._names.texts))
        self._whole = np.where(_equals(wholes.texts, ""), 0, wholes.ranks())[whole]
        self.wholes = len(wholes)
        """More than any number of a whole lot."""

    def __len__(self) -> int:
        return len(self._names)

    def rank(self, column: int) -> Ints:
        """The place of each name in their order as texts; 0 for null."""
        return self._rank[self.codes[column]]

    def whole(self, column: int) -> Ints:
        """The lot that each is a piece of, numbered in their order as texts; 0 for no name."""
        return self._whole[self.codes[column]]

    def ends_with(self, column: int, end: str) -> Bools:
        """Rows whose name ends so."""
        found = pc.ends_with(self._names.texts, end).fill_null(False)
        return np.asarray(found.to_numpy(zero_copy_only=False))[self.codes[column]]

    def having(self, column: int, part: str) -> Ints:
        """Rows whose name has that part."""
        found = pc.match_substring(self._names.texts, part).fill_null(False)
        return np.flatnonzero(found.to_numpy(zero_copy_only=False)[self.codes[column]])

    def text(self, column: int, row: int) -> str:
        """The name of a row, empty for null."""
        return self._names.text(self.codes[column][row]) or ""


def _equals(names: pa.Array, text: str) -> Bools:
    return np.asarray(pc.equal(names, text).fill_null(False).to_numpy(zero_copy_only=False))

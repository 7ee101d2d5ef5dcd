"""Names of lots as texts: their order, and the lots that they are pieces of."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.prove.verify.columns import Bools, texts
from engine.prove.verify.names import Names


def whole_lots(names: pa.Array) -> pa.Array:
    """A lot that wash sales split keeps its name before the dots: <lot_id>.1, .2, .2.1."""
    plain = texts(names).cast(pa.string())
    pieces = pc.match_substring(plain, ".").fill_null(False)
    if not pc.any(pieces).as_py():
        return plain
    return pc.replace_with_mask(plain, pieces, pc.replace_substring_regex(plain.filter(pieces), r"(\.[12])+$", ""))


class LotNames:
    """What names of lots tell, by their number.

    `rank`: the place of each in their order as texts, 0 for null; `lot`: the number of the lot that it is a piece of;
    `whole`: that lot's place in their order as texts, 0 for no name; `wholes`: more than any such place.
    """

    def __init__(self, names: Names) -> None:
        self._texts = names.texts
        self.rank = names.ranks()
        lots = whole_lots(names.texts)
        if lots is names.texts:
            self.lot, self.whole, self.wholes = np.arange(len(names)), self.rank.copy(), len(names)
            self.whole[_is(pc.equal(lots, ""))] = 0
            return
        wholes = Names()
        self.lot = wholes.codes(lots)
        self.whole = np.where(_is(pc.equal(wholes.texts, "")), 0, wholes.ranks())[self.lot]
        self.wholes = len(wholes)

    def end_with(self, end: str) -> Bools:
        """Those that end so."""
        return _is(pc.ends_with(self._texts, end))

    def have(self, part: str) -> Bools:
        """Those that have that part."""
        return _is(pc.match_substring(self._texts, part))

    def text(self, name: int) -> str:
        """A name, empty for null."""
        return self._texts[int(name)].as_py() or ""


def _is(found: pa.Array) -> Bools:
    return np.asarray(found.fill_null(False).to_numpy(zero_copy_only=False))

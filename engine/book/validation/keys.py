"""Keys that should be there once and are there twice."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book import columns
from engine.book.findings import Finding, Scope
from engine.book.validation.sheet import MOST_ROWS_TOLD, Sheet, count_rest
from engine.codes import Code
from kernels.segments import mark_repeats

_CHUNK: Final = 65_536


def repeats(sheet: Sheet, key: tuple[str, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows whose key an earlier row has already, and that first row of each; a key with a null is nobody's."""
    whole = np.arange(sheet.rows)
    combined = np.zeros(sheet.rows, dtype=np.int64)
    for column in key:
        text = sheet.text(column)
        whole = whole[sheet.filled(column)[whole]]
        names = text.unique()
        combined = combined * len(names) + sheet.codes(column, names)
        combined = np.unique(combined, return_inverse=True)[1].astype(np.int64)
    _, first, group = np.unique(combined[whole], return_index=True, return_inverse=True)
    earliest = whole[first[group]]
    again = earliest != whole
    return whole[again], earliest[again]


def check_key(sheet: Sheet, key: tuple[str, ...]) -> list[Finding]:
    """Every row of a firm table that repeats a key. Nothing where a column of the key cannot be read."""
    if not all(sheet.has(column) for column in key):
        return []
    rows, first = repeats(sheet, key)
    told = [
        sheet.finding(Scope.BOOK, Code.DUPLICATE_KEY, key[-1], int(row), f"repeats the key of row {earlier}")
        for row, earlier in zip(rows[:MOST_ROWS_TOLD], first[:MOST_ROWS_TOLD], strict=True)
    ]
    return told + count_rest(told, len(rows))


def repeated_in_owner(owner: NDArray[np.int32], names: pa.Array) -> NDArray[np.bool_]:
    """True where a row's name was used before by the same owner; nulls and rows without owner (-1) never are.

    Plain names that ascend in each owner are done in one comparison. Others are numbered chunk by chunk, cut where the
    owner changes: a chunk's hash table stays in the processor's cache, a whole part's does not.
    """
    order = None
    if (owner[1:] < owner[:-1]).any():
        order = np.argsort(owner, kind="stable")
        owner, names = owner[order], names.take(pa.array(order))
    again = np.zeros(len(owner), dtype=np.bool_)
    dictionary = pa.types.is_dictionary(names.type)
    if not dictionary and _ascending(owner, names):
        return again
    for start, stop in [(0, len(owner))] if dictionary else _chunks(owner):
        chunk = columns.encoded(names[start:stop])
        seen = np.empty(len(chunk.dictionary), dtype=np.int32)
        mark_repeats(owner[start:stop], columns.indices(chunk), seen, again[start:stop])
    if order is not None:
        again[order] = again.copy()
    return again


def _ascending(owner: NDArray[np.int32], names: pa.Array) -> bool:
    ascending = np.asarray(pc.fill_null(pc.less(names[:-1], names[1:]), False))
    return bool((ascending | (owner[1:] > owner[:-1])).all())


def _chunks(owner: NDArray[np.int32]) -> list[tuple[int, int]]:
    """Ranges of about `_CHUNK` rows that hold each owner whole; `owner` ascends."""
    if len(owner) == 0:
        return []
    starts = np.flatnonzero(np.diff(owner, prepend=owner[0] - 1))
    cuts = starts[np.diff(starts // _CHUNK, prepend=-1) > 0]
    return list(zip(cuts.tolist(), [*cuts[1:].tolist(), len(owner)], strict=True))

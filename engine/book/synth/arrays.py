"""Array types of this package, and the one way random numbers are drawn in it."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

MARKET, MODELS, PART, FAULTS = range(4)
"""What a stream of random numbers is for; each purpose and part has its own, so that none depends on another."""


def stream(seed: int, purpose: int, number: int = 0) -> np.random.Generator:
    """Random numbers that depend on `seed`, `purpose` and `number` alone."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(purpose, number))))


def segment_starts(counts: Ints) -> Ints:
    """First index of each segment of `counts` rows."""
    return np.cumsum(counts) - counts


def within_segments(counts: Ints) -> Ints:
    """0, 1, ..., counts[0] - 1, 0, 1, ..., counts[1] - 1, ... for all segments."""
    return np.arange(int(counts.sum())) - np.repeat(segment_starts(counts), counts)


def sorted_unique(keys: Ints) -> Ints:
    """`keys` ascending, each once; np.unique hashes integers first, which is many times slower for long keys."""
    ordered = np.sort(keys)
    return np.asarray(ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]], dtype=np.int64)


def dictionary_text(codes: Ints, words: list[str], *, absent: Bools | None = None) -> pa.DictionaryArray:
    """Text column of `words[codes]`; null where `absent`."""
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32), mask=absent), pa.array(words, pa.string()))

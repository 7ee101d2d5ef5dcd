"""Events for the replay kernel, and the replay with as much room as it needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kernels.arrays import empty, frozen
from kernels.pieces import EVENTS, NONE, NOT_SOLD, PIECES, POSITIONS, Events, Pieces, Positions, Relief
from kernels.replay import replay

_DEFAULTS = {"lot": NONE, "purchase": NONE, "sold": NOT_SOLD, "target": NONE, "new": 1, "old": 1}
_COLUMNS = [
    (name, np.dtype(str(kind.dtype)), _DEFAULTS.get(name, 0))
    for name, kind in zip(Events._fields, EVENTS.tuple.types, strict=True)
]
_ROOM = 64


@dataclass(frozen=True)
class Replayed:
    """What a replay made: pieces (k,), `offsets` (s + 1,) of each segment's, `status` and `failed` (s,)."""

    pieces: Pieces
    offsets: NDArray[np.int64]
    status: NDArray[np.int32]
    failed: NDArray[np.int32]


def make_events(count: int, **given: Any) -> Events:
    """Events (count,) from the columns given; the others hold what says nothing.

    `acquired` and `holding_start` default to `day`.
    """
    given.setdefault("acquired", given["day"])
    given.setdefault("holding_start", given["acquired"])
    return Events._make(
        _wide(np.asarray(given.get(name, default), dtype=dtype), count) for name, dtype, default in _COLUMNS
    )


def _wide(values: NDArray[Any], count: int) -> NDArray[Any]:
    """The column; one value stands for a whole column, as by `np.broadcast_to`, which takes ten times as long."""
    return values if values.ndim else np.ndarray((count,), values.dtype, values, strides=(0,))


def joined(blocks: list[Events]) -> Events:
    """Several blocks of events as one, in their order."""
    return Events._make(_joined(parts) for parts in zip(*blocks, strict=True))


def _joined(parts: tuple[NDArray[Any], ...]) -> NDArray[Any]:
    """Columns as one. A value that stands for a whole column goes on doing so: most columns say nothing."""
    firsts = [part[:1] for part in parts if len(part)]
    if firsts and not any(part.strides[0] for part in parts) and (np.concatenate(firsts) == firsts[0]).all():
        return _wide(firsts[0].reshape(()), sum(map(len, parts)))
    return np.concatenate(parts)


def sorted_by(events: Events, order: NDArray[np.int64]) -> Events:
    """The events in another order, as the kernel takes them."""
    return Events._make(
        column[order] if column.strides[0] or not len(column) else np.full(len(order), column[0]) for column in events
    )


def make_positions(
    group: NDArray[np.int32], taxable: NDArray[np.bool_], policy: NDArray[np.int32] | int = 0
) -> Positions:
    """Positions (p,), `policy` their bits."""
    given = (group, taxable, np.broadcast_to(policy, len(group)))
    return Positions._make(
        np.ascontiguousarray(values, dtype=str(kind.dtype))
        for values, kind in zip(given, POSITIONS.tuple.types, strict=True)
    )


def replay_all(segments: NDArray[np.int64], events: Events, positions: Positions, relief: Relief) -> Replayed:
    """Replay events grouped by `segments` (s + 1,), in order within each."""
    count = len(segments) - 1
    events, positions = frozen(events), frozen(positions)
    capacity = 2 * len(events.kind) + _ROOM
    while True:
        pieces = empty(PIECES, capacity)
        offsets = np.zeros(count + 1, dtype=np.int64)
        status, failed = np.zeros(count, dtype=np.int32), np.zeros(count, dtype=np.int32)
        if replay(segments, events, positions, relief, pieces, offsets, status, failed) == count:
            return Replayed(Pieces._make(column[: offsets[-1]] for column in pieces), offsets, status, failed)
        capacity *= 2

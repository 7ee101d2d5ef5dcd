"""CᵀD⁻¹C over the names whose weight moves with their price, by the names whose freedom changed since."""

from __future__ import annotations

import math

import numpy as np

from kernels.jit import I8, f8, i8, kernel, void
from kernels.newton.work import NOT_COUNTED, WORK, Work
from kernels.problem import Ints


@kernel(void(WORK, i8, i8, i8), inner=True, inlined=True)
def scaled_column(work: Work, name: int, piece: int, place: int) -> None:
    """D⁻½C's row of a name inside a piece, into `changed`: minus the piece's gain for hinges that count it."""
    first = len(work.price) - len(work.counts)
    scale = math.sqrt(work.flexibility[name])
    for column in range(first):
        work.changed[place, column] = work.columns[name, column] * scale
    for hinge in range(len(work.counts)):
        counts = work.counts[hinge, 1 if work.long[piece] else 0]
        work.changed[place, first + hinge] = -counts * work.gain[piece] * scale


@kernel(void(WORK, i8), allocates=True, inner=True)
def add_gram(work: Work, rows: int) -> None:
    """Add the outer products of the first rows of `changed` and `signed`."""
    if rows > 0:
        p = len(work.price)
        product = work.system.reshape(-1)[: p * p].reshape((p, p))
        np.dot(work.changed[:rows].T, work.signed[:rows], product)
        for row in range(p):
            for column in range(p):
                work.gram[row, column] += product[row, column]


@kernel(i8(WORK, i8, i8, f8, i8), inner=True, inlined=True)
def _change(work: Work, name: int, piece: int, sign: float, rows: int) -> int:
    """One more row of `changed`; a full block is added first. Returns how many rows there are now."""
    if piece < 0:
        return rows
    if rows == len(work.changed):
        add_gram(work, rows)
        rows = 0
    scaled_column(work, name, piece, rows)
    for column in range(len(work.price)):
        work.signed[rows, column] = sign * work.changed[rows, column]
    return rows + 1


@kernel(void(WORK, I8), inner=True)
def take_out(work: Work, names: Ints) -> None:
    """CᵀD⁻¹C without these names, whose pieces are about to change."""
    rows = 0
    for name in names:
        rows = _change(work, name, work.counted[name], -1.0, rows)
        work.counted[name] = NOT_COUNTED
    add_gram(work, rows)


@kernel(void(WORK), inner=True, inlined=True)
def update_gram(work: Work) -> None:
    """CᵀD⁻¹C as it is now. Where there are hinges it matters also inside which piece a name is."""
    taxed = len(work.counts) > 0
    rows = 0
    for name in range(len(work.target)):
        piece, known = work.free[name], work.counted[name]
        if piece == known or (not taxed and (piece < 0) == (known < 0)):
            continue
        rows = _change(work, name, known, -1.0, rows)
        rows = _change(work, name, piece, 1.0, rows)
        work.counted[name] = piece
    add_gram(work, rows)

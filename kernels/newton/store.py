"""Memory for the solver's `Work`: of one account, or of accounts of any size up to a largest, made once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kernels.jit import B1W, F8W, I8W, i8, kernel
from kernels.newton.work import WORK, Work
from kernels.problem import Flags, Floats, Ints
from kernels.table import Table

BLOCK = 64
"""Names that the Gram matrix is told of at a time."""
OF_NAME, OF_PIECE, OF_ROW, OF_PRICE = 21, 4, 6, 7
"""How many numbers there are of each."""


class Store(NamedTuple):
    """Flat memory; a `Work` of the same sizes always lies in the same places."""

    floats: Floats
    ints: Ints
    flags: Flags


STORE = Table(Store, (F8W, I8W, B1W))


@kernel(i8(i8, i8))
def block_of(names: int, factors: int) -> int:
    """Names that stand in `changed` at a time: all where they are fewer than the factors (`eliminate.by_name`)."""
    return names if names <= factors else min(names, BLOCK)


def make_store(names: int, segments: int, factors: int, rows: int, hinges: int) -> Store:
    """Memory for the largest account."""
    n, t, r = names, segments + names, rows + hinges
    p = factors + r
    block = max(min(n, factors), min(n, BLOCK))
    of_all = OF_NAME * n + OF_PIECE * t + OF_ROW * r + OF_PRICE * p + factors + 2 * hinges + 5
    floats = n * p + 2 * block * p + p * p + p * (p + 1) + r * r + of_all
    ints = 4 * n + 1 + t + 2 * r
    return Store(np.zeros(floats), np.zeros(ints, dtype=np.int64), np.zeros(t + p, dtype=np.bool_))


@kernel(WORK.tuple(STORE, i8, i8, i8, i8, i8), inner=True)
def carve(store: Store, names: int, segments: int, factors: int, rows: int, hinges: int) -> Work:
    """The `Work` of an account of this size, to be posed (`kernels.newton.pose`) before it is used."""
    n, t, k, r = names, segments + names, factors, rows + hinges
    p, block = k + r, block_of(names, factors)
    f, i, b = store.floats, store.ints, store.flags
    a = OF_NAME * n
    of_name = f[:a].reshape((OF_NAME, n))
    of_piece = f[a : a + OF_PIECE * t].reshape((OF_PIECE, t))
    a += OF_PIECE * t
    of_row = f[a : a + OF_ROW * r].reshape((OF_ROW, r))
    a += OF_ROW * r
    of_price = f[a : a + OF_PRICE * p].reshape((OF_PRICE, p))
    a += OF_PRICE * p
    few = f[a : a + k + 2 * hinges + 5]
    a += k + 2 * hinges + 5
    of_columns, of_changed = a + n * p, a + (n + block) * p
    of_signed = of_changed + block * p
    of_gram, of_system = of_signed + p * p, of_signed + p * p + p * (p + 1)
    name_ints = i[: 3 * n].reshape((3, n))
    j = 3 * n + t
    return Work(
        columns=f[a:of_columns].reshape((n, p)),
        curvature=of_name[0],
        flexibility=of_name[1],
        usual=few[k : k + 1],
        target=of_name[2],
        constant=of_name[3],
        top=of_name[4],
        floor=of_name[5],
        ceiling=of_name[6],
        reach=of_name[7],
        offsets=i[j : j + n + 1],
        ends=name_ints[0],
        size=of_piece[0],
        cost=of_piece[1],
        gain=of_piece[2],
        long=b[:t],
        order=i[3 * n : 3 * n + t],
        priced=of_piece[3],
        counts=few[k + 5 :].reshape((hinges, 2)),
        rate=few[k + 1 : k + 3],
        centre=few[:k],
        low=of_row[0],
        high=of_row[1],
        least=of_row[2],
        most=of_row[3],
        price=of_price[0],
        before=of_price[5],
        older=of_price[6],
        step=of_price[1],
        gradient=of_price[2],
        activity=of_price[3],
        active=b[t : t + p],
        at=of_name[8],
        along=of_name[9],
        weight=of_name[10],
        trial_weight=of_name[11],
        gains=few[k + 3 : k + 5],
        free=name_ints[1],
        left=of_name[12],
        right=of_name[13],
        base=of_name[14],
        slope=of_name[15],
        short_then=of_name[16],
        long_then=of_name[17],
        stays=of_name[18],
        short_gain=of_name[19],
        long_gain=of_name[20],
        counted=name_ints[2],
        gram=f[of_signed:of_gram].reshape((p, p)),
        changed=f[of_columns:of_changed].reshape((block, p)),
        signed=f[of_changed:of_signed].reshape((block, p)),
        system=f[of_gram:of_system].reshape((p, p + 1)),
        solution=of_price[4],
        entry=i[j + n + 1 : j + n + 1 + r],
        kept=i[j + n + 1 + r : j + n + 1 + 2 * r],
        whole=of_row[4],
        reduced=f[of_system : of_system + r * r].reshape((r, r)),
        row_step=of_row[5],
    )


def make_work(names: int, segments: int, factors: int, rows: int, hinges: int) -> Work:
    """Memory for a problem of this size."""
    sizes = names, segments, factors, rows, hinges
    carved: Work = getattr(carve, "py_func", carve)(make_store(*sizes), *sizes)
    return carved

"""Names of lots: the ones given, the ones made, and the pieces that wash sales and spin-offs make of them.

A lot that a wash sale touches in part becomes `<lot>.1`, washed, and `<lot>.2`, the rest, which may be touched again;
a lot spun off is `<lot>:<security>` (contract, section 1), by the account's second spin-off into that security
`<lot>:2:<security>`, and so on. A sale may use any of these names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.ledger.text import joined
from kernels.pieces import SPUN_AGAIN

Numbers = NDArray[np.int32]
Ints = NDArray[np.int64]
UNKNOWN: Final = -3
"""The lot of a sale that names none that its account ever bought; no lot has this number, so the replay stops there."""
_AGAIN: Final = r":([2-9]|[1-9]\d{1,6})$"
_MADE: Final = r"^L(?P<number>\d{6}|[1-9]\d{6,15})$"


def made_names(account: Numbers, given: pa.Array) -> pa.Array:
    """Names of an account's purchases, all in order of trade: `given`, else `L000001` and on, without those taken.

    Both have shape (purchases,); `account` may come in any order.
    """
    unnamed = np.asarray(given.is_null())
    order = np.flatnonzero(unnamed)[np.argsort(account[unnamed], kind="stable")]
    owner = account[order]
    rank = np.arange(len(owner)) - np.searchsorted(owner, owner) + 1
    number = np.zeros(len(given), dtype=np.int64)
    number[order] = _skipping(owner, rank, *_taken(account, given))
    highest = int(number.max(initial=0))
    names = pa.array([None, *(f"L{k:06d}" for k in range(1, highest + 1))], pa.string())
    return pc.coalesce(given, names.take(pa.array(number)))


def _taken(account: Numbers, given: pa.Array) -> tuple[Numbers, Ints]:
    """Accounts and numbers of given names that look like made ones, ascending."""
    number = pc.struct_field(pc.extract_regex(given, _MADE), "number")
    looks = np.asarray(number.is_valid())
    owner, taken = account[looks], np.asarray(pc.cast(number.drop_null(), pa.int64()))
    order = np.lexsort((taken, owner))
    return owner[order], taken[order]


def _skipping(owner: Numbers, rank: Ints, taken_owner: Numbers, taken: Ints) -> Ints:
    """The `rank`-th number of each owner that is not among its `taken` ones.

    Before the j-th taken number t there are t − j free ones (j from 0), so rank r lies beyond it where t − j <= r.
    """
    first = np.searchsorted(taken_owner, taken_owner)
    free_before = taken - (np.arange(len(taken)) - first)
    key = np.stack([taken_owner.astype(np.int64), free_before])
    span = int(max(rank.max(initial=0), key[1].max(initial=0))) + 1
    flat = key[0] * span + key[1]
    wanted = owner.astype(np.int64) * span + rank
    skipped = np.searchsorted(flat, wanted, side="right") - np.searchsorted(taken_owner, owner)
    return rank + skipped


def find_lots(
    buyer: Numbers, bought: pa.Array, seller: Numbers, sold: pa.Array, spun: list[str]
) -> tuple[Numbers, Ints]:
    """For each sale the number of the purchase whose lot it names, and the piece of it (`kernels.pieces.Pieces.path`).

    `buyer`, `bought` (purchases,) are accounts and lot names, unique in an account; `seller`, `sold` (sales,) accounts
    and names, none null; `spun` the securities that were spun off. The longest name that the account bought is the lot.
    """
    lots = _Lots(buyer, bought)
    lot = lots.find(seller, sold)
    path = np.zeros(len(sold), dtype=np.int64)
    left = np.flatnonzero(lot == UNKNOWN)
    for where, base, again in _readings(sold.take(pa.array(left)), spun):
        rows = left[where]
        found, piece = lots.find_pieces(seller[rows], base)
        fresh = (found != UNKNOWN) & (lot[rows] == UNKNOWN)
        lot[rows[fresh]], path[rows[fresh]] = found[fresh], piece[fresh] + again[fresh]
    return lot, path


def _readings(name: pa.Array, spun: list[str]) -> Iterator[tuple[Ints, pa.Array, Ints]]:
    """Ways to read names (n,), the likeliest first: which rows, the lot with its piece, what a spin-off adds to it."""
    yield np.arange(len(name)), name, np.zeros(len(name), dtype=np.int64)
    for security in spun:
        rows = np.flatnonzero(np.asarray(pc.ends_with(name, f":{security}")))
        base = pc.utf8_slice_codeunits(name.take(pa.array(rows)), 0, -len(security) - 1)
        yield rows, base, np.zeros(len(rows), dtype=np.int64)
        numbered = np.flatnonzero(np.asarray(pc.match_substring_regex(base, _AGAIN)))
        texts = [text.rpartition(":") for text in base.take(pa.array(numbered)).to_pylist()]
        again = np.array([int(number) - 1 for _, _, number in texts], dtype=np.int64) * SPUN_AGAIN
        yield rows[numbered], pa.array([lot for lot, _, _ in texts], pa.string()), again


class _Lots:
    """Purchases looked up by account and name."""

    def __init__(self, account: Numbers, name: pa.Array) -> None:
        encoded = name.dictionary_encode()
        self._names = encoded.dictionary
        key = account.astype(np.int64) * (len(self._names) + 1) + np.asarray(encoded.indices)
        self._order = np.argsort(key, kind="stable")
        self._key = key[self._order]

    def find(self, account: Numbers, name: pa.Array) -> Numbers:
        """The purchase of each account that has this name, or UNKNOWN."""
        code = pc.fill_null(pc.index_in(name, value_set=self._names), -1).to_numpy(zero_copy_only=False)
        wanted = account.astype(np.int64) * (len(self._names) + 1) + code
        place = np.searchsorted(self._key, wanted)
        place[place == len(self._key)] = 0
        found = np.full(len(wanted), UNKNOWN, dtype=np.int32)
        if len(self._key):
            hit = (code >= 0) & (self._key[place] == wanted)
            found[hit] = self._order[place[hit]]
        return found

    def find_pieces(self, account: Numbers, name: pa.Array) -> tuple[Numbers, Ints]:
        """As `find`, with as many `.1` and `.2` taken off the names' ends as it needs, and the piece they say."""
        lot, path = self.find(account, name), np.zeros(len(name), dtype=np.int64)
        left, rest = np.flatnonzero(lot == UNKNOWN), name.filter(pa.array(lot == UNKNOWN))
        endings = r"\.[12]$"
        while len(left):
            more = np.asarray(pc.match_substring_regex(rest, endings))
            left, rest = left[more], rest.filter(pa.array(more))
            path[left] += np.where(np.asarray(pc.ends_with(rest, ".1")), 1, 2)
            rest = pc.utf8_slice_codeunits(rest, 0, -2)
            lot[left] = self.find(account[left], rest)
            still = lot[left] == UNKNOWN
            left, rest = left[still], rest.filter(pa.array(still))
            endings = r"\.2$"  # what is washed is not split again: nothing comes after .1
        return lot, path


def piece_names(lot: pa.Array, path: Ints, spun: pa.Array) -> pa.Array:
    """Names of pieces: the lot's, the piece's, and the spun-off security's, null where there is none; (pieces,)."""
    paths, place = np.unique(path, return_inverse=True)
    pieces = [".2" * (p % SPUN_AGAIN // 2) + ".1" * (p % 2) for p in paths.tolist()]
    numbers = [f":{p // SPUN_AGAIN + 1}" if p >= SPUN_AGAIN else "" for p in paths.tolist()]
    before = pa.array([piece + number for piece, number in zip(pieces, numbers, strict=True)], pa.string())
    after = pc.fill_null(joined(":", spun), "")
    return joined(lot, before.take(pa.array(place)), after)


def spin_offs(name: pa.Array, security: pa.Array) -> Ints:
    """Which spin-off into its `security` each lot (n,) came of, by its `name`; 0 of none."""
    number = np.zeros(len(name), dtype=np.int64)
    maybe = np.flatnonzero(np.asarray(pc.fill_null(pc.match_substring(name, ":"), False)))
    texts, own = (column.take(pa.array(maybe)).to_pylist() for column in (name, security))
    for row, text, end in zip(maybe.tolist(), texts, own, strict=True):
        if text.endswith(f":{end}"):
            again = re.search(_AGAIN, text[: -len(end) - 1])
            number[row] = int(again[1]) if again else 1
    return number

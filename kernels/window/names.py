"""Names of lots: the piece that a name says, and the whole lot's name that it leaves."""

from __future__ import annotations

from kernels.jit import B1W, I4, I4W, I8W, U1, kernel, void
from kernels.window.tables import NAMES, Bytes, Flags, Ints, Names, Numbers

_DOT, _ONE, _TWO, _COLON = 46, 49, 50, 58


@kernel(void(I4, U1, I8W))
def make_keys(offsets: Numbers, text: Bytes, key: Ints) -> None:
    """The first seven bytes of each name as one number, see `Names.key`. offsets: (n + 1,), text: bytes. Out: (n,)."""
    for name in range(key.size):
        made = 0
        for place in range(offsets[name], offsets[name] + 7):
            made = made * 256 + (int(text[place]) if place < offsets[name + 1] else 0)
        key[name] = made


@kernel(void(NAMES, I4W, B1W, B1W))
def read_names(names: Names, stem: Numbers, rest: Flags, spun: Flags) -> None:
    """What each name says of its piece.

    Out, (n,): how many bytes `stem` are left without the endings `.1` and `.2` of pieces, whether it ends in `.2`, and
    whether a spin-off may have made it, as it has a colon.
    """
    for name in range(stem.size):
        first, end = names.offsets[name], names.offsets[name + 1]
        rest[name] = end - first >= 2 and names.text[end - 1] == _TWO and names.text[end - 2] == _DOT
        spun[name] = False
        for place in range(first, end):
            spun[name] = spun[name] or names.text[place] == _COLON
        while end - first >= 2 and names.text[end - 2] == _DOT and _ONE <= names.text[end - 1] <= _TWO:
            end -= 2
        stem[name] = end - first

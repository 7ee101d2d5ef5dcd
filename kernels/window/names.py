"""Names of lots: the piece that a name says, and the whole lot's name that it leaves."""

from __future__ import annotations

from kernels.jit import B1W, I4W, kernel, void
from kernels.window.tables import NAMES, Flags, Names, Numbers

_DOT, _ONE, _TWO, _COLON = 46, 49, 50, 58


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

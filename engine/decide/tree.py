"""Branch and bound over the branches of an account's names, best bound first.

A node lets each name in doubt take some of its branches. It is solved with one branch each; at that answer's prices the
separable dual, over the branches that the node allows, bounds all that it holds (`engine.decide.branches`). The names
that would rather be in another branch are drawn there, and only they keep the bound below the answer's value. So a
node's parts are: the most drawn name not in its branch; that name in it and the second not; and so on. The bound of
each is known before it is solved: the node's, and what draws the names before. At last all drawn names are in their
branches, and the bound is that of the answer's branches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.decide.solvers.base import NOISE_BP

Floats = NDArray[np.float64]
Kinds = NDArray[np.intp]


@dataclass
class Node:
    """A node that was solved; d names in doubt.

    `pattern` (d,) the branch of each in its answer, `allowed` (d, branches) those that the node lets it take. `drawn`
    names, the most drawn first, with the branch that draws each, `rival`, and by how many bp, `draw`. `parts` of the
    node were looked at; `dual` bp bounds the others at the answer's prices, and `floor` was known before.
    """

    pattern: Kinds
    allowed: NDArray[np.bool_]
    drawn: Kinds
    rival: Kinds
    draw: Floats
    dual: float
    floor: float
    parts: int = 0

    @classmethod
    def of(cls, pattern: Kinds, allowed: NDArray[np.bool_], least: Floats, dual: float, floor: float) -> Node:
        """A node with its answer's pattern, and the `least` (d, branches) of each name's branches at its prices."""
        places = np.arange(len(pattern))
        other = np.where(allowed, least, np.inf)
        other[places, pattern] = np.inf
        rival = np.argmin(np.round(other, 9), axis=1)  # the first of those that differ by the order of sums alone
        draw = least[places, pattern] - other[places, rival]
        drawn = np.argsort(-draw, kind="stable")
        drawn = drawn[draw[drawn] > NOISE_BP]
        return cls(pattern, allowed, drawn, rival[drawn], draw[drawn], dual, floor)

    @property
    def bound(self) -> float:
        """What bounds the parts that were not looked at, bp."""
        return max(self.dual, self.floor)

    @property
    def is_done(self) -> bool:
        """Whether every part was looked at: what is left has the answer's branches."""
        return self.parts == len(self.drawn)

    def part(self) -> tuple[Kinds, NDArray[np.bool_], float]:
        """The next part: a pattern to solve, what it allows, and its bound. The node's bound is then of the others."""
        pattern, allowed, floor = self.pattern.copy(), self.allowed.copy(), self.bound
        for place in self.drawn[: self.parts].tolist():
            allowed[place] = False
            allowed[place, pattern[place]] = True
        place = int(self.drawn[self.parts])
        allowed[place, pattern[place]] = False
        pattern[place] = self.rival[self.parts]
        self.dual += float(self.draw[self.parts])
        self.parts += 1
        return pattern, allowed, floor


def raised_by(least: Floats, may_be: NDArray[np.bool_], allowed: NDArray[np.bool_]) -> float:
    """By how many bp what is allowed bounds more than all; `least` (d, branches), `may_be` (branches,) those taken.

    What bounds alone know of a name cannot be taken from it.
    """
    kept = np.where(allowed | ~may_be, least, np.inf).min(axis=1)
    return float((kept - least.min(axis=1)).sum())

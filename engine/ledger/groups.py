"""Which securities wash sales count as one, and which share a fate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from engine.ledger.actions import Actions
from kernels.pieces import SYMBOL

Numbers = NDArray[np.int32]


@dataclass(frozen=True)
class Groups:
    """(securities,) each: `wash`, equal for substantially identical ones; `fate`, equal for those that share lots."""

    wash: Numbers
    fate: Numbers


def group_securities(stated: Numbers, actions: Actions) -> Groups:
    """Group securities by their stated wash group, `stated` (securities,), -1 for itself, and by corporate actions.

    A change of symbol makes the old and the new name one wash group. A merger or spin-off does not, but their lots go
    from one name to the other, so that they have to be replayed together.
    """
    itself = int(stated.max(initial=-1)) + 1 + np.arange(len(stated), dtype=np.int32)
    wash = np.where(stated >= 0, stated, itself).astype(np.int32)
    old, new = actions.security[actions.joining], actions.target[actions.joining]
    renamed = actions.kind[actions.joining] == SYMBOL
    wash = _joined(wash, old[renamed], new[renamed])
    return Groups(wash, _joined(wash, old, new))


def _joined(group: Numbers, first: Numbers, second: Numbers) -> Numbers:
    """Groups where those of the pairs `first`, `second` of securities are one."""
    size = int(group.max(initial=-1)) + 1
    links = coo_array((np.ones(len(first)), (group[first], group[second])), shape=(size, size))
    component: Numbers = connected_components(links, directed=False)[1].astype(np.int32)
    return component[group]

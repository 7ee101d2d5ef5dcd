"""Nodes of branch and bound over names' branches, best bound first (`engine.decide.tree` tells how).

A part of the search of `kernels.decide.sides`, which solves them.
"""

from __future__ import annotations

import math

from kernels.copying import copy
from kernels.decide.branches import has
from kernels.decide.judge import NOISE_BP
from kernels.decide.memory import (
    ARRAYS,
    BRANCHES,
    CASE,
    DRAWN,
    DUAL,
    FLOOR_OF_NODE,
    KINDS,
    OWN_BOUND,
    PARTS,
    Arrays,
    Case,
)
from kernels.jit import b1, f8, i8, kernel, void


@kernel(b1(ARRAYS, i8, i8, i8), inner=True)
def _allows(of: Arrays, node: int, name: int, branch: int) -> bool:
    """Whether a node lets a name take a branch."""
    return bool(of.node_allowed[node, name] >> branch & 1)


@kernel(void(ARRAYS, CASE), inner=True)
def allow_all(of: Arrays, case: Case) -> None:
    """The first node lets every name take every branch that it has."""
    for name in range(case.n):
        of.node_allowed[0, name] = 0
        for branch in range(BRANCHES):
            if of.in_doubt[name] and has(of, name, branch):
                of.node_allowed[0, name] |= 1 << branch


@kernel(f8(ARRAYS, i8, i8, i8), inner=True)
def _raised_by(of: Arrays, slot: int, node: int, name: int) -> float:
    """By how many bp the branches that a node lets a name take bound more than all; a slot's answer is the node's.

    What bounds alone know of a name cannot be taken from it.
    """
    first, least, kept = slot * KINDS, math.inf, math.inf
    for branch in range(KINDS):
        value = of.branch_least[first + branch, name]
        least = min(least, value)
        if branch >= BRANCHES or not has(of, name, branch) or _allows(of, node, name, branch):
            kept = min(kept, value)
    return float(kept - least)


@kernel(void(ARRAYS, i8, i8, i8), inner=True)
def _draw(of: Arrays, slot: int, node: int, name: int) -> None:
    """Put a name among those that a node's answer draws to another branch that it allows, the most drawn first."""
    own, first, rival, least = of.node_branch[node, name], slot * KINDS, -1, math.inf
    for branch in range(BRANCHES):
        value = of.branch_least[first + branch, name]
        if branch != own and _allows(of, node, name, branch) and value < least - NOISE_BP:
            rival, least = branch, value
    draw = of.branch_least[first + own, name] - least
    if rival < 0 or draw <= NOISE_BP:
        return
    place = of.node_tally[node, DRAWN]
    of.node_tally[node, DRAWN] = place + 1
    while place > 0 and of.node_draw[node, place - 1] < draw:
        of.node_drawn[node, place] = of.node_drawn[node, place - 1]
        of.node_rival[node, place] = of.node_rival[node, place - 1]
        of.node_draw[node, place] = of.node_draw[node, place - 1]
        place -= 1
    of.node_drawn[node, place], of.node_rival[node, place], of.node_draw[node, place] = name, rival, draw


@kernel(void(ARRAYS, CASE, i8, i8, f8), inner=True)
def keep_node(of: Arrays, case: Case, node: int, slot: int, floor: float) -> None:
    """A node whose `node_allowed` is told, with its answer in a slot; `floor` bp bounds it whatever the answer."""
    copy(of.branches[slot], of.node_branch[node], case.n)
    of.node_tally[node, PARTS], of.node_tally[node, DRAWN] = 0, 0
    dual = of.value[slot, OWN_BOUND]
    for name in range(case.n):
        if of.in_doubt[name]:
            dual += _raised_by(of, slot, node, name)
            _draw(of, slot, node, name)
    of.node_bound[node, DUAL], of.node_bound[node, FLOOR_OF_NODE] = dual, floor


@kernel(f8(ARRAYS, i8), inner=True)
def bound_of_node(of: Arrays, node: int) -> float:
    """What bounds the parts of a node that were not looked at, bp."""
    return float(max(of.node_bound[node, DUAL], of.node_bound[node, FLOOR_OF_NODE]))


@kernel(i8(ARRAYS, i8), inner=True)
def least_bound(of: Arrays, nodes: int) -> int:
    """The first of so many nodes with the least bound."""
    least = 0
    for node in range(1, nodes):
        if bound_of_node(of, node) < bound_of_node(of, least):
            least = node
    return least


@kernel(b1(ARRAYS, i8), inner=True)
def is_done(of: Arrays, node: int) -> bool:
    """Whether every part was looked at: what is left has the answer's branches."""
    return bool(of.node_tally[node, PARTS] == of.node_tally[node, DRAWN])


@kernel(f8(ARRAYS, CASE, i8, i8), inner=True)
def take_part(of: Arrays, case: Case, node: int, other: int) -> float:
    """The next part of a node: its pattern into `branch`, what it allows as another node's; its bound in bp.

    The node's bound is then that of the others.
    """
    floor, part = bound_of_node(of, node), of.node_tally[node, PARTS]
    copy(of.node_branch[node], of.branch, case.n)
    copy(of.node_allowed[node], of.node_allowed[other], case.n)
    for place in range(part):
        name = of.node_drawn[node, place]
        of.node_allowed[other, name] = 1 << of.branch[name]
    name = of.node_drawn[node, part]
    of.node_allowed[other, name] &= ~(1 << of.branch[name])
    of.branch[name] = of.node_rival[node, part]
    of.node_bound[node, DUAL] += of.node_draw[node, part]
    of.node_tally[node, PARTS] = part + 1
    return floor

"""Everything one account needs while it is decided: memory made once, for the largest account of a part.

An account uses the first entries of each array.
"""

from __future__ import annotations

from typing import NamedTuple, get_type_hints

import numpy as np
from numba import types

from kernels.jit import b1, f8, i8
from kernels.newton.store import STORE, Store, make_store
from kernels.problem import Flags, Floats, Ints
from kernels.rounding.memory import ROUNDING, Rounding, make_rounding
from kernels.table import Table
from kernels.taxes import SCHEDULE, Schedule

SLOTS = 11
OWN, FIRST_SLOT = 0, 1
"""Bounds in slot OWN are the problem's own; solved answers stand from FIRST_SLOT on."""
START_SLOT, TIGHT_SLOT, TIGHT_ELSEWHERE_SLOT, ELSEWHERE_SLOT, PAID_SLOT, TRIMMED_SLOT = range(SLOTS - 6, SLOTS)
"""Of the first four only prices are used: those that solves start near, those of the best bound of branches in either
half, and those that bound the half not searched."""
OBJECTIVE, RELAXED, BOUND, BREACH, OWN_BOUND, CONSTANT, VALUES = range(7)
"""BOUND holds with the slot's branches, OWN_BOUND with all; CONSTANT is what costs past points lack."""
HALF, BY_SALE, ITERATIONS, FLOOR, STATUS, SLOPES, COUNTS = range(7)
"""STATUS is the solver's; SLOPES how many a slot has of which prices alone are used."""
AS_POSED, PAID, CENTS, FLOORS = range(4)
"""Cash floors: as posed, raised by the spread of the trades, and by the cents that rounding may cost."""
ORDERS = 3
KEPT_ORDER, JUDGED = ORDERS - 1, ORDERS
"""Orders kept while others are made, and the order of sale by which an answer is judged: no orders are of that."""
HALVES = 2
ASKED_AVERSION, ASKED_OF_SELLS, ASKED_OF_BUYS, ASKED = range(4)
HINGES = 4
"""The most that a half of the schedule bends."""
MOST_PATTERNS = 8
"""No more patterns of branches are tried in a half before branch and bound."""
MOST_NODES = 24
"""Nodes of branch and bound that are solved in a half."""
SELLS, BUYS, PAST_SALE, PAST_PURCHASE, EASIEST = range(5)
"""What a name may do: up to its points of wash sales not buy, or not sell, or either where it is not ambiguous (SELLS);
past them sell, or buy. For bounds alone: the least that it could cost where none of these says exactly what wash sales
take away."""
BRANCHES, KINDS = 4, 5
"""Branches that may be taken, and all."""
DUAL, FLOOR_OF_NODE = range(2)
PARTS, DRAWN = range(2)
WEIGHT, GAP, PRICED, CURVED, BUYING, SELLING = range(6)
REVIEWED = 7
"""What the review finds of a name; SELLING in either half of the schedule."""


class Arrays(NamedTuple):
    """n names, s segments, k factors, m rows, S securities at most; percent and bp as in `kernels.problem.Problem`."""

    security: Ints
    position: Ints
    sellable: Ints
    micro_weight: Floats
    target: Floats
    held: Floats
    sell_out: Flags
    never_sell: Flags
    barred: Flags
    """(n,) names that may not be bought today, whatever the account's rules say."""
    moves: Flags
    """(n,) names whose sale a transition asks for, and no other rule."""
    place: Ints
    """(S,) of each security among the names of the account whose stamp it bears."""
    stamp: Ints
    group_stamp: Ints
    """(S,) the last account that had a name of the group, and that account's first such name."""
    group_first: Ints
    first_alike: Ints
    """(n,) the first name of each name's wash group; `group_` arrays count for that one."""
    group_names: Ints
    group_worth: Floats
    group_gap: Floats
    group_out: Flags
    group_asked: Flags
    kept: Flags
    """(n,) names whose losses are not taken, because their wash group is to be bought."""
    budgeted: Flags
    """(1,) whether the account is posed with its gain budget."""
    asked: Floats
    """(ASKED,) the risk aversion that it is posed with, and bp that a percent sold, or bought, costs beside its own."""
    sector_row: Ints
    """(sectors,) row of each sector that the account has."""
    first_limit: Ints
    """(1,) the first row that is a limit."""
    sale_asked: Flags
    """(n,) names whose sale brings what is held back inside a limit, and names whose purchase does."""
    purchase_asked: Flags
    loadings: Floats
    """(n · k) row by row."""
    curvature: Floats
    lower: Floats
    """(SLOTS, n)"""
    upper: Floats
    buy_cost: Floats
    spread: Floats
    hold_cost: Floats
    offsets: Ints
    lot: Ints
    size: Floats
    cost: Floats
    gain: Floats
    long: Flags
    quantity: Ints
    """(s,) micro-shares."""
    replaced: Flags
    """(s,) whether recent purchases replace the segment's loss; as `beyond` and `reach`, of washed names alone."""
    washed: Flags
    """(n,) names that have such a segment."""
    doubtful: Flags
    """(n,) names of which recent purchases may replace losses, were no other account's loss of the run before them; of
    an account that has a budget."""
    beyond: Floats
    """(s,) gain where all that are replaced are sold too."""
    most_lost: Floats
    """(s,) the same, but all of a loss where it is not sure which are replaced."""
    reach: Floats
    """(s,) percent that purchases may replace of the segment's lot, where lots of the name are not alike in that."""
    taken: Ints
    """(s,) micro-shares of each of a name's losing lots that are replaced, the lots in `lots`; and that may be."""
    reached: Ints
    among: Ints
    """(s,) the place in `lots` of each of the name's lots, or -1."""
    left: Ints
    """(recent,) unused shares of a group's recent purchases."""
    replacing: Floats
    """(n,) percent whose purchase takes recent losses away, bp that costs in all, a percent at most and at least."""
    wash_cost: Floats
    wash_price: Floats
    wash_least: Floats
    taken_back: Floats
    """(n,) percent of account value of the losses that it takes away."""
    sale_point: Floats
    """(n,) percent that must be sold for a name to be past its point, and must be bought; 0 where that cannot be."""
    purchase_point: Floats
    sale_cost: Floats
    """(n,) bp a percent of replaced segments past the point, so that they go first, and what values then lack."""
    sale_constant: Floats
    easier: Flags
    """(n,) names of which neither side of the point says exactly what a trade takes away, and what a sale does."""
    easier_sale: Flags
    unlike: Flags
    """(n,) names whose lots are not alike in what may replace their losses."""
    pointed: Ints
    """(n,) names that could cost less than up to their points, which `is_pointed` marks; `pointed_count` of them."""
    is_pointed: Flags
    mode: Ints
    """(n,) PAST_SALE or PAST_PURCHASE where a name's bounds and costs are those past that point, otherwise 0."""
    pointed_count: Ints
    """(1,)"""
    passes: Flags
    """(2,) whether names may be put past their points by a sale, and by a purchase."""
    is_posed: Flags
    """(HALVES,) whether the solver of a half knows the account."""
    told: Ints
    """(HALVES, n) the modes in which it knows names."""
    base_lower: Floats
    """Bounds and costs of `pointed` names as the account was posed."""
    base_upper: Floats
    base_buy_cost: Floats
    base_cost: Floats
    base_gain: Floats
    past_order: Ints
    """(s,) segments of names past a sale, by cost when they were last looked at."""
    rows: Floats
    """(m · n) row by row."""
    row_lower: Floats
    row_upper: Floats
    """(FLOORS, m)"""
    row_price: Floats
    step: Ints
    least: Ints
    smallest: Ints
    open: Flags
    half_constant: Floats
    half_rate: Floats
    """(HALVES, 2)"""
    half_step: Floats
    """(HALVES, HINGES), as `half_at`; `half_counts` is twice as wide."""
    half_at: Floats
    half_counts: Floats
    half_hinges: Ints
    weights: Floats
    """(SLOTS, n)"""
    sold: Floats
    """(SLOTS, s)"""
    row_prices: Floats
    factor_prices: Floats
    slopes: Floats
    value: Floats
    """(SLOTS, VALUES)"""
    tally: Ints
    """(SLOTS, COUNTS)"""
    order_offsets: Ints
    """(ORDERS + 1, n + 1) of pieces in an order of sale, the last JUDGED; (…, 2s) segments and kinds; (…, s) cuts."""
    order_segment: Ints
    order_kind: Ints
    cut: Floats
    priced_order: Ints
    """(s,) segments by cost at some prices of gain, and what they cost in that order."""
    priced_cost: Floats
    sorted_at: Floats
    """(2,) these prices of short- and long-term gain; not a number where the order is another problem's."""
    ordered_size: Floats
    """(2s + n) arrays of a problem whose segments stand in another order."""
    ordered_cost: Floats
    ordered_gain: Floats
    ordered_long: Flags
    ordered_offsets: Ints
    scratch: Floats
    """(2s + n) free for any kernel that calls none."""
    name_price: Floats
    """(n,) what a percent of each name costs at some prices of factors and rows, and the factors' part of it."""
    name_risk: Floats
    exposure: Floats
    """(k,) what weights beyond the target load on each factor, percent, and (sectors,) their sums."""
    sector_gap: Floats
    reviewed: Floats
    """(REVIEWED, n)"""
    half_before: Floats
    """(HALVES,) bp that a half lies above the schedule before any trade."""
    ambiguous: Flags
    """(n,) names that might sell at a loss and be bought back, and those that have any choice of branches."""
    in_doubt: Flags
    branch: Ints
    """(n,) what each name does in the pattern to be tried, and in the best one."""
    best_branch: Ints
    draw: Floats
    """(n,) bp by which a name in doubt would rather be in another branch, `rival`."""
    rival: Ints
    drawn: Ints
    """(n,) names that are drawn, the most drawn first."""
    branches: Ints
    """(SLOTS, n) the pattern of each slot."""
    branch_least: Floats
    """(SLOTS · KINDS, n) bp, each name's part of the dual in each branch at a slot's prices; inf where none."""
    patterns: Ints
    """(MOST_PATTERNS, n) tried in a half."""
    node_branch: Ints
    """(MOST_NODES + 1, n) of nodes of branch and bound: each name's branch in the answer; bits of those it may."""
    node_allowed: Ints
    node_drawn: Ints
    """(MOST_NODES + 1, n) names drawn to another branch, the most drawn first; that branch, and bp."""
    node_rival: Ints
    node_draw: Floats
    node_bound: Floats
    """(MOST_NODES + 1, 2) bp: DUAL at the answer's prices, of the parts not looked at; FLOOR_OF_NODE, known before."""
    node_tally: Ints
    """(MOST_NODES + 1, 2) PARTS that were looked at, and names DRAWN."""
    orders: Ints
    """(ORDERS, n) micro-shares."""
    ordered_weights: Floats
    """(ORDERS, n)"""
    wants_sale: Flags
    most: Ints
    lots: Ints
    piece: Ints
    proceeds: Ints
    basis: Ints
    """(s,) of the lots of a name that is sold."""


class Memory(NamedTuple):
    """The account's arrays, the solver's memory for either half of the schedule, and that of rounding."""

    of: Arrays
    first: Store
    second: Store
    rounding: Rounding


class Case(NamedTuple):
    """Sizes and scalars of the account that memory holds; `value` and `needed` cash in USD."""

    account: int
    n: int
    k: int
    m: int
    s: int
    aversion: float
    ticket: float
    value: float
    cash: float
    needed: float
    most_cash: float
    schedule: Schedule


_DTYPES = {Floats: (f8, np.float64), Ints: (i8, np.int64), Flags: (b1, np.bool_)}
Shape = tuple[int, ...]


def _shapes(
    names: int, segments: int, factors: int, rows: int, securities: int, sectors: int, recent: int
) -> dict[str, Shape]:
    """The shape of each of `Arrays`, in their order."""
    n, s, k, m, w = names, segments, factors, rows, 2 * segments + names
    by_name = dict.fromkeys(("security", "position", "sellable", "micro_weight", "target", "held"), (n,))
    by_name |= dict.fromkeys(("sell_out", "never_sell", "barred", "moves"), (n,))
    by_security = dict.fromkeys(("place", "stamp", "group_stamp", "group_first"), (securities,))
    alike = ("first_alike", "group_names", "group_worth", "group_gap", "group_out", "group_asked", "kept")
    by_security |= dict.fromkeys(alike, (n,))
    bounds = {"curvature": (n,), "lower": (SLOTS, n), "upper": (SLOTS, n)}
    costs = dict.fromkeys(("buy_cost", "spread", "hold_cost"), (n,))
    by_segment = dict.fromkeys(("lot", "size", "cost", "gain", "long"), (s,))
    by_segment |= dict.fromkeys(("quantity", "replaced"), (s,)) | dict.fromkeys(("washed", "doubtful"), (n,))
    by_segment |= dict.fromkeys(("beyond", "most_lost", "reach", "taken", "reached", "among"), (s,))
    of_washes = ("replacing", "wash_cost", "wash_price", "wash_least", "taken_back", "sale_point", "purchase_point")
    of_points = ("sale_cost", "sale_constant", "easier", "easier_sale", "unlike", "pointed", "is_pointed", "mode")
    washes: dict[str, Shape] = dict.fromkeys((*of_washes, *of_points), (n,))
    washes = {"left": (recent,)} | washes
    washes |= {"pointed_count": (1,), "passes": (2,), "is_posed": (HALVES,), "told": (HALVES, n)}
    kept = dict.fromkeys(("base_lower", "base_upper", "base_buy_cost"), (n,))
    kept |= dict.fromkeys(("base_cost", "base_gain", "past_order"), (s,))
    by_row = {"rows": (m * n,), "row_lower": (m,), "row_upper": (FLOORS, m), "row_price": (m,)}
    tradable = dict.fromkeys(("step", "least", "smallest", "open"), (n,))
    by_half: dict[str, Shape] = {"half_constant": (HALVES,), "half_rate": (HALVES, 2)}
    by_half |= dict.fromkeys(("half_step", "half_at"), (HALVES, HINGES))
    by_half |= {"half_counts": (HALVES, 2 * HINGES), "half_hinges": (HALVES,)}
    answers: dict[str, Shape] = {
        "weights": (SLOTS, n),
        "sold": (SLOTS, s),
        "row_prices": (SLOTS, m),
        "factor_prices": (SLOTS, k),
    }
    answers |= {"slopes": (SLOTS, HINGES), "value": (SLOTS, VALUES), "tally": (SLOTS, COUNTS)}
    order: dict[str, Shape] = {
        "order_offsets": (ORDERS + 1, n + 1),
        "order_segment": (ORDERS + 1, 2 * s),
        "order_kind": (ORDERS + 1, 2 * s),
    }
    order |= {"cut": (ORDERS + 1, s), "priced_order": (s,), "priced_cost": (s,), "sorted_at": (2,)}
    ordered = dict.fromkeys(("ordered_size", "ordered_cost", "ordered_gain", "ordered_long"), (w,))
    ordered |= {"ordered_offsets": (n + 1,), "scratch": (w,)} | dict.fromkeys(("name_price", "name_risk"), (n,))
    ordered |= {"exposure": (k,), "sector_gap": (sectors,)}
    reviewed: dict[str, Shape] = {"reviewed": (REVIEWED, n), "half_before": (HALVES,)}
    by_name_too = ("ambiguous", "in_doubt", "branch", "best_branch", "draw", "rival", "drawn")
    sides: dict[str, Shape] = dict.fromkeys(by_name_too, (n,))
    sides |= {"branches": (SLOTS, n), "branch_least": (SLOTS * KINDS, n), "patterns": (MOST_PATTERNS, n)}
    of_nodes = ("node_branch", "node_allowed", "node_drawn", "node_rival", "node_draw")
    sides |= dict.fromkeys(of_nodes, (MOST_NODES + 1, n)) | dict.fromkeys(
        ("node_bound", "node_tally"), (MOST_NODES + 1, 2)
    )
    trades: dict[str, Shape] = {"orders": (ORDERS, n), "ordered_weights": (ORDERS, n), "wants_sale": (n,)}
    trades |= dict.fromkeys(("most", "lots", "piece", "proceeds", "basis"), (s,))
    return {
        **by_name, **by_security, "budgeted": (1,), "asked": (ASKED,),
        "sector_row": (sectors,), "first_limit": (1,), "sale_asked": (n,), "purchase_asked": (n,),
        "loadings": (n * k,), **bounds, **costs,
        "offsets": (n + 1,), **by_segment, **washes, **kept, **by_row, **tradable, **by_half,
        **answers, **order, **ordered, **reviewed, **sides, **trades,
    }  # fmt: skip


_KINDS = {name: _DTYPES[hint] for name, hint in get_type_hints(Arrays).items()}


def _types() -> Table:
    shapes = _shapes(1, 1, 1, 1, 1, 1, 1)
    assert tuple(shapes) == Arrays._fields
    return Table(Arrays, tuple(types.Array(_KINDS[name][0], len(shape), "C") for name, shape in shapes.items()))


ARRAYS = _types()
MEMORY = Table(Memory, (ARRAYS, STORE, STORE, ROUNDING))
CASE = types.NamedTuple((i8, i8, i8, i8, i8, f8, f8, f8, f8, f8, f8, SCHEDULE), Case)


def make_memory(
    names: int, segments: int, factors: int, rows: int, securities: int, sectors: int, recent: int
) -> Memory:
    """Memory for accounts of at most so many names, segments and rows, `sectors` counting the firm's.

    `recent` purchases of a household at most.
    """
    shapes = _shapes(max(names, 1), max(segments, 1), factors, rows, securities, max(sectors, 1), recent)
    of = Arrays(*(np.zeros(shape, _KINDS[name][1]) for name, shape in shapes.items()))
    of.stamp[:], of.group_stamp[:] = -1, -1
    first, second = (make_store(names, segments, factors, rows, HINGES) for _ in range(HALVES))
    return Memory(of, first, second, make_rounding(max(names, 1), factors, rows))

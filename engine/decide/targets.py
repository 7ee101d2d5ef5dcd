"""Effective targets: what an account aims at once the names that it may not hold are taken out of its model.

The weights over permitted names (model names and substitutes of excluded ones) that minimise tracking error to the
model with each sleeve's sum kept, times 1 − cash target; where nothing is excluded they are the model.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.book.firm import Firm
from engine.book.models import Model
from engine.decide.solvers.auto import Workspace
from engine.decide.solvers.base import Accuracy, Status
from kernels.arrays import frozen, readonly
from kernels.newton.track import Tracker, make_tracker, track
from kernels.problem import Problem
from kernels.taxes import UNTAXED

LEAST_WEIGHT = 1e-6
"""Fractions below this are the solver's noise and leave the target."""
PRECISE = Accuracy(breach_bp=1e-3, gap_bp=1e-3)
_HUNDRED, _HARD = np.array([100.0]), np.array([np.inf])
KEPT = 4096
"""Targets remembered, at most some 25 MB of 500 names each, so that memory does not grow with the book."""
SCALE = 1e4
"""Risk aversion of the target's own problem; any positive number has the same minimiser."""


@dataclass(frozen=True)
class Target:
    """`security` (n,) ascending, `weight` (n,) fractions of account value summing to 1 − cash target.

    `id` is a hash of the content. Empty where nothing that the model holds is permitted.
    """

    id: str
    security: NDArray[np.int32]
    weight: NDArray[np.float64]


class _Memory:
    """The solver's, for the largest target so far."""

    def __init__(self) -> None:
        self._sizes = (0, 0, 0)
        self._made = make_tracker(*self._sizes)

    def of(self, problem: Problem) -> Tracker:
        """Memory that a problem fits in."""
        sizes = (*problem.loadings.shape, len(problem.row_price))
        if any(one > most for one, most in zip(sizes, self._sizes, strict=True)):
            names, factors, rows = map(max, sizes, self._sizes)
            self._sizes = names, factors, rows
            self._made = make_tracker(names, factors, rows)
        return self._made


class Targets:
    """Effective targets of one firm, each computed once; of more than `KEPT` the oldest are forgotten."""

    def __init__(self, firm: Firm) -> None:
        self._firm = firm
        self._relative: dict[tuple[int, bytes], tuple[NDArray[np.int32], NDArray[np.float64]]] = {}
        self._made: dict[tuple[int, bytes, float], Target] = {}
        self._own = [None if model is None else np.unique(model.security) for model in firm.models]
        self._candidates: NDArray[np.bool_] | None = None
        self._memory = _Memory()

    def get(self, model: int, excluded: NDArray[np.int32], cash_target: float) -> Target:
        """The target of a follower of `model` that may not hold the securities `excluded`."""
        names = self._concerned(model, excluded)
        key = (model, names.tobytes(), cash_target)
        found = self._made.get(key)
        if found is None:
            security, weight = self._weights(model, names)
            found = self._made[key] = _target(security, weight * (1.0 - cash_target))
            _forget(self._made)
        return found

    def candidates(self, model: NDArray[np.int32], security: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(n,) True where excluding the security may change the model's target: its own names, their substitutes."""
        if self._candidates is None:
            self._candidates = np.zeros((len(self._own), len(self._firm.market.ids)), dtype=np.bool_)
            for row, own in zip(self._candidates, self._own, strict=True):
                if own is not None:
                    row[own] = True
                    others = [self._firm.substitutes[name] for name in own.tolist() if name in self._firm.substitutes]
                    row[np.concatenate([own[:0], *others])] = True
        found: NDArray[np.bool_] = self._candidates[model, security]
        return found

    def _concerned(self, model: int, excluded: NDArray[np.int32]) -> NDArray[np.int32]:
        """Those of the excluded names that change this model's target: its own, and their substitutes."""
        self._model(model)
        names = self._own[model]
        assert names is not None, "the model is sound"
        out = np.zeros(len(self._firm.market.ids), dtype=np.bool_)
        out[excluded] = True
        own = names[out[names]]
        others = [self._firm.substitutes[name] for name in own.tolist() if name in self._firm.substitutes]
        if others:
            near = np.concatenate(others)
            own = np.union1d(own, near[out[near]])
        return own.astype(np.int32)

    def _model(self, model: int) -> Model:
        found = self._firm.models[model]
        if found is None:
            raise ValueError(f"model {self._firm.model_ids[model]} is faulty and has no target")
        return found

    def _weights(self, model: int, excluded: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        key = (model, excluded.tobytes())
        if key not in self._relative:
            self._relative[key] = _permitted_weights(self._firm, self._model(model), excluded, self._memory)
            _forget(self._relative)
        return self._relative[key]


@lru_cache(maxsize=1)
def targets_of(firm: Firm) -> Targets:
    """The targets of a firm, the same for every part that a process decides of it one after the other."""
    return Targets(firm)


def _forget(kept: dict[Any, Any]) -> None:
    """Drop the oldest entry where there are too many."""
    if len(kept) > KEPT:
        del kept[next(iter(kept))]


def _target(security: NDArray[np.int32], weight: NDArray[np.float64]) -> Target:
    content = security.astype("<i4").tobytes() + weight.astype("<f8").tobytes()
    return Target(hashlib.sha256(content).hexdigest()[:16], security, weight)


def _permitted_weights(
    firm: Firm, model: Model, excluded: NDArray[np.int32], memory: _Memory
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Names and fractions (summing to 1) of the permitted portfolio that tracks the model best."""
    whole = np.bincount(model.security, weights=model.weight, minlength=len(firm.market.ids)).astype(np.float64)
    barred = np.zeros(len(whole), dtype=np.bool_)
    barred[excluded] = True
    names = _places(whole > 0.0)  # those of weight zero are no part of it
    if not barred[names].any():
        return names, whole[names]
    permitted, share = _membership(firm, model, barred)
    if len(permitted) == 0:
        return permitted, np.empty(0)
    either = whole > 0.0
    either[permitted] = True
    universe = _places(either)
    problem = _tracking_problem(firm, model, universe, 100.0 * whole[universe], permitted, share)
    weight = _tracking_weights(problem, memory)
    weight = np.where(weight > 100.0 * LEAST_WEIGHT, weight, 0.0)
    kept = weight > 0.0
    return universe[kept], weight[kept] / weight.sum()


def _places(found: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Numbers of securities, ascending."""
    return np.flatnonzero(found).astype(np.int32)


def _tracking_weights(problem: Problem, memory: _Memory) -> NDArray[np.float64]:
    """The weights that solve a target's problem; where no permitted portfolio keeps every sleeve, the whole alone.

    Nothing is sold and nothing has a cost in it, so that Newton's answer is judged by its tracking error alone; where
    that does not prove it, as every other answer is.
    """
    weights = np.empty(len(problem.target))
    gap, breach = track(problem, memory.of(problem), weights)
    if gap <= PRECISE.gap_bp and 100.0 * breach <= PRECISE.breach_bp:
        return weights
    answer = Workspace(problem, PRECISE).solve(problem)
    if answer.status is not Status.SOLVED:
        whole_only = frozen(
            problem._replace(rows=problem.rows[-1:], row_lower=_HUNDRED, row_upper=_HUNDRED, row_price=_HARD)
        )
        answer = Workspace(whole_only, PRECISE).solve(whole_only)
    if answer.status is not Status.SOLVED:
        raise ValueError(f"the effective target was solved to {answer.relaxed_bp - answer.bound_bp:.3g} bp only")
    return answer.weights


def _membership(firm: Firm, model: Model, barred: NDArray[np.bool_]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Permitted names (n,) ascending, and the share of each that counts towards each sleeve, (sleeves, n).

    A name in two sleeves is shared between them as the model shares it; a substitute as the names it stands in for.
    """
    usable = np.isfinite(firm.market.price) & np.isfinite(firm.risk.specific) & firm.market.tradable & ~barred
    held, is_out = model.weight > 0.0, barred[model.security]
    own, out = np.flatnonzero(held & ~is_out), np.flatnonzero(held & is_out)
    none = np.empty(0, dtype=np.int32)
    others = [firm.substitutes.get(name, none) for name in model.security[out].tolist()]
    stand_ins = [other[usable[other]] for other in others]
    row = np.concatenate([own, np.repeat(out, [len(some) for some in stand_ins])])
    order = np.argsort(row, kind="stable")
    security = np.concatenate([model.security[own], *stand_ins])[order]
    there = np.zeros(len(barred), dtype=np.bool_)
    there[security] = True
    share = np.zeros((int(model.sleeve.max()) + 1, int(np.count_nonzero(there))))
    np.add.at(share, (model.sleeve[row[order]], np.cumsum(there)[security] - 1), model.weight[row[order]])
    return _places(there), share / share.sum(axis=0)


def _tracking_problem(
    firm: Firm,
    model: Model,
    universe: NDArray[np.int32],
    target: NDArray[np.float64],
    permitted: NDArray[np.int32],
    share: NDArray[np.float64],
) -> Problem:
    """Minimise tracking error to `target` over the permitted names, each sleeve's sum kept, the whole 100 per cent.

    A sleeve left without a permitted name gives its weight to the others, where it tracks best.
    """
    n, sleeves = len(universe), len(share)
    at = np.searchsorted(universe, permitted)
    rows = np.zeros((sleeves + 1, n))
    rows[:-1, at], rows[-1, at] = share, 1.0
    sums = 100.0 * np.bincount(model.sleeve, weights=model.weight, minlength=sleeves)
    emptied = ~(rows[:-1] > 0.0).any(axis=1)
    lower = np.append(np.where(emptied, 0.0, sums), 100.0)
    upper = np.append(np.where(emptied, 0.0, np.inf if emptied.any() else sums), 100.0)
    nought, none = readonly(np.zeros(n)), readonly(np.empty(0))
    return Problem(
        loadings=readonly(firm.risk.loadings[universe]),
        curvature=readonly(SCALE * firm.risk.specific[universe]),
        target=readonly(target),
        held=nought,
        lower=nought,
        upper=readonly(np.where(rows[-1] > 0.0, 100.0, 0.0)),
        buy_cost=nought,
        spread=nought,
        hold_cost=nought,
        segment_offsets=readonly(np.zeros(n + 1, dtype=np.int64)),
        segment_size=none,
        segment_cost=none,
        segment_gain=none,
        segment_long=readonly(np.empty(0, dtype=np.bool_)),
        rows=readonly(rows),
        row_lower=readonly(lower),
        row_upper=readonly(upper),
        row_price=readonly(np.full(sleeves + 1, np.inf)),
        risk_aversion=SCALE,
        ticket=0.0,
        schedule=UNTAXED,
    )

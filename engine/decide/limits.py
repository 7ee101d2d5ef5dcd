"""Hard limits on sums over an account's names: the weight of a sector, the active exposure to a factor.

A limit is a hard row of the problem. What may not be sold today is stronger than a sector's cap, as than a name's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.book.firm import Firm
from engine.codes import Code
from engine.decide.names import PERCENT, Names, Undecidable
from engine.decide.rules import AccountRules, Between

Floats = NDArray[np.float64]
SLACK = 1e-7
"""Percent beyond a limit that is float noise."""


@dataclass(frozen=True, eq=False)
class Limit:
    """Σ `coefficient` (n,) · weight lies between `lower` and `upper`, percent; `words` say what it is about."""

    words: str
    coefficient: Floats
    lower: float
    upper: float
    origin: float = 0.0
    """The sum from which a person counts."""

    def breach(self, weights: Floats) -> float:
        """Percent by which weights are above (positive) or below (negative) the limit; 0 inside."""
        total = float(self.coefficient @ weights)
        return max(total - self.upper, 0.0) - max(self.lower - total, 0.0)

    def is_broken(self, weights: Floats) -> bool:
        """Whether weights are outside by more than float noise."""
        return abs(self.breach(weights)) > SLACK

    def reach(self, names: Names) -> tuple[float, float]:
        """The least and the most that the names' own bounds leave."""
        low, high = self.coefficient * names.lower, self.coefficient * names.upper
        return float(np.minimum(low, high).sum()), float(np.maximum(low, high).sum())

    def conflict(self, words: str, asked: float, can: float) -> Undecidable:
        """What is told where `asked` cannot be; sums in percent."""
        figures = [f"{(total - self.origin) / PERCENT:.6g}" for total in (asked, can)]
        told = words.format(words=self.words, asked=figures[0], can=figures[1])
        return Undecidable(Code.RESTRICTIONS_CONFLICT, told, field="value", value=figures[0], limit=figures[1])


def with_limits(firm: Firm, names: Names, rules: AccountRules) -> tuple[Names, tuple[Limit, ...]]:
    """The limits of an account, and its names with what a person is told.

    Raises `Undecidable` where the bounds of the names leave a limit no room.
    """
    limits, warnings = [], []
    for sector, between in rules.sectors.items():
        limit = _of_sector(firm, names, sector, between)
        stuck = limit.reach(names)[0]
        if stuck > limit.upper + SLACK:
            told = f"max_weight of {limit.words} is {between.most:.2%}; {stuck / PERCENT:.2%} may not be sold"
            warnings.append((Code.LOCKED, told))
            limit = replace(limit, upper=stuck)
        limits.append(limit)
    limits += [_of_factor(firm, names, factor, between) for factor, between in rules.factors.items()]
    for limit in limits:
        _check_reach(limit, names)
    return replace(names, warnings=(*names.warnings, *warnings)), tuple(limits)


def asked_by(limits: tuple[Limit, ...], held: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(n,) names whose sale, and names whose purchase, brings what is held back inside a limit."""
    sale, purchase = np.zeros(len(held), dtype=np.bool_), np.zeros(len(held), dtype=np.bool_)
    for limit in limits:
        if limit.is_broken(held):
            towards = np.sign(limit.breach(held)) * limit.coefficient
            sale |= towards > 0.0
            purchase |= towards < 0.0
    return sale, purchase


def _of_sector(firm: Firm, names: Names, sector: int, between: Between) -> Limit:
    member = (firm.market.sector[names.security] == sector).astype(np.float64)
    words = f"sector {firm.market.sectors[sector].as_py()}"
    return Limit(words, member, PERCENT * between.least, PERCENT * between.most)


def _of_factor(firm: Firm, names: Names, factor: int, between: Between) -> Limit:
    """A limit on active exposure: on what the weights have more of the factor than the effective target has."""
    exposure = firm.risk.exposures[names.security, factor]
    at_target = float(exposure @ names.target)
    words = f"factor {firm.risk.factors[factor].as_py()}"
    return Limit(words, exposure, at_target + PERCENT * between.least, at_target + PERCENT * between.most, at_target)


def _check_reach(limit: Limit, names: Names) -> None:
    least, most = limit.reach(names)
    if limit.lower > limit.upper + SLACK:
        raise limit.conflict("the least asked of {words} is {asked}; the most allowed {can}", limit.lower, limit.upper)
    if limit.lower > most + SLACK:
        raise limit.conflict("{words} is to be at least {asked}; other rules leave at most {can}", limit.lower, most)
    if limit.upper < least - SLACK:
        raise limit.conflict("{words} is to be at most {asked}; other rules leave at least {can}", limit.upper, least)

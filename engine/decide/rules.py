"""What an account's restrictions say of each security, in one row a rule kind, before any problem is built."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock, Rules
from engine.book.firm import Firm
from engine.book.schema import RESTRICTION_KINDS


@dataclass(frozen=True)
class Between:
    """The strictest of several limits, fractions."""

    least: float = -math.inf
    most: float = math.inf


@dataclass(frozen=True)
class AccountRules:
    """One account's restrictions; each array holds security numbers, sorted.

    `least` and `most` hold the strictest of a security's limits, fractions; `sectors` and `factors` those of their
    numbers.
    """

    never_buy: NDArray[np.int32]
    never_sell: NDArray[np.int32]
    sell_out: NDArray[np.int32]
    screened: NDArray[np.int32]
    least: dict[int, float]
    most: dict[int, float]
    sectors: dict[int, Between]
    factors: dict[int, Between]

    @property
    def excluded(self) -> NDArray[np.int32]:
        """Names that have no place in the effective target."""
        return np.unique(np.concatenate([self.never_buy, self.sell_out, self.screened]))


def unusable(firm: Firm, days: float) -> NDArray[np.int32]:
    """Securities that are not tradable, or whose price is older than so many days."""
    age = firm.header.as_of_days - firm.market.price_day
    return np.nonzero(~firm.market.tradable | (age > days) | (age < 0))[0].astype(np.int32)


def have_limits(rules: Rules) -> NDArray[np.bool_]:
    """(accounts,) whether an account limits a sector or a factor."""
    weights = [RESTRICTION_KINDS.index(kind) for kind in ("min_weight", "max_weight")]
    factors = [RESTRICTION_KINDS.index(kind) for kind in ("factor_min", "factor_max")]
    of_sector, of_factor = np.isin(rules.kind, weights) & (rules.sector >= 0), np.isin(rules.kind, factors)
    count = np.append(0, np.cumsum(of_sector | of_factor))[rules.offsets]
    found: NDArray[np.bool_] = np.diff(count) > 0
    return found


def account_rules(firm: Firm, block: AccountBlock, account: int) -> AccountRules:
    """Read the restrictions of one account of the block. Rules that name an unknown security bind nothing."""
    rules = block.rules
    rows = np.arange(rules.offsets[account], rules.offsets[account + 1])
    kind = rules.kind[rows]

    def named(which: str) -> NDArray[np.int32]:
        chosen = rules.security[rows[kind == RESTRICTION_KINDS.index(which)]]
        return np.unique(chosen[chosen >= 0])

    def limits(which: str, strictest: Callable[[float, float], float]) -> dict[int, float]:
        found: dict[int, float] = {}
        for row in rows[kind == RESTRICTION_KINDS.index(which)]:
            name, value = int(rules.security[row]), float(rules.value[row])
            if name >= 0:
                found[name] = strictest(found.get(name, value), value)
        return found

    def between(about: NDArray[np.int32], least: str, most: str) -> dict[int, Between]:
        found: dict[int, Between] = {}
        for row in rows[about[rows] >= 0]:
            which, value = RESTRICTION_KINDS[rules.kind[row]], float(rules.value[row])
            known = found.get(int(about[row]), Between())
            if which == least:
                found[int(about[row])] = replace(known, least=max(known.least, value))
            elif which == most:
                found[int(about[row])] = replace(known, most=min(known.most, value))
        return found

    screens = [rules.screen[row] for row in rows[kind == RESTRICTION_KINDS.index("screen")]]
    lists = [firm.screens[screen] for screen in screens if screen is not None]
    return AccountRules(
        never_buy=named("never_buy"),
        never_sell=named("never_sell"),
        sell_out=named("sell_out"),
        screened=np.unique(np.concatenate(lists)) if lists else np.empty(0, dtype=np.int32),
        least=limits("min_weight", max),
        most=limits("max_weight", min),
        sectors=between(rules.sector, "min_weight", "max_weight"),
        factors=between(rules.factor, "factor_min", "factor_max"),
    )

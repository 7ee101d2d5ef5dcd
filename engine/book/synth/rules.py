"""What accounts may not do, and their own settings: never contradictory, and always leaving the cash reachable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.book.synth.arrays import Bools, Floats, Ints, segment_starts
from engine.book.synth.firm_rules import SCREENS
from engine.book.synth.holdings import Lots, Positions
from engine.book.synth.market import Market
from engine.book.synth.population import ETF, Accounts
from engine.book.synth.portfolios import Portfolios

NEVER_BUY, NEVER_SELL, SELL_OUT, SCREEN, LOCK = range(5)
KINDS = ("never_buy", "never_sell", "sell_out", "screen")
_MOST_BLOCKED = 0.4
"""Largest share of an account that a name may have for its sale to be blocked: the rest reaches any cash floor."""
_MIN_POSITIONS = 5


@dataclass(frozen=True)
class Restrictions:
    """Columns (R,) by account: `kind` of `KINDS`; `security` column or -1; `screen` number or -1."""

    account: Ints
    kind: Ints
    security: Ints
    screen: Ints


def draw_restrictions(
    accounts: Accounts, positions: Positions, portfolios: Portfolios, market: Market, rng: np.random.Generator
) -> tuple[Restrictions, Ints]:
    """Restrictions, and the position of each account whose lots are locked (n,), -1 for none.

    An account has one theme; only `never_sell` may come with `sell_out`, of another name.
    """
    count = len(accounts.kind)
    sizes = np.bincount(positions.account, minlength=count)
    theme = rng.choice(7, size=count, p=[0.85, 0.04, 0.02, 0.025, 0.035, 0.02, 0.01])
    theme = np.where(sizes >= _MIN_POSITIONS, theme, 0)
    starts = segment_starts(sizes)
    draw = rng.random((count, 2))
    one = (draw[:, 0] * sizes).astype(np.int64)
    other = (one + 1 + (draw[:, 1] * (sizes - 1)).astype(np.int64)) % np.maximum(sizes, 1)
    first, second = starts + one, starts + other
    worth = positions.shares * market.price[positions.security]
    total = np.bincount(positions.account, worth, minlength=count)
    may_block = np.zeros(count, dtype=bool)
    some = sizes > 0
    may_block[some] = worth[first[some]] <= _MOST_BLOCKED * total[some]

    rows: list[tuple[Ints, int, Ints]] = []
    bans = np.flatnonzero(theme == 1)
    for _ in range(2):
        entry = portfolios.start[accounts.model[bans]] + (
            rng.random(len(bans)) * np.diff(portfolios.start)[accounts.model[bans]]
        ).astype(np.int64)
        rows.append((bans, NEVER_BUY, portfolios.security[entry]))
        bans = bans[rng.random(len(bans)) < 0.4]
    blocked = np.flatnonzero(np.isin(theme, (2, 6)) & may_block)
    rows.append((blocked, NEVER_SELL, positions.security[first[blocked]]))
    leaving = np.flatnonzero(np.isin(theme, (3, 6)))
    rows.append((leaving, SELL_OUT, positions.security[second[leaving]]))
    screened = np.flatnonzero(theme == 4)
    screen = rng.integers(0, len(SCREENS), len(screened))
    locked = np.where((theme == 5) & may_block, first, -1)
    return _collect(rows, screened, screen, len(market.listings)), locked


def _collect(rows: list[tuple[Ints, int, Ints]], screened: Ints, screen: Ints, names: int) -> Restrictions:
    account = np.concatenate([who for who, _, _ in rows] + [screened])
    kind = np.concatenate([np.full(len(who), kind) for who, kind, _ in rows] + [np.full(len(screened), SCREEN)])
    security = np.concatenate([what for _, _, what in rows] + [np.full(len(screened), -1)])
    screens = np.concatenate([np.full(len(account) - len(screened), -1), screen])
    keys = (account * len(KINDS) + kind) * (names + 1) + security + 1
    order = np.unique(keys, return_index=True)[1]
    return Restrictions(account[order], kind[order], security[order], screens[order])


def locked_lots(lots: Lots, positions: Positions, locked: Ints, rng: np.random.Generator) -> Bools:
    """(L,) True for lots of each account's locked position, the older two thirds of them on average."""
    has = locked >= 0
    name = np.where(has, positions.security[np.maximum(locked, 0)] if len(positions.security) else -1, -1)
    return np.asarray((lots.security == name[lots.account]) & (rng.random(len(lots.account)) < 0.67))


def draw_overrides(accounts: Accounts, blocked: Bools, rng: np.random.Generator) -> dict[str, tuple[Floats, Bools]]:
    """Setting → values (n,) and where they apply. A seventh of the accounts override something."""
    count = len(accounts.kind)
    has = rng.random(count) < 0.15

    def some(share: float, choices: list[float]) -> tuple[Floats, Bools]:
        return rng.choice(choices, size=count), has & (rng.random(count) < share)

    result = {
        "risk_aversion": some(0.3, [5.0, 10.0, 40.0, 80.0]),
        "tax_sensitivity": some(0.2, [0.0, 0.5, 1.5, 2.0]),
        "harvest": some(0.15, [0.0, 1.0]),
        "drift_band": some(0.2, [0.001, 0.0025, 0.01, 0.02]),
        "min_trade_usd": some(0.2, [0.0, 50.0, 200.0, 500.0]),
        "sector_band": some(0.15, [0.01, 0.02, 0.05, 0.10]),
        "min_benefit_bp": some(0.15, [0.0, 0.25, 2.0]),
    }
    bracket, taxed = some(0.3, [0.0, 1.0, 2.0])
    result["st_rate"] = (np.array([0.24, 0.35, 0.503])[bracket.astype(np.int64)], taxed)
    result["lt_rate"] = (np.array([0.15, 0.188, 0.331])[bracket.astype(np.int64)], taxed)
    level, cashed = some(0.25, [0.0, 1.0, 2.0])
    for name, values in {
        "cash_target": [0.005, 0.02, 0.05],
        "cash_min": [0.0, 0.01, 0.02],
        "cash_max": [0.015, 0.04, 0.08],
    }.items():
        result[name] = (np.array(values)[level.astype(np.int64)], cashed)
    cap, capped = some(0.15, [0.0, 1.0])
    tight = np.array([0.08, 0.12])[cap.astype(np.int64)]
    loose = np.array([0.40, 0.50])[cap.astype(np.int64)]
    fund = (accounts.kind == ETF) | (accounts.cash >= 1.0)
    result["max_weight"] = (np.where(fund, loose, tight), capped & ~blocked & (fund | (accounts.kind == 1)))
    return result

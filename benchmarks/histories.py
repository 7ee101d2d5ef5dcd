"""Random trade histories of any size, with households, retirement accounts and many wash sales."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

SECURITIES = 500
TRADES_AN_ACCOUNT = 10
FIRST_DAY = np.datetime64("2018-01-02")
LAST_DAY = 2_000
OPENING = 200


def random_history(accounts: int, seed: int, series: str = "") -> pa.Table:
    """Ten trades an account in two names of its household, in random order of rows; no sale exceeds what is held.

    Households have one to three accounts, one account in ten is a retirement account. An account opens with 200 shares
    of each name and then buys and sells up to 25 shares every few weeks, along prices that wander; one sale in five
    names the lot that the account opened with. `series` is part of the names of accounts and households.
    """
    rng = np.random.default_rng(seed)
    trades = accounts * TRADES_AN_ACCOUNT
    household = np.cumsum(np.append(0, rng.random(accounts - 1) < 0.6))
    account = np.repeat(np.arange(accounts), TRADES_AN_ACCOUNT)
    turn = np.tile(np.arange(TRADES_AN_ACCOUNT), accounts)
    opening = turn < 2
    second = np.where(opening, turn == 1, rng.random(trades) < 0.5)
    security = (household[account] * 7 + second) % SECURITIES
    gap = rng.integers(1, 41, (accounts, TRADES_AN_ACCOUNT))
    day = (rng.integers(0, LAST_DAY - 500, accounts)[:, None] + np.cumsum(gap, axis=1)).ravel()
    sell = ~opening & (rng.random(trades) < 0.5)
    steps = rng.normal(0, 0.02, (LAST_DAY, SECURITIES))
    price = np.round(100 * np.exp(np.cumsum(steps, axis=0)), 2)[day, security]
    named = opening | (sell & (rng.random(trades) < 0.2))
    shuffled = rng.permutation(trades)
    columns = {
        "account_id": _names(f"A{series}", account, accounts),
        "trade_date": pa.array(FIRST_DAY + day),
        "security_id": _names("S", security, SECURITIES),
        "side": pa.array(np.where(sell, "SELL", "BUY")),
        "quantity": pa.array(np.where(opening, OPENING, rng.integers(1, 26, trades)).astype(np.float64)),
        "price": pa.array(price),
        "lot_id": pa.array(np.where(second, "OPEN2", "OPEN1"), mask=~named),
        "household_id": _names(f"H{series}", household[account], accounts),
        "tax_status": pa.array(np.where(rng.random(accounts) < 0.1, "deferred", "taxable")[account]),
    }
    return pa.table(columns).take(pa.array(shuffled))


def _names(prefix: str, number: np.ndarray, count: int) -> pa.Array:
    return pa.array([f"{prefix}{k:07d}" for k in range(count)]).take(pa.array(number))

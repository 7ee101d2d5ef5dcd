"""The firm's own rules: exclusion lists, policies, substitutes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from engine.book.synth.market import Market

SCREENS = ("fossil", "tobacco", "weapons", "faith")
POLICIES = (
    {"policy_id": "STANDARD"},
    {"policy_id": "CLOSE", "risk_aversion": 60.0, "drift_band": 0.0025},
    {"policy_id": "CALM", "risk_aversion": 8.0, "drift_band": 0.01, "min_trade_usd": 250.0, "min_benefit_bp": 1.0},
    {"policy_id": "TAX-CAREFUL", "tax_sensitivity": 1.5, "st_rate": 0.50, "lt_rate": 0.30},
    {"policy_id": "INCOME", "cash_target": 0.02, "cash_min": 0.01, "cash_max": 0.04, "sector_band": 0.05},
)
"""Sets of settings that accounts name; cash settings come together, so that their order always holds."""


def screens_table(market: Market, rng: np.random.Generator) -> pa.Table:
    """Four exclusion lists: the energy sector with its fund, and draws of 6, 10 and 25 equities."""
    fossil = [row.security_id for row in market.listings if row.sector == "Energy"]
    lists = {"fossil": fossil or [market.ids[0]]}
    for screen, size in zip(SCREENS[1:], (6, 10, 25), strict=True):
        count = min(size, max(market.equities // 10, 1))
        lists[screen] = [market.ids[i] for i in np.sort(rng.choice(market.equities, count, replace=False))]
    pairs = [(screen, name) for screen, names in lists.items() for name in names]
    return pa.table({"screen_id": [screen for screen, _ in pairs], "security_id": [name for _, name in pairs]})


def policies_table() -> pa.Table:
    """The `policies` table."""
    columns = sorted({name for policy in POLICIES for name in policy} - {"policy_id"})
    return pa.table(
        {
            "policy_id": [policy["policy_id"] for policy in POLICIES],
            **{name: pa.array([policy.get(name) for policy in POLICIES], pa.float64()) for name in columns},
        }
    )


def substitutes_table(market: Market) -> pa.Table:
    """Two substitutes for each equity: the names of its sector nearest in size, not substantially identical."""
    rows: list[tuple[str, str, int]] = []
    equities = market.listings[: market.equities]
    for sector in sorted({row.sector for row in equities}):
        peers = sorted((row for row in equities if row.sector == sector), key=lambda row: row.capitalisation)
        for place, row in enumerate(peers):
            near = sorted(range(len(peers)), key=lambda other: (abs(other - place), other))
            others = [peers[i] for i in near if peers[i].wash_group != row.wash_group][:2]
            rows += [(row.security_id, other.security_id, rank + 1) for rank, other in enumerate(others)]
    rows.sort()
    return pa.table(
        {
            "security_id": [name for name, _, _ in rows],
            "substitute_id": [other for _, other, _ in rows],
            "rank": pa.array([rank for _, _, rank in rows], pa.int32()),
        }
    )

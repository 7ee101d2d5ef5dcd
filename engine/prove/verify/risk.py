"""Tracking error and drift of every decided account, before and after, from the risk tables as delivered.

TE² = xᵀFx + Σ δᵢdᵢ², x = Bᵀd, d = weights less target (OPTIMISATION.md, notation). Sums run over (account, security)
pairs, one factor at a time, so memory stays a few columns of the part.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# d before, and what the trades add to it; accounts and securities by number.
_GAPS = """
SELECT account, security, sum(gap) AS gap, sum(move) AS move FROM (
  SELECT d.nth AS account, h.nth AS security, CAST(h.held AS DOUBLE) * CAST(h.price AS DOUBLE) / d.value AS gap,
         CAST(h.after - h.held AS DOUBLE) * CAST(h.price AS DOUBLE) / d.value AS move
  FROM decided d JOIN holding h USING (account_id) WHERE h.known
  UNION ALL
  SELECT d.nth, t.nth, -t.weight, 0
  FROM decided d JOIN (SELECT * FROM targets JOIN security USING (security_id)) t USING (target_id))
GROUP BY account, security ORDER BY account, security"""


# Gap of cash, from the cents that the trades moved: amounts are rounded row by row, so weights alone do not tell it.
_CASH = """
SELECT account_id, CAST(cash_before AS DOUBLE) / value - cash_target AS before,
       CAST(cash_after AS DOUBLE) / value - cash_target AS after
FROM decided ORDER BY nth"""


@dataclass(frozen=True)
class _Risk:
    """Exposures B transposed (factors × securities), covariance F (factors × factors), variances δ (securities).

    A security without a specific variance has NaN there, which no tracking error passes.
    """

    exposures: Floats
    covariance: Floats
    specific: Floats


def add_tracking(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `tracking`: account_id, te_before, te_after, drift_before, drift_after (fractions)."""
    risk = _risk(connection)
    gaps = connection.execute(_GAPS).fetchnumpy()
    account, security = _whole(gaps["account"]), _whole(gaps["security"])
    gap, move = _real(gaps["gap"]), _real(gaps["move"])
    decided = connection.execute(_CASH).fetchnumpy()
    ids, cash = decided["account_id"], {moment: _real(decided[moment]) for moment in ("before", "after")}
    count = len(ids)
    x_gap, x_move = (_factors(risk, account, security, weights, count) for weights in (gap, move))
    columns = {"account_id": pa.array(ids, pa.string())}
    for moment, weights, x in (("before", gap, x_gap), ("after", gap + move, x_gap + x_move)):
        specific = np.bincount(account, weights=weights**2 * risk.specific[security], minlength=count)
        common = np.einsum("fa,fg,ga->a", x, risk.covariance, x, optimize=True)
        columns[f"te_{moment}"] = pa.array(np.sqrt(np.maximum(common + specific, 0.0)))
        gross = np.bincount(account, weights=np.abs(weights), minlength=count)
        columns[f"drift_{moment}"] = pa.array((gross + np.abs(cash[moment])) / 2)
    connection.register("raw_tracking", pa.table(columns))
    connection.execute("CREATE TEMP TABLE tracking AS SELECT * FROM raw_tracking")
    connection.unregister("raw_tracking")


def _factors(risk: _Risk, account: Ints, security: Ints, weights: Floats, count: int) -> Floats:
    """Factor exposures Bᵀd of each account: factors × accounts."""
    moved = weights != 0
    account, security, weights = account[moved], security[moved], weights[moved]
    return np.array(
        [np.bincount(account, weights=weights * row[security], minlength=count) for row in risk.exposures]
    ).reshape(len(risk.exposures), count)


def _risk(connection: duckdb.DuckDBPyConnection) -> _Risk:
    factors = "SELECT factor_1 AS factor, dense_rank() OVER (ORDER BY factor_1) - 1 AS nth FROM risk_covariance"
    connection.execute(f"CREATE TEMP TABLE factors AS SELECT DISTINCT * FROM ({factors})")
    size = _count(connection, "factors")
    securities = _count(connection, "security")
    rows = connection.execute(
        "SELECT f.nth AS factor, s.nth AS security, exposure FROM risk_exposures "
        "JOIN factors f USING (factor) JOIN security s USING (security_id)"
    ).fetchnumpy()
    exposures = np.zeros((size, securities))
    exposures[_whole(rows["factor"]), _whole(rows["security"])] = _real(rows["exposure"])
    rows = connection.execute(
        "SELECT a.nth AS one, b.nth AS two, covariance FROM risk_covariance "
        "JOIN factors a ON a.factor = factor_1 JOIN factors b ON b.factor = factor_2"
    ).fetchnumpy()
    covariance = np.full((size, size), np.nan)
    covariance[_whole(rows["one"]), _whole(rows["two"])] = _real(rows["covariance"])
    rows = connection.execute(
        "SELECT s.nth AS security, variance FROM risk_specific JOIN security s USING (security_id)"
    ).fetchnumpy()
    specific = np.full(securities, np.nan)
    specific[_whole(rows["security"])] = _real(rows["variance"])
    return _Risk(exposures, covariance, specific)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else 0


def _whole(column: npt.NDArray[np.generic]) -> Ints:
    return np.asarray(column).astype(np.int64)


def _real(column: npt.NDArray[np.generic]) -> Floats:
    """Float64 with NaN for null."""
    return np.ma.filled(np.ma.asarray(column).astype(np.float64), np.nan)

"""The run as a whole: merged orders and targets against the parts', and the gates before publication."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import duckdb
import pyarrow as pa

from engine.prove.verify.part import broken
from engine.prove.verify.rule import Rule, Violation
from engine.prove.verify.tables import INPUTS, OUTPUTS, connect, load

GATES: Final = (
    "max_gross_notional",
    "max_net_notional",
    "max_adv_share",
    "max_accounts_changed",
    "max_exceptions",
)
STATUSES: Final = ("TRADED", "NO_TRADE", "EXCEPTION")

RUN_RULES: Final = (
    Rule(
        "orders_merge",
        "The run's block orders are the sum of the parts': quantity, amount and accounts, exactly; one row a side.",
        """
WITH part AS (
  SELECT security_id, side, sum(quantity) AS quantity, sum(amount) AS amount, sum(accounts) AS accounts
  FROM part_orders GROUP BY security_id, side),
run AS (
  SELECT security_id, side, sum(quantity) AS quantity, sum(amount) AS amount, sum(accounts) AS accounts,
         count(*) AS rows
  FROM orders GROUP BY security_id, side)
SELECT '', concat(security_id, ' ', side, ': the run has ', r.quantity, ' shares, ', r.amount, ', ', r.accounts,
       ' accounts in ', r.rows, ' rows; its parts ', p.quantity, ' shares, ', p.amount, ', ', p.accounts, ' accounts')
FROM part p FULL JOIN run r USING (security_id, side)
WHERE (p.quantity = r.quantity AND p.amount = r.amount AND p.accounts = r.accounts AND r.rows = 1) IS NOT TRUE""",
    ),
    Rule(
        "targets_merge",
        "The run has each target of its parts once, row for row, and no other; one id means one content.",
        """
WITH part AS (SELECT target_id, min(content) AS content, max(content) AS other FROM part_targets GROUP BY target_id),
run AS (SELECT target_id, min(content) AS content, count(*) AS times FROM run_targets GROUP BY target_id)
SELECT '', concat('target ', target_id, ' is in the run ', coalesce(r.times, 0), ' times, or differs from its parts')
FROM part p FULL JOIN run r USING (target_id)
WHERE (p.content = p.other AND p.content = r.content AND r.times = 1) IS NOT TRUE""",
    ),
    Rule(
        "gate_known",
        "A gate that nobody checks is not passed.",
        f"SELECT '', concat('no gate is called ', name) FROM gates WHERE name NOT IN {GATES}",
    ),
    Rule(
        "gate_gross_notional",
        "Bought and sold together stay within max_gross_notional, USD.",
        """
SELECT '', concat('trades ', sum(amount), ' USD gross; the gate is ', any_value(bound))
FROM orders CROSS JOIN gates WHERE name = 'max_gross_notional' HAVING sum(amount) > any_value(bound)""",
    ),
    Rule(
        "gate_net_notional",
        "Bought less sold, either way, stays within max_net_notional, USD.",
        """
SELECT '', concat('trades ', sum(signed), ' USD net; the gate is ', any_value(bound))
FROM (SELECT CASE WHEN side = 'BUY' THEN amount ELSE -amount END AS signed FROM orders) CROSS JOIN gates
WHERE name = 'max_net_notional' HAVING abs(sum(signed)) > any_value(bound)""",
    ),
    Rule(
        "gate_adv_share",
        "No block order is more than max_adv_share of its name's average daily volume; unknown volume does not pass.",
        """
SELECT '', concat(side, ' ', quantity, ' shares of ', security_id, '; average daily volume is ',
       coalesce(CAST(adv_shares AS VARCHAR), 'unknown'), ', the gate ', bound)
FROM orders LEFT JOIN securities USING (security_id) CROSS JOIN gates
WHERE name = 'max_adv_share' AND (quantity <= bound * adv_shares) IS NOT TRUE""",
    ),
    Rule(
        "gate_accounts_changed",
        "The fraction of accounts that trade stays within max_accounts_changed.",
        """
SELECT '', printf('%d of %d accounts trade; the gate is %g', traded, traded + no_trade + exception, bound)
FROM statuses CROSS JOIN gates
WHERE name = 'max_accounts_changed' AND traded > bound * (traded + no_trade + exception)""",
    ),
    Rule(
        "gate_exceptions",
        "The fraction of accounts that are exceptions stays within max_exceptions.",
        """
SELECT '', printf('%d of %d accounts are exceptions; the gate is %g', exception, traded + no_trade + exception, bound)
FROM statuses CROSS JOIN gates
WHERE name = 'max_exceptions' AND exception > bound * (traded + no_trade + exception)""",
    ),
)


def verify_run(
    part_orders: Iterable[pa.Table],
    orders: pa.Table,
    part_targets: Iterable[pa.Table],
    targets: Iterable[pa.Table],
    securities: pa.Table,
    statuses: Mapping[str, int],
    gates: Mapping[str, float | None],
) -> list[Violation]:
    """All violations of the run's merged tables and gates; an empty list means that it may be published.

    `part_orders` and `part_targets` are the parts' own tables, one by one; `orders` and `targets` the run's (targets
    may come in several tables). Of targets only a checksum each is kept. `statuses` counts accounts by `STATUSES`;
    `gates` maps each of `GATES` to its limit, None for no limit.
    """
    with connect() as connection:
        load(connection, {"orders": orders}, {"orders": OUTPUTS["orders"]})
        connection.execute("CREATE TEMP TABLE part_orders AS FROM orders LIMIT 0")
        for table in part_orders:
            load(connection, {"batch": table}, {"batch": OUTPUTS["orders"]})
            connection.execute("INSERT INTO part_orders FROM batch")
        _digest(connection, "part_targets", part_targets)
        _digest(connection, "run_targets", targets)
        load(connection, {"securities": securities}, {"securities": INPUTS["securities"]})
        counts = [int(statuses.get(status, 0)) for status in STATUSES]
        connection.execute(
            "CREATE TEMP TABLE statuses AS "
            "SELECT CAST(? AS BIGINT) AS traded, CAST(? AS BIGINT) AS no_trade, CAST(? AS BIGINT) AS exception",
            counts,
        )
        connection.execute("CREATE TEMP TABLE gates (name VARCHAR, bound DOUBLE)")
        limits = [[name, float(bound)] for name, bound in gates.items() if bound is not None]
        if limits:
            connection.executemany("INSERT INTO gates VALUES (?, ?)", limits)
        return broken(connection, RUN_RULES)


def _digest(connection: duckdb.DuckDBPyConnection, name: str, tables: Iterable[pa.Table]) -> None:
    """Make the table `name`: target_id and a checksum of its rows, once for each table it is in."""
    connection.execute(f"CREATE TEMP TABLE {name} (target_id VARCHAR, content HUGEINT)")
    for table in tables:
        load(connection, {"batch": table}, {"batch": OUTPUTS["targets"]})
        connection.execute(
            f"INSERT INTO {name} SELECT target_id, sum(CAST(hash(security_id, weight) AS HUGEINT)) "
            "FROM batch GROUP BY target_id"
        )

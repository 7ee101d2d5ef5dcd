"""Wash sales of a part, counted again from the book, household by household, where a trade of the run is near one.

What the run reports plays no part, but for the basis of a sale, which has a rule of its own.
"""

from __future__ import annotations

import datetime
from typing import Any, Final

import duckdb
import pyarrow as pa

from engine.prove.verify.wash_past import UNORDERED, LotRow, TradeRow, past
from engine.prove.verify.wash_run import RunRow, count
from engine.prove.verify.wash_shares import Owner

Case = tuple[str, str]
"""A household and a wash group."""

# Where a loss of the run may have been replaced, or a purchase of the run may replace one.
_CASES: Final = """
CREATE TEMP TABLE wash_case AS
SELECT household_id, wash_group FROM loss_sale
SEMI JOIN (SELECT household_id, wash_group FROM recent_purchase UNION SELECT household_id, wash_group FROM purchase)
USING (household_id, wash_group)
UNION
SELECT household_id, wash_group FROM purchase SEMI JOIN recent_loss USING (household_id, wash_group)"""

_OWNERS: Final = """
SELECT account_id, coalesce(tax_status, '') NOT IN ('deferred', 'exempt'), wash_before_lot <> 'ignore',
       wash_same_day <> 'ignore', wash_sold_earlier = 'count', wash_tacking = 'date'
FROM account SEMI JOIN wash_case USING (household_id)"""

_DAY: Final = "date_diff('day', DATE '1970-01-01', {})"
_MICRO: Final = "CAST({} * 1000000 AS BIGINT)"
_CENTS: Final = "CAST(round({} * 100) AS BIGINT)"
_OF_CASE: Final = """JOIN account a USING (account_id) JOIN security s USING (security_id)
SEMI JOIN wash_case w ON w.household_id = a.household_id AND w.wash_group = s.wash_group"""

_LOTS: Final = f"""
SELECT a.household_id, s.wash_group, l.account_id, l.security_id, l.lot_id, {_MICRO.format("l.quantity")},
       coalesce(CAST(floor(CAST(l.quantity AS DOUBLE) * l.cost_basis * 100 + 0.5 + 1e-6) AS BIGINT), 0),
       {_DAY.format("l.acquired")}, {_DAY.format("coalesce(l.holding_start, l.acquired)")},
       coalesce(l.holding_start < l.acquired, false)
FROM lots l {_OF_CASE}
WHERE l.quantity > 0 AND l.acquired <= today() AND l.lot_id IS NOT NULL
ORDER BY l.account_id, l.security_id, l.lot_id"""

# Several rows may tell of one sale, told apart by their terms; those of which less is left to replace come first.
_OPENNESS: Final = """
CASE WHEN t.realised_gain >= 0 THEN 0 WHEN coalesce(t.wash_disallowed, 0) > 0 THEN 1 ELSE 2 END"""

_NAMED: Final = """
SELECT DISTINCT account_id, security_id, {day} AS day, regexp_replace(lot_id, '(\\.[12])+$', '') AS lot
FROM {table} SEMI JOIN security USING (security_id) WHERE quantity > 0 AND {day} <= today() AND lot_id IS NOT NULL"""

# Buys whose lot is of another security, of which no buy tells it: it came of a merger.
_EXCHANGED: Final = f"""
CREATE TEMP TABLE exchanged AS
WITH held AS ({_NAMED.format(table="lots", day="acquired")}),
     bought AS ({_NAMED.format(table="activity", day="trade_date")} AND side = 'BUY')
SELECT * FROM bought ANTI JOIN held USING (account_id, security_id, day, lot)
SEMI JOIN (SELECT * FROM held ANTI JOIN bought USING (account_id, security_id, day, lot))
USING (account_id, day, lot)"""

_ACTIVITY: Final = f"""
SELECT a.household_id, s.wash_group, t.account_id, t.security_id, t.lot_id, {_MICRO.format("t.quantity")},
       {_DAY.format("t.trade_date")} AS day, coalesce(t.sequence, {UNORDERED}) AS nth, t.side = 'BUY',
       {_CENTS.format("t.realised_gain")}, {_CENTS.format("t.wash_disallowed")}, {_DAY.format("t.holding_start")},
       t.side = 'BUY' AND x.lot IS NOT NULL, {_MICRO.format("t.price")}
FROM activity t {_OF_CASE}
LEFT JOIN exchanged x ON x.account_id = t.account_id AND x.security_id = t.security_id AND x.day = t.trade_date
  AND x.lot = regexp_replace(t.lot_id, '(\\.[12])+$', '')
WHERE t.quantity > 0 AND t.trade_date <= today() AND t.side IN ('BUY', 'SELL')
ORDER BY day, nth, t.side, t.account_id, t.security_id, t.lot_id, {_OPENNESS}, t.quantity, t.price"""

_RUN: Final = f"""
SELECT a.household_id, s.wash_group, t.account_id, t.security_id, t.lot_id, min(t.rowid) AS place, count(*),
       {_MICRO.format("sum(t.quantity)")}, {_CENTS.format("sum(t.amount)")}, {_CENTS.format("sum(t.cost_basis)")}
FROM trades t {_OF_CASE}
WHERE t.quantity > 0 AND t.amount IS NOT NULL AND t.cost_basis IS NOT NULL
  AND (t.side = 'BUY' OR (t.side = 'SELL' AND t.lot_id IS NOT NULL))
GROUP BY a.household_id, s.wash_group, t.account_id, t.security_id, t.side, t.lot_id ORDER BY place"""

TABLES: Final = {
    "wash_sale": pa.schema(
        [
            ("account_id", pa.string()),
            ("lot_id", pa.string()),
            ("disallowed", pa.float64()),
            ("whole", pa.bool_()),
            ("pieces", pa.int64()),
            ("absorbed", pa.float64()),
            ("absorbed_pieces", pa.int64()),
        ]
    ),
    "wash_tacked": pa.schema([("account_id", pa.string()), ("lot_id", pa.string()), ("start", pa.date32())]),
    "wash_buy": pa.schema(
        [
            ("account_id", pa.string()),
            ("security_id", pa.string()),
            ("lost", pa.float64()),
            ("sold", pa.date32()),
            ("start", pa.date32()),
        ]
    ),
    "wash_unknown": pa.schema([("household_id", pa.string()), ("wash_group", pa.string())]),
}


def add_washes(connection: duckdb.DuckDBPyConnection, as_of: datetime.date) -> None:
    """Make the tables of `TABLES`, USD.

    `wash_sale`: a lot that the run sells, what of its loss is disallowed, in how many pieces, `whole` where all its
    shares are replaced, and the losses of the run that it took up. `wash_tacked`: where the holding period of shares
    that did starts. `wash_buy`: an earlier loss that a purchase takes away. `wash_unknown`: a household and wash group
    with an earlier loss of unknown size that nothing has replaced.
    """
    connection.execute(_CASES)
    connection.execute(_EXCHANGED)
    rows = _count(connection, (as_of - datetime.date(1970, 1, 1)).days)
    for name, schema in TABLES.items():
        columns = list(zip(*rows[name], strict=True)) or [()] * len(schema)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        connection.register(f"raw_{name}", pa.table(arrays, schema=schema))
        connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM raw_{name}")
        connection.unregister(f"raw_{name}")


def _count(connection: duckdb.DuckDBPyConnection, today: int) -> dict[str, list[tuple[Any, ...]]]:
    owners = {row[0]: Owner(*row) for row in connection.execute(_OWNERS).fetchall()}
    lots, activity, trades = (_by_case(connection, sql) for sql in (_LOTS, _ACTIVITY, _RUN))
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES}
    for case, run in trades.items():
        held = [LotRow(*row) for row in lots.get(case, [])]
        then = past(owners, held, [TradeRow(*row) for row in activity.get(case, [])], today)
        bought = [RunRow(*row) for row in run]
        sales, buys = count(owners, held, then, bought, today)
        quantity = {(row.account_id, row.lot_id): row.quantity for row in bought}
        for lot, sale in sales.items():
            whole = sale.disallowed_shares == quantity[lot]
            taken = float(sale.absorbed / 100), sale.absorbed_pieces
            rows["wash_sale"].append((*lot, float(sale.disallowed / 100), whole, sale.pieces, *taken))
            rows["wash_tacked"] += [(*lot, start) for start in sale.starts]
        rows["wash_buy"] += [(*buy[:2], float(buy.lost / 100), buy.sold, buy.start) for buy in buys]
        rows["wash_unknown"] += [case] if then.unknown_loss else []
    return rows


def _by_case(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[Case, list[tuple[Any, ...]]]:
    found: dict[Case, list[tuple[Any, ...]]] = {}
    for household, group, *row in connection.execute(sql).fetchall():
        found.setdefault((household, group), []).append(tuple(row))
    return found

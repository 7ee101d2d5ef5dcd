"""Tables that the rules share: accounts with their settings, holdings before and after, sales with their lots.

Built in the order of `SHARED`; each entry is (name, what a row is, SELECT).
"""

from __future__ import annotations

import datetime
from typing import Final

import duckdb

from engine.prove.verify.settings import resolved

# A restriction (alias r) that is about a security (id, sector), given the matching row of `screens` (alias n).
COVERS: Final = """(r.security_id = {id}
        OR (r.security_id IS NULL AND r.screen_id IS NULL AND r.sector = {sector})
        OR n.security_id IS NOT NULL)"""

# A purchase (alias b) of which lot l is a part: a lot's own shares do not replace themselves.
OWN: Final = """(b.account_id = l.account_id AND b.security_id = l.security_id AND b.acquired = l.acquired
        AND (b.lot_id IS NULL OR whole_lot(b.lot_id) = whole_lot(l.lot_id)))"""

_MACROS: Final = (
    # Rev. Rul. 66-7, 66-97: calendar months, the day of purchase not counted; from a month's last day, the first day
    # of the thirteenth succeeding month.
    """long_from(start) AS CAST(
        CASE WHEN start = last_day(start) THEN date_trunc('month', start) + INTERVAL 13 MONTH
             ELSE start + INTERVAL 12 MONTH + INTERVAL 1 DAY END AS DATE)""",
    # Tax on net short- and long-term totals s and l; d is what a net loss may offset of ordinary income (§1212(b)).
    """schedule(s, l, st, lt, loss_value, d) AS
        CASE WHEN s + l < 0 THEN -(st * least(-(s + l), d) + loss_value * lt * greatest(-(s + l) - d, 0))
             WHEN s >= 0 AND l >= 0 THEN st * s + lt * l
             WHEN s > 0 THEN st * (s + l)
             ELSE lt * (s + l) END""",
    # A lot that wash sales split keeps its name before the dots: <lot_id>.1, .2, .2.1.
    r"whole_lot(lot_id) AS regexp_replace(lot_id, '(\.[12])+$', '')",
    # Fractions of an account's value agree as far as a value known to the cent allows.
    "close(stated, found, worth) AS abs(stated - found) <= 1e-9 + 0.01 / greatest(worth, 0.01)",
)

SHARED: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "security",
        "one security; its wash group defaults to itself",
        """
SELECT security_id, row_number() OVER (ORDER BY security_id) - 1 AS nth, any_value(sector) AS sector,
       any_value(price) AS price, any_value(price_date) AS price_date,
       coalesce(any_value(half_spread_bps), 2) / 1e4 AS half_spread,
       coalesce(any_value(fractional), false) AS fractional, coalesce(any_value(tradable), true) AS tradable,
       coalesce(any_value(wash_group), security_id) AS wash_group
FROM securities WHERE security_id IS NOT NULL GROUP BY security_id""",
    ),
    (
        "position",
        "one account and security held",
        """
SELECT account_id, security_id, sum(quantity) AS held,
       sum(CASE WHEN locked THEN 0 ELSE quantity END) AS unlocked
FROM lots GROUP BY account_id, security_id""",
    ),
    (
        "account",
        "one account, with its settings and its value",
        f"""
WITH one AS (
  SELECT *, count(*) OVER same AS copies FROM accounts WHERE account_id IS NOT NULL
  WINDOW same AS (PARTITION BY account_id) QUALIFY row_number() OVER same = 1),
policy AS (SELECT * FROM policies QUALIFY row_number() OVER (PARTITION BY policy_id) = 1),
worth AS (
  SELECT account_id, sum(CAST(held AS DOUBLE) * CAST(price AS DOUBLE)) AS usd
  FROM position JOIN security USING (security_id) GROUP BY account_id),
pending AS (SELECT account_id, -sum(amount) AS usd FROM flows WHERE amount < 0 GROUP BY account_id)
SELECT a.account_id, a.copies, coalesce(nullif(a.household_id, ''), a.account_id) AS household_id,
       a.model_id, a.policy_id, a.tax_status, a.cash,
       coalesce(a.realised_st_ytd, 0) AS st_ytd, coalesce(a.realised_lt_ytd, 0) AS lt_ytd,
       coalesce(a.carryforward_st, 0) AS st_carried, coalesce(a.carryforward_lt, 0) AS lt_carried,
       CAST(a.cash AS DOUBLE) + coalesce(worth.usd, 0) AS value, coalesce(pending.usd, 0) AS outflow,
       {resolved("a", "policy", "firm")}
FROM one a CROSS JOIN firm_settings firm
LEFT JOIN policy USING (policy_id)
LEFT JOIN worth ON worth.account_id = a.account_id
LEFT JOIN pending ON pending.account_id = a.account_id""",
    ),
    (
        "decided",
        "one account that the run decided: not an exception",
        """
WITH one AS (
  SELECT * EXCLUDE (value), value AS stated_value FROM results WHERE status IN ('TRADED', 'NO_TRADE')
  QUALIFY row_number() OVER (PARTITION BY account_id) = 1)
SELECT r.*, a.* EXCLUDE (account_id), row_number() OVER (ORDER BY r.account_id) - 1 AS nth
FROM one r JOIN account a USING (account_id)""",
    ),
    (
        "deal",
        "one account, security: what the run bought and sold of it",
        """
SELECT account_id, security_id,
       coalesce(sum(quantity) FILTER (side = 'BUY'), 0) AS bought,
       coalesce(sum(quantity) FILTER (side = 'SELL'), 0) AS sold,
       coalesce(sum(amount) FILTER (side = 'BUY'), 0) AS bought_usd,
       coalesce(sum(amount) FILTER (side = 'SELL'), 0) AS sold_usd,
       bool_or(reason IN ('SELL_OUT', 'CASH')) AS forced
FROM trades GROUP BY account_id, security_id""",
    ),
    (
        "holding",
        "one account and security that is held or traded",
        """
SELECT account_id, security_id,
       coalesce(held, 0) AS held, coalesce(unlocked, 0) AS unlocked, coalesce(bought, 0) AS bought,
       coalesce(sold, 0) AS sold, coalesce(bought_usd, 0) AS bought_usd, coalesce(sold_usd, 0) AS sold_usd,
       coalesce(forced, false) AS forced, coalesce(held, 0) + coalesce(bought, 0) - coalesce(sold, 0) AS after,
       s.security_id IS NOT NULL AS known, s.sector, s.price, s.price_date, s.nth,
       coalesce(s.fractional, false) AS fractional, coalesce(s.tradable, true) AS tradable
FROM position FULL JOIN deal USING (account_id, security_id) LEFT JOIN security s USING (security_id)""",
    ),
    (
        "barred",
        "one holding that a restriction is about",
        f"""
SELECT h.account_id, h.security_id, bool_or(r.kind = 'never_buy') AS never_buy,
       bool_or(r.kind = 'never_sell') AS never_sell, bool_or(r.kind = 'sell_out') AS sell_out,
       bool_or(r.kind = 'screen') AS screened
FROM holding h JOIN restrictions r USING (account_id)
LEFT JOIN (SELECT DISTINCT screen_id, security_id FROM screens) n
  ON r.kind = 'screen' AND n.screen_id = r.screen_id AND n.security_id = h.security_id
WHERE r.kind IN ('never_buy', 'never_sell', 'sell_out', 'screen')
  AND {COVERS.format(id="h.security_id", sector="h.sector")}
GROUP BY h.account_id, h.security_id""",
    ),
    (
        "flow",
        "one account that trades: its money and gains of the run",
        """
SELECT account_id,
       coalesce(sum(t.amount) FILTER (t.side = 'BUY'), 0) AS bought,
       coalesce(sum(t.amount) FILTER (t.side = 'SELL'), 0) AS sold,
       sum(CAST(t.amount AS DOUBLE) * s.half_spread) AS cost,
       coalesce(sum(t.realised_gain) FILTER (t.term = 'SHORT'), 0) AS st,
       coalesce(sum(t.realised_gain) FILTER (t.term = 'LONG'), 0) AS lt,
       bool_or(t.reason IN ('SELL_OUT', 'CASH')) AS forced, bool_or(t.reason = 'SELL_OUT') AS selling_out,
       bool_or(t.reason IN ('HARVEST', 'CASH', 'SELL_OUT', 'TRANSITION')) AS may_stray
FROM trades t LEFT JOIN security s USING (security_id) GROUP BY account_id""",
    ),
    (
        "sale",
        "one sell row with the lot that it names",
        """
WITH named AS (
  SELECT * FROM lots SEMI JOIN (SELECT account_id, lot_id FROM trades WHERE side = 'SELL') USING (account_id, lot_id))
SELECT t.*, l.security_id AS lot_security, l.quantity AS lot_quantity, coalesce(l.locked, false) AS locked, l.acquired,
       long_from(coalesce(l.holding_start, l.acquired)) AS long_from,
       floor(CAST(l.quantity AS DOUBLE) * l.cost_basis * 100 + 0.5 + 1e-6) / 100 AS lot_total
FROM trades t LEFT JOIN named l ON l.account_id = t.account_id AND l.lot_id = t.lot_id
WHERE t.side = 'SELL'""",
    ),
    (
        "lot_sale",
        "one lot that is sold from",
        """
SELECT account_id, lot_id, lot_security, any_value(lot_quantity) AS lot_quantity, any_value(lot_total) AS lot_total,
       sum(quantity) AS sold, CAST(sum(cost_basis) AS DOUBLE) AS basis
FROM sale GROUP BY account_id, lot_id, lot_security""",
    ),
    (
        "loss_sale",
        "one sell row at a loss in a taxable account",
        """
SELECT t.account_id, a.household_id, s.wash_group, t.security_id, t.lot_id
FROM sale t JOIN account a USING (account_id) JOIN security s ON s.security_id = t.security_id
WHERE a.tax_status = 'taxable' AND t.amount < t.cost_basis""",
    ),
    (
        "faulty_model",
        "one model that may not be followed: weights that do not sum to 1, an unknown name, a cycle, a faulty sleeve",
        """
WITH RECURSIVE reach(model_id, below) AS (
  SELECT model_id, child_model_id FROM models WHERE child_model_id IS NOT NULL
  UNION
  SELECT reach.model_id, m.child_model_id FROM reach JOIN models m ON m.model_id = reach.below
  WHERE m.child_model_id IS NOT NULL),
bad AS (
  SELECT m.model_id FROM models m LEFT JOIN security s USING (security_id)
  LEFT JOIN (SELECT DISTINCT model_id FROM models) child ON child.model_id = m.child_model_id
  GROUP BY m.model_id
  HAVING (abs(sum(m.weight) - 1) <= 1.001e-6 AND count(m.weight) = count(*)
          AND bool_and((s.security_id IS NULL) <> (child.model_id IS NULL))) IS NOT TRUE
  UNION
  SELECT model_id FROM reach WHERE below = model_id)
SELECT model_id FROM bad UNION SELECT reach.model_id FROM reach JOIN bad ON bad.model_id = reach.below""",
    ),
    (
        "flat",
        "one security of a sound model, its sleeves resolved",
        """
WITH RECURSIVE tree AS (
  SELECT model_id, security_id, child_model_id, weight FROM models ANTI JOIN faulty_model USING (model_id)
  UNION ALL
  SELECT tree.model_id, m.security_id, m.child_model_id, tree.weight * m.weight
  FROM tree JOIN models m ON m.model_id = tree.child_model_id)
SELECT model_id, security_id, sum(weight) AS weight FROM tree WHERE security_id IS NOT NULL
GROUP BY model_id, security_id""",
    ),
    (
        "fault",
        "one fault of the input that must make its account an exception",
        """
SELECT account_id, 'has ' || copies || ' rows in accounts' AS fault FROM account WHERE copies > 1
UNION ALL SELECT account_id, 'has no known tax_status' FROM account
WHERE (tax_status IN ('taxable', 'deferred', 'exempt')) IS NOT TRUE
UNION ALL SELECT account_id, 'has no cash figure' FROM account WHERE cash IS NULL
UNION ALL SELECT account_id, 'is worth nothing' FROM account WHERE value <= 0
UNION ALL SELECT account_id, 'follows no known model' FROM account
ANTI JOIN models ON models.model_id = account.model_id
UNION ALL SELECT account_id, 'follows a faulty model, ' || model_id FROM account JOIN faulty_model USING (model_id)
UNION ALL SELECT account_id, 'has an unknown policy, ' || policy_id FROM account
ANTI JOIN policies ON policies.policy_id = account.policy_id WHERE policy_id IS NOT NULL
UNION ALL SELECT account_id, concat('has a lot without a sound quantity, cost or date, ', lot_id) FROM lots
WHERE (quantity > 0 AND cost_basis >= 0 AND acquired <= today()) IS NOT TRUE
UNION ALL SELECT account_id, concat('has two lots ', lot_id) FROM lots GROUP BY account_id, lot_id HAVING count(*) > 1
UNION ALL SELECT p.account_id, concat('holds ', p.security_id, ', which is unknown, without a price or stale')
FROM position p JOIN account a USING (account_id) LEFT JOIN security s USING (security_id)
WHERE (s.price > 0 AND s.price_date >= today() - CAST(a.max_price_age_days AS INTEGER)) IS NOT TRUE""",
    ),
    (
        "follower",
        "one target as a model's followers with the same cash_target use it; `plain`: nothing is left out of it",
        """
WITH plain AS (
  SELECT model_id FROM flat LEFT JOIN security USING (security_id) GROUP BY model_id
  HAVING bool_and(coalesce(tradable AND price > 0, false))
     AND min(price_date) >= today() - (SELECT CAST(min(max_price_age_days) AS INTEGER) FROM account)),
bound AS (SELECT DISTINCT account_id FROM restrictions WHERE kind IN ('never_buy', 'sell_out', 'screen'))
SELECT d.target_id, d.model_id, d.cash_target, p.model_id IS NOT NULL AND b.account_id IS NULL AS plain,
       min(d.account_id) AS account_id
FROM decided d LEFT JOIN plain p USING (model_id) LEFT JOIN bound b USING (account_id) GROUP BY ALL""",
    ),
    (
        "tax_year",
        "one taxable, decided account: its year to date, its rates and its part of the household's deduction",
        # Whether an exception shares in the household's deduction depends on when it became one: before its value was
        # known (its input is faulty: `sound`) or after (`shared`).
        """
WITH pool AS (
  SELECT a.household_id, sum(a.value) FILTER (f.account_id IS NULL) AS sound,
         sum(a.value) FILTER (d.account_id IS NOT NULL) AS shared
  FROM account a LEFT JOIN (SELECT DISTINCT account_id FROM fault) f USING (account_id)
  LEFT JOIN (SELECT account_id FROM decided) d USING (account_id)
  WHERE a.tax_status = 'taxable' GROUP BY a.household_id)
SELECT d.account_id, d.st_ytd - d.st_carried AS s, d.lt_ytd - d.lt_carried AS l, d.st_rate, d.lt_rate, d.loss_value,
       d.ordinary_offset * d.value / p.sound AS offset_sound, d.ordinary_offset * d.value / p.shared AS offset_shared,
       CAST(coalesce(f.st, 0) AS DOUBLE) AS run_s, CAST(coalesce(f.lt, 0) AS DOUBLE) AS run_l
FROM decided d LEFT JOIN flow f USING (account_id) LEFT JOIN pool p USING (household_id)
WHERE d.tax_status = 'taxable'""",
    ),
    (
        "purchase",
        "one buy row, with its household and wash group",
        """
SELECT t.account_id, t.security_id, a.household_id, s.wash_group
FROM trades t JOIN account a USING (account_id) JOIN security s USING (security_id) WHERE t.side = 'BUY'""",
    ),
    (
        "recent_purchase",
        "one purchase of the last 30 days, as lots or activity show it",
        """
WITH recent AS (
  SELECT account_id, lot_id, security_id, acquired FROM lots WHERE acquired BETWEEN today() - 30 AND today()
  UNION ALL
  SELECT account_id, lot_id, security_id, trade_date FROM activity
  WHERE side = 'BUY' AND trade_date BETWEEN today() - 30 AND today())
SELECT a.household_id, s.wash_group, r.*
FROM recent r JOIN account a USING (account_id) JOIN security s USING (security_id)""",
    ),
    (
        "recent_loss",
        "one household and wash group sold at a loss in the last 30 days; a sell without realised_gain may be one",
        """
SELECT DISTINCT a.household_id, s.wash_group
FROM activity v JOIN account a USING (account_id) JOIN security s USING (security_id)
WHERE v.side = 'SELL' AND (coalesce(v.realised_gain, -1) < 0 OR v.wash_disallowed > 0)
  AND v.trade_date BETWEEN today() - 30 AND today()
  AND coalesce(a.tax_status, 'taxable') NOT IN ('deferred', 'exempt')""",
    ),
    (
        "waiting",
        "one account and security to sell out: shares whose loss would be a wash sale, where a person is told",
        f"""
SELECT l.account_id, l.security_id, sum(l.quantity) AS quantity
FROM lots l JOIN barred USING (account_id, security_id) JOIN account a USING (account_id)
JOIN security s USING (security_id)
SEMI JOIN (SELECT account_id FROM exceptions WHERE code = 'WASH_WAIT') USING (account_id)
WHERE sell_out AND NOT coalesce(l.locked, false) AND a.tax_status = 'taxable' AND l.cost_basis > s.price
  AND (EXISTS (SELECT 1 FROM recent_purchase b
               WHERE b.household_id = a.household_id AND b.wash_group = s.wash_group AND NOT coalesce({OWN}, false))
       OR EXISTS (SELECT 1 FROM purchase p WHERE p.household_id = a.household_id AND p.wash_group = s.wash_group))
GROUP BY l.account_id, l.security_id""",
    ),
    (
        "weight_limit",
        "one min_weight or max_weight restriction of a decided account, with what it is about in sum",
        """
WITH limits AS (SELECT row_number() OVER () AS nth, * FROM restrictions WHERE kind IN ('min_weight', 'max_weight'))
SELECT r.account_id, r.kind, any_value(coalesce(r.security_id, r.sector)) AS subject, any_value(r.value) AS bound,
       any_value(d.value) AS value, sum(h.bought) AS bought, sum(h.sold) AS sold,
       sum(CAST(h.after AS DOUBLE) * CAST(h.price AS DOUBLE)) AS usd
FROM limits r JOIN decided d USING (account_id) JOIN holding h ON h.account_id = r.account_id
  AND (h.security_id = r.security_id OR (r.security_id IS NULL AND h.sector = r.sector))
GROUP BY r.nth, r.account_id, r.kind""",
    ),
)


def build(connection: duckdb.DuckDBPyConnection, as_of: datetime.date) -> None:
    """Create the macros and the shared tables over the loaded ones."""
    connection.execute(f"CREATE TEMP MACRO today() AS DATE '{as_of.isoformat()}'")
    for macro in _MACROS:
        connection.execute(f"CREATE TEMP MACRO {macro}")
    for name, _, select in SHARED:
        connection.execute(f"CREATE TEMP TABLE {name} AS {select}")

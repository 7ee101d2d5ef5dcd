"""Wash sales (§1091): over a whole household, 30 days back, both ends in; none that is new and not reported."""

from __future__ import annotations

from typing import Final

from engine.prove.verify.rule import Rule
from engine.prove.verify.shared import OWN

RULES: Final = (
    Rule(
        "wash_amount",
        "The loss disallowed is never negative and never more than the loss; only taxable accounts report one.",
        """
SELECT t.account_id, concat(t.side, ' of ', t.security_id, ' disallows ', t.wash_disallowed)
FROM trades t LEFT JOIN account a USING (account_id)
WHERE (t.wash_disallowed >= 0 AND (t.wash_disallowed = 0 OR a.tax_status = 'taxable')
  AND (t.side = 'BUY' OR t.wash_disallowed <= greatest(t.cost_basis - t.amount, 0))) IS NOT TRUE""",
    ),
    Rule(
        "wash_within_run",
        "No household buys in the run what one of its taxable accounts sells at a loss in it, unless reported.",
        """
SELECT account_id, concat('sells lot ', lot_id, ' of ', security_id, ' at a loss that its household buys again')
FROM loss_sale SEMI JOIN purchase USING (household_id, wash_group) WHERE reported = 0 OR wash_policy = 'forbid'""",
    ),
    Rule(
        "wash_recent_purchase",
        "No loss is taken in what the household bought in the last 30 days, unless reported.",
        f"""
SELECT l.account_id, concat('sells lot ', l.lot_id, ' of ', l.security_id, ' at a loss; ', b.account_id, ' bought ',
       b.security_id, ' on ', b.acquired)
FROM loss_sale l JOIN recent_purchase b USING (household_id, wash_group)
WHERE (l.reported = 0 OR l.wash_policy = 'forbid') AND NOT b.gone AND NOT coalesce({OWN}, false)""",
    ),
    Rule(
        "wash_recent_loss",
        "Nothing is bought that the household sold at a loss in the last 30 days, unless reported; never in an IRA.",
        # A sell without realised_gain may have been a loss, and counts as one.
        """
WITH lost AS (
  SELECT DISTINCT coalesce(a.household_id, v.account_id) AS household_id,
         coalesce(s.wash_group, v.security_id) AS wash_group
  FROM activity v LEFT JOIN account a USING (account_id) LEFT JOIN security s USING (security_id)
  WHERE v.side = 'SELL' AND coalesce(v.realised_gain, -1) < 0 AND v.trade_date BETWEEN today() - 30 AND today()
    AND coalesce(a.tax_status, 'taxable') NOT IN ('deferred', 'exempt'))
SELECT account_id, concat('buys ', security_id, ', which its household sold at a loss in the last 30 days')
FROM purchase SEMI JOIN lost USING (household_id, wash_group)
WHERE reported = 0 OR wash_policy = 'forbid' OR tax_status <> 'taxable'""",
    ),
)

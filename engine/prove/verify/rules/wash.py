"""Wash sales (§1091): over a whole household, 30 days back, both ends in, share for share, each reported."""

from __future__ import annotations

from typing import Final

from engine.prove.verify.rule import Rule

# A cent for each row, and for each further piece that replacement cuts from it: its basis and proceeds are rounded.
_CUTS: Final = "0.01 * (coalesce(rows, 1) + greatest(coalesce(pieces, 1), 1) - 1) + 1e-6"
# And for each loss that it took up: what was taken up is in the basis it reports, rounded.
_TAKEN_UP: Final = "0.01 * coalesce(absorbed_pieces, 0)"

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
        "wash_sale_reported",
        "A lot's sale disallows the loss on as many shares as the household bought within 30 days and no other loss "
        "has used up: to the cent where all are replaced or none, else within a cent for each row, each further "
        "cut and each loss taken up.",
        f"""
WITH reported AS (
  SELECT account_id, lot_id, CAST(sum(wash_disallowed) AS DOUBLE) AS usd, count(*) AS rows FROM sale GROUP BY ALL)
SELECT account_id, printf('lot %s disallows %.2f; the shares that replace it make %.2f', lot_id, usd,
       coalesce(disallowed, 0))
FROM reported LEFT JOIN wash_sale USING (account_id, lot_id)
WHERE (abs(usd - coalesce(disallowed, 0))
       <= CASE WHEN coalesce(pieces, 0) = 0 OR (whole AND absorbed_pieces = 0) THEN 0.001
               ELSE {_CUTS} + {_TAKEN_UP} END)
      IS NOT TRUE""",
    ),
    Rule(
        "wash_buy_reported",
        "A buy takes away the losses of the last 30 days that it replaces, by term, within a cent for each row and "
        "further cut; none it does not replace.",
        f"""
WITH reported AS (
  SELECT account_id, security_id, term, CAST(sum(wash_disallowed) AS DOUBLE) AS usd, count(*) AS rows
  FROM trades WHERE side = 'BUY' AND wash_disallowed <> 0 GROUP BY ALL),
found AS (
  SELECT account_id, security_id, CASE WHEN sold >= long_from(start) THEN 'LONG' ELSE 'SHORT' END AS term,
         sum(lost) AS lost, count(*) AS pieces
  FROM wash_buy JOIN account USING (account_id) WHERE tax_status = 'taxable' GROUP BY ALL)
SELECT account_id, printf('buy of %s takes away %.2f %s; what it replaces makes %.2f', security_id,
       coalesce(usd, 0), coalesce(term, 'of no term'), coalesce(lost, 0))
FROM reported FULL JOIN found USING (account_id, security_id, term)
WHERE (abs(coalesce(usd, 0) - coalesce(lost, 0)) <= {_CUTS}) IS NOT TRUE""",
    ),
    Rule(
        "wash_forbidden",
        "Under wash_policy forbid, no sale's loss is disallowed and no buy takes one away.",
        """
SELECT account_id, concat('is not to have wash sales, and has one in ', what)
FROM (SELECT account_id, lot_id AS what FROM wash_sale WHERE pieces > 0
      UNION SELECT account_id, security_id FROM wash_buy
      UNION SELECT account_id, coalesce(lot_id, security_id) FROM trades WHERE wash_disallowed <> 0)
JOIN account USING (account_id) WHERE wash_policy = 'forbid'""",
    ),
    Rule(
        "wash_retirement_buy",
        "No deferred or exempt account buys what replaces a loss of the last 30 days: there it would be gone for good.",
        """
SELECT account_id, printf('buys %s and takes away %.2f for good', security_id, sum(lost))
FROM wash_buy JOIN account USING (account_id) WHERE tax_status IN ('deferred', 'exempt')
GROUP BY account_id, security_id""",
    ),
    Rule(
        "wash_unknown_loss",
        "Nothing is bought that the household sold in the last 30 days and of which activity does not tell the loss.",
        """
SELECT account_id, concat('buys ', security_id, ', of which a recent sale has no realised_gain')
FROM purchase SEMI JOIN wash_unknown USING (household_id, wash_group)""",
    ),
    Rule(
        "wash_within_run",
        "No account buys in the run what another one of its household sells at a loss in it.",
        """
SELECT DISTINCT l.account_id, concat('sells lot ', l.lot_id, ' of ', l.security_id, ' at a loss; ', p.account_id,
       ' buys ', p.security_id)
FROM loss_sale l JOIN purchase p USING (household_id, wash_group) WHERE p.account_id <> l.account_id""",
    ),
)

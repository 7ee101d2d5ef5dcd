"""Tax: basis, gain, term and the tax of the run, from the law and not from the kernels."""

from __future__ import annotations

from typing import Final

from engine.prove.verify.rule import Rule

RULES: Final = (
    Rule(
        "basis_of_sale",
        "A lot sold out carries its whole cost to the cent; a part of it carries its share within a cent.",
        """
SELECT account_id, printf('lot %s: basis %.2f of %.2f for %s of %s shares', lot_id, basis, lot_total,
       CAST(sold AS VARCHAR), CAST(lot_quantity AS VARCHAR))
FROM lot_sale WHERE lot_quantity > 0
  AND (abs(basis - lot_total * CAST(sold AS DOUBLE) / CAST(lot_quantity AS DOUBLE))
       <= CASE WHEN sold = lot_quantity THEN 0.001 ELSE 0.010001 END) IS NOT TRUE""",
    ),
    Rule(
        "gain_of_sale",
        "A sell's gain is amount less basis plus the loss disallowed.",
        """
SELECT account_id, concat(security_id, ': gain ', realised_gain, ' is not ', amount, ' - ', cost_basis, ' + ',
       wash_disallowed)
FROM trades WHERE side = 'SELL' AND (realised_gain = amount - cost_basis + wash_disallowed) IS NOT TRUE""",
    ),
    Rule(
        "buy_row",
        "A buy has no lot and no term, costs its amount and gains nothing, unless it takes away a recent loss.",
        """
SELECT account_id, concat('buy of ', security_id, ': basis ', cost_basis, ', lot ', lot_id, ', term ', term,
       ', gain ', realised_gain, ', disallowed ', wash_disallowed)
FROM trades WHERE side = 'BUY' AND (cost_basis = amount AND lot_id IS NULL AND realised_gain = wash_disallowed
  AND (term IS NOT NULL) = (wash_disallowed > 0)) IS NOT TRUE""",
    ),
    Rule(
        "term_by_law",
        "A sell is LONG from the day after the anniversary of the day of purchase (Rev. Rul. 66-7).",
        """
SELECT account_id, concat('lot ', lot_id, ' is sold as ', term, '; it is long-term from ', long_from)
FROM sale WHERE (term = CASE WHEN today() >= long_from THEN 'LONG' ELSE 'SHORT' END) IS NOT TRUE""",
    ),
    Rule(
        "realised_totals",
        "Realised gains reported are the sum of the rows' gains by term, to the cent.",
        """
SELECT account_id, concat('realised ', realised_st, ' short, ', realised_lt, ' long; rows make ',
       coalesce(st, 0), ', ', coalesce(lt, 0))
FROM decided LEFT JOIN flow USING (account_id)
WHERE (realised_st = coalesce(st, 0) AND realised_lt = coalesce(lt, 0)) IS NOT TRUE""",
    ),
    Rule(
        "tax_cost",
        "The tax of the run is the netting schedule with its trades less without, within a cent; none in an IRA.",
        # A household's offset is divided over its taxable accounts. Whether an exception shares in it depends on when
        # it became one: before its value was known (its input is faulty: `sound`) or after (`shared`).
        """
WITH pool AS (
  SELECT household_id, sum(value) FILTER (account_id NOT IN (SELECT account_id FROM fault)) AS sound,
         sum(value) FILTER (account_id IN (SELECT account_id FROM decided)) AS shared
  FROM account WHERE tax_status = 'taxable' GROUP BY household_id),
base AS (
  SELECT d.*, st_ytd - st_carried AS s, lt_ytd - lt_carried AS l,
         CAST(coalesce(f.st, 0) AS DOUBLE) AS st, CAST(coalesce(f.lt, 0) AS DOUBLE) AS lt,
         ordinary_offset * value / pool.sound AS d1, ordinary_offset * value / pool.shared AS d2
  FROM decided d LEFT JOIN flow f USING (account_id) LEFT JOIN pool USING (household_id)),
owed AS (
  SELECT account_id, tax_status, tax_cost,
         schedule(s + st, l + lt, st_rate, lt_rate, loss_value, d1) - schedule(s, l, st_rate, lt_rate, loss_value, d1)
           AS tax1,
         schedule(s + st, l + lt, st_rate, lt_rate, loss_value, d2) - schedule(s, l, st_rate, lt_rate, loss_value, d2)
           AS tax2
  FROM base)
SELECT account_id, printf('tax_cost %s; the schedule makes %.2f', CAST(tax_cost AS VARCHAR),
       CASE WHEN tax_status = 'taxable' THEN tax1 ELSE 0 END)
FROM owed WHERE CASE WHEN tax_status = 'taxable'
  THEN (least(abs(tax_cost - tax1), abs(tax_cost - tax2)) <= 0.010001) IS NOT TRUE
  ELSE (tax_cost = 0) IS NOT TRUE END""",
    ),
    Rule(
        "budgets_held",
        "No run takes an account over its gain or tax budget, or to a net gain before preserve_until; only a sell-out, "
        "or for the budgets cash, may.",
        """
SELECT account_id, printf('realises %.2f with %.2f in the year to date, at a tax of %s',
       CAST(st + lt AS DOUBLE), st_ytd + lt_ytd, CAST(tax_cost AS VARCHAR))
FROM decided JOIN flow USING (account_id) LEFT JOIN (
  SELECT account_id, schedule(st_ytd - st_carried, lt_ytd - lt_carried, st_rate, lt_rate, loss_value, ordinary_offset)
    AS tax_ytd FROM account) USING (account_id)
WHERE tax_status = 'taxable' AND st + lt > 0 AND (
  (NOT forced AND st_ytd + lt_ytd + st + lt > gain_budget + 0.01)
  OR (NOT forced AND tax_cost > 0 AND tax_ytd + tax_cost > tax_budget + 0.01)
  OR (NOT selling_out AND today() < preserve_until AND st_ytd + lt_ytd + st + lt > 0.005))""",
    ),
    Rule(
        "tax_saved_adds_up",
        "Tax saved or deferred is the blind twin's tax less ours, and its three parts sum to it, where they are given.",
        """
SELECT account_id, concat('blind ', tax_blind, ' less ', tax_cost, ' is not ', tax_saved_or_deferred, ', or the parts ',
       saved_by_lot_choice, ', ', deferred_gains, ', ', harvested, ' do not sum to it')
FROM decided WHERE tax_blind - tax_cost <> tax_saved_or_deferred
  OR saved_by_lot_choice + deferred_gains + harvested <> tax_saved_or_deferred""",
    ),
)

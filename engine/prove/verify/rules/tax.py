"""Tax: basis, gain, term and the tax of the run, from the law and not from the kernels."""

from __future__ import annotations

from typing import Final

from engine.prove.verify.rule import Rule

RULES: Final = (
    Rule(
        "basis_of_sale",
        "A lot sold out carries its whole cost to the cent; a part of it its share within a cent; losses of the run "
        "that its shares took up are added, within a cent for each part taken up.",
        """
SELECT account_id, printf('lot %s: basis %.2f of %.2f, and %.2f taken up, for %s of %s shares', lot_id, basis,
       lot_total, absorbed, CAST(sold AS VARCHAR), CAST(lot_quantity AS VARCHAR))
FROM (SELECT s.*, coalesce(w.absorbed, 0) AS absorbed, coalesce(w.absorbed_pieces, 0) AS parts
      FROM lot_sale s LEFT JOIN wash_sale w USING (account_id, lot_id))
WHERE lot_quantity > 0
  AND (abs(basis - lot_total * CAST(sold AS DOUBLE) / CAST(lot_quantity AS DOUBLE) - absorbed)
       <= CASE WHEN sold = lot_quantity AND parts = 0 THEN 0.001 ELSE 0.010001 + 0.01 * parts END) IS NOT TRUE""",
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
        "A sell is LONG from the day after the anniversary of the day of purchase (Rev. Rul. 66-7), or of the day to "
        "which a loss of the run that its shares took up moves it (§1223(3)).",
        """
SELECT account_id, concat('lot ', lot_id, ' is sold as ', term, '; it is long-term from ', long_from)
FROM sale WHERE (term = CASE WHEN today() >= long_from THEN 'LONG' ELSE 'SHORT' END) IS NOT TRUE
  AND NOT EXISTS (SELECT 1 FROM wash_tacked w WHERE w.account_id = sale.account_id AND w.lot_id = sale.lot_id
                  AND sale.term = CASE WHEN today() >= long_from(w.start) THEN 'LONG' ELSE 'SHORT' END)""",
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
        """
WITH owed AS (
  SELECT account_id,
         schedule(s + run_s, l + run_l, st_rate, lt_rate, loss_value, offset_sound)
           - schedule(s, l, st_rate, lt_rate, loss_value, offset_sound) AS tax,
         schedule(s + run_s, l + run_l, st_rate, lt_rate, loss_value, offset_shared)
           - schedule(s, l, st_rate, lt_rate, loss_value, offset_shared) AS other
  FROM tax_year)
SELECT account_id, printf('tax_cost %s; the schedule makes %.2f', CAST(tax_cost AS VARCHAR), coalesce(tax, 0))
FROM decided LEFT JOIN owed USING (account_id) WHERE CASE WHEN tax_status = 'taxable'
  THEN (least(abs(tax_cost - tax), abs(tax_cost - other)) <= 0.010001) IS NOT TRUE
  ELSE (tax_cost = 0) IS NOT TRUE END""",
    ),
    Rule(
        "gain_budget",
        "No run takes the year's net realised gain over gain_budget; only cash or a sell-out may.",
        """
SELECT account_id, printf('realises %.2f with %.2f in the year to date; the budget is %.2f',
       CAST(st + lt AS DOUBLE), st_ytd + lt_ytd, gain_budget)
FROM decided JOIN flow USING (account_id)
WHERE tax_status = 'taxable' AND NOT forced AND st + lt > 0 AND st_ytd + lt_ytd + st + lt > gain_budget + 0.01""",
    ),
    Rule(
        "tax_budget",
        "No run takes the year's tax over tax_budget; only cash or a sell-out may.",
        """
SELECT account_id, printf('adds a tax of %s; the budget for the year is %.2f', CAST(tax_cost AS VARCHAR), tax_budget)
FROM decided d JOIN flow USING (account_id) JOIN tax_year y USING (account_id)
WHERE NOT forced AND tax_cost > 0 AND tax_budget IS NOT NULL
  AND schedule(s, l, y.st_rate, y.lt_rate, y.loss_value, offset_sound) + tax_cost > tax_budget + 0.01""",
    ),
    Rule(
        "gains_preserved",
        "No net gain of the year is realised before preserve_until; only a sell-out may.",
        """
SELECT account_id, printf('realises %.2f before %s', CAST(st + lt AS DOUBLE), CAST(preserve_until AS VARCHAR))
FROM decided JOIN flow USING (account_id)
WHERE tax_status = 'taxable' AND NOT selling_out AND today() < preserve_until
  AND st + lt > 0 AND st_ytd + lt_ytd + st + lt > 0.005""",
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

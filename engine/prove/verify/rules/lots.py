"""Shares: what is sold is there, is free to be sold, and is counted once."""

from __future__ import annotations

from typing import Final

from engine.prove.verify.rule import Rule

RULES: Final = (
    Rule(
        "sell_names_own_lot",
        "A sell names a lot that the account holds, and the security of that lot.",
        """
SELECT account_id, concat('sells ', security_id, ' from lot ', lot_id, ', which holds ', coalesce(lot_security, 'none'))
FROM sale WHERE (lot_security = security_id) IS NOT TRUE""",
    ),
    Rule(
        "sell_within_lot",
        "No more is sold of a lot than it holds.",
        """
SELECT account_id, concat('sells ', sold, ' shares of lot ', lot_id, ', which holds ', lot_quantity)
FROM lot_sale WHERE sold > lot_quantity""",
    ),
    Rule(
        "locked_lot_kept",
        "A locked lot is not sold.",
        "SELECT account_id, concat('sells lot ', lot_id, ', which is locked') FROM sale WHERE locked",
    ),
    Rule(
        "lots_reconcile",
        "Shares left in the lots, and shares bought, are the shares held before less sold and more bought, exactly.",
        """
WITH left_over AS (
  SELECT h.account_id, h.security_id, any_value(h.after) AS after,
         any_value(h.held) - coalesce(sum(least(s.sold, s.lot_quantity)), 0) + any_value(h.bought) AS by_lot
  FROM holding h LEFT JOIN lot_sale s ON s.account_id = h.account_id AND s.lot_security = h.security_id
  WHERE h.sold > 0 OR s.sold > 0 GROUP BY h.account_id, h.security_id)
SELECT account_id, concat(security_id, ': ', by_lot, ' shares by lot, ', after, ' by name') FROM left_over
WHERE after <> by_lot OR after < 0""",
    ),
    Rule(
        "quantity_positive",
        "Every trade is of more than zero shares.",
        """
SELECT account_id, concat(side, ' of ', coalesce(CAST(quantity AS VARCHAR), 'no'), ' shares of ', security_id)
FROM trades WHERE (quantity > 0) IS NOT TRUE""",
    ),
    Rule(
        "whole_shares",
        "Whole shares per account, name and side, unless the name is fractional or the whole position is sold.",
        """
SELECT account_id, concat('buys ', bought, ' and sells ', sold, ' shares of ', security_id)
FROM holding WHERE NOT fractional
  AND (bought % 1 <> 0 OR (sold % 1 <> 0 AND sold <> held))""",
    ),
    Rule(
        "one_side_a_name",
        "No account both buys and sells a name.",
        """
SELECT account_id, concat('buys ', bought, ' and sells ', sold, ' shares of ', security_id)
FROM holding WHERE bought > 0 AND sold > 0""",
    ),
)

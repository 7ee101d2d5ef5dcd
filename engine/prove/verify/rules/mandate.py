"""Mandate: what a client forbade or asked for, and the sizes that make sense to trade."""

from __future__ import annotations

from typing import Final

from engine.prove.verify.rule import Rule

RULES: Final = (
    Rule(
        "no_barred_buy",
        "Nothing is bought that the account never buys, screens out or is to sell out.",
        """
SELECT account_id, concat('buys ', security_id, ', which its restrictions bar')
FROM holding JOIN barred USING (account_id, security_id) WHERE bought > 0 AND (never_buy OR screened OR sell_out)""",
    ),
    Rule(
        "no_barred_sell",
        "Nothing is sold that the account never sells.",
        """
SELECT account_id, concat('sells ', security_id, ', which it never sells')
FROM holding JOIN barred USING (account_id, security_id) WHERE sold > 0 AND never_sell""",
    ),
    Rule(
        "no_untradable_trade",
        "Nothing is traded that is not tradable.",
        """
SELECT account_id, concat('trades ', security_id, ', which is not tradable')
FROM holding WHERE (bought > 0 OR sold > 0) AND NOT tradable""",
    ),
    Rule(
        "no_blind_buy",
        "Nothing is bought that is unknown, or has no price of the last max_price_age_days.",
        """
SELECT account_id, concat('buys ', security_id, ', which is unknown, without a price or stale')
FROM holding JOIN account USING (account_id) WHERE bought > 0
  AND (known AND holding.price > 0 AND price_date >= today() - CAST(max_price_age_days AS INTEGER)) IS NOT TRUE""",
    ),
    Rule(
        "sell_out_done",
        "A traded account sells out what it is to sell out, in whole shares where some stay: all but locked, barred "
        "or untradable holdings, and lots whose loss would be a wash sale, where an exception WASH_WAIT says so.",
        """
WITH due AS (
  SELECT h.*, unlocked - coalesce(w.quantity, 0) AS free
  FROM holding h JOIN barred b USING (account_id, security_id) JOIN decided d USING (account_id)
  LEFT JOIN waiting w USING (account_id, security_id)
  WHERE d.status = 'TRADED' AND b.sell_out AND NOT b.never_sell AND h.tradable)
SELECT account_id, concat('is to sell out ', security_id, ' and keeps ', free - sold, ' free shares')
FROM due WHERE sold < free - CASE WHEN fractional OR free = held THEN 0 ELSE free % 1 END""",
    ),
    Rule(
        "sell_out_not_shelved",
        "An account with something to sell out is not held by a band, a benefit or a size.",
        """
SELECT account_id, concat('is to sell out ', security_id, ' and is held by ', coalesce(code, 'nothing'))
FROM holding JOIN barred USING (account_id, security_id) JOIN decided USING (account_id)
WHERE status = 'NO_TRADE' AND sell_out AND NOT never_sell AND tradable AND unlocked > 0
  AND coalesce(code, '') IN ('', 'IN_BAND', 'NO_BENEFIT', 'MIN_TRADE')""",
    ),
    Rule(
        "min_trade",
        "No order is smaller than min_trade_usd, unless it sells all that may be sold or is for cash or a sell-out.",
        """
SELECT account_id, concat('an order of ', greatest(bought_usd, sold_usd), ' in ', security_id, '; least is ',
       min_trade_usd)
FROM holding JOIN decided USING (account_id) WHERE NOT forced
  AND ((bought > 0 AND bought_usd < min_trade_usd - 0.01)
       OR (sold > 0 AND sold < unlocked AND sold_usd < min_trade_usd - 0.01))""",
    ),
    Rule(
        "min_position",
        "No trade leaves a position smaller than min_position_usd, unless all that may be sold is sold.",
        """
SELECT account_id, printf('leaves %.2f of %s; least is %.2f',
       CAST(after AS DOUBLE) * CAST(price AS DOUBLE), security_id, min_position_usd)
FROM holding JOIN decided USING (account_id) WHERE (bought > 0 OR (sold > 0 AND sold < unlocked))
  AND after > 0 AND CAST(after AS DOUBLE) * CAST(price AS DOUBLE) < min_position_usd - 0.01""",
    ),
    Rule(
        "max_weight",
        "No buy takes a name above the setting max_weight.",
        """
SELECT account_id, printf('%s comes to %.9f of value; max_weight is %.9f',
       security_id, CAST(after AS DOUBLE) * CAST(price AS DOUBLE) / value, max_weight)
FROM holding JOIN decided USING (account_id)
WHERE bought > 0 AND CAST(after AS DOUBLE) * CAST(price AS DOUBLE) > (max_weight + 1e-9) * value""",
    ),
    Rule(
        "max_weight_restriction",
        "No buy takes a name or sector above the account's own limit.",
        """
SELECT account_id, printf('%s comes to %.9f of value; the restriction says %.9f', subject, usd / value, bound)
FROM weight_limit WHERE kind = 'max_weight' AND bought > 0 AND usd > (bound + 1e-9) * value""",
    ),
    Rule(
        "min_weight_restriction",
        "No sell takes a name or sector below the account's own limit.",
        """
SELECT account_id, printf('%s comes to %.9f of value; the restriction says %.9f', subject, usd / value, bound)
FROM weight_limit WHERE kind = 'min_weight' AND sold > 0 AND usd < (bound - 1e-9) * value""",
    ),
)

"""Money: prices, amounts, cash and the figures that a client reads."""

from __future__ import annotations

from typing import Final

from engine.prove.verify.rule import Rule

RULES: Final = (
    Rule(
        "price_is_market",
        "A trade's price is the security's price, to a millionth of a dollar.",
        """
SELECT t.account_id, concat(t.security_id, ' at ', t.price, '; its price is ', s.price)
FROM trades t LEFT JOIN security s USING (security_id) WHERE (t.price = s.price) IS NOT TRUE""",
    ),
    Rule(
        "amount_to_the_cent",
        "A trade's amount is quantity times price, rounded half up to the cent.",
        """
SELECT account_id, concat(security_id, ': ', quantity, ' x ', price, ' is not ', amount)
FROM trades WHERE (amount = round(CAST(quantity AS DECIMAL(38,6)) * price, 2)) IS NOT TRUE""",
    ),
    Rule(
        "cash_before",
        "The cash a decision starts from is the cash delivered.",
        """
SELECT account_id, concat('starts from cash ', cash_before, '; delivered was ', cash)
FROM decided WHERE (cash_before = cash) IS NOT TRUE""",
    ),
    Rule(
        "cash_after",
        "Cash after is cash before, less what is bought, more what is sold, exactly.",
        """
SELECT d.account_id, concat('cash after ', d.cash_after, '; the trades leave ',
       d.cash - coalesce(f.bought, 0) + coalesce(f.sold, 0))
FROM decided d LEFT JOIN flow f USING (account_id)
WHERE (d.cash_after = d.cash - coalesce(f.bought, 0) + coalesce(f.sold, 0)) IS NOT TRUE""",
    ),
    Rule(
        "cash_floor",
        "An account that buys keeps cash_min of its value and its pending outflows, after the estimated half-spreads.",
        """
SELECT account_id, printf('buys and keeps %.2f; cash_min and outflows need %.2f',
       CAST(cash AS DOUBLE) - bought + sold - cost, cash_min * value + outflow)
FROM decided JOIN flow USING (account_id)
WHERE bought > 0 AND (CAST(cash AS DOUBLE) - bought + sold - cost >= cash_min * value + outflow - 0.01) IS NOT TRUE""",
    ),
    Rule(
        "value",
        "The value reported is cash and positions at price, to the cent.",
        """
SELECT account_id, printf('value %s; cash and positions are worth %.2f', CAST(stated_value AS VARCHAR), value)
FROM decided WHERE (abs(stated_value - value) <= 0.006) IS NOT TRUE""",
    ),
    Rule(
        "turnover",
        "Turnover is half of what is bought and sold, as a fraction of value.",
        """
SELECT account_id, concat('turnover ', d.turnover, '; the trades make ',
       (coalesce(bought, 0) + coalesce(sold, 0)) / 2 / value)
FROM decided d LEFT JOIN flow USING (account_id)
WHERE close(d.turnover, (coalesce(bought, 0) + coalesce(sold, 0)) / 2 / value, value) IS NOT TRUE""",
    ),
    Rule(
        "max_turnover",
        "The smaller side of the trades stays within max_turnover, unless a sell-out or cash forces it.",
        """
SELECT account_id, printf('the smaller side is %.2f; the limit is %.2f',
       CAST(least(bought, sold) AS DOUBLE), max_turnover * value)
FROM decided JOIN flow USING (account_id)
WHERE NOT forced AND least(bought, sold) > max_turnover * value + 0.01""",
    ),
)

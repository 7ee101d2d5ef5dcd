"""Outcomes: every account is answered for once, and whoever needs a person says so."""

from __future__ import annotations

from typing import Final

from engine.prove.verify.rule import Rule

RULES: Final = (
    Rule(
        "account_once",
        "Every input account has exactly one row in results, and nobody else has one.",
        """
SELECT account_id, 'has no row in results' FROM account ANTI JOIN results USING (account_id)
UNION ALL
SELECT coalesce(account_id, ''), 'is in results and not in accounts' FROM results ANTI JOIN account USING (account_id)
UNION ALL
SELECT account_id, concat('has ', count(*), ' rows in results') FROM results GROUP BY account_id HAVING count(*) > 1""",
    ),
    Rule(
        "words_known",
        "Status, side, reason and term are words of the contract.",
        """
SELECT account_id, concat('status ', status) FROM results
WHERE (status IN ('TRADED', 'NO_TRADE', 'EXCEPTION')) IS NOT TRUE
UNION ALL
SELECT account_id, concat('side ', side, ', reason ', reason, ', term ', term) FROM trades
WHERE (side IN ('BUY', 'SELL') AND reason IN ('TRACK', 'HARVEST', 'CASH', 'SELL_OUT', 'TRANSITION')
       AND (term IS NULL OR term IN ('SHORT', 'LONG'))) IS NOT TRUE""",
    ),
    Rule(
        "trades_match_status",
        "An account has trades if, and only if, its status is TRADED.",
        """
SELECT t.account_id, concat('has trades and the status ', coalesce(r.status, 'of no one'))
FROM trades t LEFT JOIN results r USING (account_id) WHERE (r.status = 'TRADED') IS NOT TRUE
UNION ALL
SELECT account_id, 'is TRADED and has no trades' FROM results ANTI JOIN trades USING (account_id)
WHERE status = 'TRADED'""",
    ),
    Rule(
        "fault_is_exception",
        "An account whose input is faulty is an exception.",
        """
SELECT account_id, concat(fault, ' and is ', status) FROM fault JOIN results USING (account_id)
WHERE status <> 'EXCEPTION'""",
    ),
    Rule(
        "exception_explained",
        "Every exception has an ERROR row that tells a person what to do, and nobody else has one.",
        """
SELECT r.account_id, 'is an exception without an ERROR row'
FROM results r ANTI JOIN (SELECT account_id FROM exceptions WHERE severity = 'ERROR' AND code IS NOT NULL) e
USING (account_id) WHERE r.status = 'EXCEPTION'
UNION ALL
SELECT r.account_id, concat('has the ERROR ', e.code, ' and is ', r.status)
FROM exceptions e JOIN results r USING (account_id) WHERE e.severity = 'ERROR' AND r.status <> 'EXCEPTION'""",
    ),
    Rule(
        "code_given",
        "Whoever does not trade names the rule that held it.",
        """
SELECT account_id, concat('is ', status, ' without a code') FROM results
WHERE status IN ('NO_TRADE', 'EXCEPTION') AND coalesce(code, '') = ''""",
    ),
    Rule(
        "objective_given",
        "A traded account carries its objective, its gap and the solver that found it. One that only sells may have no "
        "gap: whole shares may not reach the cash to be held and the spread beside it.",
        """
SELECT account_id, 'is TRADED without objective_bp, gap_bp or solver' FROM results
WHERE status = 'TRADED' AND (objective_bp IS NULL OR coalesce(solver, '') = ''
  OR (gap_bp IS NULL AND account_id IN (SELECT account_id FROM purchase)))""",
    ),
    Rule(
        "gap_not_negative",
        "No answer is better than the best possible: a negative gap means that the trades are invalid.",
        "SELECT account_id, concat('gap_bp ', gap_bp) FROM results WHERE gap_bp < -1e-6",
    ),
    Rule(
        "one_run",
        "All trades carry one run_id.",
        """
SELECT '', concat('run_ids ', string_agg(DISTINCT coalesce(run_id, 'null'), ', ')) FROM trades
HAVING count(*) > 0 AND (count(DISTINCT run_id) <> 1 OR count(run_id) <> count(*))""",
    ),
    Rule(
        "orders_are_trades",
        "The part's block orders are the sum of its trades: quantity, amount and accounts, exactly.",
        """
WITH block AS (
  SELECT security_id, side, sum(quantity) AS quantity, sum(amount) AS amount, sum(accounts) AS accounts
  FROM orders GROUP BY security_id, side),
allocation AS (
  SELECT security_id, side, sum(quantity) AS quantity, sum(amount) AS amount, count(DISTINCT account_id) AS accounts
  FROM trades GROUP BY security_id, side)
SELECT '', concat(security_id, ' ', side, ': order ', b.quantity, ' shares, ', b.amount, ', ', b.accounts,
       ' accounts; trades ', t.quantity, ' shares, ', t.amount, ', ', t.accounts, ' accounts')
FROM block b FULL JOIN allocation t USING (security_id, side)
WHERE (b.quantity = t.quantity AND b.amount = t.amount AND b.accounts = t.accounts) IS NOT TRUE""",
    ),
)

"""Targets and risk: the right model is followed, and trading brings the account closer to it."""

from __future__ import annotations

from typing import Final

from engine.prove.verify.rule import Rule
from engine.prove.verify.shared import COVERS

RULES: Final = (
    Rule(
        "target_known",
        "Every decided account names an effective target that is in targets.",
        """
SELECT account_id, concat('names the target ', target_id, ', which is not in targets')
FROM decided ANTI JOIN targets USING (target_id)""",
    ),
    Rule(
        "target_row_once",
        "A security is in a target once, with a weight that is not negative.",
        """
SELECT '', concat('target ', target_id, ' has ', count(*), ' rows of ', security_id, ', least weight ', min(weight))
FROM targets GROUP BY target_id, security_id HAVING count(*) > 1 OR (min(weight) >= 0) IS NOT TRUE""",
    ),
    Rule(
        "target_sum",
        "An effective target's weights sum to 1 less cash_target.",
        """
SELECT account_id, printf('target %s sums to %.9f with a cash_target of %.9f', target_id, total, cash_target)
FROM decided JOIN (SELECT target_id, sum(weight) AS total FROM targets GROUP BY target_id) USING (target_id)
WHERE (abs(total - (1 - cash_target)) <= 1e-6) IS NOT TRUE""",
    ),
    Rule(
        "target_permitted",
        "An effective target names nothing that the account bars.",
        f"""
SELECT d.account_id, concat('target ', d.target_id, ' names ', t.security_id, ', which is barred by ', r.kind)
FROM restrictions r JOIN decided d USING (account_id) JOIN targets t USING (target_id)
LEFT JOIN security s ON s.security_id = t.security_id
LEFT JOIN (SELECT DISTINCT screen_id, security_id FROM screens) n
  ON r.kind = 'screen' AND n.screen_id = r.screen_id AND n.security_id = t.security_id
WHERE t.weight > 0 AND r.kind IN ('never_buy', 'sell_out', 'screen')
  AND {COVERS.format(id="t.security_id", sector="s.sector")}""",
    ),
    Rule(
        "target_tradable",
        "An effective target names nothing unknown or untradable.",
        """
SELECT f.account_id, concat('target ', f.target_id, ' names ', t.security_id, ', which is unknown or not tradable')
FROM follower f JOIN targets t USING (target_id) LEFT JOIN security s USING (security_id)
WHERE t.weight > 0 AND s.tradable IS NOT TRUE""",
    ),
    Rule(
        "target_is_model",
        "Where nothing is barred or untradable, the effective target is the model, sleeves resolved, less cash.",
        """
WITH side AS (
  SELECT account_id, security_id, weight * (1 - cash_target) AS model, 0 AS target
  FROM follower JOIN flat USING (model_id) WHERE plain
  UNION ALL
  SELECT account_id, security_id, 0, weight FROM follower JOIN targets USING (target_id) WHERE plain)
SELECT account_id, printf('target weight of %s is %.9f; the model makes %.9f', security_id, sum(target), sum(model))
FROM side GROUP BY account_id, security_id HAVING (abs(sum(target) - sum(model)) <= 1e-6) IS NOT TRUE""",
    ),
    Rule(
        "target_of_model_names",
        "An effective target holds only names of the model and their substitutes.",
        """
WITH named AS (
  SELECT model_id, security_id FROM flat
  UNION ALL SELECT model_id, substitute_id FROM flat JOIN substitutes USING (security_id))
SELECT f.account_id, concat('target ', f.target_id, ' names ', t.security_id, ', which is not in ', f.model_id)
FROM follower f JOIN targets t USING (target_id)
ANTI JOIN named n ON n.model_id = f.model_id AND n.security_id = t.security_id WHERE t.weight > 0""",
    ),
    Rule(
        "tracking_error",
        "Tracking error before and after is the risk model's, from the holdings and the effective target.",
        """
SELECT account_id, concat('te_before ', d.te_before, ', te_after ', d.te_after, '; found ', t.te_before, ', ',
       t.te_after)
FROM decided d LEFT JOIN tracking t USING (account_id)
WHERE (close(d.te_before, t.te_before, value) AND close(d.te_after, t.te_after, value)) IS NOT TRUE""",
    ),
    Rule(
        "drift",
        "Drift before and after is half the sum of the absolute gaps to the effective target, cash included.",
        """
SELECT account_id, concat('drift_before ', d.drift_before, ', drift_after ', d.drift_after, '; found ',
       t.drift_before, ', ', t.drift_after)
FROM decided d LEFT JOIN tracking t USING (account_id)
WHERE (close(d.drift_before, t.drift_before, value) AND close(d.drift_after, t.drift_after, value)) IS NOT TRUE""",
    ),
    Rule(
        "closer_or_for_a_reason",
        "Tracking error ends no higher than before, or than drift_band, unless tax, cash or a sell-out is the reason.",
        """
SELECT account_id, concat('tracking error goes from ', te_before, ' to ', te_after, '; the band is ', drift_band)
FROM decided LEFT JOIN flow USING (account_id)
WHERE NOT coalesce(may_stray, false) AND (te_after <= greatest(te_before, drift_band) + 1e-9) IS NOT TRUE""",
    ),
)

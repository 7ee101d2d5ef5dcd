"""Targets and risk: the right model is followed, and trading brings the account closer to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.prove.verify.facts import Facts
from engine.prove.verify.groups import Groups, distinct, find, pair
from engine.prove.verify.names import Coded
from engine.prove.verify.restrictions import FACTOR_MAX, FACTOR_MIN, KINDS, NEVER_BUY, SCREEN, SELL_OUT
from engine.prove.verify.rule import Fault, faults, rule
from engine.prove.verify.rules.money import close


@rule
def target_known(facts: Facts) -> Iterator[Fault]:
    """Every decided account names an effective target that is in targets."""
    target = facts.results.target.take(facts.decided.row)
    return faults(
        facts.decided.account,
        ~facts.targets.exists()[target.codes],
        lambda row: f"names the target {target[row]}, which is not in targets",
    )


@rule
def target_row_once(facts: Facts) -> Iterator[Fault]:
    """A security is in a target once, with a weight that is not negative."""
    targets, pairs = facts.targets, facts.targets.pairs
    least = pairs.least(targets.weight)
    target, security = targets.target.take(pairs.first), targets.security.take(pairs.first)
    return faults(
        None,
        (pairs.sizes > 1) | ~(least >= 0),
        lambda row: f"target {target[row]} has {pairs.sizes[row]} rows of {security[row]}, least weight {least[row]}",
    )


@rule
def target_sum(facts: Facts) -> Iterator[Fault]:
    """An effective target's weights sum to 1 less cash_target."""
    targets, decided = facts.targets, facts.decided
    weight = np.where(np.isnan(targets.weight), 0.0, targets.weight)
    total = np.bincount(targets.target.codes, weights=weight, minlength=len(targets.names))
    target = facts.results.target.take(decided.row)
    cash = facts.accounts.number("cash_target")[decided.account.codes]
    wrong = targets.exists()[target.codes] & ~(np.abs(total[target.codes] - (1 - cash)) <= 1e-6)
    return faults(
        decided.account,
        wrong,
        lambda row: (
            f"target {target[row]} sums to {total[target.codes[row]]:.9f} with a cash_target of {cash[row]:.9f}"
        ),
    )


@rule
def target_permitted(facts: Facts) -> Iterator[Fault]:
    """An effective target names nothing that the account bars."""
    barred, restrictions = facts.barred, facts.restrictions
    kind, account = restrictions.kind[barred.row], restrictions.account.codes[barred.row]
    decided = facts.is_decided[facts.accounts.row(account)]
    bars = np.flatnonzero(decided & ((kind == NEVER_BUY) | (kind == SELL_OUT) | (kind == SCREEN)))
    target = facts.results.target.take(facts.result_of[account[bars]])
    security = Coded(barred.security[bars], facts.securities.names)
    named = facts.targets.weight_of(target.codes, security.codes) > 0
    return faults(
        Coded(account[bars], facts.accounts.names),
        named & (target.codes > 0),
        lambda row: f"target {target[row]} names {security[row]}, which is barred by {KINDS[kind[bars[row]] - 1]}",
    )


@rule
def target_tradable(facts: Facts) -> Iterator[Fault]:
    """An effective target names nothing unknown or untradable."""
    followers, targets = facts.followers, facts.targets
    follower, place = followers.target_rows(targets)
    security = Coded(targets.pair_security[place], facts.securities.names)
    listed = facts.securities.row(security.codes)
    wrong = (targets.pair_weight[place] > 0) & ~((listed > 0) & facts.securities.tradable[listed])
    return faults(
        followers.account.take(follower),
        wrong,
        lambda row: f"target {followers.target[follower[row]]} names {security[row]}, which is unknown or not tradable",
    )


@rule
def target_is_model(facts: Facts) -> Iterator[Fault]:
    """Where nothing is barred or untradable, the effective target is the model, sleeves resolved, less cash."""
    followers, targets, size = facts.followers, facts.targets, len(facts.securities.names)
    plain = np.flatnonzero(followers.plain)
    model_of, model_security, weight = facts.models.flat(followers.model.codes[plain])
    model = weight * (1 - followers.cash_target[plain][model_of])
    follower, place = followers.target_rows(targets)
    wanted = followers.plain[follower]
    follower, place = follower[wanted], place[wanted]
    keys = np.concatenate(
        [pair(plain[model_of], model_security, size), pair(follower, targets.pair_security[place], size)]
    )
    none = np.zeros(len(model)), np.zeros(len(place))
    sides = Groups(keys)
    made = sides.total(np.concatenate([model, none[1]]))
    stated = sides.total(np.concatenate([none[0], targets.pair_weight[place]]))
    account = followers.account.take(sides.keys // size)
    security = Coded(sides.keys % size, facts.securities.names)
    return faults(
        account,
        ~(np.abs(stated - made) <= 1e-6),
        lambda row: f"target weight of {security[row]} is {stated[row]:.9f}; the model makes {made[row]:.9f}",
    )


@rule
def target_of_model_names(facts: Facts) -> Iterator[Fault]:
    """An effective target holds only names of the model and their substitutes."""
    followers, targets, size = facts.followers, facts.targets, len(facts.securities.names)
    models, model = np.unique(followers.model.codes, return_inverse=True)
    of, security, _ = facts.models.flat(models)
    row, substitute = facts.firm.substitutes.each(security)
    named = distinct(np.concatenate([pair(of, security, size), pair(of[row], substitute, size)]))
    follower, place = followers.target_rows(targets)
    wanted = targets.pair_weight[place] > 0
    follower, place = follower[wanted], place[wanted]
    security = targets.pair_security[place]
    text = Coded(security, facts.securities.names)
    return faults(
        followers.account.take(follower),
        find(named, pair(model[follower], security, size)) < 0,
        lambda row: (
            f"target {followers.target[follower[row]]} names {text[row]}, which is not in "
            f"{followers.model[follower[row]]}"
        ),
    )


@rule
def tracking_error(facts: Facts) -> Iterator[Fault]:
    """Tracking error before and after is the risk model's, from the holdings and the effective target."""
    decided, found = facts.decided, facts.tracking
    before, after = (facts.results.real(name)[decided.row] for name in ("te_before", "te_after"))
    worth = facts.value[decided.account.codes]
    return faults(
        decided.account,
        ~(close(before, found.te_before, worth) & close(after, found.te_after, worth)),
        lambda row: (
            f"te_before {before[row]}, te_after {after[row]}; found {found.te_before[row]}, {found.te_after[row]}"
        ),
    )


@rule
def drift(facts: Facts) -> Iterator[Fault]:
    """Drift before and after is half the sum of the absolute gaps to the effective target, cash included."""
    decided, found = facts.decided, facts.tracking
    before, after = (facts.results.real(name)[decided.row] for name in ("drift_before", "drift_after"))
    worth = facts.value[decided.account.codes]
    return faults(
        decided.account,
        ~(close(before, found.drift_before, worth) & close(after, found.drift_after, worth)),
        lambda row: (
            f"drift_before {before[row]}, drift_after {after[row]}; found {found.drift_before[row]}, "
            f"{found.drift_after[row]}"
        ),
    )


@rule
def closer_or_for_a_reason(facts: Facts) -> Iterator[Fault]:
    """Tracking error ends no higher than before, or than drift_band, unless tax, cash or a sell-out is the reason."""
    decided, owner = facts.decided, facts.decided.account.codes
    before, after = (facts.results.real(name)[decided.row] for name in ("te_before", "te_after"))
    band = facts.accounts.number("drift_band")[owner]
    closer = after <= np.fmax(before, band) + 1e-9
    return faults(
        decided.account,
        ~facts.flow.may_stray[owner] & ~closer,
        lambda row: f"tracking error goes from {before[row]} to {after[row]}; the band is {band[row]}",
    )


@rule
def tracking_error_target(facts: Facts) -> Iterator[Fault]:
    """A traded account ends no higher than its tracking_error_target, or a person is told that it does."""
    decided, owner = facts.decided, facts.decided.account.codes
    after = facts.results.real("te_after")[decided.row]
    target = facts.accounts.number("tracking_error_target")[owner]
    told = facts.told("TRACKING_MISSED")
    return faults(
        decided.account,
        facts.flow.trades[owner] & ~told[owner] & (after > target + 1e-8),
        lambda row: f"tracking error is {after[row]} after trading; the target is {target[row]}",
    )


@rule
def active_exposure(facts: Facts) -> Iterator[Fault]:
    """A traded account's active exposure to a factor ends within its factor_min and factor_max."""
    restrictions, decided = facts.restrictions, facts.decided
    place = np.full(len(facts.accounts.names), -1)
    place[decided.account.codes] = np.arange(len(decided))
    factor = restrictions.factor.codes - 1
    is_most = restrictions.kind == FACTOR_MAX
    known = (is_most | (restrictions.kind == FACTOR_MIN)) & (factor >= 0) & (factor < len(facts.firm.risk.covariance))
    rows = np.flatnonzero(known & (place[restrictions.account.codes] >= 0))
    owner = restrictions.account.codes[rows]
    active, bound = facts.tracking.active_after[place[owner], factor[rows]], restrictions.value[rows]
    outside = np.where(is_most[rows], active > bound + 1e-8, active < bound - 1e-8)
    return faults(
        restrictions.account.take(rows),
        facts.flow.trades[owner] & outside,
        lambda row: (
            f"active exposure to {restrictions.factor[rows[row]]} is {active[row]:.9f} "
            f"after trading; the restriction says {bound[row]:.9f}"
        ),
    )


RULES: Final = (
    target_known,
    target_row_once,
    target_sum,
    target_permitted,
    target_tradable,
    target_is_model,
    target_of_model_names,
    tracking_error,
    drift,
    closer_or_for_a_reason,
    tracking_error_target,
    active_exposure,
)

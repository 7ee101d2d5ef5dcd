"""Transitions: legacy positions move by transition_until, their gains spread over the tax years left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.prove.verify.columns import NULL
from engine.prove.verify.compiled.trade_rows import MOVES
from engine.prove.verify.compiled.words import TAXABLE
from engine.prove.verify.facts import Facts
from engine.prove.verify.rule import Fault, faults, rule

STILL: Final = 0.1
"""Part of a year's share that may wait, but in the last year."""


@rule
def transition_reason(facts: Facts) -> Iterator[Fault]:
    """A sale for a transition is of an account that has one, and of a name outside its effective target."""
    trades, rows = facts.trades, facts.checked.rows(MOVES)
    security = trades.security.codes[rows]
    owner = facts.accounts.row(trades.account.codes[rows])
    target = facts.results.target.codes[facts.result_of[owner]]
    wanted = facts.targets.weight_of(target, security) > 0
    moves = facts.accounts.settings.transition_until[owner] != NULL
    return faults(
        trades.account,
        rows[wanted | ~moves],
        lambda row: f"sells {trades.security[row]} for a transition, which is in its target or which it has not",
    )


@rule
def transition_share(facts: Facts) -> Iterator[Fault]:
    """Each tax year realises its share of legacy gains, but for a tenth, and the last all: where no budget limits the
    year, no person is told why not, and the sales make orders.
    """
    legacy, accounts = facts.legacy, facts.accounts
    settings = accounts.settings
    limited = settings.preserve_until > facts.today
    for name in ("gain_budget", "tax_budget", "forced_loss"):
        limited |= ~np.isnan(accounts.number(name))
    told = facts.told("TRANSITION_WAITS") | facts.told("WASH_WAIT")
    owner = facts.decided.account.codes
    share = np.maximum(legacy.left + legacy.before, 0.0) / legacy.years
    waits = np.where(legacy.years > 1, STILL * share, 0.0) + legacy.slack + 0.01
    due = np.where(legacy.years > 1, np.minimum(share - legacy.before, legacy.left), legacy.left)
    lacks = due - legacy.now
    taxed = ~limited | (accounts.tax != TAXABLE)
    return faults(
        facts.decided.account,
        (legacy.moves & taxed & (lacks > waits))[owner] & ~told[owner],
        lambda row: f"realises {legacy.now[owner[row]]:.2f} of legacy gains; the year asks for {due[owner[row]]:.2f}",
    )


RULES: Final = (transition_reason, transition_share)

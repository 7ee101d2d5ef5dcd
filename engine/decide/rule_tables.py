"""Rules of a part as the kernels that decide whole accounts take them: of names, of transitions, limits on sums."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock, Rules
from engine.book.firm import Firm
from engine.book.schema import RESTRICTION_KINDS
from engine.decide.positions import Positions
from engine.decide.rules import Between, account_rules, have_limits
from engine.decide.targets import Target
from engine.decide.transition import Moves, find_moves
from kernels.arrays import readonly
from kernels.decide import book as tables

KINDS = {
    "never_buy": tables.NEVER_BUY,
    "never_sell": tables.NEVER_SELL,
    "sell_out": tables.SELL_OUT,
    "min_weight": tables.LEAST_WEIGHT,
    "max_weight": tables.MOST_WEIGHT,
    "screen": tables.NEVER_BUY,
}
"""Restriction kinds that bind names; a screen is a never_buy of every name in it."""


def limits_of(firm: Firm, block: AccountBlock) -> tuple[NDArray[np.int64], tables.LimitTable]:
    """Offsets (accounts + 1,) and the limits of accounts on sectors, then on factors."""
    found: list[tuple[int, int, Between]] = []
    count = np.zeros(len(block), dtype=np.int64)
    for account in np.nonzero(have_limits(block.rules))[0].tolist():
        rules = account_rules(firm, block, account)
        mine = [(sector, -1, between) for sector, between in rules.sectors.items()]
        mine += [(-1, factor, between) for factor, between in rules.factors.items()]
        count[account] = len(mine)
        found += mine
    table = tables.LimitTable(
        sector=np.array([sector for sector, _, _ in found], dtype=np.int64),
        factor=np.array([factor for _, factor, _ in found], dtype=np.int64),
        least=np.array([between.least for _, _, between in found], dtype=np.float64),
        most=np.array([between.most for _, _, between in found], dtype=np.float64),
    )
    return readonly(np.append(0, np.cumsum(count))), table


def moves_of(
    firm: Firm, block: AccountBlock, positions: Positions, aim_of: Callable[[int], Target | None]
) -> dict[int, Moves]:
    """What transitions ask of the accounts that have one, and a target, by account."""
    until = block.settings["transition_until"]
    found = {}
    for account in np.nonzero(~np.isnan(until))[0].tolist():
        target = aim_of(account)
        if target is not None:
            rules = account_rules(firm, block, account)
            found[account] = find_moves(firm, block, positions, account, target, rules)
    return found


def with_moves(
    offsets: NDArray[np.int64], rules: tables.RuleTable, moves: dict[int, Moves]
) -> tuple[NDArray[np.int64], tables.RuleTable]:
    """The rules, and behind each account's own what its transition asks for."""
    if not moves:
        return offsets, rules
    every = moves.values()
    account = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    account = np.concatenate([account, np.repeat(list(moves), [len(asked.security) for asked in every])])
    order = np.argsort(account, kind="stable")
    kind = np.append(rules.kind, np.full(len(account) - len(rules.kind), tables.MOST_SHARES))
    security = np.concatenate([rules.security, *(asked.security for asked in every)])
    value = np.concatenate([rules.value, *(asked.most for asked in every)])
    table = tables.RuleTable(kind[order], security[order], value[order])
    return readonly(np.searchsorted(account[order], np.arange(len(offsets)))), table


def rules_of(firm: Firm, rules: Rules) -> tuple[NDArray[np.int64], tables.RuleTable]:
    """Offsets (accounts + 1,) and the rules, each screen as one row a name that it lists."""
    codes = np.array([KINDS.get(kind, -1) for kind in RESTRICTION_KINDS], dtype=np.int64)
    listed = [firm.screens.get(screen) if screen else None for screen in rules.screen]
    names = [np.array([name]) if some is None else some for name, some in zip(rules.security, listed, strict=True)]
    size = np.array([len(some) for some in names], dtype=np.int64)
    row = np.repeat(np.arange(len(names)), size)
    starts = np.concatenate([[0], np.cumsum(size)])
    table = tables.RuleTable(
        kind=codes[rules.kind[row]],
        security=np.concatenate([np.empty(0), *names]).astype(np.int64),
        value=rules.value[row],
    )
    return readonly(starts[rules.offsets].astype(np.int64)), table

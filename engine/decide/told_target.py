"""What an account aims at, told name by name: its model's weight, its own, and why they differ."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock, build_block
from engine.book.firm import Firm
from engine.book.roll import call_roll
from engine.codes import Code
from engine.decide.names import Undecidable
from engine.decide.rules import account_rules, unusable
from engine.decide.targets import Target, Targets

LEAST_MOVE = 1e-6
"""A weight that differs by less is the model's."""


@dataclass(frozen=True)
class ToldName:
    """One name; weights are fractions of account value."""

    security_id: str
    model: float
    target: float
    why: str


@dataclass(frozen=True)
class ToldTarget:
    """An effective target. `tracking_error` to the model is annual; `names` by weight, largest first."""

    target_id: str
    model_id: str
    cash_target: float
    tracking_error: float
    names: tuple[ToldName, ...]


def tell_target(firm: Firm, tables: Mapping[str, pa.Table], account_id: str) -> ToldTarget:
    """The effective target of an account of a part.

    Raises `Undecidable` where its model is faulty or nothing of it is permitted.
    """
    block = build_block(firm, tables, frozenset(), call_roll(firm, tables["accounts"]))
    account = block.ids.to_pylist().index(account_id)
    excluded = _excluded(firm, block, account)
    targets, model = Targets(firm), int(block.model[account])
    cash = float(block.settings["cash_target"][account])
    try:
        plain = targets.get(model, np.empty(0, dtype=np.int32), cash)
        target = targets.get(model, np.array(sorted(excluded), dtype=np.int32), cash)
    except ValueError as fault:
        raise Undecidable(Code.MODEL_INVALID, str(fault), field="model_id") from fault
    if len(target.security) == 0:
        raise Undecidable(Code.TARGET_EMPTY, "no name of the model is permitted", field="model_id")
    return ToldTarget(
        target_id=target.id,
        model_id=firm.model_ids[model].as_py(),
        cash_target=cash,
        tracking_error=_tracking_error(firm, plain, target),
        names=_names(firm, plain, target, excluded),
    )


def _excluded(firm: Firm, block: AccountBlock, account: int) -> dict[int, str]:
    """Securities that the account may not aim at, and why."""
    rules = account_rules(firm, block, account)
    listed = [one for one in _screens(block, account) if one in firm.screens]
    reasons: list[tuple[NDArray[np.int32], str]] = [
        *((firm.screens[screen], f"screen {screen}") for screen in listed),
        (rules.never_buy, "never_buy"),
        (rules.sell_out, "sell_out"),
        (unusable(firm, math.inf), "not tradable"),
        (unusable(firm, float(block.settings["max_price_age_days"][account])), "its price is too old"),
    ]
    found: dict[int, str] = {}
    for securities, reason in reasons:
        for security in securities.tolist():
            found.setdefault(security, reason)
    return found


def _screens(block: AccountBlock, account: int) -> list[str]:
    rules = block.rules
    named = rules.screen[rules.offsets[account] : rules.offsets[account + 1]]
    return [screen for screen in named if screen is not None]


def _names(firm: Firm, plain: Target, target: Target, excluded: Mapping[int, str]) -> tuple[ToldName, ...]:
    model, own = (dict(zip(one.security.tolist(), one.weight.tolist(), strict=True)) for one in (plain, target))
    barred = {name for name in model if name in excluded}
    stands_in: dict[int, list[str]] = {}
    for name in sorted(barred):
        for other in firm.substitutes.get(name, np.empty(0, dtype=np.int32)).tolist():
            stands_in.setdefault(other, []).append(firm.market.ids[name].as_py())

    def why(name: int) -> str:
        before, after = model.get(name, 0.0), own.get(name, 0.0)
        if name in barred:
            return excluded[name]
        if abs(after - before) < LEAST_MOVE:
            return ""
        if name in stands_in:
            return f"stands in for {', '.join(stands_in[name])}"
        return "tracks what is left out" if after > before else "makes room for what tracks better"

    every = sorted({*model, *own}, key=lambda name: (-max(model.get(name, 0.0), own.get(name, 0.0)), name))
    return tuple(
        ToldName(firm.market.ids[name].as_py(), model.get(name, 0.0), own.get(name, 0.0), why(name)) for name in every
    )


def _tracking_error(firm: Firm, plain: Target, target: Target) -> float:
    active = np.zeros(len(firm.market.ids))
    active[target.security] += target.weight
    active[plain.security] -= plain.weight
    moved = np.nonzero(active)[0]
    exposure = firm.risk.loadings[moved].T @ active[moved]
    return math.sqrt(float(exposure @ exposure + firm.risk.specific[moved] @ active[moved] ** 2))

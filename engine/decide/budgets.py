"""What an account's rules leave of the tax year's net gain: its budget, gains to preserve, a loss to force."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.firm import Firm
from kernels.taxes import schedule_tax


class GainRule(enum.IntEnum):
    """Which rule leaves least; GAIN_BUDGET also where none says anything."""

    GAIN_BUDGET = 0
    PRESERVE_UNTIL = 1
    FORCED_LOSS = 2


@dataclass(frozen=True)
class GainLimit:
    """(accounts,) net gain in USD that a run may realise, infinite without a rule; the `rule` that says so.

    Below nought it is a loss to be realised.
    """

    room: NDArray[np.float64]
    rule: NDArray[np.int64]


def has_budget(firm: Firm, block: AccountBlock, account: int) -> bool:
    """Whether the run's gain or its tax has a limit in an account."""
    room = gain_room(block, firm.header.as_of_days, account)
    return bool(block.taxable[account] and (np.isfinite(room) or ~np.isnan(block.settings["tax_budget"][account])))


def gain_room(block: AccountBlock, as_of: int, account: int) -> float:
    """The room that `gain_limit` tells of one account."""
    return float(gain_limit(block, as_of, slice(account, account + 1)).room[0])


def gain_limit(block: AccountBlock, as_of: int, of: slice = slice(None)) -> GainLimit:
    """The net gain that a run on day `as_of` may realise, of some accounts or of all.

    Every rule counts what the year has realised so far, carryforwards apart. Where that is over `gain_budget` already,
    or above nought before `preserve_until`, the run may realise no net gain; `forced_loss` asks for what lacks to it.
    """
    settings, so_far = block.settings, block.realised_st[of] + block.realised_lt[of]
    preserved = settings["preserve_until"][of] > as_of
    rules = [
        np.maximum(settings["gain_budget"][of] - so_far, 0.0),
        np.where(preserved, np.maximum(-so_far, 0.0), np.inf),
        -settings["forced_loss"][of] - so_far,
    ]
    left = np.vstack([np.where(np.isnan(room) | ~block.taxable[of], np.inf, room) for room in rules])
    rule: NDArray[np.int64] = left.argmin(axis=0)
    return GainLimit(left.min(axis=0), rule)


def tax_of_year(block: AccountBlock, account: int, offset: float, short: float, long: float) -> float:
    """The tax of an account's year in USD, with these gains of a run."""
    short_rate, long_rate, worth = (
        float(block.settings[name][account]) for name in ("st_rate", "lt_rate", "loss_value")
    )
    short += float(block.realised_st[account] - block.carryforward_st[account])
    long += float(block.realised_lt[account] - block.carryforward_lt[account])
    return float(schedule_tax(short, long, short_rate, long_rate, worth, offset))

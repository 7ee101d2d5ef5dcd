"""What an account's budgets leave of the tax year."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock


def gain_room(block: AccountBlock) -> NDArray[np.float64]:
    """Net gain in USD (accounts,) that a run may realise under `gain_budget`; infinite where there is none.

    The budget counts what the year has realised so far, carryforwards apart. Where that is over it already, the run may
    realise no net gain.
    """
    budget = block.settings["gain_budget"]
    left = np.maximum(budget - (block.realised_st + block.realised_lt), 0.0)
    return np.where(block.taxable & ~np.isnan(budget), left, np.inf)

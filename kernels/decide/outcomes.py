"""What was decided for accounts, in columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from kernels.jit import F8W, I8W
from kernels.problem import Floats, Ints
from kernels.table import Table

TRADED, IN_BAND, RESTRICTED, NO_BENEFIT, MIN_TRADE, LITTLE_BENEFIT, WIDENS, ELSEWHERE = range(8)
"""TRADED; left alone: inside its bands, nothing may be traded, the best is not worth it, everything is too small, the
trades are not worth it, they would widen tracking error; ELSEWHERE: not decided here, nothing written."""


class Outcomes(NamedTuple):
    """(accounts,) what was decided; tracking error and drift as fractions, `number` what the message tells, bp."""

    code: Ints
    te_before: Floats
    drift_before: Floats
    te_after: Floats
    drift_after: Floats
    objective_bp: Floats
    bound_bp: Floats
    """NaN where nothing was solved or the orders miss a hard rule."""
    iterations: Ints
    """-1 where nothing was solved."""
    number: Floats
    first: Ints
    """`first` to `last`: the account's rows of trades."""
    last: Ints
    declined_sales: Ints
    """Names that wash sales alone priced, and whose losses were not sold; likewise names that were not bought."""
    declined_purchases: Ints
    missed: Floats
    """Tracking error where it is above what the account aims at, a fraction, otherwise NaN."""
    exceeded: Floats
    """Percent traded where that is above the account's cap on turnover, otherwise NaN."""
    gain: Floats
    """Net gain of the trades in USD, and the year's tax with them, where they are over a budget or a loss is to be
    forced; otherwise NaN. No loss counts that recent purchases may replace."""
    tax: Floats


OUTCOMES = Table(Outcomes, (I8W, *(F8W,) * 6, I8W, F8W, *(I8W,) * 4, *(F8W,) * 4))


def make_outcomes(accounts: int) -> Outcomes:
    """Outcomes of accounts that nobody has decided."""

    def floats() -> Floats:
        return np.full(accounts, np.nan)

    def ints(value: int) -> Ints:
        return np.full(accounts, value, dtype=np.int64)

    return Outcomes(
        ints(ELSEWHERE),
        floats(),
        floats(),
        floats(),
        floats(),
        floats(),
        floats(),
        ints(-1),
        floats(),
        ints(0),
        ints(0),
        ints(0),
        ints(0),
        floats(),
        floats(),
        floats(),
        floats(),
    )

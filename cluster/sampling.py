"""Which accounts of a run are solved again by another solver, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from cluster.plan import Part

DECIMALS = 6
"""Of a basis point, in the manifest."""


class Sample(BaseModel):
    """How many accounts are solved again: a fraction of all, and at least so many. None at 0 and 0."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    share: float = Field(default=0.005, ge=0, le=1)
    least: int = Field(default=20, ge=0)


class Compared(BaseModel):
    """One account solved again; `excess_bp`: the run's objective less OSQP's, None where OSQP found no answer."""

    model_config = ConfigDict(frozen=True)

    account_id: str
    solver: str
    excess_bp: float | None


class Comparison(BaseModel):
    """The sample of a run, in the manifest: how many accounts, and by how much the run's objective exceeded OSQP's."""

    model_config = ConfigDict(frozen=True)

    accounts: int
    not_solved_by_osqp: int
    largest_excess_bp: float | None
    mean_excess_bp: float | None
    solved: tuple[Compared, ...]


def draw(run_id: str, parts: Sequence[Part], sample: Sample) -> dict[int, tuple[int, ...]]:
    """Rows of each part's accounts table that are solved again, by part; the run's name is the seed."""
    rows = [part.rows("accounts") for part in parts]
    count = min(sum(rows), max(math.ceil(sample.share * sum(rows)), sample.least))
    drawn = np.sort(np.random.default_rng(int(run_id, 16)).choice(sum(rows), count, replace=False))
    starts = np.concatenate([[0], np.cumsum(rows)])
    return {
        part.number: tuple((drawn[(drawn >= start) & (drawn < end)] - start).tolist())
        for part, start, end in zip(parts, starts[:-1], starts[1:], strict=True)
    }


def compare(compared: Iterable[Compared]) -> Comparison:
    """The run's comparison, accounts by id."""
    accounts = sorted(compared, key=lambda one: one.account_id)
    known = [one.excess_bp for one in accounts if one.excess_bp is not None]
    return Comparison(
        accounts=len(accounts),
        not_solved_by_osqp=len(accounts) - len(known),
        largest_excess_bp=max(known, default=None),
        mean_excess_bp=round(sum(known) / len(known), DECIMALS) if known else None,
        solved=tuple(accounts),
    )

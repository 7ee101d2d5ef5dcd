"""What an account follows: a model that is sound, a policy that exists."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from engine.book.findings import Finding
from engine.book.validation.reference import Reference
from engine.book.validation.sheet import OwnedSheet
from engine.codes import Code


def check_accounts(accounts: OwnedSheet, reference: Reference) -> Iterator[Finding]:
    """Accounts that follow an unknown or faulty model or an unknown policy."""
    named = accounts.filled("model_id")
    unknown = named & (accounts.codes("model_id", reference.model_ids) < 0)
    yield from accounts.blame(Code.MODEL_MISSING, "model_id", unknown, "is not in models")
    if reference.faulty_models:
        faulty = accounts.codes("model_id", pa.array(sorted(reference.faulty_models), pa.string())) >= 0
        yield from accounts.blame(Code.MODEL_INVALID, "model_id", faulty, "is a faulty model")
    unknown = accounts.filled("policy_id") & (accounts.codes("policy_id", reference.levels.policies) < 0)
    yield from accounts.blame(Code.POLICY_MISSING, "policy_id", unknown, "is not in policies")


def first_rows(accounts: OwnedSheet) -> np.ndarray:
    """The first row of each account; shape (accounts,)."""
    owned = np.flatnonzero(accounts.owner >= 0)
    return owned[np.unique(accounts.owner[owned], return_index=True)[1]]

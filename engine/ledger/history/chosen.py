"""Which households of a delivery a ledger is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.ledger.history.table import named_household, own_household


@dataclass(frozen=True)
class Chosen:
    """Households by name, and those that accounts belong to; none named, all of them.

    Wash sales reach across the accounts of a household, so that it is always whole.
    """

    accounts: tuple[str, ...] = ()
    households: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every name given."""
        return self.accounts + self.households

    def rows(self, account: pa.Array, label: pa.Array) -> NDArray[np.bool_]:
        """True for the rows (rows,) of chosen households, of each its `account` and what its household is called."""
        if not self.names:
            return np.ones(len(label), dtype=np.bool_)
        theirs = label.filter(pc.is_in(account, _texts(self.accounts)))
        return np.asarray(pc.is_in(label, pa.concat_arrays([theirs, named_household(_texts(self.households))])))

    def missing(self, names: pa.Array) -> Chosen:
        """Those named that are not among `names` (`Opened.names`)."""
        return Chosen(
            _missing(self.accounts, own_household, names),
            _missing(self.households, named_household, names),
        )


def _missing(given: tuple[str, ...], called: Callable[[pa.Array], pa.Array], names: pa.Array) -> tuple[str, ...]:
    texts = _texts(given)
    return tuple(texts.filter(pc.invert(pc.is_in(called(texts), names))).to_pylist())


def _texts(given: tuple[str, ...]) -> pa.Array:
    return pa.array(given, pa.string())

"""What a sale lost, as the verifier reads it from the reported basis."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.prove.verify.wash_cases import _lost


@pytest.mark.parametrize(
    ("sold", "amount", "basis", "rows", "lost"),
    [
        pytest.param(99_700, 675, 675, 1, 0.0, id="sold out at its cost"),
        pytest.param(99_700, 675, 676, 1, 0.0, id="sold out: a cent more than its cost was taken up, and is no loss"),
        pytest.param(99_700, 670, 677, 2, 5.0, id="sold out: what was taken up counts for no loss"),
        pytest.param(49_850, 330, 338, 1, 8.0, id="a part, within a cent of its share: as reported"),
        pytest.param(49_850, 330, 345, 1, 7.5, id="a part: more than its share was taken up"),
    ],
)
def test_what_was_taken_up_is_no_loss(sold: int, amount: int, basis: int, rows: int, lost: float) -> None:
    """A lot of 0.0997 shares that cost USD 6.75."""
    facts: Any = SimpleNamespace(lots=SimpleNamespace(quantity=np.array([99_700]), cost=np.array([67.73])))
    told = _lost(facts, np.array([0]), *(np.array([number]) for number in (sold, amount, basis, rows)))
    assert told.tolist() == pytest.approx([lost])

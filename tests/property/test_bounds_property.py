import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels.bounds import BEYOND, unknown_within

BOUND = st.sampled_from([-math.inf, -1.0, 0.0, 1.0, math.inf])


@given(st.lists(st.floats(-2, 2) | st.sampled_from([math.nan, math.inf, -math.inf])), BOUND, BOUND, BOUND)
def test_unknown_values_within_bounds(values: list[float], above: float, least: float, most: float) -> None:
    known = [value for value in values if not math.isnan(value)]
    sound = all(math.isfinite(value) and value > above and least <= value <= most for value in known)
    expected = len(values) - len(known) if sound else BEYOND
    assert unknown_within(np.array(values, dtype=np.float64), above, least, most) == expected

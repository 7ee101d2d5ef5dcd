import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels import texts
from tests.reference import naive_texts


@given(st.lists(st.integers(-1, 9), max_size=8), st.data())
def test_look_up(table: list[int], data: st.DataObject) -> None:
    index = data.draw(st.lists(st.integers(-1, len(table) - 1), max_size=30))
    found = np.full(len(index), -7, dtype=np.int32)
    texts.look_up(np.array(table, dtype=np.int32), np.array(index, dtype=np.int32), found)
    assert found.tolist() == naive_texts.look_up(table, index)

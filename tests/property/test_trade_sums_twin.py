import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernels import trade_sums
from tests.reference import naive_trade_sums
from tests.reference.naive_trade_sums import Trade

UNITS = st.integers(0, 10**15)
TRADES = st.lists(
    st.builds(Trade, st.integers(0, 3), st.integers(0, 3), st.booleans(), UNITS, UNITS, UNITS, UNITS, st.booleans()),
    max_size=30,
)


def columns(trades: list[Trade]) -> dict[str, np.ndarray]:
    types = {"security": np.int32, "buy": np.bool_, "long_term": np.bool_}
    return {
        name: np.array([getattr(trade, name) for trade in trades], dtype=types.get(name, np.int64))
        for name in Trade._fields
    }


@given(TRADES)
def test_block_orders(trades: list[Trade]) -> None:
    trades = sorted(trades, key=lambda trade: -trade.account)  # together, in whatever order
    given = columns(trades)
    last, found = np.full(8, -1), np.zeros((8, 3), dtype=np.int64)
    names = ("security", "buy", "account", "quantity", "amount")
    trade_sums.sum_orders(*(given[name] for name in names), last, found)
    assert found.tolist() == naive_trade_sums.orders(trades, 4)


@given(TRADES)
def test_money_of_accounts(trades: list[Trade]) -> None:
    given, found = columns(trades), np.zeros((4, 4), dtype=np.int64)
    names = ("account", "buy", "amount", "basis", "disallowed", "long_term")
    trade_sums.sum_accounts(*(given[name] for name in names), found)
    assert found.tolist() == naive_trade_sums.accounts(trades, 4)

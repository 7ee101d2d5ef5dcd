"""The value of waiting against numbers that need no formula: a sum over the normal distribution, lot by lot."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernels.waiting import call_value, call_values, normal, values_of_waiting
from tests.reference import naive_dates
from tests.reference.naive_taxes import marginal_rates as naive_marginal_rates

TODAY = dt.date(2026, 5, 14)
EPOCH = dt.date(1970, 1, 1)
PRICE = 12.5


def summed(strike: float, spread: float) -> float:
    """E(X − strike)⁺ by Simpson's rule."""
    z = np.linspace(-12.0, 12.0, 200_001)
    weights = np.ones_like(z)
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
    value = np.maximum(np.exp(spread * z - 0.5 * spread**2) - strike, 0.0) * np.exp(-0.5 * z**2)
    return float((weights * value).sum() * (z[1] - z[0]) / 3.0 / math.sqrt(2.0 * math.pi))


@given(st.floats(-40.0, 40.0))
def test_the_normal_distribution_is_known_to_the_last_digits(at: float) -> None:
    assert normal(at) == pytest.approx(0.5 * math.erfc(-at * math.sqrt(0.5)), rel=0.0, abs=1e-15)


@given(st.floats(0.2, 5.0), st.floats(0.01, 1.5))
def test_the_call_is_an_expectation(strike: float, spread: float) -> None:
    assert call_value(strike, spread) == pytest.approx(summed(strike, spread), abs=1e-7)


@given(st.floats(0.2, 5.0))
def test_a_price_that_does_not_move_is_worth_its_difference(strike: float) -> None:
    assert call_value(strike, 0.0) == max(1.0 - strike, 0.0)


@given(st.lists(st.tuples(st.floats(0.2, 5.0), st.floats(0.0, 1.5)), max_size=40))
def test_many_calls(calls: list[tuple[float, float]]) -> None:
    value = np.empty(len(calls))
    call_values(*(np.array([call[part] for call in calls]) for part in range(2)), value)
    assert value.tolist() == pytest.approx([call_value(*call) for call in calls], rel=0.0, abs=1e-15)


lots = st.tuples(
    st.integers(0, 1), st.floats(100.0, 1e5), st.floats(-2.0, 0.9), st.booleans(), st.integers(0, 900)
)  # security, proceeds, gain, long-term by flag, days ago


@given(st.lists(lots, min_size=1, max_size=6), st.sampled_from([0.0, 0.5, 1.0]), st.floats(-1e5, 1e5))
def test_each_lot(held: list[tuple[int, float, float, bool, int]], weight: float, short: float) -> None:
    long, offset, rates = 1_000.0, 3_000.0, (0.408, 0.238)
    security, worth_of, gain, _, age = zip(*held, strict=True)
    quantity = np.array([round(usd * 1e6 / PRICE) for usd in worth_of], dtype=np.int64)
    proceeds = (quantity / 1e6 * PRICE).tolist()
    start = [TODAY - dt.timedelta(days=days) for days in age]
    long_term = [naive_dates.long_term_date(day) <= TODAY for day in start]
    volatility = [0.2, 0.5]
    waiting = np.empty(len(held))
    one = np.ones(1)
    values_of_waiting(
        np.array([0, len(held)]), weight * one, short * one, long * one, rates[0] * one, rates[1] * one,
        0.5 * one, offset * one, np.array(security, dtype=np.int32), quantity, np.full(2, PRICE), np.array(gain),
        np.array(long_term), np.array([(day - EPOCH).days for day in start], dtype=np.int32), np.array(volatility),
        (TODAY - EPOCH).days, waiting,
    )  # fmt: skip
    losses = [min(part * worth, 0.0) for part, worth in zip(gain, proceeds, strict=True)]
    of_term = [sum(loss for loss, term in zip(losses, long_term, strict=True) if term == wanted) for wanted in (0, 1)]
    worth = naive_marginal_rates(short + of_term[0], long + of_term[1], *rates, 0.5, offset, step=0.01)[1::2]
    for lot in range(len(held)):
        end = dt.date(TODAY.year, 12, 31)
        if not long_term[lot]:
            end = min(end, naive_dates.long_term_date(start[lot]) - dt.timedelta(days=1))
        spread = volatility[security[lot]] * math.sqrt((end - TODAY).days / 365.0)
        expected = weight * worth[long_term[lot]] * summed(1.0 - gain[lot], spread) if gain[lot] < 0.0 else 0.0
        assert waiting[lot] == pytest.approx(expected, abs=1e-7)

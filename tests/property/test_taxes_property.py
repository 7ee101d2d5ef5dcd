from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kernels import taxes
from tests.reference import naive_taxes

CENT = Fraction(1, 100)
# Whole dollars around the places where the schedule bends, and cents anywhere.
AMOUNT = st.one_of(
    st.sampled_from([0, 1, -1, 3000, -3000, 6000, -6000]).map(Fraction),
    st.integers(-10_000, 10_000).map(Fraction),
    st.integers(-(10**10), 10**10).map(lambda cents: cents * CENT),
)
LOSS = AMOUNT.map(abs)
RATE = st.integers(0, 1000).map(lambda permille: Fraction(permille, 1000))
OFFSET = st.sampled_from([0, 1, 750, 1500, 3000]).map(Fraction)
ANY_RATES = st.tuples(RATE, RATE, RATE, OFFSET)
USUAL_RATES = st.tuples(RATE, RATE, RATE, OFFSET).map(lambda r: (max(r[:2]), min(r[:2]), *r[2:]))
DEFAULTS = (Fraction("0.408"), Fraction("0.238"), Fraction("0.5"), Fraction(3000))


def floats(*values: Fraction) -> list[float]:
    return [float(value) for value in values]


def near(value: Fraction) -> object:
    return pytest.approx(float(value), rel=1e-12, abs=1e-6)  # 1e8 USD: far below a cent


@given(AMOUNT, AMOUNT, ANY_RATES)
@example(Fraction(10_000), Fraction(-4000), DEFAULTS)
@example(Fraction(-4000), Fraction(1000), DEFAULTS)
def test_schedule_is_the_tax_return(short: Fraction, long: Fraction, rates: tuple[Fraction, ...]) -> None:
    assert taxes.schedule_tax(*floats(short, long, *rates)) == near(naive_taxes.schedule_tax(short, long, *rates))


@given(AMOUNT, AMOUNT, LOSS, LOSS, AMOUNT, AMOUNT, ANY_RATES)
def test_cost_of_a_run(
    short_ytd: Fraction,
    long_ytd: Fraction,
    short_carried: Fraction,
    long_carried: Fraction,
    short_run: Fraction,
    long_run: Fraction,
    rates: tuple[Fraction, ...],
) -> None:
    amounts = (short_ytd, long_ytd, short_carried, long_carried, short_run, long_run)
    assert taxes.tax_cost(*floats(*amounts, *rates)) == near(naive_taxes.tax_cost(*amounts, *rates))


@given(AMOUNT, AMOUNT, ANY_RATES)
@example(Fraction(10_000), Fraction(0), DEFAULTS)  # where a long-term loss begins to offset short-term gain
@example(Fraction(3000), Fraction(-3000), DEFAULTS)
@example(Fraction(-5000), Fraction(2000), DEFAULTS)
def test_marginal_rates_are_one_sided_derivatives(short: Fraction, long: Fraction, rates: tuple[Fraction, ...]) -> None:
    short, long = Fraction(round(short)), Fraction(round(long))  # every bend lies on a whole dollar
    expected = naive_taxes.marginal_rates(short, long, *rates, step=Fraction(1, 2))
    assert taxes.marginal_rates(*floats(short, long, *rates)) == pytest.approx(floats(*expected), abs=1e-15)


@given(AMOUNT, AMOUNT, USUAL_RATES)
def test_schedule_is_the_lesser_of_two_convex_functions(
    short: Fraction, long: Fraction, rates: tuple[Fraction, ...]
) -> None:
    assert naive_taxes.schedule_tax(short, long, *rates) == naive_taxes.two_convex_functions(short, long, *rates)


def test_identity_on_many_draws() -> None:
    random = np.random.default_rng(1091)
    for _ in range(5000):
        short, long = random.normal(0, 10 ** random.uniform(2, 6), 2)
        low, high = np.sort(random.uniform(0, 0.6, 2))
        rates = (high, low, random.uniform(0, 1), 3000.0)
        expected = naive_taxes.two_convex_functions(short, long, *rates)
        assert taxes.schedule_tax(short, long, *rates) == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_identity_needs_the_short_rate_to_be_the_higher() -> None:
    rates = (Fraction("0.1"), Fraction("0.3"), Fraction("0.5"), Fraction(3000))
    mixed = (Fraction(-1000), Fraction(5000), *rates)
    assert naive_taxes.schedule_tax(*mixed) != naive_taxes.two_convex_functions(*mixed)


@given(AMOUNT, AMOUNT, AMOUNT, AMOUNT, ANY_RATES, st.integers(-4, 4), st.integers(-4, 4))
@example(Fraction(3000), Fraction(-1000), Fraction(0), Fraction(0), DEFAULTS, 1, 3)
@example(Fraction(-4000), Fraction(0), Fraction(0), Fraction(0), DEFAULTS, 4, 0)
def test_linear_piece_is_one_as_far_as_it_reaches(
    short_ytd: Fraction,
    long_ytd: Fraction,
    short_run: Fraction,
    long_run: Fraction,
    rates: tuple[Fraction, ...],
    short_part: int,
    long_part: int,
) -> None:
    short_rate, long_rate, worth, offset = rates
    carried_rate = worth * long_rate
    schedule = taxes.Schedule(*floats(short_ytd, long_ytd, offset, short_rate, long_rate, carried_rate))
    *slopes, reach = taxes.linear_piece(schedule, *floats(short_run, long_run))
    parts = max(abs(short_part) + abs(long_part), 1)
    most = min(Fraction(reach), Fraction(10**6)) if reach < float("inf") else Fraction(10**6)
    more = (most * short_part / parts, most * long_part / parts)
    before = (short_ytd + short_run, long_ytd + long_run)
    after = naive_taxes.schedule_tax(before[0] + more[0], before[1] + more[1], *rates)
    linear = sum(Fraction(slope) * part for slope, part in zip(slopes, more, strict=True))
    assert float(linear) == near(after - naive_taxes.schedule_tax(*before, *rates))

import pytest

from kernels import taxes

RATES = (0.408, 0.238, 0.5, 3000.0)


@pytest.mark.parametrize(
    ("short", "long", "tax"),
    [
        (0, 0, 0),
        (1000, 2000, 408 + 476),  # each term at its own rate
        (5000, -2000, 0.408 * 3000),  # a long-term loss offsets short-term gain
        (-2000, 5000, 0.238 * 3000),
        (-500, -500, -408),  # against ordinary income
        (-10_000, 0, -0.408 * 3000 - 0.119 * 7000),  # USD 3,000 now, the rest carried at half the long rate
        (4000, -14_000, -0.408 * 3000 - 0.119 * 7000),
    ],
)
def test_schedule(short: float, long: float, tax: float) -> None:
    assert taxes.schedule_tax(short, long, *RATES) == pytest.approx(tax)


def test_cost_counts_what_was_realised_before() -> None:
    # A gain of 5,000 first uses up the carried loss of 8,000: it saves nothing now but the worth of what is carried.
    cost = taxes.tax_cost(0.0, 0.0, 8000.0, 0.0, 5000.0, 0.0, *RATES)
    assert cost == pytest.approx(0.119 * 5000)


def test_marginal_rates_at_the_fold_that_is_not_convex() -> None:
    short_up, short_down, long_up, long_down = taxes.marginal_rates(10_000.0, 0.0, *RATES)
    assert (short_up, short_down) == (0.408, 0.408)
    assert (long_up, long_down) == (0.238, 0.408)


def test_marginal_rates_without_ordinary_offset() -> None:
    assert taxes.marginal_rates(0.0, 0.0, 0.408, 0.238, 0.5, 0.0) == (0.408, 0.119, 0.238, 0.119)


def test_nothing_is_taxed_at_no_rates() -> None:
    assert taxes.tax_cost(100.0, -50.0, 0.0, 10.0, 5000.0, 300.0, 0.0, 0.0, 0.5, 3000.0) == 0.0

"""The netting of a year as the return does it: IRC §§1211(b), 1212(b), 1222, and examples in the public domain.

Rates are 40 % for short-term gain and ordinary income, 20 % for long-term gain. A carried loss is worth nothing here,
so that every figure is the tax of the year alone.
"""

import pytest

from kernels.taxes import schedule_tax, tax_cost

SHORT_RATE, LONG_RATE, OFFSET = 0.40, 0.20, 3000.0
NO_WORTH = 0.0

SCHEDULE = [
    # why, net short, net long, tax
    ("Reg. §1.1202-1, example: long 6,000 - 4,000, short 300 - 1,800; the excess of 500 is long", -1500, 2000, 100),
    ("§1222(11): a long loss of 1,500 against a short gain of 2,000 leaves 500 short", 2000, -1500, 200),
    ("§1222(5), (7): gains of both terms are taxed each at its rate", 1000, 1000, 600),
    ("a gain and a loss that cancel", 1000, -1000, 0),
    ("Pub. 550, Capital Losses: a loss of 2,000 is within the yearly limit", -2000, 0, -800),
    ("Pub. 550, Capital Losses: of a loss of 7,000, 3,000 are deducted, 4,000 carried over", -7000, 0, -1200),
    ("Pub. 550, Capital Losses: a long loss is deducted from ordinary income like a short one", 0, -7000, -1200),
    ("the limit to the dollar", -3000, 0, -1200),
    ("a dollar over the limit deducts no more", -3001, 0, -1200),
    ("§1211(b): losses of both terms share the limit", -2000, -2000, -1200),
    ("§1211(b): a gain uses up the loss of the other term before the limit does", -5000, 4000, -400),
]


@pytest.mark.parametrize(("why", "short", "long", "tax"), SCHEDULE, ids=[row[0] for row in SCHEDULE])
def test_schedule(why: str, short: float, long: float, tax: float) -> None:
    assert schedule_tax(short, long, SHORT_RATE, LONG_RATE, NO_WORTH, OFFSET) == pytest.approx(tax, abs=1e-9)


CARRIED = [
    # why, carried short, carried long, gain short, gain long, tax of the year with those gains
    ("§1212(b)(1): 4,000 carried from 7,000, and no gain: 3,000 more are deducted", 4000, 0, 0, 0, -1200),
    ("the last 1,000 of it in the third year", 1000, 0, 0, 0, -400),
    ("§1212(b)(1)(A): a short-term carryover meets short-term gain first", 4000, 0, 5000, 2000, 400 + 400),
    ("§1212(b)(1)(B): a long-term carryover meets long-term gain first", 0, 4000, 5000, 6000, 2000 + 400),
    ("carryovers of both terms keep their terms", 1000, 2000, 5000, 3000, 1600 + 200),
]


@pytest.mark.parametrize(
    ("why", "short", "long", "short_gain", "long_gain", "tax"), CARRIED, ids=[r[0] for r in CARRIED]
)
def test_carryover(why: str, short: float, long: float, short_gain: float, long_gain: float, tax: float) -> None:
    year = schedule_tax(short_gain - short, long_gain - long, SHORT_RATE, LONG_RATE, NO_WORTH, OFFSET)
    assert year == pytest.approx(tax, abs=1e-9)
    before = schedule_tax(-short, -long, SHORT_RATE, LONG_RATE, NO_WORTH, OFFSET)
    cost = tax_cost(0, 0, short, long, short_gain, long_gain, SHORT_RATE, LONG_RATE, NO_WORTH, OFFSET)
    assert cost == pytest.approx(tax - before, abs=1e-9)

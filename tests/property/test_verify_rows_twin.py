"""What the verifier compiles to test trades, measure gaps and gather wash sales, against plain Python."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.prove.verify.compiled import trade_rows, wash_gather
from engine.prove.verify.compiled.arrays import NULL, read_only
from engine.prove.verify.compiled.gaps import Entries, Model, Space, measure
from engine.prove.verify.compiled.wash_records import LOT, RUN, TRADE
from tests.reference import naive_verify_rows as naive
from tests.reference.naive_verify_rows import Lot, Trade

LOTS = [Lot(1, False, 100), Lot(2, True, 300), Lot(1, False, None)]
UNTIL = 200
TRADED, TAXABLE, PRICES = [False, True, True, False], [False, True, False], [None, 20_000_000, 7_350_000]
NAMES = (
    "WORDS",
    "STATUS",
    "OWN_LOT",
    "LOCKED",
    "QUANTITY",
    "PRICE",
    "AMOUNT",
    "GAIN",
    "BUY_ROW",
    "TERM",
    "WASH",
    "MOVES",
)

few = st.integers(-2, 3)
money = st.none() | st.sampled_from([0, 1, -1, 2000, 1995, 735]) | st.integers(-(10**12), 10**12)


@st.composite
def trades(draw: st.DrawFn) -> Trade:
    """Right in most of it, or nothing like it."""
    quantity = draw(st.none() | st.sampled_from([1_000_000, 0, -5, 500_000]) | st.integers(-(10**12), 10**12))
    price = draw(st.sampled_from([20_000_000, 7_350_000, None]) | st.integers(0, 10**9))
    amount = draw(money)
    if quantity is not None and price is not None and draw(st.booleans()):
        amount = naive.cents(quantity, price)
    side, basis, disallowed = (
        draw(st.sampled_from([1, 2, 2, 0, -1])),
        draw(money),
        draw(st.sampled_from([0, 0, 5, None, -1])),
    )
    if draw(st.booleans()):
        basis = amount
    gain = draw(money)
    if None not in (amount, basis, disallowed) and draw(st.booleans()):
        gain = amount - basis + disallowed
    lot_row = draw(st.none() | st.integers(0, 2)) if side == 2 else None
    return Trade(
        draw(st.integers(0, 3)), draw(st.integers(0, 3)), side, draw(st.integers(0, 3)), lot_row, quantity, price,
        amount, basis, disallowed, gain, draw(st.sampled_from([0, 1, 2, -1])), draw(st.integers(-1, 5)),
    )  # fmt: skip


def ints(values: list) -> np.ndarray:
    return np.array([NULL if value is None else value for value in values], dtype=np.int64)


def columns(rows: list[Trade]) -> trade_rows.Trades:
    given_ = {name: [getattr(row, name) for row in rows] for name in Trade.__dataclass_fields__}
    given_["lot_row"] = [-1 if row is None else row for row in given_["lot_row"]]
    return trade_rows.Trades(*read_only(*(ints(given_[name]) for name in trade_rows.Trades._fields)))


@given(st.lists(trades(), max_size=12))
def test_rows(rows: list[Trade]) -> None:
    book = trade_rows.Book(
        *read_only(
            ints([1 if one else 2 for one in TRADED]),
            ints([1 if one else 2 for one in TAXABLE]),
            ints(PRICES),
            ints([lot.security for lot in LOTS]),
            np.array([lot.locked for lot in LOTS]),
            ints([lot.start for lot in LOTS]),
        )
    )
    bits = np.empty(len(rows), dtype=np.int32)
    some = trade_rows.check(columns(rows), book, UNTIL, bits)
    assert some == np.bitwise_or.reduce(bits, initial=0)
    for row, bit in zip(rows, bits.tolist(), strict=True):
        told = {name for name in (*NAMES, "AT_A_LOSS") if bit & getattr(trade_rows, name)}
        expected = naive.wrong(row, TRADED, TAXABLE, PRICES, LOTS, UNTIL)
        too_large = row.quantity is not None and row.price is not None and abs(row.quantity * row.price) >= 2**62
        assert told - {"AMOUNT"} == expected - {"AMOUNT"}
        assert ("AMOUNT" in told) == ("AMOUNT" in expected) or too_large


@given(st.lists(trades(), max_size=12), st.data())
def test_sums(rows: list[Trade], data: st.DataObject) -> None:
    given_ = columns(rows)
    key = data.draw(st.lists(st.integers(0, 4), min_size=len(rows), max_size=len(rows)))
    of_row, first, place = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64), np.full(5, -1)
    count = trade_rows.number_lots(given_.side, ints(key), place, of_row, first)
    sums = np.zeros((4, count), dtype=np.int64)
    trade_rows.sum_lots(of_row, given_, *sums)
    assert [(int(first[lot]), *sums[:, lot].tolist()) for lot in range(count)] == naive.sold_lots(rows, key)
    for row, one in enumerate(rows):
        assert (
            (first[of_row[row]] == min(r for r, o in enumerate(rows) if o.side == 2 and key[r] == key[row]))
            if one.side == 2
            else of_row[row] == -1
        )
    figures, flags = np.zeros((4, 5), dtype=np.int64), np.zeros((3, 5), dtype=bool)
    trade_rows.sum_names(ints(key), given_, *figures, *flags)
    assert [(*figures[:, n].tolist(), *flags[:, n].tolist()) for n in range(5)] == naive.names(rows, key, 5)
    figures, flags = np.zeros((4, 3), dtype=np.int64), np.zeros((4, 3), dtype=bool)
    trade_rows.sum_accounts(given_, *figures, *flags)
    assert [(*figures[:, n].tolist(), *flags[:, n].tolist()) for n in range(3)] == naive.accounts(rows, 3)


AMOUNTS = st.dictionaries(st.integers(0, 5), st.floats(-2, 2, allow_nan=False).map(lambda x: round(x, 3)), max_size=5)


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, st.floats(0.5, 4)), max_size=4), st.integers(0, 3), st.booleans())
def test_gaps(accounts: list, factors: int, unknown: bool) -> None:
    """Securities 1 to 4 are listed."""
    random = np.random.default_rng(factors)
    exposures, covariance, specific = random.random((5, factors)), random.random((factors, factors)), random.random(5)
    if unknown:
        specific[2] = np.nan

    def entries(which: int) -> Entries:
        ends = np.cumsum([0, *(len(one[which]) for one in accounts)])
        securities = [security for one in accounts for security in sorted(one[which])]
        figures = [one[which][security] for one in accounts for security in sorted(one[which])]
        return Entries(
            *read_only(ends[:-1].copy(), ends[1:].copy(), ints(securities), np.array(figures, dtype=np.float64))
        )

    value = np.array([one[3] for one in accounts], dtype=np.float64)
    cash = np.linspace(-0.1, 0.1, len(accounts)), np.linspace(0.2, 0.0, len(accounts))
    space = Space(np.zeros(5), np.zeros(5, np.int64), np.zeros(5, np.int64), np.zeros(factors), np.zeros(factors))
    found, active = np.empty((len(accounts), 4)), np.empty((len(accounts), factors))
    model = Model(*read_only(exposures, covariance, specific))
    measure(entries(0), entries(1), entries(2), value, *cash, model, space, found, active)
    for place, (held, moved, wanted, worth) in enumerate(accounts):
        fractions = ({s: x / worth for s, x in one.items() if 0 < s < 5} for one in (held, moved))
        wanted = {s: x for s, x in wanted.items() if 0 < s < 5}
        money = float(cash[0][place]), float(cash[1][place])
        told, exposed = naive.gaps(
            *fractions, wanted, money, exposures.tolist(), covariance.tolist(), specific.tolist()
        )
        # a gap that is nothing but rounding is none, or NaN times nothing
        if not (unknown and any(math.isnan(one) for one in (*told, *found[place]))):
            np.testing.assert_allclose(found[place], told, atol=1e-12)
        np.testing.assert_allclose(active[place], exposed, atol=1e-12)
    assert not space.gap.any()
    assert not space.is_touched.any()


@given(st.lists(st.tuples(st.integers(0, 3), few, few), max_size=30), st.booleans())
def test_rows_by_case(rows: list[tuple[int, int, int]], rising: bool) -> None:
    rows = sorted(rows) if rising else rows
    case = [row[0] for row in rows]
    ends, found = np.zeros(5, dtype=np.int64), np.empty(len(rows), dtype=np.int64)
    wash_gather.by_case(ints(case), np.arange(len(rows)), ends, found)
    order, spare = np.empty((2, len(rows)), dtype=np.int64)
    keys = np.array([[row[key] for row in rows] for key in (1, 2)], dtype=np.int64).reshape(2, -1)[:, found]
    wash_gather.sort_cases(ends, np.ascontiguousarray(keys), order, spare)
    told = found[order]
    expected = naive.by_case(case, [row[1:] for row in rows], 4)
    assert [told[ends[one] : ends[one + 1]].tolist() for one in range(4)] == expected


@given(st.floats(-1e12, 1e12) | st.sampled_from([math.nan, 0.005, -0.005, -0.0]))
def test_cents(usd: float) -> None:
    told = wash_gather.cents(usd)
    assert (None if told == NULL else told) == naive.usd_cents(usd)


@given(st.lists(trades(), max_size=14), st.data())
def test_run_rows(rows: list[Trade], data: st.DataObject) -> None:
    """Names traded 0 to 3, of which 3 is in no case; lots sold 0 to 3, one lot maybe under two names."""
    given_, size = columns(rows), len(rows)
    pair = data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    lot = data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    lot = [-1 if row.side == 1 else one for row, one in zip(rows, lot, strict=True)]
    case_of = [0, 1, 0, -1]
    case, kept = np.empty((2, size), dtype=np.int64)
    figures = given_.quantity, given_.amount, given_.basis
    count = wash_gather.run_cases(ints(pair), ints(case_of), given_.side, given_.lot, *figures, case, kept)

    def counts(row: Trade) -> bool:
        sound = row.quantity is not None and row.quantity > 0 and row.amount is not None and row.basis is not None
        return sound and (row.side == 1 or (row.side == 2 and row.lot > 0))

    cases = [case_of[place] if counts(row) else -1 for row, place in zip(rows, pair, strict=True)]
    assert kept[:count].tolist() == [row for row in range(size) if cases[row] >= 0]
    assert case[:count].tolist() == [one for one in cases if one >= 0]
    ends, ordered = np.zeros(3, dtype=np.int64), np.empty(count, dtype=np.int64)
    wash_gather.by_case(case[:count], kept[:count], ends, ordered)
    run, run_ends, sums = np.zeros(count, RUN), np.empty(3, dtype=np.int64), np.empty((3, count), dtype=np.int64)
    of = ints(pair), given_.side, ints(lot)
    owner, who = ints([5, 6, 7, 8]), ints([50, 60, 70, 80])
    made = wash_gather.join_run(ordered, ends, *of, *figures, owner, who, run, run_ends, *sums, np.full(4, -1))
    told = [
        (int(run["place"][one]), bool(run["buy"][one]), int(run["quantity"][one]), *sums[:, one].tolist())
        for one in range(made)
    ]
    assert [told[run_ends[one] : run_ends[one + 1]] for one in range(2)] == naive.joined(rows, cases, pair, lot, 2)
    assert run["owner"][:made].tolist() == [owner[pair[one]] for one in run["place"][:made]]
    assert run["who"][:made].tolist() == [who[pair[one]] for one in run["place"][:made]]


DAYS = st.none() | st.integers(90, 112)


@given(
    st.lists(st.tuples(st.integers(0, 2), DAYS, st.integers(-1, 2), st.integers(0, 1), st.integers(-1, 1)), max_size=20)
)
def test_lots_near(rows: list[tuple]) -> None:
    """(position, acquired, quantity, name, lot sold): those of position 2 are in no case; of lots sold 0 has a row."""
    position, acquired, quantity, name, sold = ([row[place] for row in rows] for place in range(5))
    starts = [row for row in range(len(rows)) if row == 0 or position[row] != position[row - 1]]
    case, kept = np.empty((2, len(rows)), dtype=np.int64)
    count = wash_gather.lot_cases(
        ints([*starts, len(rows)]), ints([position[row] for row in starts]), ints([1, 0, -1]), ints(acquired),
        ints(quantity), ints(name), ints(sold), ints([3, -1]), 100, 110, case, kept,
    )  # fmt: skip
    expected = [
        row
        for row in range(len(rows))
        if position[row] < 2 and quantity[row] > 0 and name[row] > 0
        and acquired[row] is not None and acquired[row] <= 110 and (acquired[row] >= 100 or sold[row] == 0)
    ]  # fmt: skip
    assert kept[:count].tolist() == expected
    assert case[:count].tolist() == [1 - position[row] for row in expected]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), max_size=8),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.booleans()), max_size=8),
)
def test_buys_whose_lot_is_gone(held: list[tuple[int, int]], told: list[tuple[int, int, bool]]) -> None:
    """One case; `who` with 3 lot names, of which 0 is none."""
    lots, rows = np.zeros(len(held), LOT), np.zeros(len(told), TRADE)
    lots["who"], lots["acquired"] = [one[0] for one in held], [one[1] for one in held]
    rows["who"], rows["day"], rows["buy"] = ([one[place] for one in told] for place in range(3))
    gone = np.empty(len(told), dtype=bool)
    wash_gather.find_gone(lots, ints([0, len(held)]), rows, ints([0, len(told)]), 3, gone)
    assert gone.tolist() == [buy and who % 3 > 0 and (who, day) not in held for who, day, buy in told]

"""The market: simulated, or made of real prices with their dirt."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from engine.book.calendar import trading_days
from engine.book.synth import Wish, make_book, real_market
from engine.book.synth.market import EQUITY
from engine.errors import InputRefused, UsageError
from engine.risk import PricePanel, wide_panel
from tests.support.books import small_market

SECTORS = ("Energy", "Health Care", "Financials", "Utilities")
EPOCH = dt.date(1970, 1, 1)


def real_panel(names: int = 60, days: int = 400, seed: int = 4) -> PricePanel:
    rng = np.random.default_rng(seed)
    calendar = trading_days(dt.date(2018, 2, 7), days)
    daily = 0.008 * rng.standard_normal((days, 1)) + 0.012 * rng.standard_normal((days, names))
    closes = np.round(80 * np.exp(np.cumsum(daily, axis=0)), 4)
    closes[200:, 3] = np.round(closes[200:, 3] / 2, 4)  # a split left in
    closes[:150, 5] = np.nan  # listed late
    closes[-20:, 7] = np.nan  # gone: no price today
    closes[100:103, 9] = np.nan  # suspended
    return PricePanel(calendar, tuple(f"S{i:02d}" for i in range(names)), closes)


def constituents(names: int = 60) -> pa.Table:
    label = [f"Company {i}" for i in range(names)]
    label[11], label[12] = "Twofold Inc Class A", "Twofold Inc Class C"
    return pa.table(
        {
            "symbol": [f"S{i:02d}" for i in range(names)],
            "name": label,
            "gics_sector": [SECTORS[i % 4] for i in range(names)],
            "market_cap_usd": [float(1e9 * (i + 1)) for i in range(names)],
        }
    )


def test_trading_days_end_where_asked_and_skip_holidays() -> None:
    days = trading_days(dt.date(2018, 2, 7), 30)
    dates = [EPOCH + dt.timedelta(days=int(day)) for day in days]
    assert dates[-1] == dt.date(2018, 2, 7)
    assert len(dates) == len(set(dates)) == 30
    assert dt.date(2018, 1, 1) not in dates
    assert dt.date(2018, 1, 15) not in dates  # Martin Luther King Day
    assert dt.date(2017, 12, 25) not in dates
    assert all(day.weekday() < 5 for day in dates)


def test_as_of_must_be_a_trading_day() -> None:
    with pytest.raises(UsageError, match=r"2018-02-10 is not a trading day.*2018-02-09"):
        trading_days(dt.date(2018, 2, 10), 10)


def test_simulated_market_is_sensible() -> None:
    market = small_market(1)
    daily = np.diff(np.log(market.closes), axis=0)
    volatility = np.nanstd(daily, axis=0) * np.sqrt(252)
    equity = np.array([row.asset_class == EQUITY for row in market.listings])
    bonds = np.array([row.asset_class == "Fixed income" for row in market.listings])
    assert 0.15 < np.median(volatility[equity]) < 0.5
    assert np.median(volatility[bonds]) < 0.08
    assert np.nanmin(market.closes) >= 0.5
    assert np.isfinite(market.price).all()
    total = market.ids.index("US-TOTAL")
    assert 0.10 < volatility[total] < 0.25
    assert abs(np.log(market.closes[-1, total] / market.closes[0, total])) < 1.0
    assert np.isnan(market.closes[0]).any()  # late listings


def test_twins_move_together_and_share_a_wash_group() -> None:
    market = small_market(1)
    groups = market.wash_groups()
    total, twin = market.ids.index("US-TOTAL"), market.ids.index("US-TOTAL-B")
    assert groups[total] == groups[twin]
    daily = np.diff(np.log(market.closes[:, [total, twin]]), axis=0)
    assert np.corrcoef(daily.T)[0, 1] > 0.98
    equities = groups[: market.equities]
    assert len(np.unique(equities)) == market.equities - 3


def test_real_market_keeps_prices_and_drops_what_has_none_today() -> None:
    panel = real_panel()
    market = real_market(panel, constituents(), seed=1)
    assert "S07" not in market.ids
    assert market.equities == 59
    for name in ("S00", "S59"):
        assert np.array_equal(market.closes[:, market.ids.index(name)], panel.closes[:, panel.symbols.index(name)])
    assert market.price_row.tolist() == [399] * len(market.ids)


def test_a_company_listed_twice_is_counted_once() -> None:
    market = real_market(real_panel(), constituents(), seed=1)
    one, other = (market.listings[market.ids.index(name)] for name in ("S11", "S12"))
    assert one.wash_group == other.wash_group == "S11"
    assert (one.capitalisation, other.capitalisation) == (6e9, 6.5e9)
    assert market.listings[0].wash_group == "S00"


def test_no_lot_is_older_than_the_last_split_and_none_is_bought_without_a_price() -> None:
    market = real_market(real_panel(), constituents(), seed=1)
    split, late, gap = (market.ids.index(name) for name in ("S03", "S05", "S09"))
    assert market.tradable_row[:201, split].tolist() == [200] * 201
    assert market.tradable_row[0, late] == 150
    assert market.tradable_row[99:104, gap].tolist() == [99, 103, 103, 103, 103]
    book = make_book(Wish(60, 2, mix={"direct": 1.0}, models=5), market, statistical=3)
    lots = book.make(book.parts[0]).tables["lots"].to_pandas()
    days = lots.acquired.map(lambda day: (day - EPOCH).days)
    assert days[lots.security_id == "S03"].min() >= market.days[200]
    assert days[lots.security_id == "S05"].min() >= market.days[150]
    assert np.isfinite(lots.cost_basis).all()
    price = dict(zip(market.ids, market.price, strict=True))
    assert (lots.cost_basis / lots.security_id.astype(str).map(price)).max() < 5


def test_year_of_prices_is_needed() -> None:
    market = real_market(real_panel(days=260).until(int(real_panel(days=260).days[200])), constituents(), seed=1)
    with pytest.raises(UsageError, match="201 days"):
        make_book(Wish(10, 1), market)


def test_bad_constituents_are_refused() -> None:
    panel = real_panel()
    with pytest.raises(InputRefused, match="gics_sector"):
        real_market(panel, constituents().drop_columns(["gics_sector"]), seed=1)
    with pytest.raises(InputRefused, match="S00 is incomplete"):
        real_market(panel, constituents().set_column(3, "market_cap_usd", pa.array([0.0] * 60)), seed=1)
    with pytest.raises(InputRefused, match="no constituent has a price"):
        real_market(panel, constituents().set_column(0, "symbol", pa.array(["X"] * 60)), seed=1)


def test_long_prices_become_a_panel() -> None:
    day = dt.date(2018, 2, 6)
    table = pa.table(
        {
            "date": [day + dt.timedelta(days=1), day, day, day + dt.timedelta(days=1)],
            "symbol": ["B", "A", "B", "A"],
            "close": [4.0, 1.0, None, -1.0],
        }
    )
    panel = wide_panel(table)
    assert panel.symbols == ("A", "B")
    assert panel.days.tolist() == [(day - EPOCH).days, (day - EPOCH).days + 1]
    assert np.array_equal(panel.closes, [[1.0, np.nan], [np.nan, 4.0]], equal_nan=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"close": None}, "column close is missing"),
        ({"date": ["2018-02-06", "2018-02-06"]}, "column date is string"),
        ({"symbol": ["A", None]}, "column symbol has empty values"),
        ({"symbol": ["A", "A"]}, "two prices of A on 2018-02-06"),
    ],
)
def test_bad_prices_are_refused(change: dict[str, list[object] | None], message: str) -> None:
    columns: dict[str, object] = {"date": [dt.date(2018, 2, 6)] * 2, "symbol": ["A", "B"], "close": [1.0, 2.0]}
    columns |= change
    with pytest.raises(InputRefused, match=message):
        wide_panel(pa.table({name: values for name, values in columns.items() if values is not None}), where="p")


def test_no_prices_are_refused() -> None:
    empty = pa.table(
        {"date": pa.array([], pa.date32()), "symbol": pa.array([], pa.string()), "close": pa.array([], pa.float64())}
    )
    with pytest.raises(InputRefused, match="no prices"):
        wide_panel(empty)


def test_as_of_before_the_first_price_is_refused() -> None:
    with pytest.raises(InputRefused, match="1970-01-02"):
        real_panel().until(1)

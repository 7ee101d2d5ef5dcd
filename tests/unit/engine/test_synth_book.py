"""A synthetic book against the contract, by checks that know nothing of how it was made."""

from __future__ import annotations

import datetime as dt

import holidays
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from engine.book.schema import BOOK_TABLES, FIRM_TABLES, PART_TABLES
from engine.book.synth import Book, Wish, make_book
from engine.book.synth.population import KINDS
from engine.errors import UsageError
from tests.support.books import planned_book, small_market

ACCOUNTS = 600
Frames = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def book() -> Book:
    return planned_book(ACCOUNTS, seed=3, models=12)


@pytest.fixture(scope="module")
def tables(book: Book) -> Frames:
    frames = {key.removesuffix(".parquet"): table.to_pandas() for key, table in book.firm_tables()}
    made = [book.make(part).tables for part in book.parts]
    for name in PART_TABLES:
        frames[name] = pa.concat_tables([tables[name] for tables in made]).unify_dictionaries().to_pandas()
        for column in frames[name].select_dtypes("category"):
            frames[name][column] = frames[name][column].astype(object)
    return frames


def test_every_table_and_column_is_of_the_contract(book: Book) -> None:
    everything = {**book.firm, **book.make(book.parts[0]).tables}
    assert set(everything) == {*FIRM_TABLES, *PART_TABLES}
    for name, table in everything.items():
        known = BOOK_TABLES[name].by_name
        for field in table.schema:
            assert known[field.name].kind.accepts(field.type), (name, field)
        assert {c.name for c in known.values() if c.required} <= set(table.column_names)


def test_keys_are_unique(tables: Frames) -> None:
    for name, frame in tables.items():
        key = list(BOOK_TABLES[name].key)
        if key:
            assert not frame.duplicated(key).any(), name
            assert not frame[key].isna().any(axis=None), name


def test_exactly_the_accounts_asked_for(tables: Frames) -> None:
    assert len(tables["accounts"]) == ACCOUNTS


def test_every_name_is_known(tables: Frames) -> None:
    names = set(tables["securities"].security_id)
    models = set(tables["models"].model_id)
    accounts = set(tables["accounts"].account_id)
    assert set(tables["lots"].security_id) <= names
    assert set(tables["models"].security_id.dropna()) <= names
    assert set(tables["models"].child_model_id.dropna()) <= models
    assert set(tables["accounts"].model_id) <= models
    assert set(tables["accounts"].policy_id.dropna()) <= set(tables["policies"].policy_id)
    assert set(tables["risk_specific"].security_id) == names
    assert set(tables["screens"].security_id) <= names
    assert set(tables["restrictions"].security_id.dropna()) <= names
    assert set(tables["restrictions"].screen_id.dropna()) <= set(tables["screens"].screen_id)
    for name in ("lots", "restrictions", "activity", "flows"):
        assert set(tables[name].account_id) <= accounts


def test_model_weights_sum_to_one_and_some_nest(tables: Frames) -> None:
    models = tables["models"]
    assert (models.groupby("model_id").weight.sum() - 1).abs().max() < 1e-6
    assert models.weight.min() > 0
    assert ((models.security_id.isna()) ^ (models.child_model_id.isna())).all()
    assert models.child_model_id.notna().any()
    assert models.model_id.nunique() == 12


def test_the_risk_model_is_sound(tables: Frames) -> None:
    square = tables["risk_covariance"].pivot(index="factor_1", columns="factor_2", values="covariance").to_numpy()
    assert np.array_equal(square, square.T)
    eigenvalues = np.linalg.eigvalsh(square)
    assert eigenvalues[0] >= -1e-8 * eigenvalues[-1]
    assert (tables["risk_specific"].variance > 0).all()


def test_lots_were_bought_at_the_days_close(tables: Frames) -> None:
    market = small_market(3)
    column = {name: i for i, name in enumerate(market.ids)}
    row = {int(day): i for i, day in enumerate(market.days)}
    lots = tables["lots"]
    days = pd.to_datetime(lots.acquired).astype("datetime64[s]").astype("int64") // 86400
    closes = market.closes[days.map(row), lots.security_id.map(column)]
    assert np.array_equal(closes, lots.cost_basis)


def test_dates_are_trading_days_up_to_as_of(book: Book, tables: Frames) -> None:
    closed = holidays.NYSE(years=range(2020, 2027))
    for name, column in (("lots", "acquired"), ("activity", "trade_date")):
        for day in tables[name][column].unique():
            assert day.weekday() < 5
            assert day not in closed
            assert day <= book.as_of


def test_gains_losses_and_both_terms(book: Book, tables: Frames) -> None:
    lots = tables["lots"]
    price = tables["securities"].set_index("security_id").price
    gain = lots.security_id.map(price) - lots.cost_basis
    age = (pd.Timestamp(book.as_of) - pd.to_datetime(lots.acquired)).dt.days
    for term in (age > 366, age < 365):
        assert (gain[term] > 0).mean() > 0.1
        assert (gain[term] < 0).mean() > 0.1


def test_accounts_are_funded_and_their_lots_plausible(tables: Frames) -> None:
    lots, accounts = tables["lots"], tables["accounts"].set_index("account_id")
    price = tables["securities"].set_index("security_id").price
    assert (price > 0).all()
    value = (lots.quantity * lots.security_id.map(price)).groupby(lots.account_id).sum()
    total = value.reindex(accounts.index, fill_value=0.0) + accounts.cash
    assert total.min() > 500
    assert total.max() < 2e7
    assert (lots.quantity > 0).all()
    fraction = accounts.cash / total
    assert fraction.max() == 1.0  # all-cash accounts
    assert (fraction < 0.005).mean() > 0.05
    assert (fraction < 0).any()
    assert (fraction > 0.03).mean() > 0.05


def test_fractions_of_shares_come_from_reinvested_dividends(tables: Frames) -> None:
    lots = tables["lots"]
    broken = lots.quantity % 1 != 0
    assert 0.001 < broken.mean() < 0.2
    assert lots.quantity[broken].median() < lots.quantity[~broken].median() / 2
    buys = tables["activity"].query("side == 'BUY'")
    assert (buys[buys.reinvestment].quantity % 1 != 0).mean() > 0.5
    assert (buys[~buys.reinvestment].quantity % 1 == 0).all()


def test_recent_lots_and_purchases_are_the_same(book: Book, tables: Frames) -> None:
    buys = tables["activity"].query("side == 'BUY'")
    start = book.as_of - dt.timedelta(days=61)
    lots = tables["lots"]
    recent = lots[lots.acquired >= start]
    both = recent.merge(buys, on=["account_id", "lot_id", "security_id"], how="left")
    assert len(both) == len(recent) > 100
    assert (both.acquired == both.trade_date).all()
    assert (both.quantity_x == both.quantity_y).all()
    assert (both.cost_basis == both.price).all()
    assert buys.merge(lots, on=["account_id", "lot_id", "security_id"]).shape[0] == len(buys)


def test_recent_losses_and_year_to_date_agree(book: Book, tables: Frames) -> None:
    sells = tables["activity"].query("side == 'SELL'")
    assert (sells.realised_gain < 0).mean() > 0.5
    accounts = tables["accounts"].set_index("account_id")
    assert (accounts.tax_status.loc[sells.account_id.unique()] == "taxable").all()
    this_year = sells[sells.trade_date.map(lambda day: day.year) == book.as_of.year]
    realised = this_year.groupby("account_id").realised_gain.sum().reindex(accounts.index, fill_value=0.0)
    assert np.allclose(realised, accounts.realised_st_ytd + accounts.realised_lt_ytd, atol=0.011)
    # A loss whose name the household bought again would be washed: none is.
    groups = tables["securities"].set_index("security_id").wash_group
    household = accounts.household_id.fillna(accounts.index.to_series())
    buys = tables["activity"].query("side == 'BUY'")
    bought = set(zip(household.loc[buys.account_id], groups.loc[buys.security_id], strict=True))
    assert not bought & set(zip(household.loc[sells.account_id], groups.loc[sells.security_id], strict=True))


def test_restrictions_never_contradict_and_leave_the_cash_reachable(tables: Frames) -> None:
    rules, lots = tables["restrictions"], tables["lots"]
    assert set(rules.kind) == {"never_buy", "never_sell", "sell_out", "screen"}
    assert rules.screen_id.notna().equals(rules.kind == "screen")
    named = rules.dropna(subset="security_id")
    sides = named[named.kind != "never_buy"]
    assert not sides.duplicated(["account_id", "security_id"]).any()
    locked = lots[lots.locked]
    assert len(locked) > 0
    leaving = named[named.kind == "sell_out"]
    assert not set(zip(leaving.account_id, leaving.security_id, strict=True)) & set(
        zip(locked.account_id, locked.security_id, strict=True)
    )
    price = tables["securities"].set_index("security_id").price
    worth = lots.quantity * lots.security_id.map(price)
    kept = named[named.kind == "never_sell"]
    blocked = lots.locked | pd.Series(list(zip(lots.account_id, lots.security_id, strict=True)), index=lots.index).isin(
        set(zip(kept.account_id, kept.security_id, strict=True))
    )
    share = worth[blocked].groupby(lots.account_id).sum() / worth.groupby(lots.account_id).sum()
    assert share.max() < 0.45


def test_settings_are_in_order(tables: Frames) -> None:
    for name in ("accounts", "policies"):
        frame = tables[name]
        cash = frame[["cash_min", "cash_target", "cash_max"]]
        given = cash.notna()
        assert (given.all(axis=1) == given.any(axis=1)).all()
        full = cash.dropna()
        assert ((full.cash_min <= full.cash_target) & (full.cash_target <= full.cash_max)).all()
    rates = tables["accounts"][["st_rate", "lt_rate"]].dropna()
    assert len(rates) > 0
    assert (rates.lt_rate <= rates.st_rate).all()


def test_names_not_of_the_model_are_held(tables: Frames) -> None:
    models, accounts, lots = tables["models"], tables["accounts"], tables["lots"]

    def names(model: str) -> set[str]:
        rows = models[models.model_id == model]
        own = set(rows.security_id.dropna())
        return own.union(*(names(child) for child in rows.child_model_id.dropna()))

    flat = {model: names(model) for model in accounts.model_id.unique()}
    model_of = accounts.set_index("account_id").model_id
    held = lots[["account_id", "security_id"]].drop_duplicates()
    outside = held[[name not in flat[model_of[account]] for account, name in held.itertuples(index=False)]]
    assert 0.05 < outside.account_id.nunique() / len(accounts) < 0.5


def test_purchases_cluster_on_the_days_money_came(tables: Frames) -> None:
    direct = tables["lots"][~tables["lots"].account_id.isin(tables["lots"].query("quantity % 1 != 0").account_id)]
    sizes = direct.groupby("account_id").agg(lots=("lot_id", "size"), days=("acquired", "nunique"))
    large = sizes[sizes.lots > 500]
    assert len(large) > 10
    assert (large.lots / large.days).median() > 8


@pytest.mark.parametrize("kind", KINDS)
def test_a_book_of_one_kind(kind: str) -> None:
    book = planned_book(40, seed=3, kind=kind)
    made = book.make(book.parts[0])
    lots = made.tables["lots"].to_pandas()
    names = lots.groupby("account_id", observed=True).security_id.nunique()
    assert made.totals[kind].accounts == 40
    assert made.totals[kind].lots == len(lots)
    if kind == "cash":
        assert len(lots) == 0
        return
    low, high = {"etf": (5, 24), "direct": (80, 175), "transition": (3, 80), "ira": (4, 175)}[kind]
    assert len(names) == 40
    assert low <= names.min()
    assert names.max() <= high


def test_impossible_wishes_are_refused() -> None:
    market = small_market(3)
    for wish, text in (
        (Wish(0, 1), "0 accounts"),
        (Wish(10, 1, models=4), "4 models"),
        (Wish(10, 1, models=51), "51 models"),
        (Wish(10, 1, mix={"gold": 1.0}), "unknown kind gold"),
        (Wish(10, 1, mix={"etf": 0.0}), "above zero"),
    ):
        with pytest.raises(UsageError, match=text):
            make_book(wish, market)


@pytest.mark.parametrize("models", [5, 50])
def test_fewest_and_most_models(models: int) -> None:
    book = planned_book(20, seed=3, models=models)
    frame = book.firm["models"].to_pandas()
    assert frame.model_id.nunique() == models
    assert (frame.groupby("model_id", observed=True).weight.sum() - 1).abs().max() < 1e-6


def test_accounts_of_one_value() -> None:
    made = make_book(Wish(64, 3, {"etf": 1.0}, value=50_000.0), small_market())
    totals = made.make(made.parts[0]).totals["etf"]
    assert totals.value / totals.accounts == pytest.approx(50_000.0, rel=0.02)

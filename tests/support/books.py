"""Small books for tests: real ones, as `wholebook synth` writes them, of a smaller market."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cluster.cli.synth import write_book
from cluster.storage import open_storage
from engine.book.synth import Book, Market, Wish, make_book, simulated_market
from engine.book.synth.population import DEFAULT_MIX, KINDS

EQUITIES = 160
Columns = dict[str, pa.Array]

AS_OF = dt.date(2026, 1, 30)
WINDOW, LONG_BEFORE = AS_OF - dt.timedelta(days=30), dt.timedelta(days=61)


@cache
def small_market(seed: int = 1) -> Market:
    """160 equities and their funds, five years up to 2026-01-30; made once a process."""
    return simulated_market(seed, equities=EQUITIES)


@cache
def planned_book(
    accounts: int = 64, seed: int = 1, kind: str = "mixed", *, faults: bool = False, models: int = 10
) -> Book:
    """A book not yet written. `kind` is `mixed` or one of etf, direct, transition, ira, cash."""
    assert kind in ("mixed", *KINDS)
    mix = dict(DEFAULT_MIX) if kind == "mixed" else {kind: 1.0}
    return make_book(Wish(accounts, seed, mix, models, f"small-{kind}", faults), small_market(seed), statistical=4)


def small_book(
    folder: Path, accounts: int = 64, seed: int = 1, kind: str = "mixed", *, faults: bool = False, models: int = 10
) -> str:
    """Write such a book to `folder/book` and return its URI."""
    target = folder / "book"
    write_book(planned_book(accounts, seed, kind, faults=faults, models=models), open_storage(str(target)))
    return str(target)


def quiet(book: Path) -> None:
    """Make it a book to which the next day brings nothing: accounts alone in their household, no payment, no purchase
    or sale of the 30 days before."""
    for path in book.glob("accounts/*.parquet"):
        table = pq.read_table(path)
        at = table.schema.get_field_index("household_id")
        pq.write_table(table.set_column(at, "household_id", pa.nulls(table.num_rows, pa.string())), path)
    for path in [*book.glob("flows/*.parquet"), *book.glob("activity/*.parquet")]:
        pq.write_table(pq.read_table(path).slice(0, 0), path)
    for path in book.glob("lots/*.parquet"):
        table = pq.read_table(path)
        days = [day if day < WINDOW else day - LONG_BEFORE for day in table["acquired"].to_pylist()]
        at = table.schema.get_field_index("acquired")
        pq.write_table(table.set_column(at, "acquired", pa.array(days, pa.date32())), path)


def budgeted(book: Path, seed: int) -> None:
    """Give most accounts a gain budget near what the year has realised, and make some of them care little for tax."""
    random = np.random.default_rng(seed)

    def settings(accounts: pa.Table) -> Columns:
        count = accounts.num_rows
        to_date = sum(
            np.nan_to_num(accounts[name].to_numpy().astype(np.float64))
            for name in ("realised_st_ytd", "realised_lt_ytd")
        )
        budget = to_date + random.choice([0.0, -3_000.0, 500.0, 2_000.0, 20_000.0], count)
        return {
            "gain_budget": pa.array(budget, pa.float64(), mask=random.random(count) > 0.8),
            "harvest": pa.array(random.random(count) < 0.5),
            "tax_sensitivity": pa.array(random.choice([1.0, 0.1, 0.0], count)),
        }

    _set(book, settings)


def richly_budgeted(book: Path, budget: str) -> None:
    """Give every account a budget, of gain or of tax, that nothing it could do would use up."""
    _set(book, lambda accounts: {budget: pa.array(np.full(accounts.num_rows, 1e9))})


def sized(book: Path, seed: int) -> None:
    """Let two accounts in three leave no small position, and some no small trade."""
    random = np.random.default_rng(seed)

    def settings(accounts: pa.Table) -> Columns:
        count = accounts.num_rows
        return {
            "min_position_usd": pa.array(random.choice([0.0, 1_000.0, 8_000.0], count)),
            "min_trade_usd": pa.array(random.choice([0.0, 100.0, 2_000.0], count)),
        }

    _set(book, settings)


def limited(book: Path, seed: int) -> None:
    """Give every other account a cap or a least of a sector, or limits of a factor.

    Three in ten aim at a tracking error, as many have a budget of tax, and as many a cap on turnover.
    """
    random = np.random.default_rng(seed)
    sectors = pc.unique(pq.read_table(book / "securities.parquet")["sector"]).drop_null().to_pylist()
    factors = pc.unique(pq.read_table(book / "risk_covariance.parquet")["factor_1"]).to_pylist()
    for path in sorted(book.glob("accounts/*.parquet")):
        rows = []
        for account in pq.read_table(path)["account_id"].to_pylist():
            about = {"account_id": account, "sector": str(random.choice(sectors))}
            of_factor = {"account_id": account, "factor": str(random.choice(factors))}
            rows += [
                [about | {"kind": "max_weight", "value": float(random.choice([0.02, 0.1, 0.3]))}],
                [about | {"kind": "min_weight", "value": float(random.choice([0.02, 0.1, 0.3]))}],
                [of_factor | {"kind": "factor_max", "value": float(random.choice([-0.1, 0.0, 0.1]))}],
                [of_factor | {"kind": "factor_min", "value": -0.05}, of_factor | {"kind": "factor_max", "value": 0.05}],
                [],
                [],
            ][random.integers(6)]
        own = book / "restrictions" / path.name
        table = pa.Table.from_pylist(rows, schema=_RESTRICTIONS)
        tables = [table, pq.read_table(own)] if own.is_file() else [table]
        own.parent.mkdir(exist_ok=True)
        pq.write_table(pa.concat_tables(tables, promote_options="permissive"), own)

    def settings(accounts: pa.Table) -> Columns:
        count = accounts.num_rows
        return {
            "tracking_error_target": _some(random, random.choice([0.005, 0.01, 0.02], count)),
            "tax_budget": _some(random, random.choice([0.0, 500.0, 5_000.0], count)),
            "max_turnover": _some(random, random.choice([0.01, 0.05, 0.2], count)),
        }

    _set(book, settings)


def searched(book: Path, seed: int) -> None:
    """Aim half of the accounts at a tracking error and cap the turnover of half; three in ten have a gain budget."""
    random = np.random.default_rng(seed)

    def settings(accounts: pa.Table) -> Columns:
        count = accounts.num_rows
        errors, caps = random.choice([0.005, 0.01, 0.02, 0.05], count), random.choice([0.02, 0.05, 0.2, 0.5], count)
        return {
            "tracking_error_target": pa.array(errors, mask=random.random(count) > 0.5),
            "max_turnover": pa.array(caps, mask=random.random(count) > 0.5),
            "gain_budget": _some(random, random.choice([0.0, 2_000.0, 20_000.0], count)),
        }

    _set(book, settings)


def moving(book: Path, seed: int) -> None:
    """Set three accounts in four a date for their legacy positions, and half of these a gain budget."""
    random = np.random.default_rng(seed)
    dates = np.array([np.datetime64(date) for date in ("2025-06-30", "2026-12-31", "2027-12-31", "2030-06-30")])

    def settings(accounts: pa.Table) -> Columns:
        count = accounts.num_rows
        return {
            "transition_until": pa.array(random.choice(dates, count), mask=random.random(count) > 0.75),
            "gain_budget": pa.array(random.choice([0.0, 2_000.0, 20_000.0], count), mask=random.random(count) > 0.5),
            "risk_aversion": pa.array(random.choice([1.0, 20.0], count)),
        }

    _set(book, settings)


_RESTRICTIONS = pa.schema(
    [(name, pa.string()) for name in ("account_id", "kind", "security_id", "sector", "screen_id", "factor")]
    + [("value", pa.float64())]
)


def waiting(book: Path, seed: int) -> None:
    """Tell most accounts to sell out names of which lots are locked, or may not be sold for a wash sale, or not traded.

    Half of the accounts bar wash sales, half of the names have a twin that is substantially identical.
    """
    random = np.random.default_rng(seed)
    _set(book, lambda accounts: {"wash_policy": pa.array(random.choice(["avoid", "forbid"], accounts.num_rows))})
    path = book / "securities.parquet"
    securities = pq.read_table(path)
    count = securities.num_rows
    group = np.where(np.arange(count) % 4 < 2, np.arange(count) // 2 * 2, np.arange(count))
    securities = _with(securities, "wash_group", securities["security_id"].take(pa.array(group)))
    pq.write_table(_with(securities, "tradable", pa.array(random.random(count) < 0.95)), path)
    for path in book.glob("lots/*.parquet"):
        lots = pq.read_table(path)
        pq.write_table(_with(lots, "locked", pa.array(random.random(lots.num_rows) < 0.02)), path)
        held = lots.select(["account_id", "security_id"]).take(np.flatnonzero(random.random(lots.num_rows) < 0.03))
        rows = held.append_column("kind", pa.array(["sell_out"] * held.num_rows))
        own = path.parent.parent / "restrictions" / path.name
        if own.exists():
            rows = pa.concat_tables([pq.read_table(own), rows], promote_options="permissive")
        own.parent.mkdir(exist_ok=True)
        pq.write_table(rows, own)


def calm(book: Path, seed: int) -> None:
    """Give every account its own bands and least benefit, most of them wide, and a restriction or none."""
    random = np.random.default_rng(seed)

    def settings(accounts: pa.Table) -> Columns:
        count = accounts.num_rows
        return {
            "drift_band": pa.array(random.choice([0.005, 0.05, 0.5, 1.0], count)),
            "cash_min": pa.array(random.choice([0.0, 0.0, 0.01], count)),
            "cash_max": pa.array(random.choice([1.0, 1.0, 0.03], count)),
            "min_benefit_bp": pa.array(random.choice([0.5, 10.0, 100.0], count)),
            "harvest": pa.array(random.random(count) < 0.7),
            "harvest_option": pa.array(random.choice([0.0, 1.0, 3.0], count)),
            "max_weight": _some(random, random.choice([0.2, 0.5, 1.0], count)),
            "ordinary_offset": pa.array(random.choice([0.0, 3_000.0], count)),
        }

    _set(book, settings)
    kinds = ("never_buy", "never_sell", "sell_out", "min_weight", "max_weight")
    for path in book.glob("lots/*.parquet"):
        held = pq.read_table(path, columns=["account_id", "security_id"])
        share = 0.6 * pc.count_distinct(held["account_id"]).as_py() / held.num_rows
        held = held.take(np.flatnonzero(random.random(held.num_rows) < share))
        rows = held.append_column("kind", pa.array(random.choice(kinds, held.num_rows)))
        weights = pa.array(random.choice([0.0, 0.01, 0.1, 0.9], held.num_rows))
        rows = rows.append_column("value", weights)
        own = path.parent.parent / "restrictions" / path.name
        if own.exists():
            rows = pa.concat_tables([pq.read_table(own), rows], promote_options="permissive")
        own.parent.mkdir(exist_ok=True)
        pq.write_table(rows, own)


def _some(random: np.random.Generator, values: np.ndarray) -> pa.Array:
    """Three values in ten; the others null."""
    return pa.array(values, mask=random.random(len(values)) > 0.3)


def _set(book: Path, settings: Callable[[pa.Table], Columns]) -> None:
    """Give the accounts of a book these columns in place of their own."""
    for path in book.glob("accounts/*.parquet"):
        table = pq.read_table(path)
        for name, values in settings(table).items():
            table = _with(table, name, values)
        pq.write_table(table, path)


def _with(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    """The table with this column in place of its own."""
    if name in table.column_names:
        table = table.drop_columns([name])
    return table.append_column(name, values)

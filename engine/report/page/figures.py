"""What the page of a run tells: sums and counts over its tables, money to the cent.

DuckDB sums decimals exactly, so that every sum is the table's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.codes import Code
from engine.report.page.saved import Saved, ToDate, one_row, sum_saved, sum_to_date, usd_of
from engine.report.years import TwinYears, of_accounts, of_all

Floats = NDArray[np.float64]
SHOWN_ACCOUNTS = 5
"""Accounts named of each kind of trouble."""
SHOWN_ORDERS = 20
SLICES = 24
"""Slices of time in which throughput is counted."""
SPREAD_OF = ("te_before", "te_after", "drift_before", "drift_after", "turnover", "gap_bp")


@dataclass(frozen=True)
class Tables:
    """The run's tables, whole but for `trades`, which come part by part.

    `accounts` are `account_id`, `tax_status`, `fee_bps` and what is saved and paid to date of the book, `worth` are
    `account_id` and `usd` of accounts of which the run knows no value; None where the book is gone.
    """

    results: pa.Table
    exceptions: pa.Table
    orders: pa.Table
    trades: Iterable[pa.Table]
    accounts: pa.Table | None = None
    worth: pa.Table | None = None
    twin_years: pa.Table | None = None


@dataclass(frozen=True)
class Timing:
    """One part: accounts, seconds to decide them, when it was finished (seconds since 1970; None: not recorded).

    `each`: seconds to decide each account of the sample.
    """

    accounts: int
    decide: float
    finished: float | None
    each: tuple[float, ...] = ()


@dataclass(frozen=True)
class Rates:
    """Accounts finished a second in slices of time: `edges` (n + 1,) seconds since the first part, `rate` (n,)."""

    edges: Floats
    rate: Floats
    mean: float


@dataclass(frozen=True)
class Execution:
    """One time that a command worked on the run; `seconds` by step, memory in bytes."""

    started: str
    outcome: str
    workers: int
    seconds: dict[str, float]
    driver_peak_rss: int
    worker_peak_rss: int


@dataclass(frozen=True)
class Concerned:
    """An account that a person should look at; `usd` is its value, None where nothing tells."""

    account_id: str
    usd: Decimal | None
    message: str


@dataclass(frozen=True)
class Trouble:
    """All accounts with one code: how many, their money, what to do, and those with most money."""

    code: str
    severity: str
    accounts: int
    usd: Decimal | None
    what_to_do: str
    first: tuple[Concerned, ...]


@dataclass(frozen=True)
class Outcome:
    """Accounts of one status and code, and their value."""

    status: str
    code: str | None
    accounts: int
    usd: Decimal | None
    what_to_do: str


@dataclass(frozen=True)
class Reason:
    """Trades of one reason, USD."""

    reason: str
    rows: int
    bought: Decimal
    sold: Decimal


@dataclass(frozen=True)
class BlockOrder:
    """One block order."""

    security_id: str
    side: str
    quantity: Decimal
    amount: Decimal
    accounts: int


@dataclass(frozen=True)
class Spread:
    """Mean, median and tails of a figure over the accounts that have it."""

    accounts: int
    mean: float
    median: float
    ninety: float
    ninety_nine: float
    most: float


@dataclass(frozen=True)
class Figures:
    """Everything that the page tells in numbers. Money in USD, to the cent; `values` hold what the pictures draw.

    `value` is that of the accounts decided, `held` that of all, None where nothing tells it of one. `traded` spreads
    figures over the accounts traded alone.
    """

    accounts: int
    value: Decimal
    held: Decimal | None
    outcomes: tuple[Outcome, ...]
    errors: tuple[Trouble, ...]
    warnings: tuple[Trouble, ...]
    notes: int
    realised_st: Decimal
    realised_lt: Decimal
    tax_cost: Decimal
    wash_disallowed: Decimal
    saved: Saved | None
    to_date: tuple[ToDate, ...]
    twins: TwinYears | None
    bought: Decimal
    sold: Decimal
    block_orders: int
    largest: tuple[BlockOrder, ...]
    reasons: tuple[Reason, ...]
    solvers: tuple[tuple[str, int], ...]
    spreads: dict[str, Spread]
    traded: dict[str, Spread]
    values: dict[str, Floats]

    def count(self, status: str) -> int:
        """Accounts of a status."""
        return sum(one.accounts for one in self.outcomes if one.status == status)


def sum_up(tables: Tables) -> Figures:
    """Sum the tables of a run."""
    with duckdb.connect() as db:
        db.register("results", tables.results)
        db.register("exceptions", tables.exceptions)
        db.register("orders", tables.orders)
        none = pa.table({"account_id": pa.array([], pa.string()), "usd": pa.array([], pa.decimal128(38, 2))})
        db.register("worth", none if tables.worth is None else tables.worth)
        if tables.accounts is not None:
            db.register("accounts", tables.accounts)
        reasons, disallowed = _reasons(db, tables.trades)
        whole = one_row(
            db, "SELECT count(*), sum(value), sum(realised_st), sum(realised_lt), sum(tax_cost) FROM results"
        )
        values = {name: _numbers(tables.results, name) for name in SPREAD_OF}
        made = tables.results.filter(pc.equal(tables.results["status"], "TRADED"))
        outcomes = _outcomes(db)
        sides = dict(db.execute("SELECT side, sum(amount) FROM orders GROUP BY side").fetchall())
        return Figures(
            accounts=whole[0],
            value=usd_of(whole[1]),
            held=_held(outcomes),
            outcomes=outcomes,
            errors=_troubles(db, "ERROR"),
            warnings=_troubles(db, "WARNING"),
            notes=one_row(db, "SELECT count(*) FROM exceptions WHERE severity = 'INFO'")[0],
            realised_st=usd_of(whole[2]),
            realised_lt=usd_of(whole[3]),
            tax_cost=usd_of(whole[4]),
            wash_disallowed=disallowed,
            saved=sum_saved(db, tables.accounts),
            to_date=sum_to_date(db, tables.accounts),
            twins=None if tables.twin_years is None else of_all(of_accounts(tables.twin_years).values()),
            bought=usd_of(sides.get("BUY")),
            sold=usd_of(sides.get("SELL")),
            block_orders=tables.orders.num_rows,
            largest=_largest(db),
            reasons=reasons,
            solvers=tuple(
                db.execute(
                    "SELECT solver, count(*) FROM results WHERE solver IS NOT NULL GROUP BY solver ORDER BY 2 DESC, 1"
                ).fetchall()
            ),
            spreads={name: spread(found) for name, found in values.items() if len(found)},
            traded={name: spread(found) for name in SPREAD_OF if len(found := _numbers(made, name))},
            values=values,
        )


def _numbers(results: pa.Table, name: str) -> Floats:
    """The figures of the accounts that have one."""
    return np.asarray(results[name].drop_null().to_numpy(), dtype=np.float64)


def rates(timings: Sequence[Timing]) -> Rates | None:
    """How the run went on; None where no three parts say when they were finished."""
    known = sorted((one.finished, one.accounts) for one in timings if one.finished is not None)
    if len(known) < 3 or known[-1][0] - known[0][0] <= 0.0:
        return None
    times, accounts = np.array([time - known[0][0] for time, _ in known[1:]]), [count for _, count in known[1:]]
    slices = min(SLICES, max(len(known) // 2, 1))
    counts, edges = np.histogram(times, slices, (0.0, float(times[-1])), weights=accounts)
    return Rates(edges, counts / (edges[1] - edges[0]), sum(accounts) / float(edges[-1]))


def spread(values: Floats) -> Spread:
    """How figures, at least one, are spread."""
    median, ninety, ninety_nine = np.quantile(values, [0.5, 0.9, 0.99]).tolist()
    return Spread(len(values), float(values.mean()), median, ninety, ninety_nine, float(values.max()))


def _outcomes(db: duckdb.DuckDBPyConnection) -> tuple[Outcome, ...]:
    """By status, the most frequent first."""
    rows = db.execute(
        """SELECT status, code, count(*), sum(coalesce(value, usd)) FROM results LEFT JOIN worth USING (account_id)
        GROUP BY status, code ORDER BY status = 'EXCEPTION', status = 'NO_TRADE', 3 DESC, code"""
    ).fetchall()
    return tuple(
        Outcome(status, code, accounts, usd, Code[code].value if code else "") for status, code, accounts, usd in rows
    )


def _held(outcomes: Sequence[Outcome]) -> Decimal | None:
    """The value of all accounts, None where nothing tells it of one."""
    known = [one.usd for one in outcomes if one.usd is not None]
    return sum(known, Decimal(0)) if len(known) == len(outcomes) else None


def _troubles(db: duckdb.DuckDBPyConnection, severity: str) -> tuple[Trouble, ...]:
    """Exceptions of a severity by code, most money first; an account counts once a code."""
    db.execute(
        """CREATE OR REPLACE TEMP TABLE concerned AS
        SELECT code, account_id, min(message) AS message, any_value(coalesce(known, usd)) AS usd
        FROM exceptions LEFT JOIN (SELECT account_id, value AS known FROM results) USING (account_id)
        LEFT JOIN worth USING (account_id)
        WHERE severity = ? GROUP BY code, account_id""",
        [severity],
    )
    kinds = db.execute(
        "SELECT code, count(*), sum(usd) FROM concerned GROUP BY code ORDER BY 3 DESC NULLS LAST, 2 DESC, code"
    ).fetchall()
    first = db.execute(
        """SELECT code, account_id, usd, message FROM concerned
        QUALIFY row_number() OVER (PARTITION BY code ORDER BY usd DESC NULLS LAST, account_id) <= ?
        ORDER BY usd DESC NULLS LAST, account_id""",
        [SHOWN_ACCOUNTS],
    ).fetchall()
    return tuple(
        Trouble(
            code,
            severity,
            accounts,
            usd,
            Code[code].value,
            tuple(Concerned(account, money, _without(text, code)) for of, account, money, text in first if of == code),
        )
        for code, accounts, usd in kinds
    )


def _without(message: str, code: str) -> str:
    """A message without what to do, which its code says already."""
    return message.removesuffix(Code[code].value).rstrip()


def _reasons(db: duckdb.DuckDBPyConnection, trades: Iterable[pa.Table]) -> tuple[tuple[Reason, ...], Decimal]:
    """Trades by reason, most traded first, and what wash sales disallow of them; one part in memory at a time."""
    sums: dict[str, list[Any]] = {}
    disallowed = Decimal("0.00")
    for part in trades:
        db.register("part", part)
        rows = db.execute(
            """SELECT reason, count(*), coalesce(sum(amount) FILTER (side = 'BUY'), 0),
            coalesce(sum(amount) FILTER (side = 'SELL'), 0), coalesce(sum(wash_disallowed), 0)
            FROM part GROUP BY reason"""
        ).fetchall()
        db.unregister("part")
        for reason, *more in rows:
            known = sums.setdefault(reason, [0] + 2 * [Decimal("0.00")])
            sums[reason] = [one + other for one, other in zip(known, more[:3], strict=True)]
            disallowed += more[3]
    ordered = sorted(sums.items(), key=lambda item: (-(item[1][1] + item[1][2]), item[0]))
    return tuple(Reason(reason, *numbers) for reason, numbers in ordered), disallowed


def _largest(db: duckdb.DuckDBPyConnection) -> tuple[BlockOrder, ...]:
    rows = db.execute(
        """SELECT security_id, side, quantity, amount, accounts FROM orders
        ORDER BY amount DESC, security_id, side LIMIT ?""",
        [SHOWN_ORDERS],
    ).fetchall()
    return tuple(BlockOrder(*row) for row in rows)

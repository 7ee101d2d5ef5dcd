"""A book of a few accounts in several parts, and an engine that decides it at once: for tests of how a run is run."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from cluster.calls import Calls
from cluster.storage import open_storage
from cluster.storage.tables import table_bytes
from engine.book.schema import OUTPUT_TABLES
from engine.decide.output import totals
from engine.decide.resolve import Resolved
from engine.prove.verify import verify_run
from engine.prove.withheld import withheld

AS_OF = dt.date(2026, 1, 30)
PARTS = 5
ACCOUNTS_A_PART = 3
ACCOUNTS = PARTS * ACCOUNTS_A_PART


def firm_tables() -> dict[str, pa.Table]:
    """Two securities in one model."""
    names = ["AAA", "BBB"]
    return {
        "securities": pa.table({"security_id": names, "price": [10.0, 20.0], "price_date": [AS_OF] * 2}),
        "models": pa.table({"model_id": ["M"] * 2, "security_id": names, "weight": [0.5, 0.5]}),
        "risk_exposures": pa.table({"security_id": names, "factor": ["F"] * 2, "exposure": [1.0, 1.2]}),
        "risk_covariance": pa.table({"factor_1": ["F"], "factor_2": ["F"], "covariance": [0.04]}),
        "risk_specific": pa.table({"security_id": names, "variance": [0.01, 0.02]}),
    }


def part_tables(number: int) -> dict[str, pa.Table]:
    """Three accounts, one of a household, with a lot each."""
    ids = [f"A{number}{index}" for index in range(ACCOUNTS_A_PART)]
    accounts = {
        "account_id": ids,
        "household_id": [f"H{number}", f"H{number}", None],
        "model_id": ["M"] * ACCOUNTS_A_PART,
        "tax_status": ["taxable"] * ACCOUNTS_A_PART,
        "cash": [1000.0] * ACCOUNTS_A_PART,
    }
    lots = {
        "account_id": ids,
        "lot_id": ["L1"] * ACCOUNTS_A_PART,
        "security_id": ["AAA"] * ACCOUNTS_A_PART,
        "quantity": [10.0 + number] * ACCOUNTS_A_PART,
        "cost_basis": [9.0] * ACCOUNTS_A_PART,
        "acquired": [dt.date(2020, 5, 5)] * ACCOUNTS_A_PART,
    }
    return {"accounts": pa.table(accounts), "lots": pa.table(lots)}


def write_tiny_book(uri: str, parts: int = PARTS, name: str = "tiny") -> str:
    """Write the book to `uri` and return it."""
    storage = open_storage(uri)
    header = {"schema": 1, "as_of": AS_OF.isoformat(), "currency": "USD", "name": name}
    storage.write("book.json", json.dumps(header).encode())
    for table, rows in firm_tables().items():
        storage.write(f"{table}.parquet", table_bytes(rows))
    for number in range(parts):
        for table, rows in part_tables(number).items():
            storage.write(f"{table}/part-{number:05d}.parquet", table_bytes(rows))
    return uri


@dataclass(frozen=True)
class TinyDecision:
    """What `engine.decide.rebalance.rebalance` returns."""

    tables: dict[str, pa.Table]
    totals: dict[str, int]
    seconds: dict[str, float]
    resolved: tuple[Resolved, ...] = ()
    deciding: tuple[float, ...] = ()


def tiny_rebalance(
    firm: Any,
    tables: Mapping[str, pa.Table],
    findings: list[Any],
    run_id: str,
    *,
    again: Collection[int] = (),
    clock: Callable[[], float] | None = None,
) -> TinyDecision:
    """Every account buys one share of BBB."""
    ids = tables["accounts"]["account_id"].to_pylist()
    bought = {
        "run_id": run_id,
        "security_id": "BBB",
        "side": "BUY",
        "quantity": Decimal("1.000000"),
        "price": Decimal("20.000000"),
        "amount": Decimal("20.00"),
        "cost_basis": Decimal("20.00"),
        "wash_disallowed": Decimal("0.00"),
        "realised_gain": Decimal("0.00"),
        "reason": "TRACK",
    }
    result = {"status": "TRADED", "te_before": 0.02, "te_after": 0.01, "target_id": "t1"}
    trades = pa.Table.from_pylist([bought | {"account_id": name} for name in ids], OUTPUT_TABLES["trades"])
    target = [{"target_id": "t1", "security_id": name, "weight": 0.5} for name in ("AAA", "BBB")]
    summed = {name: len(ids) * bought[name] for name in ("quantity", "amount")}
    order = {"security_id": bought["security_id"], "side": bought["side"], "accounts": len(ids)} | summed
    out = {
        "trades": trades,
        "results": pa.Table.from_pylist([result | {"account_id": name} for name in ids], OUTPUT_TABLES["results"]),
        "exceptions": OUTPUT_TABLES["exceptions"].empty_table(),
        "targets": pa.Table.from_pylist(target, OUTPUT_TABLES["targets"]),
        "orders": pa.Table.from_pylist([order], OUTPUT_TABLES["orders"]),
    }
    again_ = tuple(Resolved(ids[row], "newton", 0.001 * row) for row in again)
    return TinyDecision(out, totals(out), {"decide": 0.0}, again_)


def no_findings(*args: Any) -> list[Any]:
    """A part without faults, or without violations."""
    return []


def tiny_calls() -> Calls:
    """The engine of these tests; merges and gates are proved by the real verifier."""
    return Calls(no_findings, tiny_rebalance, no_findings, verify_run, withheld)


@dataclass(frozen=True)
class Before:
    """Calls `act` before the real function decides the part that holds `account`."""

    account: str
    act: Callable[[], None]

    def __call__(self, firm: Any, tables: Mapping[str, pa.Table], *rest: Any, **options: Any) -> TinyDecision:
        if self.account in tables["accounts"]["account_id"].to_pylist():
            self.act()
        return tiny_rebalance(firm, tables, *rest, **options)


@dataclass(frozen=True)
class First:
    """Acts on the first `times` calls, counted in a folder because workers die."""

    folder: Path
    times: int
    act: Callable[[], None]

    def __call__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        for turn in range(self.times):
            try:
                (self.folder / str(turn)).touch(exist_ok=False)
            except FileExistsError:
                continue
            self.act()
            return


def die() -> None:
    """What the kernel does to a worker that has taken too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def faulty_calls(act: Callable[[], None], account: str = "A20") -> Calls:
    """The tiny engine, with `act` before the part of `account`."""
    return replace(tiny_calls(), rebalance=Before(account, act))


def slow_rebalance(*args: Any, **options: Any) -> TinyDecision:
    """Half a second a part."""
    time.sleep(0.5)
    return tiny_rebalance(*args, **options)

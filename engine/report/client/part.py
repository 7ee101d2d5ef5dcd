"""A part's tables grouped by account: what each held, traded and aims at, as arrays in the manner of CSR.

Everything here is done once for all accounts of a part; `account` only takes slices. Money in cents, shares in
micro-shares, days since 1970-01-01. The accounts are those that the run decided, numbered in the order of `results`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.book import columns
from engine.book.accounts import CENT, Lots, lots_of
from engine.book.roll import household_numbers
from engine.book.schema import RESTRICTION_KINDS, RESULT_MONEY, TAX_STATUSES
from engine.book.settings import SettingsBlock, resolve
from engine.errors import InputRefused
from engine.ledger.rows import Ints
from engine.report.client.lots import Left, last_purchases, minds_wash, waits_of, what_is_left
from engine.report.client.names import Names
from engine.report.client.positions import Positions, positions_of
from engine.report.client.tools import CHANGED, REMEDY, sums_of
from engine.report.client.trades import Orders, Trades, by_reason, orders_of
from engine.report.years import TwinYears, of_accounts
from kernels.lots import market_values


@dataclass(frozen=True)
class Part:
    """All decided accounts of a part; `by_reason` (accounts, reasons, 5): names bought, cents, names sold, cents, gain.

    `results` and `accounts` are columns of those tables as Python values, `money` cents of `results`, `disallowed`
    cents by wash sales, `waits` those of `lots.waits_of`; `rules` counts restrictions by kind; `notes` are codes of
    warnings by account, `other` the rows of `results` of accounts that were not decided; `twins` are taxes by year
    beside the twins that have ledgers of their own.
    """

    names: Names
    ids: list[str]
    results: dict[str, list[Any]]
    money: dict[str, Ints]
    accounts: dict[str, Any]
    taxable: Any
    settings: SettingsBlock
    left: Left
    waits: Ints
    positions: Positions
    orders: Orders
    by_reason: Ints
    disallowed: Ints
    rules: Ints
    notes: dict[str, list[str]]
    other: list[dict[str, Any]]
    twins: dict[str, TwinYears]


ACCOUNT_MONEY = (
    "realised_st_ytd",
    "realised_lt_ytd",
    "saved_ytd",
    "saved_since_inception",
    "fees_ytd",
    "fees_since_inception",
)


def group(names: Names, tables: Mapping[str, pa.Table], outputs: Mapping[str, pa.Table]) -> Part:
    """Group a part of the book, and the run's `trades`, `results`, `exceptions` and `targets` of it.

    Raises `InputRefused` where the two do not belong together: a value that the book does not give, a lot sold that it
    does not have.
    """
    all_results, table = outputs["results"], tables["accounts"]
    decided = all_results.filter(pc.is_valid(all_results["value"]))
    ids = columns.text(decided["account_id"])
    everyone = columns.text(table["account_id"])
    own = columns.codes(ids, everyone)
    if (own < 0).any():
        raise InputRefused(f"{CHANGED}: accounts are gone", remedy=REMEDY)
    rows = table.take(pa.array(own))
    lots = lots_of(tables["lots"], ids, names.ids)
    money = {name: columns.scaled(decided[name], CENT) for name in RESULT_MONEY}
    _check(names, lots, money)
    trades = Trades.of(outputs["trades"], ids, names)
    household = household_numbers(table, everyone)
    taxable = columns.codes(rows["tax_status"], pa.array(TAX_STATUSES)) == TAX_STATUSES.index("taxable")
    left = what_is_left(names, tables["lots"], lots, trades, len(ids))
    last = last_purchases(names, tables.get("activity"), everyone, household, trades, own)
    settings = resolve(rows, names.levels)
    waits = waits_of(names, left, household[own], taxable & minds_wash(settings), last)
    return Part(
        names=names,
        ids=ids.to_pylist(),
        results={name: decided[name].to_pylist() for name in ("status", "code", "te_before", "te_after")},
        money=money,
        accounts=_accounts(rows),
        taxable=taxable,
        settings=settings,
        left=left,
        waits=waits,
        positions=positions_of(names, lots, left, decided, outputs["targets"]),
        orders=orders_of(trades, len(ids), len(names.ids)),
        by_reason=by_reason(trades, len(ids), len(names.ids)),
        disallowed=sums_of(trades.account, trades.disallowed, len(ids)),
        rules=_rules(tables.get("restrictions"), ids),
        notes=_notes(outputs["exceptions"]),
        other=all_results.filter(pc.is_null(all_results["value"])).select(["account_id", "status", "code"]).to_pylist(),
        twins=of_accounts(tables["twin_years"]) if "twin_years" in tables else {},
    )


def _check(names: Names, lots: Lots, money: Mapping[str, Ints]) -> None:
    """Lots at today's prices, and cash, are the value that the run reports, to the cent."""
    cents = np.empty(len(money["value"]), dtype=np.int64)
    dollars = np.empty(len(cents), dtype=np.float64)
    market_values(lots.offsets, lots.security, lots.quantity, names.price_micro, cents, dollars)
    if not np.array_equal(cents + money["cash_before"], money["value"]):
        raise InputRefused(f"{CHANGED}: accounts have another value", remedy=REMEDY)


def _rules(table: pa.Table | None, ids: pa.Array) -> Ints:
    """How many restrictions of each kind an account has; (accounts, kinds)."""
    found = np.zeros((len(ids), len(RESTRICTION_KINDS)), dtype=np.int64)
    if table is not None:
        who, kind = columns.codes(table["account_id"], ids), columns.codes(table["kind"], pa.array(RESTRICTION_KINDS))
        use = (who >= 0) & (kind >= 0)
        np.add.at(found, (who[use], kind[use]), 1)
    return found


def _notes(table: pa.Table) -> dict[str, list[str]]:
    """Codes of warnings and notes by account."""
    found: dict[str, list[str]] = {}
    names = (columns.text(table[name]).to_pylist() for name in ("account_id", "severity", "code"))
    for account, severity, code in zip(*names, strict=True):
        if severity != "ERROR":
            found.setdefault(account, []).append(code)
    return found


def _accounts(rows: pa.Table) -> dict[str, Any]:
    """Columns of `accounts` as Python values: cents of those that hold money, None for null."""
    found: dict[str, Any] = {"tax_status": columns.text(rows["tax_status"]).to_pylist()}
    for name in ACCOUNT_MONEY:
        usd = columns.optional(rows, name, pa.float64())
        known = ~np.isnan(columns.numbers(usd))
        cents = columns.scaled(usd, CENT) if known.any() else np.zeros(len(known), dtype=np.int64)
        found[name] = [cent if there else None for cent, there in zip(cents.tolist(), known.tolist(), strict=True)]
    fee = columns.numbers(columns.optional(rows, "fee_bps", pa.float64()))
    found["fee_bps"] = [None if np.isnan(one) else one for one in fee.tolist()]
    return found

"""A part of the book as one block: accounts, and their lots in CSR form, ready for kernels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.firm import Firm
from engine.book.roll import TAXABLE, Roll
from engine.book.schema import RESTRICTION_KINDS
from engine.book.settings import SettingsBlock
from engine.book.sold import Sold, sold_this_year
from kernels.lots import lay_out
from kernels.segments import rows_by_two

CENT: Final = 100


@dataclass(frozen=True)
class Lots:
    """Lots sorted by account, then security, then row; arrays have shape (lots,).

    `offsets` (accounts + 1,) delimits each account. `quantity` in micro-shares, `basis` the lot's total in cents,
    `row` the row in the part's lots table.
    """

    offsets: NDArray[np.int64]
    security: NDArray[np.int32]
    quantity: NDArray[np.int64]
    basis: NDArray[np.int64]
    acquired: NDArray[np.int32]
    holding_start: NDArray[np.int32]
    locked: NDArray[np.bool_]
    row: NDArray[np.int64]


@dataclass(frozen=True)
class Rules:
    """Restrictions sorted by account; `offsets` (accounts + 1,) delimits each account.

    `kind` indexes `RESTRICTION_KINDS`; `security`, `sector` and `factor` are -1 where the rule names none; `screen` is
    the screen's name.
    """

    offsets: NDArray[np.int64]
    kind: NDArray[np.int32]
    security: NDArray[np.int32]
    sector: NDArray[np.int32]
    factor: NDArray[np.int32]
    screen: tuple[str | None, ...]
    value: NDArray[np.float64]


@dataclass(frozen=True)
class AccountBlock:
    """The decidable accounts of one part, in the order in which they are decided.

    Households stand together; within one, taxable accounts come first, so that a loss is taken where it has a value
    before a retirement account could buy the name. Money in cents; arrays have shape (accounts,).
    """

    ids: pa.Array
    row: NDArray[np.int64]
    household: NDArray[np.int64]
    model: NDArray[np.int32]
    taxable: NDArray[np.bool_]
    cash: NDArray[np.int64]
    outflow: NDArray[np.int64]
    realised_st: NDArray[np.float64]
    realised_lt: NDArray[np.float64]
    carryforward_st: NDArray[np.float64]
    carryforward_lt: NDArray[np.float64]
    settings: SettingsBlock
    lots: Lots
    rules: Rules
    sold: Sold
    """This year, by accounts in transition."""

    def __len__(self) -> int:
        return len(self.row)


def build_block(firm: Firm, tables: Mapping[str, pa.Table], faulty: frozenset[str], roll: Roll) -> AccountBlock:
    """The block of every account of the part that is not in `faulty`; `roll` is of the part's accounts."""
    table, ids, households, taxable = tables["accounts"], roll.ids, roll.household, roll.status == TAXABLE
    rows = np.arange(len(ids))
    if faulty:
        rows = rows[columns.codes(ids, pa.array(sorted(faulty), pa.string())) < 0]
    first = np.full(households.max(initial=-1) + 1, len(ids), dtype=np.int64)
    np.minimum.at(first, households, np.arange(len(ids)))
    rows = rows[np.lexsort((rows, ~taxable[rows], first[households[rows]]))]
    kept = ids.take(pa.array(rows))

    def money(name: str) -> NDArray[np.float64]:
        values = columns.numbers(columns.optional(table, name, pa.float64()))[rows]
        return np.where(np.isnan(values), 0.0, values)

    settings = roll.settings.take(rows)
    return AccountBlock(
        ids=kept,
        row=rows,
        household=households[rows],
        model=columns.codes(table["model_id"], firm.model_ids)[rows],
        taxable=taxable[rows],
        cash=columns.scaled(table["cash"], CENT)[rows],
        outflow=_outflow(tables.get("flows"), kept),
        realised_st=money("realised_st_ytd"),
        realised_lt=money("realised_lt_ytd"),
        carryforward_st=money("carryforward_st"),
        carryforward_lt=money("carryforward_lt"),
        settings=settings,
        lots=lots_of(tables["lots"], kept, firm.market.ids),
        rules=_rules(tables.get("restrictions"), kept, firm),
        sold=sold_this_year(firm, tables.get("activity"), kept, ~np.isnan(settings["transition_until"])),
    )


def _outflow(table: pa.Table | None, ids: pa.Array) -> NDArray[np.int64]:
    """Cents that must be held for payments not yet made, (accounts,)."""
    if table is None:
        return np.zeros(len(ids), dtype=np.int64)
    account, amount = columns.codes(table["account_id"], ids), columns.scaled(table["amount"], CENT)
    held = np.zeros(len(ids) + 1, dtype=np.int64)
    np.add.at(held, account, np.maximum(-amount, 0))
    return held[:-1]


def lots_of(table: pa.Table, ids: pa.Array, securities: pa.Array) -> Lots:
    """The lots of the accounts `ids`, which must be sound; `securities` are the names that lots number."""
    account = columns.codes(table["account_id"], ids)
    security = columns.codes(table["security_id"], securities)
    offsets, order = rows_by_two(account, security, len(ids))
    count, acquired = len(order), columns.days(table["acquired"])
    start = columns.days(table["holding_start"]) if "holding_start" in table.column_names else acquired
    lots = Lots(
        offsets=offsets,
        security=np.empty(count, dtype=np.int32),
        quantity=np.empty(count, dtype=np.int64),
        basis=np.empty(count, dtype=np.int64),
        acquired=np.empty(count, dtype=np.int32),
        holding_start=np.empty(count, dtype=np.int32),
        locked=np.empty(count, dtype=np.bool_),
        row=order,
    )
    lay_out(
        order,
        security,
        columns.scaled(table["quantity"], columns.MICRO),
        columns.numbers(table["quantity"]),
        columns.numbers(table["cost_basis"]),
        acquired,
        start,
        columns.flags(columns.optional(table, "locked", pa.bool_()), False),
        lots.security,
        lots.quantity,
        lots.basis,
        lots.acquired,
        lots.holding_start,
        lots.locked,
    )
    return lots


def _rules(table: pa.Table | None, ids: pa.Array, firm: Firm) -> Rules:
    if table is None:
        empty = np.empty(0, dtype=np.int32)
        return Rules(np.zeros(len(ids) + 1, dtype=np.int64), empty, empty, empty, empty, (), np.empty(0))
    account = columns.codes(table["account_id"], ids)
    order = np.argsort(account, kind="stable")
    order = order[np.searchsorted(account[order], 0) :]
    screen = columns.flat(columns.optional(table, "screen_id", pa.string()))
    return Rules(
        offsets=np.searchsorted(account[order], np.arange(len(ids) + 1)),
        kind=columns.codes(table["kind"], pa.array(RESTRICTION_KINDS))[order],
        security=columns.codes(columns.optional(table, "security_id", pa.string()), firm.market.ids)[order],
        sector=columns.codes(columns.optional(table, "sector", pa.string()), firm.market.sectors)[order],
        factor=columns.codes(columns.optional(table, "factor", pa.string()), firm.risk.factors)[order],
        screen=tuple(np.array(screen.to_pylist(), dtype=object)[order]),
        value=columns.numbers(columns.optional(table, "value", pa.float64()))[order],
    )

"""The results table of a part: one row an account, its figures before and after the trades."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.accounts import AccountBlock
from engine.book.schema import MONEY, OUTPUT_TABLES
from engine.decide.decided import Decided, Refusal
from engine.decide.positions import Positions
from engine.ledger.rows import Ints
from engine.prove.twin import saved
from kernels.run_taxes import run_taxes
from kernels.trade_sums import sum_accounts

STATUS = ("TRADED", "NO_TRADE", "EXCEPTION")
TRADED, NO_TRADE, EXCEPTION = range(len(STATUS))
ABSENT = -1


def results_table(
    accounts: pa.Table,
    block: AccountBlock,
    positions: Positions,
    decided: Decided,
    twins: Ints,
    refusals: Mapping[str, Refusal],
) -> pa.Table:
    """One row an input account, in the order of first appearance. `refusals`: accounts that were not looked at.

    `twins`: what tax-blind twins realise (`engine.prove.twin.twin_gains`).
    """
    ids = columns.text(accounts["account_id"]).unique()
    of_block = columns.codes(block.ids, ids).astype(np.int64)
    row = np.full(len(ids), ABSENT, dtype=np.int64)
    sound = np.nonzero(decided.sound)[0]
    row[of_block[sound]] = sound
    refused = {int(of_block[account]): one for account, one in decided.refused.items()}
    faulty = columns.codes(pa.array(list(refusals), pa.string()), ids).tolist()
    refused |= {place: one for place, one in zip(faulty, refusals.values(), strict=True) if place != ABSENT}
    figures = _figures(block, positions, decided, twins) | _told(decided, row, refused)
    arrays = {"account_id": ids} | {name: _array(name, values, row) for name, values in figures.items()}
    schema = OUTPUT_TABLES["results"]
    return pa.table([arrays.get(field.name, pa.nulls(len(ids), field.type)) for field in schema], schema=schema)


def _array(name: str, values: Any, row: Ints) -> pa.Array:
    """A column of the table from one of the block, `values[row]`, null where there is no row; text is whole already."""
    if isinstance(values, pa.Array):
        return values
    dtype = OUTPUT_TABLES["results"].field(name).type
    absent = row == ABSENT
    chosen = np.append(values, np.zeros(1, dtype=values.dtype))[row]
    if dtype == MONEY:
        return columns.decimals(chosen, MONEY, absent if absent.any() else None)
    if pa.types.is_floating(dtype):
        absent |= np.isnan(chosen)
    elif name == "iterations":
        absent |= chosen < 0
    return pa.array(chosen, dtype, mask=absent)


def _told(decided: Decided, row: Ints, refused: Mapping[int, Refusal]) -> dict[str, pa.Array]:
    """Text: status, code, message, target and solver."""
    reasons = [*decided.reasons, *((one.code, one.message) for one in refused.values())]
    reason, target, solver = (
        np.append(numbers, ABSENT)[row] for numbers in (decided.reason, decided.target, decided.solver)
    )
    status = np.where(reason == ABSENT, TRADED, NO_TRADE)
    places = list(refused)
    reason[places] = len(decided.reasons) + np.arange(len(places))
    status[places] = EXCEPTION
    silent = np.array([not message for _, message in reasons] + [True], dtype=np.bool_)
    return {
        "status": columns.take_text(pa.array(STATUS), status),
        "code": columns.take_text(pa.array([code.name for code, _ in reasons], pa.string()), reason),
        "message": columns.take_text(
            pa.array([message for _, message in reasons], pa.string()), np.where(silent[reason], ABSENT, reason)
        ),
        "target_id": columns.take_text(pa.array([one.id for one in decided.targets], pa.string()), target),
        "solver": columns.take_text(pa.array(decided.solvers, pa.string()), solver),
    }


def _figures(block: AccountBlock, positions: Positions, decided: Decided, twins: Ints) -> dict[str, NDArray[Any]]:
    """Numbers (accounts,) of the block: cents, bp and fractions."""
    trades, value = decided.trades, positions.value
    money = np.zeros((len(block), 4), dtype=np.int64)
    sum_accounts(decided.account, trades.buy, trades.amount, trades.basis, trades.disallowed, trades.long_term, money)
    bought, sold, short, long = np.ascontiguousarray(money.T)
    cost = _taxes(block, positions, short, long)
    turnover = np.divide((bought + sold) / 2, value, out=np.zeros(len(block)), where=value != 0)
    return {
        "value": value,
        "te_before": decided.te_before,
        "te_after": decided.te_after,
        "drift_before": decided.drift_before,
        "drift_after": decided.drift_after,
        "turnover": turnover,
        "realised_st": short,
        "realised_lt": long,
        "tax_cost": cost,
        "cash_before": block.cash,
        "cash_after": block.cash - bought + sold,
        "objective_bp": decided.objective_bp,
        "gap_bp": decided.objective_bp - decided.bound_bp,
        "iterations": decided.iterations,
    } | saved(twins, short, long, cost, partial(_taxes, block, positions))


def _taxes(block: AccountBlock, positions: Positions, short: Ints, long: Ints) -> Ints:
    """Cents of tax that the run's gains cost each account."""
    cost = np.empty(len(block), dtype=np.int64)
    run_taxes(
        block.taxable,
        block.realised_st,
        block.realised_lt,
        block.carryforward_st,
        block.carryforward_lt,
        short,
        long,
        block.settings["st_rate"],
        block.settings["lt_rate"],
        block.settings["loss_value"],
        positions.offset,
        cost,
    )
    return cost

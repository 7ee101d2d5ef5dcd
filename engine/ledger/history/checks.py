"""What is wrong with a trade history: faults of the file refuse it, faults of an account leave its household out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from engine.book.findings import Finding, Scope
from engine.book.schema import SIDES
from engine.book.validation.cells import check_cells
from engine.book.validation.keys import repeated_in_owner
from engine.book.validation.schemas import check_columns
from engine.book.validation.sheet import OwnedSheet, Sheet
from engine.codes import Code
from engine.errors import InputRefused
from engine.ledger.actions import check_actions
from engine.ledger.history.table import per_owner
from engine.ledger.schema import CORPORATE_ACTIONS, HISTORY
from engine.ledger.text import filled, ranked

LEAST_SHARES: Final = 0.5e-6
MOST_SHARES: Final = 1e9
"""Above it, 12 decimals of basis per share would no longer give the cents of a lot."""
MOST_MONEY: Final = 1e12
_NO_DAY_TOO_LATE: Final = np.iinfo(np.int32).max
_SHOWN: Final = 10


def check_tables(activity: pa.Table, actions: pa.Table | None, file: str, actions_file: str) -> list[Finding]:
    """Faults of single accounts, as findings of scope ACCOUNT. Raises `InputRefused` where a file cannot be used."""
    faults = check_columns(HISTORY, activity.schema, file)
    if actions is not None:
        faults += check_columns(CORPORATE_ACTIONS, actions.schema, actions_file)
    _refuse(faults)
    findings = list(check_history(Sheet.cut(HISTORY, activity, file)))
    if actions is not None:
        findings += check_actions(Sheet.cut(CORPORATE_ACTIONS, actions, actions_file))
    _refuse([finding for finding in findings if finding.scope is Scope.BOOK])
    return findings


def check_history(sheet: Sheet) -> Iterator[Finding]:
    """Everything that can be seen without replaying it."""
    ids = sheet.text("account_id").drop_null().unique()
    owned = OwnedSheet.owned(sheet, "account_id", ids, Scope.ACCOUNT)
    yield from check_cells(owned, _NO_DAY_TOO_LATE)
    yield from _check_amounts(owned)
    yield from _check_accounts(owned)
    yield from _check_lots(owned)
    yield from _check_groups(sheet)


def _check_amounts(trades: OwnedSheet) -> Iterator[Finding]:
    quantity, price = trades.numbers("quantity"), trades.numbers("price")
    inexact = ((quantity > 0) & (quantity < LEAST_SHARES)) | ((quantity >= MOST_SHARES) & (quantity < np.inf))
    limit = f"at least 0.000001 and below {MOST_SHARES:,.0f}"
    yield from trades.blame(Code.QUANTITY_INVALID, "quantity", inexact, "is not a number of shares", limit=limit)
    huge = np.isfinite(price) & ~inexact & (np.maximum(quantity, 1) * price >= MOST_MONEY)
    limit = f"below {MOST_MONEY:g} USD a trade"
    yield from trades.blame(Code.VALUE_OUT_OF_RANGE, "price", huge, "is no price of such a trade", limit=limit)


def _check_accounts(trades: OwnedSheet) -> Iterator[Finding]:
    """An account belongs to one household and has one tax status; a row may leave either out."""
    for column in ("household_id", "tax_status"):
        value, _ = ranked(filled(trades.text(column)))
        differs = (value >= 0) & (value != per_owner(trades.owner, value, len(trades.subjects))[trades.owner])
        what = "differs from other rows of the account"
        yield from trades.blame(Code.ACCOUNT_INCONSISTENT, column, differs & (trades.owner >= 0), what)


def _check_lots(trades: OwnedSheet) -> list[Finding]:
    bought = np.flatnonzero(trades.codes("side", pa.array(SIDES)) == SIDES.index("BUY"))
    names = filled(trades.text("lot_id")).take(pa.array(bought))
    again = np.zeros(trades.rows, dtype=np.bool_)
    again[bought] = repeated_in_owner(trades.owner[bought], names)
    return trades.blame(Code.LOT_DUPLICATE, "lot_id", again, "was bought before in the account")


def _check_groups(sheet: Sheet) -> list[Finding]:
    """A security has one wash group, whoever trades it."""
    security, ids = ranked(sheet.text("security_id"))
    group, _ = ranked(filled(sheet.text("wash_group")))
    differs = (group >= 0) & (security >= 0) & (group != per_owner(security, group, len(ids))[security])
    what = "differs from other rows of the security"
    return sheet.tell(Scope.BOOK, Code.BAD_VALUE, "wash_group", differs, what)


def _refuse(faults: Sequence[Finding]) -> None:
    if not faults:
        return
    more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    raise InputRefused(
        f"the input has {len(faults)} fault{'s' if len(faults) > 1 else ''}: "
        + "; ".join(str(fault) for fault in faults[:_SHOWN])
        + more,
        where=", ".join(sorted({fault.file for fault in faults})),
        remedy="Correct the file and run again; nothing was written.",
    )

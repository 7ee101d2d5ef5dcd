"""Households that are left out of the ledger: one row a fault, and one for each other account of the household."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa

from engine.book import columns
from engine.book.findings import Finding, Scope
from engine.book.validation.keys import repeated_in_owner
from engine.codes import Code, Severity
from engine.ledger.events import Replayed
from engine.ledger.history.segments import Segments
from engine.ledger.history.table import History
from engine.ledger.lot_names import UNKNOWN
from engine.ledger.schema import EXCEPTIONS, HISTORY
from engine.ledger.text import ranked
from kernels.money import MICRO
from kernels.pieces import DONE

STAGE = "ledger"


def exceptions_table(findings: Sequence[Finding], households: Iterable[Sequence[str]]) -> pa.Table:
    """`findings` of single accounts, and the accounts of each household that they leave out; in order of accounts."""
    subjects = {finding.subject for finding in findings}
    bystanders = {
        account: next(other for other in members if other in subjects)
        for members in households
        for account in members
        if account not in subjects
    }
    told = [_row(finding) for finding in findings]
    told += [_row(_bystander(account, faulty)) for account, faulty in bystanders.items()]
    return pa.Table.from_pylist(sorted(told, key=lambda row: row["account_id"]), EXCEPTIONS)


def replay_findings(history: History, segments: Segments, replayed: Replayed, file: str) -> list[Finding]:
    """A finding for each segment that stopped: a lot that was never bought, or more sold than held."""
    failed = replayed.failed[replayed.status != DONE]
    return [_stopped(history, int(trade), file) for trade in np.sort(segments.trade[failed])]


def clash_findings(lots: pa.Table, file: str) -> list[Finding]:
    """Lots left in an account under one name, as a lot `L.1` beside a piece of `L`, or after two spin-offs."""
    owner, _ = ranked(columns.flat(lots["account_id"]))
    again = lots.filter(pa.array(repeated_in_owner(owner, columns.flat(lots["lot_id"]))))
    return [
        _finding(
            Code.LOT_DUPLICATE,
            row["account_id"],
            "lot_id",
            f"two lots that are left would be named {row['lot_id']}",
            file,
            value=row["lot_id"],
        )
        for row in again.to_pylist()
    ]


def _stopped(history: History, trade: int, file: str) -> Finding:
    trades = history.trades
    account = history.accounts.ids[int(trades.account[trade])].as_py()
    security = history.securities[int(trades.security[trade])].as_py()
    quantity = f"{int(trades.quantity[trade]) / MICRO:.12g}"
    sale = f"the sale of {quantity} {security} on {np.datetime64(int(trades.day[trade]), 'D')}"
    lot, row = int(history.lot[trade]), int(trades.row[trade])
    if lot == UNKNOWN:
        name = history.lot_names[trade].as_py()
        what = f"{sale} names lot {name}, which the account never bought"
        return _finding(Code.LOT_UNKNOWN, account, "lot_id", what, file, row=row, value=name)
    of = f"lot {history.lot_names[lot].as_py()} then holds of {security}" if lot >= 0 else "the account then holds"
    return _finding(Code.OVERSOLD, account, "quantity", f"{sale} is more than {of}", file, row=row, value=quantity)


def _finding(
    code: Code, account: str, column: str, what: str, file: str, *, row: int | None = None, value: str = ""
) -> Finding:
    return Finding(
        scope=Scope.ACCOUNT,
        code=code.name,
        table=HISTORY.name,
        column=column,
        message=what,
        remedy=code.value,
        file=file,
        row=row,
        key=f"account_id={account}",
        subject=account,
        value=value,
    )


def _bystander(account: str, faulty: str) -> Finding:
    return _finding(Code.HOUSEHOLD_FAULTY, account, "household_id", f"account {faulty} of its household is faulty", "")


def _row(finding: Finding) -> dict[str, str]:
    where = " ".join(part for part in (finding.file, "" if finding.row is None else f"row {finding.row}") if part)
    return {
        "account_id": finding.subject,
        "stage": STAGE,
        "code": finding.code,
        "severity": Severity.ERROR.value,
        "field": f"{finding.table}.{finding.column}",
        "value": finding.value,
        "limit": finding.limit,
        "message": (f"{where}: " if where else "") + f"{finding.message}. {finding.remedy}",
    }

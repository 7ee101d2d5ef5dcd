"""Keeping the ledger: a trade history becomes realised gains and the lots that are left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book import columns
from engine.book.findings import Finding
from engine.book.validation.sheet import Sheet
from engine.ledger.events import replay_all
from engine.ledger.history.checks import check_tables
from engine.ledger.history.chosen import Chosen
from engine.ledger.history.exceptions import clash_findings, exceptions_table, replay_findings
from engine.ledger.history.options import Options
from engine.ledger.history.segments import make_segments
from engine.ledger.history.table import History, household_labels, own_household, read_history
from engine.ledger.history.tables import Held, Totals, lots_table, realised_table, totals_of
from engine.ledger.schema import HISTORY, LOTS, REALISED
from engine.ledger.text import ranked
from kernels.pieces import DONE

MOST_TRADES: Final = 1_000_000
"""Trades replayed at a time, more only where one household has more."""
_DEFAULT: Final = Options()
_ALL: Final = Chosen()


@dataclass(frozen=True)
class Ledger:
    """Realised gains, lots left, accounts left out and why; schemas in `engine.ledger.schema`."""

    realised: pa.Table
    lots: pa.Table
    exceptions: pa.Table
    totals: Totals


def ledger(
    activity: pa.Table,
    corporate_actions: pa.Table | None = None,
    options: Options = _DEFAULT,
    *,
    file: str = "activity",
    actions_file: str = "corporate_actions",
) -> Ledger:
    """Replay a whole history. `file` and `actions_file` name the tables in messages.

    Rows may come in any order. An account with a fault leaves its household out, and is told in `exceptions`. Raises
    `InputRefused` where a table as a whole cannot be used.
    """
    opened = open_history(activity, corporate_actions, options, file=file, actions_file=actions_file)
    made = [opened.refused, *opened.ledgers()]
    return Ledger(
        pa.concat_tables(each.realised for each in made),
        pa.concat_tables(each.lots for each in made),
        pa.concat_tables(each.exceptions for each in made),
        sum((each.totals for each in made), Totals()),
    )


@dataclass(frozen=True)
class Opened:
    """A history that was read and checked, to be replayed span by span."""

    history: History
    options: Options
    spans: tuple[slice, ...]
    refused: Ledger
    """Only exceptions: the households that the checks left out."""
    names: pa.Array
    """Accounts and households of the table, distinct: a household may be in one table of a delivery only."""
    file: str

    def ledgers(self) -> Iterator[Ledger]:
        """One ledger a span, in the order of households: one after the other they are the whole."""
        for span in self.spans:
            yield _replay(self.history, span, self.options, self.file)


def open_history(
    activity: pa.Table,
    corporate_actions: pa.Table | None,
    options: Options,
    *,
    file: str,
    actions_file: str,
    chosen: Chosen = _ALL,
    most_trades: int = MOST_TRADES,
) -> Opened:
    """Read and check the tables, and keep the households chosen; see `ledger`."""
    findings = check_tables(activity, corporate_actions, file, actions_file)
    sheet = Sheet.cut(HISTORY, activity, file)
    household, households = ranked(household_labels(sheet))
    account = sheet.text("account_id")
    wanted = chosen.rows(account, households.take(pa.array(household)))
    faulty, refused = _left_out(sheet, findings, household, wanted)
    history = read_history(activity, corporate_actions, household, wanted & ~faulty)
    names = pa.concat_arrays([households, own_household(account.unique())]).unique()
    return Opened(history, options, tuple(history.spans(most_trades)), refused, names, file)


def _left_out(
    sheet: Sheet, findings: Sequence[Finding], household: NDArray[np.int32], wanted: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], Ledger]:
    """Rows, (rows,), whose household has a faulty account, and the exceptions that tell so, of those `wanted`."""
    ours = set(sheet.text("account_id").filter(pa.array(wanted)).unique().to_pylist())
    findings = [finding for finding in findings if finding.subject in ours]
    subjects = pa.array(sorted({finding.subject for finding in findings}), pa.string())
    faulty = np.isin(household, np.unique(household[sheet.codes("account_id", subjects) >= 0]))
    rows = pa.table({"account": sheet.text("account_id"), "household": household}).filter(pa.array(faulty))
    members: defaultdict[int, list[str]] = defaultdict(list)
    for pair in rows.group_by(["account", "household"]).aggregate([]).sort_by("account").to_pylist():
        members[pair["household"]].append(pair["account"])
    return faulty, _only_exceptions(exceptions_table(findings, members.values()))


def _only_exceptions(told: pa.Table) -> Ledger:
    return Ledger(REALISED.empty_table(), LOTS.empty_table(), told, Totals(exceptions=_accounts(told)))


def _accounts(table: pa.Table) -> int:
    return int(pc.count_distinct(table["account_id"]).as_py())


def _replay(history: History, span: slice, options: Options, file: str) -> Ledger:
    segments = make_segments(history, span, options.policy)
    replayed = replay_all(segments.offsets, segments.events, segments.positions, options.relief)
    findings = replay_findings(history, segments, replayed, file)
    faulty = np.unique(segments.household[replayed.status != DONE])
    held = _without(Held(history, segments, replayed.pieces), faulty)
    lots = lots_table(held)
    clashes = clash_findings(lots, file)
    if clashes:
        names = pa.array([finding.subject for finding in clashes], pa.string())
        faulty = np.union1d(faulty, history.accounts.household[columns.codes(names, history.accounts.ids)])
        held = _without(held, faulty)
        lots = lots_table(held)
    told = exceptions_table([*findings, *clashes], _members(history, faulty))
    return Ledger(realised_table(held), lots, told, totals_of(held, _accounts(told)))


def _without(held: Held, households: NDArray[Any]) -> Held:
    return held.take(~np.isin(held.household, households)) if len(households) else held


def _members(history: History, households: NDArray[Any]) -> list[list[str]]:
    """Names of the accounts of each of the households."""
    own = history.accounts.household
    return [history.accounts.ids.filter(pa.array(own == household)).to_pylist() for household in households]

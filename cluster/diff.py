"""Two runs beside each other: whose outcome is not the same, and what of their inputs differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from cluster.inspection import inspect_part
from cluster.locate import RunPlace, locate
from cluster.opening import Book, open_book
from cluster.outputs import read_output
from cluster.parts import read_part
from cluster.plan import Part
from cluster.publish import Manifest, read_manifest
from cluster.record import RunRecord, read_record
from cluster.storage import open_storage
from engine.report.changes import AccountInputs, FirmChanges, firm_changes, reasons

HOUSEHOLD = "another account of its household"
UNEXPLAINED = "nothing of its inputs"
_TRADES = """
    SELECT account_id, count(*) AS rows, CAST(sum(amount) AS DOUBLE) AS amount,
           CAST(sum(hash(security_id, side, lot_id, CAST(quantity AS DOUBLE))) AS VARCHAR) AS print
    FROM trades GROUP BY account_id
"""


@dataclass(frozen=True)
class Outcome:
    """What a run decided for an account: its status with its code, its target, and its trades."""

    status: str
    target: str
    rows: int = 0
    amount: float = 0.0
    print: str = ""


@dataclass(frozen=True)
class Changed:
    """An account whose outcome differs; `why` is never empty. None on the side where it is not in the book."""

    account_id: str
    model_id: str
    before: Outcome | None
    after: Outcome | None
    why: tuple[str, ...]


@dataclass
class OfModel:
    """Followers of a model on either side, how many changed, and out of what."""

    accounts: int = 0
    changed: int = 0
    why: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Difference:
    """`accounts` on either side, `concerned` those of whose inputs something differs; `changed` by their ids."""

    runs: tuple[str, str]
    accounts: int
    concerned: int
    changed: tuple[Changed, ...]
    models: Mapping[str, OfModel]


@dataclass(frozen=True)
class Side:
    """One run, the book that it was of, and what it decided."""

    place: RunPlace
    manifest: Manifest
    record: RunRecord
    book: Book
    outcomes: Mapping[str, Outcome]


def compare_runs(before: str, after: str) -> Difference:
    """Compare two finished runs. Raises what reading runs and books raises; the books must still be as they were."""
    sides = _side(before), _side(after)
    firm = firm_changes(sides[0].book.tables, sides[1].book.tables, _of_everyone(*sides))
    inputs = [_inputs(side, firm) for side in sides]
    own = {account: reasons(account, firm, *inputs) for account in inputs[0].model | inputs[1].model}
    moved = {one.household.get(account, "") for one in inputs for account, why in own.items() if why}
    changed: list[Changed] = []
    models: dict[str, OfModel] = {}
    concerned = 0
    for account, why in sorted(own.items()):
        near = {one.household[account] for one in inputs if account in one.household} & moved
        model = inputs[1].model.get(account) or inputs[0].model[account]
        of_model = models.setdefault(model, OfModel())
        of_model.accounts += 1
        concerned += bool(why or near)
        outcomes = [side.outcomes.get(account) for side in sides]
        if outcomes[0] != outcomes[1]:
            told = tuple(why or ([HOUSEHOLD] if near else [UNEXPLAINED]))
            changed.append(Changed(account, model, outcomes[0], outcomes[1], told))
            of_model.changed += 1
            of_model.why.update(_kind(one) for one in told)
    return Difference((sides[0].place.uri, sides[1].place.uri), len(own), concerned, tuple(changed), models)


def _kind(why: str) -> str:
    """A reason without the names in it, to be counted."""
    return "prices" if why.startswith(("the price of", "the row of")) else why


def _of_everyone(before: Side, after: Side) -> Iterator[str]:
    """What concerns all accounts apart from the firm's tables."""
    if before.manifest.as_of != after.manifest.as_of:
        yield f"the date, {before.manifest.as_of} and {after.manifest.as_of}"
    settings = [side.record.settings for side in (before, after)]
    changed = sorted(name for name in settings[0] | settings[1] if settings[0].get(name) != settings[1].get(name))
    if changed:
        yield f"the run's settings {', '.join(changed)}"
    if before.record.code != after.record.code:
        yield "the code"


def _side(uri: str) -> Side:
    place = locate(uri)
    manifest, _ = read_manifest(place.out, place.run_id)
    record = read_record(place.out, place.run_id)
    book = open_book(open_storage(record.book), record.run_file().settings)
    tables = {
        name: [read_output(place.out, file) for file in manifest.files if file.table == name]
        for name in ("results", "trades")
    }
    return Side(place, manifest, record, book, _outcomes(tables["results"], tables["trades"]))


def _outcomes(results: list[pa.Table], trades: list[pa.Table]) -> dict[str, Outcome]:
    made: dict[str, tuple[int, float, str]] = {}
    with duckdb.connect() as connection:
        for part in trades:
            connection.register("trades", part)
            made |= {account: tuple(rest) for account, *rest in connection.execute(_TRADES).fetchall()}
    return {
        row["account_id"]: Outcome(
            f"{row['status']} {row['code'] or ''}".strip(), row["target_id"] or "", *made.get(row["account_id"], ())
        )
        for part in results
        for row in part.select(["account_id", "status", "code", "target_id"]).to_pylist()
    }


def _inputs(side: Side, firm: FirmChanges) -> AccountInputs:
    found, securities = AccountInputs(), firm.prices | firm.securities
    targets = [read_output(side.place.out, file) for file in side.manifest.files if file.table == "targets"]
    aimed: dict[str, set[str]] = {}
    for part in targets:
        for row in part.select(["target_id", "security_id"]).to_pylist():
            if row["security_id"] in securities:
                aimed.setdefault(row["target_id"], set()).add(row["security_id"])
    for number, keys in side.book.catalog.parts.items():
        inspection, _ = inspect_part(side.book.storage, number, keys)
        found.add(read_part(side.book.storage, Part(number, inspection.files)), securities)
    for account, outcome in side.outcomes.items():
        if outcome.target in aimed:
            found.held.setdefault(account, set()).update(aimed[outcome.target])
    return found

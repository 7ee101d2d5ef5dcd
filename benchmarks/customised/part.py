"""One part of a book customised: drawn, decided with and without each customisation, and what does not bind dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from benchmarks.customised.kinds import Client, Custom, draw
from cluster.bench.opened import open_for_run
from engine.book import columns
from engine.book.accounts import build_block
from engine.book.schema import BOOK_TABLES, SETTING_COLUMNS, Kind
from engine.decide.positions import prepare_positions
from engine.decide.rebalance import rebalance
from engine.decide.targets import Targets

DRAWN, LEAST = 6, 3
ROUNDS = 4
ON_PURPOSE = 400
"""One account in so many is given a conflict."""
_TYPES = {Kind.TEXT: pa.string(), Kind.NUMBER: pa.float64(), Kind.DATE: pa.date32(), Kind.BOOL: pa.bool_()}
_RESTRICTIONS = pa.schema([(column.name, _TYPES[column.kind]) for column in BOOK_TABLES["restrictions"].columns])
Customs = dict[str, list[Custom]]
Print = tuple[str, str, tuple[tuple[object, ...], ...]]
"""What a day comes to: status, target, trades."""


@dataclass(frozen=True)
class Customised:
    """A part's tables with its customised accounts alone; the kinds that bind, and accounts in conflict on purpose.

    `lost` counts accounts that are left out, by what they came to.
    """

    tables: dict[str, pa.Table]
    binding: Customs
    conflicts: list[str]
    lost: Counter[str]


def customise(uri: str, number: int, seed: int) -> Customised:
    """Customise the part of this number."""
    book = open_for_run(uri)
    part = next(part for part in book.parts if part.number == number)
    tables = book.read(part)
    tables["accounts"] = _alone(tables["accounts"])
    tables.pop("restrictions", None)
    tables.pop("flows", None)
    random = np.random.default_rng([seed, number])

    def decided(customs: Customs) -> dict[str, Print]:
        asked = applied(tables, customs)
        out = rebalance(book.firm, asked, book.check(part, asked), "customised").tables
        trades: dict[str, list[tuple[object, ...]]] = {}
        for row in out["trades"].select(["account_id", "security_id", "side", "lot_id", "quantity"]).to_pylist():
            trades.setdefault(row["account_id"], []).append(tuple(row.values()))
        return {
            row["account_id"]: (
                row["status"] if row["status"] != "EXCEPTION" else row["code"],
                row["target_id"],
                tuple(trades.get(row["account_id"], ())),
            )
            for row in out["results"].select(["account_id", "status", "code", "target_id"]).to_pylist()
        }

    customs = _drawn(book.firm, tables, random)
    lost: Counter[str] = Counter()
    for _ in range(ROUNDS):
        base = decided(customs)
        for account in [name for name in customs if base[name][0] not in ("TRADED", "NO_TRADE")]:
            lost[base[account][0]] += 1
            del customs[account]
        binds = {account: [True] * len(mine) for account, mine in customs.items()}
        for place in range(max(map(len, customs.values()), default=0)):
            without = decided({account: mine[:place] + mine[place + 1 :] for account, mine in customs.items()})
            for account, mine in customs.items():
                if place < len(mine):
                    binds[account][place] = without[account] != base[account]
        kept = {a: [one for one, bind in zip(mine, binds[a], strict=True) if bind] for a, mine in customs.items()}
        settled = kept == customs
        lost["too few"] += sum(len(mine) < LEAST for mine in kept.values())
        customs = {account: mine for account, mine in kept.items() if len(mine) >= LEAST}
        if settled:
            break
    else:
        lost["unsettled"] += len(customs)
        customs = {}
    conflicts, purpose = _conflicts(tables, customs)
    everyone = {**customs, **conflicts}
    return Customised(_only(applied(tables, everyone), list(everyone)), customs, purpose, lost)


def applied(tables: Mapping[str, pa.Table], customs: Customs) -> dict[str, pa.Table]:
    """The part's tables with these customisations."""
    accounts = tables["accounts"]
    ids = columns.text(accounts["account_id"]).to_pylist()
    given = [
        {name: value for one in customs.get(account, []) for name, value in one.settings.items()} for account in ids
    ]
    for name in sorted({name for row in given for name in row}):
        dtype = _TYPES[SETTING_COLUMNS[name].kind]
        known = accounts[name].to_pylist() if name in accounts.column_names else [None] * len(ids)
        values = pa.array([row.get(name, was) for row, was in zip(given, known, strict=True)], dtype)
        accounts = accounts.drop_columns([name]) if name in accounts.column_names else accounts
        accounts = accounts.append_column(name, values)
    rows = [
        {**one.restriction, "account_id": account}
        for account, mine in customs.items()
        for one in mine
        if one.restriction is not None
    ]
    return {**tables, "accounts": accounts, "restrictions": pa.Table.from_pylist(rows, _RESTRICTIONS)}


def _alone(accounts: pa.Table) -> pa.Table:
    """Every account its own household, so that one's customisation does not change another's day."""
    return accounts.drop_columns([name for name in ("household_id",) if name in accounts.column_names])


def _drawn(firm: object, tables: Mapping[str, pa.Table], random: np.random.Generator) -> Customs:
    block = build_block(firm, tables, frozenset())  # type: ignore[arg-type]
    positions, targets = prepare_positions(firm, block), Targets(firm)  # type: ignore[arg-type]
    none = np.empty(0, dtype=np.int32)
    found: Customs = {}
    for account, name in enumerate(block.ids.to_pylist()):
        target = targets.get(int(block.model[account]), none, float(block.settings["cash_target"][account]))
        client = Client.of(firm, block, positions, target, account, random)  # type: ignore[arg-type]
        found[name] = draw(client, DRAWN, taxable=bool(block.taxable[account]))
    return found


def _conflicts(tables: Mapping[str, pa.Table], customs: Customs) -> tuple[Customs, list[str]]:
    """Accounts that are to sell out a name that they may never sell."""
    lots = dict(
        zip(
            columns.text(tables["lots"]["account_id"]).to_pylist(),
            columns.text(tables["lots"]["security_id"]).to_pylist(),
            strict=True,
        )
    )
    taken = [account for place, account in enumerate(customs) if place % ON_PURPOSE == ON_PURPOSE - 1]
    made = {}
    for account in taken:
        both = [{"kind": kind, "security_id": lots[account]} for kind in ("sell_out", "never_sell")]
        made[account] = [Custom("conflict", {}, row) for row in both]
        del customs[account]
    return made, taken


def _only(tables: Mapping[str, pa.Table], accounts: Sequence[str]) -> dict[str, pa.Table]:
    """The rows of these accounts."""
    ids = pa.array(accounts, pa.string())
    return {
        name: columns.some_rows(table, np.nonzero(columns.codes(table["account_id"], ids) >= 0)[0])
        for name, table in tables.items()
    }

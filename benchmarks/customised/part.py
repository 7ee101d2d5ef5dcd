"""One part of a book customised: drawn, decided with and without each customisation, and what does not bind dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from benchmarks.customised.kinds import Client, Custom, draw
from cluster.bench.opened import OpenBook, open_for_run
from cluster.plan import Part
from engine.book import columns
from engine.book.accounts import build_block
from engine.book.firm import Firm
from engine.book.roll import call_roll
from engine.book.schema import SETTING_COLUMNS
from engine.decide.positions import prepare_positions
from engine.decide.rebalance import rebalance
from engine.decide.targets import Targets
from engine.whatif.change import RESTRICTIONS, TYPES

DRAWN, LEAST = 6, 3
ROUNDS = 4
ON_PURPOSE = 100
"""One account in so many is given a conflict."""
DECIDED = ("TRADED", "NO_TRADE")
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
    tables = {name: table for name, table in book.read(part).items() if name not in ("restrictions", "flows")}
    tables["accounts"] = _alone(tables["accounts"])
    drawn = _drawn(book.firm, tables, np.random.default_rng([seed, number]))
    settled: Customs = {}
    lost: Counter[str] = Counter()
    for _ in range(ROUNDS):
        base = _day_of(book, part, tables, drawn)
        lost.update(print_[0] for print_ in base.values() if print_[0] not in DECIDED)
        sound = {account: mine for account, mine in drawn.items() if base[account][0] in DECIDED}
        kept = _binding(book, part, tables, sound, base)
        lost["too few"] += sum(len(mine) < LEAST for mine in kept.values())
        enough = {account: mine for account, mine in kept.items() if len(mine) >= LEAST}
        settled |= {account: mine for account, mine in enough.items() if mine == sound[account]}
        drawn = {account: mine for account, mine in enough.items() if account not in settled}
        if not drawn:
            break
    lost["unsettled"] += len(drawn)
    conflicts = _conflicts(tables, settled)
    everyone = {**settled, **conflicts}
    return Customised(_only(applied(tables, everyone), list(everyone)), settled, list(conflicts), lost)


def _day_of(book: OpenBook, part: Part, tables: Mapping[str, pa.Table], customs: Customs) -> dict[str, Print]:
    """What the day comes to for each of these accounts, with its customisations."""
    asked = applied(_only(tables, list(customs)), customs)
    out = rebalance(book.firm, asked, book.check(part, asked), "customised").tables
    trades: dict[str, list[tuple[object, ...]]] = {}
    for row in out["trades"].select(["account_id", "security_id", "side", "lot_id", "quantity"]).to_pylist():
        trades.setdefault(row["account_id"], []).append(tuple(row.values()))
    return {
        row["account_id"]: (
            row["status"] if row["status"] in DECIDED else row["code"],
            row["target_id"],
            tuple(trades.get(row["account_id"], ())),
        )
        for row in out["results"].select(["account_id", "status", "code", "target_id"]).to_pylist()
    }


def _binding(
    book: OpenBook, part: Part, tables: Mapping[str, pa.Table], customs: Customs, base: Mapping[str, Print]
) -> Customs:
    """The customisations without which the account's day would not be `base`."""
    kept: Customs = {account: [] for account in customs}
    for place in range(max(map(len, customs.values()), default=0)):
        having = {account: mine for account, mine in customs.items() if place < len(mine)}
        without = _day_of(book, part, tables, {a: mine[:place] + mine[place + 1 :] for a, mine in having.items()})
        for account, mine in having.items():
            if without[account] != base[account]:
                kept[account].append(mine[place])
    return kept


def applied(tables: Mapping[str, pa.Table], customs: Customs) -> dict[str, pa.Table]:
    """The part's tables with these customisations."""
    accounts = tables["accounts"]
    ids = columns.text(accounts["account_id"]).to_pylist()
    given = [
        {name: value for one in customs.get(account, []) for name, value in one.settings.items()} for account in ids
    ]
    for name in sorted({name for row in given for name in row}):
        dtype = TYPES[SETTING_COLUMNS[name].kind]
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
    return {**tables, "accounts": accounts, "restrictions": pa.Table.from_pylist(rows, RESTRICTIONS)}


def _alone(accounts: pa.Table) -> pa.Table:
    """Every account its own household, so that one's customisation does not change another's day."""
    return accounts.drop_columns([name for name in ("household_id",) if name in accounts.column_names])


def _drawn(firm: Firm, tables: Mapping[str, pa.Table], random: np.random.Generator) -> Customs:
    block = build_block(firm, tables, frozenset(), call_roll(firm, tables["accounts"]))
    positions, targets = prepare_positions(firm, block), Targets(firm)
    none = np.empty(0, dtype=np.int32)
    found: Customs = {}
    for account, name in enumerate(block.ids.to_pylist()):
        target = targets.get(int(block.model[account]), none, float(block.settings["cash_target"][account]))
        client = Client.of(firm, block, positions, target, account, random)
        found[name] = draw(client, DRAWN, taxable=bool(block.taxable[account]))
    return found


def _conflicts(tables: Mapping[str, pa.Table], settled: Customs) -> Customs:
    """Takes some accounts out of those that are settled, and has them sell out a name that they may never sell."""
    owner, security = (columns.text(tables["lots"][name]).to_pylist() for name in ("account_id", "security_id"))
    holds = dict(zip(owner, security, strict=True))
    taken = [a for place, a in enumerate(settled) if place % ON_PURPOSE == ON_PURPOSE - 1 and a in holds]
    made = {}
    for account in taken:
        both = [{"kind": kind, "security_id": holds[account]} for kind in ("sell_out", "never_sell")]
        made[account] = [Custom("conflict", {}, row) for row in both]
        del settled[account]
    return made


def _only(tables: Mapping[str, pa.Table], accounts: Sequence[str]) -> dict[str, pa.Table]:
    """The rows of these accounts."""
    ids = pa.array(accounts, pa.string())
    return {
        name: columns.some_rows(table, np.nonzero(columns.codes(table["account_id"], ids) >= 0)[0])
        for name, table in tables.items()
    }

"""What a run would do with many accounts of a part as they stand and as changed, in the compiled code of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.book import columns
from engine.book.findings import Finding, Scope
from engine.book.firm import Firm
from engine.book.roll import household_numbers
from engine.book.schema import MONEY
from engine.book.validation import Reference, check_part
from engine.decide.rebalance import rebalance
from engine.whatif.change import Change
from engine.whatif.outcome import RUN
from engine.whatif.tracking import of_accounts, read_targets, tracking_errors

TODAY, CHANGED = "today", "changed"
TOLD = (
    "status",
    "code",
    "message",
    "target_id",
    "value",
    "te_before",
    "te_after",
    "drift_before",
    "drift_after",
    "turnover",
    "realised_st",
    "realised_lt",
    "tax_cost",
    "tax_blind",
    "tax_saved_or_deferred",
    "harvested",
)
"""Columns of `results` that are told of each account."""
ORDERS = {"BUY": ("buys", "bought"), "SELL": ("sells", "sold")}
"""By side: orders, and their USD."""


class PartRefused(Exception):
    """Rows of a part that concern the whole book."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings)
        self.findings = findings


@dataclass(frozen=True)
class Chosen:
    """Whose outcome is asked for: the followers of a policy, or everyone."""

    policy: str | None = None

    def ids(self, accounts: pa.Table) -> pa.Array:
        """Ids of the accounts of a part that are chosen, each once."""
        ids = columns.text(accounts["account_id"])
        if self.policy is not None:
            policies = columns.optional(accounts, "policy_id", pa.string())
            ids = ids.filter(pa.array(columns.codes(policies, pa.array([self.policy])) == 0))
        return ids.drop_null().unique()


@dataclass(frozen=True)
class PartScene:
    """One part of a book, with what a run would know of it. `misplaced`, `files`: see `check_part`."""

    firm: Firm
    reference: Reference
    tables: Mapping[str, pa.Table]
    misplaced: frozenset[str]
    files: Mapping[str, str]


def ask(part: PartScene, ids: pa.Array, change: Change) -> pa.Table:
    """One row each of these accounts of the part: `TOLD` and orders as `today_…`, and with a change as `changed_…`.

    All are changed at once; their households decide with them. `had` is True where the change brings nothing;
    `te_more` is by how much more the account as changed is off what it aims at today, `tax_more` the tax that it costs
    more, USD. Raises `PartRefused` where a run would refuse the book.
    """
    today, targets = decide_many(part, part.tables, ids)
    columns_ = {"account_id": ids} | _named(TODAY, today)
    if change:
        changed, _ = decide_many(part, change.on(part.tables, ids), ids)
        aims = of_accounts(read_targets(part.firm, targets), today["target_id"])
        value = columns.numbers(changed["value"])
        errors = tracking_errors(part.firm, part.tables["lots"], changed.pop("trades"), ids, value, aims)
        off = pa.array(errors, from_pandas=True)
        columns_ |= {"had": pa.array(change.held(part.firm.levels, part.tables, ids))}
        columns_ |= _named(CHANGED, changed) | {"changed_te_today": off}
        columns_["te_more"] = pc.subtract(off, today["te_after"])
        columns_["tax_more"] = pc.cast(pc.subtract(changed["tax_cost"], today["tax_cost"]), MONEY)
    return pa.table(columns_)


def _named(prefix: str, told: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    return {f"{prefix}_{name}": column for name, column in told.items() if name != "trades"}


def decide_many(part: PartScene, tables: Mapping[str, pa.Table], ids: pa.Array) -> tuple[dict[str, pa.Array], pa.Table]:
    """What is told of the accounts, (ids,) each, and the `trades` of their households; and the targets in use.

    `tables` are the part's, or those changed. Raises `PartRefused`.
    """
    findings = check_part(part.reference, tables, part.misplaced, part.files)
    refusals = [finding for finding in findings if finding.scope is Scope.BOOK]
    if refusals:
        raise PartRefused(refusals)
    decision = rebalance(part.firm, _households(tables, ids), findings, RUN)
    results, trades = decision.tables["results"], decision.tables["trades"]
    row = pa.array(columns.codes(ids, columns.text(results["account_id"])))
    told = {name: columns.flat(results[name].take(row)) for name in TOLD}
    return told | _orders(trades, ids) | {"trades": trades}, decision.tables["targets"]


def _households(tables: Mapping[str, pa.Table], ids: pa.Array) -> dict[str, pa.Table]:
    """The rows of these accounts and of all others of their households."""
    owners = columns.text(tables["accounts"]["account_id"])
    household = household_numbers(tables["accounts"], owners)
    asked = np.zeros(int(household.max(initial=-1)) + 1, dtype=np.bool_)
    asked[household[columns.codes(owners, ids) >= 0]] = True
    mine = owners.filter(pa.array(asked[household]))
    return {
        name: columns.some_rows(table, np.nonzero(columns.codes(table["account_id"], mine) >= 0)[0])
        for name, table in tables.items()
    }


def _orders(trades: pa.Table, ids: pa.Array) -> dict[str, pa.Array]:
    """Orders of each account (ids,), a security counted once a side, and what they come to."""
    found: dict[str, pa.Array] = {}
    owner, side = columns.codes(trades["account_id"], ids), columns.codes(trades["side"], pa.array(list(ORDERS)))
    security = columns.indices(columns.encoded(trades["security_id"]))
    cents = columns.scaled(trades["amount"], 100)
    for place, (count, usd) in enumerate(ORDERS.values()):
        mine = (owner >= 0) & (side == place)
        pairs = np.unique(np.stack([owner[mine], security[mine]]), axis=1)
        total = np.zeros(len(ids), dtype=np.int64)
        np.add.at(total, owner[mine], cents[mine])
        found[count] = pa.array(np.bincount(pairs[0], minlength=len(ids)))
        found[usd] = columns.decimals(total, MONEY)
    return found

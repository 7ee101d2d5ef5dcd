"""Trades that the verifier refuses: their household is left alone and told of, all others are published."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cluster.calls import engine_calls
from cluster.executors import InlineExecutor
from cluster.observe import Quiet
from cluster.run import Request, run_book
from cluster.storage import open_storage
from engine.errors import GateRefused
from engine.prove.verify import Violation
from engine.prove.withheld import withheld
from tests.support.books import small_book
from tests.support.commands import said

RULE = Violation("cash_floor", "", "cash is below its floor", 2)


@dataclass(frozen=True)
class Strict:
    """The verifier, with a rule more: these accounts may not trade."""

    accounts: frozenset[str]

    def __call__(self, firm: Any, tables: Any, outputs: Any, *rest: Any) -> list[Violation]:
        traded = set(outputs["trades"]["account_id"].to_pylist())
        found = engine_calls().verify_part(firm, tables, outputs, *rest)
        return found + [replace(RULE, account_id=account) for account in sorted(self.accounts & traded)]


def rows(out: Path, table: str) -> list[dict[str, Any]]:
    return [row for path in sorted(out.glob(f"runs/*/parts/{table}-*")) for row in pq.read_table(path).to_pylist()]


def by_account(out: Path, table: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows(out, table):
        found.setdefault(row["account_id"], []).append(row)
    return found


def households(book: str) -> dict[str, list[str]]:
    """Accounts by household, those that share one."""
    found: dict[str, list[str]] = {}
    for path in Path(book).glob("accounts/*"):
        for row in pq.read_table(path).to_pylist():
            if row["household_id"]:
                found.setdefault(row["household_id"], []).append(row["account_id"])
    return {name: members for name, members in found.items() if len(members) > 1}


def run(book: str, out: Path, accounts: frozenset[str] = frozenset()) -> None:
    calls = replace(engine_calls(), verify_part=Strict(accounts))
    run_book(Request(open_storage(book), open_storage(str(out)), calls=lambda: calls), InlineExecutor(), Quiet())


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> str:
    return small_book(tmp_path_factory.mktemp("withheld"), 128, 5)


@pytest.fixture(scope="module")
def free(book: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("free")
    run(book, out)
    return out


def test_a_household_that_breaks_a_rule_is_left_alone_and_the_others_are_not(book, free, tmp_path, capsys) -> None:
    traded = by_account(free, "trades")
    members = next(them for them in households(book).values() if sum(one in traded for one in them) > 1)
    bad = next(one for one in members if one in traded)
    run(book, tmp_path, frozenset({bad}))

    expected = {account: told for account, told in traded.items() if account not in members}
    made = by_account(tmp_path, "trades")
    for told in (*expected.values(), *made.values()):
        for row in told:
            del row["run_id"]
    assert made == expected
    results = {row["account_id"]: row for row in rows(tmp_path, "results")}
    assert len(results) == 128
    for account in members:
        (exception,) = [row for row in by_account(tmp_path, "exceptions")[account] if row["severity"] == "ERROR"]
        assert (exception["stage"], exception["code"], exception["value"]) == ("verify", "WITHHELD", "cash_floor")
        assert f"cash_floor {bad}: cash is below its floor (and 1 more)" in exception["message"]
        assert "Report the message" in exception["message"]
        assert (results[account]["status"], results[account]["code"]) == ("EXCEPTION", "WITHHELD")

    (found,) = (tmp_path / "runs").iterdir()
    assert json.loads(said(capsys, "verify", str(found), "--workers", "0", "--json"))["violations"] == []
    assert "WITHHELD" in said(capsys, "explain", str(found), bad)


def test_more_than_a_hundredth_of_a_part_is_refused(book, free, tmp_path) -> None:
    with pytest.raises(GateRefused, match="cash_floor account"):
        run(book, tmp_path, frozenset(by_account(free, "trades")))
    assert not (tmp_path / "published").exists()


def test_what_makes_exceptions_of_whom() -> None:
    accounts = pa.table({"account_id": ["A", "B", "C", "D"], "household_id": ["H", None, "H", ""]})
    found = withheld([replace(RULE, account_id="C"), replace(RULE, account_id="C", rule="other")], accounts)
    assert [(one.subject, one.value) for one in found] == [("A", "cash_floor"), ("C", "cash_floor")]
    assert found[0].message.startswith("those of C in its household would break a rule, cash_floor C")
    assert found[1].message.startswith("its trades would break a rule, cash_floor C")
    assert [one.subject for one in withheld([replace(RULE, account_id="D")], accounts)] == ["D"]
    assert withheld([RULE], accounts) == [], "a rule of the part"
    assert withheld([replace(RULE, account_id="X")], accounts) == [], "an account of no part"
    assert withheld([replace(RULE, account_id=one) for one in "AB"], accounts) == [], "two of three households"

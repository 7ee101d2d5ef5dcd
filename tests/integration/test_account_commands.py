"""`wholebook settings show` and `wholebook target`, as a user reaches them, on a small book."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cluster.bench.opened import open_for_run
from engine.decide.rebalance import rebalance
from tests.support.books import small_book
from tests.support.commands import said


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> str:
    return small_book(tmp_path_factory.mktemp("account"), 64, 7)


def column(book: str, table: str, name: str) -> list[Any]:
    return [value for path in sorted(Path(book, table).iterdir()) for value in pq.read_table(path)[name].to_pylist()]


def settings(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, dict[str, Any]]:
    told = json.loads(said(capsys, "settings", "show", *args, "--json"))
    return {one["name"]: one for one in told["settings"]}


def test_each_setting_says_its_level_and_what_it_hides(book: str, capsys, tmp_path: Path) -> None:
    path = next(Path(book, "accounts").iterdir())
    table = pq.read_table(path)
    place = table["policy_id"].to_pylist().index("TAX-CAREFUL")
    account = table["account_id"][place].as_py()
    values = [0.25 if row == place else None for row in range(table.num_rows)]
    own = small_book(tmp_path, 64, 7)
    kept = table.drop_columns([name for name in ("lt_rate",) if name in table.column_names])
    pq.write_table(kept.append_column("lt_rate", pa.array(values)), Path(own, "accounts", path.name))
    firm = tmp_path / "run.toml"
    firm.write_text("[settings]\nlt_rate = 0.2\nticket_usd = 5\n")
    told = settings(capsys, own, account, "--settings", str(firm))
    assert (told["lt_rate"]["level"], told["lt_rate"]["value"]) == ("account", 0.25)
    assert told["lt_rate"]["given"]["firm"] == 0.2
    assert list(told["lt_rate"]["given"]) == ["account", "policy", "firm"]
    assert told["tax_sensitivity"]["level"] == "policy"
    assert (told["ticket_usd"]["level"], told["ticket_usd"]["value"]) == ("firm", 5)
    assert (told["wash_policy"]["level"], told["wash_policy"]["value"]) == ("default", "avoid")
    assert told["cash_max"]["value"] == pytest.approx(told["cash_target"]["value"] + 0.01)
    assert "default" not in said(capsys, "settings", "show", own, account, "--set")


def test_settings_shown_are_those_of_the_run(book: str, capsys) -> None:
    opened = open_for_run(book)
    from engine.book.settings import resolve

    for part in opened.parts:
        accounts = opened.read(part)["accounts"]
        block = resolve(accounts, opened.firm.levels)
        for row in (0, accounts.num_rows - 1):
            told = settings(capsys, book, accounts["account_id"][row].as_py())
            for name, one in told.items():
                in_force = block[name][row]
                if one["value"] is None:
                    assert np.isnan(in_force)
                elif not isinstance(one["value"], str):
                    assert float(one["value"]) == in_force


def test_targets_told_are_those_of_the_run(book: str, capsys) -> None:
    opened = open_for_run(book)
    part = opened.parts[0]
    results = rebalance(opened.firm, opened.read(part), [], "run").tables["results"].to_pylist()
    for one in results[:4]:
        told = json.loads(said(capsys, "target", book, one["account_id"], "--json"))
        assert told["target_id"] == one["target_id"]
        assert sum(name["target"] for name in told["names"]) == pytest.approx(1.0 - told["cash_target"])


def test_a_target_says_why_a_name_is_left_out(book: str, capsys) -> None:
    barred = [
        (account, security)
        for account, kind, security in zip(
            *(column(book, "restrictions", name) for name in ("account_id", "kind", "security_id")), strict=True
        )
        if kind == "never_buy"
    ]
    seen = 0
    for account, security in barred:
        told = json.loads(said(capsys, "target", book, account, "--json"))
        names = {name["security_id"]: name for name in told["names"]}
        if security not in names:
            continue
        seen += 1
        assert names[security]["target"] == 0.0
        assert names[security]["why"] in ("never_buy", "sell_out") or names[security]["why"].startswith("screen ")
        assert told["tracking_error"] > 0.0
        raised = [name for name in names.values() if name["target"] > name["model"] + 1e-6]
        assert raised
        assert all(name["why"].startswith(("tracks", "stands in for")) for name in raised)
        assert security in said(capsys, "target", book, account, "--changed")
    assert seen


def test_a_target_that_is_the_model(book: str, capsys) -> None:
    bound = set(column(book, "restrictions", "account_id"))
    free = next(one for one in column(book, "accounts", "account_id") if one not in bound)
    told = json.loads(said(capsys, "target", book, free, "--json"))
    assert told["tracking_error"] == 0.0
    assert all(name["why"] == "" for name in told["names"])
    assert "Nothing is left out" in said(capsys, "target", book, free, "--changed")


def test_an_unknown_account_is_told_with_its_like(book: str, capsys) -> None:
    account = column(book, "accounts", "account_id")[0]
    for words in (["settings", "show"], ["target"]):
        told = said(capsys, *words, book, account[:-1] + "x", status=2)
        assert "has no account" in told
        assert "Did you mean" in told


def whatif(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(said(capsys, "whatif", *args, "--json"))
    return told


def test_whatif_shows_both_and_the_years(book: str, capsys) -> None:
    models, accounts = column(book, "accounts", "model_id"), column(book, "accounts", "account_id")
    statuses = column(book, "accounts", "tax_status")
    account = next(one for one, status in zip(accounts, statuses, strict=True) if status == "taxable")
    told = whatif(capsys, book, "--account", account)
    assert set(told) == {"account_id", "today", "plan"}
    assert told["plan"] == []
    other = next(model for model in models if model != models[accounts.index(account)])
    args = ("--set", "wash_policy=forbid", "--set", "transition_until=2027-12-31", "--model", other)
    told = whatif(capsys, book, "--account", account, *args)
    assert told["changed"]["result"]["target_id"] != told["today"]["result"]["target_id"]
    assert [year["as_of"][:4] for year in told["plan"]] == ["2026", "2027"]
    shown = said(capsys, "whatif", book, "--account", account, *args, "--limit", "1")
    for words in ("what a run would do", "tracking error after", "Shares bought, and sold", "The years", "changed"):
        assert words in shown


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        ("gain_budget", 2, "not NAME=VALUE"),
        ("gain_budget=", 2, "not NAME=VALUE"),
        ("gain_budge=1", 3, "gain_budge = 1: no such setting"),
        ("gain_budget=much", 3, "expected a number"),
        ("transition_until=2027-12-32", 3, "expected a date without quotes, YYYY-MM-DD"),
    ],
)
def test_whatif_refuses_what_is_no_setting(book: str, capsys, given: str, status: int, words: str) -> None:
    account = column(book, "accounts", "account_id")[0]
    assert words in said(capsys, "whatif", book, "--account", account, "--set", given, status=status)


@pytest.mark.parametrize("asked", ["", "love", "screen name=x", "max_weight security_id=E001 value=much"])
def test_whatif_refuses_what_is_no_restriction(book: str, capsys, asked: str) -> None:
    account = column(book, "accounts", "account_id")[0]
    told = said(capsys, "whatif", book, "--account", account, "--restrict", asked, status=2)
    assert "not a restriction" in told
    assert "factor_max" in told


def test_whatif_with_a_restriction(book: str, capsys) -> None:
    account = column(book, "accounts", "account_id")[0]
    told = whatif(capsys, book, "--account", account, "--restrict", "never_sell security_id=NOWHERE", "--years", "1")
    assert told["changed"]["result"]["objective_bp"] == told["today"]["result"]["objective_bp"]
    assert len(told["plan"]) == 1


def test_whatif_of_a_stranger(book: str, capsys) -> None:
    assert "no account NOBODY" in said(capsys, "whatif", book, "--account", "NOBODY", status=2)

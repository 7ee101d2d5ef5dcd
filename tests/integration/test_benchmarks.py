"""The benchmarks run end to end on tiny books, and what they say of them agrees with the run itself. No speeds here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from benchmarks import check, exact, gaps, ledger, relaxation, validation
from benchmarks.cases import part_cases
from benchmarks.customised import part
from cluster.bench.opened import OpenBook, open_for_run
from cluster.opening import open_book
from cluster.storage import open_storage
from engine.decide.rebalance import rebalance
from engine.errors import WholebookError
from engine.prove.verify import verify_part
from tests.support.books import small_book

SMALL_MARKET = ["--equities", "160"]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> str:
    return small_book(tmp_path_factory.mktemp("bench"), accounts=24)


@pytest.fixture(scope="module")
def opened(mixed: str) -> OpenBook:
    return open_for_run(mixed)


def measured(command: click.Command, folder: Path, *args: str) -> dict[str, Any]:
    """Run a benchmark as a user does; its printed line must be the one that it kept."""
    result = CliRunner().invoke(command, [*args, "--results", str(folder), "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    line = json.loads(result.stdout)
    (kept,) = (folder / f"{line['benchmark']}.jsonl").read_text().splitlines()
    assert json.loads(kept) == line
    return line


def test_check_holds_ratios_against_their_floors(tmp_path: Path) -> None:
    line = measured(check.main, tmp_path, "--repeat", "1", "--floors", str(floors(tmp_path, 1e-9)))
    assert [(row["book"], row["ours"]) for row in line["rows"]] == [
        (book, ours) for book in ("etf", "direct 100") for ours in ("Newton", "Newton, with proof", "whole run")
    ]
    check.show(line)
    with pytest.raises(WholebookError, match=r"slower against OSQP than it was: etf, Newton: .* at least 1e\+09"):
        check.check([row | {"floor": 1e9} for row in line["rows"]])


def floors(folder: Path, least: float) -> Path:
    """The committed floors, each replaced by `least`."""
    committed = json.loads(check.FLOORS.read_text())
    path = folder / "floors.json"
    path.write_text(json.dumps({book: dict.fromkeys(ours, least) for book, ours in committed.items()}))
    return path


def test_small_accounts_are_held_against_the_best_orders(tmp_path: Path) -> None:
    """No bound is above the best answer, no trades below it; what is told adds up."""
    book = small_book(tmp_path, 60, 6, "etf")
    line = measured(exact.main, tmp_path, book, "--accounts", "4", "--names", "12")
    assert line["options"]["solved"] + line["options"]["unproved"] == 4
    rows = {row["measure"]: row for row in line["rows"] if row["group"] == "all"}
    assert rows["loss_bp"]["min"] >= -exact.TOLERANCE_BP
    assert rows["unavoidable_bp"]["min"] >= -exact.TOLERANCE_BP
    exact.show(line)


def test_a_bound_above_the_best_answer_is_told() -> None:
    sound = {"account": "A", "proved": True, "loss_bp": 0.1, "unavoidable_bp": 0.2}
    exact.check([sound])
    for wrong in ({"loss_bp": -0.1}, {"unavoidable_bp": -0.1}):
        with pytest.raises(WholebookError, match="best answer: A"):
            exact.check([sound | wrong])


def test_relaxation_bounds_what_is_handed_out(mixed: str, tmp_path: Path) -> None:
    line = measured(relaxation.main, tmp_path, mixed, "--accounts", "8")
    assert line["options"]["drawn"] == 8
    whole = {row["measure"]: row for row in line["rows"] if row["group"] == "all"}
    assert whole["excess_bp"]["accounts"] == 8 - line["options"]["exceptions"]
    assert whole["excess_bp"]["min"] > -0.1
    assert whole["gap_bp"]["min"] > -relaxation.ROUNDING_BP
    relaxation.show(line)


def test_validation_counts_what_it_checked(tmp_path: Path) -> None:
    line = measured(validation.main, tmp_path, "--etf", "20", "--direct", "4", "--repeat", "1", *SMALL_MARKET)
    assert [row["accounts"] for row in line["rows"]] == [4, 20]
    assert all(row["lots_per_second"] > 0 for row in line["rows"])
    validation.show(line)


def test_ledger_replays_the_same_history_from_every_kind_of_file(tmp_path: Path) -> None:
    line = measured(ledger.main, tmp_path, "--accounts", "30", "--parts", "3")
    assert [(row["input"], row["trades"]) for row in line["rows"]] == [
        ("3 parquet files", 300),
        ("1 parquet file", 300),
        ("1 csv file", 300),
    ]
    for row in line["rows"]:
        assert all(row["split_s"][stage] > 0 for stage in ledger.STAGES if stage)
        assert row["cpu_s"] == pytest.approx(sum(row["split_s"].values()))
    ledger.show(line)


def test_cases_are_the_run_s_own_decisions(opened: OpenBook) -> None:
    """Also where only some accounts of a part are asked for: their households are decided before them."""
    (part,) = opened.parts
    tables = opened.read(part)
    results = rebalance(opened.firm, tables, opened.check(part, tables), "0" * 16).tables["results"].to_pylist()
    expected = {row["account_id"]: row["objective_bp"] for row in results if row["status"] != "EXCEPTION"}
    found = {case.account: case.outcome.objective_bp for case in part_cases(opened, part)}
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)  # compiled code adds in another order
    some = list(part_cases(opened, part, range(1, 24, 3)))
    wanted = {row["account_id"] for row in results[1:24:3]}
    assert {case.account for case in some} == wanted & set(expected)
    assert all(case.outcome.objective_bp == found[case.account] for case in some)


def test_a_draw_is_of_distinct_accounts_and_repeats(opened: OpenBook) -> None:
    ((_, rows),) = relaxation.draw(opened, 10, seed=3)
    assert len(set(rows)) == 10
    assert set(rows) <= set(range(24))
    assert relaxation.draw(opened, 10, seed=3) == relaxation.draw(opened, 10, seed=3)
    ((_, every),) = relaxation.draw(opened, 1000, seed=3)
    assert every == list(range(24))


def test_a_bound_above_the_objective_is_an_error() -> None:
    relaxation.check_bounds([{"account": "A1", "gap_bp": 0.2}, {"account": "A2", "gap_bp": None}])
    with pytest.raises(WholebookError, match=r"A2 by 0\.5 bp"):
        relaxation.check_bounds([{"account": "A1", "gap_bp": 0.2}, {"account": "A2", "gap_bp": -0.5}])


def test_a_customised_book_runs_with_its_exceptions_alone(mixed: str, tmp_path: Path, monkeypatch) -> None:
    """Each account has three customisations that bind; what conflicts is what was put into conflict."""
    monkeypatch.setattr(part, "ON_PURPOSE", 5)
    book = open_for_run(mixed)
    made = part.customise(mixed, book.parts[0].number, 3)
    assert len(made.binding) >= 8
    assert all(len(mine) >= part.LEAST for mine in made.binding.values())
    assert len({one.kind for mine in made.binding.values() for one in mine}) >= 12
    assert made.conflicts
    findings = book.check(book.parts[0], made.tables)
    out = rebalance(book.firm, made.tables, findings, "run").tables
    firm = open_book(open_storage(mixed), {}).tables
    assert verify_part(firm, made.tables, out, book.firm.header.as_of, {}) == []
    failed = [row["account_id"] for row in out["results"].to_pylist() if row["status"] == "EXCEPTION"]
    assert sorted(failed) == sorted(made.conflicts)


def test_gaps_of_accounts_of_one_size(tmp_path: Path) -> None:
    line = measured(gaps.main, tmp_path, "--accounts", "3", "--repeat", "1")
    assert [row["group"] for row in line["rows"]] == [wanted.title for wanted in gaps.BOOKS]
    for row in line["rows"]:
        assert 0 < row["accounts"] <= 3 * gaps.ETF_TIMES
        assert -gaps.ROUNDING_BP <= row["min"] <= row["median"] <= row["max"]
        assert row["decided_per_second"] > 0.0
        assert row["continuous_per_second"] > 0.0

"""`wholebook bench` as a user reaches it, on tiny books: what it says, never how fast it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cluster.bench import books, peers, plot, rows, shelf, tables, whole, workers
from cluster.bench.ask import Ask, Step, Table
from cluster.bench.books import BAND, Recipe, write_recipe
from cluster.bench.continuous import take_through
from cluster.bench.days import moved
from cluster.bench.fresh import in_fresh_process
from cluster.bench.opened import open_for_run
from cluster.bench.outside import take_out
from cluster.bench.show import print_view
from cluster.cli import main
from cluster.cli.bench import NAMES
from cluster.storage import open_storage
from cluster.storage.tables import read_table
from engine.errors import UsageError, WholebookError
from tests.support.books import EQUITIES

TINY = ["--accounts", "1", "--solved", "4", "--slow", "2", "--repeat", "1"]


def here(function: Callable[..., Any], *args: Any) -> Any:
    """In place of a fresh process, which would take its seconds to start."""
    return function(*args)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer names, so that a test takes seconds; no process of its own but in the test that is about it."""
    for module in (rows, shelf, tables):
        monkeypatch.setattr(module, "in_fresh_process", here)
    monkeypatch.setattr(books, "SIMULATED_EQUITIES", EQUITIES)
    monkeypatch.setattr(rows, "LIGHTER", 8)
    monkeypatch.setattr(tables, "SIZES", (60,))
    monkeypatch.setattr(tables, "TYPICAL", 60)
    monkeypatch.setattr(rows, "TYPICAL_NAMES", 60)
    monkeypatch.setattr(shelf, "WARM_UP", Recipe("direct", 2, names=40))
    monkeypatch.setattr(tables, "WARM_UP", Recipe("direct", 2, names=40))


def bench(capsys: pytest.CaptureFixture[str], *args: str, status: int = 0) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["bench", *args])
    told = capsys.readouterr()
    assert ended.value.code == status, told.err
    return told.out if status == 0 else told.err


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> str:
    uri = str(tmp_path_factory.mktemp("bench") / "book")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(books, "SIMULATED_EQUITIES", EQUITIES)
        write_recipe(Recipe("etf", 12), uri, seed=3)
    return uri


def test_every_table_is_offered() -> None:
    assert tuple(tables.TABLES) == NAMES
    assert set(tables.DEFAULT) == set(NAMES) - {"growth", "storage"}


def test_kinds_gives_whole_runs_of_both_days_by_stage(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tables, "SIZES", ())
    told = json.loads(bench(capsys, "kinds", *TINY, "--price", "0.36", "--results", str(tmp_path), "--json"))
    (kept,) = (tmp_path / "kinds.jsonl").read_text().splitlines()
    assert json.loads(kept) == told["kinds"]
    found = told["kinds"]["rows"]
    assert [(row["book"], row["day"]) for row in found] == [("etf", "1"), ("etf", "next")]
    for row in found:
        assert list(row["stage_ms"]) == [*whole.STAGES, "run"]
        assert sum(row["stage_ms"].values()) == pytest.approx(row["ms"])
        assert row["accounts"] > 0
        assert row["usd_per_million"] == pytest.approx(row["ms"] * 0.1)
        assert row["solve_ms_p99"] >= row["solve_ms_median"] > 0
        assert row["continuous_per_second"] > 0


def test_etf_accounts_are_as_many_as_asked_for() -> None:
    assert rows.recipe("etf", Ask(accounts=3)).accounts == 3 * rows.LIGHTER
    assert rows.recipe("etf", Ask(accounts=3, etf=50)).accounts == 50
    assert rows.recipe("direct", Ask(accounts=12, etf=50), 60).accounts == 12


def test_the_continuous_pipeline_brings_every_account_to_orders(book: str) -> None:
    opened = open_for_run(book)
    assert [take_through(opened, part)[0] for part in opened.parts] == [part.rows("accounts") for part in opened.parts]


def test_solvers_reach_the_optimum_or_are_said_to_miss_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    absent = peers.Peer("Absent", peers.raw_piqp, "no_such_solver")
    monkeypatch.setattr("cluster.bench.solving.PEERS", (*peers.PEERS, absent))
    found = json.loads(bench(capsys, "solvers", *TINY, "--json"))["solvers"]["rows"]
    by_name = {(row["book"], row["solver"]): row for row in found}
    for title in ("etf", "direct 60"):
        assert by_name[title, "Absent"] == {
            "book": title,
            "solver": "Absent",
            "missing": "no_such_solver is not installed",
        }
        for peer in peers.PEERS:
            row = by_name[title, peer.name]
            if not peer.there:
                assert "is not installed" in row["missing"]
                continue
            assert row["missed"] == 0
            assert row["excess_bp_max"] <= 0.1
            assert row["accounts"] == (2 if peer.slow else 4)
        assert by_name[title, "Newton"]["times_ours"] == 1.0


def test_accuracy_finds_every_conflict_and_misses_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = json.loads(bench(capsys, "accuracy", "schedule", *TINY, "--json"))
    for row in found["accuracy"]["rows"]:
        assert (row["missed"], row["uncertified"], row["wrongly_solved"]) == (0, 0, 0)
        assert row["infeasible"] == (1 if row["stress"] == "3 % infeasible" else 0)
    assert {row["rates"] for row in found["schedule"]["rows"]} == {"constant", "schedule", "gain budget"}


def test_growth_is_fitted_and_drawn(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A growth that is known: seconds as the accounts, memory as their square root, the rest as 1.5 powers."""

    def measure(ask: Ask, shelf: Any, book: Recipe, *, solve: bool = True) -> list[dict[str, Any]]:
        at = book.accounts * max(book.names, 1) * book.purchases * book.statistical
        facts = {"accounts": book.accounts, "names": at, "lots_each": at, "factors": at, "book": book.title}
        rates = {"deciding_per_second": at**-1.5, "ms": at**1.5}
        return [facts | rates | {"cpu_s": 2.0 * book.accounts, "peak_mib": book.accounts**0.5}]

    monkeypatch.setattr("cluster.bench.growth.measured", measure)
    found = json.loads(bench(capsys, "growth", *TINY, "--json"))["growth"]["rows"]
    exponents = {(row["axis"], row["of"]): row["exponent"] for row in found if "exponent" in row}
    assert exponents.pop(("accounts", "cpu_s")) == pytest.approx(1.0)
    assert exponents.pop(("accounts", "peak_mib")) == pytest.approx(0.5)
    assert len(exponents) == 6
    assert all(value == pytest.approx(1.5) for value in exponents.values())
    first, second = tmp_path / "one.svg", tmp_path / "two.svg"
    plot.plot_growth(found, first)
    plot.plot_growth(found, second)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_text().count("<svg") == 1


def test_usage_errors_say_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert "such as 1,2" in bench(capsys, "workers", "--workers", "1,none", status=2)
    assert "--storage s3://bucket/bench" in bench(capsys, "storage", *TINY, status=2)
    assert "'speed' is not one of" in bench(capsys, "speed", status=2)


def test_workers_are_measured_on_ray_in_a_fresh_process(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "in_fresh_process", in_fresh_process)
    told = bench(capsys, "workers", *TINY, "--kind", "etf", "--workers", "1", "--json")
    (row,) = json.loads(told)["workers"]["rows"]
    assert row["workers"] == row["speedup"] == 1
    assert row["accounts"] > 0
    assert row["worker_peak_mib"] > 0


def test_workers_that_give_other_bytes_are_an_error(book: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Runner:
        def __init__(self, workers: int, preload: Sequence[str]) -> None:
            self.workers = workers

        def close(self) -> None:
            pass

    def run(book: str, out: str, executor: Runner) -> Any:
        execution = SimpleNamespace(seconds={"rebalance": 6.0 / executor.workers}, worker_peak_rss=1, driver_peak_rss=1)
        plan = SimpleNamespace(total=lambda table: 12)
        return SimpleNamespace(manifest=manifests[executor.workers], execution=execution, plan=plan)

    monkeypatch.setattr(workers, "RayExecutor", Runner)
    monkeypatch.setattr(workers, "_run", run)
    manifests = {1: "same", 2: "same"}
    compared = workers.compare_workers(book, (1, 2), 2, str(tmp_path))
    assert [(row["wall_s"], row["per_second"], row["speedup"]) for row in compared] == [
        (6.0, 2.0, 1.0),
        (3.0, 4.0, 2.0),
    ]
    manifests[2] = "other"
    with pytest.raises(WholebookError, match="differ"):
        workers.compare_workers(book, (1, 2), 2, str(tmp_path))


def test_storage_leaves_nothing_behind(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = tmp_path / "store"
    found = json.loads(bench(capsys, "storage", *TINY, "--kind", "etf", "--storage", str(place), "--json"))
    local, remote = found["storage"]["rows"]
    assert local["accounts"] == remote["accounts"] > 0
    assert list(open_storage(str(place)).list()) == []
    (place / "mine").mkdir(parents=True)
    (place / "mine" / "file").write_text("kept")
    assert "something here already" in bench(
        capsys, "storage", *TINY, "--kind", "etf", "--storage", str(place), status=1
    )
    assert (place / "mine" / "file").read_text() == "kept"


def test_an_account_inside_its_band_is_taken_out_or_refused(book: str, tmp_path: Path) -> None:
    """An account that holds its target is inside; the preparation removes it, and a measurement will not count it."""
    storage = open_storage(book)
    accounts = read_table(storage, "accounts/part-00000.parquet")
    assert set(accounts["drift_band"].to_pylist()) == {BAND}
    before = whole.measure(book, book, 1)
    gone = accounts["account_id"].to_pylist()[:2]
    take_out(book, gone)
    assert whole.measure(book, book, 1).accounts == before.accounts - 2
    for key in (info.key for info in storage.list() if info.key.count("/")):
        assert not set(read_table(storage, key)["account_id"].to_pylist()) & set(gone)


def test_a_measurement_with_an_account_inside_its_band_is_refused(book: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cluster.bench.outside.BAND", 1.0)
    with pytest.raises(WholebookError, match="inside their band or exceptions"):
        whole.measure(book, book, 1)


def test_prices_of_the_next_day_move_and_repeat(book: str) -> None:
    securities = read_table(open_storage(book), "securities.parquet")
    one, again, other = moved(securities, 1), moved(securities, 1), moved(securities, 2)
    assert one.equals(again)
    assert not one.equals(other)
    change = one["price"].to_numpy() / securities["price"].to_numpy() - 1.0
    assert 0.005 < change.std() < 0.03


def test_a_table_without_a_value_shows_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    view = tables.TABLES["solvers"].views[0]
    print_view(view, [{"book": "etf", "solver": "PIQP", "missing": "piqp is not installed"}], "said below")
    told = capsys.readouterr().out
    assert "piqp is not installed" in told
    assert "said below" in told


def test_steps_are_told_while_they_go_on(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    one = Table("", (), lambda ask, books: [Step("first", lambda: [{"n": 1}]), Step("second", lambda: [{"n": 2}])])
    monkeypatch.setitem(tables.TABLES, "kinds", one)
    with pytest.raises(SystemExit):
        main(["bench", "kinds", "--json"])
    told = capsys.readouterr()
    assert told.err == "bench: first\nbench: second\n"
    assert json.loads(told.out)["kinds"]["rows"] == [{"n": 1}, {"n": 2}]


def test_storage_must_be_named() -> None:
    with pytest.raises(UsageError):
        tables.TABLES["storage"].steps(Ask(), None)  # type: ignore[arg-type]

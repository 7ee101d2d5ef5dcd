"""`wholebook diff`: a change of an input reaches the accounts that it concerns, no other, and the reason is told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cluster.cli import main
from tests.support.books import small_book


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> str:
    return small_book(tmp_path_factory.mktemp("diff"), 64, 9)


@pytest.fixture(scope="module")
def base(book: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    return run(book, tmp_path_factory.mktemp("base"))


def run(book: str, out: Path, *more: str) -> str:
    """Run a book; the URI of the run."""
    with pytest.raises(SystemExit) as ended:
        main(["run", book, "--out", str(out), "--workers", "0", "--no-publish", *more])
    assert not ended.value.code
    (found,) = (out / "runs").iterdir()
    return str(found)


def changed_book(book: str, folder: Path, table: str, change: Callable[[pa.Table], pa.Table]) -> str:
    """A copy of the book with a firm table changed."""
    copy = folder / "book"
    shutil.copytree(book, copy)
    path = copy / f"{table}.parquet"
    pq.write_table(change(pq.read_table(path)), path)
    return str(copy)


@pytest.fixture
def diff(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    def told(*args: str) -> dict[str, Any]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["diff", *args, "--json"])
        assert not ended.value.code
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        return document

    return told


def accounts(book: str) -> list[dict[str, Any]]:
    return [row for path in sorted(Path(book, "accounts").iterdir()) for row in pq.read_table(path).to_pylist()]


def households(book: str, concerned: set[str]) -> set[str]:
    """The accounts that share a household with one of these."""
    rows = accounts(book)
    shared = {row["household_id"] for row in rows if row["account_id"] in concerned and row.get("household_id")}
    return concerned | {row["account_id"] for row in rows if row.get("household_id") in shared}


def test_a_run_does_not_differ_from_itself_on_a_copy(book: str, base: str, diff, tmp_path: Path) -> None:
    shutil.copytree(book, tmp_path / "book")
    again = run(str(tmp_path / "book"), tmp_path / "out")
    told = diff(base, again)
    assert (told["concerned"], told["changed"]) == (0, [])
    assert told["accounts"] == 64


def test_a_model_cascades_to_its_followers_and_no_other(book: str, base: str, diff, tmp_path: Path) -> None:
    models = pq.read_table(Path(book, "models.parquet"))
    followed = {row["model_id"] for row in accounts(book)}
    model = sorted(followed)[0]
    own = [at for at, row in enumerate(models.to_pylist()) if row["model_id"] == model and row["security_id"]]
    largest, least = (pick(own, key=lambda at: models["weight"][at].as_py()) for pick in (max, min))

    def shift(table: pa.Table) -> pa.Table:
        weight = table["weight"].to_numpy().copy()
        moved = weight[largest] * 0.5
        weight[largest] -= moved
        weight[least] += moved
        return table.set_column(table.schema.get_field_index("weight"), "weight", pa.array(weight))

    told = diff(base, run(changed_book(book, tmp_path, "models", shift), tmp_path / "out"))
    parents = {row["model_id"] for row in models.to_pylist() if row.get("child_model_id") == model}
    concerned = {row["account_id"] for row in accounts(book) if row["model_id"] in {model} | parents}
    assert {one["account_id"] for one in told["changed"]} <= households(book, concerned)
    followers = [one for one in told["changed"] if one["account_id"] in concerned]
    assert followers
    assert all(f"model {one['model_id']}" in one["why"] for one in followers)
    assert told["models"][model]["changed"] > 0
    assert told["concerned"] == len(households(book, concerned))


def test_a_screen_concerns_those_who_have_it(book: str, base: str, diff, tmp_path: Path) -> None:
    bound = {
        row["account_id"]: row["screen_id"]
        for path in sorted(Path(book, "restrictions").iterdir())
        for row in pq.read_table(path).to_pylist()
        if row["kind"] == "screen"
    }
    screen = sorted(bound.values())[0]
    named = changed_book(book, tmp_path, "screens", lambda table: _with_fewer(table, screen))
    told = diff(base, run(named, tmp_path / "out"))
    concerned = households(book, {account for account, one in bound.items() if one == screen})
    assert {one["account_id"] for one in told["changed"]} <= concerned
    assert told["concerned"] == len(concerned)
    assert all(one["why"] == [f"screen {screen}"] or "household" in one["why"][0] for one in told["changed"])


def _with_fewer(table: pa.Table, screen: str) -> pa.Table:
    """The screen with the first half of its names."""
    mine = np.array(table["screen_id"].to_pylist()) == screen
    dropped = np.flatnonzero(mine)[: int(mine.sum()) // 2]
    return table.take(pa.array(np.setdiff1d(np.arange(table.num_rows), dropped)))


def test_a_price_concerns_those_who_hold_or_aim_at_the_name(book: str, base: str, diff, tmp_path: Path) -> None:
    names = pq.read_table(Path(book, "securities.parquet"))["security_id"].to_pylist()
    held = [
        (row["account_id"], row["security_id"])
        for path in sorted(Path(book, "lots").iterdir())
        for row in pq.read_table(path).to_pylist()
    ]
    counts = {name: len({account for account, of in held if of == name}) for name in names}
    name = min((one for one in names if counts[one]), key=lambda one: counts[one])

    def fall(table: pa.Table) -> pa.Table:
        price = table["price"].to_numpy().astype(np.float64).copy()
        price[names.index(name)] *= 0.8
        return table.set_column(table.schema.get_field_index("price"), "price", pa.array(price))

    told = diff(base, run(changed_book(book, tmp_path, "securities", fall), tmp_path / "out"))
    assert 0 < told["concerned"] < 64
    assert told["changed"]
    assert all(
        one["why"] == [f"the price of {name}"] or one["why"] == ["another account of its household"]
        for one in told["changed"]
    )


def test_settings_of_the_run_concern_everyone(book: str, base: str, diff, tmp_path: Path) -> None:
    settings = tmp_path / "run.toml"
    settings.write_text("[settings]\nmin_trade_usd = 5000\n")
    told = diff(base, run(book, tmp_path / "out", "--settings", str(settings)))
    assert told["concerned"] == 64
    assert told["changed"]
    assert all(one["why"] == ["the run's settings min_trade_usd"] for one in told["changed"])


def test_a_person_reads_models_first(book: str, base: str, capsys, tmp_path: Path) -> None:
    settings = tmp_path / "run.toml"
    settings.write_text("[settings]\nmin_trade_usd = 5000\n")
    other = run(book, tmp_path / "out", "--settings", str(settings))
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["diff", base, other, "--limit", "2"])
    told = capsys.readouterr().out
    assert told.index("By model") < told.index("By account")
    assert "more (--limit, --json)" in told
    assert "64 accounts: the inputs of 64 differ" in told

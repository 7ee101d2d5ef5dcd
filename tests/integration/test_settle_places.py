"""Settling anywhere: on Ray or inline, in folders or on S3, the same bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cluster.cli import main
from cluster.executors import Executor, InlineExecutor
from cluster.observe import Quiet
from cluster.ray_executor import RayExecutor
from cluster.run import Request as RunRequest
from cluster.run import run_book
from cluster.settlement import Request, settle_book
from cluster.storage import open_storage
from tests.support.tiny_book import ACCOUNTS, PARTS, tiny_calls, write_tiny_book


def make(place: str) -> str:
    """A book and its published run under `place`; returns the book's URI."""
    book = write_tiny_book(f"{place}/book")
    request = RunRequest(open_storage(book), open_storage(f"{place}/out"), calls=tiny_calls)
    run_book(request, InlineExecutor(), Quiet())
    return book


def settle(place: str, executor: Executor, name: str) -> dict[str, bytes]:
    """Every object of the new book."""
    out = open_storage(f"{place}/{name}")
    settle_book(Request(open_storage(f"{place}/book"), f"{place}/out", out), executor, Quiet())
    return {info.key: out.read(info.key) for info in out.list()}


def test_workers_and_places_change_no_byte(tmp_path: Path, moto_uri: str) -> None:
    local = str(tmp_path)
    make(local)
    make(moto_uri)
    inline = settle(local, InlineExecutor(), "inline")
    assert len(json.loads(inline["settle.json"])["exceptions"]) == 0
    assert sum(key.startswith("lots/") for key in inline) == PARTS
    assert settle(moto_uri, InlineExecutor(), "new") == inline
    ray = RayExecutor(workers=2)
    try:
        assert settle(local, ray, "ray") == inline
    finally:
        ray.close()


def test_the_command_tells_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book, out = make(str(tmp_path)), str(tmp_path / "out")
    new = str(tmp_path / "new")
    with pytest.raises(SystemExit) as ended:
        main(["settle", book, out, "--out", new, "--workers", "0", "--json"])
    assert not ended.value.code
    told = json.loads(capsys.readouterr().out)
    assert told["totals_cents"]["fills"] == told["totals_cents"]["accounts"] == ACCOUNTS
    assert (told["was"], told["as_of"], told["out"]) == ("2026-01-30", "2026-02-02", new)
    with pytest.raises(SystemExit) as ended:
        main(["settle", book, out, "--out", new, "--workers", "0"])
    assert ended.value.code == 4
    with pytest.raises(SystemExit) as ended:
        main(["settle", book, out, "--out", f"{new}2", "--workers", "0", "--as-of", "2026-01-30"])
    assert ended.value.code == 2
    with pytest.raises(SystemExit) as ended:
        main(["settle", book, out, "--out", f"{new}2", "--workers", "0", "--dry-run"])
    assert not ended.value.code
    assert "Nothing was written." in capsys.readouterr().out
    assert not (tmp_path / "new2").exists()

"""A run from book to pointer in one process, with an engine that decides at once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from cluster import reduce
from cluster.driver import RunInterrupted
from cluster.executors import InlineExecutor
from cluster.locate import locate
from cluster.observe import Quiet
from cluster.partial import read_partial
from cluster.publish import pointer_to, publications, publish, read_manifest
from cluster.record import read_record
from cluster.run import Request, run_book
from cluster.run_file import Gates, RunFile
from cluster.storage import open_storage
from cluster.validation import diagnose
from cluster.verification import verify_stored
from engine.errors import GateRefused, InputRefused, PublicationConflict, Unfinished, UsageError
from engine.prove.verify import Violation
from tests.support.tiny_book import ACCOUNTS, AS_OF, PARTS, faulty_calls, tiny_calls, write_tiny_book


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    book = write_tiny_book(str(tmp_path / "book"))
    return Request(open_storage(book), open_storage(str(tmp_path / "out")), calls=tiny_calls)


def run(request: Request):
    return run_book(request, InlineExecutor(), Quiet())


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "envelope" not in path.parts
    }


def test_a_reader_finds_every_row_from_the_pointer(request_, tmp_path):
    report = run(request_)
    out = tmp_path / "out"
    pointer = json.loads((out / f"published/tiny/{AS_OF}/v1.json").read_bytes())
    manifest = json.loads((out / pointer["manifest"]).read_bytes())
    assert manifest["run_id"] == pointer["run_id"] == report.plan.run_id
    rows: dict[str, int] = {}
    for file in manifest["files"]:
        found = duckdb.sql(f"SELECT count(*) FROM '{out / file['key']}'").fetchall()[0][0]
        assert found == file["rows"]
        rows[file["table"]] = rows.get(file["table"], 0) + found
    assert rows == {"trades": ACCOUNTS, "results": ACCOUNTS, "exceptions": 0, "targets": 2, "orders": 1}
    assert manifest["totals"]["buys_cents"] == ACCOUNTS * 2000
    assert manifest["as_of"] == AS_OF.isoformat()


def test_the_same_book_gives_the_same_bytes_elsewhere(request_, tmp_path):
    run(request_)
    book = write_tiny_book(str(tmp_path / "copy"))
    run(replace(request_, book=open_storage(book), out=open_storage(str(tmp_path / "out2"))))
    assert files(tmp_path / "out") == files(tmp_path / "out2")


def test_parts_too_many_to_be_held_reduce_to_the_same_bytes(request_, tmp_path, monkeypatch):
    run(request_)
    read = []
    monkeypatch.setattr(reduce, "HELD_BYTES", 0)
    monkeypatch.setattr(reduce, "read_partial", lambda *args: read.append(args) or read_partial(*args))
    run(replace(request_, out=open_storage(str(tmp_path / "out2"))))
    assert files(tmp_path / "out") == files(tmp_path / "out2")
    assert len(read) > PARTS


def test_a_second_run_is_refused_before_it_computes(request_):
    first = run(request_)

    def never():
        raise AssertionError("something was computed")

    with pytest.raises(PublicationConflict, match=first.plan.run_id) as refused:
        run(replace(request_, calls=never))
    assert refused.value.exit_code == 4


def test_another_run_supersedes_only_when_asked_to(request_):
    first = run(request_)
    other = run(replace(request_, run_file=RunFile({"risk_aversion": 30.0}), publish=False))
    assert other.plan.run_id != first.plan.run_id
    assert other.publication is None
    manifest, data = read_manifest(request_.out, other.plan.run_id)
    pointer = pointer_to(data, other.plan.run_id)
    with pytest.raises(PublicationConflict):
        publish(request_.out, manifest, pointer)
    made = publish(request_.out, manifest, pointer, supersede=True)
    assert (made.version, made.key) == (2, f"published/tiny/{AS_OF}/v2.json")
    assert publications(request_.out, "tiny", str(AS_OF))[0].pointer.run_id == first.plan.run_id


def test_a_dry_run_writes_nothing(request_, tmp_path):
    report = run(replace(request_, dry_run=True))
    assert report.plan.total("accounts") == ACCOUNTS
    assert len(report.plan.parts) == PARTS
    assert not (tmp_path / "out").exists()


def test_a_gate_refuses_and_a_wider_gate_keeps_the_parts(request_, tmp_path):
    with pytest.raises(GateRefused, match="gross"):
        run(replace(request_, run_file=RunFile(gates=Gates(max_gross_notional=100.0))))
    assert not (tmp_path / "out/published").exists()

    report = run(replace(request_, calls=lambda: faulty_calls(_never, account="A00")))
    assert report.publication is not None


def _never() -> None:
    raise AssertionError("a finished part was computed again")


def one_violation(*args):
    return [Violation("cash_floor", "A00", "cash is below its floor", 1)]


def test_a_violation_stops_publication_and_says_which(request_, tmp_path):
    with pytest.raises(GateRefused, match="cash_floor account A00"):
        run(replace(request_, calls=lambda: replace(tiny_calls(), verify_part=one_violation)))
    assert not (tmp_path / "out/published").exists()
    assert not list((tmp_path / "out").rglob("manifest.json"))


def interrupt() -> None:
    raise KeyboardInterrupt


def test_an_interrupted_run_is_resumed(request_, tmp_path):
    with pytest.raises(RunInterrupted, match="wholebook resume") as stopped:
        run(replace(request_, calls=lambda: faulty_calls(interrupt)))
    assert stopped.value.exit_code == 130
    place = locate(stopped.value.where)
    assert not place.has_manifest()
    with pytest.raises(Unfinished):
        read_manifest(place.out, place.run_id)

    record = read_record(place.out, place.run_id)
    assert record.executions[-1].outcome == "INTERRUPTED"
    report = run(replace(request_, book=open_storage(record.book), run_file=record.run_file(), expected=place.run_id))
    assert report.plan.run_id == place.run_id
    assert [run.outcome for run in read_record(place.out, place.run_id).executions] == ["INTERRUPTED", "COMPLETE"]

    run(replace(request_, out=open_storage(str(tmp_path / "straight"))))
    assert files(tmp_path / "out") == files(tmp_path / "straight")


def test_a_book_that_changed_is_not_resumed(request_, tmp_path):
    with pytest.raises(InputRefused, match="no longer"):
        run(replace(request_, expected="0" * 16))


def test_a_broken_book_is_refused_and_nothing_is_written(request_, tmp_path):
    (tmp_path / "book/risk_specific.parquet").unlink()
    (tmp_path / "book/lots/part-00003.parquet").unlink()
    (tmp_path / "book/accounts/part-00001.parquet").write_bytes(b"not parquet")
    with pytest.raises(InputRefused) as refused:
        run(request_)
    for told in ("risk_specific", "PARTS_MISMATCH", "FILE_UNREADABLE"):
        assert told in refused.value.what
    assert not (tmp_path / "out").exists()


def test_no_book_at_all(request_, tmp_path):
    with pytest.raises(InputRefused, match=r"book\.json is missing"):
        run(replace(request_, book=open_storage(str(tmp_path / "nowhere"))))


def test_verify_proves_a_run_and_finds_what_was_changed(request_, tmp_path):
    report = run(request_)

    def verify():
        return verify_stored(locate(report.uri), InlineExecutor(), Quiet(), tiny_calls)

    good = verify()
    assert good.violations == ()
    assert good.accounts == ACCOUNTS
    assert good.pointers == (f"published/tiny/{AS_OF}/v1.json",)

    assert report.manifest is not None
    listed = {file.table: file for file in report.manifest.files if file.part == 0}
    for table, told in (("orders", "other bytes"), ("trades", "part 0")):
        path = tmp_path / "out" / listed[table].key
        kept = path.read_bytes()
        path.write_bytes(kept[:-1] + b"x")
        assert any(told in text for text in verify().violations)
        path.write_bytes(kept)

    pointer = tmp_path / "out" / good.pointers[0]
    pointer.write_bytes(pointer.read_bytes().replace(b'"sha256":"', b'"sha256":"00'))
    assert any("pointer" in text for text in verify().violations)

    write_tiny_book(str(tmp_path / "book"), parts=1, name="other")
    assert any("not the one that was rebalanced" in text for text in verify().violations)


def test_a_run_that_is_not_there(tmp_path):
    place = locate(str(tmp_path / "out/runs" / ("0" * 16)))
    with pytest.raises(Unfinished):
        verify_stored(place, InlineExecutor(), Quiet(), tiny_calls)
    with pytest.raises(UsageError, match="no such pointer"):
        locate(str(tmp_path / f"out/published/tiny/{AS_OF}/v1.json"))


def test_validate_finds_nothing_in_a_good_book_and_all_scopes_in_a_bad_one(request_, tmp_path):
    good = diagnose(request_.book, InlineExecutor(), Quiet(), 5)
    assert (good.counts, good.refused, good.complete) == ({}, False, True)

    (tmp_path / "book/accounts/part-00001.parquet").write_bytes(
        (tmp_path / "book/accounts/part-00000.parquet").read_bytes()
    )
    twice = diagnose(request_.book, InlineExecutor(), Quiet(), 5)
    assert not twice.refused
    assert "ACCOUNT_SPLIT" in {finding.code for finding in twice.findings}
    assert twice.faulty_accounts >= 2 * 3


def test_a_book_and_a_run_on_s3_are_the_same_bytes_as_in_a_folder(request_, tmp_path, moto_uri):
    run(request_)
    book = write_tiny_book(f"{moto_uri}/book")
    out = open_storage(f"{moto_uri}/out")
    report = run(replace(request_, book=open_storage(book), out=out))
    written = {info.key: out.read(info.key) for info in out.list() if "/envelope/" not in info.key}
    assert written == files(tmp_path / "out")
    with pytest.raises(PublicationConflict):
        run(replace(request_, book=open_storage(book), out=out))
    assert verify_stored(locate(report.uri), InlineExecutor(), Quiet(), tiny_calls).violations == ()

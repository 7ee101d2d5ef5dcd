"""`wholebook report`, as a user reaches it: pages of a small run and its accounts, their sums against its tables."""

from __future__ import annotations

import datetime
import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from cluster.cli import main
from cluster.pdf import BROWSERS
from cluster.storage import open_storage
from tests.support.books import small_book
from tests.support.commands import finished_run, said
from tests.support.pages import check_page, taken_apart


@pytest.fixture(scope="module")
def run_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return finished_run(tmp_path_factory, "report")


def report(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    return said(capsys, "report", *args)


def table(run_uri: str, name: str) -> pa.Table:
    return pa.concat_tables([pq.read_table(path) for path in sorted(Path(run_uri, "parts").glob(f"{name}-*"))])


def test_the_output_of_runs_is_its_latest_published(run_uri: str, capsys, tmp_path: Path) -> None:
    out, page = str(Path(run_uri).parents[1]), tmp_path / "page.html"
    report(capsys, out, "--out", str(page))
    assert Path(run_uri).name in page.read_text("utf-8")
    account = table(run_uri, "results")["account_id"][0].as_py()
    report(capsys, out, "--account", account, "--out", str(tmp_path / "a.html"))
    assert account in (tmp_path / "a.html").read_text("utf-8")
    assert account in said(capsys, "explain", out, account)
    both = Path(shutil.copytree(Path(out, "published"), tmp_path / "both" / "published"))
    shutil.copytree(next(both.iterdir()), both / "another")
    assert "several names are published" in said(capsys, "report", str(tmp_path / "both"), status=2)
    assert "not the URI of a run" in said(capsys, "report", str(tmp_path), status=2)


def test_sums_on_the_page_are_the_tables(run_uri: str, capsys, tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert report(capsys, run_uri, "--out", str(out)) == f"{out}\n"
    taken = check_page(out.read_text("utf-8"))
    results, trades = table(run_uri, "results"), table(run_uri, "trades")
    for name in ("tax_cost", "realised_st", "realised_lt"):
        assert taken.sums[name] == pc.sum(results[name]).as_py()
    assert taken.sums["wash_disallowed"] == pc.sum(trades["wash_disallowed"]).as_py()
    for side, name in (("BUY", "bought"), ("SELL", "sold")):
        of_side = trades.filter(pc.equal(trades["side"], side))
        assert taken.sums[name] == pc.sum(of_side["amount"]).as_py()
    told = pc.sum(results["tax_saved_or_deferred"]).as_py()
    assert taken.sums.get("tax_saved_or_deferred") == told
    for row in table(run_uri, "exceptions").to_pylist():
        if row["severity"] == "ERROR":
            assert row["account_id"] in taken.text
    assert "published as" in taken.text
    assert taken.text.count("in the mean") <= 1


def test_accounts_whose_fee_the_book_does_not_tell_pay_none(capsys, tmp_path: Path) -> None:
    book = small_book(tmp_path, 24, 9)
    for path in Path(book, "accounts").iterdir():
        rows = pq.read_table(path)
        place = rows.column_names.index("fee_bps")
        pq.write_table(rows.set_column(place, "fee_bps", pa.nulls(rows.num_rows, pa.float64())), path)
    said(capsys, "run", book, "--out", str(tmp_path / "out"), "--workers", "0")
    (run,) = (tmp_path / "out" / "runs").iterdir()
    page = tmp_path / "page.html"
    figures = json.loads(report(capsys, str(run), "--out", str(page), "--json"))
    assert (figures["figures"]["saved"]["fees"], figures["figures"]["saved"]["with_fee"]) == ("0.00", 0)
    assert "taxable accounts that pay a fee" not in check_page(page.read_text("utf-8")).text


def test_pages_as_pdf_where_there_is_a_browser(run_uri: str, capsys, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    account = table(run_uri, "results")["account_id"][0].as_py()
    here = any(shutil.which(name) for name in BROWSERS)
    for asked, name in ((["--account", account], f"{account}.pdf"), ([], f"run-{Path(run_uri).name}.pdf")):
        told = said(capsys, "report", run_uri, *asked, "--pdf", status=0 if here else 2)
        assert told == f"{name}\n" if here else "there is no Chromium" in told
        assert not here or Path(name).read_bytes().startswith(b"%PDF-")


def test_parts_say_when_they_were_finished(run_uri: str) -> None:
    for receipt in Path(run_uri, "envelope", "receipts").iterdir():
        finished = datetime.datetime.fromisoformat(json.loads(receipt.read_text())["finished"])
        assert datetime.timedelta(0) <= datetime.datetime.now(datetime.UTC) - finished < datetime.timedelta(hours=1)


def test_the_figures_as_json(run_uri: str, capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told: dict[str, Any] = json.loads(report(capsys, run_uri, "--json"))
    assert (tmp_path / told["page"]).is_file()
    assert told["page"] == f"run-{Path(run_uri).name}.html"
    results = table(run_uri, "results")
    assert Decimal(told["figures"]["tax_cost"]) == pc.sum(results["tax_cost"]).as_py()
    assert told["figures"]["accounts"] == results.num_rows


def test_without_its_book_the_page_leaves_out_what_only_the_book_tells(run_uri: str, capsys, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(Path(run_uri).parents[1], out)
    record = out / "runs" / Path(run_uri).name / "envelope" / "run.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"book": str(tmp_path / "gone")}))
    page = tmp_path / "page.html"
    report(capsys, str(out / "runs" / Path(run_uri).name), "--out", str(page))
    check_page(page.read_text("utf-8"))


OF_RESULTS = ("value", "cash_before", "cash_after", "realised_st", "realised_lt")
OF_TAX = ("tax_blind", "deferred_gains", "harvested", "saved_by_lot_choice", "tax_cost")


def test_a_page_of_every_account(run_uri: str, capsys, tmp_path: Path) -> None:
    told = json.loads(report(capsys, run_uri, "--all", "--out", str(tmp_path), "--workers", "0", "--json"))
    results = table(run_uri, "results").to_pylist()
    assert told["pages"] == len(results) == sum(told["statuses"].values())
    assert told["statuses"]["EXCEPTION"] > 0
    trades = table(run_uri, "trades")
    taxed = 0
    for row in results:
        taken = check_page((tmp_path / f"{row['account_id']}.html").read_text("utf-8"))
        if row["status"] == "EXCEPTION":
            assert taken.sums == {}
            continue
        taxable = "tax_cost" in taken.sums
        taxed += taxable
        for name in (*OF_RESULTS[:3], *(OF_RESULTS[3:] + OF_TAX if taxable else ())):
            assert taken.sums[name] == row[name], (row["account_id"], name)
        own = trades.filter(pc.equal(trades["account_id"], row["account_id"]))
        for side, name in (("BUY", "bought"), ("SELL", "sold")):
            amounts = own.filter(pc.equal(own["side"], side))["amount"]
            assert taken.sums.get(name, 0) == (pc.sum(amounts).as_py() or 0)
        if "net_short-term" in taken.sums:
            assert taken.sums.get("turning", 0) == taken.sums["net_short-term"]
        disallowed = pc.sum(own["wash_disallowed"]).as_py() or 0
        assert not taxable or taken.sums.get("wash_disallowed", 0) == disallowed
    assert taxed > len(results) // 2
    links = taken_apart((tmp_path / "index.html").read_text("utf-8")).links
    assert len(links) == told["parts"]
    accounts = [link for index in links for link in taken_apart((tmp_path / index).read_text("utf-8")).links]
    assert sorted(accounts) == sorted(f"{row['account_id']}.html" for row in results)


def test_the_page_of_one_account_is_the_same(run_uri: str, capsys, tmp_path: Path, monkeypatch) -> None:
    report(capsys, run_uri, "--all", "--out", str(tmp_path / "all"), "--workers", "0")
    account = table(run_uri, "results")["account_id"][3].as_py()
    monkeypatch.chdir(tmp_path)
    told = json.loads(report(capsys, run_uri, "--account", account, "--json"))
    assert told == {"account_id": account, "page": f"{account}.html"}
    assert (tmp_path / told["page"]).read_bytes() == (tmp_path / "all" / told["page"]).read_bytes()


def test_workers_write_the_same_pages(run_uri: str, capsys, tmp_path: Path) -> None:
    for name, workers in (("inline", "0"), ("ray", "2")):
        report(capsys, run_uri, "--all", "--out", str(tmp_path / name), "--workers", workers)
    written = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("inline", "ray")]
    assert written[0] == written[1]


def test_pages_go_to_s3_too(run_uri: str, capsys, tmp_path: Path, moto_uri: str) -> None:
    for out in (str(tmp_path), f"{moto_uri}/pages"):
        report(capsys, run_uri, "--all", "--out", out, "--workers", "0")
    stored = open_storage(f"{moto_uri}/pages")
    assert {info.key: stored.read(info.key) for info in stored.list()} == {
        path.name: path.read_bytes() for path in tmp_path.iterdir()
    }


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (("--all",), "needs --out"),
        (("--all", "--account", "A", "--out", "x"), "do not go together"),
        (("--account", "nobody"), "the run has no account nobody"),
    ],
)
def test_what_cannot_be_asked(run_uri: str, capsys, args: tuple[str, ...], what: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["report", run_uri, *args])
    assert ended.value.code == 2
    assert what in capsys.readouterr().err


@pytest.mark.parametrize(
    ("account", "name"),
    [
        ("A 1.x", "A 1.x.html"),
        ("../x", "%2E.%2Fx.html"),
        ("index", "%69ndex.html"),
        ("index-00001", "%69ndex-00001.html"),
        (".hidden", "%2Ehidden.html"),
        ("a%2F", "a%252F.html"),
    ],
)
def test_an_account_keeps_its_page_in_the_folder(account: str, name: str) -> None:
    from cluster.client_reports import page_name

    assert page_name(account) == name

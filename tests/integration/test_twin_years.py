"""Twins with ledgers of their own, from `settle --twins` to the pages: three books, two tax years, sums to the cent."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.report.years import of_accounts, of_all
from tests.support.books import small_book
from tests.support.commands import said
from tests.support.pages import check_page

HERE = ("--workers", "0")
FIGURES = ("twin_tax", "our_tax", "twin_put_off", "twin_reverses", "twin_later", "twin_open")


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The first book with every fault, the next day's with twins begun, two of the next tax year; the runs of all."""
    folder = tmp_path_factory.mktemp("twins")
    first, out = small_book(folder, 64, 9, faults=True), str(folder / "out")
    prices = pq.read_table(Path(first, "securities.parquet"), columns=["security_id", "price"])
    price = prices["price"].to_numpy()
    pq.write_table(prices.filter(pa.array(price > 0.0)), folder / "prices.parquet")
    found, priced = [first], ("--prices", str(folder / "prices.parquet"))
    for name, more in (
        ("second", ("--twins",)),
        ("third", (*priced, "--as-of", "2027-01-04")),
        ("fourth", (*priced, "--as-of", "2027-01-05")),
    ):
        command("run", found[-1], "--out", out, *HERE)
        command("settle", found[-1], out, "--out", str(folder / name), *more, *HERE)
        found.append(str(folder / name))
    command("run", found[-1], "--out", out, *HERE)
    return [*found, out]


def command(*args: str) -> None:
    from cluster.cli import main

    with pytest.raises(SystemExit) as ended:
        main([*args, "--json"])
    assert not ended.value.code, args


def years(book: str) -> pa.Table:
    return pa.concat_tables([pq.read_table(path) for path in sorted(Path(book, "twin_years").iterdir())])


def test_once_begun_twins_go_on_and_no_run_minds_them(books: list[str]) -> None:
    first, second, third, fourth, _ = books
    assert not list(Path(first).glob("twin_*"))
    for book, wanted in ((second, {2026}), (third, {2026, 2027}), (fourth, {2026, 2027})):
        assert set(years(book)["year"].to_pylist()) == wanted
        names = [sorted(path.name for path in Path(book, table).iterdir()) for table in ("accounts", "twin_accounts")]
        assert names[0] == names[1]


def test_what_was_put_off_is_reversed_or_open_in_every_account(books: list[str]) -> None:
    """And the year that ended stays as it was told when it ended."""
    _, _, third, fourth, _ = books
    found = of_accounts(years(fourth))
    assert len(found) > 20
    for one in found.values():
        assert one.put_off == one.later + one.open == sum(year.put_off for year in one.years)
        assert one.open == sum(year.blind - year.tax for year in one.years)
    assert any(one.later for one in found.values())
    ended = {account: one.years[0].tax for account, one in of_accounts(years(third)).items()}
    assert {account: one.years[0].tax for account, one in found.items() if account in ended} == ended


def test_the_pages_tell_the_tables(books: list[str], capsys, tmp_path: Path) -> None:
    *_, fourth, out = books
    found = of_accounts(years(fourth))
    whole = of_all(found.values())
    assert whole is not None
    page = tmp_path / "run.html"
    told = json.loads(said(capsys, "report", out, "--out", str(page), "--json"))["figures"]["twins"]
    taken = check_page(page.read_text("utf-8"))
    sums = [taken.sums[name] for name in FIGURES]
    table = years(fourth)
    blind, tax = (sum(table[name].to_pylist(), Decimal(0)) for name in ("tax_blind", "tax"))
    assert sums[:2] == [blind, tax]
    assert sums[2] == sums[4] + sums[5]
    assert sums[3] == sums[4] > 0
    assert sums[5] == blind - tax == Decimal(whole.open) / 100
    assert len(told["years"]) == 2
    account = next(name for name, one in found.items() if one.later)
    own = tmp_path / "own.html"
    said(capsys, "report", out, "--account", account, "--out", str(own))
    taken = check_page(own.read_text("utf-8"))
    one = found[account]
    assert taken.sums["twin_later"] == taken.sums["twin_reverses"] == Decimal(one.later) / 100
    assert taken.sums["twin_put_off"] == Decimal(one.later + one.open) / 100
    assert taken.sums["held_tax"] - taken.sums["held_tax_blind"] == Decimal(one.due_later) / 100
    assert "2026, due 15 April 2027" in taken.text
    assert "2027, before these trades, due 15 April 2028" in taken.text

"""`wholebook whatif` of a policy and of everyone, as a user reaches it, on a small book."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from engine.whatif.many import TOLD
from tests.support.books import small_book
from tests.support.commands import said
from tests.support.pages import check_page

SCREEN = ("--restrict", "screen screen_id=fossil")
HERE = ("--workers", "0")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> str:
    return small_book(tmp_path_factory.mktemp("whatif"), 64, 7, faults=True)


def whatif(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(said(capsys, "whatif", *args, *HERE, "--json"))
    return told


def rows(table: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(table).to_pylist()
    return found


def plain(result: dict[str, Any]) -> dict[str, Any]:
    """All but the words: those of a faulty row name its place in the file, or in the account's household alone."""
    return {name: None if result[name] is None else str(result[name]) for name in TOLD if name != "message"}


def policies(book: str) -> dict[str, str]:
    """The policy of each account that nobody shares a household with under another one."""
    accounts = [row for path in sorted(Path(book, "accounts").iterdir()) for row in rows(path)]
    homes: dict[str, set[str]] = {}
    for row in accounts:
        homes.setdefault(row["household_id"] or row["account_id"], set()).add(row["account_id"])
    return {
        row["account_id"]: row["policy_id"]
        for row in accounts
        if len(homes[row["household_id"] or row["account_id"]]) == 1
    }


@pytest.mark.parametrize("change", [SCREEN, ("--set", "tax_sensitivity=0.2", "--set", "harvest=false")])
def test_everyone_is_told_what_each_is_told_alone(book: str, capsys, tmp_path: Path, change: tuple[str, ...]) -> None:
    out = tmp_path / "all.parquet"
    told = whatif(capsys, book, "--everyone", *change, "--out", str(out), "--limit", "3")
    every = {row["account_id"]: row for row in rows(out)}
    assert len(every) == told["accounts"] == sum(told["today"]["statuses"].values())
    assert len(told["furthest"]) == 3
    single = [name for name in policies(book) if name in every]
    excepted = [name for name in single if every[name]["today_status"] == "EXCEPTION"]
    for account in [*single[:4], *excepted[:2]]:
        alone = whatif(capsys, book, "--account", account, *change)
        for name in ("today", "changed"):
            assert plain({one: every[account][f"{name}_{one}"] for one in TOLD}) == plain(alone[name]["result"])
            buys = [row for row in alone[name]["trades"] if row["side"] == "BUY"]
            assert every[account][f"{name}_buys"] == len({row["security_id"] for row in buys})
            assert every[account][f"{name}_bought"] == sum((Decimal(row["amount"]) for row in buys), Decimal(0))


def test_as_it_stands_it_is_the_run(book: str, capsys, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said(capsys, "run", book, "--out", str(out), *HERE, "--json")
    results = [row for path in sorted(out.rglob("*.parquet")) if path.name.startswith("results-") for row in rows(path)]
    told = whatif(capsys, book, "--everyone")
    assert set(told) == {"policy", "change", "accounts", "today", "cost", "furthest"}
    assert told["cost"] is None
    assert told["accounts"] == len(results)
    for name in ("tax_cost", "tax_saved_or_deferred", "harvested", "realised_lt"):
        assert Decimal(told["today"]["sums"][name]) == sum((row[name] or Decimal(0) for row in results), Decimal(0))
    assert told["today"]["statuses"]["EXCEPTION"] == sum(row["status"] == "EXCEPTION" for row in results)


def test_a_policy_is_its_accounts_alone(book: str, capsys, tmp_path: Path) -> None:
    of = [row for path in sorted(Path(book, "accounts").iterdir()) for row in rows(path)]
    policy = next(row["policy_id"] for row in of if row["policy_id"])
    mine = sorted(row["account_id"] for row in of if row["policy_id"] == policy)
    out = tmp_path / "mine.csv"
    told = whatif(capsys, book, "--policy", policy, *SCREEN, "--out", str(out))
    assert told["accounts"] == len(mine) < len(of)
    with out.open(encoding="utf-8") as file:
        assert [row["account_id"] for row in csv.DictReader(file)] == mine
    cost = told["cost"]
    assert cost["accounts"] + cost["had"] == len(mine)
    assert cost["te_more"] == pytest.approx(cost["te_with"] - cost["te_today"])
    shown = said(capsys, "whatif", book, "--policy", policy, *SCREEN, *HERE, "--limit", "2")
    for words in (
        f"policy {policy}",
        "tax saved or deferred",
        "who would get it",
        "Tracking error, to what",
        "TE changed",
        "The change (screen screen_id=fossil), for the",
        "Changed: screen screen_id=fossil.",
    ):
        assert words in shown
    with out.open(encoding="utf-8") as file:
        paid = [(row["had"], row["tax_more"], row["today_tax_cost"]) for row in csv.DictReader(file)]
    whole = next(line for line in shown.splitlines() if f"all {cost['decided']:,}" in line)
    for place in (1, 2):
        total = sum((Decimal(row[place]) for row in paid if row[0] == "false" and row[1]), Decimal(0))
        assert f"{total:,.2f}" in whole
    assert f"{cost['te_with']:.3%}" in whole
    assert said(capsys, "whatif", book, "--policy", policy, *HERE).count("changed") == 0


def test_on_ray_it_is_the_same(book: str, capsys) -> None:
    here = said(capsys, "whatif", book, "--everyone", *SCREEN, *HERE, "--json")
    assert said(capsys, "whatif", book, "--everyone", *SCREEN, "--workers", "1", "--json") == here


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "whose outcome?"),
        (("--everyone", "--policy", "X"), "whose outcome?"),
        (("--everyone", "--account", "X"), "whose outcome?"),
        (("--policy", "TAX-CAREFULL"), "TAX-CAREFUL"),
        (("--everyone", "--model", "NO-SUCH"), "the book has no model NO-SUCH"),
        (("--everyone", "--restrict", "screen screen_id=fosil"), "Did you mean fossil"),
        (("--everyone", "--restrict", "never_buy security_id=NOWHERE"), "the book has no security NOWHERE"),
        (("--everyone", "--years", "3"), "years are planned for one account"),
        (("--everyone", "--frontier", "--years", "3"), "years are planned for one account"),
        (("--everyone", "--out", "told.svg"), "no such kind of file"),
        (("--everyone", "--frontier", "--out", "told.png"), ".parquet, .csv, .html, .svg"),
        (("--account", "X", "--out", "told.csv"), "of one account there is no file"),
    ],
)
def test_what_cannot_be_asked_is_told(book: str, capsys, args: tuple[str, ...], words: str) -> None:
    assert words in said(capsys, "whatif", book, *args, *HERE, status=2)


def test_a_policy_that_nobody_has(capsys, tmp_path: Path) -> None:
    book = small_book(tmp_path, 8, 7)
    path = Path(book, "policies.parquet")
    table = pq.read_table(path)
    at = table.schema.get_field_index("policy_id")
    used = {row["policy_id"] for part in Path(book, "accounts").iterdir() for row in rows(part)}
    names = table["policy_id"].to_pylist()
    free = next((name for name in names if name not in used), None)
    if free is None:
        free = "NOBODYS"
        extra = table.slice(0, 1).set_column(at, "policy_id", [[free]])
        import pyarrow as pa

        pq.write_table(pa.concat_tables([table, extra.cast(table.schema)]), path)
    assert f"no account has the policy {free}" in said(capsys, "whatif", book, "--policy", free, *HERE, status=2)


def test_out_that_cannot_be_written(book: str, capsys, tmp_path: Path) -> None:
    where = str(tmp_path / "nowhere" / "all.csv")
    assert "cannot write" in said(capsys, "whatif", book, "--everyone", "--out", where, *HERE, status=2)


def test_a_frontier_of_one_and_of_all(book: str, capsys, tmp_path: Path) -> None:
    """The middle of it is what a run does; one account's rows are the same asked for alone and with all."""
    every, drawn = tmp_path / "all.parquet", tmp_path / "all.svg"
    told = whatif(capsys, book, "--everyone", "--frontier", "--out", str(every))
    today = whatif(capsys, book, "--everyone", "--out", str(tmp_path / "today.parquet"))
    own = {row["account_id"]: row for row in rows(every) if row["factor"] == 1.0}
    assert len(own) == told["asked"] == today["accounts"]
    for row in rows(tmp_path / "today.parquet"):
        mine = own[row["account_id"]]
        assert (mine["te_after"], mine["tax_cost"]) == (row["today_te_after"], row["today_tax_cost"])
    points = told["points"]
    assert len(points) == 9
    assert points[0]["accounts"] < told["asked"]
    assert points[0]["te_after"] > points[-1]["te_after"]
    account = next(name for name in policies(book) if own[name]["te_after"] is not None)
    alone = tmp_path / "one.parquet"
    shown = said(capsys, "whatif", book, "--account", account, "--frontier", "--out", str(alone))
    for words in (f"{account}: tax against tracking error", "x 0.0625", "x 16"):
        assert words in shown
    assert rows(alone) == [row for row in rows(every) if row["account_id"] == account]
    shown = said(capsys, "whatif", book, "--everyone", "--frontier", "--out", str(drawn), *HERE)
    assert "accounts, decided at every point" in " ".join(shown.split())
    assert drawn.read_text(encoding="utf-8").count("<circle") == 9
    page = tmp_path / "one.html"
    said(capsys, "whatif", book, "--account", account, "--frontier", *SCREEN, "--out", str(page))
    taken = check_page(page.read_text("utf-8"))
    assert taken.tables == 1
    assert "with screen screen_id=fossil" in taken.text
    changed = whatif(capsys, book, "--account", account, "--frontier", *SCREEN)["points"]
    for point in changed:
        for column in ("tax_cost", "realised_st", "realised_lt"):
            assert f"{Decimal(point[column]):,.2f}".replace("-", "\u2212") in taken.text
    nowhere = ("--out", str(tmp_path / "nowhere" / "all.svg"))
    assert "cannot write" in said(capsys, "whatif", book, "--account", account, "--frontier", *nowhere, status=2)


def test_a_frontier_of_who_is_not_decided(book: str, capsys, tmp_path: Path) -> None:
    out = tmp_path / "today.parquet"
    whatif(capsys, book, "--everyone", "--out", str(out))
    account = next(row["account_id"] for row in rows(out) if row["today_status"] == "EXCEPTION")
    told = said(capsys, "whatif", book, "--account", account, "--frontier", status=2)
    assert "nobody is decided" in told

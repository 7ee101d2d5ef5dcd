"""`wholebook whatif --prospect`: a file of positions against a model of a small book."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest

from tests.support.books import small_book
from tests.support.commands import said
from tests.support.pages import check_page


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> str:
    return small_book(tmp_path_factory.mktemp("prospect"), 64, 7)


def all_rows(book: str, table: str) -> list[dict[str, Any]]:
    return [row for path in sorted(Path(book, table).iterdir()) for row in pq.read_table(path).to_pylist()]


@pytest.fixture(scope="module")
def positions(book: str) -> tuple[pa.Table, str]:
    """What a taxable account alone in its household holds, and another model than its own."""
    accounts = all_rows(book, "accounts")
    homes = [row["household_id"] for row in accounts]
    account = next(
        row
        for row in accounts
        if row["tax_status"] == "taxable" and (not row["household_id"] or homes.count(row["household_id"]) == 1)
    )
    lots = [row for row in all_rows(book, "lots") if row["account_id"] == account["account_id"]]
    names = ("security_id", "quantity", "cost_basis", "acquired")
    table = pa.table({name: pa.array([row[name] for row in lots]) for name in names})
    table = table.append_column("cash", pa.array([float(account["cash"]), *[None] * (len(lots) - 1)]))
    return table, next(row["model_id"] for row in accounts if row["model_id"] != account["model_id"])


@pytest.fixture
def files(positions: tuple[pa.Table, str], tmp_path: Path) -> tuple[str, str, str]:
    """The same positions as CSV and as Parquet; the model."""
    table, model = positions
    text = [str(one) for one in table["quantity"].to_pylist()]
    csv.write_csv(table.set_column(1, "quantity", pa.array(text)), tmp_path / "held.csv")
    pq.write_table(table, tmp_path / "held.parquet")
    return str(tmp_path / "held.csv"), str(tmp_path / "held.parquet"), model


def test_a_proposal(book: str, files: tuple[str, str, str], capsys) -> None:
    in_text, parquet, model = files
    args = ("whatif", book, "--model", model, "--set", "transition_until=2027-12-31", "--prospect")
    told = json.loads(said(capsys, *args, in_text, "--json"))
    same = json.loads(said(capsys, *args, parquet, "--json"))
    assert told | {"file": ""} == same | {"file": ""}
    assert told["model"] == model
    assert told["proposal"]["result"]["te_after"] <= told["proposal"]["result"]["te_before"]
    assert told["proposal"]["trades"]
    assert [year["as_of"][:4] for year in told["plan"]] == ["2026", "2027"]
    assert len(told["kept"]) == len(set(pq.read_table(parquet)["security_id"].to_pylist()))
    for one in told["kept"]:
        assert bool(one["why"]) == (float(one["brought"]) > float(one["sold"]))
    shown = " ".join(said(capsys, *args, in_text, "--limit", "2").split())
    for words in (f"following {model}", "proposal", "tracking error after", "Shares bought, and sold", "The years"):
        assert words in shown
    assert "What stays, and why" in shown or "Nothing stays" in shown


def test_a_proposal_as_a_page(book: str, files: tuple[str, str, str], capsys, tmp_path: Path) -> None:
    in_text, _, model = files
    out = tmp_path / "proposal.html"
    args = ("whatif", book, "--model", model, "--set", "transition_until=2027-12-31", "--prospect", in_text)
    told = json.loads(said(capsys, *args, "--out", str(out), "--json"))
    page = check_page(out.read_text("utf-8"))
    result = told["proposal"]["result"]
    for name in ("value", "cash_before", "tax_blind", "deferred_gains", "tax_cost", "realised_st", "realised_lt"):
        assert page.sums[name] == Decimal(result[name]), name
    assert page.sums["plan_tax"] == sum(Decimal(str(year["tax"])) for year in told["plan"])
    assert page.sums["legacy"] == Decimal(f"{told['plan'][0]['legacy']:.2f}")
    for words in ("held.csv", model):
        assert words in page.text
    assert ".html" in said(capsys, *args, "--out", str(tmp_path / "no.csv"), status=2)


def test_a_policy_and_a_restriction_of_a_prospect(book: str, files: tuple[str, str, str], capsys) -> None:
    in_text, _, model = files
    policy = next(row["policy_id"] for row in all_rows(book, "accounts") if row["policy_id"])
    held = csv.read_csv(in_text)["security_id"][0].as_py()
    args = ("whatif", book, "--model", model, "--prospect", in_text, "--policy", policy, "--tax-status", "exempt")
    told = json.loads(said(capsys, *args, "--restrict", f"never_sell security_id={held}", "--json"))
    assert (told["policy"], told["tax_status"]) == (policy, "exempt")
    assert float(told["proposal"]["result"]["tax_cost"]) == 0.0
    assert next(one for one in told["kept"] if one["security_id"] == held)["sold"] in ("0", "0.000000")


@pytest.mark.parametrize(
    ("rows", "status", "words"),
    [
        ("E001,many,10,2020-01-02", 3, ("column quantity, row 0", "many")),
        ("E001,5,10,02/01/2020", 3, ("column acquired, row 0", "dates as 2018-02-07")),
        ("NOWHERE,5,10,2020-01-02", 3, ("security_id, row 0", "NOWHERE")),
        ("E001,5,10,2020-01-02\nE002,-5,10,2020-01-02", 3, ("quantity, row 1", "above 0")),
    ],
)
def test_a_bad_row_is_named(
    book: str, positions: tuple[pa.Table, str], capsys, tmp_path: Path, rows: str, status: int, words: tuple[str, ...]
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f"security_id,quantity,cost_basis,acquired\n{rows}\n", encoding="utf-8")
    told = said(capsys, "whatif", book, "--prospect", str(path), "--model", positions[1], status=status)
    for word in (*words, "bad.csv"):
        assert word in told


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "which model?"),
        (("--model", "NO-SUCH"), "the book has no model NO-SUCH"),
        (("--model", "MODEL", "--policy", "NO-SUCH"), "the book has no policy NO-SUCH"),
        (("--model", "MODEL", "--everyone"), "a prospect has no --everyone"),
        (("--model", "MODEL", "--frontier"), "a prospect has no --frontier"),
        (("--model", "MODEL", "--account", "X"), "whose outcome?"),
    ],
)
def test_what_cannot_be_asked(
    book: str, files: tuple[str, str, str], capsys, args: tuple[str, ...], words: str
) -> None:
    asked = [files[2] if one == "MODEL" else one for one in args]
    assert words in said(capsys, "whatif", book, "--prospect", files[0], *asked, status=2)


def test_a_file_that_is_not_there(book: str, positions: tuple[pa.Table, str], capsys, tmp_path: Path) -> None:
    where = ("--model", positions[1], "--prospect")
    assert "there is no such file" in said(capsys, "whatif", book, *where, str(tmp_path / "no.csv"), status=2)
    assert "neither .csv nor .parquet" in said(capsys, "whatif", book, *where, str(tmp_path / "no.xlsx"), status=2)

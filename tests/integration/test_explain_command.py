"""`wholebook explain`, as a user reaches it: what it says of every account of a small run, to the cent."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support import commands
from tests.support.commands import finished_run

SLOW_TO_LOAD = ("boto3", "cvxpy", "duckdb", "jinja2", "matplotlib", "osqp", "pandas", "ray")
"""Libraries that an explanation can do without; together they take longer than it does."""


@pytest.fixture(scope="module")
def run_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return finished_run(tmp_path_factory, "explain")


def said(capsys: pytest.CaptureFixture[str], *args: str, status: int = 0) -> str:
    return commands.said(capsys, "explain", *args, status=status)


def explained(capsys: pytest.CaptureFixture[str], *args: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(said(capsys, *args, "--json"))
    return document


def table(run_uri: str, name: str) -> list[dict[str, Any]]:
    return [row for path in sorted(Path(run_uri, "parts").glob(f"{name}-*")) for row in pq.read_table(path).to_pylist()]


def test_every_account_is_decided_again_to_the_cent(run_uri: str, capsys) -> None:
    trades: dict[str, list[dict[str, Any]]] = {}
    for row in table(run_uri, "trades"):
        trades.setdefault(row["account_id"], []).append(row)
    results = table(run_uri, "results")
    assert len({row["status"] for row in results}) == 3
    for result in results:
        account = result["account_id"]
        told = explained(capsys, run_uri, account)
        assert told["same"], told["differs"]
        assert told["result"] == json.loads(json.dumps(result, default=str))
        lines = [line for order in told["orders"] for line in order["lots"]]
        rows = trades.get(account, [])
        for column in ("quantity", "amount", "cost_basis", "wash_disallowed", "realised_gain"):
            assert sum(Decimal(one[column]) for one in lines) == sum((row[column] for row in rows), Decimal(0))
        if result["status"] == "TRADED":
            parts = sum(part["after_bp"] for part in told["worth"]["parts"])
            assert parts == pytest.approx(result["objective_bp"], abs=0.01)
            assert told["worth"]["better_bp"] == pytest.approx(told["worth"]["before_bp"] - result["objective_bp"])
        else:
            assert told["orders"] == []
            assert told["what_to_do"]


def test_in_words(run_uri: str, capsys) -> None:
    held = next(row for row in table(run_uri, "results") if row["code"] == "NO_BENEFIT")
    assert "is the least" in said(capsys, run_uri, held["account_id"])
    faulty = next(row for row in table(run_uri, "exceptions") if row["severity"] == "ERROR")
    assert faulty["message"] in said(capsys, run_uri, faulty["account_id"])
    sale = max((row for row in table(run_uri, "trades") if row["side"] == "SELL"), key=lambda row: row["amount"])
    pointer = next(Path(run_uri).parents[1].glob("published/*/*/v1.json"))
    told = said(capsys, str(pointer), sale["account_id"], "--reference")
    for words in ("the same trades", "Beside no trade", "Orders", "Lots sold", "What else there was", "by CVXPY"):
        assert words in told
    assert f"{sale['amount']:,.2f}" in told
    other = next(row for row in table(run_uri, "targets") if row["security_id"] != sale["security_id"])
    assert "was not traded" in said(capsys, run_uri, held["account_id"], "--security", other["security_id"])
    assert "no security NONE" in said(capsys, run_uri, sale["account_id"], "--security", "NONE", status=2)


def test_nothing_is_loaded_that_is_not_needed(run_uri: str) -> None:
    account = next(row["account_id"] for row in table(run_uri, "results") if row["solver"] == "newton")
    code = (
        "import sys; from cluster.cli import main\n"
        f"try: main(['explain', {run_uri!r}, {account!r}])\n"
        f"except SystemExit: print(sorted(set(sys.modules) & set({SLOW_TO_LOAD!r})), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "the same trades" in done.stdout
    assert done.stderr.strip() == "[]"


def test_a_book_that_has_changed_is_told(run_uri: str, capsys, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(Path(run_uri).parents[1], out)
    record = out / "runs" / Path(run_uri).name / "envelope" / "run.json"
    known = json.loads(record.read_text())
    book = tmp_path / "book"
    shutil.copytree(known["book"], book)
    securities = pq.read_table(book / "securities.parquet")
    place = securities.schema.get_field_index("price")
    prices = securities["price"].to_pylist()
    dearer = pa.array([price and price * (1.2 if row % 2 else 1.0) for row, price in enumerate(prices)])
    pq.write_table(securities.set_column(place, "price", dearer), book / "securities.parquet")
    record.write_text(json.dumps(known | {"book": str(book), "code": "other"}))
    account = next(row["account_id"] for row in table(run_uri, "results") if row["status"] == "TRADED")
    told = said(capsys, str(out / "runs" / Path(run_uri).name), account)
    assert "NOT THE SAME: made again, the trades are not the run's" in told
    assert "not the code of the run" in told
    assert "Orders" not in told


def test_an_unknown_account(run_uri: str, capsys) -> None:
    assert "the run has no account NOBODY" in said(capsys, run_uri, "NOBODY", status=2)

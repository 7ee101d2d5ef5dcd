"""`wholebook synth` and `wholebook risk` as a user calls them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from cluster.catalog import make_catalog
from cluster.cli.risk import command as risk
from cluster.cli.synth import command as synth
from cluster.storage import open_storage
from engine.errors import InputRefused, ObjectMissing, UsageError
from tests.support.books import small_book, small_market


def call(*arguments: list[str], of: click.Command = synth) -> Result:
    return CliRunner().invoke(of, [word for group in arguments for word in group], catch_exceptions=False)


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write_prices(folder: Path, names: int = 40) -> tuple[str, str]:
    """Long prices as Parquet and constituents as CSV, of a part of the small market."""
    market = small_market(1)
    closes = market.closes[:, :names]
    days = pa.array(market.days.repeat(names), pa.date32())
    prices = pa.table({"date": days, "symbol": list(market.ids[:names]) * len(market.days), "close": closes.ravel()})
    rows = market.listings[:names]
    facts = pa.table(
        {
            "symbol": [row.security_id for row in rows],
            "name": [row.name for row in rows],
            "gics_sector": [row.sector for row in rows],
            "market_cap_usd": [row.capitalisation for row in rows],
        }
    )
    pq.write_table(prices, folder / "prices.parquet")
    csv.write_csv(facts, folder / "constituents.csv")
    return str(folder / "prices.parquet"), str(folder / "constituents.csv")


def test_real_prices_make_a_book(tmp_path: Path) -> None:
    prices, constituents = write_prices(tmp_path)
    out = tmp_path / "book"
    result = call(
        ["--out", str(out), "--accounts", "30", "--seed", "1", "--models", "6", "--as-of", "2026-01-29"],
        ["--prices", prices, "--constituents", constituents, "--faults", "--json"],
    )
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert (told["accounts"], told["parts"], told["models"], told["faults"]) == (30, 1, 6, 14)
    assert told["as_of"] == "2026-01-29"
    assert "30 of 30 accounts" in result.stderr
    header = json.loads((out / "book.json").read_text())
    assert header == {"schema": 1, "as_of": "2026-01-29", "currency": "USD", "name": "synth"}
    assert pq.read_table(out / "lots/part-00000.parquet").num_rows == told["lots"] + 27
    assert json.loads((out / "faults.json").read_text())["FAULT-NAN-CASH"] == "VALUE_NOT_FINITE"


def test_a_person_sees_the_mix(tmp_path: Path) -> None:
    prices, constituents = write_prices(tmp_path)
    common = ["--seed", "1", "--models", "5", "--prices", prices, "--constituents", constituents]
    result = call(["--out", str(tmp_path / "book"), "--accounts", "20", "--mix", "etf=3,cash=1", *common])
    rows = [line.split() for line in result.stdout.splitlines()]
    assert rows[1][:2] == ["etf", "15"]
    assert rows[5][:3] == ["cash", "5", "0"]
    assert rows[6][:2] == ["all", "20"]
    assert "1 parts" in result.stdout


def test_the_same_seed_gives_the_same_bytes_in_the_layout_of_the_contract(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first = small_book(tmp_path / "a", accounts=260, seed=8)
    second = small_book(tmp_path / "b", accounts=260, seed=8)
    assert digest(Path(first)) == digest(Path(second))
    catalog = make_catalog(open_storage(first).list())
    assert catalog.findings == ()
    assert sorted(catalog.parts) == [0, 1, 2, 3]
    assert all(
        set(keys) == {"accounts", "lots", "restrictions", "activity", "flows"} for keys in catalog.parts.values()
    )


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("here before")
    with pytest.raises(UsageError, match=r"already.*mine\.txt"):
        call(["--out", str(tmp_path), "--accounts", "5", "--seed", "1"])
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--mix", "etf"], "KIND=SHARE"),
        (["--mix", "gold=1"], "unknown kind gold"),
        (["--models", "3"], "3 models"),
        (["--as-of", "2026-01-31"], "not a trading day"),
        (["--prices", "p.csv"], "go together"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_written(tmp_path: Path, arguments: list[str], message: str) -> None:
    out = tmp_path / "book"
    with pytest.raises(UsageError, match=message):
        call(["--out", str(out), "--accounts", "5", "--seed", "1", *arguments])
    assert not out.exists()


def test_a_name_that_cannot_be_published_is_refused(tmp_path: Path) -> None:
    prices, constituents = write_prices(tmp_path)
    common = ["--accounts", "5", "--seed", "1", "--prices", prices, "--constituents", constituents]
    with pytest.raises(InputRefused, match="name"):
        call(["--out", str(tmp_path / "book"), "--name", "a/b", *common])
    assert not (tmp_path / "book").exists()


def test_risk_with_and_without_sectors(tmp_path: Path) -> None:
    prices, constituents = write_prices(tmp_path)
    plain = call(["--prices", prices, "--factors", "3", "--out", str(tmp_path / "plain"), "--json"], of=risk)
    assert json.loads(plain.stdout)["factors"] == ["market", "statistical 1", "statistical 2", "statistical 3"]
    named = call(
        ["--prices", prices, "--constituents", constituents, "--factors", "2", "--out", str(tmp_path / "named")],
        of=risk,
    )
    assert "40 securities over 1260 days" in named.stdout
    factors = set(pq.read_table(tmp_path / "named/risk_covariance.parquet")["factor_1"].to_pylist())
    assert {"market", "statistical 2"} < factors
    assert any(factor.startswith("sector ") for factor in factors)
    for folder in ("plain", "named"):
        variance = pq.read_table(tmp_path / folder / "risk_specific.parquet")["variance"].to_numpy()
        assert len(variance) == 40
        assert (variance > 0).all()


def test_unreadable_prices_are_refused(tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text('date,symbol,close\n2026-01-30,A\n2026-01-30,A,1,2,"\n')
    (tmp_path / "prices.txt").write_text("")
    out = str(tmp_path / "out")
    with pytest.raises(InputRefused, match="not a sound CSV"):
        call(["--prices", str(tmp_path / "prices.csv"), "--out", out], of=risk)
    with pytest.raises(UsageError, match="neither"):
        call(["--prices", str(tmp_path / "prices.txt"), "--out", out], of=risk)
    with pytest.raises(ObjectMissing):
        call(["--prices", str(tmp_path / "absent.csv"), "--out", out], of=risk)

"""Taxes saved or deferred in books as `wholebook synth` makes them: the twins keep the rules, the figures add up."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from cluster.bench.opened import open_for_run
from cluster.cli import main
from engine.decide.output import totals
from engine.decide.rebalance import rebalance
from tests.support.books import limited, sized, small_book
from tests.support.twins import Twins

PARTS = ("deferred_gains", "harvested", "saved_by_lot_choice")
SHARE = 1_000_000


@pytest.mark.parametrize(("kind", "change"), [("mixed", limited), ("transition", sized), ("direct", limited)])
def test_twins_keep_the_rules_of_their_accounts(tmp_path: Path, kind: str, change: Callable[[Path, int], None]) -> None:
    """Bounds hold, or are not left further behind; orders are of a size that may be given; cash keeps its floor."""
    uri = small_book(tmp_path, 24 if kind == "direct" else 64, 5, kind)
    change(Path(uri), 5)
    book = open_for_run(uri)
    traded = 0
    for part in book.parts:
        twins = Twins.of_part(book.firm, book.read(part))
        market, accounts = book.firm.market, twins.book.accounts
        for account in np.flatnonzero(twins.decided.sound):
            cash = accounts.cash[account] / 100.0
            orders = [one for one in twins.twin(account) if one[1]]
            traded += bool(orders)
            for security, order, (target, lower, upper, _) in orders:
                price, value = market.price[security], accounts.value[account]
                held = positions(twins, account).get(security, 0)
                after = (held + order) / SHARE * price / value * 100
                step = 1 if market.fractional[security] else SHARE
                whole = order == -held
                assert whole or order % step == 0
                assert whole or abs(order) / SHARE * price >= accounts.min_trade_usd[account] - 1e-6
                assert whole or after >= accounts.min_position_usd[account] / value * 100 - 1e-9 or order > 0
                assert market.tradable[security]
                assert order < 0 or target > 0
                before = held / SHARE * price / value * 100
                assert after <= max(upper, before) + 1e-7 or after <= upper + step / SHARE * price / value * 100
                assert after >= min(lower, before) - 1e-7
                cash -= order / SHARE * price + abs(order) / SHARE * price * market.half_spread[security]
            floor = accounts.cash_min[account] * accounts.value[account] + accounts.outflow[account] / 100.0
            assert cash >= floor - 1e-6 or all(order < 0 for _, order, _ in orders)
    assert traded > 10


def positions(twins: Twins, account: int) -> dict[int, int]:
    first, last = twins.book.accounts.positions[account : account + 2]
    held = twins.book.positions
    return dict(zip(held.security[first:last].tolist(), held.quantity[first:last].tolist(), strict=True))


def test_the_parts_and_the_totals_add_up(tmp_path: Path) -> None:
    book = open_for_run(small_book(tmp_path, 64, 6, faults=True))
    for part in book.parts:
        tables = book.read(part)
        decision = rebalance(book.firm, tables, book.check(part, tables), "run")
        rows = decision.tables["results"].to_pylist()
        for row in rows:
            told = [row[name] for name in ("tax_blind", "tax_saved_or_deferred", *PARTS)]
            if row["status"] == "EXCEPTION":
                assert told == [None] * 5
            else:
                assert row["tax_blind"] - row["tax_cost"] == row["tax_saved_or_deferred"]
                assert sum(told[2:], Decimal(0)) == row["tax_saved_or_deferred"]
        for name in ("tax_blind", "tax_saved_or_deferred", *PARTS):
            assert decision.totals[f"{name}_cents"] == 100 * sum(row[name] for row in rows if row[name] is not None)
        assert decision.totals["tax_saved_or_deferred_cents"] == sum(decision.totals[f"{name}_cents"] for name in PARTS)
        assert decision.totals["tax_saved_or_deferred_cents"] > 0
        assert totals(decision.tables)["tax_blind_cents"] == decision.totals["tax_blind_cents"]


def test_a_run_tells_what_it_saved_and_settle_carries_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The summary, the JSON, and the next day's accounts."""
    book, out = small_book(tmp_path, 16, 7), str(tmp_path / "out")
    told = json.loads(command(capsys, "run", book, "--out", out, "--workers", "0", "--json"))
    tax, cents = told["tax_usd"], told["totals"]
    assert {name: round(usd * 100) for name, usd in tax.items()} == {name: cents[f"{name}_cents"] for name in tax}
    assert tax["tax_saved_or_deferred"] == pytest.approx(tax["tax_blind"] - tax["tax_cost"])
    shown = command(capsys, "run", book, "--out", str(tmp_path / "again"), "--workers", "0")
    line = next(line for line in shown.splitlines() if line.startswith("  saved or deferred"))
    assert line.split(" of tax: ")[0].endswith(f"{tax['tax_saved_or_deferred']:,.2f}")
    assert f"gains deferred {tax['deferred_gains']:,.2f}, losses harvested {tax['harvested']:,.2f}" in line
    command(capsys, "settle", book, out, "--out", str(tmp_path / "next"))
    paths = (tmp_path / "next" / "accounts").iterdir()
    carried = sum(float(usd or 0) for path in paths for usd in pq.read_table(path)["saved_ytd"].to_pylist())
    assert carried == pytest.approx(tax["harvested"] + tax["saved_by_lot_choice"])


def command(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(args)
    told = capsys.readouterr()
    assert not ended.value.code, told.err
    return told.out

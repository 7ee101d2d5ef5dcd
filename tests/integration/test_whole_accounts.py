"""Accounts decided whole in compiled code against the same accounts decided one at a time: the same tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from cluster.bench.opened import FlatPart, OpenBook, open_for_run
from cluster.opening import open_book
from cluster.storage import open_storage
from engine.decide import batch, rebalance
from engine.decide.account import pose_account
from engine.decide.names import Undecidable
from engine.decide.rebalance import Decision
from engine.decide.targets import Targets
from engine.prove.verify import verify_part
from kernels.decide.alone import pose_alone, problem_of
from tests.support.books import (
    budgeted,
    limited,
    moving,
    quiet,
    richly_budgeted,
    searched,
    sized,
    small_book,
    taxed,
    waiting,
)

NUMBERS = ("te_before", "te_after", "drift_before", "drift_after", "turnover", "objective_bp")
PROVED = 1e-9
"""bp by which one bound may be better: sums are not added in the same order."""


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """How many accounts of each block were decided whole, and how many there are."""
    seen: list[tuple[int, int]] = []
    decide = batch.decide_block

    def counting(*given):
        block = decide(*given)
        seen.append((block.whole, len(block.outcomes)))
        return block

    monkeypatch.setattr(rebalance, "decide_block", counting)
    return seen


def decided(book: OpenBook) -> list[Decision]:
    decisions = []
    for part in book.parts:
        tables = book.read(part)
        decisions.append(rebalance.rebalance(book.firm, tables, book.check(part, tables), "run"))
    return decisions


def one_at_a_time(book: OpenBook, monkeypatch: pytest.MonkeyPatch) -> list[Decision]:
    """Every account that does not rest is decided in Python."""
    tables = batch.part_tables

    def alone(*given):
        flat = tables(*given)
        return flat._replace(accounts=flat.accounts._replace(alone=np.ones_like(flat.accounts.alone)))

    monkeypatch.setattr(batch, "part_tables", alone)
    return decided(book)


def same(one: pa.Table, other: pa.Table) -> None:
    """Equal results, numbers but for the order in which sums were added."""
    exact = [name for name in one.column_names if name not in (*NUMBERS, "gap_bp", "iterations", "message")]
    assert one.select(exact).equals(other.select(exact))
    for name in NUMBERS:
        np.testing.assert_allclose(one[name].to_numpy(), other[name].to_numpy(), rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize(("kind", "seed", "calm"), [("mixed", 1, False), ("mixed", 2, True), ("direct", 3, False)])
def test_the_same_trades_and_results(tmp_path: Path, monkeypatch, counted, kind: str, seed: int, calm: bool) -> None:
    uri = small_book(tmp_path, 24 if kind == "direct" else 64, seed, kind, faults=not calm)
    if calm:
        quiet(Path(uri))
    book = open_for_run(uri)
    whole = decided(book)
    here, accounts = np.sum(counted, axis=0)
    assert here > 0.9 * accounts
    counted.clear()
    alone = one_at_a_time(book, monkeypatch)
    rested = sum(here for here, _ in counted)
    assert rested < 0.2 * accounts
    for one, other in zip(whole, alone, strict=True):
        assert one.tables["trades"].equals(other.tables["trades"])
        assert one.tables["exceptions"].equals(other.tables["exceptions"])
        same(one.tables["results"], other.tables["results"])


@pytest.mark.parametrize(
    ("customise", "least"),
    [(budgeted, 0.9), (taxed, 0.9), (sized, 0.7), (limited, 0.5), (moving, 0.7), (searched, 0.6)],
)
def test_customised_by_both(
    tmp_path: Path, monkeypatch, counted, customise: Callable[[Path, int], None], least: float
) -> None:
    """Account by account its own settings: the same from both, and lawful."""
    uri = small_book(tmp_path, 64, 5)
    customise(Path(uri), 5)
    book = open_for_run(uri)
    whole = decided(book)
    here, accounts = np.sum(counted, axis=0)
    assert here > least * accounts
    alone = one_at_a_time(book, monkeypatch)
    firm = open_book(open_storage(uri), {}).tables
    for part, one, other in zip(book.parts, whole, alone, strict=True):
        assert one.tables["trades"].equals(other.tables["trades"])
        assert one.tables["exceptions"].equals(other.tables["exceptions"])
        same(one.tables["results"], other.tables["results"])
        assert verify_part(firm, book.read(part), one.tables, book.firm.header.as_of, {}) == []


def test_what_sell_outs_leave(tmp_path: Path, monkeypatch, counted) -> None:
    """Locked, untradable and washed lots, and those of groups that are bought instead: told alike, traded or not."""
    uri = small_book(tmp_path, 96, 6)
    waiting(Path(uri), 6)
    book = open_for_run(uri)
    whole = decided(book)
    here, accounts = np.sum(counted, axis=0)
    assert here > 0.8 * accounts
    told = pa.concat_tables([one.tables["exceptions"] for one in whole])
    told = told.filter(pc.equal(told["severity"], "WARNING"))
    assert {"LOCKED", "UNTRADABLE", "WASH_WAIT"} <= set(told["code"].to_pylist())
    assert told.num_rows > 40
    alone = one_at_a_time(book, monkeypatch)
    firm = open_book(open_storage(uri), {}).tables
    for part, one, other in zip(book.parts, whole, alone, strict=True):
        for name in ("trades", "exceptions"):
            assert one.tables[name].equals(other.tables[name])
        same(one.tables["results"], other.tables["results"])
        assert verify_part(firm, book.read(part), one.tables, book.firm.header.as_of, {}) == []


@pytest.mark.parametrize("budget", ["gain_budget", "tax_budget"])
def test_a_budget_that_does_not_bind_changes_nothing(tmp_path: Path, budget: str) -> None:
    """Not even where recent purchases replace losses, which a budget that binds cannot count on."""
    uri = small_book(tmp_path, 64, 5)
    before = decided(open_for_run(uri))
    richly_budgeted(Path(uri), budget)
    for one, other in zip(before, decided(open_for_run(uri)), strict=True):
        assert one.tables["trades"].equals(other.tables["trades"])
        same(one.tables["results"], other.tables["results"])


def test_it_is_posed_alike(tmp_path: Path) -> None:
    """The problem that the second solver gets, from compiled code and from Python."""
    book = open_for_run(small_book(tmp_path, 64, 5))
    compared = 0
    for part in book.parts:
        laid = FlatPart.of(book.firm, book.read(part))
        ready, targets = laid.ready, Targets(book.firm)
        for account in np.flatnonzero(laid.flat.accounts.target >= 0).tolist():
            case, sound = pose_alone(laid.flat, ready.memory.seen, laid.work, account)
            household = ready.memory.household(int(ready.block.household[account]))
            try:
                posed = pose_account(book.firm, ready.block, ready.positions, targets, household, account)[1].problem
            except Undecidable:
                assert not sound
                continue
            if not sound:
                continue
            compared += 1
            mine = problem_of(laid.work, case)
            for name, one, other in zip(mine._fields, mine, posed, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12, err_msg=name)
    assert compared > 40


def test_its_bounds_are_bounds(tmp_path: Path) -> None:
    """No trades are better than the bound says any can be."""
    uri = small_book(tmp_path, 64, 4)
    quiet(Path(uri))
    for decision in decided(open_for_run(uri)):
        gaps = decision.tables["results"]["gap_bp"].drop_null()
        assert len(gaps) > 0
        assert pc.min(gaps).as_py() >= -PROVED

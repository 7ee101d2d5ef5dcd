"""The review of every account: what rests there is what the whole problem, solved, leaves alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from cluster.bench.days import next_day
from cluster.bench.opened import FlatPart, open_for_run
from engine.book.firm import Firm
from engine.decide.account import decide_account
from engine.decide.household import turns
from engine.decide.names import Undecidable
from engine.decide.prepared import Prepared
from engine.decide.targets import targets_of
from kernels.decide.book import Book
from kernels.decide.memory import Memory
from kernels.decide.thermostat import review
from tests.reference.naive_review import least_gain
from tests.support.books import calm, small_book
from tests.support.hand_book import HandBook, at_target, lot

REFUSED = "refused"


def ready(firm: Firm, tables: dict[str, pa.Table]) -> tuple[Prepared, Book, Memory]:
    laid = FlatPart.of(firm, tables)
    return laid.ready, laid.flat, laid.work


@pytest.mark.parametrize(
    ("kind", "accounts", "seed", "least"),
    [
        ("mixed", 96, 1, 20),
        ("etf", 96, 2, 20),
        ("direct", 16, 3, 1),
        *(pytest.param("mixed", 600, seed, 100, marks=pytest.mark.deep) for seed in range(4, 12)),
        *(pytest.param("direct", 64, seed, 3, marks=pytest.mark.deep) for seed in range(12, 16)),
    ],
)
def test_nothing_rests_that_the_whole_problem_would_trade(
    kind: str, accounts: int, seed: int, least: int, tmp_path: Path
) -> None:
    """Every account is posed and decided one at a time, in Python; those that rest are left alone there too."""
    uri = small_book(tmp_path, accounts, seed, kind)
    calm(Path(uri), seed)
    found = reviewed_and_decided(uri)
    assert sum(count for (rests, _), count in found.items() if rests) >= least
    assert found[False, ""] > 0


def test_nothing_rests_that_would_harvest(tmp_path: Path) -> None:
    """Nearly every account has losses worth far more than trades must gain, and is woken before all are counted."""
    uri = small_book(tmp_path, 128, 5, "etf")
    assert reviewed_and_decided(uri)[False, ""] > 64


def reviewed_and_decided(uri: str) -> Counter[tuple[bool, str]]:
    """Accounts of a book by whether they rest and by code, empty where they trade, which those at rest must not."""
    book, found = open_for_run(uri), Counter[tuple[bool, str]]()
    for part in book.parts:
        made, flat, memory = ready(book.firm, book.read(part))
        rests = np.zeros(len(made.block), dtype=np.bool_)
        targets = targets_of(book.firm)
        for account in turns(made.block, made.positions):
            # What earlier accounts of the household traded is in the memory that both look at.
            review(flat, made.memory.seen, memory, np.array([account]), rests, np.zeros(len(rests)))
            household = made.memory.household(int(made.block.household[account]))
            try:
                outcome = decide_account(book.firm, made.block, made.positions, targets, household, int(account))
                code = "" if outcome.code is None else outcome.code.name
            except Undecidable:
                code = REFUSED
            found[bool(rests[account]), code] += 1
    assert (True, "") not in found
    return found


def least_of(flat: Book, least: float) -> Book:
    """The book with one `min_benefit_bp`, and bands that nobody is inside."""
    same = np.full_like(flat.accounts.min_benefit_bp, least)
    return flat._replace(accounts=flat.accounts._replace(min_benefit_bp=same, drift_band=np.zeros_like(same)))


@pytest.mark.parametrize(("kind", "accounts", "seed"), [("mixed", 64, 1), ("direct", 8, 3)])
def test_what_can_be_gained_at_most_is_what_the_twin_finds(kind: str, accounts: int, seed: int, tmp_path: Path) -> None:
    """Where the twin's best bound is below what trades must gain, the kernel finds one; never one below the twin's."""
    uri = small_book(tmp_path, accounts, seed, kind)
    next_day(uri, str(tmp_path / "next"), seed, 0.1)
    book, rested = open_for_run(str(tmp_path / "next")), 0
    for part in book.parts:
        made, flat, memory = ready(book.firm, book.read(part))
        order = turns(made.block, made.positions)
        flat, rests, left = least_of(flat, 30.0), np.zeros(len(order), dtype=np.bool_), np.zeros(len(order))
        review(flat, made.memory.seen, memory, order, rests, left)
        for account in order[rests[order]]:
            household = made.memory.household(int(made.block.household[account]))
            least = least_gain(flat, household, int(account))
            assert least - 1e-6 <= left[account] < 30.0
        limits = np.diff(flat.accounts.limits)
        for account in order[~rests[order]]:
            free = (
                flat.accounts.target[account] >= 0 and not limits[account] and not np.diff(flat.accounts.rules)[account]
            )
            if free and within_cash(made, account):
                household = made.memory.household(int(made.block.household[account]))
                assert least_gain(flat, household, int(account)) > 0.9 * 30.0
        rested += int(rests.sum())
    assert rested >= 0.1 * accounts


def within_cash(made: Prepared, account: int) -> bool:
    """Whether an account's cash is inside its band, and no cap on weights may be broken."""
    settings, value = made.block.settings, made.positions.dollars[account]
    cash = (made.block.cash[account] - made.block.outflow[account]) / 100.0 / value
    inside = settings["cash_min"][account] <= cash <= settings["cash_max"][account]
    return bool(inside and np.isnan(settings["max_weight"][account]))


def rests(book: HandBook) -> bool:
    """Whether the one account of a book by hand rests."""
    made, flat, memory = ready(book.firm(), book.part_tables())
    answer = np.zeros(1, dtype=np.bool_)
    review(flat, made.memory.seen, memory, np.zeros(1, np.int64), answer, np.zeros(1))
    return bool(answer[0])


def test_an_account_at_its_target_rests() -> None:
    assert rests(HandBook().account(lots=at_target()))


def test_each_reason_to_trade_wakes_it() -> None:
    """One thing changed at a time. A loss of 10 % saves 4.08 bp a percent sold: 5.2 bp, were its own risk all."""
    losing = at_target(AAA=lot("AAA", 245, 110.0))
    far = at_target(AAA=lot("AAA", 400, 100.0))
    assert not rests(HandBook().account(lots=at_target(), cash=900.0))  # under the floor
    assert not rests(HandBook().account(lots=at_target(), cash=5_000.0))  # above the cap
    assert not rests(HandBook().account(lots=at_target()).flow("A", -1_500.0))
    assert not rests(HandBook().account(lots=at_target()).restrict("A", "sell_out", "AAA"))
    assert not rests(HandBook().account(lots=at_target()).restrict("A", "max_weight", "AAA", value=0.2))
    assert not rests(HandBook().account(lots=at_target()).restrict("A", "min_weight", "AAA", value=0.3))
    assert not rests(HandBook().account(lots=at_target(), max_weight=0.2))
    assert not rests(HandBook().account(lots=at_target(), forced_loss=100.0))
    assert not rests(HandBook().account(lots=losing))
    assert not rests(HandBook().account(lots=far))


def test_what_is_no_reason_to_trade_lets_it_rest() -> None:
    losing = at_target(AAA=lot("AAA", 245, 110.0))
    assert rests(HandBook().account(lots=losing, harvest=False))
    assert rests(HandBook().account(lots=losing, tax_status="deferred"))
    assert rests(HandBook().account(lots=losing, min_benefit_bp=6.0))
    assert rests(HandBook().account(lots=at_target(AAA=lot("AAA", 245, 110.0, locked=True))))
    assert rests(HandBook().account(lots=at_target()).restrict("A", "max_weight", "AAA", value=0.25))
    assert rests(HandBook().account(lots=at_target()).restrict("A", "min_weight", "AAA", value=0.24))
    assert rests(HandBook().account(lots=at_target()).restrict("A", "sell_out", "EEE"))


def test_outside_its_band_it_rests_where_nothing_can_be_gained() -> None:
    """The other oil stands in for 0.7 % of CCC: buying CCC gains 0.38 bp, selling SUB as much but for its tax."""
    oils = {"CCC": lot("CCC", 952, 2.5), "SUB": lot("SUB", 28, 2.5)}
    assert rests(HandBook().account(lots=at_target(**oils)))
    assert not rests(HandBook().account(lots=at_target(CCC=lot("CCC", 952, 25.0), SUB=lot("SUB", 28, 25.0))))


def test_a_loss_waits_while_that_is_worth_more() -> None:
    losing = at_target(AAA=lot("AAA", 245, 110.0))
    assert rests(HandBook().account(lots=losing, harvest_option=1.0))
    assert not rests(HandBook().account(lots=losing, harvest_option=0.01))

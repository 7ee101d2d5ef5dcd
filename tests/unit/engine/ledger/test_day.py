"""One day's trades on lots, wash sales included: small cases with literal numbers."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pyarrow as pa

from engine.ledger.day import Day, Lots, Trades, replay_day
from engine.ledger.owners import Owners
from engine.ledger.window import AWAY, SOLD, UNTOLD, OpenLosses, Recent, Unused
from kernels.pieces import COUNT_SOLD_EARLIER, NONE, NOT_SOLD, SKIP_SAME_DAY

TODAY = (dt.date(2026, 1, 30) - dt.date(1970, 1, 1)).days
SHARE = 1_000_000
GROUP = np.arange(4, dtype=np.int32)


def household(*taxable: bool, policy: int | list[int] = 0) -> Owners:
    """Accounts of one household, of one policy or each of its own."""
    size = len(taxable)
    ids = pa.array([f"A{k}" for k in range(size)])
    return Owners(ids, np.zeros(size, np.int64), np.array(taxable), np.broadcast_to(np.array(policy, np.int32), size))


def lots(*rows: tuple[int, int, int, int, int]) -> Lots:
    """(account, security, shares, cents, days ago)."""
    account, security, quantity, basis, ago = (np.array(column) for column in zip(*rows, strict=True))
    acquired = (TODAY - ago).astype(np.int32)
    place = np.arange(len(rows))
    return Lots(place, account, security.astype(np.int32), quantity * SHARE, basis, acquired, acquired)


def trades(*rows: tuple[int, int, int, int, int]) -> Trades:
    """(account, security, lot or NONE, shares, cents)."""
    account, security, lot, quantity, amount = (np.array(column) for column in zip(*rows, strict=True))
    return Trades(account, security.astype(np.int32), lot, quantity * SHARE, amount, np.zeros(len(rows), np.int64))


def window(
    unused: list[int],
    losses: list[tuple[int, int, int, int, int, int]] | None = None,
    elsewhere: list[tuple[int, int, int, int, int | None]] | None = None,
) -> Recent:
    """Unused shares by lot; losses (account, security, days ago, shares, cents, days held); shares
    elsewhere, as (account, security, days ago, shares, days ago sold or None)."""
    columns: Any = list(zip(*losses, strict=True)) if losses else [[]] * 6
    account, security, ago, quantity, loss, held = (np.array(column, np.int64) for column in columns)
    sold = (TODAY - ago).astype(np.int32)
    open_losses = OpenLosses(
        account, security.astype(np.int32), sold, quantity * SHARE, loss, (sold - held).astype(np.int32)
    )
    columns = list(zip(*elsewhere, strict=True)) if elsewhere else [[]] * 5
    where, name, when, size = (np.array(column, np.int64) for column in columns[:4])
    again = np.array([NOT_SOLD if ago is None else TODAY - ago for ago in columns[4]], np.int32)
    number, place = 100 + np.arange(len(where)), np.where(again < NOT_SOLD, SOLD, AWAY).astype(np.int32)
    away = Unused(where, name.astype(np.int32), (TODAY - when).astype(np.int32), number, size * SHARE, place, again)
    return Recent(np.array(unused, np.int64) * SHARE, np.arange(len(unused)), away, open_losses)


def rows(day: Day) -> list[tuple[int, float, int, int, int, int]]:
    """(lot, shares, basis, proceeds, disallowed, absorbed) of each piece."""
    pieces = day.replayed.pieces
    return [
        (
            int(pieces.lot[k]),
            pieces.quantity[k] / SHARE,
            int(pieces.basis[k]),
            int(pieces.proceeds[k]),
            int(pieces.disallowed[k]),
            int(pieces.absorbed[k]),
        )
        for k in range(len(pieces.lot))
    ]


def test_only_the_shares_bought_lately_are_disallowed() -> None:
    """100 shares lose $5 each; 30 bought ten days ago replace 30 of them, and take up $150."""
    held = lots((0, 0, 100, 1500_00, 400), (0, 0, 30, 330_00, 10))
    day = replay_day(household(True), GROUP, GROUP, held, window([0, 30]), trades((0, 0, 0, 100, 1000_00)), TODAY)
    assert sorted(rows(day)) == [
        (0, 30.0, 450_00, 300_00, 150_00, 0),
        (0, 70.0, 1050_00, 700_00, 0, 0),
        (1, 30.0, 480_00, 0, 0, 150_00),
    ]


def test_a_lot_partly_used_is_opened_in_two_parts() -> None:
    """Of the 30 shares only 10 can still replace a loss."""
    held = lots((0, 0, 100, 1500_00, 400), (0, 0, 30, 330_00, 10))
    day = replay_day(household(True), GROUP, GROUP, held, window([0, 10]), trades((0, 0, 0, 100, 1000_00)), TODAY)
    assert sorted(rows(day)) == [
        (0, 10.0, 150_00, 100_00, 50_00, 0),
        (0, 90.0, 1350_00, 900_00, 0, 0),
        (1, 10.0, 160_00, 0, 0, 50_00),
        (1, 20.0, 220_00, 0, 0, 0),
    ]


def test_a_purchase_takes_away_an_open_loss() -> None:
    """Five shares lost $50 twelve days ago after 400 days: eight are bought, five of them take the loss up."""
    held = lots((0, 1, 1, 1_00, 400))
    recent = window([0], losses=[(0, 0, 12, 5, 50_00, 400)])
    day = replay_day(household(True), GROUP, GROUP, held, recent, trades((0, 0, NONE, 8, 800_00)), TODAY)
    assert rows(day) == [
        (NONE, 5.0, 50_00, 0, 50_00, 0),
        (1, 5.0, 550_00, 0, 0, 50_00),
        (1, 3.0, 300_00, 0, 0, 0),
    ]
    assert day.replayed.pieces.holding_start[1] == TODAY - 400


def test_shares_elsewhere_count_and_those_sold_before_only_by_policy() -> None:
    held = lots((0, 0, 10, 150_00, 400))
    sale = trades((0, 0, 0, 10, 100_00))
    away = window([0], elsewhere=[(0, 0, 5, 4, None)])
    gone, today = window([0], elsewhere=[(0, 0, 5, 4, 1)]), window([0], elsewhere=[(0, 0, 5, 4, 0)])
    counted, skipped = household(True, policy=COUNT_SOLD_EARLIER), household(True, policy=SKIP_SAME_DAY)

    def disallowed(owners: Owners, recent: Recent) -> int:
        return sum(row[4] for row in rows(replay_day(owners, GROUP, GROUP, held, recent, sale, TODAY)))

    assert disallowed(household(True), away) == 20_00
    assert disallowed(household(True), gone) == 0
    assert disallowed(counted, gone) == 20_00
    assert disallowed(household(True), today) == 20_00
    assert disallowed(skipped, today) == 0


def test_shares_of_a_purchase_sold_today_do_not_replace_the_rest_of_it() -> None:
    """Rev. Rul. 56-602: of one purchase 4 shares are sold at a loss after 6 others, and an older lot loses 12.00."""
    held = lots((0, 0, 4, 60_00, 5), (0, 0, 2, 32_00, 400))
    recent = window([0, 0], elsewhere=[(0, 0, 5, 6, 0)])
    recent = Recent(recent.unused, np.array([100, NONE]), recent.bought, recent.losses)
    sales = trades((0, 0, 0, 4, 40_00), (0, 0, 1, 2, 20_00))
    day = replay_day(household(True), GROUP, GROUP, held, recent, sales, TODAY)
    assert sorted(row[:5] for row in rows(day) if row[0] != NONE) == [
        (0, 4.0, 60_00, 40_00, 0),
        (1, 2.0, 32_00, 20_00, 12_00),
    ]


def test_the_policy_of_the_account_with_the_loss_decides_whether_shares_sold_before_count() -> None:
    """Account 1's loss takes the four shares that account 0 bought and sold, and account 0's own loss does not."""
    held = lots((0, 0, 10, 150_00, 400), (1, 0, 10, 150_00, 300))
    both = trades((0, 0, 0, 10, 100_00), (1, 0, 1, 10, 100_00))
    owners = household(True, True, policy=[0, COUNT_SOLD_EARLIER])
    day = replay_day(owners, GROUP, GROUP, held, window([0, 0], elsewhere=[(0, 0, 5, 4, 1)]), both, TODAY)
    assert sorted(row for row in rows(day) if row[0] != NONE) == [
        (0, 10.0, 150_00, 100_00, 0, 0),
        (1, 4.0, 60_00, 40_00, 20_00, 0),
        (1, 6.0, 90_00, 60_00, 0, 0),
    ]


def test_a_loss_taken_up_by_shares_sold_before_makes_no_loss_of_their_sale() -> None:
    """The spouse's four shares take 20.00 up; her sale of them, today before the run, is no loss that goes on."""
    held = lots((0, 0, 10, 150_00, 400), (0, 0, 4, 40_00, 3))
    recent = window([0, 4], elsewhere=[(1, 0, 5, 4, 0)])
    day = replay_day(household(True, True), GROUP, GROUP, held, recent, trades((0, 0, 0, 4, 40_00)), TODAY)
    assert sum(row[4] for row in rows(day)) == 20_00
    assert (1, 4.0, 40_00, 0, 0, 0) in rows(day)


def test_losses_of_unknown_size_stay_out_and_other_names_are_not_touched() -> None:
    held = lots((0, 0, 10, 150_00, 400), (0, 1, 10, 150_00, 400))
    recent = window([0, 0], losses=[(0, 0, 3, 5, UNTOLD, 10)])
    day = replay_day(household(True), GROUP, GROUP, held, recent, trades((0, 0, NONE, 5, 50_00)), TODAY)
    assert sorted(rows(day)) == [(0, 10.0, 150_00, 0, 0, 0), (2, 5.0, 50_00, 0, 0, 0)]


def test_a_spouse_s_retirement_account_takes_the_loss_for_good() -> None:
    held = lots((0, 0, 10, 150_00, 400), (1, 0, 10, 90_00, 7))
    day = replay_day(household(True, False), GROUP, GROUP, held, window([0, 10]), trades((0, 0, 0, 10, 100_00)), TODAY)
    assert sorted(rows(day)) == [(0, 10.0, 150_00, 100_00, 50_00, 0), (1, 10.0, 90_00, 0, 0, 50_00)]


def test_purchases_of_one_day_replace_in_their_order() -> None:
    """Both were bought nine days ago, the second lot first: it takes the loss."""
    held = lots((0, 0, 5, 75_00, 400), (0, 0, 5, 55_00, 9), (0, 0, 5, 55_00, 9))
    recent = window([0, 5, 5])
    recent = Recent(recent.unused, np.array([NONE, 7, 3]), recent.bought, recent.losses)
    day = replay_day(household(True), GROUP, GROUP, held, recent, trades((0, 0, 0, 5, 50_00)), TODAY)
    assert sorted(rows(day)) == [
        (0, 5.0, 75_00, 50_00, 25_00, 0),
        (1, 5.0, 55_00, 0, 0, 0),
        (2, 5.0, 80_00, 0, 0, 25_00),
    ]

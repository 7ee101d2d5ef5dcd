"""What the verifier takes from `activity` where it tells how a day's losses ended, worked by hand."""

from __future__ import annotations

from tests.reference.naive_wash_past import LotRow, TradeRow
from tests.reference.naive_wash_shares import Owner
from tests.support.wash_cases import open_losses

TODAY = 20_000
PRICE = 50_000_000
OWNERS = {"A": Owner("A", taxable=True), "I": Owner("I", taxable=False)}


def held(account: str, name: str, quantity: int, ago: int, *, tacked: bool = False) -> LotRow:
    return LotRow(account, "AAA", name, quantity, 0, TODAY - ago, TODAY - ago - 15 * tacked, tacked)


def bought(account: str, name: str, quantity: int, ago: int) -> TradeRow:
    return TradeRow(account, "AAA", name, quantity, TODAY - ago, 1, True, None, None, None, price=PRICE)


def sold(
    name: str,
    quantity: int,
    ago: int,
    gain: int,
    disallowed: int,
    *,
    sequence: int = 1,
    start: int | None = None,
    price: int = PRICE,
) -> TradeRow:
    begun = None if start is None else TODAY - start
    return TradeRow("A", "AAA", name, quantity, TODAY - ago, sequence, False, gain, disallowed, begun, price=price)


def test_a_loss_that_took_up_another_was_a_loss_before() -> None:
    """Y's two go to two of X, sold that day for less than was paid, with four more; P's four take two of either."""
    lots = [held("A", "P", 4, 8, tacked=True)]
    sells = [
        sold("X", 2, 5, 0, 100, start=215, price=PRICE - 1),
        sold("X", 4, 5, -20, 20, start=20, price=PRICE - 1),
        sold("Y", 2, 5, 0, 80, start=200, price=PRICE - 1),
    ]
    trades = [bought("A", "X", 6, 20), bought("A", "P", 4, 8), *sells]
    assert open_losses(OWNERS, lots, trades, TODAY)[1] == [(2, 20.0)]


def test_a_gain_that_took_up_a_loss_is_a_loss_from_then_on() -> None:
    """X is sold at 40 more than it cost, then Y at 80 less.

    Y's loss goes to X, the earliest bought within 30 days. X then loses 40, which goes to P. Q replaces nothing.
    """
    lots = [held("A", "P", 4, 8, tacked=True), held("I", "Q", 4, 7)]
    buys = [bought("A", "X", 4, 20), bought("A", "P", 4, 8), bought("I", "Q", 4, 7)]
    sells = [sold("X", 4, 5, 0, 40, start=215), sold("Y", 4, 5, 0, 80, sequence=2, start=215)]
    assert open_losses(OWNERS, lots, [*buys, *sells], TODAY) == ({("I", "Q"): 4}, [])


def test_a_loss_told_as_allowed_met_no_purchase() -> None:
    """The IRA's four were bought before the sale, and a loss that is not told had used them; Z takes three of it."""
    lots, trades = [held("I", "L", 4, 50)], [bought("I", "L", 4, 50), sold("X", 4, 25, -80, 0)]
    assert open_losses(OWNERS, lots, trades, TODAY)[1] == [(4, 80.0)]
    assert open_losses(OWNERS, lots, [*trades, bought("A", "Z", 3, 20)], TODAY)[1] == [(1, 20.0)]


def test_a_loss_told_as_disallowed_in_all_is_not_open() -> None:
    """What replaced it is not told."""
    assert open_losses(OWNERS, [], [sold("X", 4, 25, 0, 80)], TODAY)[1] == []

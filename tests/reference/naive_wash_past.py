"""What wash sales still see of the last 30 days: purchases that have replaced nothing, and losses not yet replaced.

Purchases are told by `activity`, by lots acquired in the window, or by both, and then counted once. What has happened
to them since is counted share for share over the sells of `activity`. A sell that names no lot known here is of shares
bought before everything that is told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, NamedTuple

from tests.reference.naive_wash_shares import HELD, WINDOW, Group, Owner, Purchase, Shares

LONG_AGO: Final = -HELD
UNORDERED: Final = (1 << 62) - 1
"""The `sequence` of a trade that has none: after those of the day that have one."""
_GAIN: Final = -(1 << 40)
"""What a micro-share sold at a gain lost, in the units of one sold at a loss: past all basis it may take up."""
_PIECE: Final = re.compile(r"(\.[12])+$")


class LotRow(NamedTuple):
    """A lot: micro-shares, cents, days as ordinals; `tacked` where it has replaced a loss."""

    account_id: str
    security_id: str
    lot_id: str
    quantity: int
    basis: int
    acquired: int
    start: int
    tacked: bool


class TradeRow(NamedTuple):
    """A row of `activity`, in the contract's order of a day; cents, null where it does not tell."""

    account_id: str
    security_id: str
    lot_id: str | None
    quantity: int
    day: int
    sequence: int
    buy: bool
    gain: int | None
    disallowed: int | None
    start: int | None
    exchanged: bool = False
    """A BUY whose lot is now of another security."""
    price: int = 0
    """Micro-dollars."""

    @property
    def all_washed(self) -> bool:
        """All of a loss was disallowed."""
        return self.gain == 0 and (self.disallowed or 0) > 0

    @property
    def none_washed(self) -> bool:
        """Nothing of a loss was disallowed by the end of its day."""
        return self.gain is not None and self.gain < 0 and self.disallowed == 0


@dataclass
class Past:
    """`unused` and `purchase` by (account, lot); `elsewhere`: bought lately, not among lots; `losses` in order."""

    unused: dict[tuple[str, str], int] = field(default_factory=dict)
    purchase: dict[tuple[str, str], Purchase] = field(default_factory=dict)
    elsewhere: list[Shares] = field(default_factory=list)
    losses: list[Shares] = field(default_factory=list)
    unknown_loss: bool = False


@dataclass
class _Bought:
    """One purchase, and where its shares are."""

    owner: Owner
    purchase: Purchase
    bought: int = 0
    price: int = 0
    """The highest paid."""
    held: int = 0
    sold: int = 0
    exchanged: bool = False
    lots: list[LotRow] = field(default_factory=list)

    @property
    def quantity(self) -> int:
        return max(self.bought, self.held + self.sold)


def whole(lot_id: str) -> str:
    """The lot that a piece `.1`, `.2` of a wash sale was part of."""
    return _PIECE.sub("", lot_id)


def past(owners: Mapping[str, Owner], lots: Sequence[LotRow], trades: Sequence[TradeRow], today: int) -> Past:
    """Replay one household and wash group up to and with today's part of `activity`.

    A lot `<lot>:<security>` came of a spin-off, which is no purchase.
    """
    first = min([today - WINDOW, *(row.day for row in trades)])
    bought = [lot for lot in lots if lot.acquired >= first and not lot.lot_id.endswith(f":{lot.security_id}")]
    purchases = _purchases(owners, bought, trades)
    named: dict[tuple[str, str, str], _Bought] = {}
    for one in sorted(purchases, key=lambda one: one.purchase):
        named.setdefault(one.purchase.place[1:], one)
    of_sell = [
        named.get((row.account_id, row.security_id, whole(row.lot_id))) if row.lot_id and not row.buy else None
        for row in trades
    ]
    for row, of in zip(trades, of_sell, strict=True):
        if of is not None:
            of.sold += row.quantity
            _bought_by_then(of, row)
    group = _replay(owners, purchases, trades, of_sell, today - WINDOW)
    return _left(purchases, trades, of_sell, group, today)


def _purchases(owners: Mapping[str, Owner], lots: Sequence[LotRow], trades: Sequence[TradeRow]) -> list[_Bought]:
    """By account, security, day and lot. A buy without lot is of the day's lots that no other buy names."""
    found: dict[tuple[str, str, int, str], _Bought] = {}

    def at(account: str, security: str, day: int, name: str, sequence: int) -> _Bought:
        key = (account, security, day, name)
        if key not in found:
            found[key] = _Bought(owners[account], Purchase(day, (sequence, account, security, name)))
        return found[key]

    for row in trades:
        if row.buy:
            name = whole(row.lot_id) if row.lot_id else ""
            one = at(row.account_id, row.security_id, row.day, name, row.sequence)
            one.bought += row.quantity
            one.price = max(one.price, row.price)
            one.exchanged |= row.exchanged
    for lot in lots:
        one = at(lot.account_id, lot.security_id, lot.acquired, whole(lot.lot_id), UNORDERED)
        one.held += lot.quantity
        one.lots.append(lot)
    for (account, security, day, name), one in found.items():
        if not name:
            untold = [
                other.held for key, other in found.items() if key[:3] == (account, security, day) and not other.bought
            ]
            one.bought = max(one.bought - sum(untold), 0)
    return list(found.values())


def _bought_by_then(of: _Bought, sale: TradeRow) -> None:
    """What is sold on the day of its purchase was bought by then, whatever `sequence` says."""
    if sale.day == of.purchase.acquired and sale.sequence < of.purchase.place[0]:
        of.purchase = Purchase(sale.day, (sale.sequence, *of.purchase.place[1:]))


def _replay(
    owners: Mapping[str, Owner],
    purchases: Sequence[_Bought],
    trades: Sequence[TradeRow],
    of_sell: Sequence[_Bought | None],
    first: int,
) -> Group:
    """Count shares only: one sold at a loss loses 1."""
    group = Group()
    days = sorted({one.purchase.acquired for one in purchases} | {row.day for row in trades})
    for day in days:
        events: list[tuple[int, int, object, int]] = []
        bought = sorted((one for one in purchases if one.purchase.acquired == day), key=lambda one: one.purchase)
        events += [(one.purchase.place[0], 0, one, place) for place, one in enumerate(bought) if one.quantity]
        events += [(row.sequence, 1, row, place) for place, row in enumerate(trades) if row.day == day and not row.buy]
        for _, _, event, place in sorted(events, key=lambda event: (event[0], event[1], event[3])):
            if isinstance(event, _Bought):
                group.buy(Shares(event.owner, event.purchase, event.quantity, event.purchase.acquired))
            elif isinstance(event, TradeRow):
                _sell(group, owners[event.account_id], event, place, of_sell[place], first)
        group.close(day)
    return group


def _sell(group: Group, owner: Owner, row: TradeRow, place: int, of: _Bought | None, first: int) -> None:
    """Sell shares of the purchase; what it lacks was bought long ago.

    Those that have replaced a loss go first, but last where the sale names a piece `.2`, the rest that has not. Bought
    in the window and held from before, they took up a loss that `activity` tells; a sale that was wholly disallowed,
    and not for less than was paid, is a loss only since then.
    """
    loss = 1 if row.gain is None or row.gain < 0 or (row.disallowed or 0) > 0 else _GAIN
    tacked = of is not None and row.start is not None and row.start < of.purchase.acquired >= first
    gained = of is not None and 0 < of.price <= row.price
    due = row.quantity
    held = [one for one in group.bought if of is not None and one.purchase == of.purchase and one.sold == HELD]
    rest = (row.lot_id or "").endswith(".2")
    for one in [*sorted(held, key=lambda one: one.used is rest), Shares(owner, Purchase(LONG_AGO), due, row.day)]:
        quantity = min(due, one.quantity)
        if quantity:
            lost = 0 if row.all_washed and tacked and gained and not one.used else loss
            group.sell(one, quantity, row.day, (row.sequence, one.purchase), Fraction(lost * quantity))
            one.label, one.kept = place, row.none_washed
            due -= quantity


def _left(
    purchases: Sequence[_Bought],
    trades: Sequence[TradeRow],
    of_sell: Sequence[_Bought | None],
    group: Group,
    today: int,
) -> Past:
    result = Past()
    for one in purchases:
        for lot in one.lots:
            result.purchase[lot.account_id, lot.lot_id] = one.purchase
        if one.purchase.acquired >= today - WINDOW:
            _unused(result, one, [shares for shares in group.bought if shares.purchase == one.purchase])
    for place, row in enumerate(trades):
        if not row.buy and row.day >= today - WINDOW:
            _open_loss(result, group, place, row, of_sell[place])
    result.losses.sort(key=lambda loss: (loss.sold, loss.turn))
    return result


def _unused(result: Past, one: _Bought, shares: Sequence[Shares]) -> None:
    """Shares that have replaced nothing: in lots not tacked, the last of a split lot's pieces first; or elsewhere."""
    free = [piece for piece in shares if not piece.used and piece.replaced_on is None]
    unused = sum(piece.quantity for piece in free if piece.sold == HELD)
    open_lots = [lot for lot in one.lots if not lot.tacked]
    in_lots = min(unused, sum(lot.quantity for lot in open_lots))
    away = 0 if one.exchanged else min(unused - in_lots, one.quantity - one.sold - one.held)
    for lot in sorted(open_lots, key=lambda lot: lot.lot_id, reverse=True):
        result.unused[lot.account_id, lot.lot_id] = min(in_lots, lot.quantity)
        in_lots -= min(in_lots, lot.quantity)
    for quantity, sold in [(away, HELD), *((piece.quantity, piece.sold) for piece in free if piece.sold < HELD)]:
        if quantity:
            shares_away = Shares(one.owner, one.purchase, quantity, one.purchase.acquired, sold=sold)
            shares_away.lost = Fraction(_GAIN * quantity)  # what they gained is not told: their sale becomes no loss
            result.elsewhere.append(shares_away)


def _open_loss(result: Past, group: Group, place: int, row: TradeRow, of: _Bought | None) -> None:
    """What is left of a sale's loss.

    Where `activity` tells what was disallowed, the whole loss is that less the gain; else the gain is of the shares
    that nothing had replaced by the end of the day.
    """
    every = [loss for loss in group.losses if loss.label == place and loss.owner.taxable]
    left = sum(loss.quantity for loss in every if loss.replaced_on is None)
    if not left or row.all_washed:
        return
    if row.gain is None:
        result.unknown_loss = True
        return
    later = sum(loss.quantity for loss in every if loss.replaced_on is not None and loss.replaced_on > row.day)
    quantity = left + later if row.disallowed is None else row.quantity
    lost = Fraction(((row.disallowed or 0) - row.gain) * left, quantity)
    first = every[0]
    start = row.start if row.start is not None else row.day if of is None else of.purchase.acquired
    result.losses.append(Shares(first.owner, first.purchase, left, start, place, lost, row.day, first.turn, told=True))

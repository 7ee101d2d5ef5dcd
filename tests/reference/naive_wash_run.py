"""What the trades of a run disallow and take up, in one household and wash group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, NamedTuple

from tests.reference.naive_wash_past import LotRow, Past, whole
from tests.reference.naive_wash_shares import WINDOW, Group, Owner, Purchase, Shares

_LAST: Final = 1 << 62
"""The run trades after everything that `activity` tells of the day."""


class RunRow(NamedTuple):
    """What the run sells of a lot, or buys of a security (`lot_id` null); micro-shares, cents.

    `place` is the first of its rows in `trades`, `rows` their number.
    """

    account_id: str
    security_id: str
    lot_id: str | None
    place: int
    rows: int
    quantity: int
    amount: int
    basis: int


@dataclass
class WashedSale:
    """What wash sales make of a lot's sale: cents, in as many `pieces`.

    `hops`: by how many sales the losses that it took up came, in sum; `starts` where its holding periods began.
    """

    disallowed: Fraction = Fraction(0)
    disallowed_shares: int = 0
    pieces: int = 0
    absorbed: Fraction = Fraction(0)
    hops: int = 0
    starts: list[int] = field(default_factory=list)


class WashedBuy(NamedTuple):
    """An earlier loss, or part of one, that a purchase of the run takes away: cents, days sold and held since."""

    account_id: str
    security_id: str
    lost: Fraction
    sold: int
    start: int


def count(
    owners: Mapping[str, Owner], lots: Sequence[LotRow], then: Past, trades: Sequence[RunRow], today: int
) -> tuple[dict[tuple[str, str], WashedSale], list[WashedBuy]]:
    """Washed sales by (account, lot), and the earlier losses taken away.

    Within the run purchases come in the order in which accounts are decided: taxable ones first, then as in `trades`.
    Losses come in the order in which their lots were acquired, then as in `trades`.
    """
    group = Group(losses=list(then.losses))
    sold = {(row.account_id, row.lot_id): row for row in trades if row.lot_id is not None}
    selling = []
    for lot in lots:
        row = sold.get((lot.account_id, lot.lot_id))
        if row is not None or lot.acquired >= today - WINDOW:
            held = _held(owners[lot.account_id], lot, then)
            group.bought += held
            selling += [] if row is None else [(row, lot, held)]
    group.bought += then.elsewhere
    group.bought.sort(key=lambda shares: shares.purchase)
    buys = sorted(
        (row for row in trades if row.lot_id is None), key=lambda row: (not owners[row.account_id].taxable, row.place)
    )
    for row in buys:
        purchase = Purchase(today, (_LAST, row.account_id, row.security_id, ""))
        group.buy(Shares(owners[row.account_id], purchase, row.quantity, today, row))
    for row, lot, held in selling:
        _sell(group, row, lot, held, today, known=(lot.account_id, lot.lot_id) in then.purchase)
    group.close(today)
    return _sales(group), _buys(group)


def _held(owner: Owner, lot: LotRow, then: Past) -> list[Shares]:
    """A lot as the run begins: shares that replace nothing any more first, because a sale takes these first."""
    unused = then.unused.get((lot.account_id, lot.lot_id), 0)
    purchase = then.purchase.get(
        (lot.account_id, lot.lot_id), Purchase(lot.acquired, (-1, lot.account_id, lot.security_id, whole(lot.lot_id)))
    )
    both = ((lot.quantity - unused, True), (unused, False))
    return [Shares(owner, purchase, quantity, lot.start, used=used) for quantity, used in both if quantity > 0]


def _sell(group: Group, row: RunRow, lot: LotRow, held: Sequence[Shares], today: int, *, known: bool) -> None:
    """A sale's gain is as reported, unless its basis is not the lot's: then some of it was taken up from losses.

    `known`: `activity` or the window tells the order of its purchase within the day.
    """
    basis = Fraction(lot.basis * row.quantity, lot.quantity)
    if abs(row.basis - basis) <= row.rows:
        basis = Fraction(row.basis)
    due = row.quantity
    for shares in held:
        quantity = min(due, shares.quantity)
        if quantity:
            lost = (basis - row.amount) * quantity / row.quantity
            bought = shares.purchase if known else Purchase(lot.acquired)
            group.sell(shares, quantity, today, (_LAST, bought, row.place), lost)
            shares.label = row
            due -= quantity


def _sales(group: Group) -> dict[tuple[str, str], WashedSale]:
    found: dict[tuple[str, str], WashedSale] = {}
    for shares in {id(one): one for one in [*group.bought, *group.losses]}.values():
        row = shares.label
        if not isinstance(row, RunRow) or row.lot_id is None:
            continue
        sale = found.setdefault((row.account_id, row.lot_id), WashedSale())
        if shares.replaced_on is not None:
            sale.disallowed += shares.lost
            sale.disallowed_shares += shares.quantity
            sale.pieces += 1
        if shares.source is not None and shares.owner.taxable:
            sale.absorbed += shares.absorbed
            sale.hops += shares.hops
            sale.starts.append(shares.start)
    return found


def _buys(group: Group) -> list[WashedBuy]:
    return [
        WashedBuy(row.account_id, row.security_id, shares.absorbed, shares.source.sold, shares.source.start)
        for shares in group.bought
        if isinstance(row := shares.label, RunRow) and row.lot_id is None and shares.source and shares.source.told
    ]

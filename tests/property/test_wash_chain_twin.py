"""Losses that go on from sale to sale in small pieces are what an exact count of shares makes of them.

The twin counts in fractions of a cent (`naive_wash_shares`), the kernels in cents, to which half a cent of loss or less
is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import NamedTuple

from tests.reference.naive_history import Account, Event, History
from tests.reference.naive_wash_shares import HELD, Group, Owner, Purchase, Shares
from tests.support.ledger_checks import check_identities
from tests.support.replayed import EPOCH, replay_histories
from tests.support.verify_case import long_from

HOUSEHOLDS = 300
DAY = date(2026, 2, 2)
OWNERS = [Owner(name, True, least=Fraction(1, 2)) for name in "AB"]


class Lot(NamedTuple):
    """Bought `ago` days before by account `owner`, and sold, all or in part, on the day; micro-shares, cents."""

    owner: int
    ago: int
    quantity: int
    paid: int
    sold: int
    got: int

    @property
    def basis(self) -> int:
        return (
            self.paid
            if self.sold == self.quantity
            else (2 * self.paid * self.sold + self.quantity) // (2 * self.quantity)
        )


@dataclass
class Sale:
    """What wash sales make of a lot's sale: shares replaced in so many pieces, cents, where holding periods began.

    `long`: shares that are sold long-term.
    """

    shares: int = 0
    long: int = 0
    pieces: int = 0
    disallowed: Fraction = Fraction(0)
    starts: set[int] = field(default_factory=set)


def drawn(random: Random) -> list[Lot]:
    """One or two lots at a loss, often of a part of a share, and lots of the last days that gain little."""
    price, losing = random.randint(3000, 5000), random.choice((1, 1, 2))
    lots = []
    for number in range(random.randint(3, 6)):
        if number < losing:
            ago, dearer = random.choice((3, 20, 100, 200)), random.uniform(0.01, 0.3)
            sizes = random.randint(1, 200_000), random.randint(10_000, 60_000), random.randint(1, 5) * 1_000_000
        else:
            ago, dearer = random.choice((3, 3, 4, 10)), -random.choice((0.002, 0.004, 0.01))
            sizes = random.randint(1, 9) * 100_000, random.randint(100_000, 2_000_000), 1_500_000
        quantity = random.choice(sizes)
        sold = quantity if random.random() < 0.7 else random.randint(1, quantity)
        paid, got = (round(each * size / 1_000_000) for each, size in ((price * (1 + dearer), quantity), (price, sold)))
        lots.append(Lot(random.randrange(2), ago, quantity, paid, sold, got))
    return sorted(lots, key=lambda one: -one.ago)


def as_history(lots: list[Lot]) -> History:
    buys = [
        Event("BUY", DAY - timedelta(lot.ago), lot.owner, 0, lot.quantity, lot.paid, 1, lot=number, purchase=number)
        for number, lot in enumerate(lots)
    ]
    sells = [Event("SELL", DAY, lot.owner, 0, lot.sold, lot.got, 1, lot=number) for number, lot in enumerate(lots)]
    return History([Account(), Account()], [0], [*buys, *sells], "FIFO")


def is_long(start: int) -> bool:
    """Whether shares held from then are sold long-term on the day (Rev. Rul. 66-7)."""
    return long_from(EPOCH + timedelta(start)) <= DAY


def by_kernels(lots: list[Lot], pieces: list[dict[str, int]]) -> list[Sale]:
    sales = [Sale() for _ in lots]
    for piece in pieces:
        if piece["event"] >= len(lots):
            sale = sales[piece["event"] - len(lots)]
            sale.long += piece["quantity"] if is_long(piece["holding_start"]) else 0
            if piece["replaced"]:
                sale.shares += piece["quantity"]
                sale.pieces += 1
                sale.disallowed += piece["disallowed"]
            if piece["source"] >= 0:
                sale.starts.add(piece["holding_start"])
    return sales


def by_twin(lots: list[Lot]) -> list[Sale]:
    group, today = Group(), (DAY - EPOCH).days
    for number, lot in enumerate(lots):
        purchase = Purchase(today - lot.ago, (number, "", "", ""))
        group.buy(Shares(OWNERS[lot.owner], purchase, lot.quantity, today - lot.ago, number))
    for number, lot in enumerate(lots):
        shares = next(one for one in group.bought if one.label == number)
        group.sell(shares, lot.sold, today, (today - lot.ago, number), Fraction(lot.basis - lot.got))
    group.close(today)
    sales = [Sale() for _ in lots]
    for shares in {id(one): one for one in [*group.bought, *group.losses]}.values():
        if shares.sold < HELD and isinstance(shares.label, int):
            sale = sales[shares.label]
            sale.long += shares.quantity if is_long(shares.start) else 0
            if shares.replaced_on is not None:
                sale.shares += shares.quantity
                sale.pieces += 1
                sale.disallowed += shares.lost
            if shares.source is not None:
                sale.starts.add(shares.start)
    return sales


def test_small_pieces_of_a_loss_go_as_far_as_it_reaches() -> None:
    """To the cent a piece, on the same shares, days and terms; but where the last of a lot is used up, and no cent is
    left to divide, a loss may end a sale earlier or later.
    """
    households = [drawn(Random(seed)) for seed in range(HOUSEHOLDS)]
    histories = [as_history(lots) for lots in households]
    same = chains = 0
    for lots, history, outcome in zip(households, histories, replay_histories(histories), strict=True):
        check_identities(history, outcome.pieces)
        found, right = by_kernels(lots, outcome.pieces), by_twin(lots)
        alike = [
            (one.shares, one.long, one.starts) == (other.shares, other.long, other.starts)
            for one, other in zip(found, right, strict=True)
        ]
        near = [abs(one.disallowed - other.disallowed) <= one.pieces for one, other in zip(found, right, strict=True)]
        same += all(alike) and all(near)
        chains += sum(one.pieces for one in found) > 10
    assert same >= 0.95 * HOUSEHOLDS
    assert chains >= HOUSEHOLDS / 3

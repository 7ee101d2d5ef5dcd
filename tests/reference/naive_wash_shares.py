"""Shares that replace shares sold at a loss: the count behind the wash-sale rules.

IRC §1091, Reg. §1.1091-1(b) to (e), Rev. Rul. 56-602. Whole micro-shares; money in exact fractions of a cent, so that
nothing is lost where shares are cut.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

WINDOW: Final = 30
"""Days before a sale, and after it, both ends in (§1091(a))."""
HELD: Final = 1 << 40
"""The day on which shares are sold that are not."""


@dataclass(frozen=True)
class Owner:
    """An account, and how its settings decide the unsettled points: True where such shares replace its losses.

    `least`: cents that a sale must lose more of to be a loss.
    """

    account_id: str
    taxable: bool
    before_lot: bool = True
    same_day: bool = True
    sold_earlier: bool = False
    tack_by_date: bool = False
    least: Fraction = Fraction(0)


@dataclass(frozen=True, order=True)
class Purchase:
    """What was bought at once; in order of purchase. Its own shares do not replace each other."""

    acquired: int
    place: tuple[int, str, str, str] = (0, "", "", "")


@dataclass(eq=False)
class Shares:
    """Micro-shares of one fate; days are ordinals.

    `lost` is the loss on them once they are sold, in cents, negative for a gain. `turn` is the order of disposition
    within the day, `label` whatever the caller knows them by. `told` losses were sold before the trades now counted.
    `kept` losses are known to have been replaced by nothing up to the end of their day.
    """

    owner: Owner
    purchase: Purchase
    quantity: int
    start: int
    label: object = None
    lost: Fraction = Fraction(0)
    sold: int = HELD
    turn: tuple[object, ...] = ()
    told: bool = False
    kept: bool = False
    used: bool = False
    source: Shares | None = None
    replaced_on: int | None = None
    absorbed: Fraction = Fraction(0)

    @property
    def is_loss(self) -> bool:
        """Sold at a loss that nothing has replaced yet."""
        owner = self.owner
        return self.sold < HELD and self.replaced_on is None and owner.taxable and self.lost > owner.least

    @property
    def hops(self) -> int:
        """By how many sales the loss that they took up came to them."""
        return 0 if self.source is None else 1 + self.source.hops


@dataclass
class Group:
    """One household and wash group: `bought` in order of acquisition, `losses` in order of disposition."""

    bought: list[Shares] = field(default_factory=list)
    losses: list[Shares] = field(default_factory=list)

    def buy(self, shares: Shares) -> None:
        """A purchase replaces losses of earlier days as it happens, in order of disposition."""
        self.bought.append(shares)
        left: Shares | None = shares
        for loss in self.losses:
            earlier = loss.told or loss.sold < shares.purchase.acquired
            if left is not None and earlier and loss.is_loss and replaces(loss, left):
                left = self._match(loss, left)[1]

    def sell(self, shares: Shares, quantity: int, day: int, turn: tuple[object, ...], lost: Fraction) -> None:
        """Sell so many of the shares on `day`, for `lost` cents less than they cost. The rest is held."""
        self.cut(shares, quantity)
        shares.sold, shares.turn, shares.lost = day, turn, lost
        if shares.is_loss:
            self._remember(shares)

    def close(self, day: int) -> None:
        """Match the losses of a day, at its end, with what was bought before and on it.

        Where a sale becomes a loss by taking one up, the first loss in order of disposition goes on, maybe that one; it
        may be of an earlier day.
        """
        place, turned = 0, False
        while place < len(self.losses):
            loss = self.losses[place]
            due = (loss.sold == day or turned) and not (loss.told or loss.kept) and loss.is_loss
            again = due and self._seek(loss)
            turned |= again
            place = 0 if again else place + 1

    def cut(self, shares: Shares, quantity: int) -> Shares | None:
        """Leave so many in `shares`; the rest follows them wherever they stand, in proportion."""
        if quantity == shares.quantity:
            return None
        share = Fraction(quantity, shares.quantity)
        lost, absorbed = shares.lost * share, shares.absorbed * share
        rest = replace(
            shares,
            quantity=shares.quantity - quantity,
            lost=shares.lost - lost,
            absorbed=shares.absorbed - absorbed,
        )
        shares.quantity, shares.lost, shares.absorbed = quantity, lost, absorbed
        for stand in (self.bought, self.losses):
            places = [place for place, one in enumerate(stand) if one is shares]
            for place in places:
                stand.insert(place + 1, rest)
        return rest

    def _seek(self, loss: Shares) -> bool:
        """Match a loss with every purchase that replaces it, until a sale becomes a loss by it; whether one does."""
        left: Shares | None = loss
        for bought in self.bought:
            if left is not None and replaces(left, bought):
                known = bought.is_loss
                left = self._match(left, bought)[0]
                if bought.is_loss and not known:
                    self._remember(bought)
                    return True
        return False

    def _match(self, loss: Shares, bought: Shares) -> tuple[Shares | None, Shares | None]:
        """Replace as many shares as both have; returns what is left of each.

        The basis goes up by the loss (§1091(d)) and the holding period tacks (§1223(3)); in a retirement account
        neither, and the loss is gone (Rev. Rul. 2008-5).
        """
        size = min(loss.quantity, bought.quantity)
        left = self.cut(loss, size), self.cut(bought, size)
        loss.replaced_on = bought.purchase.acquired
        bought.used, bought.source = True, loss
        bought.absorbed = loss.lost
        if bought.owner.taxable:
            bought.lost += loss.lost
            held = loss.sold - loss.start
            start = loss.start if loss.owner.tack_by_date else bought.purchase.acquired - held
            bought.start = min(bought.start, start)
        return left

    def _remember(self, loss: Shares) -> None:
        place = len(self.losses)
        while place > 0 and _turn(loss) < _turn(self.losses[place - 1]):
            place -= 1
        self.losses.insert(place, loss)


def replaces(loss: Shares, bought: Shares) -> bool:
    """Whether shares of a purchase replace those of a loss."""
    if bought.used or bought.replaced_on is not None or bought.purchase == loss.purchase:
        return False
    if abs(bought.purchase.acquired - loss.sold) > WINDOW:
        return False
    if bought.purchase.acquired < loss.purchase.acquired and not loss.owner.before_lot:
        return False
    if bought.sold == loss.sold:
        return loss.owner.same_day
    return bought.sold > loss.sold or loss.owner.sold_earlier


def _turn(loss: Shares) -> tuple[int, tuple[object, ...]]:
    return loss.sold, loss.turn

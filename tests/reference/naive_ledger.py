"""Twin of `kernels.replay`: a household's history, share by share.

Every share is an object. Shares are whole and cost whole cents, so nothing is rounded. After each purchase and at the
end of each day, the first loss in order of disposition takes the first share that may replace it, again and again,
until none does (IRC §1091, Reg. §1.1091-1).
"""

from __future__ import annotations

import bisect
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from tests.reference.naive_history import SHARE, Event, History

WINDOW = timedelta(days=30)


@dataclass(eq=False, slots=True)
class Share:
    """A share, or, once sold, the part of one that a later split makes a share of its own."""

    lot: int | None
    purchase: int | None
    account: int
    security: int
    basis: int
    acquired: date
    holding_start: date
    name: str = ""
    spun: int | None = None
    washed: bool = False
    quantity: int = SHARE  # micro-shares, as sold
    sale: int | None = None  # number of the event
    sold: date | None = None
    batch: int = 0
    proceeds: int = 0
    disallowed: int = 0
    replaced: bool = False
    source: int | None = None
    absorbed: int = 0
    match: int = 0  # which match gave it the loss that it absorbed

    def piece(self) -> tuple[Any, ...]:
        """Equal for shares that are alike."""
        return self.lot, self.purchase, self.spun, self.name, self.sale, self.match, self.account, self.security


def long_term(holding_start: date, sold: date) -> bool:
    """More than one year, the day of purchase not counted: from the same date next year, a day on."""
    begins = holding_start + timedelta(days=1)
    leap = (begins.month, begins.day) == (2, 29)
    return sold >= (date(begins.year + 1, 3, 1) if leap else begins.replace(year=begins.year + 1))


class Household:
    """Shares by what they are: held in a security of an account, bought, sold at a loss, disposed of."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.accounts, self.groups = history.accounts, history.groups
        self.held: dict[tuple[int, int], list[Share]] = {}
        self.bought: list[Share] = []
        self.losses: list[Share] = []
        self.gone: list[Share] = []
        self.today: date | None = None
        self.matches = 0

    def happen(self, number: int, event: Event) -> None:
        """The next event, the `number`-th of the history."""
        if event.kind in ("OPEN", "LOSS"):
            self._enter(number, event)
            return
        assert event.old == 1
        self.start(event.day)
        if event.kind == "BUY":
            self._replace(self._enter(number, event), event.day)
        else:
            getattr(self, "_" + event.kind.lower())(number, event)

    def start(self, day: date) -> None:
        """Close the day before, if it is another."""
        if self.today not in (None, day):
            self.close()
        self.today = day

    def close(self) -> None:
        """The day's losses meet all that was bought."""
        self._replace(self.bought, None)

    # What opens and ends lots.

    def _hold(self, shares: list[Share], account: int, security: int) -> None:
        held = self.held.setdefault((account, security), [])
        for share in shares:
            share.account, share.security = account, security
        held += shares
        held.sort(key=lambda share: share.acquired)  # stable

    def _enter(self, number: int, event: Event) -> list[Share]:
        count, price = event.quantity // SHARE, event.amount * SHARE // event.quantity
        assert count * SHARE == event.quantity
        assert count * price == event.amount
        acquired = event.acquired or event.day
        entered = [
            Share(
                event.lot,
                event.purchase,
                event.account,
                event.security,
                price,
                acquired,
                event.holding_start or acquired,
                washed=event.washed,
            )
            for _ in range(count)
        ]
        if event.kind == "LOSS":
            for share in entered:
                self._dispose(share, number, event, 0)
        else:
            self.bought += entered
            self._hold(entered, event.account, event.security)
        return entered

    def _dispose(self, share: Share, number: int, event: Event, price: int) -> None:
        share.sale, share.sold, share.batch, share.proceeds = number, event.day, event.batch, price
        self.gone.append(share)
        self._note_loss(share)

    def _note_loss(self, share: Share) -> None:
        """In order of disposition; then, within a batch, in order of acquisition."""
        if self.accounts[share.account].taxable and share.basis > share.proceeds and share not in self.losses:
            order = lambda loss: (loss.sold, loss.batch, loss.acquired, loss.purchase)  # noqa: E731
            bisect.insort(self.losses, share, key=order)

    def _sell(self, number: int, event: Event) -> None:
        held = self.held.get((event.account, event.security), [])
        count, price = event.quantity // SHARE, event.amount * SHARE // event.quantity
        assert count * SHARE == event.quantity
        assert count * price == event.amount
        sold = self._order(event, price, held)[:count]
        assert len(sold) == count, "sold more than is held"
        for share in sold:
            held.remove(share)
            self._dispose(share, number, event, price)

    def _order(self, event: Event, price: int, held: list[Share]) -> list[Share]:
        """What is held, in the order in which a sale takes it."""
        pieces = [list(like) for _, like in groupby(held, Share.piece)]
        method = self.history.method
        if event.lot is not None:
            named = event.name + "."
            pieces = [piece for piece in pieces if piece[0].lot == event.lot]
            pieces = [piece for piece in pieces if (piece[0].name + ".").startswith(named)]
            pieces.sort(key=lambda piece: not piece[0].washed)
        elif method == "LIFO":
            pieces.reverse()
        elif method == "HIFO":
            pieces.sort(key=lambda piece: -piece[0].basis)
        elif method == "LEAST_TAX":
            pieces.sort(key=lambda piece: self._tax(piece[0], price, event.day))
        return [share for piece in pieces for share in piece]

    def _tax(self, share: Share, price: int, day: date) -> float:
        rate = self.history.lt_rate if long_term(share.holding_start, day) else self.history.st_rate
        return rate * (price - share.basis)

    # Wash sales.

    def _replace(self, candidates: list[Share], bought: date | None) -> None:
        """Losses take candidates until none can: losses before the day of purchase, or else all but those of old."""
        again = True
        while again:
            again = False
            hopeless = set()
            for loss in self.losses:
                if loss.replaced or loss.piece() in hopeless:
                    continue
                of_old = self.history.events[loss.sale].kind == "LOSS"
                if (of_old or loss.sold < bought) if bought else not of_old:
                    share = next((share for share in candidates if self._may_replace(share, loss)), None)
                    if share:
                        self._match(loss, share)
                        again = True
                        break
                hopeless.add(loss.piece())

    def _may_replace(self, share: Share, loss: Share) -> bool:
        policy = self.accounts[loss.account]
        if share.washed or share.replaced or share.purchase == loss.purchase:
            return False
        if self.groups[share.security] != self.groups[loss.security]:
            return False
        if not loss.sold - WINDOW <= share.acquired <= loss.sold + WINDOW:
            return False
        if policy.ignore_before_lot and share.acquired < loss.acquired:
            return False
        if share.sold == loss.sold:
            return not policy.ignore_same_day
        return share.sold is None or share.sold > loss.sold or policy.count_sold_earlier

    def _match(self, loss: Share, share: Share) -> None:
        """As many shares like the one as there are like the other."""
        losses = [other for other in self.losses if not other.replaced and other.piece() == loss.piece()]
        like = share.piece()
        shares = [other for other in self.bought if not other.washed and not other.replaced and other.piece() == like]
        self.matches += 1
        if share.sale is None and len(losses) < len(shares):
            for place, other in enumerate(shares):
                other.name += ".1" if place < len(losses) else ".2"
        for one, other in zip(losses, shares, strict=False):
            self._disallow(one, other)

    def _disallow(self, loss: Share, share: Share) -> None:
        amount = loss.basis - loss.proceeds
        loss.disallowed, loss.replaced = amount, True
        share.washed, share.source, share.absorbed, share.match = True, loss.sale, amount, self.matches
        if self.accounts[share.account].taxable:
            share.basis += amount
            held = timedelta(0) if self.accounts[loss.account].tack_by_date else loss.sold - share.acquired
            share.holding_start = min(share.holding_start, loss.holding_start - held)
        if share.sale is not None:
            self._note_loss(share)

    # Corporate actions.

    def _split(self, number: int, event: Event) -> None:
        """Held shares become `ratio` shares, sold ones `ratio` parts, each a share to the law."""
        place = (event.account, event.security)
        parts = {
            share: _parts(share, event.ratio)
            for share in {*self.held.get(place, []), *self.bought, *self.gone}
            if (share.account, share.security) == place and share.quantity
        }
        for shares in (*self.held.values(), self.bought, self.losses, self.gone):
            shares[:] = [part for share in shares for part in parts.get(share, [share])]

    def _book_gain(self, number: int, event: Event, share: Share, cash: int, gain: int) -> None:
        row = replace(share, quantity=0, sale=number, sold=event.day, proceeds=cash, basis=cash - gain)
        row.source, row.absorbed = None, 0
        self.gone.append(row)

    def _return_of_capital(self, number: int, event: Event) -> None:
        for share in self.held.get((event.account, event.security), []):
            gain = max(event.amount - share.basis, 0)
            if gain:
                self._book_gain(number, event, share, gain, gain)
            share.basis -= event.amount - gain

    def _symbol(self, number: int, event: Event) -> None:
        self._hold(self.held.pop((event.account, event.security), []), event.account, event.target)

    def _merger(self, number: int, event: Event) -> None:
        old = self.held.get((event.account, event.security), [])
        if event.target is None:
            if old:
                count = len(old)
                self._sell(number, replace(event, quantity=count * SHARE, amount=count * event.amount))
            return
        for share in old:
            if event.amount:
                gain = min(event.amount, max(event.ratio * event.price + event.amount - share.basis, 0))
                self._book_gain(number, event, share, event.amount, gain)
                share.basis -= event.amount - gain
            share.washed = True
        old[:] = [part for share in old for part in _parts(share, event.ratio)]
        self._symbol(number, event)

    def _spin_off(self, number: int, event: Event) -> None:
        received = []
        for share in self.held.get((event.account, event.security), []):
            moved = share.basis // event.parts
            share.basis -= moved
            for _ in range(event.ratio):
                spun = replace(share, basis=moved // event.ratio, spun=number, washed=True, source=None, absorbed=0)
                received.append(spun)
        self._hold(received, event.account, event.target)

    def result(self) -> tuple[Counter, Counter]:
        """What was realised and what is held: sums by all that tells two shares apart."""
        realised, held = Counter(), Counter()
        for share in self.gone:
            _add(realised, share, share.sold, long_term(share.holding_start, share.sold))
        for shares in self.held.values():
            for share in shares:
                _add(held, share, None, False)
        return realised, held


def _parts(share: Share, ratio: int) -> list[Share]:
    """Equal parts of a share, itself the first; each is a whole share where it is held."""
    if share.sale is not None:
        share.quantity //= ratio
    for field in ("basis", "proceeds", "disallowed", "absorbed"):
        amount = getattr(share, field)
        assert amount % ratio == 0
        setattr(share, field, amount // ratio)
    return [share, *(replace(share) for _ in range(ratio - 1))]


def _add(sums: Counter, share: Share, sold: date | None, is_long: bool) -> None:
    key = (
        share.sale,
        share.lot,
        share.name,
        share.spun,
        share.purchase,
        (share.account, share.security),
        share.acquired,
        share.holding_start,
        sold,
        is_long,
        share.replaced,
        share.washed,
        share.source,
    )
    for field in ("quantity", "basis", "proceeds", "disallowed", "absorbed"):
        sums[(*key, field)] += getattr(share, field)


def replay(history: History) -> Household:
    household = Household(history)
    for number, event in enumerate(history.events):
        household.happen(number, event)
    household.close()
    return household

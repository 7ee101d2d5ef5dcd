"""Random histories of a household, whole shares at whole dollars, for the twin and for the kernels.

The twin is carried along while a history is drawn, so that what is sold is held and a piece that is named exists.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from tests.reference.naive_history import SHARE, Account, Event, History
from tests.reference.naive_ledger import Household

START = date(2023, 6, 1)
METHODS = ("FIFO", "FIFO", "LIFO", "HIFO", "LEAST_TAX")
GAPS = (0, 1, 1, 2, 3, 5, 8, 12, 15, 20, 29, 30, 31)
"""Days between days of trading; now and then a year goes by."""


class Drawing:
    """A history as it is drawn, event by event."""

    def __init__(self, random: Random, actions: bool) -> None:
        self.random = random
        flags = [random.random() < 0.15 for _ in range(4)]
        accounts = [Account(random.random() < 0.8, *flags) for _ in range(random.choice((1, 1, 2, 3)))]
        groups = [random.randrange(2) if random.random() < 0.5 else 0 for _ in range(random.choice((1, 1, 2, 3)))]
        history = History(accounts, groups, [], random.choice(METHODS))
        self.history = history
        self.household = Household(history)
        self.prices = [random.randrange(20, 61) for _ in groups]
        self.purchases = 0
        self.day = START
        self.actions = 2 if actions else 0

    def add(self, event: Event) -> None:
        self.household.happen(len(self.history.events), event)
        self.history.events.append(event)

    def some_day(self) -> None:
        random = self.random
        self.day += timedelta(days=random.choice(GAPS) if random.random() < 0.97 else random.randrange(360, 370))
        for security, price in enumerate(self.prices):
            self.prices[security] = max(price + random.randrange(-6, 6), 1)

    def purchase(self) -> int:
        self.purchases += 1
        return self.purchases - 1

    def opening(self) -> None:
        """Lots and losses from before the first trade."""
        random = self.random
        lots, losses = [], []
        for _ in range(random.choice((0, 0, 1, 2))):
            acquired = START - timedelta(days=random.choice((1, 5, 20, 30, 100, 366)))
            start = acquired - timedelta(days=random.choice((0, 0, 40)))
            lots.append((acquired, start, random.random() < 0.3))
        for acquired, start, washed in sorted(lots):
            account, security, quantity = self._somewhere()
            lot = self.purchase()
            amount = self._amount(quantity, security)
            self.add(
                Event("OPEN", START, account, security, quantity, amount, 0, lot, "", lot, acquired, start, washed)
            )
        for _ in range(random.choice((0, 0, 0, 1))):
            losses.append(START - timedelta(days=random.choice((1, 10, 25, 30))))
        for day in sorted(losses):
            account, security, quantity = self._somewhere()
            # The shares sold came of an older purchase, or of the one of which a lot is still held.
            purchase = self.random.randrange(self.purchases) if self.purchases else self.purchase()
            acquired = day - timedelta(days=random.choice((3, 50, 400)))
            if self.history.accounts[account].taxable:
                amount = quantity // SHARE * 100 * random.randrange(1, 9)
                self.add(Event("LOSS", day, account, security, quantity, amount, 0, None, "", purchase, acquired))

    def _somewhere(self) -> tuple[int, int, int]:
        random = self.random
        account, security = random.randrange(len(self.history.accounts)), random.randrange(len(self.prices))
        return account, security, random.choice((1, 2, 3, 3, 4, 6)) * SHARE

    def _amount(self, quantity: int, security: int) -> int:
        return quantity // SHARE * self.prices[security] * 100

    def buy(self, batch: int) -> None:
        account, security, quantity = self._somewhere()
        lot = self.purchase()
        amount = self._amount(quantity, security)
        self.add(Event("BUY", self.day, account, security, quantity, amount, batch, lot, "", lot))

    def sell(self, batch: int) -> bool:
        """Of what is held; False where nothing is."""
        random = self.random
        self.household.start(self.day)
        held = [(place, shares) for place, shares in self.household.held.items() if shares]
        if not held:
            return False
        (account, security), shares = random.choice(held)
        lot, name = None, ""
        if random.random() < 0.4:
            share = random.choice(shares)
            lot, name = share.lot, share.name
            while name and random.random() < 0.5:
                name = name[:-2]
            parts = [other for other in shares if other.lot == lot]
            shares = [other for other in parts if (other.name + ".").startswith(name + ".")]
        quantity = min(random.choice((1, 2, 3, 4, 6, 99)), len(shares)) * SHARE
        amount = self._amount(quantity, security)
        self.add(Event("SELL", self.day, account, security, quantity, amount, batch, lot, name))
        return True

    def trades(self) -> None:
        """A day's trades, in a known order or, buys first, in none."""
        self.some_day()
        if self.actions and self.random.random() < 0.15:
            self.act()
        sells = [self.random.random() < 0.5 for _ in range(self.random.choice((1, 1, 2, 3)))]
        ordered = self.random.random() < 0.5
        for number, sale in enumerate(sells if ordered else sorted(sells), 1):
            batch = number if ordered else 1
            if not sale or not self.sell(batch):
                self.buy(batch)

    def act(self) -> None:
        """A corporate action on the same security in every account."""
        self.actions -= 1
        random, security = self.random, self.random.randrange(len(self.prices))
        kind = random.choice(("SPLIT", "SPLIT", "RETURN_OF_CAPITAL", "SYMBOL", "MERGER", "SPIN_OFF"))
        event = Event(kind, self.day, 0, security)
        if kind in ("SYMBOL", "MERGER", "SPIN_OFF"):
            same = kind == "SYMBOL"
            self.history.groups.append(self.history.groups[security] if same else random.randrange(2))
            self.prices.append(self.prices[security])
            event = replace(event, target=len(self.prices) - 1)
        if kind == "SPLIT":
            event = replace(event, ratio=random.choice((2, 5)))
        elif kind == "RETURN_OF_CAPITAL":
            event = replace(event, amount=100 * random.randrange(1, 40))
        elif kind == "MERGER":
            target = event.target if random.random() < 0.7 else None
            amount = 100 * random.randrange(1, 40) if target is None or random.random() < 0.5 else 0
            event = replace(event, target=target, amount=amount, price=100 * random.randrange(1, 60), ratio=1)
            if target is not None and random.random() < 0.5:
                event = replace(event, ratio=2)
        elif kind == "SPIN_OFF":
            event = replace(event, parts=2)
        for account in range(len(self.history.accounts)):
            self.add(replace(event, account=account))


def draw_history(random: Random, trades: int = 12, *, actions: bool = False) -> tuple[History, Household]:
    """At least so many trades in one to three accounts, and what the twin makes of them."""
    drawing = Drawing(random, actions)
    drawing.opening()
    count = 0
    while count < trades:
        before = len(drawing.history.events)
        drawing.trades()
        count += sum(event.kind in ("BUY", "SELL") for event in drawing.history.events[before:])
    drawing.household.close()
    return drawing.history, drawing.household

"""Random histories in micro-shares and odd cents, where every part of money is rounded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from tests.reference.naive_history import Account, Event, History
from tests.support.histories import GAPS, METHODS, START


@dataclass
class _Drawing:
    """What is held is counted by lot where sales name lots, by position otherwise."""

    random: Random
    history: History
    named: bool
    left: dict[tuple[int, int, int | None], int] = field(default_factory=dict)
    day: date = START
    purchases: int = 0

    def add(self, kind: str, account: int, security: int, **given: int) -> None:
        self.history.events.append(Event(kind, self.day, account, security, **given))

    def quantity(self) -> int:
        random = self.random
        return random.choice((random.randrange(1, 100), random.randrange(1, 9_000_000), 2_000_000))

    def amount(self, quantity: int) -> int:
        """About 40 dollars a share; as little as nothing for a few micro-shares."""
        return round(quantity * self.random.uniform(30, 50) / 10_000)

    def buy(self, batch: int) -> None:
        account = self.random.randrange(len(self.history.accounts))
        security = self.random.randrange(len(self.history.groups))
        quantity, lot = self.quantity(), self.purchases
        self.purchases += 1
        key = (account, security, lot if self.named else None)
        self.left[key] = self.left.get(key, 0) + quantity
        amount = self.amount(quantity)
        self.add("BUY", account, security, quantity=quantity, amount=amount, batch=batch, lot=lot, purchase=lot)

    def sell(self, batch: int) -> bool:
        held = [key for key, quantity in self.left.items() if quantity]
        if not held:
            return False
        key = self.random.choice(held)
        left = self.left[key]
        quantity = self.random.choice((left, (left + 1) // 2, self.random.randint(1, left)))  # halves of cents too
        self.left[key] -= quantity
        account, security, lot = key
        self.add("SELL", account, security, quantity=quantity, amount=self.amount(quantity), batch=batch, lot=lot)
        return True

    def trades(self) -> int:
        random = self.random
        self.day += timedelta(days=random.choice(GAPS))
        sells = [random.random() < 0.6 for _ in range(random.choice((1, 2, 3, 4)))]
        ordered = random.random() < 0.4
        for number, sale in enumerate(sells if ordered else sorted(sells), 1):
            batch = number if ordered else 1
            if not sale or not self.sell(batch):
                self.buy(batch)
        return len(sells)

    def act(self) -> None:
        """An action of odd ratio on one security in every account; after the last trade, since it rounds shares."""
        random = self.random
        self.day += timedelta(days=random.choice(GAPS))
        security = random.randrange(len(self.history.groups))
        kind = random.choice(("SPLIT", "SPLIT", "MERGER", "SPIN_OFF", "SYMBOL"))
        cash = random.choice((0, 3999, 4321))
        given = {"amount": cash if kind != "SYMBOL" else 0}
        if kind != "SYMBOL":
            given |= {"ratio": random.randrange(1, 8), "old": random.randrange(1, 8)}
        if kind != "SPLIT":
            self.history.groups.append(self.history.groups[security] if kind == "SYMBOL" else random.randrange(2))
            given["target"] = len(self.history.groups) - 1
        if kind == "SPIN_OFF":
            given["parts"] = random.choice((3, 7))
        if kind == "MERGER":
            given["price"] = 4567
        for account in range(len(self.history.accounts)):
            self.add(kind, account, security, **given)


def draw_fractional(random: Random, *, named: bool, actions: bool) -> History:
    """At least 12 trades in one to three accounts; all sales name their lot, or none does."""
    flags = [random.random() < 0.15 for _ in range(4)]
    accounts = [Account(random.random() < 0.8, *flags) for _ in range(random.choice((1, 2, 3)))]
    groups = [random.randrange(2) for _ in range(random.choice((1, 2)))]
    drawing = _Drawing(random, History(accounts, groups, [], random.choice(METHODS)), named)
    trades = 0
    while trades < 12:
        trades += drawing.trades()
    for _ in range(2 if actions else 0):
        drawing.act()
    return drawing.history

"""Twin of `kernels.twin`: the tax-blind account name by name, in fractions of its value, orders found by trying them.

Quantities are micro-shares, prices micro-dollars, money cents; restrictions are already what they say of each name.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.reference.naive_lots import relieve
from tests.reference.naive_money import amount_cents

SHARE = 1_000_000
NOISE = 1e-11


@dataclass
class Lot:
    quantity: int
    basis: int
    acquired: int
    long_term: bool
    locked: bool = False


@dataclass
class Name:
    price: int
    target: float = 0.0
    lots: list[Lot] = field(default_factory=list)
    spread: float = 2e-4
    fractional: bool = False
    tradable: bool = True
    never_buy: bool = False
    never_sell: bool = False
    sell_out: bool = False
    least: float = 0.0
    most: float = math.inf
    goal: float = 0.0
    order: int = 0

    @property
    def position(self) -> int:
        return sum(lot.quantity for lot in self.lots)

    @property
    def sellable(self) -> int:
        if self.never_sell or not self.tradable:
            return 0
        free = sum(lot.quantity for lot in self.lots if not lot.locked)
        return free if free == self.position else free // SHARE * SHARE


@dataclass
class Account:
    cash: int
    outflow: int
    names: dict[str, Name]
    cash_target: float
    cash_min: float
    cash_max: float
    drift_band: float
    min_trade_usd: float
    min_position_usd: float
    max_turnover: float | None

    @property
    def value(self) -> float:
        return self.cash / 100 + sum(self.usd(name, name.position) for name in self.names.values())

    def usd(self, name: Name, quantity: int) -> float:
        return quantity / 1e6 * name.price / 1e6

    def weight(self, name: Name, order: int = 0) -> float:
        return self.usd(name, name.position + order) / self.value

    def bounds(self, name: Name) -> tuple[float, float]:
        held = self.weight(name)
        if not name.tradable:
            return held, held
        high = min(max(1.0, held) if name.target > 0 else held, name.most)
        if name.never_buy:
            high = min(high, held)
        if name.sell_out:
            high = 0.0
        low = max(name.least, self.usd(name, name.position - name.sellable) / self.value)
        return low, max(low, high)

    # The smallest orders.

    def step(self, name: Name) -> int:
        if not name.fractional:
            return SHARE
        return max(math.floor(max(SHARE / (name.price / 1e6), 1e-5 * self.value / (name.price / 1e6) * 1e6)), 1)

    def least_order(self, name: Name) -> int:
        step = self.step(name)
        shares = max(math.ceil(self.min_trade_usd / (name.price / 1e6) * 1e6 / step - 1e-9), 1)
        return step if name.sell_out else shares * step

    def least_position(self, name: Name) -> int:
        return 0 if name.sell_out else math.ceil(self.min_position_usd / (name.price / 1e6) * 1e6 - 1e-9)

    def may_order(self, name: Name, order: int) -> bool:
        step, left = self.step(name), name.position + order
        if order == 0 or (order < 0 and left == 0 and name.sellable == name.position):
            return True
        if order % step or abs(order) < self.least_order(name):
            return False
        if order < 0 and -order > name.sellable:
            return False
        return left >= self.least_position(name)

    def beyond(self, name: Name, order: int) -> int:
        """The next larger sale; the same one where there is none."""
        found = order // self.step(name) * self.step(name)
        if found == order:
            found -= self.step(name)
        while -found <= name.sellable:
            if self.may_order(name, found):
                return found
            found -= self.step(name)
        return -name.position if name.sellable == name.position else order

    def around(self, name: Name) -> tuple[int, int]:
        """The largest order on the way to the goal, and the next one beyond."""
        price, step = name.price / 1e6, self.step(name)
        wanted = (name.goal * self.value - self.usd(name, name.position)) / price * 1e6
        if wanted < 0:
            if -wanted >= name.position * (1 - 1e-6) and self.may_order(name, -name.position):
                return -name.position, -name.position
            low = -math.floor(-wanted / step + 1e-6) * step
            while not self.may_order(name, low):
                low += step
            return low, self.beyond(name, low)
        low = math.floor(wanted / step + 1e-6) * step
        high = low + step
        while not self.may_order(name, low):
            low -= step
        while not self.may_order(name, high):
            high += step
        return max(low, 0), high


def each(account: Account) -> Iterator[Name]:
    yield from (account.names[name] for name in sorted(account.names))


def in_band(account: Account, tracking_error: float) -> bool:
    value, cash = account.value, account.cash / 100
    out = account.outflow / 100
    if not account.cash_min * value + out <= cash <= account.cash_max * value + out:
        return False
    for name in each(account):
        held, (low, high) = account.weight(name), account.bounds(name)
        if abs(held - name.target) > account.drift_band or not low - 1e-9 <= held <= high + 1e-9:
            return False
    return tracking_error <= account.drift_band


def set_goals(account: Account, most: float) -> None:
    names = list(each(account))
    bounds = [account.bounds(name) for name in names]

    def goals(scale: float) -> list[float]:
        return [min(max(name.target * scale, low), high) for name, (low, high) in zip(names, bounds, strict=True)]

    spread = sum(name.spread * abs(goal - account.weight(name)) for name, goal in zip(names, goals(1.0), strict=True))
    invested = min(1 - account.cash_target, most - spread)
    few, many = 0.0, 1.0
    while sum(goals(many)) < invested and many < 1e7:
        many *= 2
    for _ in range(200):
        middle = (few + many) / 2
        few, many = (middle, many) if sum(goals(middle)) < invested else (few, middle)
    wanted = goals(many) if abs(sum(goals(1.0)) - invested) > 1e-12 else goals(1.0)
    for name, goal in zip(names, wanted, strict=True):
        name.goal = goal
    if account.max_turnover is not None:
        sells = account.cash / 100 / account.value > account.cash_target
        changes = [name.goal - account.weight(name) for name in names]
        moved = sum(max(-change if sells else change, 0.0) for change in changes)
        if moved > account.max_turnover:
            for name, change, (low, high) in zip(names, changes, bounds, strict=True):
                part = account.weight(name) + account.max_turnover / moved * change
                name.goal = min(max(part, low), high)


def place_orders(account: Account, tracking_error: float) -> dict[str, int]:
    """Micro-shares of each name that the twin orders, sales negative."""
    for name in each(account):
        name.order = 0
    if in_band(account, tracking_error):
        return dict.fromkeys(account.names, 0)
    most = 1 - account.cash_min - account.outflow / 100 / account.value
    set_goals(account, most)
    for name in each(account):
        if name.goal != account.weight(name):
            name.order = nearest(account, name)
    mend(account, most)
    return {key: name.order for key, name in account.names.items()}


def nearest(account: Account, name: Name) -> int:
    low, high = account.around(name)
    wanted = (name.goal - account.weight(name)) * account.value / (name.price / 1e6) * 1e6
    floor, cap = account.bounds(name)

    def breach(order: int) -> float:
        weight = account.weight(name, order)
        return max(weight - cap, floor - weight, NOISE)

    if breach(low) != breach(high):
        return low if breach(low) < breach(high) else high
    return high if abs(high - wanted) < abs(low - wanted) else low


def mend(account: Account, most: float) -> None:
    while True:
        after = [(account.weight(name, name.order), account.weight(name), name.spread) for name in each(account)]
        missing = sum(weight + spread * abs(weight - held) for weight, held, spread in after) - most
        if missing <= 0:
            return
        can = [name for name in each(account) if smaller(account, name, missing) < name.order]
        if not can:
            return
        chosen = max(can, key=lambda name: account.weight(name, name.order) - name.goal)
        chosen.order = smaller(account, chosen, missing)


def smaller(account: Account, name: Name, missing: float) -> int:
    """The order less an eighth of what is missing, and at least a step; one step where rules forbid that."""
    step, floor = account.step(name), account.bounds(name)[0]
    steps = math.ceil(missing / 8 / (account.usd(name, step) / account.value))
    for wanted in (name.order - steps * step, name.order - step):
        if name.order > 0:
            order = wanted if wanted > 0 and account.may_order(name, wanted) else 0
        else:
            order = sale_up_to(account, name, max(-wanted, account.least_order(name)))
        if account.weight(name, order) >= floor - NOISE:
            return order
    return name.order


def sale_up_to(account: Account, name: Name, most: int) -> int:
    """The largest sale up to `most` that is larger than the order, else the whole position, else the order."""
    whole = -name.position
    if most >= name.sellable and name.sellable == name.position:
        return whole
    sold = min(most, name.sellable) // account.step(name) * account.step(name)
    while sold > -name.order:
        if account.may_order(name, -sold):
            return -sold
        sold -= account.step(name)
    return whole if name.sellable == name.position else name.order


def gains(name: Name, sold: int) -> tuple[int, int]:
    """Cents, short-term and long-term, of selling so much, first in, first out."""
    lots = sorted((lot for lot in name.lots if not lot.locked), key=lambda lot: lot.acquired)
    pieces, left = relieve([(lot.quantity, lot.basis) for lot in lots], sold, name.price)
    assert left == 0
    found = [0, 0]
    for lot, piece in zip(lots, pieces, strict=True):
        found[lot.long_term] += amount_cents(piece.quantity, name.price) - piece.cost
    return found[0], found[1]

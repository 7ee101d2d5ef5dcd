"""The verifier's count of wash sales agrees on random households with its plain twin, and with the engine's.

Neither shares any code with it.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from engine.book.roll import call_roll
from engine.ledger.day import Trades, lots_held, replay_day
from engine.ledger.owners import owners
from engine.ledger.window import recent
from kernels.pieces import LOSS, NONE, SELL
from tests.reference.naive_wash_past import UNORDERED, LotRow, TradeRow, past
from tests.reference.naive_wash_run import RunRow, count
from tests.reference.naive_wash_shares import Owner
from tests.support.hand_book import AS_OF, PRICES, HandBook, Row, before, lot
from tests.support.wash_cases import Buy, Sale, counted

HOUSEHOLDS, CHAINS = 200, 60
CUTS = 4
"""Cents by which rounding may part them: the engine rounds each cut of a lot, the verifier none."""
EPOCH = dt.date(1970, 1, 1)
TODAY = (AS_OF - EPOCH).days
SHARE = 1_000_000
CHOICES = {"wash_before_lot": "ignore", "wash_same_day": "ignore", "wash_sold_earlier": "count"}
Found = dict[tuple[str, ...], float]


def in_order(row: Row) -> tuple[object, ...]:
    """The contract's order of trades, those without `sequence` last, those that name no lot last of them."""
    named = row.get("lot_id") or "~"
    place = UNORDERED if row["sequence"] is None else row["sequence"]
    return row["trade_date"], place, row["side"], row["account_id"], named, row["quantity"]


class Household:
    """Two taxable accounts and an IRA that hold and trade one name, and what the run does with it."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.book = HandBook()
        self.status = {"A": "taxable", "B": "taxable", "I": "deferred"}
        self.settings: dict[str, Row] = {
            account: {name: other for name, other in CHOICES.items() if self.draw.random() < 0.15}
            for account in self.status
        }
        lots = {account: [self.lot(number) for number in range(self.draw.randint(1, 4))] for account in self.status}
        for account, status in self.status.items():
            rows = lots[account]
            self.book.account(account, lots=rows, tax_status=status, household_id="H", **self.settings[account])
            for row in rows:
                if row["acquired"] >= before(60) and self.draw.random() < 0.7:
                    self.purchase(account, row)
        for number in range(self.draw.randint(1, 7)):
            self.sale(self.draw.choice("AABI"), f"GONE{number}")
        self.book.part.get("activity", []).sort(key=in_order)
        self.sells, self.buys = self.run()

    def lot(self, number: int) -> Row:
        days = self.draw.choice([400, 200, 61, self.draw.randint(0, 45), self.draw.randint(0, 31)])
        cost = self.draw.choice([80.0, 110.0, 125.5, 131.37])
        return lot("AAA", self.draw.randint(1, 12), cost, before(days), lot_id=f"L{number}")

    def purchase(self, account: str, row: Row) -> None:
        """The buy of a lot, and sometimes the sale of some of its shares since."""
        sold, days = self.draw.choice([0, 0, 2, 5]), (AS_OF - row["acquired"]).days
        self.trade(account, "BUY", row["quantity"] + sold, days, lot_id=row["lot_id"])
        if sold:
            gain = self.draw.choice([-60.0, -33.37, 12.0])
            self.trade(
                account, "SELL", sold, self.draw.choice([0, self.draw.randint(0, days)]), gain, lot_id=row["lot_id"]
            )

    def sale(self, account: str, name: str) -> None:
        """A sell of the last weeks: of a lot of which nothing is known, or of one bought lately and gone since."""
        quantity, days = self.draw.randint(1, 8), self.draw.randint(0, 62)
        gain = self.draw.choice([-60.0, -33.37, 12.0])
        more: Row = {"lot_id": name} if self.draw.random() < 0.5 else {}
        if self.draw.random() < 0.3:
            more["holding_start"] = before(days + self.draw.choice([20, 500]))
        if self.draw.random() < 0.4:
            more["wash_disallowed"] = self.draw.choice([0.0, 12.0, 44.4])
            gain = gain if more["wash_disallowed"] != 44.4 else 0.0
        if more.get("lot_id") and self.draw.random() < 0.7:
            self.trade(account, "BUY", quantity, days + self.draw.randint(0, 25), lot_id=name)
        self.trade(account, "SELL", quantity, days, gain, **more)

    def trade(
        self, account: str, side: str, quantity: float, days: int, gain: float | None = None, **more: object
    ) -> None:
        sequence = self.draw.choice([None, None, 0, 1, 2**40])
        price = self.draw.choice([PRICES["AAA"], PRICES["AAA"], PRICES["AAA"] - 10.0])
        self.book.traded(account, side, "AAA", quantity, before(days), gain, sequence=sequence, price=price, **more)

    def run(self) -> tuple[list[tuple[str, str, int]], list[tuple[str, int]]]:
        """Sells as (account, lot, shares), buys as (account, shares)."""
        buys = [(one, self.draw.randint(1, 9)) for one in "AB" if self.draw.random() < 0.7]
        sells = [
            (row["account_id"], row["lot_id"], self.draw.randint(1, int(row["quantity"])))
            for row in self.book.part["lots"]
            if self.draw.random() < 0.6
        ]
        return sells, buys


def by_engine(home: Household) -> Found:
    firm, tables = home.book.firm(), home.book.part_tables()
    who = owners(call_roll(firm, tables["accounts"]))
    held, window = lots_held(firm, tables["lots"], who), recent(firm, tables, who)
    names = [(row["account_id"], row["lot_id"]) for row in home.book.part["lots"]]
    place = {name: where for where, name in enumerate(names)}
    ids = list(home.status)
    rows = [(ids.index(one), place[one, name], quantity) for one, name, quantity in home.sells]
    rows += [(ids.index(one), NONE, quantity) for one, quantity in home.buys]
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    security = np.full(len(rows), firm.market.ids.to_pylist().index("AAA"), dtype=np.int32)
    cents = columns[2] * round(PRICES["AAA"] * 100)
    trades = Trades(columns[0], security, columns[1], columns[2] * SHARE, cents, np.zeros(len(rows), np.int64))
    group = firm.market.wash_group
    day = replay_day(who, group, group, held, window, trades, TODAY)
    pieces, kind = day.replayed.pieces, day.events.kind
    found: Counter[tuple[str, ...]] = Counter()
    for k in range(len(pieces.lot)):
        which = int(pieces.lot[k])
        if pieces.event[k] != NONE and kind[pieces.event[k]] == SELL:
            found[("sale", *names[which])] += int(pieces.disallowed[k])
            if who.taxable[ids.index(names[which][0])]:
                found[("absorbed", *names[which])] += int(pieces.absorbed[k])
        elif which >= len(names) and pieces.source[k] != NONE and kind[pieces.source[k]] == LOSS:
            found["buy", ids[rows[which - len(names)][0]]] += int(pieces.absorbed[k])
    return {key: value for key, value in found.items() if value}


Rows = tuple[dict[str, Owner], list[LotRow], list[TradeRow], list[RunRow]]


def rows_of(home: Household) -> Rows:
    """The household as rows of one wash group."""
    who = {
        name: Owner(
            name,
            status == "taxable",
            before_lot="wash_before_lot" not in home.settings[name],
            same_day="wash_same_day" not in home.settings[name],
            sold_earlier="wash_sold_earlier" in home.settings[name],
        )
        for name, status in home.status.items()
    }
    lots = [
        LotRow(
            row["account_id"],
            "AAA",
            row["lot_id"],
            int(row["quantity"]) * SHARE,
            round(row["quantity"] * row["cost_basis"] * 100),
            (row["acquired"] - EPOCH).days,
            (row["acquired"] - EPOCH).days,
            False,
        )
        for row in home.book.part["lots"]
    ]
    activity = [
        TradeRow(
            row["account_id"],
            "AAA",
            row.get("lot_id"),
            int(row["quantity"]) * SHARE,
            (row["trade_date"] - EPOCH).days,
            UNORDERED if row["sequence"] is None else row["sequence"],
            row["side"] == "BUY",
            None if row["realised_gain"] is None else round(row["realised_gain"] * 100),
            round(row["wash_disallowed"] * 100) if "wash_disallowed" in row else None,
            (row["holding_start"] - EPOCH).days if row.get("holding_start") else None,
            price=round(row["price"] * 1e6),
        )
        for row in home.book.part.get("activity", [])
    ]
    cost = {(row.account_id, row.lot_id): (row.basis, row.quantity) for row in lots}
    price = round(PRICES["AAA"] * 100)
    run = []
    for place, (one, name, quantity) in enumerate(home.sells):
        basis, whole = cost[one, name]
        share = round(basis * quantity * SHARE / whole)
        run.append(RunRow(one, "AAA", name, place, 1, quantity * SHARE, quantity * price, share))
    for place, (one, quantity) in enumerate(home.buys, len(run)):
        run.append(RunRow(one, "AAA", None, place, 1, quantity * SHARE, quantity * price, quantity * price))
    return who, lots, activity, run


def by_verifier(home: Household) -> Found:
    sales, buys = counted(*rows_of(home), TODAY)
    found: Counter[tuple[str, ...]] = Counter()
    for key, sale in sales.items():
        found[("sale", *key)] += float(sale.disallowed)
        found[("absorbed", *key)] += float(sale.absorbed)
    for buy in buys:
        found["buy", buy.account_id] += float(buy.lost)
    return {key: value for key, value in found.items() if value}


def test_both_count_the_same() -> None:
    kinds: Counter[str] = Counter()
    for seed in range(HOUSEHOLDS):
        home = Household(seed)
        engine, verifier = by_engine(home), by_verifier(home)
        assert engine.keys() == verifier.keys(), (seed, engine, verifier)
        for key, cents in engine.items():
            assert abs(cents - verifier[key]) < CUTS, (seed, engine, verifier)
        kinds.update({key[0] for key in engine})
    assert all(kinds[kind] >= HOUSEHOLDS // 20 for kind in ("sale", "absorbed", "buy")), kinds


def chain_of(seed: int) -> Rows:
    """Lots of one account, all sold: some at losses that others, which gain little, take up and hand on.

    Its least loss is a number of cents that no share of one comes to: there a float may not be what a fraction is.
    """
    draw = random.Random(seed)
    lots, run = [], []
    for number in range(draw.randint(20, 60)):
        losing = number == 0 or draw.random() < 0.2
        quantity = draw.randint(1, 9) * SHARE
        basis, gain = draw.randint(20_000, 90_000), -draw.randint(500, 20_000) if losing else draw.choice((3, 30, 300))
        acquired = TODAY - draw.choice((3, 12, 29, 90) if losing else (3, 4, 12, 29))
        lots.append(LotRow("A", "AAA", f"L{number:02}", quantity, basis, acquired, acquired, False))
        run.append(RunRow("A", "AAA", f"L{number:02}", number, 1, quantity, basis + gain, basis))
    return {"A": Owner("A", True, least=Fraction(4142, 10_000))}, lots, [], run


def test_the_count_is_its_twin() -> None:
    """To a millionth of a cent, which float64 holds where the twin's fractions are exact."""
    told = sum(check_twin(seed, *rows_of(Household(seed))) for seed in range(HOUSEHOLDS, 3 * HOUSEHOLDS))
    assert told > 4 * HOUSEHOLDS


def test_the_count_of_long_chains_is_its_twin() -> None:
    told = sum(check_twin(seed, *chain_of(seed)) for seed in range(CHAINS))
    assert told > 100 * CHAINS


def check_twin(
    seed: int, who: dict[str, Owner], lots: list[LotRow], activity: list[TradeRow], run: list[RunRow]
) -> int:
    """Hold the count against the twin's; how many pieces it told of."""
    plain, taken = count(who, lots, past(who, lots, activity, TODAY), run, TODAY)
    sales, buys = counted(who, lots, activity, run, TODAY)
    expected = {
        key: Sale(
            float(sale.disallowed),
            sale.disallowed_shares,
            sale.pieces,
            float(sale.absorbed),
            sale.hops,
            tuple(sorted(sale.starts)),
        )
        for key, sale in plain.items()
    }
    assert sales.keys() == expected.keys(), seed
    for key, sale in sales.items():
        assert sale.starts == expected[key].starts, (seed, key)
        assert sale[:-1] == pytest.approx(expected[key][:-1], rel=0, abs=1e-6), (seed, key)
    told = sorted(Buy(one.account_id, one.security_id, float(one.lost), one.sold, one.start) for one in taken)
    assert [one[:2] + one[3:] for one in sorted(buys)] == [one[:2] + one[3:] for one in told], seed
    assert [one.lost for one in sorted(buys)] == pytest.approx([one.lost for one in told], rel=0, abs=1e-6), seed
    return sum(sale.pieces + sale.hops for sale in sales.values()) + len(buys)

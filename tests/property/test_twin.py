"""The tax-blind twin against plain Python, on random accounts; what it saves adds up, and the verifier agrees."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.prove.twin_trades import twin_trades
from kernels.twin.account import BLIND, CHOSEN, COMMON, FIFO
from tests.reference import naive_twin
from tests.support.hand_book import AS_OF, HandBook, lot
from tests.support.twins import Twins, naive

NAMES = ("AAA", "BBB", "CCC", "DDD", "EEE", "SUB", "OLD", "HLT")
CENTS = st.integers(1_00, 300_00).map(lambda cents: cents / 100)
PARTS = ("deferred_gains", "harvested", "saved_by_lot_choice")


@st.composite
def lots(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Some of most names, bought through ten years, at half of the price to twice as much, or so."""
    held = []
    for name in draw(st.sets(st.sampled_from(NAMES), max_size=len(NAMES))):
        for _ in range(draw(st.integers(1, 4))):
            quantity = draw(st.integers(1, 400)) + draw(st.sampled_from([0.0, 0.0, 0.0, 0.25]))
            acquired = AS_OF - dt.timedelta(days=draw(st.one_of(st.integers(0, 60), st.integers(0, 3_650))))
            held.append(lot(name, quantity, draw(CENTS), acquired, locked=draw(st.integers(0, 9)) == 0))
    return held


@st.composite
def books(draw: st.DrawFn) -> HandBook:
    """An account at uneven prices and weights, so that nothing falls on a half."""
    made = HandBook()
    for name in made.securities:
        made.securities[name] |= {"price": draw(CENTS), "fractional": draw(st.integers(0, 4)) == 0}
    for twin in ("GOA", "GOB"):
        del made.securities[twin]["wash_group"]
    weight = {name: draw(st.integers(5, 100)) for name in NAMES[:5]}
    made.models = {"BASE": {name: one / sum(weight.values()) for name, one in weight.items()}}
    optional = {
        "min_trade_usd": st.sampled_from([0.0, 500.0, 3_000.0]),
        "min_position_usd": st.sampled_from([2_000.0, 10_000.0]),
        "drift_band": st.sampled_from([0.02, 0.1, 0.3]),
        "max_turnover": st.sampled_from([0.02, 0.1, 0.4]),
        "max_weight": st.sampled_from([0.15, 0.3]),
        "tax_sensitivity": st.just(0.0),
        "harvest": st.just(False),
        "realised_st_ytd": st.integers(-9_000, 9_000).map(float),
        "realised_lt_ytd": st.integers(-9_000, 9_000).map(float),
        "carryforward_lt": st.integers(0, 5_000).map(float),
        "gain_budget": st.sampled_from([0.0, 3_000.0]),
    }
    columns = {name: draw(value) for name, value in optional.items() if draw(st.integers(0, 5)) == 0}
    cash = draw(st.integers(0, 40_000_00)) / 100
    status = draw(st.sampled_from(["taxable", "taxable", "taxable", "deferred"]))
    made.account("A", cash=cash, lots=draw(lots()), tax_status=status, **columns)
    for name in draw(st.sets(st.sampled_from(NAMES), max_size=2)):
        kind = draw(st.sampled_from(["never_buy", "never_sell", "sell_out", "max_weight", "min_weight"]))
        value = draw(st.sampled_from([0.05, 0.2])) if kind.endswith("weight") else None
        made.restrict("A", kind, name, value=value)
    if draw(st.integers(0, 4)) == 0:
        made.flow("A", -draw(st.integers(1, 20_000)), AS_OF + dt.timedelta(days=3))
    return made


@settings(max_examples=250)
@given(books())
def test_the_twin_of_random_accounts(made: HandBook) -> None:
    run = made.run()  # validated, and found without violation
    row = run.results["A"]
    told = [row[column] for column in ("tax_blind", "tax_saved_or_deferred", *PARTS)]
    if row["status"] == "EXCEPTION":
        assert told == [None] * 5
        return
    assert row["tax_blind"] - row["tax_cost"] == row["tax_saved_or_deferred"] == sum(told[2:], Decimal(0))
    twins = Twins.of(made)
    one = naive(made, "A", twins.target(0))
    expected = naive_twin.place_orders(one, float(twins.decided.te_before[0]))
    assert_same_orders(twins.orders(0), expected)
    assert_same_gains(twins, one, expected)


@settings(max_examples=150)
@given(books())
def test_what_a_twin_with_its_own_lots_trades(made: HandBook) -> None:
    """Row by row: the orders of plain Python, sales out of the lots acquired first."""
    if made.run().results["A"]["status"] == "EXCEPTION":
        return
    twins = Twins.of(made)
    one = naive(made, "A", twins.target(0))
    expected = naive_twin.place_orders(one, float(twins.decided.te_before[0]))
    found: dict[tuple[str, str | None], int] = {}
    for row in twin_trades(made.firm(), made.part_tables(), frozenset()).to_pylist():
        sign = 1 if row["side"] == "BUY" else -1
        assert (row["side"] == "BUY") == (row["lot_id"] is None)
        found[row["security_id"], row["lot_id"]] = sign * int(row["quantity"].scaleb(6))
    assert found == dict(naive_rows(made, one, expected))


def naive_rows(
    made: HandBook, one: naive_twin.Account, orders: dict[str, int]
) -> Iterator[tuple[tuple[str, str | None], int]]:
    """By security and lot, micro-shares, sales negative."""
    for name, order in orders.items():
        if order > 0:
            yield (name, None), order
        left = max(-order, 0)
        mine = [row for row in made.part["lots"] if row["security_id"] == name and not row["locked"]]
        for row in sorted(mine, key=lambda row: row["acquired"]):
            part = min(left, round(row["quantity"] * 1e6))
            if part:
                yield (name, row["lot_id"]), -part
            left -= part
        assert left == 0
    assert set(orders) == set(one.names)


def assert_same_orders(found: dict[str, int], expected: dict[str, int]) -> None:
    if found or any(expected.values()):
        assert {name: order for name, order in found.items() if order} == {
            name: order for name, order in expected.items() if order
        }


def assert_same_gains(twins: Twins, one: naive_twin.Account, orders: dict[str, int]) -> None:
    """First in, first out: the twin's sales, ours, and the lesser of both, and what our own lots gain."""
    gains, rows = twins.gains[0], twins.decided.trades
    if not twins.ready.block.taxable[0]:
        assert not gains.any()
        return
    sales = dict.fromkeys(one.names, 0)
    chosen = [0, 0]
    for row in range(len(rows)):
        if not rows.buy[row]:
            sales[twins.securities[rows.security[row]]] += int(rows.quantity[row])
            chosen[int(rows.long_term[row])] += int(rows.amount[row] - rows.basis[row])
    assert gains[CHOSEN : CHOSEN + 2].tolist() == chosen
    ways = {
        BLIND: lambda name: max(-orders[name], 0),
        COMMON: lambda name: min(max(-orders[name], 0), sales[name]),
        FIFO: sales.__getitem__,
    }
    for column, sold in ways.items():
        realised = [naive_twin.gains(one.names[name], sold(name)) for name in one.names]
        assert gains[column : column + 2].tolist() == [sum(terms) for terms in zip(*realised, strict=True)]

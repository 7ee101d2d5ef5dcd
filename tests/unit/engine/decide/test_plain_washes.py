"""Wash sales counted without a replay are those of the replay, cent for cent, whatever is traded."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pyarrow as pa
import pytest

from engine.book.firm import Firm, build_firm
from engine.book.header import Header
from engine.decide import wash_report
from engine.decide.batch import decide_block
from engine.decide.decided import Decided
from engine.decide.prepared import Prepared, prepare
from engine.decide.trades import NO_LOT, TradeRows
from engine.decide.wash_report import with_washes
from kernels import wash_plain
from kernels.lots import relieve
from kernels.money import amounts_cents
from tests.support.books import planned_book

Case = tuple[Firm, pa.Table, Prepared, Decided]


@cache
def decided_part(kind: str) -> Case:
    """A part as it is decided."""
    book = planned_book(24 if kind == "direct" else 64, 3, kind)
    firm = build_firm(
        Header.model_validate(book.header()),
        {key.removesuffix(".parquet"): table for key, table in book.firm_tables()},
        {},
    )
    tables = book.make(book.parts[0]).tables
    ready = prepare(firm, tables)
    made = decide_block(firm, ready, np.zeros(len(ready.block), dtype=np.bool_))
    return firm, tables["lots"], ready, made.outcomes


def replayed(monkeypatch: pytest.MonkeyPatch, case: Case) -> Decided:
    """The same by replay alone."""
    enter = wash_plain.enter_groups
    with monkeypatch.context() as patched:
        patched.setattr(
            wash_report.plain, "enter_groups", lambda groups, keys, state: enter(groups, keys, state | wash_plain.HARD)
        )
        return with_washes(*case)


def check(monkeypatch: pytest.MonkeyPatch, case: Case) -> Decided:
    found, wanted = with_washes(*case), replayed(monkeypatch, case)
    assert found.account.tolist() == wanted.account.tolist()
    for field in fields(TradeRows):
        ours, theirs = (getattr(one.trades, field.name) for one in (found, wanted))
        assert ours.tolist() == theirs.tolist(), field.name
    assert found.drift_after.tolist() == wanted.drift_after.tolist()
    return found


@pytest.mark.parametrize("kind", ["direct", "mixed", "etf"])
def test_what_was_decided(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    case = decided_part(kind)
    found = check(monkeypatch, case)
    if kind == "direct":
        assert (found.trades.disallowed > 0).sum() > 10


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", ["direct", "mixed", "etf"])
def test_whatever_is_traded(monkeypatch: pytest.MonkeyPatch, kind: str, seed: int) -> None:
    """Random pieces of lots, recent ones above all, and purchases of what is held; households of several accounts,
    some tax-deferred, and purchases that are used up in part or whole."""
    firm, lots, ready, decided = decided_part(kind)
    random = np.random.default_rng(seed)
    ready = changed(ready, random, whole_households=seed % 2 == 0)
    account, rows = random_trades(firm, ready, random, often=(0.05, 0.4, 0.9)[seed % 3], buys=seed % 4 < 2)
    check(monkeypatch, (firm, lots, ready, replace(decided, account=account, trades=rows)))


def changed(ready: Prepared, random: np.random.Generator, *, whole_households: bool) -> Prepared:
    owned, window = ready.owned, ready.window
    household = np.arange(len(owned)) // 4 if whole_households else owned.household
    odd = random.random(len(owned)) < 0.1
    owned = replace(
        owned,
        household=household,
        taxable=owned.taxable ^ (random.random(len(owned)) < 0.2),
        policy=np.where(odd, random.integers(0, 16, len(owned)), 0).astype(np.int32),
    )
    kind, part = random.integers(0, 4, len(window.unused)), random.random(len(window.unused))
    whole = np.zeros_like(window.unused)
    whole[ready.block.lots.row] = ready.block.lots.quantity
    less = np.where(kind == 0, 0, np.where(kind == 1, (window.unused * part).astype(np.int64), window.unused))
    recent = window.purchase >= 0
    unused = np.where(recent, np.minimum(less, whole), 0)
    name = np.zeros_like(whole)
    name[ready.block.lots.row] = ready.block.lots.security
    purchase = np.where(recent & whole_households, name, window.purchase)  # those of a name together
    return replace(ready, owned=owned, window=replace(window, unused=unused, purchase=purchase))


def random_trades(
    firm: Firm, ready: Prepared, random: np.random.Generator, *, often: float, buys: bool
) -> tuple[np.ndarray, TradeRows]:
    block, parts, owners = ready.block, [], []
    recent = ready.window.purchase[block.lots.row] >= 0
    for account in range(len(block)):
        mine = np.arange(block.lots.offsets[account], block.lots.offsets[account + 1])
        sold = mine[random.random(len(mine)) < np.where(recent[mine], often / 3, often)]
        sold = sold[(block.lots.security[sold] >= 0) & ~np.isnan(firm.market.price[block.lots.security[sold]])]
        for lot in sold.tolist():
            parts.append(sale(firm, ready, random, lot))
        owners += [account] * len(sold)
        held = np.unique(block.lots.security[mine])
        bought = held[random.random(len(held)) < 0.1] if buys else held[:0]
        bought = bought[~np.isnan(firm.market.price[bought])]
        parts.append(purchase(firm, random, bought.astype(np.int32)))
        owners += [account] * len(bought)
    return np.array(owners, dtype=np.int64), TradeRows.joined(parts)


def sale(firm: Firm, ready: Prepared, random: np.random.Generator, lot: int) -> TradeRows:
    """A lot sold whole or in part, as an order is relieved."""
    lots, one = ready.block.lots, np.array([lot])
    whole, security = int(lots.quantity[lot]), int(lots.security[lot])
    quantity = whole if random.random() < 0.6 else int(random.integers(1, whole + 1))
    piece, amount, basis = (np.empty(1, dtype=np.int64) for _ in range(3))
    price = int(firm.market.price_micro[security])
    relieve(one, np.array([quantity]), lots.quantity, lots.basis, quantity, price, piece, amount, basis)
    return TradeRows(
        np.array([security], np.int32),
        np.array([False]),
        one,
        piece,
        amount,
        basis,
        np.zeros(1, np.int64),
        ready.positions.long_term[one],
        np.zeros(1, np.int8),
    )


def purchase(firm: Firm, random: np.random.Generator, security: np.ndarray) -> TradeRows:
    """Whole shares bought of some names."""
    count = len(security)
    quantity, amount = random.integers(1, 50, count) * 1_000_000, np.empty(count, dtype=np.int64)
    amounts_cents(quantity, firm.market.price_micro[security], amount)
    none = np.zeros(count, dtype=np.int64)
    flags = np.zeros(count, dtype=np.bool_)
    return TradeRows(
        security, ~flags, np.full(count, NO_LOT), quantity, amount, amount, none, flags, none.astype(np.int8)
    )

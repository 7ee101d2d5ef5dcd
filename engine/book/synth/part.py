"""One part of the book: a pure function of the firm, the seed and the part's number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from engine.book.synth.arrays import PART, Bools, Floats, Ints, dictionary_text, stream
from engine.book.synth.firm_rules import POLICIES, SCREENS
from engine.book.synth.holdings import Lots, cut_lots, draw_positions
from engine.book.synth.market import Market
from engine.book.synth.population import KINDS, TAXABLE, Accounts, Part, draw_accounts
from engine.book.synth.portfolios import Portfolios
from engine.book.synth.rules import KINDS as RESTRICTION_KINDS
from engine.book.synth.rules import NEVER_SELL, Restrictions, draw_overrides, draw_restrictions, locked_lots
from engine.book.synth.trades import Sales, draw_sales, window_start, year_to_date

STATUSES = ["taxable", "deferred", "exempt"]


@dataclass(frozen=True)
class KindTotal:
    """What a part holds of one kind of account; `value` USD."""

    accounts: int
    lots: int
    value: float

    def __add__(self, other: KindTotal) -> KindTotal:
        return KindTotal(self.accounts + other.accounts, self.lots + other.lots, self.value + other.value)


@dataclass(frozen=True)
class PartTables:
    """The tables of one part by name, and totals by kind of account."""

    tables: dict[str, pa.Table]
    totals: dict[str, KindTotal]


def make_part(
    market: Market,
    portfolios: Portfolios,
    part: Part,
    seed: int,
    purchases: float = 1.0,
    value_each: float | None = None,
) -> PartTables:
    """Every table of `part`. Memory is that of the part's lots, about 200 bytes each while it is made."""
    rng = stream(seed, PART, part.number)
    accounts = draw_accounts(part, portfolios, len(market.days), rng, value_each)
    positions = draw_positions(accounts, portfolios, market, rng)
    lots = cut_lots(accounts, positions, market, rng, purchases)
    restrictions, locked_position = draw_restrictions(accounts, positions, portfolios, market, rng)
    locked = locked_lots(lots, positions, locked_position, rng)
    sales = draw_sales(accounts, positions, lots, market, rng)

    count = part.count
    blocked = locked_position >= 0
    blocked[restrictions.account[restrictions.kind == NEVER_SELL]] = True
    worth = lots.quantity * market.price[lots.security]
    invested = np.bincount(lots.account, worth, minlength=count).astype(np.float64)
    cash = _cash(accounts, invested)
    value: Floats = invested + cash
    labels = _Labels(part, lots, market)
    tables = {
        "accounts": _accounts_table(accounts, cash, sales, blocked, labels, portfolios, market, rng),
        "lots": _lots_table(lots, locked, labels, market),
        "restrictions": _restrictions_table(restrictions, labels),
        "activity": _activity_table(lots, sales, labels, market),
        "flows": _flows_table(value, blocked, labels, market, rng),
    }
    return PartTables(tables, _totals(accounts, lots, value))


def _cash(accounts: Accounts, invested: Floats) -> Floats:
    """USD to the cent: the account's fraction beside what is invested, and everything where nothing is."""
    beside = invested * accounts.cash / np.maximum(1.0 - accounts.cash, 1e-9)
    return np.asarray(np.round(np.where(invested > 0, beside, accounts.value), 2), dtype=np.float64)


class _Labels:
    """Names of accounts, lots and securities, each spelled once."""

    def __init__(self, part: Part, lots: Lots, market: Market) -> None:
        self.accounts = [f"A{part.first + i + 1:08d}" for i in range(part.count)]
        self.households = [f"H{part.first + i + 1:08d}" for i in range(part.count)]
        self.securities = list(market.ids)
        self.lots = [f"L{i:05d}" for i in range(int(lots.number.max(initial=0)) + 1)]

    def account(self, rows: Ints) -> pa.DictionaryArray:
        return dictionary_text(rows, self.accounts)

    def security(self, columns: Ints, *, absent: Bools | None = None) -> pa.DictionaryArray:
        return dictionary_text(np.maximum(columns, 0), self.securities, absent=absent)

    def lot(self, numbers: Ints, *, absent: Bools | None = None) -> pa.DictionaryArray:
        return dictionary_text(numbers, self.lots, absent=absent)


def _accounts_table(
    accounts: Accounts,
    cash: Floats,
    sales: Sales,
    blocked: Bools,
    labels: _Labels,
    portfolios: Portfolios,
    market: Market,
    rng: np.random.Generator,
) -> pa.Table:
    count = len(cash)
    rows = np.arange(count)
    alone = np.bincount(accounts.household, minlength=count)[accounts.household] == 1
    unnamed = alone & (rng.random(count) < 0.5)
    policy = rng.choice(len(POLICIES), size=count, p=[0.5, 0.1, 0.15, 0.15, 0.1])
    short, long = year_to_date(sales, market, count)
    carried = (accounts.status == TAXABLE) & (rng.random(count) < 0.08)
    carry = np.round(rng.exponential(6000.0, (2, count)) * (rng.random((2, count)) < 0.6), 2)
    columns = {
        "account_id": labels.account(rows),
        "household_id": dictionary_text(accounts.household, labels.households, absent=unnamed),
        "model_id": dictionary_text(accounts.model, list(portfolios.followed)),
        "policy_id": dictionary_text(
            policy, [str(row["policy_id"]) for row in POLICIES], absent=rng.random(count) < 0.5
        ),
        "tax_status": dictionary_text(accounts.status, STATUSES),
        "cash": pa.array(cash),
        "realised_st_ytd": pa.array(short),
        "realised_lt_ytd": pa.array(long),
        "carryforward_st": pa.array(np.where(carried, carry[0], 0.0)),
        "carryforward_lt": pa.array(np.where(carried, carry[1], 0.0)),
        "fee_bps": pa.array(rng.choice([25.0, 50.0, 75.0, 100.0], size=count)),
    }
    for name, (values, where) in draw_overrides(accounts, blocked, rng).items():
        kind = pa.bool_() if name == "harvest" else pa.float64()
        columns[name] = pa.array(values.astype(bool) if name == "harvest" else values, kind, mask=~where)
    return pa.table(columns)


def _lots_table(lots: Lots, locked: Bools, labels: _Labels, market: Market) -> pa.Table:
    return pa.table(
        {
            "account_id": labels.account(lots.account),
            "lot_id": labels.lot(lots.number),
            "security_id": labels.security(lots.security),
            "quantity": lots.quantity,
            "cost_basis": market.closes[lots.row, lots.security],
            "acquired": pa.array(market.days[lots.row], pa.date32()),
            "locked": pa.array(locked),
        }
    )


def _restrictions_table(restrictions: Restrictions, labels: _Labels) -> pa.Table:
    return pa.table(
        {
            "account_id": labels.account(restrictions.account),
            "kind": dictionary_text(restrictions.kind, list(RESTRICTION_KINDS)),
            "security_id": labels.security(restrictions.security, absent=restrictions.security < 0),
            "screen_id": dictionary_text(
                np.maximum(restrictions.screen, 0), list(SCREENS), absent=restrictions.screen < 0
            ),
        }
    )


def _activity_table(lots: Lots, sales: Sales, labels: _Labels, market: Market) -> pa.Table:
    """Purchases in the window, one for each lot bought in it, and the sales; by account and day, purchases first."""
    recent = np.flatnonzero(lots.row >= window_start(market))
    buys, sells = len(recent), len(sales.account)
    account = np.concatenate([lots.account[recent], sales.account])
    security = np.concatenate([lots.security[recent], sales.security])
    row = np.concatenate([lots.row[recent], sales.row])
    is_sale = np.arange(buys + sells) >= buys
    order = np.lexsort((security, is_sale, row, account))
    account, security, row, is_sale = account[order], security[order], row[order], is_sale[order]
    first = np.r_[True, (account[1:] != account[:-1]) | (row[1:] != row[:-1])][: len(account)]
    place = np.arange(len(account))
    sequence = place - np.maximum.accumulate(np.where(first, place, 0))
    number = np.concatenate([lots.number[recent], np.zeros(sells, dtype=np.int64)])[order]
    gain = np.concatenate([np.zeros(buys), sales.gain])[order]
    reinvested = np.concatenate([lots.reinvested[recent], np.zeros(sells, dtype=bool)])[order]
    return pa.table(
        {
            "account_id": labels.account(account),
            "trade_date": pa.array(market.days[row], pa.date32()),
            "sequence": pa.array(sequence.astype(np.int32)),
            "security_id": labels.security(security),
            "side": dictionary_text(is_sale.astype(np.int64), ["BUY", "SELL"]),
            "quantity": np.concatenate([lots.quantity[recent], sales.quantity])[order],
            "price": market.closes[row, security],
            "lot_id": labels.lot(number, absent=is_sale),
            "realised_gain": pa.array(gain, mask=~is_sale),
            "reinvestment": pa.array(reinvested),
        }
    )


def _flows_table(value: Floats, blocked: Bools, labels: _Labels, market: Market, rng: np.random.Generator) -> pa.Table:
    """Money on its way for one account in fifty; none leaves an account in which a sale is blocked."""
    chosen = np.flatnonzero(rng.random(len(value)) < 0.02)
    share = np.where(rng.random(len(chosen)) < 0.5, rng.uniform(0.005, 0.10, len(chosen)), -0.02)
    chosen, share = chosen[(share > 0) | ~blocked[chosen]], share[(share > 0) | ~blocked[chosen]]
    amount = np.round(value[chosen] * share, 2)
    return pa.table(
        {
            "account_id": labels.account(chosen),
            "date": pa.array(np.full(len(chosen), market.days[-1]), pa.date32()),
            "amount": amount,
        }
    )


def _totals(accounts: Accounts, lots: Lots, value: Floats) -> dict[str, KindTotal]:
    people = np.bincount(accounts.kind, minlength=len(KINDS))
    rows = np.bincount(accounts.kind[lots.account], minlength=len(KINDS))
    money = np.bincount(accounts.kind, value, minlength=len(KINDS))
    return {kind: KindTotal(int(people[i]), int(rows[i]), float(money[i])) for i, kind in enumerate(KINDS)}

"""A part of the book as kernels see it: flat tables, each account a range of rows."""

from __future__ import annotations

from typing import NamedTuple

from kernels.jit import B1, F8, F8M, I8
from kernels.problem import Flags, Floats, Ints
from kernels.table import Table

PERCENT = 100.0
BP = 1e4
MICRO = 1e6

NEVER_BUY, NEVER_SELL, SELL_OUT, LEAST_WEIGHT, MOST_WEIGHT, MOST_SHARES = range(6)
"""Kinds of rules; a screen is a NEVER_BUY of each of its names. MOST_SHARES, micro-shares, is a transition's."""


class Securities(NamedTuple):
    """(securities,) prices in USD and micro-dollars, the rest fractions; annual variances."""

    price: Floats
    price_micro: Ints
    half_spread: Floats
    expense: Floats
    specific: Floats
    loadings: Floats
    """(securities, k)"""
    exposures: Floats
    """(securities, factors) as a person names them"""
    sector: Ints
    """-1 where there is none."""
    tradable: Flags
    fractional: Flags
    wash_group: Ints


class Accounts(NamedTuple):
    """(accounts,) in the block's order; cents, or USD where float64; settings as the contract names them."""

    value: Floats
    cash: Ints
    outflow: Ints
    taxable: Flags
    harvest: Flags
    short: Floats
    """Net short-term total before the run, carryforwards entered as losses."""
    long: Floats
    offset: Floats
    gain_room: Floats
    """Net gain that the run may realise under the account's rules, infinite where there are none; below nought it is a
    loss to be realised."""
    tax_budget: Floats
    """The most that the year's tax may come to, infinite where there is no budget of it."""
    preserved: Flags
    """It is a date that leaves `gain_room`, beyond which not even cash goes."""
    risk_aversion: Floats
    drift_band: Floats
    cash_min: Floats
    cash_max: Floats
    cash_target: Floats
    sector_band: Floats
    band_penalty: Floats
    min_trade_usd: Floats
    min_position_usd: Floats
    min_benefit_bp: Floats
    ticket_usd: Floats
    max_weight: Floats
    """NaN where there is no cap, as `max_turnover`; `tracking_error_target` where there is none."""
    max_turnover: Floats
    tracking_error_target: Floats
    tax_sensitivity: Floats
    st_rate: Floats
    lt_rate: Floats
    loss_value: Floats
    horizon: Floats
    household: Ints
    policy: Ints
    """how wash sales are counted: bits of `kernels.pieces`"""
    forbid: Flags
    """Wash sales are barred, not priced."""
    target: Ints
    """Row of `Targets.offsets`, or -1 where the account has none or a person is told of it."""
    alone: Flags
    """Is to be decided elsewhere, unless it rests."""
    positions: Ints
    """(accounts + 1,)"""
    rules: Ints
    """(accounts + 1,), as `limits`"""
    limits: Ints


class Positions(NamedTuple):
    """(p,) by account and security; `offsets` (p + 1,) into `LotTable.order`."""

    offsets: Ints
    security: Ints
    quantity: Ints
    locked: Ints
    """micro-shares that may not be sold"""


class LotTable(NamedTuple):
    """(l,) the block's lots; `order` those of each position by the tax of a dollar sold, `loss`: sold at one."""

    order: Ints
    quantity: Ints
    basis: Ints
    gain: Floats
    tax: Floats
    """of a dollar sold, at the term's own rate"""
    waiting: Floats
    """what the sale of a loss gives up, of a dollar sold"""
    loss: Flags
    long_term: Flags
    locked: Flags
    acquired: Ints
    """day"""
    purchase: Ints
    """the recent purchase that a lot is of (`Households.purchases`)"""


class TargetTable(NamedTuple):
    """(t,) by target and security; `weight` a fraction of account value."""

    offsets: Ints
    security: Ints
    weight: Floats


class RuleTable(NamedTuple):
    """(r,) by account."""

    kind: Ints
    security: Ints
    value: Floats


class LimitTable(NamedTuple):
    """(limits,) on a `sector` or a `factor`, -1 where it is not on one; fractions, infinite where there is none."""

    sector: Ints
    factor: Ints
    least: Floats
    most: Floats


class Book(NamedTuple):
    """A part of the book."""

    securities: Securities
    accounts: Accounts
    positions: Positions
    lots: LotTable
    targets: TargetTable
    rules: RuleTable
    limits: LimitTable


SECURITIES = Table(Securities, (F8, I8, F8, F8, F8, F8M, F8M, I8, B1, B1, I8))
ACCOUNTS = Table(Accounts, (F8, I8, I8, B1, B1, *[F8] * 5, B1, *[F8] * 19, I8, I8, B1, I8, B1, *[I8] * 3))
POSITIONS = Table(Positions, (I8,) * 4)
LOT_TABLE = Table(LotTable, (I8, I8, I8, F8, F8, F8, B1, B1, B1, I8, I8))
TARGET_TABLE = Table(TargetTable, (I8, I8, F8))
RULE_TABLE = Table(RuleTable, (I8, I8, F8))
LIMIT_TABLE = Table(LimitTable, (I8, I8, F8, F8))
BOOK = Table(Book, (SECURITIES, ACCOUNTS, POSITIONS, LOT_TABLE, TARGET_TABLE, RULE_TABLE, LIMIT_TABLE))

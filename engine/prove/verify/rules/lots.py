"""Shares: what is sold is there, is free to be sold, and is counted once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from engine.prove.verify.columns import NULL
from engine.prove.verify.compiled.trade_rows import LOCKED, OWN_LOT, QUANTITY
from engine.prove.verify.facts import Facts
from engine.prove.verify.groups import Groups, at, distinct, find
from engine.prove.verify.names import Coded
from engine.prove.verify.rule import Fault, faults, rule
from engine.prove.verify.words import shares

WHOLE: Final = 1_000_000
"""Micro-shares of one share."""


@rule
def sell_names_own_lot(facts: Facts) -> Iterator[Fault]:
    """A sell names a lot that the account holds, and the security of that lot."""
    trades, security = facts.trades, facts.lots.security

    def held(row: int) -> str:
        return security[facts.rows.lot[row]] if facts.rows.lot[row] >= 0 else ""

    return faults(
        trades.account,
        facts.checked.rows(OWN_LOT),
        lambda row: f"sells {trades.security[row]} from lot {trades.lot[row]}, which holds {held(row) or 'none'}",
    )


@rule
def sell_within_lot(facts: Facts) -> Iterator[Fault]:
    """No more is sold of a lot than it holds."""
    lots = facts.sold_lots
    return faults(
        lots.account,
        (lots.held != NULL) & (lots.quantity > lots.held),
        lambda lot: (
            f"sells {shares(lots.quantity[lot])} shares of lot {lots.name[lot]}, which holds {shares(lots.held[lot])}"
        ),
    )


@rule
def locked_lot_kept(facts: Facts) -> Iterator[Fault]:
    """A locked lot is not sold."""
    trades = facts.trades
    return faults(
        trades.account, facts.checked.rows(LOCKED), lambda row: f"sells lot {trades.lot[row]}, which is locked"
    )


@rule
def lots_reconcile(facts: Facts) -> Iterator[Fault]:
    """Shares left in the lots, and shares bought, are the shares held before less sold and more bought, exactly."""
    lots, traded, positions = facts.sold_lots, facts.traded, facts.positions
    unlike = facts.checked.rows(OWN_LOT | QUANTITY)
    if not len(unlike) and not (lots.quantity > lots.held).any():
        return iter(())  # by lot and by name the same rows are summed
    size = len(lots.security.names)
    of_lot = np.where(lots.held == NULL, lots.quantity, np.minimum(lots.quantity, lots.held))
    taken = Groups(lots.account.codes, lots.security.codes, size)
    by_lot = taken.sum(of_lot)
    keys = distinct(np.concatenate([taken.keys[taken.keys % size > 0], traded.keys[traded.sold > 0]]))
    account, security = Coded(keys // size, lots.account.names), Coded(keys % size, lots.security.names)
    place = find(traded.keys, keys)
    before = at(positions.held, positions.place(account.codes, security.codes), 0)
    bought, sold_by_name = at(traded.bought, place, 0), at(traded.sold, place, 0)
    after = before + bought - sold_by_name
    left = before + bought - at(by_lot, find(taken.keys, keys), 0)
    return faults(
        account,
        (after != left) | (after < 0),
        lambda row: f"{security[row]}: {shares(left[row])} shares by lot, {shares(after[row])} by name",
    )


@rule
def quantity_positive(facts: Facts) -> Iterator[Fault]:
    """Every trade is of more than zero shares."""
    trades = facts.trades
    return faults(
        trades.account,
        facts.checked.rows(QUANTITY),
        lambda row: (
            f"{trades.word('side', row)} of {shares(trades.quantity[row]) or 'no'} shares of {trades.security[row]}"
        ),
    )


@rule
def whole_shares(facts: Facts) -> Iterator[Fault]:
    """Whole shares per account, name and side, unless the name is fractional or the whole position is sold."""
    traded = facts.traded
    cut = (traded.bought % WHOLE != 0) | ((traded.sold % WHOLE != 0) & (traded.sold != traded.held))
    return faults(traded.account, cut & ~facts.securities.fractional[traded.listed], _both_sides(facts))


@rule
def one_side_a_name(facts: Facts) -> Iterator[Fault]:
    """No account both buys and sells a name."""
    traded = facts.traded
    return faults(traded.account, (traded.bought > 0) & (traded.sold > 0), _both_sides(facts))


def _both_sides(facts: Facts) -> Callable[[int], str]:
    traded = facts.traded
    return lambda row: (
        f"buys {shares(traded.bought[row])} and sells {shares(traded.sold[row])} shares of {traded.security[row]}"
    )


RULES: Final = (
    sell_names_own_lot,
    sell_within_lot,
    locked_lot_kept,
    lots_reconcile,
    quantity_positive,
    whole_shares,
    one_side_a_name,
)

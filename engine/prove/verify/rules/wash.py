"""Wash sales (§1091): over a whole household, 30 days back, both ends in, share for share, each reported."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

import numpy as np

from engine.prove.verify.columns import MONEY, Bools, Floats, Ints, filled, in_units
from engine.prove.verify.compiled.trade_rows import AT_A_LOSS, WASH
from engine.prove.verify.compiled.words import BUY, DEFERRED, EXEMPT, LONG, SHORT, TAXABLE
from engine.prove.verify.facts import Facts
from engine.prove.verify.groups import Groups, at, distinct, find, join, pair
from engine.prove.verify.names import Coded
from engine.prove.verify.rule import Fault, faults, rule
from engine.prove.verify.washes import OfLots, told_by_any
from engine.prove.verify.words import usd


def _cuts(rows: Ints, pieces: Ints) -> Floats:
    """A cent for each row, and for each further piece that replacement cuts from it: its figures are rounded. USD."""
    return np.asarray(0.01 * (rows + np.maximum(pieces, 1) - 1) + 1e-6, dtype=np.float64)


@rule
def wash_amount(facts: Facts) -> Iterator[Fault]:
    """The loss disallowed is never negative and never more than the loss; only taxable accounts report one."""
    trades, disallowed = facts.trades, facts.trades.disallowed
    return faults(
        trades.account,
        facts.checked.rows(WASH),
        lambda row: f"{trades.word('side', row)} of {trades.security[row]} disallows {usd(disallowed[row])}",
    )


@rule
def wash_sale_reported(facts: Facts) -> Iterator[Fault]:
    """A lot's sale disallows the loss on as many shares as the household bought within 30 days and no other loss has
    used up: to the cent where all are replaced or none, else within a cent for each row, each further cut, each loss
    taken up and each sale by which that came. Shares that lose less than a cent are a loss or none.
    """
    lots, washes = facts.sold_lots, facts.washes
    reported = in_units(lots.disallowed, MONEY)

    def right(one: OfLots) -> Bools:
        whole = (one.pieces == 0) | (one.whole & (one.hops == 0))
        within = np.where(whole, 0.001, _cuts(lots.sizes, one.pieces) + 0.01 * one.hops)
        return np.asarray(np.abs(reported - one.disallowed) <= within)

    return faults(
        lots.account,
        ~told_by_any(facts, right, np.zeros(len(reported), dtype=np.bool_)),
        lambda lot: (
            f"lot {lots.name[lot]} disallows {reported[lot]:.2f}; the shares that replace it make "
            f"{washes.of_lots.disallowed[lot]:.2f}"
        ),
    )


@rule
def wash_buy_reported(facts: Facts) -> Iterator[Fault]:
    """A buy takes away the losses of the last 30 days that it replaces, by term, within a cent for each row and further
    cut; none it does not replace.
    """
    trades, washes, size = facts.trades, facts.washes, len(facts.securities.names)

    def key(account: Ints, security: Ints, term: Ints) -> Ints:
        return pair(pair(account, security, size), term + 1, 4)

    rows = np.flatnonzero((trades.side == BUY) & (trades.disallowed != 0))
    said = Groups(key(trades.account.codes[rows], trades.security.codes[rows], trades.term[rows]))
    taxed = np.flatnonzero(facts.accounts.tax[washes.buyer_row] == TAXABLE)
    term = np.where(washes.taken_is_long, LONG, SHORT)
    found = Groups(key(washes.buyer.codes[taxed], washes.bought.codes[taxed], term[taxed]))
    keys = distinct(np.concatenate([said.keys, found.keys]))
    by_said, by_found = find(said.keys, keys), find(found.keys, keys)
    reported = at(in_units(said.sum(trades.disallowed[rows]), MONEY), by_said, 0.0)
    lost = at(found.total(washes.taken[taxed]), by_found, 0.0)
    within = _cuts(at(said.sizes, by_said, 1), at(found.sizes, by_found, 1))
    account, security = (
        Coded(codes, names)
        for codes, names in ((keys // 4 // size, trades.account.names), (keys // 4 % size, trades.security.names))
    )
    words = ("other", "of no term", "SHORT", "LONG")
    return faults(
        account,
        ~(np.abs(reported - lost) <= within),
        lambda row: (
            f"buy of {security[row]} takes away {reported[row]:.2f} {words[keys[row] % 4]}; what it replaces "
            f"makes {lost[row]:.2f}"
        ),
    )


@rule
def wash_forbidden(facts: Facts) -> Iterator[Fault]:
    """Under wash_policy forbid, no sale's loss is disallowed and no buy takes one away."""
    lots, washes, trades = facts.sold_lots, facts.washes, facts.trades
    forbidden = facts.accounts.settings.says("wash_policy", "forbid")
    if not forbidden.any():
        return
    row = facts.accounts.row
    reported = forbidden[row(trades.account.codes)] & (filled(trades.disallowed) != 0)
    found = chain(
        faults(
            lots.account,
            forbidden[row(lots.account.codes)] & (washes.of_lots.pieces > 0),
            lambda lot: lots.name[lot],
        ),
        faults(washes.buyer, forbidden[washes.buyer_row], lambda buy: washes.bought[buy]),
        faults(trades.account, reported, lambda one: trades.lot[one] or trades.security[one]),
    )
    for account, what in sorted(set(found)):
        yield account, f"is not to have wash sales, and has one in {what}"


@rule
def wash_retirement_buy(facts: Facts) -> Iterator[Fault]:
    """No deferred or exempt account buys what replaces a loss of the last 30 days: there it would be gone for good."""
    washes, size = facts.washes, len(facts.securities.names)
    tax = facts.accounts.tax[washes.buyer_row]
    rows = np.flatnonzero((tax == DEFERRED) | (tax == EXEMPT))
    groups = Groups(washes.buyer.codes[rows], washes.bought.codes[rows], size)
    lost, first = groups.total(washes.taken[rows]), rows[groups.first]
    return faults(
        washes.buyer.take(first),
        np.ones(len(first), dtype=bool),
        lambda buy: f"buys {washes.bought[first[buy]]} and takes away {lost[buy]:.2f} for good",
    )


@rule
def wash_unknown_loss(facts: Facts) -> Iterator[Fault]:
    """Nothing is bought that the household sold in the last 30 days and of which activity does not tell the loss."""
    trades, traded = facts.trades, facts.traded
    unknown = find(facts.washes.unknown, facts.nearby.purchases) >= 0
    rows = np.flatnonzero((trades.side == BUY) & unknown[traded.of_row]) if unknown.any() else traded.of_row[:0]
    return faults(
        trades.account,
        rows,
        lambda row: f"buys {trades.security[row]}, of which a recent sale has no realised_gain",
    )


@rule
def wash_within_run(facts: Facts) -> Iterator[Fault]:
    """No account buys in the run what another one of its household sells at a loss in it."""
    trades, traded, nearby = facts.trades, facts.traded, facts.nearby
    bought = np.flatnonzero(find(nearby.losses, nearby.purchases) >= 0)
    bought = bought[np.argsort(nearby.purchases[bought], kind="stable")]
    lost = facts.checked.rows(AT_A_LOSS) if len(bought) else bought
    case = nearby.traded[traded.of_row[lost]]
    sale, buy = join(nearby.purchases[bought], case)
    sale, buy = lost[sale], bought[buy]
    other = np.flatnonzero(trades.account.codes[sale] != traded.account.codes[buy])
    sold, buyer = sale[other], buy[other]
    found = {
        (
            trades.account[one],
            f"sells lot {trades.lot[one]} of {trades.security[one]} at a loss; {traded.account[two]} buys "
            f"{traded.security[two]}",
        )
        for one, two in zip(sold.tolist(), buyer.tolist(), strict=True)
    }
    return iter(sorted(found))


RULES: Final = (
    wash_amount,
    wash_sale_reported,
    wash_buy_reported,
    wash_forbidden,
    wash_retirement_buy,
    wash_unknown_loss,
    wash_within_run,
)

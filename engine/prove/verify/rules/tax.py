"""Tax: basis, gain, term and the tax of the run, from the law and not from the kernels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.prove.verify.book import lot_cents
from engine.prove.verify.columns import MONEY, NULL, Bools, filled, in_units, known
from engine.prove.verify.compiled.trade_rows import BUY_ROW, GAIN, TERM
from engine.prove.verify.compiled.words import LONG, NO_TRADE, SHORT
from engine.prove.verify.facts import Facts
from engine.prove.verify.groups import at
from engine.prove.verify.rule import Fault, faults, rule
from engine.prove.verify.terms import long_from
from engine.prove.verify.washes import OfLots, told_by_any
from engine.prove.verify.words import day, shares, usd

PARTS: Final = ("saved_by_lot_choice", "deferred_gains", "harvested")


@rule
def basis_of_sale(facts: Facts) -> Iterator[Fault]:
    """A lot sold out carries its whole cost to the cent; a part of it its share within a cent; losses of the run that
    its shares took up are added, within two cents for each sale by which that came: a part's basis and its proceeds are
    each rounded, by the run and here.
    """
    lots, washes = facts.sold_lots, facts.washes
    sold, held = lots.quantity, lots.held
    total = lot_cents(held, lots.cost) / 100
    basis = in_units(lots.basis, MONEY)
    share = np.where(held > 0, sold / np.where(held > 0, held, 1), np.nan)

    def right(one: OfLots) -> Bools:
        within = np.where((sold == held) & (one.hops == 0), 0.001, 0.010001 + 0.02 * one.hops)
        return np.asarray(np.abs(basis - total * share - one.absorbed) <= within)

    return faults(
        lots.account,
        ~told_by_any(facts, right, held <= 0),
        lambda lot: (
            f"lot {lots.name[lot]}: basis {basis[lot]:.2f} of {total[lot]:.2f}, and "
            f"{washes.of_lots.absorbed[lot]:.2f} taken up, for {shares(sold[lot])} of {shares(held[lot])} shares"
        ),
    )


@rule
def gain_of_sale(facts: Facts) -> Iterator[Fault]:
    """A sell's gain is amount less basis plus the loss disallowed."""
    trades = facts.trades
    return faults(
        trades.account,
        facts.checked.rows(GAIN),
        lambda row: (
            f"{trades.security[row]}: gain {usd(trades.gain[row])} is not {usd(trades.amount[row])} - "
            f"{usd(trades.cost_basis[row])} + {usd(trades.disallowed[row])}"
        ),
    )


@rule
def buy_row(facts: Facts) -> Iterator[Fault]:
    """A buy has no lot and no term, costs its amount and gains nothing, unless it takes away a recent loss."""
    trades = facts.trades
    return faults(
        trades.account,
        facts.checked.rows(BUY_ROW),
        lambda row: (
            f"buy of {trades.security[row]}: basis {usd(trades.cost_basis[row])}, lot {trades.lot[row]}, "
            f"term {trades.word('term', row)}, gain {usd(trades.gain[row])}, disallowed {usd(trades.disallowed[row])}"
        ),
    )


@rule
def term_by_law(facts: Facts) -> Iterator[Fault]:
    """A sell is LONG from the day after the anniversary of the day of purchase (Rev. Rul. 66-7), or of the day to which
    a loss of the run that its shares took up moves it (§1223(3)). Where it moves only if shares that lose less than a
    cent are no loss, it does so on just as many shares.
    """
    trades, rows = facts.trades, facts.checked.rows(TERM)
    lot, term = facts.sold_lots.of_row[rows], trades.term[rows]
    long, short = np.zeros((2, len(facts.sold_lots)), dtype=np.int64)
    for said, word in ((long, LONG), (short, SHORT)):
        np.add.at(said, lot[term == word], filled(trades.quantity[rows[term == word]]))

    def right(one: OfLots) -> Bools:
        return np.asarray(((long == 0) | (long == one.long)) & ((short == 0) | (short == one.short)))

    counted = facts.washes.of_lots
    may_be = ((long == 0) | (counted.long > 0)) & ((short == 0) | (counted.short > 0))
    moved = told_by_any(facts, right, may_be)[lot] & ((term == LONG) | (term == SHORT))
    wrong = rows[~moved]
    start = long_from(at(facts.lots.start, facts.rows.lot[wrong], NULL))
    return faults(
        trades.account.take(wrong),
        np.arange(len(wrong)),
        lambda one: (
            f"lot {trades.lot[wrong[one]]} is sold as {trades.word('term', wrong[one])}; it is long-term "
            f"from {day(start[one])}"
        ),
    )


@rule
def realised_totals(facts: Facts) -> Iterator[Fault]:
    """Realised gains reported are the sum of the rows' gains by term, to the cent."""
    decided, flow = facts.decided, facts.flow
    owner = decided.account.codes
    short, long = (facts.results.cents(name)[decided.row] for name in ("realised_st", "realised_lt"))
    right = known(short, long) & (short == flow.short[owner]) & (long == flow.long[owner])
    return faults(
        decided.account,
        ~right,
        lambda row: (
            f"realised {usd(short[row])} short, {usd(long[row])} long; rows make "
            f"{usd(flow.short[owner[row]])}, {usd(flow.long[owner[row]])}"
        ),
    )


@rule
def tax_cost(facts: Facts) -> Iterator[Fault]:
    """The tax of the run is the netting schedule with its trades less without, within a cent; none in an IRA."""
    year = facts.tax_year
    found = other = year.added(year.sound)
    if not np.array_equal(year.shared, year.sound, equal_nan=True):
        other = year.added(year.shared)
    stated = in_units(year.cost, MONEY)
    right = np.fmin(np.abs(stated - found), np.abs(stated - other)) <= 0.010001
    return faults(
        facts.decided.account,
        np.where(year.taxable, ~right, year.cost != 0),
        lambda row: (
            f"tax_cost {usd(year.cost[row])}; the schedule makes {found[row] if year.taxable[row] else 0.0:.2f}"
        ),
    )


@rule
def gain_budget(facts: Facts) -> Iterator[Fault]:
    """No run takes the year's net realised gain over gain_budget; only cash or a sell-out may."""
    owner, flow, year = facts.decided.account.codes, facts.flow, facts.tax_year
    run, before = year.gained[0] + year.gained[1], year.to_date[0] + year.to_date[1]
    budget = facts.accounts.number("gain_budget")[owner]
    over = year.taxable & ~flow.forced[owner] & (run > 0) & (before + run > budget + 0.01)
    return faults(
        facts.decided.account,
        over,
        lambda row: (
            f"realises {run[row]:.2f} with {before[row]:.2f} in the year to date; the budget is {budget[row]:.2f}"
        ),
    )


@rule
def tax_budget(facts: Facts) -> Iterator[Fault]:
    """No run takes the year's tax over tax_budget; only cash or a sell-out may."""
    owner, flow, year = facts.decided.account.codes, facts.flow, facts.tax_year
    budget = facts.accounts.number("tax_budget")[owner]
    added = in_units(year.cost, MONEY)
    over = year.before + added > budget + 0.01
    return faults(
        facts.decided.account,
        year.taxable & flow.trades[owner] & ~flow.forced[owner] & (added > 0) & over,
        lambda row: f"adds a tax of {usd(year.cost[row])}; the budget for the year is {budget[row]:.2f}",
    )


@rule
def gains_preserved(facts: Facts) -> Iterator[Fault]:
    """No net gain of the year is realised before preserve_until; only a sell-out may."""
    owner, flow, year = facts.decided.account.codes, facts.flow, facts.tax_year
    run, before = year.gained[0] + year.gained[1], year.to_date[0] + year.to_date[1]
    until = facts.accounts.settings.preserve_until[owner]
    early = year.taxable & ~flow.selling_out[owner] & (facts.today < until)
    return faults(
        facts.decided.account,
        early & (run > 0) & (before + run > 0.005),
        lambda row: f"realises {run[row]:.2f} before {day(until[row])}",
    )


@rule
def tax_saved_adds_up(facts: Facts) -> Iterator[Fault]:
    """Every decided account tells the tax saved or deferred: the blind twin's less ours, and its three parts sum to it,
    to the cent.
    """
    results, row = facts.results, facts.decided.row
    blind, cost, saved = (results.cents(name)[row] for name in ("tax_blind", "tax_cost", "tax_saved_or_deferred"))
    parts = [results.cents(name)[row] for name in PARTS]
    right = known(blind, cost, saved, *parts) & (blind - cost == saved) & (parts[0] + parts[1] + parts[2] == saved)
    return faults(
        facts.decided.account,
        ~right,
        lambda one: (
            f"blind {usd(blind[one])} less {usd(cost[one])} is not {usd(saved[one])}, or the parts "
            + ", ".join(usd(part[one]) for part in parts)
            + " do not sum to it"
        ),
    )


@rule
def tax_saved_has_a_cause(facts: Facts) -> Iterator[Fault]:
    """A retirement account saves no tax and its twin pays none, nor does the twin of an account that is in its bands.
    Who does not trade harvests nothing and chooses no lot.
    """
    results, decided = facts.results, facts.decided
    blind, chosen, deferred, harvested = (filled(results.cents(name)[decided.row]) for name in ("tax_blind", *PARTS))
    still = (results.status[decided.row] == NO_TRADE) & ~facts.flow.trades[decided.account.codes]
    calm = still & results.code.one_of("IN_BAND")[decided.row]
    wrong = (~facts.tax_year.taxable | calm) & ((blind != 0) | (deferred != 0))
    wrong |= (~facts.tax_year.taxable | still) & ((chosen != 0) | (harvested != 0))
    return faults(
        decided.account,
        wrong,
        lambda one: (
            f"blind {usd(blind[one])}, by the choice of lots {usd(chosen[one])}, deferred {usd(deferred[one])}, "
            f"harvested {usd(harvested[one])}"
        ),
    )


@rule
def saved_by_lot_choice(facts: Facts) -> Iterator[Fault]:
    """The choice of lots saved the tax of the same sales out of the lots acquired first, with the run's own wash sales,
    less the tax of the run: within a cent, and the tax on a cent for each lot cut.
    """
    accounts, year, choice, owner = facts.accounts, facts.tax_year, facts.lot_choice, facts.decided.account.codes
    stated = in_units(facts.results.cents("saved_by_lot_choice")[facts.decided.row], MONEY)
    more = choice.short[owner], choice.long[owner]
    found, other = year.with_more(year.sound, *more), year.with_more(year.shared, *more)
    rate = np.fmax(accounts.number("st_rate")[owner], accounts.number("lt_rate")[owner])
    off = np.fmin(np.abs(stated - found), np.abs(stated - other))
    return faults(
        facts.decided.account,
        year.taxable & choice.known[owner] & ~(off <= 0.010001 + 0.01 * rate * choice.cut[owner]),
        lambda row: f"saved {stated[row]:.2f} by the choice of lots; first in, first out makes {found[row]:.2f}",
    )


RULES: Final = (
    basis_of_sale,
    gain_of_sale,
    buy_row,
    term_by_law,
    realised_totals,
    tax_cost,
    gain_budget,
    tax_budget,
    gains_preserved,
    tax_saved_adds_up,
    tax_saved_has_a_cause,
    saved_by_lot_choice,
)

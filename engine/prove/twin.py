"""What a run saved or deferred of tax: measured against each account's tax-blind twin (OPTIMISATION section 5).

The twin is the same account, on the same day, at the same prices, with the same effective target, rebalanced without
regard to tax and with its lots sold first in, first out (`kernels.twin`). With T the schedule's tax of a run,

    a  of what the twin sells,
    b  of the lesser of what it and we sell of each name, first in, first out,
    c  of what we sell, first in, first out,
    d  of what we sell, out of the lots that we chose: `tax_cost`,

`tax_blind` is a, and a − d falls into gains deferred a − b, losses harvested b − c and the choice of lots c − d.
Wash sales are ours alone: what they add to the run's gains is in c and d alike, and so in `harvested`. The twin's own
losses count in full, which makes what is saved smaller, never larger.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.codes import Code
from engine.decide.decided import Decided
from engine.decide.tables import target_table
from engine.ledger.rows import Ints
from kernels.arrays import frozen, readonly
from kernels.decide.book import Book
from kernels.twin.account import BLIND, CHOSEN, COLUMNS, COMMON, FIFO, Trades, compare
from kernels.twin.memory import Names, make_names

TaxOf = Callable[[Ints, Ints], Ints]
"""Cents that gains of a run, short- and long-term (accounts,), cost by each account's schedule."""


def twin_gains(book: Book, decided: Decided) -> Ints:
    """Cents (accounts, COLUMNS) that the twins' sales realise, and ours; `decided` as it is before wash sales."""
    accounts, rows = len(decided), decided.trades
    trades = Trades(
        offsets=np.searchsorted(decided.account, np.arange(accounts + 1)),
        security=rows.security.astype(np.int64),
        lot=rows.lot,
        quantity=rows.quantity,
        amount=rows.amount,
        basis=rows.basis,
        long_term=rows.long_term,
    )
    book, target = aimed_at(book, decided)
    gains = np.zeros((accounts, COLUMNS), dtype=np.int64)
    compare(book, target, readonly(decided.te_before), frozen(trades), twin_memory(book, target), gains)
    return gains


def aimed_at(book: Book, decided: Decided) -> tuple[Book, Ints]:
    """The part with the targets that were aimed at, and each account's (accounts,).

    -1 of one that was not decided, or is in its band: so is its twin.
    """
    calm = [number for number, (code, _) in enumerate(decided.reasons) if code is Code.IN_BAND]
    looked_at = decided.sound & ~np.isin(decided.reason, calm)
    return book._replace(targets=target_table(decided.targets)), readonly(np.where(looked_at, decided.target, -1))


def twin_memory(book: Book, target: Ints) -> Names:
    """Memory for the largest account."""
    held, limits = np.diff(book.accounts.positions), np.diff(book.accounts.limits)
    aimed = np.append(np.diff(book.targets.offsets), 0)[target]
    return make_names(
        names=int((held + aimed).max(initial=0)),
        lots=int(np.diff(book.positions.offsets).max(initial=0)),
        limits=int(limits.max(initial=0)),
        securities=len(book.securities.price),
    )


def saved(gains: Ints, short: Ints, long: Ints, cost: Ints, tax_of: TaxOf) -> dict[str, NDArray[np.int64]]:
    """Columns of `results` in cents (accounts,).

    `short`, `long`: what the run realises, wash sales counted; `cost`: its tax.
    """
    blind = tax_of(*_terms(gains, BLIND))
    common = tax_of(*_terms(gains, COMMON))
    fifo = tax_of(
        *(
            first_in + ours - chosen
            for first_in, ours, chosen in zip(_terms(gains, FIFO), (short, long), _terms(gains, CHOSEN), strict=True)
        )
    )
    return {
        "tax_blind": blind,
        "tax_saved_or_deferred": blind - cost,
        "saved_by_lot_choice": fifo - cost,
        "deferred_gains": blind - common,
        "harvested": common - fifo,
    }


def _terms(gains: Ints, first: int) -> tuple[Ints, Ints]:
    """Short- and long-term gains in two columns."""
    return np.ascontiguousarray(gains[:, first]), np.ascontiguousarray(gains[:, first + 1])

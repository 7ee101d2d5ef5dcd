"""A whole run as a row of a table."""

from __future__ import annotations

from cluster.bench.ask import Ask, Row
from cluster.bench.books import Recipe
from cluster.bench.continuous import continuous_rate
from cluster.bench.fresh import in_fresh_process
from cluster.bench.opened import open_for_run
from cluster.bench.peers import OURS
from cluster.bench.samples import problems
from cluster.bench.shelf import Shelf
from cluster.bench.solving import time_peer, told
from cluster.bench.whole import Whole

LIGHTER = 20
"""ETF accounts for each direct index of 500 names."""
TYPICAL_NAMES = 500
_LEAST = 8


def recipe(kind: str, ask: Ask, names: int = 0, *, constant: bool = False) -> Recipe:
    """A book of as much work as `ask.accounts` direct indexes of 500 names, or of `ask.etf` ETF accounts."""
    accounts = (ask.etf or ask.accounts * LIGHTER) if kind == "etf" else ask.accounts * TYPICAL_NAMES // names
    return Recipe(kind, max(accounts, _LEAST), names, purchases=ask.purchases, constant=constant)


def measured(ask: Ask, shelf: Shelf, book: Recipe, *, later: bool = False, solve: bool = True) -> list[Row]:
    """One row: whole runs of the book, or of its next day; with the time of single solves unless `solve` is off."""
    uri = shelf.next_day(book) if later else shelf.book(book)
    row = whole_row(shelf.measure(uri, ask.repeat), ask.price)
    about: Row = {
        "book": book.title,
        "rates": "constant" if book.constant else "schedule",
        "day": "next" if later else "1",
    }
    about |= in_fresh_process(account_facts, uri, ask.solved if solve else 1)
    if solve:
        about["continuous_per_second"] = in_fresh_process(continuous_rate, uri, ask.repeat)
    return [about | row]


def whole_row(whole: Whole, price: float) -> Row:
    """Rates, cost at `price` USD a core-hour, and milliseconds an account by stage."""
    ms = 1e3 * whole.cpu_s / whole.accounts
    return {
        "accounts": whole.accounts,
        "lots_each": whole.lots / whole.accounts,
        "trades_each": whole.trades / whole.accounts,
        "ms": ms,
        "per_second": 1e3 / ms,
        "deciding_per_second": whole.accounts / whole.deciding_s,
        "stage_ms": {stage: 1e3 * seconds / whole.accounts for stage, seconds in whole.seconds.items()},
        "cpu_s": whole.cpu_s,
        "wall_s": whole.wall_s,
        "peak_mib": whole.peak_mib,
        "usd_per_million": ms / 3.6e6 * 1e6 * price,
    }


def account_facts(book: str, accounts: int) -> Row:
    """Names and factors of a typical account's problem, and the time of solving one relaxation."""
    sample = problems(open_for_run(book), accounts)
    sizes = sorted(len(problem.held) for problem in sample)
    times = told(time_peer(OURS, sample).seconds)
    return {
        "names": sizes[len(sizes) // 2],
        "factors": sample[0].loadings.shape[1],
        "solve_ms_median": times["ms_median"],
        "solve_ms_p99": times["ms_p99"],
    }

"""Whether trades keep to the budgets of the year (`engine.decide.limited_gain` tells the same, in words)."""

from __future__ import annotations

from kernels.decide.book import BOOK, Book
from kernels.decide.memory import ARRAYS, CASE, Arrays, Case
from kernels.decide.outcomes import OUTCOMES, Outcomes
from kernels.decide.trades import CASH, ROWS, SELL_OUT, Rows
from kernels.jit import apart, b1, f8, i8, kernel
from kernels.taxes import schedule_tax

CENT = 0.005


@kernel(f8(BOOK, i8, f8, f8), inner=True)
def _tax_of_year(book: Book, account: int, short: float, long: float) -> float:
    """USD, with these gains of a run."""
    of = book.accounts
    return schedule_tax(
        of.short[account] + short,
        of.long[account] + long,
        of.st_rate[account],
        of.lt_rate[account],
        of.loss_value[account],
        of.offset[account],
    )


@apart(b1(BOOK, ARRAYS, CASE, ROWS, i8, i8, OUTCOMES))
def is_lawful(book: Book, of: Arrays, case: Case, rows: Rows, first: int, last: int, out: Outcomes) -> bool:
    """Whether trades keep to the budgets, or go beyond them where they may; what they realise is then told.

    A sell_out goes beyond every budget, cash but not a date; a transition gives way (`engine.decide.limited_gain`).
    """
    account, accounts = case.account, book.accounts
    short, long, cash, sell_out = 0.0, 0.0, False, False
    for row in range(first, last):
        cash, sell_out = cash or rows.reason[row] == CASH, sell_out or rows.reason[row] == SELL_OUT
        gain = 0.0 if rows.buy[row] else (rows.amount[row] - rows.basis[row]) / 100.0
        if of.doubtful[of.place[rows.security[row]]]:
            gain = max(gain, 0.0)
        if rows.long_term[row]:
            long += gain
        else:
            short += gain
    moves = False
    for name in range(case.n):
        moves = moves or of.moves[name]
    gain, tax, room = short + long, _tax_of_year(book, account, short, long), accounts.gain_room[account]
    most_tax = max(accounts.tax_budget[account], _tax_of_year(book, account, 0.0, 0.0))
    exceeded = gain > CENT and gain > room + CENT
    if exceeded or tax > most_tax + CENT:
        if moves or not (sell_out or (cash and not (exceeded and accounts.preserved[account]))):
            return False
    elif room >= 0.0:
        return True
    out.gain[account], out.tax[account] = gain, tax
    return True

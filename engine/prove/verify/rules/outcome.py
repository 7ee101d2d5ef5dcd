"""Outcomes: every account is answered for once, and whoever needs a person says so."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

import numpy as np

from engine.prove.verify.columns import MONEY, SHARES, Ints, choice, column, filled, reals, scaled
from engine.prove.verify.compiled.grouping import add_at
from engine.prove.verify.compiled.trade_rows import STATUS, WORDS
from engine.prove.verify.compiled.words import BUY, EXCEPTION, NO_TRADE, SELL, TRADED
from engine.prove.verify.facts import Facts
from engine.prove.verify.groups import Groups, at, distinct
from engine.prove.verify.names import Coded
from engine.prove.verify.rule import Fault, faults, rule
from engine.prove.verify.words import shares, usd

SIDES: Final = (BUY, SELL)


@rule
def account_once(facts: Facts) -> Iterator[Fault]:
    """Every input account has exactly one row in results, and nobody else has one."""
    results, known_accounts = facts.results, len(facts.accounts)
    names = Coded(np.arange(known_accounts), facts.accounts.names)
    missing = facts.result_of[:known_accounts] < 0
    missing[0] = False
    stranger = (results.account.codes == 0) | (results.account.codes >= known_accounts)
    rows = Groups(results.account.codes)
    return chain(
        faults(names, missing, lambda _: "has no row in results"),
        faults(results.account, stranger, lambda _: "is in results and not in accounts"),
        faults(results.account.take(rows.first), rows.sizes > 1, lambda row: f"has {rows.sizes[row]} rows in results"),
    )


@rule
def words_known(facts: Facts) -> Iterator[Fault]:
    """Status, side, reason and term are words of the contract."""
    results, trades = facts.results, facts.trades
    return chain(
        faults(results.account, results.status <= 0, lambda row: f"status {results.word('status', row)}"),
        faults(
            trades.account,
            facts.checked.rows(WORDS),
            lambda row: ", ".join(f"{name} {trades.word(name, row)}" for name in ("side", "reason", "term")),
        ),
    )


@rule
def trades_match_status(facts: Facts) -> Iterator[Fault]:
    """An account has trades if, and only if, its status is TRADED."""
    trades, results = facts.trades, facts.results
    has_trades = np.zeros(len(facts.accounts.names), dtype=bool)
    has_trades[trades.account.codes] = True

    def status(account: int) -> str:
        row = facts.result_of[account] if account > 0 else -1
        return results.word("status", row) if row >= 0 else ""

    return chain(
        faults(
            trades.account,
            facts.checked.rows(STATUS),
            lambda row: "has trades and the status " + (status(trades.account.codes[row]) or "of no one"),
        ),
        faults(
            results.account,
            (results.status == TRADED) & ~has_trades[results.account.codes],
            lambda _: "is TRADED and has no trades",
        ),
    )


@rule
def fault_is_exception(facts: Facts) -> Iterator[Fault]:
    """An account whose input is faulty is an exception."""
    status, row_of, results = facts.status_of, facts.result_of, facts.results
    for account, said in facts.input_faults:
        decided = (account > 0) & (row_of[account] >= 0) & (status[account] != EXCEPTION) & (status[account] != 0)
        for row in np.flatnonzero(decided).tolist():
            word = results.word("status", row_of[account[row]])
            yield facts.accounts.names.text(account[row]) or "", f"{said(row)} and is {word}"


@rule
def exception_explained(facts: Facts) -> Iterator[Fault]:
    """Every exception has an ERROR row that tells a person what to do, and nobody else has one."""
    results, table, owner = facts.results, facts.exceptions, facts.exception_account
    is_error = choice(column(table, "severity"), "ERROR") == 1
    code = facts.exception_code
    explained = np.zeros(len(facts.accounts.names), dtype=bool)
    explained[owner.codes[is_error & (code.codes > 0)]] = True
    explained[0] = False
    row_of = np.where(owner.codes > 0, facts.result_of[owner.codes], -1)
    status = at(results.status, row_of, 0)
    return chain(
        faults(
            results.account,
            (results.status == EXCEPTION) & ~explained[results.account.codes],
            lambda _: "is an exception without an ERROR row",
        ),
        faults(
            owner,
            is_error & (status != 0) & (status != EXCEPTION),
            lambda row: f"has the ERROR {code[row]} and is {results.word('status', row_of[row])}",
        ),
    )


@rule
def code_given(facts: Facts) -> Iterator[Fault]:
    """Whoever does not trade names the rule that held it."""
    results = facts.results
    silent = results.code.blank()
    return faults(
        results.account,
        ((results.status == NO_TRADE) | (results.status == EXCEPTION)) & silent,
        lambda row: f"is {results.word('status', row)} without a code",
    )


@rule
def objective_given(facts: Facts) -> Iterator[Fault]:
    """A traded account carries its objective, its gap and the solver that found it. One that only sells may have no
    gap: whole shares may not reach the cash to be held and the spread beside it.
    """
    results, trades = facts.results, facts.trades
    buys = np.zeros(len(facts.accounts.names), dtype=bool)
    buys[trades.account.codes[trades.side == BUY]] = True
    missing = np.isnan(results.real("objective_bp")) | results.solver.blank()
    missing |= np.isnan(results.real("gap_bp")) & buys[results.account.codes]
    return faults(
        results.account,
        (results.status == TRADED) & missing,
        lambda _: "is TRADED without objective_bp, gap_bp or solver",
    )


@rule
def gap_not_negative(facts: Facts) -> Iterator[Fault]:
    """No answer is better than the best possible: a negative gap means that the trades are invalid."""
    gap = facts.results.real("gap_bp")
    return faults(facts.results.account, gap < -1e-6, lambda row: f"gap_bp {gap[row]}")


@rule
def one_run(facts: Facts) -> Iterator[Fault]:
    """All trades carry one run_id."""
    runs = facts.trades.run
    codes = distinct(runs.codes).tolist()
    wrong = len(runs.codes) > 0 and (len(codes) != 1 or codes[0] == 0)
    names = ", ".join(runs.names.text(code) or "null" for code in codes)
    return iter([("", f"run_ids {names}")] if wrong else [])


@rule
def orders_are_trades(facts: Facts) -> Iterator[Fault]:
    """The part's block orders are the sum of its trades: quantity, amount and accounts, exactly."""
    traded, size = facts.traded, len(facts.trades.security.names)
    sides = (
        (traded.bought, traded.bought_cents, traded.buys.astype(np.int64)),
        (traded.sold, traded.sold_cents, traded.sells.astype(np.int64)),
    )
    allocated = np.stack([[_by(traded.security.codes, figure, size) for figure in side] for side in sides])
    table, security = facts.orders, facts.order_security.codes
    side = choice(column(table, "side"), "BUY", "SELL")
    figures = (
        filled(scaled(column(table, "quantity"), SHARES)),
        filled(scaled(column(table, "amount"), MONEY)),
        np.nan_to_num(reals(column(table, "accounts"))).astype(np.int64),
    )
    ordered = np.stack([[_by(security[side == one], figure[side == one], size) for figure in figures] for one in SIDES])
    both = np.stack([ordered, allocated])
    stray = faults(
        facts.order_security,
        (side <= 0) | (security == 0),
        lambda row: f"an order of neither side: {table.column('side')[row].as_py() or ''}",
    )
    wrong = (allocated != ordered).any(axis=1)
    wrong[:, 0] |= (allocated[:, :, 0] != 0).any(axis=1)
    said = [("", message) for _, message in stray]
    for one, name in enumerate(("BUY", "SELL")):
        for code in np.flatnonzero(wrong[one]).tolist():
            theirs, ours = (f"{shares(a)} shares, {usd(b)}, {n} accounts" for a, b, n in both[:, one, :, code])
            security_id = facts.trades.security.names.text(code) or ""
            said.append(("", f"{security_id} {name}: order {theirs}; trades {ours}"))
    return iter(said)


def _by(codes: Ints, values: Ints, size: int) -> Ints:
    """Sums by code, exactly."""
    found = np.zeros(size, dtype=np.int64)
    add_at(codes, values, found)
    return found


RULES: Final = (
    account_once,
    words_known,
    trades_match_status,
    fault_is_exception,
    exception_explained,
    code_given,
    objective_given,
    gap_not_negative,
    one_run,
    orders_are_trades,
)

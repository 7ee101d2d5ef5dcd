"""One part of the book settled: raw tables and a run's trades in, the next day's tables out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.findings import Finding, Scope
from engine.book.firm import Firm
from engine.book.roll import call_roll
from engine.codes import Code
from engine.ledger.owners import Owners, owners
from engine.ledger.rows import Ints
from engine.ledger.settle.accounts import Cash, Closed, accounts_table, close_years, gains, move_cash
from engine.ledger.settle.actions import Passed, restated
from engine.ledger.settle.activity import activity_table, empty_activity, new_rows
from engine.ledger.settle.booking import Booked, book
from engine.ledger.settle.fills import Asked, Names, all_filled, filled_by
from engine.ledger.settle.lots import HeldLots, clashing_accounts, held_lots, lots_table, made_names
from engine.ledger.settle.realised import Realised, Restored, is_long, realised, restored
from engine.ledger.settle.rewriting import cents
from engine.ledger.settle.saved import Days, Saved, with_savings
from engine.ledger.settle.totals import Totals
from engine.ledger.settle.trouble import Trouble
from kernels.pieces import NONE

SOUND_LOTS = frozenset(
    {
        Code.MODEL_INVALID,
        Code.MODEL_MISSING,
        Code.POLICY_MISSING,
        Code.SCREEN_MISSING,
        Code.RESTRICTION_INVALID,
        Code.PRICE_MISSING,
        Code.PRICE_STALE,
        Code.RISK_MISSING,
        Code.ACCOUNT_EMPTY,
        Code.SETTINGS_CONFLICT,
    }
)
"""Faults that keep an account from being decided, and leave what it holds beyond doubt: it is settled all the same."""


@dataclass(frozen=True)
class Settlement:
    """What all parts share: the firm with the run's settings, the day of the new book, corporate actions of the days.

    Days since 1970-01-01.
    """

    firm: Firm
    until: int
    passed: Passed
    fills_file: str = ""


@dataclass(frozen=True)
class Settled:
    """The new tables of a part, what could not be settled, and counts and cents.

    `closed`: tax years that ended, by rows of `accounts`; `paid` (flows,): which of the old book's flows were.
    """

    tables: dict[str, pa.Table]
    troubles: tuple[Trouble, ...]
    totals: Totals
    closed: tuple[Closed, ...]
    paid: NDArray[np.bool_]


def settle_part(
    settlement: Settlement,
    tables: Mapping[str, pa.Table],
    trades: pa.Table,
    findings: Sequence[Finding],
    fills: pa.Table | None = None,
    results: pa.Table | None = None,
) -> Settled:
    """Settle a part. `findings` are the validator's, on what concerns cash and lots the account is left as it is.

    `fills` are the rows of a file that concern the part, see `engine.ledger.settle.fills`; without it every trade is
    filled at its price. `results` of the run tell what it saved; without them that is not carried on. Raises
    `InputRefused` where a fill is unsound.
    """
    firm, until = settlement.firm, settlement.until
    holders = owners(call_roll(firm, tables["accounts"]))
    names = Names(holders.ids, firm.market.ids, tables["lots"])
    today = firm.header.as_of_days
    if fills is None:
        done, asked = all_filled(trades, names, today)
    else:
        done, asked = filled_by(trades, fills, names, (today, until), settlement.fills_file)
    activity = tables.get("activity", empty_activity())
    left, told = _left(holders, findings)
    while True:
        booked, oversold = book(firm, tables, holders, done, settlement.passed, left)
        held, made = held_lots(booked), made_names(booked, tables["lots"], activity)
        lots = lots_table(firm, tables["lots"], booked, held, made)
        clashes = clashing_accounts(lots, booked)
        left = booked.left
        told += oversold
        if not len(clashes):
            break
        told += [_clash(holders, int(account)) for account in clashes]
        left = left.copy()
        left[clashes] = True
    gone, back = realised(booked), restored(booked)
    cash, unpaid = move_cash(tables["accounts"], tables.get("flows"), booked, gone, until)
    told += unpaid
    after = cents(tables["accounts"], "cash") + cash.change
    taxed = gains(gone, back)
    taxed = taxed.where(holders.taxable[taxed.account])
    year = close_years(firm, tables["accounts"], booked, held, after, taxed, until)
    lot_ids = pa.concat_arrays([columns.text(tables["lots"]["lot_id"]).take(pa.array(booked.lots.row)), made])
    new = {
        "accounts": accounts_table(tables["accounts"], booked, cash, year),
        "lots": lots,
        "activity": activity_table(
            _told_today(settlement, activity, "trade_date"), new_rows(firm, booked, gone, back, made, lot_ids), until
        ),
    }
    if results is not None:
        run = Saved(results, trades, firm.market.price_micro)
        new["accounts"] = with_savings(new["accounts"], run, booked, Days.between(today, until))
    if "flows" in tables:
        new["flows"] = tables["flows"].filter(pa.array(cash.unpaid))
    if "restrictions" in tables:
        new["restrictions"] = _told_today(settlement, tables["restrictions"], None)
    totals = _totals(tables, asked, booked, held, cash, gone, back, told)
    troubles = tuple(sorted(told, key=lambda one: (one.account, one.code.name)))
    return Settled(new, troubles, totals, year.closed, ~cash.unpaid)


def _told_today(settlement: Settlement, table: pa.Table, date: str | None) -> pa.Table:
    """Rows of a table in today's shares and names."""
    before = np.full(table.num_rows, np.iinfo(np.int32).min, dtype=np.int32)
    day = before if date is None else columns.days(table[date])
    return restated(table, day, settlement.passed.actions, settlement.firm.market.ids)


def _left(holders: Owners, findings: Sequence[Finding]) -> tuple[NDArray[np.bool_], list[Trouble]]:
    """Accounts (accounts,) to be left as they are, for faults in what they hold."""
    told: dict[str, Trouble] = {}
    for finding in findings:
        code = Code[finding.code]
        if finding.scope is Scope.ACCOUNT and code not in SOUND_LOTS and finding.subject not in told:
            told[finding.subject] = Trouble(finding.subject, code, f"{finding.message}; the account is as it was")
    faulty = pa.array(sorted(told), pa.string())
    return columns.codes(holders.ids, faulty) >= 0, list(told.values())


def _clash(holders: Owners, account: int) -> Trouble:
    message = "two of its lots would have one name; the account is as it was"
    return Trouble(holders.ids[account].as_py(), Code.LOT_DUPLICATE, message)


def _totals(
    tables: Mapping[str, pa.Table],
    asked: Asked,
    booked: Booked,
    held: HeldLots,
    cash: Cash,
    gone: Realised,
    back: Restored,
    told: Sequence[Trouble],
) -> Totals:
    before = cents(tables["accounts"], "cash")
    taxable, pieces, ours = booked.owners.taxable, booked.pieces, booked.ours
    long, back_long = is_long(gone), is_long(back)
    taxed, back_taxed = taxable[gone.account], taxable[back.account]
    was, old = len(booked.lots), booked.replayed_lots
    here = np.unique(held.lot[held.lot < was])
    rest = int(booked.lots.basis[~old].sum())
    absorbed = np.where(taxable[booked.account], pieces.absorbed, 0)
    in_replay = int(booked.lots.basis[old].sum()) + int(cash.buys.sum()) + int(absorbed[ours].sum())
    return Totals(
        accounts=tables["accounts"].num_rows,
        fills=int(booked.fills.rows.sum()),
        rejected=asked.rejected,
        partial=asked.partial,
        lots_opened=int(booked.fills.buy.sum()) + len(np.unique(held.spun[held.spun != NONE])),
        lots_closed=int(old.sum()) - len(here),
        actions=len(booked.actions),
        exceptions=len({one.account for one in told}),
        cash_before=int(before.sum()),
        buys=int(cash.buys.sum()),
        sells=int(cash.sells.sum()),
        dividends=int(cash.dividends.sum()),
        from_actions=int(cash.actions.sum()),
        flows_in=int(cash.flows_in.sum()),
        flows_out=int(cash.flows_out.sum()),
        cash_after=int((before + cash.change).sum()),
        realised_st=_sum(gone.gain, taxed & ~long) + _sum(back.loss, back_taxed & ~back_long),
        realised_lt=_sum(gone.gain, taxed & long) + _sum(back.loss, back_taxed & back_long),
        disallowed=int(gone.disallowed.sum()),
        restored=int(back.loss.sum()),
        basis_before=int(booked.lots.basis.sum()),
        basis_sold=int(gone.basis.sum()),
        basis_washed=int(absorbed[ours].sum()),
        capital_returned=in_replay - int(pieces.basis[ours].sum()),
        basis_after=int(held.basis.sum()) + rest,
    )


def _sum(values: Ints, where: NDArray[np.bool_]) -> int:
    return int(values[where].sum())

"""The twin over the years: an account of its own, traded without regard to tax day after day, with a ledger of its own.

It begins as its account is, on the day it is first settled. From then on it has its own lots, cash, year's totals and
carryforwards, and each day it closes every gap to the target that its account has (`engine.prove.twin_trades`). It is
settled by what settles the account: wash sales of its household's twins, corporate actions, dividends, years' ends;
and what the account is paid or pays out, the twin is and does. So what was deferred is not added up from day to day:
each year's tax is what each of the two owes, with no gains elsewhere to take a loss off (OPTIMISATION section 5).

The tables lie beside the book's, in its parts, and no run reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.accounts import build_block
from engine.book.findings import Finding, Scope
from engine.book.firm import Firm
from engine.book.roll import call_roll
from engine.book.schema import BOOK_TABLES, MONEY
from engine.book.settings import resolve
from engine.book.validation import Reference, check_part
from engine.codes import Code, Severity
from engine.decide.positions import prepare_positions
from engine.ledger.rows import Ints, sums
from engine.ledger.settle import Settled, Settlement, settle_part
from engine.ledger.settle.rewriting import cents, put_scaled
from engine.ledger.settle.trouble import Trouble
from engine.prove.twin_trades import twin_trades
from kernels.dates import year_of
from kernels.run_taxes import run_taxes

Flags = NDArray[np.bool_]
ACCOUNTS, LOTS, ACTIVITY, YEARS = TWIN_TABLES = ("twin_accounts", "twin_lots", "twin_activity", "twin_years")
CARRIED: Final = ("cash", "realised_st_ytd", "realised_lt_ytd", "carryforward_st", "carryforward_lt")
"""Columns of `accounts` in which a twin has its own figures."""
TAXES: Final = ("tax", "tax_blind", "held_tax", "held_tax_blind")
"""Columns of `twin_years`, USD."""
CENT: Final = 100


@dataclass(frozen=True)
class Carried:
    """The twins' tables of the new book, and accounts whose twin began anew."""

    tables: dict[str, pa.Table]
    troubles: tuple[Trouble, ...]


def carry_twins(
    settlement: Settlement,
    then: Firm,
    reference: Reference,
    tables: Mapping[str, pa.Table],
    findings: Sequence[Finding],
    settled: Settled,
    kept: Mapping[str, pa.Table] | None,
) -> Carried:
    """Settle the twins of a part, whose `tables` have been `settled`.

    `kept` are the twins' tables of the old book, None where there are none; `then` is the firm on the new book's day,
    at its prices; `findings` are the validator's on the accounts.
    """
    firm, ids = settlement.firm, columns.text(tables["accounts"]["account_id"])
    place, known = _known(kept, tables, ids)
    twins = _begin(tables, kept, ids, place, known)
    own = [*findings, *check_part(reference, twins, frozenset(), {})]
    refused = frozenset(finding.subject for finding in own if finding.scope is Scope.ACCOUNT)
    trades = twin_trades(firm, twins, refused)
    day = settle_part(settlement, _paid(twins, settled), trades, own)
    accounts = _all_paid(day, ids)
    before = {name: day.tables[name] for name in ("lots", "activity")}
    new = {
        ACCOUNTS: _accounts(firm, kept, accounts, place, known, _follows(day, settled, ids)),
        LOTS: _of_contract(before["lots"]),
        ACTIVITY: before["activity"],
        YEARS: _years(then, ids, refused, settled, day, accounts, kept, known),
    }
    anew = np.flatnonzero((place >= 0) & ~known)
    told = tuple(
        Trouble(
            ids[int(account)].as_py(),
            Code.TWIN_ANEW,
            "cash or lots are not as they were settled, so the account's tax-blind twin begins anew",
            Severity.INFO,
        )
        for account in anew
    )
    return Carried(new, told)


def state_of(accounts: pa.Table, lots: pa.Table) -> Ints:
    """A number (accounts,) of what each account holds: shares by security, and cash."""
    ids = columns.text(accounts["account_id"])
    securities = columns.encoded(lots["security_id"])
    names = [(name or "").encode() for name in securities.dictionary.to_pylist()]
    key = np.array([int.from_bytes(blake2b(name, digest_size=8).digest(), "little") | 1 for name in names], np.uint64)
    owner = columns.codes(lots["account_id"], ids)
    mine = owner >= 0
    found = np.zeros(len(ids), dtype=np.uint64)
    shares = columns.scaled(lots["quantity"], columns.MICRO).view(np.uint64)
    named = np.append(key, np.uint64(0))[columns.indices(securities)]
    np.add.at(found, owner[mine], (shares * named)[mine])
    cash = columns.scaled(accounts["cash"], CENT).view(np.uint64)
    return np.asarray((found + cash * np.uint64(0x9E3779B97F4A7C15)).view(np.int64))


def _known(kept: Mapping[str, pa.Table] | None, tables: Mapping[str, pa.Table], ids: pa.Array) -> tuple[Ints, Flags]:
    """Each account's row of the twins' (rows,), -1 for none, and whether its twin goes on."""
    if kept is None:
        return np.full(len(ids), -1, dtype=np.int64), np.zeros(len(ids), dtype=np.bool_)
    place = columns.codes(ids, columns.text(kept[ACCOUNTS]["account_id"])).astype(np.int64)
    follows = kept[ACCOUNTS]["follows"].fill_null(0).to_numpy()
    told = np.append(kept[ACCOUNTS]["follows"].is_valid().to_numpy(), False)
    return place, told[place] & (np.append(follows, 0)[place] == state_of(tables["accounts"], tables["lots"]))


def _begin(
    tables: Mapping[str, pa.Table], kept: Mapping[str, pa.Table] | None, ids: pa.Array, place: Ints, known: Flags
) -> dict[str, pa.Table]:
    """The part as the twins have it: what they hold, and of everything else what their accounts have."""
    twins = dict(tables)
    if kept is None:
        return twins
    for name in CARRIED:
        own = np.append(cents(kept[ACCOUNTS], name), 0)[place]
        changed = known & (own != cents(tables["accounts"], name))
        twins["accounts"] = put_scaled(twins["accounts"], name, changed, own, MONEY)
    for name, of_twin in (("lots", kept[LOTS]), ("activity", kept[ACTIVITY])):
        pieces = [_rows_of(of_twin, ids, known)]
        if name in tables:
            pieces.append(_rows_of(tables[name], ids, ~known))
        twins[name] = pa.concat_tables([_plain(piece) for piece in pieces], promote_options="permissive")
    return twins


def _rows_of(table: pa.Table, ids: pa.Array, wanted: Flags) -> pa.Table:
    account = columns.codes(table["account_id"], ids)
    return table.filter(pa.array(np.append(wanted, False)[account]))


def _plain(table: pa.Table) -> pa.Table:
    """The table with its texts as plain strings, so that tables of several origins go together."""
    for number, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type) or pa.types.is_large_string(field.type):
            table = table.set_column(number, field.name, columns.text(table[field.name]))
    return table


def _paid(twins: dict[str, pa.Table], settled: Settled) -> dict[str, pa.Table]:
    """The part with those flows alone that were paid: the twins pay the same."""
    if "flows" not in twins:
        return twins
    return {**twins, "flows": twins["flows"].filter(pa.array(settled.paid))}


def _all_paid(day: Settled, ids: pa.Array) -> pa.Table:
    """The twins' accounts. What their cash did not cover is taken from it all the same: they sell for it tomorrow."""
    accounts = day.tables["accounts"]
    if "flows" not in day.tables or not day.tables["flows"].num_rows:
        return accounts
    flows = day.tables["flows"]
    owner = columns.codes(flows["account_id"], ids).astype(np.int64)
    due = sums(owner[owner >= 0], columns.scaled(flows["amount"], CENT)[owner >= 0], len(ids))
    return put_scaled(accounts, "cash", due != 0, cents(accounts, "cash") + due, MONEY)


def _follows(day: Settled, settled: Settled, ids: pa.Array) -> pa.Array:
    """What each account must hold for its twin to go on; null where the twin alone could not be settled."""
    behind = {
        one.account for one in day.troubles if one.severity is Severity.ERROR and one.code is not Code.FLOW_UNPAID
    }
    behind -= {one.account for one in settled.troubles}
    null = columns.codes(ids, pa.array(sorted(behind), pa.string())) >= 0
    return pa.array(state_of(settled.tables["accounts"], settled.tables["lots"]), mask=null)


def _accounts(
    firm: Firm, kept: Mapping[str, pa.Table] | None, accounts: pa.Table, place: Ints, known: Flags, follows: pa.Array
) -> pa.Table:
    since = np.full(len(place), firm.header.as_of_days, dtype=np.int32)
    if kept is not None:
        since = np.where(known, np.append(columns.days(kept[ACCOUNTS]["since"]), 0)[place], since).astype(np.int32)
    money = {name: columns.decimals(cents(accounts, name), MONEY) for name in CARRIED}
    ids = columns.text(accounts["account_id"])
    return pa.table({"account_id": ids, "since": pa.array(since, pa.date32())} | money | {"follows": follows})


def _of_contract(lots: pa.Table) -> pa.Table:
    return lots.select([name for name in BOOK_TABLES["lots"].by_name if name in lots.column_names])


def _years(
    then: Firm,
    ids: pa.Array,
    refused: frozenset[str],
    settled: Settled,
    day: Settled,
    accounts: pa.Table,
    kept: Mapping[str, pa.Table] | None,
    known: Flags,
) -> pa.Table:
    """One row of each taxable account and year: what the account owes and its twin, and what both hold untaxed."""
    ours = _standing(then, settled.tables, refused)
    twin = _standing(then, {**day.tables, "accounts": accounts}, refused)
    rows, current = ours[0], year_of(then.header.as_of_days)
    found = []
    for mine, blind in zip(settled.closed, day.closed, strict=True):
        owed = (_owed(then, settled.tables["accounts"], rows, one.short, one.long, one.offset) for one in (mine, blind))
        found.append(_year_table(ids, rows, mine.year, *owed, ours[2], twin[2]))
    found.append(_year_table(ids, rows, current, ours[1], twin[1], ours[2], twin[2]))
    new = pa.concat_tables(found)
    if kept is None:
        return new
    before = _rows_of(kept[YEARS], ids, known)
    written = columns.codes(before["account_id"], ids.take(pa.array(rows))) >= 0
    first = min((one.year for one in settled.closed), default=current)
    stays = ~written | (before["year"].to_numpy() < first)
    order = [("account_id", "ascending"), ("year", "ascending")]
    return pa.concat_tables([before.filter(pa.array(stays)), new]).sort_by(order)


def _standing(then: Firm, tables: Mapping[str, pa.Table], refused: frozenset[str]) -> tuple[Ints, Ints, Ints]:
    """Of the taxable accounts: rows of `accounts`, cents of this year's tax so far, and of tax if all were sold."""
    block = build_block(then, tables, refused, call_roll(then, tables["accounts"]))
    positions = prepare_positions(then, block)
    owner, long = np.repeat(np.arange(len(block)), np.diff(block.lots.offsets)), positions.long_term
    held = [sums(owner[term], positions.unrealised[term], len(block)) for term in (~long, long)]
    table, offset = tables["accounts"], np.floor(CENT * positions.offset + 0.5)
    short = (cents(table, "realised_st_ytd") - cents(table, "carryforward_st"))[block.row]
    long_ = (cents(table, "realised_lt_ytd") - cents(table, "carryforward_lt"))[block.row]
    now = _tax(then, table, block.row, short, long_, offset)
    sold = _tax(then, table, block.row, short + held[0], long_ + held[1], offset)
    order = np.argsort(block.row)
    order = order[block.taxable[order]]
    return block.row[order], now[order], (sold - now)[order]


def _owed(then: Firm, accounts: pa.Table, rows: Ints, short: Ints, long: Ints, offset: Ints) -> Ints:
    return _tax(then, accounts, rows, short[rows], long[rows], offset[rows].astype(np.float64))


def _tax(then: Firm, accounts: pa.Table, rows: Ints, short: Ints, long: Ints, offset: NDArray[np.float64]) -> Ints:
    """Cents (rows,) of a year's tax by the netting schedule; a loss carried out of it is worth nothing yet."""
    settings, none = resolve(accounts, then.levels), np.zeros(len(rows))
    out = np.empty(len(rows), dtype=np.int64)
    run_taxes(
        np.ones(len(rows), dtype=np.bool_),
        *(none,) * 4,
        np.ascontiguousarray(short),
        np.ascontiguousarray(long),
        settings["st_rate"][rows],
        settings["lt_rate"][rows],
        none,
        offset / CENT,
        out,
    )
    return out


def _year_table(ids: pa.Array, rows: Ints, year: int, *taxes: Ints) -> pa.Table:
    money = {name: columns.decimals(values, MONEY) for name, values in zip(TAXES, taxes, strict=True)}
    named = {"account_id": ids.take(pa.array(rows)), "year": pa.array(np.full(len(rows), year, dtype=np.int32))}
    return pa.table(named | money)

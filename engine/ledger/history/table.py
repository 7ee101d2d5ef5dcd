"""A trade history as arrays in order of trade, and who may not be replayed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from engine.book import columns
from engine.book.schema import SIDES, TAX_STATUSES
from engine.book.validation.sheet import Sheet
from engine.ledger.actions import Actions, read_actions
from engine.ledger.groups import Groups, group_securities
from engine.ledger.lot_names import find_lots, made_names
from engine.ledger.schema import HISTORY
from engine.ledger.sequence import batches, sequences
from engine.ledger.text import filled, joined, ranked
from kernels.money import amounts_cents
from kernels.pieces import NONE, SPIN_OFF

Numbers = NDArray[np.int32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Accounts:
    """(a,) each, accounts ascending by name. `household` numbers households in the order of their names."""

    ids: pa.Array
    household: Numbers
    status: Numbers
    """Place in TAX_STATUSES."""


@dataclass(frozen=True)
class Trades:
    """(t,) each, in order of trade: household, day, batch, buys first, account, security, lot, quantity, price."""

    row: Ints
    """Row of the input table."""
    account: Numbers
    security: Numbers
    day: Numbers
    batch: Numbers
    """Rank of `sequence`, from 1; trades without one come last and share a batch."""
    sell: NDArray[np.bool_]
    quantity: Ints
    """Micro-shares."""
    price: Ints
    """Micro-dollars."""

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> Trades:
        """The trades of these places."""
        return Trades(**{name: values[index] for name, values in vars(self).items()})


@dataclass(frozen=True)
class History:
    """Everything that the replay needs of a table, and the names behind the numbers."""

    accounts: Accounts
    securities: pa.Array
    groups: Groups
    actions: Actions
    trades: Trades
    amount: Ints
    """Cents of each trade, (t,)."""
    lot: Numbers
    """(t,) of a purchase its own place, of a sale that of the purchase it names, UNKNOWN, or NONE where none is."""
    path: Ints
    """(t,) the piece of that lot."""
    lot_names: pa.Array
    """(t,) of a purchase the name of its lot, of a sale the name that it uses."""

    def spans(self, most: int) -> Iterator[slice]:
        """Ranges of at most `most` trades where a household is no longer than that; households stay whole."""
        household = self.accounts.household[self.trades.account]
        ends = np.append(np.flatnonzero(np.diff(household)) + 1, len(household))
        start = 0
        while start < len(household):
            fits = np.searchsorted(ends, start + most, side="right")
            first = np.searchsorted(ends, start, side="right")
            end = int(ends[max(fits - 1, first)])
            yield slice(start, end)
            start = end


def read_history(table: pa.Table, actions: pa.Table | None, households: Numbers, keep: NDArray[np.bool_]) -> History:
    """The rows that `keep` (rows,) marks; they are sound, and `households` (rows,) numbers theirs."""
    rows = np.flatnonzero(keep)
    sheet = Sheet.cut(HISTORY, table.filter(pa.array(keep)), "")
    account, ids = ranked(sheet.text("account_id"))
    securities = _securities(sheet, actions)
    security = sheet.codes("security_id", securities)
    acted = read_actions(actions if actions is not None else pa.table({}), securities)
    given = filled(sheet.text("lot_id"))
    named, _ = ranked(given)
    trades = Trades(
        row=rows,
        account=account,
        security=security,
        day=sheet.days("trade_date"),
        batch=batches(sequences(sheet.data)),
        sell=sheet.codes("side", pa.array(SIDES)) == SIDES.index("SELL"),
        quantity=columns.scaled(sheet.data["quantity"], columns.MICRO),
        price=columns.scaled(sheet.data["price"], columns.MICRO),
    )
    household = households[rows]
    order = np.lexsort(
        (
            trades.price,
            trades.quantity,
            named,
            security,
            account,
            trades.sell,
            trades.batch,
            trades.day,
            household,
        )
    )
    trades = trades.take(order)
    lot, path, names = _lots(trades, given.take(pa.array(order)), acted, securities)
    amount = np.empty(len(order), dtype=np.int64)
    amounts_cents(trades.quantity, trades.price, amount)
    return History(
        accounts=_accounts(sheet, account, ids, household),
        securities=securities,
        groups=group_securities(_stated_groups(table, securities), acted),
        actions=acted,
        trades=trades,
        amount=amount,
        lot=lot,
        path=path,
        lot_names=names,
    )


def household_labels(sheet: Sheet) -> pa.Array:
    """What each row's household is called, (rows,): its `household_id`, or its account's, or the account itself.

    Endings keep a household apart from an account of the same name.
    """
    account, ids = ranked(sheet.text("account_id"))
    named, households = ranked(filled(sheet.text("household_id")))
    stated = per_owner(account, named, len(ids))
    label = pc.coalesce(
        named_household(households.take(pa.array(named, mask=named < 0))),
        named_household(columns.take_text(households, stated[account])),
        own_household(sheet.text("account_id")),
    )
    return columns.text(label)


def named_household(names: pa.Array) -> pa.Array:
    """What households that have a name are called."""
    return joined(names, " household")


def own_household(accounts: pa.Array) -> pa.Array:
    """What the households of accounts on their own are called."""
    return joined(accounts, " account")


def per_owner(owner: Numbers, value: Numbers, owners: int) -> Numbers:
    """The highest value of each owner, −1 where it has none; one more, −1, is for rows without owner (−1)."""
    highest = np.full(owners + 1, -1, dtype=np.int32)
    np.maximum.at(highest, owner, value)
    highest[-1] = -1
    return highest


def _securities(sheet: Sheet, actions: pa.Table | None) -> pa.Array:
    """Every security traded or named by an action, ascending."""
    names = [sheet.text("security_id").unique()]
    if actions is not None:
        names += [filled(actions[name]) for name in ("security_id", "new_security_id") if name in actions.column_names]
    return ranked(pa.concat_arrays(names))[1]


def _lots(trades: Trades, given: pa.Array, actions: Actions, securities: pa.Array) -> tuple[Numbers, Ints, pa.Array]:
    """Lots, pieces and lot names, see `History`."""
    bought = np.flatnonzero(~trades.sell)
    names = made_names(trades.account[bought], given.take(pa.array(bought)))
    lot = np.full(len(given), NONE, dtype=np.int32)
    lot[bought] = bought
    path = np.zeros(len(given), dtype=np.int64)
    named = np.flatnonzero(trades.sell & np.asarray(given.is_valid()))
    spun = np.unique(actions.target[actions.kind == SPIN_OFF])
    found, path[named] = find_lots(
        trades.account[bought],
        names,
        trades.account[named],
        given.take(pa.array(named)),
        securities.take(pa.array(spun)).to_pylist(),
    )
    lot[named] = found
    lot[named[found >= 0]] = bought[found[found >= 0]]
    place = np.full(len(given), -1, dtype=np.int64)
    place[bought] = np.arange(len(bought))
    return lot, path, pc.coalesce(columns.take_text(names, place), given)


def _accounts(sheet: Sheet, account: Numbers, ids: pa.Array, household: Numbers) -> Accounts:
    of_account = np.zeros(len(ids), dtype=np.int32)
    of_account[account] = household
    status = per_owner(account, sheet.codes("tax_status", pa.array(TAX_STATUSES)), len(ids))[:-1]
    return Accounts(ids, of_account, np.maximum(status, TAX_STATUSES.index("taxable")))


def _stated_groups(table: pa.Table, securities: pa.Array) -> Numbers:
    """Of each security, also where only a row that is left out says it."""
    sheet = Sheet.cut(HISTORY, table, "")
    group, _ = ranked(filled(sheet.text("wash_group")))
    return per_owner(sheet.codes("security_id", securities), group, len(securities))[:-1]

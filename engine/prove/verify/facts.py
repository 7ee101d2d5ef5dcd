"""What the rules ask about a part: the tables by number, and what follows from them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from engine.prove.verify.barred import Barred, WeightLimits, waiting_shares
from engine.prove.verify.book import Lots, Positions, read_accounts, read_lots
from engine.prove.verify.columns import (
    MONEY,
    SHARES,
    Bools,
    Floats,
    Ints,
    column,
    in_units,
    reals,
)
from engine.prove.verify.compiled.trade_rows import sum_accounts, sum_names
from engine.prove.verify.compiled.words import NO_TRADE, TRADED
from engine.prove.verify.firm_tables import firm_of
from engine.prove.verify.followers import Followers
from engine.prove.verify.groups import Groups, at, find, first_rows, pair, total_by
from engine.prove.verify.input_faults import InputFault, find_input_faults
from engine.prove.verify.legacy import Legacy
from engine.prove.verify.lot_choice import LotChoice
from engine.prove.verify.lot_names import LotNames
from engine.prove.verify.names import Coded, Names
from engine.prove.verify.outputs import Results, Targets, Trades, read_trades
from engine.prove.verify.restrictions import Restrictions
from engine.prove.verify.risk import NOTHING, Tracking, tracking
from engine.prove.verify.settings import EPOCH
from engine.prove.verify.sold import Checked, Rows, SoldLots
from engine.prove.verify.tax_year import TaxYear
from engine.prove.verify.wash_nearby import Nearby
from engine.prove.verify.washes import Washes


class Facts:
    """Tables of the part, as delivered and as written; everything else is worked out when a rule asks for it."""

    def __init__(
        self,
        firm: Mapping[str, pa.Table],
        part: Mapping[str, pa.Table],
        outputs: Mapping[str, pa.Table],
        as_of: datetime.date,
        settings: Mapping[str, object],
    ) -> None:
        self.today = (as_of - EPOCH).days
        self.firm = firm_of(firm)
        self.securities, self.models = self.firm.securities.apart(), self.firm.models.apart()
        names = self.securities.names
        self.accounts = read_accounts(part.get("accounts", NOTHING), self.firm.policies, self.models.names, settings)
        owners = self.accounts.names
        self.lots: Lots = read_lots(part.get("lots", NOTHING), owners, names)
        self.restrictions = Restrictions(part.get("restrictions", NOTHING), self.firm, owners, names)
        self.flows = part.get("flows", NOTHING)
        self.activity = part.get("activity", NOTHING)
        self.trades: Trades = read_trades(outputs.get("trades", NOTHING), owners, names, self.lots.names)
        self.targets = Targets(outputs.get("targets", NOTHING), names)
        self.results = Results(outputs.get("results", NOTHING), owners, self.targets.names)
        self.exceptions = outputs.get("exceptions", NOTHING)
        self.orders = outputs.get("orders", NOTHING)
        self.activity_account = Coded.read(column(self.activity, "account_id"), owners)
        self.activity_security = Coded.read(column(self.activity, "security_id"), names)
        self.activity_lot = self.lots.names.codes(column(self.activity, "lot_id"))
        self.exception_account = Coded.read(column(self.exceptions, "account_id"), owners)
        self.exception_code = Coded.read(column(self.exceptions, "code"), Names())
        self._outflow_account = owners.codes(column(self.flows, "account_id"))
        self.order_security = Coded.read(column(self.orders, "security_id"), names)
        self.targets.group(len(names))  # from here on no text is new

    @cached_property
    def positions(self) -> Positions:
        """Shares held and free to be sold."""
        return Positions(self.lots, self.securities)

    @cached_property
    def value(self) -> Floats:
        """USD by account, cash and positions at price; NaN without cash."""
        owner = self.accounts.row(self.positions.account.codes)
        worth = total_by(owner, self.positions.usd, len(self.accounts))
        return in_units(self.accounts.cash, MONEY) + worth

    @cached_property
    def outflow(self) -> Floats:
        """USD by account that is to be paid out."""
        amount = reals(column(self.flows, "amount"))
        out = np.where(amount < 0, -amount, 0.0)
        return total_by(self.accounts.row(self._outflow_account), out, len(self.accounts))

    @cached_property
    def result_of(self) -> Ints:
        """The first row of `results` of each account by name, known or not; -1 where there is none."""
        return first_rows(self.results.account.codes, len(self.accounts.names))

    @cached_property
    def status_of(self) -> Ints:
        """By account name, known or not."""
        return at(self.results.status, self.result_of, 0)

    @cached_property
    def decided(self) -> Decided:
        """Accounts that the run decided: not exceptions."""
        row = self.result_of[: len(self.accounts)]
        status = self.status_of[: len(self.accounts)]
        which = np.flatnonzero((status == TRADED) | (status == NO_TRADE))
        which = which[which > 0]
        return Decided(Coded(which, self.accounts.names), row[which])

    @cached_property
    def is_decided(self) -> Bools:
        """By account."""
        found = np.zeros(len(self.accounts), dtype=bool)
        found[self.decided.account.codes] = True
        return found

    @cached_property
    def input_faults(self) -> list[InputFault]:
        """Faults of the input, kind by kind."""
        return list(find_input_faults(self))

    @cached_property
    def tax_year(self) -> TaxYear:
        """By decided account."""
        return TaxYear(self)

    @cached_property
    def lot_choice(self) -> LotChoice:
        """By account."""
        return LotChoice(self)

    @cached_property
    def rows(self) -> Rows:
        """Rows of `trades` with their lots."""
        return Rows(self)

    @cached_property
    def checked(self) -> Checked:
        """What rows of `trades` break, each by itself."""
        return Checked(self)

    @cached_property
    def sold_lots(self) -> SoldLots:
        """Lots that the run sells from."""
        return SoldLots(self)

    @cached_property
    def traded(self) -> Traded:
        """By account and security that the run trades."""
        return Traded(self)

    @cached_property
    def flow(self) -> Flow:
        """Money and gains of the run by account."""
        return Flow(self)

    @cached_property
    def barred(self) -> Barred:
        """What restrictions bar."""
        return Barred(self)

    @cached_property
    def nearby(self) -> Nearby:
        """Where wash sales may be."""
        return Nearby(self)

    @cached_property
    def washes(self) -> Washes:
        """What wash sales make of the run."""
        return Washes(self)

    @cached_property
    def lot_names(self) -> LotNames:
        """What names of lots tell, of lots, trades and activity."""
        return LotNames(self.lots.names)

    @cached_property
    def waiting(self) -> Ints:
        """Micro-shares of each of `barred.to_sell_out` whose loss would be a wash sale, where a person is told."""
        return waiting_shares(self)

    def told(self, code: str) -> Bools:
        """(accounts named,) whether an exception of this code tells a person of the account."""
        found = np.zeros(len(self.accounts.names), dtype=bool)
        found[self.exception_account.codes[self.exception_code.one_of(code)]] = True
        found[0] = False
        return found

    @cached_property
    def weight_limits(self) -> WeightLimits:
        """Weights that restrictions limit."""
        return WeightLimits(self)

    @cached_property
    def legacy(self) -> Legacy:
        """Of accounts in transition."""
        return Legacy(self)

    @cached_property
    def followers(self) -> Followers:
        """Targets as models follow them."""
        return Followers(self)

    @cached_property
    def tracking(self) -> Tracking:
        """By decided account."""
        return tracking(self, self.firm.risk)


@dataclass(frozen=True)
class Decided:
    """`row`: of `results`."""

    account: Coded
    row: Ints

    def __len__(self) -> int:
        return len(self.row)


class Traded:
    """What the run bought and sold of a security in an account, beside what was held; micro-shares and cents."""

    def __init__(self, facts: Facts) -> None:
        trades = facts.trades
        size = len(trades.security.names)
        groups = Groups(trades.account.codes, trades.security.codes, size)
        self.keys, self.of_row = groups.keys, groups.of_row
        self.account = Coded(self.keys // size, trades.account.names)
        self.security = Coded(self.keys % size, trades.security.names)
        self.row = facts.accounts.row(self.account.codes)
        self.listed = facts.securities.row(self.security.codes)
        self.bought, self.sold, self.bought_cents, self.sold_cents = np.zeros((4, len(self)), dtype=np.int64)
        self.buys, self.sells, self.forced = np.zeros((3, len(self)), dtype=bool)
        sums = self.bought, self.sold, self.bought_cents, self.sold_cents, self.buys, self.sells, self.forced
        sum_names(self.of_row, facts.rows.columns, *sums)
        place = facts.positions.place(self.account.codes, self.security.codes)
        self.held = at(facts.positions.held, place, 0)
        self.unlocked = at(facts.positions.unlocked, place, 0)
        self.after = self.held + self.bought - self.sold
        self.after_usd = in_units(self.after, SHARES) * facts.securities.usd[self.listed]
        self._size = size

    def __len__(self) -> int:
        return len(self.keys)

    def place(self, account: Ints, security: Ints) -> Ints:
        """Where each pair stands, -1 where it was not traded."""
        return find(self.keys, pair(account, security, self._size))


class Flow:
    """Money and gains of the run by account; cents, `cost` in USD."""

    def __init__(self, facts: Facts) -> None:
        traded, count = facts.traded, len(facts.accounts)
        self.bought, self.sold, self.short, self.long = np.zeros((4, count), dtype=np.int64)
        self.trades, self.selling_out, self.forced, self.may_stray = np.zeros((4, count), dtype=bool)
        sums = self.bought, self.sold, self.short, self.long
        sum_accounts(facts.rows.columns, *sums, self.trades, self.selling_out, self.forced, self.may_stray)
        spread = in_units(traded.bought_cents + traded.sold_cents, MONEY) * facts.securities.half_spread[traded.listed]
        self.cost = total_by(traded.row, np.where(np.isnan(spread), 0.0, spread), count)

"""What the trades of one account realise against what its rules allow, in words for a person."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.firm import Firm
from engine.codes import Code
from engine.decide import trades as rows
from engine.decide.budgets import GainRule, gain_limit, tax_of_year
from engine.decide.trades import TradeRows

Warned = tuple[Code, str]
"""A code and what it means for an account."""
CENT = 0.005


@dataclass(frozen=True)
class LimitedGain:
    """Net gain of the trades and the room for it, USD; the rule that leaves it, and who asked for a sale.

    No loss counts in it of a name of which recent purchases may replace any, as in the budget that is decided with.
    `tax` is the year's with the trades, and `most_tax` what it may come to, infinite without a `tax_budget`.
    """

    gain: float
    room: float
    rule: GainRule
    tax: float
    most_tax: float
    cash: bool
    sell_out: bool

    @classmethod
    def of(
        cls,
        firm: Firm,
        block: AccountBlock,
        account: int,
        offset: float,
        traded: TradeRows,
        doubtful: NDArray[np.int32],
    ) -> LimitedGain:
        """The gain of an account's trades, and its tax; `offset` in USD may be deducted from ordinary income.

        `doubtful`: securities of which recent purchases may replace a loss.
        """
        limit = gain_limit(block, firm.header.as_of_days)
        gain = (traded.amount - traded.basis) * ~traded.buy / 100.0
        gain = np.where(np.isin(traded.security, doubtful), np.maximum(gain, 0.0), gain)
        short, long = (float(gain[traded.long_term == term].sum()) for term in (False, True))
        before, after = (tax_of_year(block, account, offset, *run) for run in ((0.0, 0.0), (short, long)))
        budget = float(block.settings["tax_budget"][account])
        return cls(
            gain=short + long,
            room=float(limit.room[account]),
            rule=GainRule(int(limit.rule[account])),
            tax=after,
            most_tax=math.inf if math.isnan(budget) or not block.taxable[account] else max(budget, before),
            cash=bool(np.isin(rows.CASH, traded.reason)),
            sell_out=bool(np.isin(rows.SELL_OUT, traded.reason)),
        )

    @classmethod
    def as_allowed(
        cls, firm: Firm, block: AccountBlock, account: int, offset: float, gain: float, tax: float
    ) -> LimitedGain:
        """The gain and tax of trades that were not refused; both in USD."""
        bare = cls.of(firm, block, account, offset, TradeRows.joined([]), np.empty(0, dtype=np.int32))
        return replace(bare, gain=gain, tax=tax, sell_out=True)

    @property
    def _exceeded(self) -> bool:
        """Whether the trades realise a net gain that the rule does not allow."""
        return self.gain > CENT and self.gain > self.room + CENT

    @property
    def _taxed(self) -> bool:
        """Whether the trades add a tax that the budget does not allow."""
        return self.tax > self.most_tax + CENT

    @property
    def is_over(self) -> bool:
        """Whether the trades realise more than the rules of the year allow, whatever asked for them."""
        return self._exceeded or self._taxed

    def refusal(self) -> Warned | None:
        """Why the trades are not handed out, or None. A sell_out goes beyond every rule, cash but not a date."""
        if not self.is_over or self.sell_out:
            return None
        if self._exceeded and self.rule is GainRule.PRESERVE_UNTIL:
            return Code.PRESERVED, f"what its rules ask for gains {self.gain:,.2f} net before preserve_until"
        if self.cash:
            return None
        if not self._exceeded:
            told = f"what its rules ask for brings the year's tax to {self.tax:,.2f}; it may be {self.most_tax:,.2f}"
            return Code.BUDGET, told
        return Code.BUDGET, f"what its rules ask for gains {self.gain:,.2f} net; the year leaves {self.room:,.2f}"

    def warnings(self, *, traded: bool) -> tuple[Warned, ...]:
        """What a person should know of the trades, or of there being none."""
        gain = self.gain if traded else 0.0
        if self.rule is GainRule.FORCED_LOSS and self.room < 0.0 and gain > self.room + CENT:
            return ((Code.LOSS_SHORT, f"net loss {-gain:,.2f} of {-self.room:,.2f} that forced_loss asks for"),)
        refused = self.refusal()
        if refused is not None and self.cash:  # cash that is needed and not raised
            return (refused,)
        if traded and self._exceeded:
            rule = self.rule.name.lower()
            return ((Code.BUDGET_EXCEEDED, f"net gain {gain:,.2f}; {rule} leaves {self.room:,.2f} of the year"),)
        if traded and self._taxed:
            return ((Code.BUDGET_EXCEEDED, f"the year's tax {self.tax:,.2f}; it may be {self.most_tax:,.2f}"),)
        return ()

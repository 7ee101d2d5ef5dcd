"""What the trades of one account realise against what its rules allow, in words for a person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.book.accounts import AccountBlock
from engine.book.firm import Firm
from engine.codes import Code
from engine.decide import trades as rows
from engine.decide.budgets import GainRule, gain_limit
from engine.decide.trades import TradeRows

Warned = tuple[Code, str]
"""A code and what it means for an account."""
CENT = 0.005


@dataclass(frozen=True)
class LimitedGain:
    """Net gain of the trades and the room for it, USD; the rule that leaves it, and who asked for a sale."""

    gain: float
    room: float
    rule: GainRule
    cash: bool
    sell_out: bool

    @classmethod
    def of(cls, firm: Firm, block: AccountBlock, account: int, traded: TradeRows) -> LimitedGain:
        """The gain of an account's trades."""
        limit = gain_limit(block, firm.header.as_of_days)
        return cls(
            gain=int((traded.amount - traded.basis)[~traded.buy].sum()) / 100.0,
            room=float(limit.room[account]),
            rule=GainRule(int(limit.rule[account])),
            cash=bool(np.isin(rows.CASH, traded.reason)),
            sell_out=bool(np.isin(rows.SELL_OUT, traded.reason)),
        )

    @property
    def _exceeded(self) -> bool:
        """Whether the trades realise a net gain that the rule does not allow."""
        return self.gain > CENT and self.gain > self.room + CENT

    def refusal(self) -> Warned | None:
        """Why the trades are not handed out, or None. A sell_out goes beyond every rule, cash but not a date."""
        if not self._exceeded or self.sell_out:
            return None
        if self.rule is GainRule.PRESERVE_UNTIL:
            return Code.PRESERVED, f"what its rules ask for gains {self.gain:,.2f} net before preserve_until"
        if self.cash:
            return None
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
        return ()

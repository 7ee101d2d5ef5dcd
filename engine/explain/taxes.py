"""What single trades of an account add to its tax, by the year's netting schedule and to the cent.

Taxes of single trades do not add up where gains meet losses: each is the account's tax with all the run's trades less
its tax without that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from engine.book.accounts import AccountBlock
from engine.decide.budgets import tax_of_year
from engine.explain.again import Again
from engine.explain.rows import Row

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Taxes:
    """The schedule of an account's year, and the short- and long-term gain of the run's trades, USD."""

    block: AccountBlock
    account: int
    offset: float
    short: Decimal
    long: Decimal

    @classmethod
    def of(cls, again: Again, result: Row) -> Taxes:
        """The schedule as the run leaves it."""
        offset = float(again.positions.offset[again.account])
        return cls(again.block, again.account, offset, result["realised_st"], result["realised_lt"])

    def at(self, short: float, long: float) -> float:
        """The year's tax with these gains of the run; nothing in a retirement account."""
        if not self.block.taxable[self.account]:
            return 0.0
        return tax_of_year(self.block, self.account, self.offset, short, long)

    def rates(self) -> tuple[float, float]:
        """What one more dollar of short- and of long-term gain would cost after the run."""
        short, long = float(self.short), float(self.long)
        now = self.at(short, long)
        return self.at(short + 1.0, long) - now, self.at(short, long + 1.0) - now

    def added_by(self, gain: Decimal, term: str) -> Decimal:
        """What one trade's gain of a term adds."""
        none = Decimal(0)
        return -self.moved(*((-gain, none) if term == "SHORT" else (none, -gain))) + 0

    def moved(self, short: Decimal, long: Decimal) -> Decimal:
        """What the tax would be more by with so much more short- and long-term gain."""
        before = self.at(float(self.short), float(self.long))
        after = self.at(float(self.short + short), float(self.long + long))
        return to_cent(after - before)


def to_cent(usd: float) -> Decimal:
    """USD as a decimal of cents, without a negative nought."""
    return Decimal(repr(usd)).quantize(CENT, ROUND_HALF_UP) + 0

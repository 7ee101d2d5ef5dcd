"""Additive counts and cents of a settlement, by part and over the book."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True)
class Totals:
    """Counts, and cents. Realised gains are those of taxable accounts, losses that came back among them.

    cash_after = cash_before + sells - buys + actions + dividends + flows_in - flows_out, and
    basis_after = basis_before + buys - basis_sold + basis_washed - capital_returned, to the cent.
    """

    accounts: int = 0
    fills: int = 0
    rejected: int = 0
    partial: int = 0
    lots_opened: int = 0
    lots_closed: int = 0
    actions: int = 0
    exceptions: int = 0
    cash_before: int = 0
    buys: int = 0
    sells: int = 0
    dividends: int = 0
    from_actions: int = 0
    flows_in: int = 0
    flows_out: int = 0
    cash_after: int = 0
    realised_st: int = 0
    realised_lt: int = 0
    disallowed: int = 0
    restored: int = 0
    basis_before: int = 0
    basis_sold: int = 0
    basis_washed: int = 0
    capital_returned: int = 0
    basis_after: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def as_dict(self) -> dict[str, int]:
        """Names and values."""
        return asdict(self)

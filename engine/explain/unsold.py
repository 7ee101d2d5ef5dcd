"""The lots of a sold name that were not sold, and why those were taken before them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from engine.explain.again import Again
from engine.explain.lots import day_of, gain_of, lots_of_name, replaced_of, sold_of, waiting_of
from engine.explain.rows import Row
from engine.explain.taxes import Taxes, to_cent
from kernels.dates import long_term_day

LOCKED = "locked: it may not be sold"
REPLACED = "its loss would not count: the household bought the same lately (wash sale)"
DEARER = "a gain: it would cost tax"
WAITS = "its loss may be worth more later than the tax that it saves now"
ENOUGH = "more of the name sold would take the account further from its target than it saves"


@dataclass(frozen=True)
class KeptLot:
    """What is left of one lot of a name that was sold; USD, at today's price.

    `gain`: what its sale too would realise, wash sales counted; `tax_more`: what that would add to the tax;
    `waiting`: what a loss may be worth later. `tacked`: days of a lot held before count as its own.
    """

    lot_id: str
    acquired: datetime.date
    tacked: bool
    quantity: Decimal
    gain: Decimal
    term: str
    long_term_from: datetime.date | None
    tax_more: Decimal
    waiting: Decimal
    why: str


def kept_lots(again: Again, taxes: Taxes, rows: list[Row]) -> tuple[KeptLot, ...]:
    """What is left of the name's lots, those first that were bought first; `rows` are its sales."""
    block, today = again.block, again.firm.header.as_of_days
    mine = lots_of_name(again, rows[0]["security_id"])
    lots, names = block.lots, again.lot_names(mine)
    left = lots.quantity[mine] - sold_of(again, mine, rows)
    replaced = replaced_of(again, mine)
    found = []
    for at in np.lexsort((mine, lots.acquired[mine])).tolist():
        if left[at] <= 0:
            continue
        taken = np.zeros(len(mine), dtype=np.int64)
        taken[at] = left[at]
        short, long = (gain_of(again, mine, taken, long=of) for of in (False, True))
        tax, waiting = taxes.moved(short, long), to_cent(waiting_of(again, mine, taken))
        start, number = int(lots.holding_start[mine[at]]), int(mine[at])
        is_long = bool(again.positions.long_term[number])
        lost = int(again.positions.unrealised[number]) < 0
        found.append(
            KeptLot(
                lot_id=str(names[at]),
                acquired=day_of(int(lots.acquired[number])),
                tacked=start != int(lots.acquired[number]),
                quantity=Decimal(int(left[at])).scaleb(-6),
                gain=short + long,
                term="LONG" if is_long else "SHORT",
                long_term_from=None if is_long or long_term_day(start) <= today else day_of(long_term_day(start)),
                tax_more=tax,
                waiting=waiting,
                why=_why(
                    bool(lots.locked[number]), lost, bool(replaced[at] >= left[at]), tax, waiting, again.sensitivity
                ),
            )
        )
    return tuple(found)


def _why(locked: bool, lost: bool, replaced: bool, tax: Decimal, waiting: Decimal, counts: float) -> str:
    if locked:
        return LOCKED
    if not lost:
        return DEARER if tax > 0 else ENOUGH
    if replaced:
        return REPLACED
    return WAITS if float(waiting) >= -counts * float(tax) else ENOUGH

"""What the replay realised, row by row: sales of fills and of corporate actions, and losses that buys took back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.ledger.rows import Ints, Rows, grouped, sums
from engine.ledger.settle.booking import Booked
from engine.ledger.terms import are_long_term
from kernels.pieces import NONE, SELL

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Realised(Rows):
    """Disposals; arrays (n,), cents. Pieces of one lot that one event sold with one holding period are one row.

    `fill` numbers the fills, NONE where a corporate action disposed of the shares; `event` the replay's. `quantity` is
    0 for a gain without disposal. `piece` is the first of its pieces.
    """

    event: Ints
    fill: Ints
    account: Ints
    security: NDArray[np.int32]
    piece: Ints
    quantity: Ints
    proceeds: Ints
    basis: Ints
    disallowed: Ints
    holding_start: NDArray[np.int32]
    sold: NDArray[np.int32]

    @property
    def gain(self) -> Ints:
        """Cents that count: proceeds less adjusted basis plus the loss disallowed."""
        return self.proceeds - self.basis + self.disallowed


@dataclass(frozen=True)
class Restored(Rows):
    """Losses of earlier days that purchases took back; arrays (n,), cents.

    `fill` is the buy, `account` the buyer's where that pays tax, else the one that took the loss; `holding_start` and
    `sold` are the sale's.
    """

    fill: Ints
    account: Ints
    loss: Ints
    holding_start: NDArray[np.int32]
    sold: NDArray[np.int32]


def realised(booked: Booked) -> Realised:
    """Every disposal, in order of events."""
    pieces, events = booked.pieces, booked.day.events
    gone = np.flatnonzero(booked.disposed)
    event = pieces.event[gone].astype(np.int64)
    number, first = grouped(event, pieces.lot[gone], pieces.holding_start[gone], pieces.quantity[gone] == 0)
    count, piece = len(first), gone[first]
    of_fill = events.kind[event[first]] == SELL
    return Realised(
        event=event[first],
        fill=np.where(of_fill, booked.day.stands_for[event[first]], NONE),
        account=booked.account[piece],
        security=booked.day.security[events.position[event[first]]],
        piece=piece,
        quantity=sums(number, pieces.quantity[gone], count),
        proceeds=sums(number, pieces.proceeds[gone], count),
        basis=sums(number, pieces.basis[gone], count),
        disallowed=sums(number, pieces.disallowed[gone], count),
        holding_start=pieces.holding_start[piece],
        sold=pieces.sold[piece],
    )


def restored(booked: Booked) -> Restored:
    """What each buy took back, by sale."""
    pieces, events = booked.pieces, booked.day.events
    took = np.flatnonzero(booked.restored)
    source = pieces.source[took]
    buyer = booked.account[took]
    seller = booked.day.account[events.position[source]]
    fill = pieces.lot[took] - len(booked.lots)
    number, first = grouped(fill, source)
    return Restored(
        fill=fill[first].astype(np.int64),
        account=np.where(booked.owners.taxable[buyer], buyer, seller)[first],
        loss=sums(number, pieces.absorbed[took], len(first)),
        holding_start=events.holding_start[source][first],
        sold=events.day[source][first],
    )


def is_long(rows: Realised | Restored) -> Flags:
    """Whether each row is long-term, (n,)."""
    return are_long_term(rows.holding_start, rows.sold)

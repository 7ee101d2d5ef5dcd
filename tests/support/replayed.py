"""Histories as the kernels' arrays, and what the kernels make of them in the twin's terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from engine.ledger.events import Replayed, make_events, make_positions, replay_all
from kernels import pieces as codes
from kernels.dates import is_long_term
from tests.reference.naive_history import Account, Event, History

EPOCH = date(1970, 1, 1)
CENT = 10_000  # micro-dollars
BILLION = 1_000_000_000


@dataclass(frozen=True)
class Outcome:
    """Of one history; the keys as `naive_ledger.Household.result` has them."""

    realised: Counter
    held: Counter
    pieces: list[dict[str, int]]


def replay_histories(histories: Sequence[History]) -> list[Outcome]:
    """Replay histories of one method at once, each as a segment of its own; all must go through."""
    events, groups, taxable, policy = [], [], [], []
    before = []  # each history: events, which are more than lots, and positions
    for number, history in enumerate(histories):
        before.append((len(events), len(groups)))
        events += [_row(event, len(history.groups), *before[-1]) for event in history.events]
        for account in history.accounts:
            groups += [2 * number + group for group in history.groups]
            taxable += [account.taxable] * len(history.groups)
            policy += [_bits(account)] * len(history.groups)
    method = {getattr(codes, history.method) for history in histories}.pop()
    rates = histories[0].st_rate, histories[0].lt_rate
    replayed = replay_all(
        np.array([*(events_before for events_before, _ in before), len(events)], dtype=np.int64),
        make_events(len(events), **{field: [row[field] for row in events] for field in events[0]}),
        make_positions(np.array(groups), np.array(taxable), np.array(policy)),
        codes.Relief(method, *rates),
    )
    assert not replayed.status.any(), "oversold"
    assert (replayed.failed == codes.NONE).all()
    return [_outcome(replayed, number, history, *before[number]) for number, history in enumerate(histories)]


def _bits(account: Account) -> int:
    return (
        codes.TACK_BY_DATE * account.tack_by_date
        | codes.SKIP_BEFORE_LOT * account.ignore_before_lot
        | codes.SKIP_SAME_DAY * account.ignore_same_day
        | codes.COUNT_SOLD_EARLIER * account.count_sold_earlier
    )


def _day(day: date) -> int:
    return (day - EPOCH).days


def _row(event: Event, securities: int, before: int, positions_before: int) -> dict[str, int]:
    acquired = event.acquired or event.day
    position = positions_before + event.account * securities
    is_trade = event.kind in ("OPEN", "LOSS", "BUY", "SELL")
    return {
        "kind": getattr(codes, event.kind),
        "day": _day(event.day),
        "batch": event.batch,
        "position": position + event.security,
        "quantity": event.quantity,
        "amount": event.amount if is_trade else event.amount * CENT,
        "lot": codes.NONE if event.lot is None else before + event.lot,
        "path": 2 * event.name.count(".2") + event.name.endswith(".1"),
        "purchase": codes.NONE if event.purchase is None else before + event.purchase,
        "acquired": _day(acquired),
        "holding_start": _day(event.holding_start or acquired),
        "washed": event.washed,
        "new": event.ratio,
        "old": event.old,
        "target": codes.NONE if event.target is None else position + event.target,
        "basis_ppb": BILLION // event.parts,
        "price": event.price * CENT,
    }


def _outcome(replayed: Replayed, number: int, history: History, before: int, positions_before: int) -> Outcome:
    start, end = replayed.offsets[number : number + 2]
    rows = [
        dict(zip(codes.Pieces._fields, values, strict=True))
        for values in zip(*(column[start:end].tolist() for column in replayed.pieces), strict=True)
    ]
    realised, held = Counter(), Counter()
    first = {"position": positions_before}
    for row in rows:
        for field in ("lot", "purchase", "position", "event", "source", "spun"):
            row[field] -= first.get(field, before) if row[field] != codes.NONE else 0
        _add(realised if row["event"] != codes.NONE else held, row, len(history.groups))
    return Outcome(realised, held, rows)


def _add(sums: Counter, row: dict[str, int], securities: int) -> None:
    sold = row["event"] != codes.NONE
    key = (
        _or_none(row["event"]),
        _or_none(row["lot"]),
        ".2" * (row["path"] // 2) + ".1" * (row["path"] % 2),
        _or_none(row["spun"]),
        row["purchase"],
        divmod(row["position"], securities),
        EPOCH + timedelta(row["acquired"]),
        EPOCH + timedelta(row["holding_start"]),
        EPOCH + timedelta(row["sold"]) if sold else None,
        bool(sold and is_long_term(row["holding_start"], row["sold"])),
        row["replaced"],
        row["washed"],
        _or_none(row["source"]),
    )
    for field in ("quantity", "basis", "proceeds", "disallowed", "absorbed"):
        sums[(*key, field)] += row[field]


def _or_none(number: int) -> int | None:
    return None if number == codes.NONE else number

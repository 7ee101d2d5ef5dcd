"""The verifier's compiled count on the rows of its twin: one household and wash group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from engine.prove.verify.compiled import wash_past
from engine.prove.verify.compiled.wash_records import LOT, NULL, OWNER, PURCHASE, RUN, SHARE, TRADE, Records
from engine.prove.verify.compiled.wash_run import TAKES_UP, Cases, count
from engine.prove.verify.compiled.wash_shares import FULL
from tests.reference.naive_wash_past import LotRow, TradeRow, whole
from tests.reference.naive_wash_run import RunRow
from tests.reference.naive_wash_shares import Owner

LEGS = 64
"""Shares a row that the workspace has room for."""


class Sale(NamedTuple):
    """As the twin's `WashedSale`; `starts` in order."""

    disallowed: float
    disallowed_shares: int
    pieces: int
    absorbed: float
    hops: int
    starts: tuple[int, ...]


class Buy(NamedTuple):
    """As the twin's `WashedBuy`."""

    account_id: str
    security_id: str
    lost: float
    sold: int
    start: int


def counted(
    owners: Mapping[str, Owner],
    lots: Sequence[LotRow],
    trades: Sequence[TradeRow],
    run: Sequence[RunRow],
    today: int,
) -> tuple[dict[tuple[str, str], Sale], list[Buy]]:
    """Washed sales by (account, lot), and the earlier losses taken away."""
    found = count(as_case(owners, lots, trades, run), today)
    sales, buys = {}, []
    held = {(lot.account_id, lot.lot_id) for lot in lots}
    for place, row in enumerate(run):
        taken = found.taken[found.taken["run"] == place]
        if row.lot_id is None:
            buys += [
                Buy(row.account_id, row.security_id, float(one["lost"]), int(one["sold"]), int(one["start"]))
                for one in taken
            ]
        elif (row.account_id, row.lot_id) in held:
            sale = found.sales[place]
            starts = tuple(sorted(map(int, taken["start"])))
            sales[row.account_id, row.lot_id] = Sale(*sale.item(), starts)
    return sales, buys


def open_losses(
    owners: Mapping[str, Owner], lots: Sequence[LotRow], trades: Sequence[TradeRow], today: int
) -> tuple[dict[tuple[str, str], int], list[tuple[int, float]]]:
    """Shares that have replaced nothing, by (account, lot); shares and cents of each loss that nothing has replaced."""
    case = as_case(owners, lots, trades, [])
    size, pool = np.zeros(TAKES_UP + 1, np.int64), np.zeros(LEGS * (len(lots) + len(trades) + 1), SHARE)
    purchases = np.zeros(len(lots) + len(trades), PURCHASE)
    bought, losses, elsewhere, opened = np.zeros((4, len(pool)), np.int64)
    of_lot, unused = np.zeros((2, len(lots)), np.int64)
    of_sell = np.zeros(len(trades), np.int64)
    group = (case.owners, pool, bought, losses, size)
    wash_past.gather_purchases(
        case.lots, 0, len(lots), case.trades, 0, len(trades), today, case.names, purchases, size, of_lot
    )
    wash_past.name_sells(case.trades, 0, len(trades), case.names, purchases, size, of_sell)
    wash_past.replay(case.trades, 0, len(trades), today, purchases, of_sell, *group)
    wash_past.find_unused(case.lots, 0, len(lots), today, purchases, of_lot, unused, elsewhere, pool, bought, size)
    wash_past.find_open_losses(
        case.trades, 0, len(trades), today, purchases, of_sell, opened, case.owners, pool, losses, size
    )
    assert not size[FULL]
    told = opened[: size[wash_past.OPEN]]
    free = {(lot.account_id, lot.lot_id): int(number) for lot, number in zip(lots, unused, strict=True) if number}
    return free, [(int(one["quantity"]), float(one["lost"])) for one in pool[told]]


def as_case(
    owners: Mapping[str, Owner], lots: Sequence[LotRow], trades: Sequence[TradeRow], run: Sequence[RunRow]
) -> Cases:
    """The records of the rows, which come in the contract's order."""
    accounts = sorted(owners)
    names = ["", *sorted({whole(row.lot_id) for row in (*lots, *trades) if row.lot_id})]
    securities = sorted({row.security_id for row in (*lots, *trades, *run)})

    def who(row: LotRow | TradeRow | RunRow, name: str | None) -> int:
        number = accounts.index(row.account_id) * len(securities) + securities.index(row.security_id)
        return number * len(names) + names.index(whole(name or ""))

    sold = {(row.account_id, row.lot_id): place for place, row in enumerate(run) if row.lot_id is not None}
    cost = {(lot.account_id, lot.lot_id): lot for lot in lots}
    return Cases(
        _records([_owner(owners[one]) for one in accounts], OWNER),
        _records(
            [
                (
                    accounts.index(lot.account_id),
                    who(lot, lot.lot_id),
                    lot.quantity,
                    lot.acquired,
                    lot.start,
                    lot.tacked,
                    lot.lot_id.endswith(f":{lot.security_id}"),
                    sold.get((lot.account_id, lot.lot_id), -1),
                )
                for lot in lots
            ],
            LOT,
        ),
        np.array([0, len(lots)]),
        _records([_trade(row, accounts.index(row.account_id), who(row, row.lot_id)) for row in trades], TRADE),
        np.array([0, len(trades)]),
        _records(
            [
                (
                    accounts.index(row.account_id),
                    who(row, None),
                    row.place,
                    row.lot_id is None,
                    row.quantity,
                    _lost(row, cost.get((row.account_id, row.lot_id or ""))),
                )
                for row in run
            ],
            RUN,
        ),
        np.array([0, len(run)]),
        len(names),
    )


def _owner(owner: Owner) -> tuple[bool | float, ...]:
    return owner.taxable, owner.before_lot, owner.same_day, owner.sold_earlier, owner.tack_by_date, float(owner.least)


def _trade(row: TradeRow, owner: int, who: int) -> tuple[object, ...]:
    gain, disallowed, start = (NULL if one is None else one for one in (row.gain, row.disallowed, row.start))
    rest = (row.lot_id or "").endswith(".2")
    return (
        owner,
        who,
        row.quantity,
        row.day,
        row.sequence,
        row.buy,
        gain,
        disallowed,
        start,
        row.exchanged,
        row.price,
        rest,
    )


def _lost(row: RunRow, lot: LotRow | None) -> float:
    """As the twin: a sale's basis is as reported, unless it is not the lot's."""
    if lot is None:
        return 0.0
    own = lot.basis * row.quantity / lot.quantity
    return (row.basis if abs(row.basis - own) <= row.rows else own) - row.amount


def _records(rows: Sequence[tuple[object, ...]], dtype: np.dtype[np.void]) -> Records:
    found: Records = np.array(list(rows), dtype=dtype)
    return found

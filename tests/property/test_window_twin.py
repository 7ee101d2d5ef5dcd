"""The window is its twin, which replays every household with a sale and sorts where the kernels look up."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.book.roll import call_roll
from engine.ledger.owners import owners
from engine.ledger.rows import ordered
from engine.ledger.window import Recent, recent
from tests.property.test_wash_count_twin import Household
from tests.reference import naive_window

HOUSEHOLDS = 200


def told(window: Recent, owned: Any, group: Any) -> dict[str, list[Any]]:
    """A window with its purchases numbered from 0 in each household and group, and both lists by these."""
    bought, losses = window.bought, window.losses
    found: dict[str, list[Any]] = {"unused": window.unused.tolist()}
    number: dict[int, int] = {}
    for name, rows in (("bought", bought), ("losses", losses)):
        order = ordered(owned.household[rows.account], group[rows.security])
        rows = rows.where(order)
        columns = {field: getattr(rows, field).tolist() for field in type(rows)._names() if field != "purchase"}
        found[name] = list(zip(*columns.values(), strict=True))
        if name == "bought":
            found["purchase"] = [number.setdefault(one, len(number)) for one in rows.purchase.tolist()]
    found["lots"] = [number.setdefault(one, len(number)) if one >= 0 else one for one in window.purchase.tolist()]
    return found


def test_window_is_its_twin() -> None:
    opened, open_losses = 0, 0
    for seed in range(HOUSEHOLDS):
        book = Household(seed).book
        firm, tables = book.firm(), book.part_tables()
        owned, group = owners(call_roll(firm, tables["accounts"])), firm.market.wash_group
        ours, twins = recent(firm, tables, owned), naive_window.recent(firm, tables, owned)
        assert told(ours, owned, group) == told(twins, owned, group), seed
        in_segments = ordered(owned.household[ours.bought.account], group[ours.bought.security])
        assert (in_segments == np.arange(len(in_segments))).all(), seed
        opened += int((ours.bought.place != 0).sum())
        open_losses += len(ours.losses)
    assert min(opened, open_losses) > HOUSEHOLDS // 5

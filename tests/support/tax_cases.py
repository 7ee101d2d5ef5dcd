"""Cases of tax law as a lawyer writes them: trades, what was realised, what is left. All of it worked by hand.

The notation is that of `tests.support.tax_notation`. Order within a case's tables does not matter, and the ledger is
asked twice, the second time with its rows turned round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP
from typing import Any

import pyarrow as pa

from engine.ledger.history import Ledger, Options, ledger
from tests.support.tax_notation import ACCOUNTS, CENT, Disposal, Holding, actions, disposals, holdings, trades

ACTIVITY_SCHEMA = pa.schema(
    [
        ("account_id", pa.string()),
        ("household_id", pa.string()),
        ("tax_status", pa.string()),
        ("trade_date", pa.date32()),
        ("sequence", pa.int64()),
        ("security_id", pa.string()),
        ("wash_group", pa.string()),
        ("side", pa.string()),
        ("quantity", pa.decimal128(18, 6)),
        ("price", pa.decimal128(18, 6)),
        ("lot_id", pa.string()),
        ("reinvestment", pa.bool_()),
    ]
)
ACTIONS_SCHEMA = pa.schema(
    [
        ("date", pa.date32()),
        ("security_id", pa.string()),
        ("kind", pa.string()),
        ("ratio", pa.float64()),
        ("cash", pa.float64()),
        ("price", pa.float64()),
        ("new_security_id", pa.string()),
        ("basis_fraction", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Case:
    """`why` quotes the source, or says how the figures were worked out. `groups`: wash group by security."""

    name: str
    why: str
    trades: str
    realised: str = ""
    lots: str = ""
    actions: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


def check(case: Case) -> None:
    """Compare the ledger with the case, to the cent and the day."""
    expected = disposals(case.realised)
    for row in expected:
        assert row.gain == row.proceeds - row.basis + row.disallowed, f"the case itself does not add up: {row}"
    for turned in (False, True):
        result = replay(case, turned=turned)
        assert sorted(_disposal(row) for row in result.realised.to_pylist()) == expected
        assert sorted(_holding(row) for row in result.lots.to_pylist()) == holdings(case.lots)


def replay(case: Case, *, turned: bool = False) -> Ledger:
    """The ledger of a case, `turned` with its rows turned round; nothing may be left out of it."""
    traded, happened = trades(case.trades, case.groups), actions(case.actions)
    if turned:
        traded.reverse()
        happened.reverse()
    result = ledger(
        pa.Table.from_pylist(traded, ACTIVITY_SCHEMA),
        pa.Table.from_pylist(happened, ACTIONS_SCHEMA) if happened else None,
        Options(**case.options),
    )
    assert result.exceptions.num_rows == 0, result.exceptions.to_pylist()
    return result


def _disposal(row: Mapping[str, Any]) -> Disposal:
    assert row["code"] == ("W" if row["adjustment"] else "")
    assert row["tax_status"] == ACCOUNTS[row["account_id"]][1]
    return Disposal(
        row["account_id"],
        row["sold"],
        row["security_id"],
        row["lot_id"],
        row["quantity"],
        row["acquired"],
        row["holding_start"],
        row["proceeds"],
        row["cost_basis"],
        row["adjustment"],
        row["gain"],
        row["term"].lower(),
    )


def _holding(row: Mapping[str, Any]) -> Holding:
    return Holding(
        row["account_id"],
        row["security_id"],
        row["lot_id"],
        row["quantity"],
        row["acquired"],
        row["holding_start"] or row["acquired"],
        (row["quantity"] * row["cost_basis"]).quantize(CENT, ROUND_HALF_UP),
    )

"""The verifier reads what the contract allows, and is stopped by nothing that a delivery may hold."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from engine.book.schema import OUTPUT_TABLES
from engine.prove.verify import Violation, verify_part
from engine.prove.verify.columns import MONEY, NULL, SHARES, column, dictionary, reals, scaled
from engine.prove.verify.facts import Facts
from engine.prove.verify.names import Names
from engine.prove.verify.settings import EPOCH
from engine.prove.verify.terms import long_from
from tests.support.verify_book import AS_OF
from tests.support.verify_case import Case, arrow


def delivered(case: Case) -> tuple[dict[str, pa.Table], dict[str, pa.Table], dict[str, pa.Table]]:
    outputs = {name: pa.Table.from_pylist(rows, OUTPUT_TABLES[name]) for name, rows in case.outputs().items()}
    return arrow(case.firm), arrow(case.part), outputs


def verify(case: Case, firm: dict[str, pa.Table], part: dict[str, pa.Table]) -> list[Violation]:
    return verify_part(firm, part, delivered(case)[2], AS_OF, case.settings)


def recast(table: pa.Table) -> pa.Table:
    """The same rows in other types: dictionary text, decimals, timestamps."""
    for index, field in enumerate(table.schema):
        column = table.column(index)
        if pa.types.is_string(field.type):
            column = column.dictionary_encode()
        elif pa.types.is_floating(field.type) and not pc.any(pc.is_nan(column)).as_py():
            column = column.cast(pa.decimal128(38, 12))
        elif pa.types.is_date(field.type):
            column = column.cast(pa.timestamp("us"))
        table = table.set_column(index, field.name, column)
    return table


def test_types_do_not_matter() -> None:
    case = Case()
    firm, part, _ = delivered(case)
    again = {name: recast(table) for name, table in firm.items()}, {name: recast(t) for name, t in part.items()}
    assert again[1]["lots"].schema.field("account_id").type == pa.dictionary(pa.int32(), pa.string())
    assert again[0]["securities"].schema.field("price").type == pa.decimal128(38, 12)
    assert verify(case, *again) == []


def test_optional_tables_and_columns_may_be_absent() -> None:
    case = Case()
    case.part["restrictions"] = []
    case.plan = [trade for trade in case.plan if trade.account != "A4"]
    case.codes["A4"] = "NO_BENEFIT"
    case.target_of["A4"] = "model"
    case.settings["cash_target"] = 0.02
    firm, part, _ = delivered(case)
    for optional in ("screens", "substitutes"):
        del firm[optional]
    for optional in ("restrictions", "activity", "flows"):
        del part[optional]
    firm["securities"] = firm["securities"].drop_columns(["half_spread_bps", "wash_group"])
    part["lots"] = part["lots"].drop_columns(["holding_start", "locked"])
    assert verify(case, firm, part) == []


@pytest.mark.parametrize("column_name", ["quantity", "cost_basis", "cash"])
@pytest.mark.parametrize("value", [float("inf"), float("nan"), -1e300, 1e300])
def test_no_number_stops_the_verifier(column_name: str, value: float) -> None:
    """Whatever a faulty account's number is, it is null here, and nobody else's."""
    table, row = ("accounts", "A6") if column_name == "cash" else ("lots", "A3")
    case = Case()
    next(r for r in case.part[table] if r["account_id"] == row)[column_name] = value
    rows = arrow(case.part)[table]
    array = column(rows, column_name)
    read = reals(array) if column_name == "cost_basis" else scaled(array, MONEY if column_name == "cash" else SHARES)
    place = rows.column("account_id").to_pylist().index(row)
    if column_name == "cost_basis":
        assert read[place] == value if abs(value) == 1e300 else math.isnan(read[place])
    else:
        assert read[place] == NULL
    assert (np.delete(read, place) != NULL).any()


@pytest.mark.parametrize("value", [float("inf"), 1e300])
def test_an_absurd_account_is_an_exception_and_stops_nobody(value: float) -> None:
    case = Case()
    case.lot("A5", "L1")["quantity"] = value
    assert case.violations() == []


@pytest.mark.parametrize(
    ("number", "decimals", "expected"),
    [
        (10.1234565, SHARES, 10_123_457),
        (Decimal("10.1234565"), SHARES, 10_123_457),
        (0.285, MONEY, 29),
        (Decimal("-0.285"), MONEY, -29),
        (Decimal("1e30"), MONEY, NULL),
        (7, MONEY, 700),
        ("7", MONEY, 700),
        ("seven", MONEY, NULL),
    ],
)
def test_numbers_round_half_up(number: object, decimals: int, expected: int) -> None:
    assert scaled(pa.array([number]), decimals).tolist() == [expected]


def test_decimals_of_64_bits_are_read_up_to_18_digits() -> None:
    held = pa.Array.from_buffers(pa.decimal64(18, 2), 4, [None, pa.py_buffer(np.array([7, -150, 10**18, -(10**18)]))])
    assert scaled(held, 2).tolist() == [7, -150, NULL, NULL]
    assert scaled(held[1:2], 2).tolist() == [-150]
    assert scaled(held[:2], 6).tolist() == [70_000, -1_500_000]
    with_null = pa.array([Decimal("1.50"), None], pa.decimal64(18, 2))
    assert scaled(with_null, 2).tolist() == [150, NULL]


def test_wide_decimals_and_narrow_floats_are_read() -> None:
    wide, narrow = pa.array([Decimal("1.5")], pa.decimal256(50, 12)), pa.array([1.5], pa.float16())
    assert scaled(wide, SHARES).tolist() == [1_500_000]
    assert reals(narrow).tolist() == [1.5]


@pytest.mark.parametrize(
    ("start", "first_long_day"),
    [
        ("2008-02-05", "2009-02-06"),
        ("2015-02-28", "2016-03-01"),
        ("2016-02-29", "2017-03-01"),
        ("2024-02-28", "2025-03-01"),
        ("2024-02-29", "2025-03-01"),
        ("2023-03-01", "2024-03-02"),
        ("2017-01-31", "2018-02-01"),
        ("2017-12-31", "2019-01-01"),
        ("2017-04-30", "2018-05-01"),
    ],
)
def test_long_term_day(start: str, first_long_day: str) -> None:
    days = np.array([(datetime.date.fromisoformat(start) - EPOCH).days, NULL])
    assert long_from(days).tolist() == [(datetime.date.fromisoformat(first_long_day) - EPOCH).days, NULL]


def test_settings_resolve_nearest_first() -> None:
    case = Case()
    case.firm["policies"][0]["st_rate"] = 0.3
    case.part["accounts"][0]["min_trade_usd"] = 1.0
    firm_settings = {"st_rate": 0.2, "drift_band": 0.01, "cash_min": None, "max_weight": float("nan")}
    firm_settings["preserve_until"] = AS_OF
    facts = Facts(arrow(case.firm), arrow(case.part), {}, AS_OF, firm_settings)
    first = int(facts.accounts.names.codes(pa.array(["A1"]))[0])
    names = ("min_trade_usd", "st_rate", "drift_band", "cash_min", "max_weight")
    found = [float(facts.accounts.number(name)[first]) for name in names]
    assert found[:-1] == [1.0, 0.3, 0.01, 0.005]
    assert math.isnan(found[-1])
    assert facts.accounts.settings.preserve_until[first] == (AS_OF - EPOCH).days


def test_a_dictionary_may_have_texts_that_no_row_has() -> None:
    """So a table that is a part of a larger one names nobody who is not in it."""
    words = pa.DictionaryArray.from_arrays(pa.array([2, None, 0, 2], pa.int32()), pa.array(["a", "b", "c"]))
    place, distinct = dictionary(words)
    assert (place.tolist(), distinct.to_pylist()) == ([1, -1, 0, 1], ["a", "c"])
    names = Names()
    assert names.codes(words).tolist() == [2, 0, 1, 2]
    assert len(names) == 3

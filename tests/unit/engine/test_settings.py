"""Settings at three levels, and the firm's own as a file gives them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from engine.book.schema import SETTING_COLUMNS, Kind
from engine.book.settings import DEFAULTS, Levels, decode, encode, firm_settings, resolve
from engine.errors import InputRefused


def accounts(**columns: list[object]) -> pa.Table:
    return pa.table({"account_id": ["A", "B", "C"], **columns})


def test_every_setting_of_the_contract_has_a_default() -> None:
    assert set(DEFAULTS) == set(SETTING_COLUMNS)
    resolved = resolve(accounts(), Levels.of(None, {}))
    for name, default in DEFAULTS.items():
        expected = encode(SETTING_COLUMNS[name], default)
        if name != "cash_max":
            np.testing.assert_array_equal(resolved[name], [expected] * 3, err_msg=name)


def test_the_nearest_value_wins() -> None:
    table = accounts(policy_id=["P", "P", None], risk_aversion=[1.0, None, None])
    policies = pa.table({"policy_id": ["Q", "P"], "risk_aversion": [7.0, 2.0]})
    assert resolve(table, Levels.of(policies, {"risk_aversion": 3})).values["risk_aversion"].tolist() == [1.0, 2.0, 3.0]
    assert resolve(table, Levels.of(policies, {})).values["risk_aversion"].tolist() == [1.0, 2.0, 20.0]
    assert resolve(table, Levels.of(None, {})).values["risk_aversion"].tolist() == [1.0, 20.0, 20.0]


def test_null_of_a_policy_falls_through_to_the_firm() -> None:
    table = accounts(policy_id=["P", "P", "P"])
    policies = pa.table({"policy_id": ["P"], "st_rate": pa.array([None], pa.float64())})
    assert resolve(table, Levels.of(policies, {"st_rate": 0.5}))["st_rate"].tolist() == [0.5] * 3


def test_cash_max_follows_the_resolved_cash_target() -> None:
    table = accounts(cash_target=[0.05, None, 0.05], cash_max=[None, None, 0.5])
    assert resolve(table, Levels.of(None, {}))["cash_max"].tolist() == pytest.approx([0.06, 0.02, 0.5])
    assert resolve(table, Levels.of(None, {"cash_max": 0.2}))["cash_max"].tolist() == pytest.approx([0.2, 0.2, 0.5])


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("harvest", pa.array([True, False, None]), [1.0, 0.0, np.nan]),
        ("preserve_until", pa.array([dt.date(1970, 1, 3), None, dt.date(1969, 12, 31)]), [2.0, np.nan, -1.0]),
        ("wash_policy", pa.array(["forbid", None, "avoid"]), [1.0, np.nan, 0.0]),
        ("wash_policy", pa.array(["forbid", None, "avoid"]).dictionary_encode(), [1.0, np.nan, 0.0]),
        ("min_trade_usd", pa.array([50, None, 0]), [50.0, np.nan, 0.0]),
        ("min_trade_usd", pa.nulls(3), [np.nan] * 3),
    ],
)
def test_columns_of_every_kind_are_decoded(name: str, values: pa.Array, expected: list[float]) -> None:
    np.testing.assert_array_equal(decode(accounts(**{name: values}), SETTING_COLUMNS[name]), expected)


def test_settings_of_some_accounts() -> None:
    resolved = resolve(accounts(risk_aversion=[1.0, 2.0, 3.0]), Levels.of(None, {}))
    assert resolved.take(np.array([2, 0]))["risk_aversion"].tolist() == [3.0, 1.0]


def test_a_sound_settings_file_is_taken_as_it_is() -> None:
    table = {"risk_aversion": 10, "harvest": False, "preserve_until": dt.date(2026, 12, 31), "wash_policy": "forbid"}
    assert firm_settings(table) == table


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("no_such", 1, "no such setting"),
        ("harvest", 1, "expected true or false"),
        ("preserve_until", "2026-12-31", "expected a date without quotes"),
        ("preserve_until", dt.datetime(2026, 12, 31), "expected a date without quotes"),
        ("wash_policy", "never", "expected one of avoid, forbid, ignore"),
        ("st_rate", "0.4", "expected a number"),
        ("st_rate", True, "expected a number"),
        ("risk_aversion", 0, "must be above 0"),
        ("st_rate", -0.1, "must be at least 0"),
        ("st_rate", 1.1, "must be at most 1"),
        ("risk_aversion", float("nan"), "must be above 0"),
    ],
)
def test_each_wrong_setting_is_told(name: str, value: object, told: str) -> None:
    with pytest.raises(InputRefused, match=told) as refused:
        firm_settings({name: value, "lt_rate": 0.2})
    assert name in refused.value.what


def test_all_wrong_settings_are_told_together() -> None:
    with pytest.raises(InputRefused) as refused:
        firm_settings({"st_rate": 2, "harvest": "yes"})
    assert "st_rate" in refused.value.what
    assert "harvest" in refused.value.what


def test_encode_refuses_what_is_no_setting() -> None:
    column = SETTING_COLUMNS["st_rate"]
    assert column.kind is Kind.NUMBER
    with pytest.raises(TypeError, match="st_rate"):
        encode(column, [])

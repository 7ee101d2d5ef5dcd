"""Every fault of the firm's tables, injected alone into a valid book: exactly this finding and no other."""

from __future__ import annotations

import datetime
import math
from typing import Any

import pytest

from engine.book.findings import Finding
from engine.book.schema import FIRM_TABLES
from engine.book.validation import build_reference, summary

NAN, INF = math.nan, math.inf


def brief(finding: Finding) -> tuple[object, ...]:
    """What tells findings apart."""
    return finding.scope.name, finding.code, finding.table, finding.column, finding.row, finding.subject


def test_valid_book_has_no_finding(book: Any) -> None:
    assert book.check_firm() == []


@pytest.mark.parametrize("table", ["securities", "models", "risk_exposures", "risk_covariance", "risk_specific"])
@pytest.mark.parametrize("empty", [True, False])
def test_required_table_missing_or_without_rows(book: Any, table: str, empty: bool) -> None:
    if empty:
        book[table].clear()
    else:
        del book.tables[table]
    missing = [finding for finding in book.check_firm() if finding.code == "TABLE_MISSING"]
    assert [brief(finding) for finding in missing] == [("BOOK", "TABLE_MISSING", table, "", None, "")]


@pytest.mark.parametrize("table", ["policies", "screens", "substitutes"])
def test_optional_tables_may_be_missing(book: Any, table: str) -> None:
    del book.tables[table]
    assert book.check_firm() == []


CELLS = [
    ("securities", 3, "half_spread_bps", -1.0, "BAD_VALUE"),
    ("securities", 3, "half_spread_bps", INF, "BAD_VALUE"),
    ("securities", 3, "adv_shares", -1.0, "BAD_VALUE"),
    ("securities", 3, "expense_ratio_bps", -1.0, "BAD_VALUE"),
    ("risk_exposures", 5, "security_id", None, "NULL_VALUE"),
    ("risk_exposures", 5, "factor", None, "NULL_VALUE"),
    ("risk_exposures", 5, "exposure", None, "NULL_VALUE"),
    ("risk_exposures", 5, "exposure", NAN, "BAD_VALUE"),
    ("risk_exposures", 5, "factor", "F3", "UNKNOWN_NAME"),
    ("risk_covariance", 1, "covariance", None, "NULL_VALUE"),
    ("risk_covariance", 1, "covariance", NAN, "BAD_VALUE"),
    ("risk_covariance", 1, "factor_2", None, "NULL_VALUE"),
    ("risk_specific", 2, "variance", None, "NULL_VALUE"),
    ("risk_specific", 2, "variance", NAN, "BAD_VALUE"),
    ("risk_specific", 2, "variance", 0.0, "BAD_VALUE"),
    ("risk_specific", 2, "variance", -0.01, "BAD_VALUE"),
    ("screens", 0, "screen_id", None, "NULL_VALUE"),
    ("screens", 0, "security_id", None, "NULL_VALUE"),
    ("substitutes", 0, "security_id", None, "NULL_VALUE"),
    ("substitutes", 0, "substitute_id", None, "NULL_VALUE"),
    ("substitutes", 0, "rank", None, "NULL_VALUE"),
    ("substitutes", 0, "rank", NAN, "BAD_VALUE"),
    ("policies", 1, "policy_id", None, "NULL_VALUE"),
    ("policies", 1, "risk_aversion", 0.0, "BAD_VALUE"),
    ("policies", 1, "lt_rate", 23.8, "BAD_VALUE"),
    ("policies", 1, "drift_band", INF, "BAD_VALUE"),
    ("policies", 1, "wash_policy", "never", "BAD_VALUE"),
    ("models", 1, "model_id", None, "NULL_VALUE"),
]


@pytest.mark.parametrize(("table", "row", "column", "value", "code"), CELLS)
def test_one_bad_cell_refuses_the_book(book: Any, table: str, row: int, column: str, value: object, code: str) -> None:
    book[table][row][column] = value
    findings = [finding for finding in book.check_firm() if finding.scope.name == "BOOK"]
    assert [brief(finding) for finding in findings] == [("BOOK", code, table, column, row, "")]
    assert findings[0].remedy


def test_security_without_id(book: Any) -> None:
    book["securities"].append(dict(book["securities"][0], security_id=None))
    (finding,) = book.check_firm()
    assert brief(finding) == ("BOOK", "NULL_VALUE", "securities", "security_id", 4, "")


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("securities", "security_id"),
        ("risk_exposures", "factor"),
        ("risk_covariance", "factor_2"),
        ("risk_specific", "security_id"),
        ("screens", "security_id"),
        ("substitutes", "substitute_id"),
        ("policies", "policy_id"),
        ("models", "security_id"),
    ],
)
def test_key_twice_refuses_the_book(book: Any, table: str, column: str) -> None:
    book[table].append(dict(book[table][0]))
    (finding,) = book.check_firm()
    assert brief(finding) == ("BOOK", "DUPLICATE_KEY", table, column, len(book[table]) - 1, "")
    assert "row 0" in finding.message


def test_sleeve_twice_in_a_model(book: Any) -> None:
    book["models"][2]["weight"] = 0.3
    book["models"].append(dict(book["models"][2]))
    (finding,) = book.check_firm()
    assert brief(finding) == ("BOOK", "DUPLICATE_KEY", "models", "child_model_id", 5, "")


def test_nan_in_an_optional_number_is_null(book: Any) -> None:
    book["securities"][3]["half_spread_bps"] = NAN
    book["policies"][0]["gain_budget"] = NAN
    assert book.check_firm() == []


def test_covariance_incomplete(book: Any) -> None:
    del book["risk_covariance"][2]
    (finding,) = book.check_firm()
    assert brief(finding) == ("BOOK", "COVARIANCE_INVALID", "risk_covariance", "covariance", None, "")
    assert "F2 with F1" in finding.message


def test_covariance_asymmetric(book: Any) -> None:
    book["risk_covariance"][2]["covariance"] = 0.011
    (finding,) = book.check_firm()
    assert brief(finding) == ("BOOK", "COVARIANCE_INVALID", "risk_covariance", "covariance", 1, "")


def test_covariance_not_positive_semidefinite(book: Any) -> None:
    for row in (1, 2):
        book["risk_covariance"][row]["covariance"] = 0.0601  # above sqrt(0.04 * 0.09)
    (finding,) = book.check_firm()
    assert brief(finding) == ("BOOK", "COVARIANCE_INVALID", "risk_covariance", "covariance", None, "")
    assert "eigenvalue" in finding.message


@pytest.mark.parametrize("covariance", [0.06, 0.06 + 4e-10])
def test_singular_covariance_is_allowed_within_rounding(book: Any, covariance: float) -> None:
    for row in (1, 2):
        book["risk_covariance"][row]["covariance"] = covariance
    assert book.check_firm() == []


MODELS = [
    # what is changed in models, row by row; faulty models with the column and row told
    ({0: {"weight": None}}, [("CORE", "weight", 0), ("GROWTH", "child_model_id", 2)]),
    ({0: {"weight": NAN}}, [("CORE", "weight", 0), ("GROWTH", "child_model_id", 2)]),
    ({0: {"weight": INF}}, [("CORE", "weight", 0), ("GROWTH", "child_model_id", 2)]),
    ({4: {"weight": -1.0}}, [("ENERGY", "weight", 4)]),
    ({4: {"weight": 0.99}}, [("ENERGY", "model_id", 4)]),
    ({4: {"weight": 1.0 + 2e-6}}, [("ENERGY", "model_id", 4)]),
    ({4: {"weight": 1.0 - 0.9e-6}}, []),
    ({1: {"weight": 0.6}}, [("CORE", "model_id", 0), ("GROWTH", "child_model_id", 2)]),
    ({4: {"security_id": "ZZZ"}}, [("ENERGY", "security_id", 4)]),
    ({4: {"security_id": None}}, [("ENERGY", "security_id", 4)]),
    ({4: {"child_model_id": "CORE"}}, [("ENERGY", "child_model_id", 4)]),
    ({2: {"child_model_id": "CORES"}}, [("GROWTH", "child_model_id", 2)]),
    ({2: {"child_model_id": "GROWTH"}}, [("GROWTH", "child_model_id", 2)]),
    (
        {0: {"security_id": None, "child_model_id": "GROWTH"}},
        [("CORE", "child_model_id", 0), ("GROWTH", "child_model_id", 2)],
    ),
]


@pytest.mark.parametrize(("changes", "expected"), MODELS)
def test_faulty_model(book: Any, changes: dict[int, dict[str, object]], expected: list[tuple[str, str, int]]) -> None:
    for row, change in changes.items():
        book["models"][row].update(change)
    findings = book.check_firm()
    assert [brief(finding) for finding in findings] == [
        ("MODEL", "MODEL_INVALID", "models", column, row, model) for model, column, row in expected
    ]


@pytest.mark.parametrize(("changes", "expected"), MODELS)
def test_reference_has_no_targets_for_faulty_models(
    book: Any, changes: dict[int, dict[str, object]], expected: list[tuple[str, str, int]]
) -> None:
    """The checks and `flatten_models`, written apart, agree on what a sound model is."""
    for row, change in changes.items():
        book["models"][row].update(change)
    reference = build_reference(datetime.date(2018, 2, 7), book.arrow(FIRM_TABLES), {})
    without = {
        name for name, rows in zip(reference.model_ids.to_pylist(), reference.targets, strict=True) if len(rows) == 0
    }
    assert without == reference.faulty_models == {model for model, _, _ in expected}


def test_faulty_model_is_felt_at_any_depth(book: Any) -> None:
    book["models"][4]["security_id"] = "ZZZ"
    for depth, child in enumerate(("ENERGY", "M0", "M1")):
        book["models"].append({"model_id": f"M{depth}", "child_model_id": child, "weight": 1.0})
    assert [finding.subject for finding in book.check_firm()] == ["ENERGY", "M0", "M1", "M2"]


def test_cycle_names_its_members(book: Any) -> None:
    book["models"][0] |= {"security_id": None, "child_model_id": "GROWTH"}
    messages = [finding.message for finding in book.check_firm()]
    assert all("CORE" in message and "GROWTH" in message for message in messages)


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("price", None, "PRICE_MISSING"),
        ("price", NAN, "PRICE_MISSING"),
        ("price", 0.0, "PRICE_MISSING"),
        ("price", -1.0, "PRICE_MISSING"),
        ("price_date", None, "PRICE_STALE"),
        ("price_date", datetime.date(2018, 1, 30), "PRICE_STALE"),
        ("price_date", datetime.date(2018, 2, 8), "DATE_INVALID"),
    ],
)
def test_unusable_price_is_a_note(book: Any, column: str, value: object, code: str) -> None:
    book["securities"][3][column] = value
    (finding,) = book.check_firm()
    assert brief(finding) == ("NOTE", code, "securities", column, 3, "")


def test_firm_sets_the_age_of_a_stale_price(book: Any) -> None:
    book.settings["max_price_age_days"] = 0
    assert [finding.code for finding in book.check_firm()] == ["PRICE_STALE"] * 4


@pytest.mark.parametrize(
    ("table", "column"), [("screens", "security_id"), ("substitutes", "security_id"), ("substitutes", "substitute_id")]
)
def test_unknown_name_in_a_list_is_a_note(book: Any, table: str, column: str) -> None:
    book[table][0][column] = "ZZZ"
    (finding,) = book.check_firm()
    assert brief(finding) == ("NOTE", "UNKNOWN_NAME", table, column, None, "")
    assert "ZZZ" in finding.message


def test_security_without_risk_is_a_note(book: Any) -> None:
    del book["risk_specific"][3]
    (finding,) = book.check_firm()
    assert brief(finding) == ("NOTE", "RISK_MISSING", "risk_specific", "security_id", None, "")
    assert "DDD" in finding.message


def test_firm_settings_that_no_account_could_live_with(book: Any) -> None:
    book.settings.update(cash_min=0.02)
    (finding,) = book.check_firm()
    assert brief(finding) == ("BOOK", "SETTINGS_CONFLICT", "settings", "cash_target", None, "")


def test_all_faults_are_told_in_one_pass_and_sorted(book: Any) -> None:
    book["risk_specific"][0]["variance"] = -1.0
    book["securities"][1]["half_spread_bps"] = -1.0
    book["models"][4]["weight"] = 0.5
    book["securities"][3]["price"] = None
    book["accounts"][0]["cash"] = None
    book["lots"][3]["quantity"] = -1.0
    told = summary(book.check_part() + book.check_firm())
    assert [(finding.scope.name, finding.code, finding.subject) for finding in told.findings] == [
        ("BOOK", "BAD_VALUE", ""),
        ("BOOK", "BAD_VALUE", ""),
        ("MODEL", "MODEL_INVALID", "ENERGY"),
        ("ACCOUNT", "MODEL_INVALID", "A3"),
        ("ACCOUNT", "VALUE_NOT_FINITE", "A1"),
        ("ACCOUNT", "QUANTITY_INVALID", "A2"),
        ("NOTE", "PRICE_MISSING", ""),
    ]
    assert [finding.table for finding in told.findings[:2]] == ["securities", "risk_specific"]
    assert {scope.name: dict(codes) for scope, codes in told.counts.items()} == {
        "BOOK": {"BAD_VALUE": 2},
        "MODEL": {"MODEL_INVALID": 1},
        "ACCOUNT": {"MODEL_INVALID": 1, "QUANTITY_INVALID": 1, "VALUE_NOT_FINITE": 1},
        "NOTE": {"PRICE_MISSING": 1},
    }
    assert told.refused
    assert told.faulty_accounts == 3


def test_summary_of_nothing(book: Any) -> None:
    told = summary(book.check_firm())
    assert (told.findings, dict(told.counts), told.refused, told.faulty_accounts) == ((), {}, False, 0)


def test_summary_does_not_depend_on_order(book: Any) -> None:
    for row in range(3):
        book["accounts"][row]["model_id"] = "NONE"
    findings = book.check_part()
    assert summary(findings) == summary(reversed(findings))


def test_long_lists_are_capped_with_a_count(book: Any) -> None:
    book.tables["risk_specific"] += [{"security_id": f"S{i}", "variance": -1.0} for i in range(1_500)]
    findings = book.check_firm()
    assert len(findings) == 1_001
    assert "500 more" in findings[-1].message

"""Every fault of the account tables, injected alone into a valid book: exactly this finding and no other."""

from __future__ import annotations

import datetime
import math
from typing import Any

import pytest

from engine.book.findings import Finding, Scope
from engine.book.validation.restrictions import NEEDS
from engine.codes import Code

NAN, INF = math.nan, math.inf
TOMORROW = datetime.date(2018, 2, 8)
PART = ("accounts", "lots", "restrictions", "activity", "flows")


def brief(finding: Finding) -> tuple[object, ...]:
    """What tells findings apart."""
    return finding.scope.name, finding.code, finding.table, finding.column, finding.row, finding.subject


def test_valid_book_has_no_finding(book: Any) -> None:
    assert book.check_part() == []


# One cell changed: table, row, column, new value → code, subject.
CELLS = [
    ("accounts", 1, "model_id", None, "MODEL_MISSING", "A2"),
    ("accounts", 1, "model_id", "CORE ", "MODEL_MISSING", "A2"),
    ("accounts", 1, "policy_id", "BOLD", "POLICY_MISSING", "A2"),
    ("accounts", 2, "tax_status", None, "VALUE_UNKNOWN", "A3"),
    ("accounts", 2, "tax_status", "Exempt", "VALUE_UNKNOWN", "A3"),
    ("accounts", 0, "cash", None, "VALUE_NOT_FINITE", "A1"),
    ("accounts", 0, "cash", NAN, "VALUE_NOT_FINITE", "A1"),
    ("accounts", 0, "cash", INF, "VALUE_NOT_FINITE", "A1"),
    ("accounts", 0, "cash", -1_000.0, "ACCOUNT_EMPTY", "A1"),
    ("accounts", 2, "cash", 0.0, "ACCOUNT_EMPTY", "A3"),
    ("accounts", 2, "cash", 2e15, "VALUE_OUT_OF_RANGE", "A3"),
    ("accounts", 0, "realised_st_ytd", NAN, "VALUE_NOT_FINITE", "A1"),
    ("accounts", 0, "realised_lt_ytd", -INF, "VALUE_NOT_FINITE", "A1"),
    ("accounts", 0, "carryforward_st", -1.0, "VALUE_OUT_OF_RANGE", "A1"),
    ("accounts", 0, "carryforward_lt", NAN, "VALUE_NOT_FINITE", "A1"),
    ("accounts", 0, "fee_bps", -0.5, "VALUE_OUT_OF_RANGE", "A1"),
    ("accounts", 0, "risk_aversion", 0.0, "VALUE_OUT_OF_RANGE", "A1"),
    ("accounts", 0, "risk_aversion", INF, "VALUE_NOT_FINITE", "A1"),
    ("accounts", 0, "st_rate", 40.8, "VALUE_OUT_OF_RANGE", "A1"),
    ("accounts", 0, "max_weight", 0.0, "VALUE_OUT_OF_RANGE", "A1"),
    ("accounts", 0, "max_price_age_days", -1.0, "VALUE_OUT_OF_RANGE", "A1"),
    ("accounts", 0, "cash_target", 1.5, "VALUE_OUT_OF_RANGE", "A1"),
    ("accounts", 0, "cash_min", -0.1, "VALUE_OUT_OF_RANGE", "A1"),
    ("accounts", 0, "wash_tacking", "day", "VALUE_UNKNOWN", "A1"),
    ("accounts", 0, "wash_policy", "ignore", "SETTINGS_CONFLICT", "A1"),
    ("lots", 3, "lot_id", None, "NULL_VALUE", "A2"),
    ("lots", 4, "lot_id", "L1", "LOT_DUPLICATE", "A2"),
    ("lots", 3, "security_id", None, "SECURITY_UNKNOWN", "A2"),
    ("lots", 3, "security_id", "ZZZ", "SECURITY_UNKNOWN", "A2"),
    ("lots", 3, "quantity", None, "QUANTITY_INVALID", "A2"),
    ("lots", 3, "quantity", NAN, "QUANTITY_INVALID", "A2"),
    ("lots", 3, "quantity", INF, "QUANTITY_INVALID", "A2"),
    ("lots", 3, "quantity", 0.0, "QUANTITY_INVALID", "A2"),
    ("lots", 3, "quantity", -5.0, "QUANTITY_INVALID", "A2"),
    ("lots", 3, "quantity", 1e-7, "QUANTITY_INVALID", "A2"),
    ("lots", 3, "quantity", 1e13, "QUANTITY_INVALID", "A2"),
    ("lots", 3, "cost_basis", None, "BASIS_INVALID", "A2"),
    ("lots", 3, "cost_basis", NAN, "BASIS_INVALID", "A2"),
    ("lots", 3, "cost_basis", -0.01, "BASIS_INVALID", "A2"),
    ("lots", 3, "cost_basis", 1e15, "BASIS_INVALID", "A2"),
    ("lots", 0, "acquired", None, "DATE_INVALID", "A1"),
    ("lots", 0, "acquired", TOMORROW, "DATE_INVALID", "A1"),
    ("lots", 3, "holding_start", datetime.date(2017, 2, 1), "DATE_INVALID", "A2"),
    ("restrictions", 0, "kind", None, "VALUE_UNKNOWN", "A1"),
    ("restrictions", 0, "kind", "no_buy", "VALUE_UNKNOWN", "A1"),
    ("restrictions", 2, "screen_id", "GUNS", "SCREEN_MISSING", "A1"),
    ("restrictions", 4, "value", NAN, "VALUE_NOT_FINITE", "A2"),
    ("restrictions", 4, "value", 1.01, "VALUE_OUT_OF_RANGE", "A2"),
    ("restrictions", 5, "value", -0.1, "VALUE_OUT_OF_RANGE", "A2"),
    ("restrictions", 5, "security_id", "ZZZ", "SECURITY_UNKNOWN", "A2"),
    ("activity", 0, "trade_date", None, "DATE_INVALID", "A1"),
    ("activity", 0, "trade_date", TOMORROW, "DATE_INVALID", "A1"),
    ("activity", 0, "security_id", None, "SECURITY_UNKNOWN", "A1"),
    ("activity", 0, "side", None, "VALUE_UNKNOWN", "A1"),
    ("activity", 0, "side", "buy", "VALUE_UNKNOWN", "A1"),
    ("activity", 0, "quantity", 0.0, "QUANTITY_INVALID", "A1"),
    ("activity", 0, "quantity", None, "QUANTITY_INVALID", "A1"),
    ("activity", 0, "price", NAN, "VALUE_NOT_FINITE", "A1"),
    ("activity", 0, "price", None, "VALUE_NOT_FINITE", "A1"),
    ("activity", 0, "price", -1.0, "VALUE_OUT_OF_RANGE", "A1"),
    ("activity", 1, "realised_gain", NAN, "VALUE_NOT_FINITE", "A2"),
    ("flows", 0, "date", None, "DATE_INVALID", "A1"),
    ("flows", 0, "amount", None, "VALUE_NOT_FINITE", "A1"),
    ("flows", 0, "amount", NAN, "VALUE_NOT_FINITE", "A1"),
]


@pytest.mark.parametrize(("table", "row", "column", "value", "code", "subject"), CELLS)
def test_one_bad_cell(book: Any, table: str, row: int, column: str, value: object, code: str, subject: str) -> None:
    book[table][row][column] = value
    (finding,) = book.check_part()
    place = column if code not in {"ACCOUNT_EMPTY", "LOT_DUPLICATE"} else finding.column
    assert brief(finding) == ("ACCOUNT", code, table, place, row, subject)
    assert finding.file == f"{table}/part-00003.parquet"
    assert f"account_id={subject}" in finding.key
    assert finding.message
    assert finding.remedy


@pytest.mark.parametrize(
    ("table", "row", "column", "value"),
    [
        ("accounts", 1, "risk_aversion", NAN),
        ("accounts", 1, "harvest", None),
        ("accounts", 1, "wash_policy", "forbid"),
        ("accounts", 1, "min_position_usd", 0.0),
        ("accounts", 1, "preserve_until", datetime.date(2018, 2, 7)),
        ("accounts", 1, "household_id", "H1"),
        ("accounts", 0, "policy_id", None),
        ("accounts", 0, "cash", -1.0),
        ("accounts", 0, "realised_st_ytd", -4_000.0),
        ("accounts", 0, "realised_lt_ytd", None),
        ("lots", 2, "holding_start", None),
        ("lots", 2, "locked", True),
        ("lots", 0, "quantity", 1e-6),
        ("activity", 1, "realised_gain", None),
        ("flows", 0, "date", datetime.date(2019, 1, 1)),
    ],
)
def test_what_is_allowed(book: Any, table: str, row: int, column: str, value: object) -> None:
    book[table][row][column] = value
    assert book.check_part() == []


@pytest.mark.parametrize("table", PART)
def test_row_without_account_concerns_the_book(book: Any, table: str) -> None:
    extra = dict(book[table][0], account_id=None)
    book[table].append(extra)
    (finding,) = book.check_part()
    assert brief(finding) == ("BOOK", "NULL_VALUE", table, "account_id", len(book[table]) - 1, "")


@pytest.mark.parametrize("table", PART[1:])
def test_rows_of_an_account_that_is_nowhere(book: Any, table: str) -> None:
    book.tables[table] += [dict(book[table][0], account_id="A9"), dict(book[table][0], account_id="A9")]
    (finding,) = book.check_part()
    row = len(book[table]) - 2
    assert brief(finding) == ("NOTE", "LOT_WITHOUT_ACCOUNT", table, "account_id", row, "A9")
    assert "2 rows" in finding.message


def test_bad_values_of_an_account_that_is_nowhere_are_not_told(book: Any) -> None:
    book["lots"].append(dict(book["lots"][0], account_id="A9", quantity=-1.0))
    assert [finding.code for finding in book.check_part()] == ["LOT_WITHOUT_ACCOUNT"]


@pytest.mark.parametrize("table", PART[1:])
def test_rows_of_an_account_in_another_part(book: Any, table: str) -> None:
    book[table].append(dict(book[table][0], account_id="A9"))
    (finding,) = book.check_part(frozenset({"A9"}))
    assert brief(finding) == ("ACCOUNT", "ACCOUNT_SPLIT", table, "account_id", len(book[table]) - 1, "A9")


def test_account_that_is_not_whole_here(book: Any) -> None:
    (finding,) = book.check_part(frozenset({"A2", "B7"}))
    assert brief(finding) == ("ACCOUNT", "ACCOUNT_SPLIT", "accounts", "account_id", 1, "A2")


def test_account_twice(book: Any) -> None:
    book["accounts"].append(dict(book["accounts"][0], cash=500.0))
    (finding,) = book.check_part()
    assert brief(finding) == ("ACCOUNT", "ACCOUNT_DUPLICATE", "accounts", "account_id", 3, "A1")
    assert "row 0" in finding.message


def test_same_lot_id_in_two_accounts_is_no_duplicate(book: Any) -> None:
    assert {row["lot_id"] for row in book["lots"] if row["account_id"] == "A2"} <= {"L1", "L2", "L3"}
    assert book.check_part() == []


def test_duplicate_lot_in_unsorted_rows(book: Any) -> None:
    book["lots"].append(dict(book["lots"][0]))
    (finding,) = book.check_part()
    assert brief(finding) == ("ACCOUNT", "LOT_DUPLICATE", "lots", "lot_id", 5, "A1")


def test_follower_of_a_faulty_model(book: Any) -> None:
    book["models"][0]["weight"] = 0.4
    assert [brief(finding) for finding in book.check_part()] == [
        ("ACCOUNT", "MODEL_INVALID", "accounts", "model_id", 0, "A1"),
        ("ACCOUNT", "MODEL_INVALID", "accounts", "model_id", 1, "A2"),
    ]


# A1 holds AAA and BBB and follows CORE (AAA, BBB); A2 holds CCC and BBB and follows GROWTH (AAA, BBB, CCC);
# A3 holds nothing and follows ENERGY (CCC).
@pytest.mark.parametrize(
    ("security", "concerned"), [("AAA", ["A1", "A2"]), ("BBB", ["A1", "A2"]), ("CCC", ["A2", "A3"]), ("DDD", [])]
)
@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("price", None, "PRICE_MISSING"),
        ("price", NAN, "PRICE_MISSING"),
        ("price", INF, "PRICE_MISSING"),
        ("price", 0.0, "PRICE_MISSING"),
        ("price", -3.0, "PRICE_MISSING"),
        ("price_date", None, "PRICE_STALE"),
        ("price_date", datetime.date(2018, 1, 30), "PRICE_STALE"),
        ("price_date", TOMORROW, "DATE_INVALID"),
    ],
)
def test_unusable_price(book: Any, security: str, concerned: list[str], column: str, value: object, code: str) -> None:
    row = [entry["security_id"] for entry in book["securities"]].index(security)
    book["securities"][row][column] = value
    findings = book.check_part()
    assert [brief(finding) for finding in findings] == [
        ("ACCOUNT", code, "securities", column, row, subject) for subject in concerned
    ]
    assert all(finding.key == f"security_id={security}" for finding in findings)


def test_message_says_why_a_price_concerns_the_account(book: Any) -> None:
    book["securities"][2]["price"] = None
    held, targeted = book.check_part()
    assert (held.subject, held.message) == ("A2", "CCC has no price and is held")
    assert (targeted.subject, targeted.message) == ("A3", "CCC has no price and is named by the model ENERGY")


def test_price_of_the_last_day_allowed(book: Any) -> None:
    book["securities"][0]["price_date"] = datetime.date(2018, 1, 31)
    assert book.check_part() == []


def test_price_age_of_account_policy_and_firm(book: Any) -> None:
    """Prices are one day old. The firm asks for today's, A1's policy allows a week, A2 itself allows a day."""
    book.settings["max_price_age_days"] = 0
    book["policies"][0]["max_price_age_days"] = 7.0
    book["accounts"][1]["max_price_age_days"] = 1.0
    (finding,) = book.check_part()
    assert brief(finding) == ("ACCOUNT", "PRICE_STALE", "securities", "price_date", 2, "A3")
    assert finding.limit == "0 days"


def test_name_without_risk(book: Any) -> None:
    del book["risk_specific"][2]
    assert [brief(finding) for finding in book.check_part()] == [
        ("ACCOUNT", "RISK_MISSING", "risk_specific", "security_id", None, "A2"),
        ("ACCOUNT", "RISK_MISSING", "risk_specific", "security_id", None, "A3"),
    ]


@pytest.mark.parametrize(
    ("settings", "faulty"),
    [
        ({"cash_target": 0.004}, True),
        ({"cash_min": 0.03}, True),
        ({"cash_max": 0.009}, True),
        ({"cash_min": 0.03, "cash_target": 0.03}, False),
        ({"cash_min": 0.0, "cash_target": 0.0, "cash_max": 0.0}, False),
    ],
)
def test_cash_settings_in_order(book: Any, settings: dict[str, float], faulty: bool) -> None:
    book["accounts"][1].update(settings)
    expected = ("ACCOUNT", "SETTINGS_CONFLICT", "accounts", "cash_target", 1, "A2")
    assert [brief(finding) for finding in book.check_part()] == [expected] * faulty


def test_cash_settings_are_compared_over_the_levels(book: Any) -> None:
    """A1's policy has cash_min 0.01; its own target undercuts it."""
    book["accounts"][0]["cash_target"] = 0.008
    assert [finding.code for finding in book.check_part()] == ["SETTINGS_CONFLICT"]


def test_account_overrides_a_setting_of_its_policy(book: Any) -> None:
    book["policies"][0]["wash_policy"] = "ignore"
    book["accounts"][0]["wash_policy"] = "avoid"
    assert book.check_part() == []


@pytest.mark.parametrize(
    ("kind", "columns"), [(kind, group) for kind, groups in NEEDS.items() for group in groups], ids=str
)
def test_restriction_lacks_what_its_kind_needs(book: Any, kind: str, columns: tuple[str, ...]) -> None:
    whole = {"security_id": "AAA", "screen_id": "OIL", "factor": "F1", "value": 0.2}
    needed = {name for group in NEEDS[kind] for name in group} - set(columns)
    row = {name: value for name, value in whole.items() if name in needed}
    book["restrictions"].append({"account_id": "A3", "kind": kind} | row)
    findings = book.check_part()
    assert [brief(finding) for finding in findings] == [
        ("ACCOUNT", "RESTRICTION_INVALID", "restrictions", columns[0], 6, "A3")
    ]
    assert kind in findings[0].message


def test_restriction_of_a_security_and_a_sector(book: Any) -> None:
    book["restrictions"][4]["sector"] = "Tech"
    codes = [finding.code for finding in book.check_part()]
    assert codes == ["RESTRICTION_INVALID"]


@pytest.mark.parametrize(
    ("kind", "column", "name"),
    [
        ("min_weight", "sector", "Tech"),
        ("max_weight", "sector", "Tech"),
        ("factor_min", "factor", "F1"),
        ("factor_max", "factor", "F2"),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_restriction_of_a_sector_or_a_factor(book: Any, kind: str, column: str, name: str, known: bool) -> None:
    book["restrictions"].append({"account_id": "A3", "kind": kind, column: name if known else "?", "value": 0.2})
    found = [brief(finding) for finding in book.check_part()]
    assert found == ([] if known else [("ACCOUNT", "VALUE_UNKNOWN", "restrictions", column, 6, "A3")])


@pytest.mark.parametrize("row", [0, 1, 3, 4])
def test_restriction_that_keeps_off_an_unknown_security_is_noted(book: Any, row: int) -> None:
    book["restrictions"][row]["security_id"] = "ZZZ"
    subject = book["restrictions"][row]["account_id"]
    (finding,) = book.check_part()
    assert brief(finding) == ("NOTE", "SECURITY_UNKNOWN", "restrictions", "security_id", row, subject)


def test_trade_in_an_unknown_security_is_noted(book: Any) -> None:
    book["activity"][1]["security_id"] = "GONE"
    (finding,) = book.check_part()
    assert brief(finding) == ("NOTE", "SECURITY_UNKNOWN", "activity", "security_id", 1, "A2")


def test_book_without_optional_tables(book: Any) -> None:
    for table in ("restrictions", "activity", "flows", "policies", "screens", "substitutes"):
        del book.tables[table]
    (finding,) = book.check_part()
    assert brief(finding) == ("ACCOUNT", "POLICY_MISSING", "accounts", "policy_id", 0, "A1")


def test_part_without_lots(book: Any) -> None:
    del book.tables["lots"]
    assert book.check_part() == []


def test_all_faults_are_told_in_one_pass(book: Any) -> None:
    book["accounts"][0] |= {"model_id": "NONE", "cash": None, "st_rate": 2.0}
    book["lots"][0] |= {"quantity": -1.0, "cost_basis": -1.0, "acquired": None}
    book["lots"][3]["security_id"] = "ZZZ"
    book["restrictions"][2]["screen_id"] = None
    book["activity"][0]["side"] = "HOLD"
    book["flows"][0]["amount"] = NAN
    found = {(finding.subject, finding.code) for finding in book.check_part()}
    codes = (
        "MODEL_MISSING",
        "VALUE_NOT_FINITE",
        "VALUE_OUT_OF_RANGE",
        "QUANTITY_INVALID",
        "BASIS_INVALID",
        "DATE_INVALID",
        "RESTRICTION_INVALID",
        "VALUE_UNKNOWN",
    )
    assert found == {("A1", code) for code in codes} | {("A2", "SECURITY_UNKNOWN")}


def test_every_faulty_account_is_told_and_none_more_than_20_times(book: Any) -> None:
    row = book["lots"][0]
    for account in ("A1", "A2", "A3"):
        book.tables["lots"] += [dict(row, account_id=account, lot_id=f"X{i}", quantity=0.0) for i in range(1_500)]
    findings = book.check_part()
    told = [finding.subject for finding in findings]
    assert {subject: told.count(subject) for subject in told} == {"A1": 20, "A2": 20, "A3": 20}
    assert all(finding.scope is Scope.ACCOUNT for finding in findings)


def test_cap_holds_over_several_codes(book: Any) -> None:
    row = book["lots"][0]
    book.tables["lots"] += [dict(row, lot_id=f"X{i}", quantity=0.0, cost_basis=-1.0) for i in range(15)]
    assert len(book.check_part()) == 20


def test_notes_are_capped_with_a_count(book: Any) -> None:
    row = book["lots"][0]
    book.tables["lots"] += [dict(row, account_id=f"B{i:05d}") for i in range(1_200)]
    findings = book.check_part()
    assert len(findings) == 1_001
    assert "200 more" in findings[-1].message


def test_every_code_is_of_the_enum(book: Any) -> None:
    assert {code for *_, code, _ in CELLS} <= set(Code.__members__)

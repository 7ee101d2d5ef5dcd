"""The page of an account by hand: the $100,000 of docs/saved.md, its spouse's retirement account, and an exception."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from engine.book.schema import OUTPUT_TABLES, REASONS, RESTRICTION_KINDS, STATUSES
from engine.book.settings import Levels
from engine.codes import Code
from engine.errors import InputRefused
from engine.report.client import About, Client, Names, Part, client_of, group, render, undecided, words
from engine.report.client.bridge import bridge
from engine.report.client.facts import Position, Turning
from engine.report.client.format import dollars, percent, shares, usd
from tests.support.pages import check_page, taken_apart

AS_OF = dt.date(2026, 1, 30)
ABOUT = About("by-hand", AS_OF, "0123456789abcdef")
NAMES = Names(
    as_of=(AS_OF - dt.date(1970, 1, 1)).days,
    ids=pa.array(["AAA", "BBB", "CCC", "DDD"]),
    called=("AAA, A <Co>", "BBB", "CCC", "DDD"),
    price_micro=np.array([100, 50, 100, 20], dtype=np.int64) * 1_000_000,
    wash_group=np.arange(4, dtype=np.int32),
    levels=Levels.of(None, {}),
)
Row = dict[str, Any]
ACCOUNTS = pa.table(
    {
        "account_id": ["A", "R", "E"],
        "household_id": ["H", "H", None],
        "tax_status": ["taxable", "deferred", "taxable"],
        "cash": [2000.0, 0.0, 1.0],
        "fee_bps": [25.0, None, None],
        "realised_st_ytd": [300.0, None, None],
        "realised_lt_ytd": [-50.0, None, None],
        "saved_ytd": [100.0, None, None],
        "saved_since_inception": [1000.0, None, None],
        "fees_ytd": [20.55, None, None],
        "fees_since_inception": [300.0, None, None],
        "gain_budget": [5000.0, None, None],
    }
)
LOTS = [
    ("A", "A1", "AAA", 150.0, 40.0, dt.date(2020, 3, 2), False),
    ("A", "A2", "AAA", 195.0, 80.0, dt.date(2021, 3, 2), False),
    ("E", "E1", "nowhere", -5.0, float("nan"), dt.date(2021, 3, 2), False),
    ("A", "B1", "BBB", 100.0, 70.0, dt.date(2025, 10, 1), False),
    ("A", "B2", "BBB", 390.0, 45.0, dt.date(2025, 12, 15), False),
    ("A", "C1", "CCC", 245.0, 100.0, dt.date(2019, 5, 1), True),
    ("A", "D1", "DDD", 725.0, 22.0, dt.date(2025, 6, 1), False),
    ("R", "A1", "AAA", 1.00005, 50.0, dt.date(2020, 1, 2), False),
    ("R", "D1", "DDD", 1.00025, 50.0, dt.date(2020, 1, 2), False),
]
TRADES = [
    ("A", "AAA", "SELL", "A2", 20, "2000.00", "1600.00", "400.00", "LONG", "TRACK"),
    ("A", "AAA", "SELL", "A2", 29, "2900.00", "2320.00", "580.00", "LONG", "TRACK"),
    ("A", "BBB", "SELL", "B1", 100, "5000.00", "7000.00", "-2000.00", "SHORT", "HARVEST"),
    ("A", "DDD", "BUY", None, 400, "8000.00", "8000.00", "0.00", None, "TRACK"),
]
TAXES = {
    "tax_blind": "1428.00",
    "tax_cost": "-416.16",
    "deferred_gains": "728.28",
    "harvested": "476.00",
    "saved_by_lot_choice": "639.88",
    "tax_saved_or_deferred": "1844.16",
    "realised_st": "-2000.00",
    "realised_lt": "980.00",
}
ZERO = dict.fromkeys(TAXES, "0.00")


def table(name: str, rows: list[Row]) -> pa.Table:
    schema = OUTPUT_TABLES[name]
    return pa.Table.from_pylist([{**dict.fromkeys(schema.names), **row} for row in rows], schema=schema)


def lots(rows: list[tuple[Any, ...]] = LOTS) -> pa.Table:
    names = ("account_id", "lot_id", "security_id", "quantity", "cost_basis", "acquired", "locked")
    return pa.table(dict(zip(names, zip(*rows, strict=True), strict=True)))


def trades() -> pa.Table:
    names = ("account_id", "security_id", "side", "lot_id", "quantity", "amount", "cost_basis", "realised_gain")
    made = [dict(zip((*names, "term", "reason"), row, strict=True)) for row in TRADES]
    for row in made:
        row |= {name: Decimal(row[name]) for name in names[4:]} | {"wash_disallowed": Decimal("0.00")}
    return table("trades", made)


def result(account: str, value: str, before: str, after: str, usd: Row, **more: Any) -> Row:
    money = {"value": value, "cash_before": before, "cash_after": after} | usd
    figures = {"te_before": 0.02, "te_after": 0.01, "target_id": "T"}
    return {"account_id": account} | figures | {name: Decimal(cents) for name, cents in money.items()} | more


RETIREMENT = result("R", "120.01", "0.00", "0.00", ZERO, status="NO_TRADE", code="IN_BAND")
EXCEPTION = {"account_id": "E", "status": "EXCEPTION", "code": "SECURITY_UNKNOWN"}
RESULTS = [result("A", "100000.00", "2000.00", "3900.00", TAXES, status="TRADED"), RETIREMENT, EXCEPTION]
IDLE = [result("A", "100000.00", "2000.00", "2000.00", ZERO, status="NO_TRADE", code="NO_BENEFIT"), *RESULTS[1:]]
NOTES = [
    {"account_id": "A", "code": "LOCKED", "severity": "WARNING", "message": "CCC"},
    {"account_id": "E", "code": "SECURITY_UNKNOWN", "severity": "ERROR", "message": "nowhere"},
]
TARGETS = [{"target_id": "T", "security_id": name, "weight": 0.245} for name in ("AAA", "BBB", "CCC", "DDD")]


def part(results: list[Row] = RESULTS, made: pa.Table | None = None, **tables: pa.Table) -> Part:
    outputs = {
        "trades": trades() if made is None else made,
        "results": table("results", results),
        "exceptions": table("exceptions", NOTES),
        "targets": table("targets", TARGETS),
    }
    return group(NAMES, {"accounts": ACCOUNTS, "lots": lots()} | tables, outputs)


def client(account: str = "A", **more: Any) -> Client:
    found = part(**more)
    return client_of(found, found.ids.index(account))


def test_what_was_done_and_why() -> None:
    one = client()
    assert [(why.words, why.names_bought, why.bought, why.names_sold, why.sold, why.gain) for why in one.reasons] == [
        (words.REASONS["TRACK"], 1, 800_000, 1, 490_000, 98_000),
        (words.REASONS["HARVEST"], 0, 0, 1, 500_000, -200_000),
    ]
    assert [(order.called, order.side, order.shares, order.amount, order.gain) for order in one.orders] == [
        ("DDD", "Bought", 400_000_000, 800_000, 0),
        ("BBB", "Sold", 100_000_000, 500_000, -200_000),
        ("AAA, A <Co>", "Sold", 49_000_000, 490_000, 98_000),
    ]
    assert (one.bought, one.sold) == (800_000, 990_000)


def test_positions_before_and_after() -> None:
    one = client()
    assert [(p.called, p.before, p.after, p.target) for p in one.positions] == [
        ("AAA, A <Co>", 3_450_000, 2_960_000, 0.245),
        ("BBB", 2_450_000, 1_950_000, 0.245),
        ("CCC", 2_450_000, 2_450_000, 0.245),
        ("DDD", 1_450_000, 2_250_000, 0.245),
    ]
    assert one.cash == Position("Cash", 200_000, 390_000, pytest.approx(0.02))
    assert one.rounding == (0, 0)
    for when in ("before", "after"):
        assert sum(getattr(p, when) for p in (*one.positions, one.cash)) == 10_000_000


def test_positions_that_round_away_from_the_value_say_so() -> None:
    """100.005 and 20.005 are shown as 100.01 and 20.01; the account is worth 120.01."""
    one = client("R")
    assert [p.before for p in one.positions if p.before] == [10_001, 2_001]
    assert one.rounding == (-1, -1)
    assert "Cents lost in rounding" in render(one, ABOUT)


def test_gains_not_taken_and_their_dates() -> None:
    short, long = client().open
    assert (short.lots, short.value, short.gains, short.losses, short.net) == (3, 4_200_000, 195_000, -145_000, 50_000)
    assert (long.lots, long.value, long.gains, long.losses) == (3, 5_410_000, 1_192_000, 0)
    days = [dt.date(2026, 6, 2), dt.date(2026, 12, 16), dt.date(2027, 1, 31)]
    figures = [(1_450_000, -145_000), (1_950_000, 195_000), (800_000, 0)]
    assert client().turning == tuple(Turning(day, day, 1, *one) for day, one in zip(days, figures, strict=True))


def test_what_was_not_sold_and_why() -> None:
    kept = {one.what: one.why for one in client().kept}
    assert "gains of $11,920.00" in kept["1 position with gains above target by $5,100.00 in all"]
    assert "ends on 2 March 2026" in kept["1 lot with losses of $1,450.00"]  # DDD, bought today
    assert kept["Locked: 1 lot worth $24,500.00"] == "May not be sold."
    assert kept["The year's net gain may be $5,000.00"] == "With today's trades it is \u2212$770.00."
    assert kept["For your attention"] == words.CODES["LOCKED"]


def test_every_loss_not_taken_is_told_of_once() -> None:
    """Nothing traded: DDD loses $1,450 and B1 $2,000; with a purchase of DDD by the household the former waits."""
    one = client(results=IDLE, made=table("trades", []))
    kept = {kept.what: kept.why for kept in one.kept}
    assert "BBB (\u2212$2,000.00); DDD (\u2212$1,450.00)" in kept["Losses of $3,450.00 in 2 lots, not taken"]
    assert sum(term.losses for term in one.open) == -345_000
    bought = pa.table(
        {"account_id": ["R"], "trade_date": [dt.date(2026, 1, 10)], "security_id": ["DDD"], "side": ["BUY"]}
    )
    kept = {kept.what: kept.why for kept in client(results=IDLE, made=table("trades", []), activity=bought).kept}
    assert "Losses of $2,000.00 in 1 lot, not taken" in kept
    assert "1 lot with losses of $1,450.00" in kept


def test_what_was_bought_today_was_not_kept_from_being_sold() -> None:
    """CCC, 20 shares of it bought though it was at its target, is above it by $2,000, and a gain would not keep it."""
    cheap = [row if row[1] != "C1" else (*row[:4], 60.0, row[5], False) for row in LOTS]
    kept = {one.what: one.why for one in client(lots=lots(cheap), made=trades()).kept}
    assert (
        "AAA, A <Co> ($5,100.00 above, gain $11,920.00)"
        in kept["1 position with gains above target by $5,100.00 in all"]
    )
    made = trades().to_pylist()
    more = table("trades", [*made, made[3] | {"security_id": "AAA", "quantity": Decimal(1), "amount": Decimal(100)}])
    assert not [one for one in client(lots=lots(cheap), made=more).kept if "above target" in one.what]


def test_words_of_an_order_are_borne_out_by_its_figures() -> None:
    """DDD ends nearer; CCC, bought at its target, stands in for what was sold; a loss disallowed whole is none."""
    one = client()
    assert [order.why for order in one.orders] == ["nearer the target", "a loss for your tax", "nearer the target"]
    made = trades().to_pylist()
    far = table("trades", [*made[:3], made[3] | {"security_id": "CCC", "quantity": Decimal(80)}])
    assert {order.called: order.why for order in client(made=far).orders}["CCC"] == "in place of what was sold"
    alone = table("trades", [made[3] | {"security_id": "CCC", "quantity": Decimal(80)}])
    assert client(made=alone).orders[0].why == "to invest cash"
    barred = table("trades", [*made[:2], made[2] | {"realised_gain": Decimal(0)}, made[3]])
    assert {order.called: order.why for order in client(made=barred).orders}["BBB"] == "to keep the mix"


def test_names_traded_for_two_reasons_count_once_in_all() -> None:
    made = trades().to_pylist()
    both = table("trades", [made[0], made[1] | {"reason": "CASH"}, *made[2:]])
    one = client(made=both)
    assert sum(why.names_sold for why in one.reasons) == 3
    assert one.traded == (1, 2)


def test_a_harvest_below_nought_is_explained() -> None:
    said = "below nought because they are counted with the shares bought first"
    assert said not in render(client(), ABOUT)
    lost = TAXES | {"harvested": "-30.00", "deferred_gains": "1234.28"}
    page = render(client(results=[result("A", "100000.00", "2000.00", "3900.00", lost, status="TRADED")]), ABOUT)
    assert said in page
    assert "the two together are $609.88" in page
    assert "0.25 % a year" in page
    assert "Since the first run" in page


@pytest.mark.parametrize(
    ("who", "side", "day", "until"),
    [
        ("R", "BUY", dt.date(2026, 1, 10), "10 February 2026"),
        ("A", "BUY", dt.date(2025, 12, 31), "31 January 2026"),
        ("A", "BUY", dt.date(2025, 12, 30), None),
        ("E", "BUY", dt.date(2026, 1, 10), None),
        ("R", "SELL", dt.date(2026, 1, 10), None),
    ],
)
def test_a_loss_waits_for_what_the_household_bought(who: str, side: str, day: dt.date, until: str | None) -> None:
    activity = pa.table({"account_id": [who], "trade_date": [day], "security_id": ["DDD"], "side": [side]})
    one = client(results=IDLE, made=table("trades", []), activity=activity)
    waits = [kept for kept in one.kept if "lot with losses" in kept.what]
    assert [f"ends on {until}" in kept.why for kept in waits] == ([True] if until else [])
    assert one.happened == words.CODES["NO_BENEFIT"]


def test_a_lot_that_is_the_last_purchase_does_not_wait() -> None:
    activity = pa.table(
        {"account_id": ["A"], "trade_date": [dt.date(2026, 1, 10)], "security_id": ["DDD"], "side": ["BUY"]}
    )
    fresh = [row if row[1:3] != ("D1", "DDD") else (*row[:5], dt.date(2026, 1, 10), row[6]) for row in LOTS]
    one = client(results=IDLE, made=table("trades", []), activity=activity, lots=lots(fresh))
    assert not [kept for kept in one.kept if "with losses" in kept.what]


def test_saved_beside_the_fee() -> None:
    one = client()
    assert one.saved_today == 47_600 + 63_988
    assert [(span.saved, span.fees) for span in one.to_date] == [(10_000, 2_055), (100_000, 30_000)]
    assert (one.fee_bps, one.fee_a_year) == (25.0, 25_000)
    sums = check_page(render(one, ABOUT)).sums
    assert (sums["saved_1"], sums["fees_1"]) == (Decimal("1215.88"), Decimal("20.55"))
    assert (sums["saved_2"], sums["fees_2"]) == (Decimal("2115.88"), Decimal("300.00"))


def test_without_a_fee_on_record_there_is_a_dash() -> None:
    free = ACCOUNTS.drop_columns(["fee_bps", "fees_ytd", "fees_since_inception"])
    taken = check_page(render(client(accounts=free), ABOUT))
    assert taken.sums["saved_1"] == Decimal("1215.88")
    assert "fees_1" not in taken.sums
    assert "\u2013" in taken.text
    assert "advisory fee is" not in taken.text


def test_sums_on_the_page_are_the_tables() -> None:
    page = render(client(), ABOUT)
    taken = check_page(page)
    for name, cents in (TAXES | {"value": "100000.00", "cash_before": "2000.00", "cash_after": "3900.00"}).items():
        if name != "tax_saved_or_deferred":
            assert taken.sums[name] == Decimal(cents), name
    assert (taken.sums["bought"], taken.sums["sold"]) == (Decimal("8000.00"), Decimal("9900.00"))
    assert taken.sums["realised"] == Decimal("-1020.00")
    assert taken.sums["turning"] == taken.sums["net_short-term"] == Decimal("500.00")
    assert "A <Co>" in taken.text
    assert "$1,115.88 saved today" in taken.text
    assert "$728.28 of tax put off" in taken.text
    assert taken.labels == [
        "Tax of today's trades, from $1,428.00 without regard to tax, less gains deferred $728.28, less losses "
        "harvested $476.00, less choice of lots $639.88, to \u2212$416.16."
    ]


def test_a_retirement_account_has_no_tax() -> None:
    taken = check_page(render(client("R"), ABOUT))
    assert "tax-deferred account: its trades cause no tax" in taken.text
    assert words.CODES["IN_BAND"] in taken.text
    assert "tax_cost" not in taken.sums
    assert taken.labels == []
    assert "Gains and losses not yet taken" not in taken.text


def test_an_account_not_decided_says_only_that() -> None:
    (row,) = part().other
    taken = check_page(render(undecided(row), ABOUT))
    assert words.NOT_DECIDED in taken.text
    assert taken.tables == 0


def test_a_part_where_nothing_was_decided() -> None:
    found = part([EXCEPTION], table("trades", []))
    assert found.ids == []
    assert [row["account_id"] for row in found.other] == ["E"]


def test_small_orders_and_positions_are_summed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.report.client.account.SHOWN_ORDERS", 1)
    monkeypatch.setattr("engine.report.client.account.SHOWN_POSITIONS", 2)
    monkeypatch.setattr("engine.report.client.account.SHOWN_DATES", 1)
    one = client()
    assert [(order.called, order.names, order.amount, order.gain) for order in one.orders[1:]] == [
        ("2 smaller orders", 2, 990_000, -102_000)
    ]
    assert one.positions[2] == Position("2 smaller positions", 3_900_000, 4_700_000, pytest.approx(0.49))
    assert one.turning[1] == Turning(dt.date(2026, 12, 16), dt.date(2027, 1, 31), 2, 2_750_000, 195_000)
    check_page(render(one, ABOUT))


def test_another_book_is_refused() -> None:
    fewer = [row if row[1] != "A1" else (*row[:3], row[3] - 1.0, *row[4:]) for row in LOTS]
    with pytest.raises(InputRefused, match="another value"):
        part(lots=lots(fewer))
    renamed = [row if row[1] != "B1" else (row[0], "B9", *row[2:]) for row in LOTS]
    with pytest.raises(InputRefused, match="lots that were sold are gone"):
        part(lots=lots(renamed))


def test_the_picture_tells_taxes_added_from_taxes_taken_off() -> None:
    """100.00, less 30.00, less -20.00, less 90.00 is nothing."""
    svg = bridge(10_000, 3_000, -2_000, 9_000, 0)
    assert svg.count('fill="url(#hatch)"') == 2
    assert svg.count("stroke-dasharray") == 1
    assert "+$20.00" in svg
    assert "\u2212$90.00" in svg
    taken_apart(svg)


def test_figures_read_well() -> None:
    assert (usd(-123_456), usd(5), usd(None)) == ("\u22121,234.56", "0.05", "\u2013")
    assert (dollars(-5), dollars(5, plus=True), dollars(0, plus=True)) == ("\u2212$0.05", "+$0.05", "$0.00")
    assert (shares(1_500_000), shares(2_000_000_000), shares(None)) == ("1.5", "2,000", "")
    assert (percent(0.1234), percent(-0.5, 0), percent(None)) == ("12.3 %", "\u221250 %", "\u2013")


def test_there_are_words_for_everything() -> None:
    assert tuple(words.REASONS) == REASONS
    assert set(words.STATUSES) == set(STATUSES)
    assert set(words.RULES) == set(RESTRICTION_KINDS)
    codes = [code.name for code in Code]
    assert set(words.CODES) == set(codes[codes.index("LOCKED") :])


def test_rules_are_counted() -> None:
    restrictions = pa.table({"account_id": ["A", "A", "R"], "kind": ["never_sell", "never_sell", "screen"]})
    kept = {one.what: one.why for one in client(restrictions=restrictions).kept}
    assert kept["Restrictions on the account"] == "2 never to be sold."


def test_an_unknown_code_says_nothing_wrong() -> None:
    found = part()
    found.notes["A"] = ["FLOW_UNPAID"]
    assert not [one for one in client_of(found, 0).kept if one.what == "For your attention"]

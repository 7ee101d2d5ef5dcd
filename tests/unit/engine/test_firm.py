"""The firm's tables as arrays: market, risk, lists."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from engine.book.firm import build_firm
from engine.book.header import Header
from tests.support.hand_book import AS_OF, OILS, PRICES, HandBook

NAMES = list(PRICES)


def test_defaults_of_a_security() -> None:
    market = HandBook().firm().market
    assert market.half_spread.tolist() == [0.0002] * len(NAMES)
    assert market.expense_ratio.tolist() == [0.0] * len(NAMES)
    assert not market.fractional.any()
    assert market.tradable.tolist() == [name != "HLT" for name in NAMES]
    assert market.sector.tolist() == [-1] * len(NAMES)


def test_columns_of_a_security_are_read_in_their_units() -> None:
    book = HandBook()
    book.securities["AAA"] |= {"half_spread_bps": 5.0, "expense_ratio_bps": 30.0, "sector": "TECH", "fractional": True}
    book.securities["BBB"]["price"] = 12.345678
    market = book.firm().market
    assert (market.half_spread[0], market.expense_ratio[0]) == (0.0005, 0.003)
    assert (market.sectors[int(market.sector[0])].as_py(), market.fractional[0]) == ("TECH", True)
    assert market.price_micro[:2].tolist() == [100_000_000, 12_345_678]


def test_wash_groups_default_to_the_name_itself_and_never_collide_with_one() -> None:
    book = HandBook()
    book.securities["DDD"]["wash_group"] = "AAA"  # a group named like a security that is not in it
    group = dict(zip(NAMES, book.firm().market.wash_group.tolist(), strict=True))
    assert group["GOA"] == group["GOB"]
    assert len({group[name] for name in NAMES}) == len(NAMES) - 1
    assert group["DDD"] != group["AAA"]


def test_a_price_that_is_none_is_not_a_number() -> None:
    tables = HandBook().firm_tables()
    prices = pa.array([None, 0.0, *list(PRICES.values())[2:]])
    tables["securities"] = tables["securities"].set_column(1, "price", prices)
    header = Header(schema=1, as_of=AS_OF, currency="USD", name="x")
    assert np.isnan(build_firm(header, tables, {}).market.price).tolist() == [True, True] + [False] * (len(NAMES) - 2)


def test_risk_is_the_square_root_of_the_factor_covariance() -> None:
    risk = HandBook().firm().risk
    covariance = risk.loadings @ risk.loadings.T
    oil = np.isin(NAMES, OILS).astype(float)
    np.testing.assert_allclose(covariance, 0.04 + 0.01 * np.outer(oil, oil), atol=1e-15)
    assert risk.specific.tolist() == [0.04] * len(NAMES)


def test_correlated_factors_and_a_security_without_risk() -> None:
    tables = HandBook().firm_tables()
    covariance = tables["risk_covariance"]
    tables["risk_covariance"] = covariance.set_column(2, "covariance", pa.array([0.04, 0.02, 0.02, 0.01]))  # singular
    tables["risk_specific"] = tables["risk_specific"].slice(1)
    risk = build_firm(Header(schema=1, as_of=AS_OF, currency="USD", name="x"), tables, {}).risk
    oil = NAMES.index("CCC")
    np.testing.assert_allclose(risk.loadings[oil] @ risk.loadings[oil], 0.04 + 2 * 0.02 + 0.01, atol=1e-15)
    assert np.isnan(risk.specific).tolist() == [True] + [False] * (len(NAMES) - 1)


def test_lists_are_read_by_name_and_rank() -> None:
    book = HandBook()
    book.screens = {"OIL": ["SUB", "CCC"], "ONE": ["AAA"]}
    book.substitutes = {"CCC": ["SUB", "EEE"], "AAA": ["BBB"]}
    firm = book.firm()
    assert {name: listed.tolist() for name, listed in firm.screens.items()} == {"OIL": [2, 5], "ONE": [0]}
    assert {name: others.tolist() for name, others in firm.substitutes.items()} == {2: [5, 4], 0: [1]}
    tables = book.firm_tables()
    shuffled = tables["substitutes"].take([1, 0, 2])
    again = build_firm(firm.header, tables | {"substitutes": shuffled}, {})
    assert again.substitutes[2].tolist() == [5, 4]


def test_optional_tables_may_be_absent() -> None:
    tables = HandBook().firm_tables()
    firm = build_firm(
        Header(schema=1, as_of=AS_OF, currency="USD", name="x"),
        {name: table for name, table in tables.items() if name not in ("screens", "substitutes")},
        {},
    )
    assert (firm.screens, firm.substitutes, firm.policies) == ({}, {}, None)

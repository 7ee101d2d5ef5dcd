"""What the verifier keeps from part to part, and what it gives back."""

from __future__ import annotations

import datetime
import gc
import weakref

import numpy as np
import pyarrow as pa

from engine.book.schema import OUTPUT_TABLES
from engine.prove.verify import RULES, verify_part
from engine.prove.verify.facts import Facts
from engine.prove.verify.firm_tables import firm_of
from engine.prove.verify.settings import EPOCH
from engine.prove.verify.sold import long_until
from engine.prove.verify.terms import long_from
from tests.support.verify_book import AS_OF
from tests.support.verify_case import Case, arrow


def written(case: Case) -> dict[str, pa.Table]:
    return {name: pa.Table.from_pylist(rows, OUTPUT_TABLES[name]) for name, rows in case.outputs().items()}


def test_the_firm_is_read_once_for_equal_tables_and_anew_for_others() -> None:
    firm = arrow(Case().firm)
    again = {name: pa.concat_tables([table]) for name, table in firm.items()}
    kept = firm_of(firm)
    assert firm_of(again) is kept
    prices = pa.array([2 * price for price in firm["securities"]["price"].to_pylist()])
    place = firm["securities"].column_names.index("price")
    again["securities"] = firm["securities"].set_column(place, "price", prices)
    assert firm_of(again) is not kept
    assert firm_of({name: table for name, table in firm.items() if name != "screens"}) is not kept


def test_a_part_leaves_nothing_behind_in_the_firm() -> None:
    """Securities, models and factors that only a part names stay its own."""
    case = Case()
    firm, outputs = arrow(case.firm), written(case)
    kept = firm_of(firm)
    before = len(kept.securities.names), len(kept.models.names), len(kept.risk.factors), len(kept.sectors)
    case.part["accounts"][2]["model_id"] = "STRANGE"
    case.part["lots"][0]["security_id"] = "STRANGE"
    case.restrict("A1", "factor_max", factor="STRANGE", value=1.0)
    case.restrict("A1", "never_buy", sector="STRANGE")
    verify_part(firm, arrow(case.part), outputs, AS_OF, case.settings)
    assert firm_of(firm) is kept
    assert (len(kept.securities.names), len(kept.models.names), len(kept.risk.factors), len(kept.sectors)) == before


def test_a_part_is_given_back_at_once() -> None:
    """Not when Python next looks for cycles: by then many parts would lie in memory."""
    case = Case()
    gc.disable()
    try:
        facts = Facts(arrow(case.firm), arrow(case.part), written(case), AS_OF, case.settings)
        for rule in RULES:
            list(rule.find(facts))
        gone = weakref.ref(facts)
        del facts
        assert gone() is None
    finally:
        gc.enable()


def test_a_later_start_is_never_long_term_sooner() -> None:
    """So one day tells long-term sales from others."""
    days = np.arange((datetime.date(1999, 1, 1) - EPOCH).days, (datetime.date(2033, 1, 1) - EPOCH).days)
    first_long = long_from(days)
    assert (first_long[1:] >= first_long[:-1]).all()
    for today in days[500:2000].tolist():
        until = long_until(today)
        assert first_long[until - days[0]] <= today < first_long[until + 1 - days[0]]

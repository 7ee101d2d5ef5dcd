"""Built-in faults: each account has its own, and nobody else has any."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from engine.book.findings import Scope
from engine.book.schema import FIRM_TABLES, PART_TABLES
from engine.book.synth.faults import FAULTS
from engine.book.validation import build_reference, check_firm, check_part
from engine.codes import Code
from tests.support.books import planned_book


def test_every_fault_is_found_as_expected_and_no_other() -> None:
    book = planned_book(300, seed=6, faults=True)
    expected = book.faults()
    assert len(expected) == len(FAULTS) == 14
    firm = [finding for finding in check_firm(book.as_of, book.firm, {}) if finding.scope is not Scope.NOTE]
    assert {finding.code for finding in firm} == {Code.MODEL_INVALID.name}
    reference = build_reference(book.as_of, book.firm, {})
    found: dict[str, set[str]] = {}
    for part in book.parts:
        for finding in check_part(reference, book.make(part).tables, frozenset(), {}):
            assert finding.scope is Scope.ACCOUNT, finding
            found.setdefault(finding.subject, set()).add(finding.code)
    assert found == {account: {code} for account, code in expected.items()}


def test_other_rows_are_what_they_are_without_the_faults() -> None:
    clean, faulty = planned_book(300, seed=6), planned_book(300, seed=6, faults=True)
    for name in FIRM_TABLES:
        assert _plain(faulty.firm[name]).slice(0, clean.firm[name].num_rows).equals(_plain(clean.firm[name])), name
    for part in clean.parts:
        one, other = clean.make(part).tables, faulty.make(part).tables
        for name in PART_TABLES:
            untouched = _plain(other[name])
            untouched = untouched.filter(pc.invert(pc.starts_with(untouched["account_id"], "FAULT-")))
            assert untouched.equals(_plain(one[name])), name


def test_a_book_without_faults_has_no_findings() -> None:
    for kind in ("mixed", "direct", "transition", "ira", "etf", "cash"):
        book = planned_book(80, seed=7, kind=kind)
        assert check_firm(book.as_of, book.firm, {}) == []
        reference = build_reference(book.as_of, book.firm, {})
        for part in book.parts:
            assert check_part(reference, book.make(part).tables, frozenset(), {}) == []


def _plain(table: pa.Table) -> pa.Table:
    schema = pa.schema([f.with_type(f.type.value_type) if pa.types.is_dictionary(f.type) else f for f in table.schema])
    return table.cast(schema).combine_chunks()

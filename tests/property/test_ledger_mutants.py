"""Each fault sown in the kernels is found by the twin or the identities."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.ledger_mutants import MUTANTS, Mutant, survives

pytestmark = pytest.mark.compiled  # a mutant runs as plain Python either way: once is enough
SOME = {"window of 31 days", "shares used twice", "basis added in an IRA", "a cent lost in a cut"}
CASES = [
    pytest.param(mutant, id=mutant.name, marks=() if mutant.name in SOME else pytest.mark.deep) for mutant in MUTANTS
]


@pytest.mark.parametrize("mutant", CASES)
def test_mutant_is_killed(mutant: Mutant, tmp_path: Path) -> None:
    found = survives(mutant, tmp_path)
    assert found is None, found


def test_the_kernels_themselves_survive(tmp_path: Path) -> None:
    untouched = MUTANTS[0]._replace(instead=MUTANTS[0].code)
    assert survives(untouched, tmp_path) == "exit 0\n"

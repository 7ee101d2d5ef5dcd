from pathlib import Path

import pytest

from engine.report.reference import pages

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize(("name", "text"), pages().items())
def test_reference_pages_are_what_the_code_says(name: str, text: str) -> None:
    assert (DOCS / name).read_text() == text, "run make reference"

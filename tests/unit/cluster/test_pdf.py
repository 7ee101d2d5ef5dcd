"""PDF of pages: the browser is found, given a page of its own, and held to what it writes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cluster.pdf import BROWSERS, find_browser, print_pdf
from engine.errors import UsageError, WholebookError

PRINTS = """
for word in "$@"; do case "$word" in --print-to-pdf=*) out="${word#*=}";; esac; page="${word#file://}"; done
case "$*" in *--headless*) { printf '%%PDF-'; cat "$page"; } > "$out";; esac
"""


@pytest.fixture
def browser(tmp_path: Path):
    def make(script: str, name: str = "browser") -> str:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    return make


def test_the_page_is_handed_over_and_the_pdf_is_taken(browser) -> None:
    assert print_pdf("<p>Was, geht es schön?</p>", browser(PRINTS)) == "%PDF-<p>Was, geht es schön?</p>".encode()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 0", "it said nothing"),
        ("echo one >&2; echo no display >&2; exit 1", "no display"),
        (PRINTS.replace("%%PDF-", "page"), "the browser wrote no PDF"),
    ],
)
def test_a_browser_that_writes_no_pdf(browser, script: str, said: str) -> None:
    with pytest.raises(WholebookError, match=said) as raised:
        print_pdf("<p></p>", browser(script))
    assert "print the page from a browser" in raised.value.remedy


def test_a_browser_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(WholebookError, match="No such file"):
        print_pdf("<p></p>", str(tmp_path / "none"))


def test_the_first_on_the_path_is_taken(browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="no Chromium"):
        find_browser()
    for name in reversed(BROWSERS):
        made = browser("exit 0", name)
        assert find_browser() == made


def test_the_one_named_and_no_other(browser, monkeypatch: pytest.MonkeyPatch) -> None:
    own = browser(PRINTS, "own")
    assert find_browser(own) == own
    monkeypatch.setenv("PATH", str(Path(browser(PRINTS, "chromium")).parent))
    with pytest.raises(UsageError, match="there is no browser firefox"):
        find_browser("firefox")

"""Commands as a user reaches them: what they say, and runs to look at."""

from __future__ import annotations

import pytest

from cluster.cli import main
from tests.support.books import small_book


def said(capsys: pytest.CaptureFixture[str], *args: str, status: int = 0) -> str:
    """What a command that ends with this status says: its results, or else its errors."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(args)
    told = capsys.readouterr()
    assert (ended.value.code or 0) == status, told.err
    return told.out if status == 0 else told.err


def finished_run(made: pytest.TempPathFactory, name: str) -> str:
    """A run of 64 mixed accounts and every fault, made in this process; where it is."""
    book, out = small_book(made.mktemp(name), 64, 9, faults=True), made.mktemp("out")
    with pytest.raises(SystemExit) as ended:
        main(["run", book, "--out", str(out), "--workers", "0"])
    assert not ended.value.code
    (found,) = (out / "runs").iterdir()
    return str(found)

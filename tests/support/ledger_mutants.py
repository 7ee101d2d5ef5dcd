"""Faults sown in a copy of the kernels, one at a time; the checks must find each.

Run as a module, in a folder that holds the mutated `kernels`, it checks random histories and exits with KILLED where a
check fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import kernels
from tests.support.twin_check import check, check_fractions

KILLED = 3
HISTORIES = 1_000
_CHUNK = 50


class Mutant(NamedTuple):
    name: str
    file: str
    code: str
    instead: str


_SINCE = "abs(pieces.acquired[bought] - sold) > WASH_DAYS"
_BETWEEN = "not {} pieces.acquired[bought] - sold {} WASH_DAYS"
_APPENDED = """    if last == NONE:
        lists.ends[BOUGHT] = piece
    else:
        lists.bought[last] = piece
    lists.bought[piece] = NONE
    lists.ends[LAST_BOUGHT] = piece
"""
_PREPENDED = """    lists.bought[piece] = lists.ends[BOUGHT]
    lists.ends[BOUGHT] = piece
    if last == NONE:
        lists.ends[LAST_BOUGHT] = piece
"""

MUTANTS = [
    Mutant("window of 29 days", "dates.py", "WASH_DAYS = 30", "WASH_DAYS = 29"),
    Mutant("window of 31 days", "dates.py", "WASH_DAYS = 30", "WASH_DAYS = 31"),
    Mutant("first day of the window out", "wash.py", _SINCE, _BETWEEN.format("-WASH_DAYS <", "<=")),
    Mutant("last day of the window out", "wash.py", _SINCE, _BETWEEN.format("-WASH_DAYS <=", "<")),
    Mutant("forgets a day early", "replay.py", "day - reach, day - reach", "day - reach + 1, day - reach + 1"),
    Mutant("a lot replaces itself", "wash.py", " or pieces.purchase[bought] == pieces.purchase[loss]", ""),
    Mutant("shares used twice", "wash.py", "pieces.washed[piece] or pieces.replaced[piece]", "pieces.replaced[piece]"),
    Mutant(
        "replaced shares replace", "wash.py", "pieces.washed[piece] or pieces.replaced[piece]", "pieces.washed[piece]"
    ),
    Mutant("any security replaces", "wash.py", "if positions.group[pieces.position[bought]] !=", "if False and 0 !="),
    Mutant(
        "later losses first",
        "wash.py",
        "pieces.sold[first] < pieces.sold[second]",
        "pieces.sold[first] > pieces.sold[second]",
    ),
    Mutant("later trades of a day first", "wash.py", "bool(batch < other)", "bool(batch > other)"),
    Mutant(
        "younger lots first",
        "wash.py",
        "pieces.acquired[first] < pieces.acquired[second]",
        "pieces.acquired[first] > pieces.acquired[second]",
    ),
    Mutant("later purchases first", "lists.py", _APPENDED, _PREPENDED),
    Mutant("basis not added", "wash.py", "pieces.basis[bought] += amount", "pieces.basis[bought] += 0"),
    Mutant("basis added in an IRA", "wash.py", "if positions.taxable[pieces.position[bought]]:", "if True:"),
    Mutant(
        "holding period not tacked",
        "wash.py",
        "min(pieces.holding_start[bought], start)",
        "pieces.holding_start[bought]",
    ),
    Mutant("tacked by date", "wash.py", "start = pieces.acquired[bought] - (pieces.sold[loss] - start)", "pass"),
    Mutant("a part replaces the whole", "wash.py", "if pieces.matching[loss] > pieces.matching[bought]:", "if False:"),
    Mutant(
        "a part uses the whole lot",
        "wash.py",
        "elif pieces.matching[bought] > pieces.matching[loss]:",
        "elif False:",
    ),
    Mutant(
        "washed piece not sold first",
        "relief.py",
        "return before, piece  #",
        "found_before, found = before, piece  #",
    ),
    Mutant("named piece sold with its lot", "relief.py", "named % 2 == 0 and path > named", "named % 2 == 0"),
    Mutant(
        "long-term after 365 days",
        "dates.py",
        "return days_from_civil(year + 1, month, day_of_month)",
        "return holding_start + 366",
    ),
    Mutant(
        "same-day policy inverted",
        "wash.py",
        "return not policy & SKIP_SAME_DAY",
        "return bool(policy & SKIP_SAME_DAY)",
    ),
    Mutant("sold-earlier policy ignored", "wash.py", "return bool(policy & COUNT_SOLD_EARLIER)", "return False"),
    Mutant(
        "lot's own day is before it",
        "wash.py",
        "pieces.acquired[bought] < pieces.acquired[loss]",
        "pieces.acquired[bought] <= pieces.acquired[loss]",
    ),
    Mutant(
        "absorbed loss cut wrongly",
        "lists.py",
        "_divide(pieces.absorbed, piece, rest, matching, whole)",
        "_divide(pieces.absorbed, piece, rest, whole - matching, whole)",
    ),
    Mutant(
        "a cent lost in a cut",
        "lists.py",
        "column[rest] = column[piece] - share",
        "column[rest] = share_of(column[piece], whole - part, whole)",
    ),
    Mutant("cents of a divided sale lost", "wash.py", "pieces.basis[rest] = basis - pieces.basis[part]", "pass"),
    Mutant("chain out of order", "wash.py", "lists.ends[FRESH] += 1", "lists.ends[FRESH] += 0"),
    Mutant(
        "a split forgets sold shares",
        "actions.py",
        "if pieces.position[piece] == position and lists.bought[piece] == ABSENT:",
        "if False:",
    ),
    Mutant("a merger's shares replace", "actions.py", "pieces.washed[piece] |= events.kind[event] == MERGER", "pass"),
]


def survives(mutant: Mutant, folder: Path) -> str | None:
    """What was printed, where the checks find nothing wrong with the mutant; None where they do."""
    shutil.copytree(Path(kernels.__file__).parent, folder / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "kernels" / mutant.file
    source = path.read_text()
    assert source.count(mutant.code) == 1, f"{mutant.name}: {mutant.file} does not hold {mutant.code!r} once"
    path.write_text(source.replace(mutant.code, mutant.instead))
    root = Path(__file__).parents[2]
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": f"{folder}{os.pathsep}{root}"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.ledger_mutants"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return None if done.returncode == KILLED else f"exit {done.returncode}\n{done.stdout}{done.stderr}"


def main() -> None:
    assert Path(kernels.__file__).parent.parent == Path.cwd(), "not the kernels of this folder"
    for first in range(0, HISTORIES, _CHUNK):
        try:
            check(range(first, first + _CHUNK))
            check_fractions(range(first, first + _CHUNK))
        except AssertionError as fault:
            print(fault)
            sys.exit(KILLED)


if __name__ == "__main__":
    main()

"""Days in a row: a book is run, verified and settled, again and again; a run that breaks a rule raises.

Where prices hardly move, losses are small and go on through many sales of a household.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.bench.books import Recipe, write_plainly
from cluster.bench.days import next_day
from cluster.bench.whole import publish_run
from cluster.storage import open_storage
from engine.book.synth import Wish, make_book, simulated_market
from engine.book.synth.population import DEFAULT_MIX

MIXES = {
    "mixed": DEFAULT_MIX,
    "households": {"etf": 0.55, "ira": 0.35, "transition": 0.08, "cash": 0.02},
    "direct": {"direct": 1.0},
}
DAYS = 3
FEW = [("mixed", 1, 200, 1.0), ("households", 2, 300, 0.3)]
MANY = [
    (mix, seed, accounts, scale)
    for mix, accounts in (("mixed", 600), ("households", 2_000), ("direct", 100))
    for seed in range(11, 17)
    for scale in (1.0, 0.3, 0.1)
]


@pytest.mark.parametrize(
    ("mix", "seed", "accounts", "scale"), [*FEW, *(pytest.param(*case, marks=pytest.mark.deep) for case in MANY)]
)
def test_no_day_breaks_a_rule(mix: str, seed: int, accounts: int, scale: float, tmp_path: Path) -> None:
    book = str(tmp_path / "0")
    wish = Wish(accounts, seed, MIXES[mix], name=mix, names=500 if mix == "direct" else None)
    made = make_book(wish, simulated_market(seed, equities=600), statistical=10)
    write_plainly(made, open_storage(book), Recipe(mix, accounts))
    for day in range(1, DAYS):
        after = str(tmp_path / str(day))
        next_day(book, after, DAYS * seed + day, scale)
        book = after
    publish_run(book, str(tmp_path / "out"))

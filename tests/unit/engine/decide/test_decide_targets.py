"""Effective targets: what cannot be held goes where it tracks best, each sleeve's sum kept."""

from __future__ import annotations

import pytest

from tests.support.hand_book import HandBook, at_target, before


def target(book: HandBook, *barred: str) -> dict[str, float]:
    """The target in per cent of value of an account that never buys `barred`."""
    book.account("A", cash=100_000.0)
    for name in barred:
        book.restrict("A", "never_buy", name)
    return book.run().target()


def test_where_nothing_is_barred_the_target_is_the_model() -> None:
    assert target(HandBook()) == pytest.approx(dict.fromkeys(("AAA", "BBB", "CCC", "DDD"), 24.5))


def test_barring_a_name_outside_the_model_changes_nothing() -> None:
    book = HandBook().account("B", cash=100_000.0)
    assert target(book, "OLD", "SUB") == pytest.approx(dict.fromkeys(("AAA", "BBB", "CCC", "DDD"), 24.5))
    run = book.run()
    assert run.results["A"]["target_id"] == run.results["B"]["target_id"]


def test_weight_goes_where_it_tracks_best() -> None:
    """2a + c = 24.5 and 0.8 a = (0.8 + 0.2) c, for the oil CCC adds oil risk: a = 8.75, c = 7."""
    assert target(HandBook(), "DDD") == pytest.approx({"AAA": 33.25, "BBB": 33.25, "CCC": 31.5}, abs=1e-3)


def test_substitute_takes_the_part_that_tracks_best() -> None:
    """4.8 d − 4.8 (24.5 − 3d) + 3.6 d = 0, see the golden book."""
    expected = dict.fromkeys(("AAA", "BBB", "DDD"), 24.5 + 117.6 / 22.8) | {"SUB": 24.5 - 3 * 117.6 / 22.8}
    assert target(HandBook(), "CCC") == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("reason", ["barred", "untradable", "stale"])
def test_substitute_that_cannot_be_bought_is_not_used(reason: str) -> None:
    book = HandBook()
    if reason == "untradable":
        book.securities["SUB"]["tradable"] = False
    if reason == "stale":
        book.securities["SUB"]["price_date"] = before(8)
    barred = ("CCC", "SUB") if reason == "barred" else ("CCC",)
    assert target(book, *barred) == pytest.approx(dict.fromkeys(("AAA", "BBB", "DDD"), 98 / 3), abs=1e-3)


def test_untradable_name_of_the_model_is_replaced() -> None:
    book = HandBook()
    book.securities["CCC"]["tradable"] = False
    assert "SUB" in target(book)


def test_each_sleeves_sum_is_kept() -> None:
    """The model is 60 % CORE and 40 % EEE; without AAA and BBB, CCC and DDD make up CORE's 58.8 % and EEE stays."""
    book = HandBook()
    book.models = {
        "BASE": {"model CORE": 0.6, "EEE": 0.4},
        "CORE": dict.fromkeys(("AAA", "BBB", "CCC", "DDD"), 0.25),
    }
    found = target(book, "AAA", "BBB")
    assert set(found) == {"CCC", "DDD", "EEE"}
    assert found["CCC"] + found["DDD"] == pytest.approx(58.8, abs=1e-3)
    assert found["EEE"] == pytest.approx(39.2, abs=1e-3)
    # 0.8 c + 0.2 c = 0.8 d with c + d = 29.4.
    assert found["DDD"] - 14.7 == pytest.approx(29.4 / 1.8, abs=1e-3)


def test_a_name_in_two_sleeves_counts_in_both() -> None:
    """X is A and B, Y is A and D, half of the model each. Without B, A alone must make up all of X."""
    book = HandBook()
    book.models = {
        "BASE": {"model X": 0.5, "model Y": 0.5},
        "X": {"AAA": 0.5, "BBB": 0.5},
        "Y": {"AAA": 0.2, "DDD": 0.8},
    }
    found = target(book, "BBB")
    # 0.25 of A's 0.35 belong to X; A must grow to 0.7 for X to be 0.5, and D fills the rest of Y.
    assert found == pytest.approx({"AAA": 68.6, "DDD": 29.4}, abs=1e-2)


def test_an_emptied_sleeve_gives_its_weight_to_the_others() -> None:
    book = HandBook()
    book.models = {"BASE": {"model CORE": 0.6, "EEE": 0.4}, "CORE": {"AAA": 0.5, "BBB": 0.5}}
    assert target(book, "EEE") == pytest.approx({"AAA": 49.0, "BBB": 49.0}, abs=1e-3)


def test_nothing_permitted_is_an_exception_that_says_so() -> None:
    book = HandBook().account("A", cash=100_000.0).account("B", cash=100_000.0)
    for name in ("AAA", "BBB", "CCC", "DDD", "SUB"):
        book.restrict("A", "never_buy", name)
    run = book.run()
    assert (run.results["A"]["status"], run.code("A")) == ("EXCEPTION", "TARGET_EMPTY")
    assert "Lift a screen or name substitutes" in run.exceptions("A")[0]["message"]
    assert run.results["B"]["status"] == "TRADED"


def test_accounts_that_bar_the_same_share_one_target() -> None:
    book = HandBook()
    for account in ("A", "B"):
        book.account(account, lots=at_target()).restrict(account, "never_buy", "DDD")
    run = book.run()
    assert run.results["A"]["target_id"] == run.results["B"]["target_id"]
    assert len({row["target_id"] for row in run.tables["targets"].to_pylist()}) == 1

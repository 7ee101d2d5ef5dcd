"""Whether kernels and twin agree, and the shortest history on which they do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from random import Random

from tests.reference.naive_history import History
from tests.reference.naive_ledger import Household, replay
from tests.support.fractional_histories import draw_fractional
from tests.support.histories import draw_history
from tests.support.ledger_checks import check_identities
from tests.support.replayed import Outcome, replay_histories


def drawn(seeds: Iterable[int]) -> list[tuple[History, Household]]:
    """Every fourth with corporate actions."""
    return [draw_history(Random(seed), actions=seed % 4 == 0) for seed in seeds]


def outcomes(histories: list[History]) -> list[Outcome]:
    """What the kernels make of each; those of one method are replayed together."""
    by_method: dict[str, list[int]] = {}
    for number, history in enumerate(histories):
        by_method.setdefault(history.method, []).append(number)
    found = {}
    for numbers in by_method.values():
        found.update(zip(numbers, replay_histories([histories[number] for number in numbers]), strict=True))
    return [found[number] for number in range(len(histories))]


def agree(household: Household, outcome: Outcome) -> bool:
    return household.result() == (outcome.realised, outcome.held)


def check(seeds: Iterable[int]) -> tuple[int, int]:
    """Kernels and twin agree on the histories of these seeds; how many hold a wash sale, how many a chain."""
    cases = drawn(seeds)
    found = outcomes([history for history, _ in cases])
    for (history, household), outcome in zip(cases, found, strict=True):
        if not agree(household, outcome):
            raise AssertionError(told(smallest(history)))
        check_identities(history, outcome.pieces)
    washes = sum(any(share.replaced for share in household.gone) for _, household in cases)
    chains = sum(any(share.replaced and share.washed and share.absorbed for share in one.gone) for _, one in cases)
    return washes, chains


def check_fractions(seeds: Iterable[int]) -> int:
    """The identities hold on the fractional histories of these seeds; how many hold a wash sale."""
    histories = [draw_fractional(Random(seed), named=seed % 2 == 0, actions=seed % 5 == 0) for seed in seeds]
    found = outcomes(histories)
    for history, outcome in zip(histories, found, strict=True):
        check_identities(history, outcome.pieces)
    return sum(any(piece["disallowed"] for piece in outcome.pieces) for outcome in found)


def smallest(history: History) -> History:
    """Events left out one by one while the two still disagree."""
    place = len(history.events)
    while place > 0:
        place -= 1
        shorter = replace(history, events=history.events[:place] + history.events[place + 1 :])
        if _disagree(shorter):
            history, place = shorter, min(place + 1, len(shorter.events))
    return history


def _disagree(history: History) -> bool:
    try:
        return bool(history.events) and not agree(replay(history), replay_histories([history])[0])
    except AssertionError:  # something is sold that is no longer bought
        return False


def told(history: History) -> str:
    """The history, what the twin makes of it and what the kernels do."""
    realised, held = replay(history).result()
    outcome = replay_histories([history])[0]
    lines = ["kernels and twin disagree", repr(replace(history, events=[])), *map(repr, history.events)]
    for twins, ours in ((realised, outcome.realised), (held, outcome.held)):
        for key in sorted({*twins, *ours}, key=repr):
            if twins[key] != ours[key]:
                lines.append(f"twin {twins[key]}, kernels {ours[key]}: {', '.join(map(str, key))}")
    return "\n".join(lines)

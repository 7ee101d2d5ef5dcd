from __future__ import annotations

import datetime
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.identity import code_identity
from cluster.plan import TASK_COST, InputFile, Part, canonical_json, group, make_plan, plain, run_id


def part(number: int, accounts: int, lots: int) -> Part:
    files = (
        InputFile("accounts", f"accounts/part-{number:05d}.parquet", "a" * 64, accounts, 10),
        InputFile("lots", f"lots/part-{number:05d}.parquet", "b" * 64, lots, 10),
    )
    return Part(number, files)


def test_a_large_part_is_alone_and_first_and_small_ones_share():
    parts = [part(0, 10, 100), part(1, 1000, 50_000), part(2, 10, 90), part(3, 10, 80)]
    tasks = group(parts, 4)
    assert [[member.number for member in task] for task in tasks] == [[1], [0, 2, 3]]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5000)), max_size=40), st.integers(1, 20))
def test_every_part_is_in_one_task_and_costs_fall(sizes, tasks):
    parts = [part(number, *size) for number, size in enumerate(sizes)]
    groups = group(parts, tasks)
    assert sorted(member.number for task in groups for member in task) == list(range(len(sizes)))
    costs = [sum(member.cost for member in task) for task in groups]
    assert costs == sorted(costs, reverse=True)
    share = sum(member.cost for member in parts) / tasks
    assert all(cost <= share * (1 + 1e-12) or len(task) == 1 for cost, task in zip(costs, groups, strict=True))


def test_the_plan_counts_rows():
    plan = make_plan("0" * 16, [part(0, 3, 30), part(1, 4, 40)], workers=2)
    assert (plan.total("accounts"), plan.total("lots"), plan.total("flows")) == (7, 70, 0)


def test_the_run_id_follows_book_settings_and_code():
    files = {"book.json": "1", "accounts/part-00000.parquet": "2"}
    sample = {"share": 0.005}
    base = run_id(files, {"harvest": True}, "code", sample)
    assert base == run_id(dict(reversed(files.items())), {"harvest": True}, "code", sample)
    assert len({base, run_id(files, {}, "code", sample), run_id(files, {"harvest": True}, "other", sample)}) == 3
    assert base != run_id({**files, "book.json": "3"}, {"harvest": True}, "code", sample)
    assert base != run_id(files, {"harvest": True}, "code", {"share": 0.01})
    assert len(base) == 16
    int(base, 16)


def test_canonical_json_is_sorted_and_refuses_nan():
    assert canonical_json({"b": 1, "a": "ü"}) == '{"a":"ü","b":1}\n'.encode()
    assert json.loads(canonical_json(plain({"transition_until": datetime.date(2030, 1, 2)}))) == {
        "transition_until": "2030-01-02"
    }
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json({"x": float("nan")})


def test_the_code_identity_is_a_checksum():
    assert len(code_identity()) == 64
    assert code_identity() == code_identity()


def test_tasks_of_a_large_book_are_about_a_second():
    plan = make_plan("0" * 16, [part(number, 100, 96_000) for number in range(200)], workers=1)
    assert {len(task) for task in plan.tasks} == {5}
    assert max(sum(member.cost for member in task) for task in plan.tasks) <= TASK_COST

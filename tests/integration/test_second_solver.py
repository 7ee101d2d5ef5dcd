"""Accounts of a run that OSQP solves too: what the manifest says of them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cluster.executors import InlineExecutor
from cluster.observe import Quiet
from cluster.run import Report, Request, run_book
from cluster.run_file import RunFile
from cluster.sampling import Sample
from cluster.storage import open_storage
from engine.decide import resolve
from tests.support.books import small_book

ACCEPTED_BP = 0.1
"""Either solver's answer may be so far from the optimum."""


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> Request:
    folder = tmp_path_factory.mktemp("second")
    book = small_book(folder, 40, 5)
    return Request(open_storage(book), open_storage(str(folder / "out")), publish=False)


def run(request: Request) -> Report:
    return run_book(request, InlineExecutor(), Quiet())


def test_the_manifest_tells_what_osqp_says(request_: Request) -> None:
    report = run(request_)
    assert report.manifest is not None
    manifest = json.loads(request_.out.read(f"runs/{report.plan.run_id}/manifest.json"))
    sample = manifest["sample"]
    assert sample["accounts"] == len(sample["solved"]) == 20
    assert sample["not_solved_by_osqp"] == 0
    assert abs(sample["largest_excess_bp"]) <= ACCEPTED_BP
    assert all(abs(one["excess_bp"]) <= ACCEPTED_BP for one in sample["solved"])
    assert manifest["totals"]["solved_newton"] > 0
    again = run(replace(request_, out=open_storage(str(Path(request_.out.uri) / "again"))))
    assert again.manifest == report.manifest


def test_more_are_drawn_where_the_run_file_says_so(request_: Request) -> None:
    report = run(replace(request_, run_file=RunFile(sample=Sample(share=1.0))))
    assert report.manifest is not None
    assert report.manifest.sample.accounts > 30
    assert report.plan.run_id != run(request_).plan.run_id


def test_a_better_answer_of_osqp_shows(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    by_osqp = resolve._by_osqp
    monkeypatch.setattr(resolve, "_by_osqp", lambda *given: by_osqp(*given) - 3.0)
    report = run(replace(request_, run_file=RunFile(sample=Sample(least=5))))
    assert report.manifest is not None
    assert report.manifest.sample.largest_excess_bp == pytest.approx(3.0, abs=ACCEPTED_BP)
    monkeypatch.setattr(resolve, "_by_osqp", lambda *_: None)
    report = run(replace(request_, run_file=RunFile(sample=Sample(least=6))))
    assert report.manifest is not None
    assert report.manifest.sample.not_solved_by_osqp == report.manifest.sample.accounts > 0
    assert np.isnan(report.manifest.sample.largest_excess_bp or np.nan)


def test_osqp_leaves_an_answer_that_is_not_optimal(request_: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run's answer is made one that sells nothing and buys nothing, at prices of nought."""
    solve = resolve.Workspace.solve

    def idle(self, problem, half=None):
        answer = solve(self, problem, half)
        weights = np.clip(problem.held, problem.lower, problem.upper)
        none = {"row_prices": np.zeros_like(answer.row_prices), "factor_prices": np.zeros_like(answer.factor_prices)}
        return replace(answer, weights=weights, sold=np.zeros_like(answer.sold), slopes=0.0 * answer.slopes, **none)

    monkeypatch.setattr(resolve.Workspace, "solve", idle)
    report = run(replace(request_, run_file=RunFile(sample=Sample(least=20, share=0.0))))
    assert report.manifest is not None
    assert report.manifest.sample.accounts == 20
    assert all(abs(one.excess_bp) <= ACCEPTED_BP for one in report.manifest.sample.solved)

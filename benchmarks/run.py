"""`make bench`: accounts a second on one core and where the time goes, beside CVXPY on the same accounts.

The peers are charged for one convex relaxation of an account: building it and solving it. Ours is shown for that same
relaxation alone, and for the whole of what a run does with an account.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import click

from benchmarks.books import OpenBook, Prices, open_for_run, write_kind
from benchmarks.cases import part_cases
from benchmarks.meter import Meter, cpu_seconds
from benchmarks.results import keep, number, print_table, results_option, run
from cluster.parts import write_part
from cluster.plan import Part
from cluster.storage import Storage, open_storage
from engine.decide.rebalance import rebalance
from engine.decide.solvers.auto import solve_relaxation
from engine.decide.solvers.reference import solve_reference
from engine.errors import UsageError, WholebookError
from engine.prove.verify import verify_part
from kernels.problem import Problem

STAGES = ("read", "validate", "prepare", "solve", "round", "verify", "write")
RUN_ID = "0" * 16
KINDS = {"etf": 1, "direct": 5}
"""Kind of book, and how many ETF accounts one of its accounts stands for."""
PEER_SHARE = {"etf": 5, "direct": 4}
"""One account in so many is also given to the peers."""

OURS = "wholebook, relaxation alone"
PEERS: dict[str, Callable[[Problem], Any]] = {
    OURS: solve_relaxation,
    "CVXPY + OSQP 1e-5": partial(solve_reference, solver="OSQP", eps_abs=1e-5, eps_rel=1e-5, max_iter=100_000),
    "CVXPY + Clarabel": solve_reference,
}


@click.command()
@click.option(
    "--accounts", default=100, show_default=True, type=click.IntRange(5), help="ETF accounts; a fifth direct."
)
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
@click.option("--repeat", default=3, show_default=True, type=click.IntRange(1), help="Whole runs; medians are shown.")
@click.option("--equities", default=600, show_default=True, type=int, help="Names of the simulated market.")
@click.option("--prices", help="Real closes, as `wholebook synth` takes them.")
@click.option("--constituents", help="With --prices.")
@click.option("--json", "as_json", is_flag=True, help="Print the line that is kept instead of the table.")
@results_option
def main(
    accounts: int,
    seed: int,
    repeat: int,
    equities: int,
    prices: str | None,
    constituents: str | None,
    as_json: bool,
    results: Any,
) -> None:
    """Measure an ETF book and a direct-index book."""
    if (prices is None) != (constituents is None):
        raise UsageError("--prices and --constituents go together", remedy="Name both files, or neither.")
    rows = []
    for kind, weight in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            wanted = Prices(prices, constituents, equities)
            book = open_for_run(write_kind(folder, kind, max(accounts // weight, 1), seed, wanted))
            rows.append({"book": kind} | measure_run(book, open_storage(f"{folder}/out"), repeat))
            rows += [{"book": kind} | row for row in measure_relaxation(book, PEER_SHARE[kind])]
    options = {"accounts": accounts, "seed": seed, "repeat": repeat, "real_prices": prices is not None}
    line = keep(results, "run", options, rows)
    if as_json:
        click.echo(json.dumps(line))
    else:
        show(line)


def measure_run(book: OpenBook, out: Storage, repeat: int) -> dict[str, Any]:
    """The whole run of every part; the median, over `repeat` runs, of milliseconds an account by stage."""
    seen = []
    for _ in range(repeat + 1):
        meter = Meter()
        for part in book.parts:
            run_part(book, part, out, meter)
        seen.append({stage: 1e3 * meter.seconds[stage] / book.accounts for stage in STAGES})
    seen = seen[1:]  # the first run also loads what later runs find loaded
    whole = median(sum(split.values()) for split in seen)
    return {
        "method": "wholebook, the whole run",
        "accounts": book.accounts,
        "lots": book.lots,
        "ms": whole,
        "per_second": 1e3 / whole,
        "split_ms": {stage: median(split[stage] for split in seen) for stage in STAGES},
    }


def run_part(book: OpenBook, part: Part, out: Storage, meter: Meter) -> None:
    """What a worker does with a part. Raises where the verifier objects: wrong trades are not worth a measurement."""
    with meter.stage("read"):
        tables = book.read(part)
    with meter.stage("validate"):
        findings = book.check(part, tables)
    with meter.stage("prepare"), meter.engine():
        decision = rebalance(book.firm, tables, findings, RUN_ID)
    with meter.stage("verify"):
        violations = verify_part(book.firm_tables, tables, decision.tables, book.firm.header.as_of, {})
    if violations:
        raise WholebookError(f"{len(violations)} violations, the first: {violations[0]}", where=book.storage.uri)
    with meter.stage("write"):
        for name, table in sorted(decision.tables.items()):
            write_part(out, RUN_ID, name, part.number, table)


def measure_relaxation(book: OpenBook, share: int) -> list[dict[str, Any]]:
    """Every peer on one account in `share`, evenly among those that the run solves; milliseconds an account."""
    cases = [case for part in book.parts for case in part_cases(book, part) if case.outcome.answer is not None]
    problems = [case.posed.problem for case in cases[::share]]
    ms = {method: _times(solve, problems) for method, solve in PEERS.items()}
    return [
        {
            "method": method,
            "accounts": len(problems),
            "ms": median(times),
            "per_second": 1e3 * len(times) / sum(times),
            "times_ours": median(time / ours for time, ours in zip(times, ms[OURS], strict=True)),
        }
        for method, times in ms.items()
    ]


def _times(solve: Callable[[Problem], Any], problems: list[Problem]) -> list[float]:
    solve(problems[0])  # what a library does once a process is not the account's
    return [1e3 * cpu_seconds(solve, problem)[0] for problem in problems]


def show(line: dict[str, Any]) -> None:
    """The table for a person."""
    cells = []
    for row in line["rows"]:
        split = row.get("split_ms", {"solve": row["ms"]} if row["method"] == OURS else {})
        cells.append(
            [
                row["book"],
                row["method"],
                str(row["accounts"]),
                number(row["per_second"]),
                number(row["ms"]),
                number(row.get("times_ours")),
                *(number(split.get(stage)) for stage in STAGES),
            ]
        )
    repeat = line["options"]["repeat"]
    print_table(
        "Accounts a second on one core, and milliseconds an account by stage",
        f"CPU time of one process, one thread; {line['cpu']}, load {line['load']}. Medians: of {repeat} whole runs; of "
        "accounts for one relaxation, where x ours is the median of each account's ratio.",
        ["book", "method", "accounts", "per s", "ms", "x ours", *STAGES],
        cells,
        text=2,
    )


if __name__ == "__main__":
    run(main)

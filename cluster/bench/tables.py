"""The tables of `wholebook bench`: for each what is measured, on which book, and what a person sees."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from cluster.bench import growth
from cluster.bench.ask import Ask, Row, Step, Table, View
from cluster.bench.books import USUAL_BAND, Recipe
from cluster.bench.fresh import in_fresh_process
from cluster.bench.review import review_rate
from cluster.bench.rows import measured, recipe
from cluster.bench.schedule import compare_schedules
from cluster.bench.shelf import WARM_UP, Shelf
from cluster.bench.solving import compare
from cluster.bench.stress import accuracy
from cluster.bench.whole import STAGES
from cluster.bench.workers import compare_storage, compare_workers
from engine.errors import UsageError

SIZES: Final = (100, 500, 1000, 2000)
"""Names of direct indexes."""
TYPICAL: Final = 500

_RUN = (
    ("accounts", "accounts"),
    ("names", "names"),
    ("factors", "factors"),
    ("lots each", "lots_each"),
    ("trades each", "trades_each"),
    ("accounts/s/core", "per_second"),
    ("decided/s/core", "deciding_per_second"),
    ("continuous/s/core", "continuous_per_second"),
    ("solve ms: median", "solve_ms_median"),
    ("p99", "solve_ms_p99"),
    ("peak MiB", "peak_mib"),
    ("USD a million", "usd_per_million"),
)
_WHAT = (("book", "book"), ("rates", "rates"), ("day", "day"))
_CPU = (
    "CPU time of one process with one thread; start-up excluded, kernels compiled. Whole runs from folder to folder: "
    "read, check, decide, verify, write, publish. Decided: lots prepared, solved, rounded. Continuous: without the "
    "search for sides and wash sales. Next: the following day, trades settled and prices moved. "
    "Every account was outside its band."
)


def _views(title: str) -> tuple[View, ...]:
    stages = tuple((stage, f"stage_ms.{stage}") for stage in (*STAGES, "run"))
    return (
        View(title, (*_WHAT, *_RUN), text=3),
        View("Milliseconds an account, by stage", (*_WHAT, ("all", "ms"), *stages), text=3),
    )


def _kinds(ask: Ask, shelf: Shelf) -> list[Step]:
    books = [recipe("etf", ask), *(recipe("direct", ask, names) for names in SIZES)]
    return [_run(ask, shelf, book, later=later) for book in books for later in (False, True)]


def _constant(ask: Ask, shelf: Shelf) -> list[Step]:
    books = [recipe("etf", ask, constant=True), recipe("direct", ask, TYPICAL, constant=True)]
    return [_run(ask, shelf, book, later=later) for book in books for later in (False, True)]


def _review(ask: Ask, shelf: Shelf) -> list[Step]:
    def measure(book: Recipe) -> list[Row]:
        return [{"book": book.title, **in_fresh_process(review_rate, shelf.settled(book), ask.repeat)}]

    books = recipe("etf", ask), recipe("direct", ask, TYPICAL)
    calm = [replace(book, band=USUAL_BAND) for book in books]
    return [Step(f"review, {book.title}", partial(measure, book)) for book in calm]


def _lots(ask: Ask, shelf: Shelf) -> list[Step]:
    return [_run(ask, shelf, book) for book in growth.by_lots(ask)]


def _factors(ask: Ask, shelf: Shelf) -> list[Step]:
    return [_run(ask, shelf, book) for book in growth.by_factors(ask)]


def _run(ask: Ask, shelf: Shelf, book: Recipe, *, later: bool = False) -> Step:
    label = f"{book.title}, {book.accounts} accounts{', next day' if later else ''}"
    return Step(label, partial(measured, ask, shelf, book, later=later))


def _solvers(ask: Ask, shelf: Shelf) -> list[Step]:
    def measure(book: Recipe) -> list[Row]:
        rows = in_fresh_process(compare, shelf.book(book), ask.solved, ask.slow, ask.tolerance_bp)
        cost = ask.price / 3.6e6 * 1e6
        return [
            {"book": book.title, **row} | ({"usd_per_million": cost * row["ms"]} if "ms" in row else {}) for row in rows
        ]

    books = recipe("etf", ask, constant=True), recipe("direct", ask, TYPICAL, constant=True)
    return [Step(f"solvers, {book.title}", partial(measure, book)) for book in books]


def _schedule(ask: Ask, shelf: Shelf) -> list[Step]:
    def measure(book: Recipe) -> list[Row]:
        rows = in_fresh_process(compare_schedules, shelf.book(book), ask.solved)
        return [{"book": book.title, **row} for row in rows]

    books = recipe("etf", ask), recipe("direct", ask, TYPICAL)
    return [Step(f"schedule, {book.title}", partial(measure, book)) for book in books]


def _accuracy(ask: Ask, shelf: Shelf) -> list[Step]:
    def measure(book: Recipe) -> list[Row]:
        rows = in_fresh_process(accuracy, shelf.book(book), ask.solved, ask.tolerance_bp)
        return [{"book": book.title, **row} for row in rows]

    books = recipe("etf", ask), recipe("direct", ask, TYPICAL)
    return [Step(f"accuracy, {book.title}", partial(measure, book)) for book in books]


def _chosen(ask: Ask) -> Recipe:
    return recipe(ask.kind, ask, TYPICAL if ask.kind == "direct" else 0)


def _workers(ask: Ask, shelf: Shelf) -> list[Step]:
    def measure() -> list[Row]:
        book = _chosen(ask)
        given = shelf.book(book), ask.workers, ask.repeat, str(shelf.folder / "workers")
        return [{"book": book.title, **row} for row in in_fresh_process(compare_workers, *given)]

    return [Step(f"workers {', '.join(map(str, ask.workers))}", measure)]


def _storage(ask: Ask, shelf: Shelf) -> list[Step]:
    if not ask.storage:
        raise UsageError(
            "no object store named", where="--storage", remedy="Name an empty prefix: --storage s3://bucket/bench."
        )

    def measure() -> list[Row]:
        book = _chosen(ask)
        given = shelf.book(book), shelf.book(WARM_UP), ask.storage, ask.repeat, str(shelf.folder / "storage")
        return [{"book": book.title, **row} for row in in_fresh_process(compare_storage, *given)]

    return [Step("folder and object store", measure)]


_TIMES = (
    ("accounts", "accounts"),
    ("accounts/s/core", "per_second"),
    ("ms: mean", "ms"),
    ("median", "ms_median"),
    ("p99", "ms_p99"),
)
_DISTANCE = (("excess bp: median", "excess_bp_median"), ("largest", "excess_bp_max"), ("breach bp", "breach_bp_max"))
_WALL = (
    ("accounts", "accounts"),
    ("lots", "lots"),
    ("seconds", "wall_s"),
    ("accounts/s", "per_second"),
    ("worker MiB", "worker_peak_mib"),
    ("driver MiB", "driver_peak_mib"),
)

TABLES: Final[dict[str, Table]] = {
    "kinds": Table(_CPU, _views("Whole runs by kind of account"), _kinds),
    "constant": Table(_CPU, _views("Whole runs at constant tax rates"), _constant),
    "review": Table(
        "CPU time to find the accounts that need nothing, lots prepared; books just settled, at the same prices.",
        (
            View(
                "The day's review of every account",
                (
                    ("book", "book"),
                    ("accounts", "accounts"),
                    ("resting", "resting"),
                    ("accounts/s/core", "reviewed_per_second"),
                ),
            ),
        ),
        _review,
    ),
    "lots": Table(_CPU, _views("Whole runs by lots a name"), _lots),
    "factors": Table(_CPU, _views("Whole runs by factors"), _factors),
    "solvers": Table(
        "CPU time to solve one relaxation at constant rates, its form built and set up. With proof: what a run does, "
        "with OSQP to fall back on. x Newton: summed over the accounts both solved. Excess: objective less "
        "that of Clarabel at 1e-10. Missed: further from it than asked for, or a hard row broken by more than 1 bp.",
        (
            View(
                "Solvers on the same accounts",
                (
                    ("book", "book"),
                    ("solver", "solver"),
                    *_TIMES,
                    ("x Newton", "times_ours"),
                    ("judged", "judged"),
                    *_DISTANCE,
                    ("missed", "missed"),
                    ("USD a million", "usd_per_million"),
                    ("", "missing"),
                ),
                text=2,
            ),
        ),
        _solvers,
    ),
    "schedule": Table(
        "CPU time of one convex half by Newton, set-up included. Constant: each term's gain costs its rate. Gain "
        "budget: with one half way between what the best answer gains and the least possible.",
        (
            View(
                "The netting schedule in the solver",
                (
                    ("book", "book"),
                    ("rates", "rates"),
                    ("halves", "halves"),
                    *_TIMES[2:],
                    ("x constant", "times_constant"),
                ),
                text=2,
            ),
        ),
        _schedule,
    ),
    "accuracy": Table(
        "Ours beside Clarabel at 1e-10. Missed: feasible, and further from the optimum than asked for, or a hard row "
        "broken by more than 1 bp. Uncertified: feasible, but our own proof failed; a run makes an exception of it.",
        (
            View(
                "Distance from the optimum, stressed",
                (
                    ("book", "book"),
                    ("stress", "stress"),
                    ("accounts", "accounts"),
                    ("infeasible", "infeasible"),
                    *_DISTANCE,
                    ("missed", "missed"),
                    ("uncertified", "uncertified"),
                    ("wrongly solved", "wrongly_solved"),
                ),
                text=2,
            ),
        ),
        _accuracy,
    ),
    "workers": Table(
        "Seconds on the wall, start to published; Ray and its workers were started before. Outputs are the same bytes.",
        (View("Whole runs by workers", (("book", "book"), ("workers", "workers"), *_WALL, ("speed-up", "speedup"))),),
        _workers,
    ),
    "storage": Table(
        "Seconds on the wall in one process, start to published.",
        (
            View(
                "Whole runs by storage",
                (("book", "book"), ("storage", "storage"), *_WALL, ("of the folder's speed", "speed_of_folder")),
                text=2,
            ),
        ),
        _storage,
    ),
    "growth": growth.TABLE,
}
DEFAULT: Final = ("kinds", "constant", "review", "lots", "factors", "solvers", "schedule", "accuracy", "workers")

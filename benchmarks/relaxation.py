"""How far the trades handed out are from the convex relaxation's optimum, account by account, in basis points of value.

The relaxation lets a name be sold at a loss and bought back, in any fraction of a share, without minimum trade or band:
no answer can be below it, and none that may be handed out need reach it. Its optimum is CVXPY's with Clarabel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import click
import numpy as np

from benchmarks.cases import Case, part_cases
from benchmarks.results import keep, results_option, run
from cluster.bench.opened import OpenBook, open_for_run
from cluster.bench.show import number, print_table
from cluster.plan import Part
from engine.decide.solvers.reference import solve_reference
from engine.errors import WholebookError
from kernels.arrays import frozen

QUANTILES = {"min": 0.0, "median": 0.5, "75 %": 0.75, "90 %": 0.9, "95 %": 0.95, "99 %": 0.99, "max": 1.0}
ROUNDING_BP = 1e-6
"""What floating-point sums may differ by."""


@click.command()
@click.argument("book")
@click.option("--accounts", default=300, show_default=True, type=click.IntRange(1), help="Accounts drawn.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Of the draw.")
@click.option("--json", "as_json", is_flag=True, help="Print the line that is kept instead of the tables.")
@results_option
def main(book: str, accounts: int, seed: int, as_json: bool, results: Any) -> None:
    """Compare BOOK's decisions with the relaxation. Fails where a certified lower bound exceeds its objective."""
    opened = open_for_run(book)
    measured = [measure(case) for part, rows in draw(opened, accounts, seed) for case in part_cases(opened, part, rows)]
    drawn = min(accounts, opened.accounts)
    header = opened.firm.header
    options = {
        "book": header.name,
        "as_of": header.as_of.isoformat(),
        "of": opened.accounts,
        "drawn": drawn,
        "seed": seed,
        "exceptions": drawn - len(measured),
    }
    line = keep(results, "relaxation", options, distributions(measured))
    if as_json:
        click.echo(json.dumps(line))
    else:
        show(line)
    check_bounds(measured)


def draw(book: OpenBook, accounts: int, seed: int) -> list[tuple[Part, list[int]]]:
    """Rows of the accounts tables, drawn evenly from the whole book without replacement, by part."""
    sizes = [part.rows("accounts") for part in book.parts]
    chosen = np.random.default_rng(seed).choice(sum(sizes), size=min(accounts, sum(sizes)), replace=False)
    ends = np.cumsum(sizes)
    rows = [
        chosen[(chosen >= end - size) & (chosen < end)] - (end - size) for end, size in zip(ends, sizes, strict=True)
    ]
    return [(part, sorted(mine.tolist())) for part, mine in zip(book.parts, rows, strict=True) if len(mine)]


def measure(case: Case) -> dict[str, Any]:
    """One account: `excess_bp` over the relaxation's optimum, and our own `gap_bp` where the account was solved."""
    outcome, proof = case.outcome, case.outcome.proof
    # The relaxation of a wash sale: it takes nothing away.
    easiest = case.posed.with_all_losses()._replace(buy_cost=case.posed.problem.spread)
    _, optimum = solve_reference(frozen(easiest))
    return {
        "account": case.account,
        "kind": case.kind,
        "status": "traded" if outcome.code is None else "not traded",
        "excess_bp": outcome.objective_bp - optimum,
        "gap_bp": None if proof is None or proof.bound_bp is None else outcome.objective_bp - proof.bound_bp,
    }


def distributions(measured: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a measure and group: each kind, traded or not, and all."""
    rows = []
    for name in ("excess_bp", "gap_bp"):
        for key in ("kind", "status", None):
            for group in sorted({one[key] for one in measured}) if key else ["all"]:
                values = [one[name] for one in measured if key is None or one[key] == group]
                rows += distribution(name, group, values)
    return rows


def distribution(measure: str, group: str, values: Sequence[float | None]) -> list[dict[str, Any]]:
    """The row of a measure and group; none where no value is known."""
    known = [value for value in values if value is not None]
    if not known:
        return []
    quantiles = (np.quantile(known, list(QUANTILES.values())).round(4) + 0.0).tolist()  # no -0.0
    return [{"measure": measure, "group": group, "accounts": len(known)} | dict(zip(QUANTILES, quantiles, strict=True))]


def check_bounds(measured: Sequence[dict[str, Any]]) -> None:
    """Raise where a lower bound is above the objective: then the bound, or the trades, are wrong."""
    wrong = [one for one in measured if one["gap_bp"] is not None and one["gap_bp"] < -ROUNDING_BP]
    if wrong:
        told = ", ".join(f"{one['account']} by {-one['gap_bp']:.3g} bp" for one in wrong[:5])
        raise WholebookError(f"{len(wrong)} lower bounds exceed the objective: {told}")


def show(line: dict[str, Any]) -> None:
    """The table for a person."""
    options = line["options"]
    titles = {"excess_bp": "objective less relaxation", "gap_bp": "objective less our bound"}
    show_distributions(
        "Distance of the trades handed out from what nobody can beat, bp of account value",
        f"{options['drawn']} of the {options['of']:,} accounts of {options['book']} {options['as_of']}, "
        f"{options['exceptions']} exceptions left out; our bound is known of the accounts that were solved.",
        "accounts of",
        titles,
        line["rows"],
    )


def show_distributions(
    title: str, caption: str, grouped: str, titles: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> None:
    """A table of distributions: `titles` of the measures, `grouped` what tells the groups apart."""
    print_table(
        title,
        caption,
        ["measure", grouped, "accounts", *QUANTILES],
        [
            [titles[row["measure"]], row["group"], str(row["accounts"]), *(number(row[name]) for name in QUANTILES)]
            for row in rows
        ],
        text=2,
    )


if __name__ == "__main__":
    run(main)

"""A run in words for the person who started it, and as JSON for machines."""

from __future__ import annotations

from collections.abc import Mapping

import click

from cluster.cli.common import print_json
from cluster.plan import Plan
from cluster.receipts import add_codes, count_status
from cluster.run import Report
from cluster.sampling import Comparison
from engine.book.schema import STATUSES
from engine.codes import Code

MEGABYTE = 1 << 20
SAVED = {"gains deferred": "deferred_gains", "losses harvested": "harvested", "choice of lots": "saved_by_lot_choice"}
"""Parts of `tax_saved_or_deferred` (docs/saved.md)."""


def print_report(report: Report, *, as_json: bool) -> None:
    """Print the plan of a dry run, or the summary of a run."""
    if as_json:
        print_json(as_document(report))
    elif report.manifest is None:
        print_plan(report.plan)
    else:
        print_summary(report)


def as_document(report: Report) -> dict[str, object]:
    """The report as plain values; money in USD."""
    plan = report.plan
    document: dict[str, object] = {
        "run_id": plan.run_id,
        "run": report.uri,
        "accounts": plan.total("accounts"),
        "lots": plan.total("lots"),
        "parts": len(plan.parts),
        "tasks": [[part.number for part in task] for task in plan.tasks],
    }
    if report.manifest is None or report.execution is None:
        return document
    codes = add_codes(report.receipts)
    return document | {
        "tax_usd": tax(report.manifest.totals),
        "statuses": {status: count_status(codes, status) for status in STATUSES},
        "codes": codes,
        "totals": report.manifest.totals,
        "sample": report.manifest.sample.model_dump(mode="json"),
        "tracking_error": tracking_error(report),
        "manifest": f"runs/{plan.run_id}/manifest.json",
        "pointer": report.publication.key if report.publication else None,
        "execution": report.execution.model_dump(mode="json"),
        "worker_seconds": worker_seconds(report),
    }


def tax(totals: Mapping[str, int]) -> dict[str, float]:
    """The tax of the run, of its tax-blind twin and what lies between, in USD."""
    names = ("tax_blind", "tax_cost", "tax_saved_or_deferred", *SAVED.values())
    return {name: totals.get(f"{name}_cents", 0) / 100 for name in names}


def print_plan(plan: Plan) -> None:
    """What a run would do."""
    click.echo(f"Run {plan.run_id}: {plan.total('accounts'):,} accounts, {plan.total('lots'):,} lots")
    click.echo(f"{len(plan.parts)} parts in {len(plan.tasks)} tasks, the most expensive first:")
    for task in plan.tasks:
        parts = ", ".join(str(part.number) for part in task)
        accounts, lots = (sum(part.rows(table) for part in task) for table in ("accounts", "lots"))
        click.echo(f"  parts {parts}: {accounts:,} accounts, {lots:,} lots")
    click.echo("Dry run: nothing was written.")


def print_summary(report: Report) -> None:
    """Accounts by outcome, money, tracking error, and where to go on from."""
    assert report.manifest is not None, "only a finished run has a summary"
    codes, totals = add_codes(report.receipts), report.manifest.totals
    counts = {status: count_status(codes, status) for status in STATUSES}
    click.echo(f"{report.manifest.book} of {report.manifest.as_of}: {sum(counts.values()):,} accounts")
    click.echo(f"  {counts['TRADED']:>10,} traded")
    _print_codes(codes, "NO_TRADE", f"  {counts['NO_TRADE']:>10,} left as they are")
    _print_codes(codes, "EXCEPTION", f"  {counts['EXCEPTION']:>10,} need a person")
    for label, name in (("buys", "buys_cents"), ("sells", "sells_cents"), ("tax of the trades", "tax_cost_cents")):
        if name in totals:
            click.echo(f"  {label:<18} USD {totals[name] / 100:>20,.2f}")
    click.echo(f"  saved or deferred  {_saved(totals)}")
    click.echo(f"  wash sales         {_washes(totals)}")
    click.echo(f"  solved             {_solved(totals, report.manifest.sample)}")
    error = tracking_error(report)
    if error:
        before, after = error["before"], error["after"]
        click.echo(
            f"  tracking error     {before:.2%} before, {after:.2%} after (annual, mean of the accounts decided)"
        )
    _print_execution(report)
    click.echo(f"Verified, 0 violations. Files: {report.uri}")
    if report.publication:
        click.echo(f"Published: {report.out}/{report.publication.key}")
    else:
        click.echo(f"Not published. To publish: wholebook publish {report.uri}")


def _saved(totals: dict[str, int]) -> str:
    """Tax that the accounts' tax-blind twins would cost beyond the run's, and its three parts."""
    usd = {label: totals.get(f"{name}_cents", 0) / 100 for label, name in SAVED.items()}
    whole = f"USD {totals.get('tax_saved_or_deferred_cents', 0) / 100:>20,.2f}"
    return f"{whole} of tax: " + ", ".join(f"{label} {amount:,.2f}" for label, amount in usd.items())


def _washes(totals: dict[str, int]) -> str:
    """Trades made at the price of a disallowed loss, and those that the price stopped."""
    made, stopped = (
        " and ".join(f"{totals.get(f'wash_{side}{end}', 0):,} {side}" for side in ("sells", "buys"))
        for end in ("", "_declined")
    )
    return (
        f"{made} at the price of USD {totals.get('wash_disallowed_cents', 0) / 100:,.2f} disallowed; {stopped} declined"
    )


def _solved(totals: dict[str, int], sample: Comparison) -> str:
    """Accounts by solver, and what the other one says of a few."""
    told = f"{totals.get('solved_newton', 0):,} by dual Newton, {totals.get('solved_osqp', 0):,} by OSQP"
    if sample.largest_excess_bp is None:
        return told
    largest = max(0.0, sample.largest_excess_bp)  # in this order: of two noughts the first is taken, without a sign
    return f"{told}; {sample.accounts:,} again by OSQP, whose objective is at most {largest:.4f} bp better"


def _print_codes(codes: dict[str, int], status: str, heading: str) -> None:
    click.echo(heading)
    for name, count in codes.items():
        if name.startswith(f"{status} "):
            code = name.removeprefix(f"{status} ")
            click.echo(f"             {count:>8,} {code}: {Code[code].value}")


def _print_execution(report: Report) -> None:
    execution = report.execution
    if execution is None:
        return
    seconds = sum(execution.seconds.values())
    rate = report.plan.total("accounts") / max(execution.seconds.get("rebalance", seconds), 1e-9)
    click.echo(f"  {seconds:,.1f} s, {rate:,.0f} accounts/s, {execution.attempts} tasks")
    click.echo(
        f"  peak memory: driver {execution.driver_peak_rss / MEGABYTE:,.0f} MiB, "
        f"largest worker {execution.worker_peak_rss / MEGABYTE:,.0f} MiB"
    )


def tracking_error(report: Report) -> dict[str, float]:
    """Mean annual tracking error of the accounts decided, before and after; empty where none was."""
    count = sum(receipt.tracked for receipt in report.receipts)
    if not count:
        return {}
    before, after = (sum(receipt.tracking[side] for receipt in report.receipts) / count for side in (0, 1))
    return {"before": before, "after": after}


def worker_seconds(report: Report) -> dict[str, float]:
    """Seconds by stage, summed over all parts and workers."""
    stages = sorted({stage for receipt in report.receipts for stage in receipt.seconds})
    return {stage: sum(receipt.seconds.get(stage, 0.0) for receipt in report.receipts) for stage in stages}

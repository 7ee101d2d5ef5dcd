"""`wholebook whatif --account`: one account as it stands and as changed, trades and all, and the plan of its years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from cluster.cli.common import print_json

if TYPE_CHECKING:
    from engine.whatif import Change, Outcome, Year

FIGURES = {
    "te_before": ("tracking error before", "{:.3%}"),
    "te_after": ("tracking error after", "{:.3%}"),
    "drift_after": ("drift after", "{:.3%}"),
    "turnover": ("turnover", "{:.3%}"),
    "realised_st": ("short-term gain, USD", "{:,.2f}"),
    "realised_lt": ("long-term gain, USD", "{:,.2f}"),
    "tax_cost": ("tax, USD", "{:,.2f}"),
    "cash_after": ("cash after, USD", "{:,.2f}"),
    "objective_bp": ("objective, bp", "{:,.3f}"),
    "gap_bp": ("gap, bp", "{:,.3f}"),
}
"""Columns of `results` that outcomes are compared by, in words, and how they are written."""


def tell(
    book: str,
    account: str,
    firm: Mapping[str, object],
    change: Change,
    years: int | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """Decide the account as it stands and as changed, and print both."""
    from cluster.look import find_account
    from engine.whatif import Scene, decide, plan

    found = find_account(book, account, firm)
    scene = Scene.of(found.book.header, found.book.tables, firm, found.tables, account)
    changed = change.applied(scene)
    outcomes = {"today": decide(scene)} | ({"changed": decide(changed)} if change else {})
    planned = plan(changed, years)
    if as_json:
        plain = {name: as_plain(outcome) for name, outcome in outcomes.items()}
        print_json({"account_id": account, **plain, "plan": [asdict(year) for year in planned]})
        return
    print_outcomes(account, outcomes, limit)
    if planned:
        print_plan(planned)


def as_plain(outcome: Outcome) -> dict[str, object]:
    """The outcome for machines."""
    return {"result": outcome.result, "told": list(outcome.told), "trades": outcome.trades.to_pylist()}


def print_outcomes(who: str, outcomes: dict[str, Outcome], limit: int) -> None:
    """Outcomes by name side by side: figures, what a person would be told, and the trades that differ most."""
    from cluster.show import print_table

    of = list(outcomes.values())
    rows = [("outcome", *(f"{one.result['status']} {one.result['code'] or ''}".strip() for one in of))]
    for name, (words, form) in FIGURES.items():
        rows.append((words, *(_said(one.result[name], form) for one in of)))
    print_table(f"{who}, what a run would do", "", ("", *outcomes), rows)
    for name, outcome in outcomes.items():
        message = outcome.result["message"]
        for told in outcome.told or ([message] if message else []):
            click.echo(f"{name}: {told}")
    usd, shares = [one.traded("amount") for one in of], [one.traded("quantity") for one in of]
    names = {name for one in usd for name in one}
    apart = {name: max(abs(one.get(name, 0.0) - usd[-1].get(name, 0.0)) for one in (*usd[:-1], {})) for name in names}
    shown = sorted(names, key=lambda name: (-apart[name], name))[:limit]
    if shown:
        more = f"and {len(names) - len(shown)} more (--limit, --json)" if len(names) > len(shown) else ""
        trades = [(name, *(_said(one.get(name), "{:,.10g}") for one in shares)) for name in shown]
        print_table("Shares bought, and sold (-)", more, ("security", *outcomes), trades)


def _said(value: float | None, form: str) -> str:
    return "" if value is None else form.format(float(value))


def print_plan(planned: list[Year]) -> None:
    """The years of a plan."""
    from cluster.show import print_table

    rows = [
        (
            str(year.as_of),
            f"{year.status} {year.code or ''}".strip(),
            f"{year.realised_st:,.2f}",
            f"{year.realised_lt:,.2f}",
            f"{year.tax:,.2f}",
            f"{100 * year.te_before:.3f}",
            f"{100 * year.te_after:.3f}",
            f"{year.legacy:,.0f}",
            f"{year.legacy_gain:,.0f}",
        )
        for year in planned
    ]
    columns = ("run", "outcome", "short-term", "long-term", "tax", "TE before, %", "TE after, %", "legacy", "its gain")
    total, left = sum(year.tax for year in planned), planned[-1].legacy_gain
    caption = f"USD; tax of all {total:,.2f}" + (f"; gains of {left:,.0f} are left" if left > 0.5 else "")
    print_table("The years, at today's prices", caption, columns, rows, text=2)

"""`wholebook whatif` of a policy or everyone: figures of all, what the change costs, who differs most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cluster.cli.common import print_json

if TYPE_CHECKING:
    import pyarrow as pa

    from engine.whatif import Cost, Side

SUMS = {
    "value": ("value of those decided, USD", "{:,.0f}"),
    "buys": ("buys", "{:,}"),
    "sells": ("sells", "{:,}"),
    "bought": ("bought, USD", "{:,.0f}"),
    "sold": ("sold, USD", "{:,.0f}"),
    "realised_st": ("short-term gain, USD", "{:,.0f}"),
    "realised_lt": ("long-term gain, USD", "{:,.0f}"),
    "tax_cost": ("tax, USD", "{:,.0f}"),
    "tax_blind": ("tax if blind to it, USD", "{:,.0f}"),
    "tax_saved_or_deferred": ("tax saved or deferred, USD", "{:,.0f}"),
    "harvested": ("of it harvested, USD", "{:,.0f}"),
}
"""Sums of a `Side` in words, and how they are written."""
MEANS = {
    "te_before": "mean tracking error before",
    "te_after": "mean tracking error after",
    "drift_before": "mean drift before",
    "drift_after": "mean drift after",
    "turnover": "mean turnover",
}
STATUSES = {"TRADED": "traded", "NO_TRADE": "not traded", "EXCEPTION": "exceptions"}


def tell(policy: str | None, rows: pa.Table, limit: int, out: Path | None, change: str, *, as_json: bool) -> None:
    """Print what `engine.whatif.ask` told; with `out`, write its rows too. `change`: in words, empty for none."""
    from engine.whatif import cost, furthest, side

    if out is not None:
        write(rows, out)
    changed = bool(change)
    sides = {name: side(rows, name) for name in (("today", "changed") if changed else ("today",))}
    costs = cost(rows) if changed else None
    most = furthest(rows, limit) if changed else []
    if as_json:
        told = {
            "policy": policy,
            "change": change or None,
            "accounts": rows.num_rows,
            **{name: asdict(one) for name, one in sides.items()},
        }
        print_json(told | {"cost": costs and asdict(costs), "furthest": most})
        return
    _print_sides(policy, rows.num_rows, sides, change)
    if costs is not None:
        _print_cost(costs, change)
        _print_furthest(most, costs)


def write(rows: pa.Table, out: Path) -> None:
    """One row an account, as the file's name says. Raises `UsageError` where it cannot be written."""
    from pyarrow import csv

    from cluster.storage.tables import table_bytes
    from engine.errors import UsageError

    try:
        if out.suffix == ".csv":
            csv.write_csv(rows, out)
        else:
            out.write_bytes(table_bytes(rows))
    except OSError as error:
        raise UsageError(f"cannot write: {error.strerror}", where=str(out), remedy="Name another file.") from error


def who(policy: str | None) -> str:
    """Whose outcome it is, in words."""
    return "everyone" if policy is None else f"policy {policy}"


def _print_sides(policy: str | None, accounts: int, sides: Mapping[str, Side], change: str) -> None:
    from cluster.show import print_table

    of = list(sides.values())
    rows = [(words, *(f"{one.statuses[name]:,}" for one in of)) for name, words in STATUSES.items()]
    codes = sorted({code for one in of for code in one.codes})
    rows += [(f"  {code}", *(f"{one.codes.get(code, 0):,}" for one in of)) for code in codes]
    rows += [(words, *(_said(one.sums[name], form) for one in of)) for name, (words, form) in SUMS.items()]
    rows += [(words, *(_said(one.means[name], "{:.3%}") for one in of)) for name, words in MEANS.items()]
    caption = (
        ""
        if not change
        else f"Changed: {change}. Tax saved or deferred is beside a twin with the same change, which "
        "trades without regard to tax: more of it is more tax to be put off, not a saving by the change."
    )
    print_table(f"{who(policy)}, {accounts:,} accounts: what a run would do", caption, ("", *sides), rows)


def _print_cost(cost: Cost, change: str) -> None:
    """In sentences: they are read out to whoever asked for the change."""
    click.echo(f"The change ({change}), for the {cost.accounts:,} who would get it; {cost.had:,} have it already.")
    if cost.lost or cost.won:
        click.echo(f"  {cost.lost:,} become exceptions, {cost.won:,} no longer are.")
    if not cost.decided:
        click.echo("  Nobody is decided both with it and without, so it has no price.")
        return
    click.echo(f"  {cost.retargeted:,} aim at something else, {cost.differ:,} trade otherwise.")
    click.echo(
        f"  Tracking error, to what each aims at today: {cost.te_today:.3%} without it, {cost.te_with:.3%} with it; "
        f"{cost.te_more:+.3%} on average, median {cost.te_more_median:+.3%}, ninth decile "
        f"{cost.te_more_ninth_decile:+.3%}, most {cost.te_more_most:+.3%}."
    )
    if cost.te_more_retargeted is not None and cost.retargeted < cost.decided:
        click.echo(f"  Of those who aim at something else alone: {cost.te_more_retargeted:+.3%} on average.")
    click.echo(
        f"  Tax today: {float(cost.tax_more):+,.0f} USD; {cost.tax_up:,} accounts pay more, {cost.tax_down:,} less."
    )


def _print_furthest(most: list[dict[str, Any]], cost: Cost) -> None:
    from cluster.show import print_table

    if not most:
        return
    rows = [
        (
            row["account_id"],
            _outcome(row, "today"),
            _outcome(row, "changed"),
            _said(row["today_te_after"], "{:.3%}"),
            _said(row["changed_te_today"], "{:.3%}"),
            _said(row["te_more"], "{:+.3%}"),
            _said(row["today_tax_cost"], "{:,.2f}"),
            _said(row["changed_tax_cost"], "{:,.2f}"),
            _said(row["tax_more"], "{:+,.2f}"),
        )
        for row in most
    ]
    total = (
        f"all {cost.decided:,}",
        "",
        "",
        *(_said(one, "{:.3%}") for one in (cost.te_today, cost.te_with)),
        _said(cost.te_more, "{:+.3%}"),
        *(f"{one:,.2f}" for one in (cost.tax_today, cost.tax_with)),
        f"{cost.tax_more:+,.2f}",
    )
    columns = ("account", "today", "changed", "TE today", "TE changed", "more", "tax today", "tax changed", "more")
    caption = (
        "TE to what the account aims at today; tax in USD. All who would get it and are decided both ways: mean TE, "
        "sum of tax (--out FILE: every account)"
    )
    print_table("Cost of the change, by account, where it differs most", caption, columns, [*rows, total], text=3)


def _outcome(row: Mapping[str, Any], name: str) -> str:
    return f"{row[f'{name}_status']} {row[f'{name}_code'] or ''}".strip()


def _said(value: Any, form: str) -> str:
    return "" if value is None else form.format(value)

"""`wholebook whatif`: what a run would do with accounts if something were changed, beside what it does."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cluster.cli.common import executor, executor_options, json_option, observer, print_json, settings_option

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


@click.command("whatif")
@click.argument("book")
@click.option("--account", help="This account.")
@click.option("--policy", help="All accounts of this policy.")
@click.option("--everyone", is_flag=True, help="All accounts of the book.")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A setting of theirs; may be repeated.")
@click.option("--model", help="Follow this model instead.")
@click.option(
    "--restrict",
    "asked",
    multiple=True,
    metavar="KIND COLUMN=VALUE...",
    help="A restriction more, such as 'screen screen_id=tobacco'; may be repeated.",
)
@click.option("--years", type=click.IntRange(1, 50), help="Tax years planned. Default: to transition_until, if any.")
@click.option("--frontier", is_flag=True, help="Tax against tracking error, at 1/16 to 16 times their risk aversion.")
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(min=0), help="Securities or accounts shown."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a row of each account, .parquet or .csv, or the picture of a --frontier, .svg.",
)
@executor_options
@settings_option
@json_option
def command(
    book: str,
    account: str | None,
    policy: str | None,
    everyone: bool,
    given: tuple[str, ...],
    model: str | None,
    asked: tuple[str, ...],
    years: int | None,
    frontier: bool,
    limit: int,
    out: Path | None,
    workers: int | None,
    ray_address: str | None,
    settings: Path | None,
    as_json: bool,
) -> None:
    """Print what a run would do with accounts of BOOK today, as they stand and as changed, side by side.

    The book and its runs stay as they are. Of one --account its trades; with a transition_until, or --years, the plan
    of the tax years too: what is realised, its tax, and the tracking error after each year's run, at today's prices.
    Of a --policy or --everyone, on the executors of a run: how many trade and are exceptions, taxes and tracking error,
    what the change costs those who do not have it yet, and the accounts that differ most. With --frontier, of any:
    tax and tracking error if they minded risk less, or more.
    """
    from cluster.cli import whatif_frontier, whatif_many
    from cluster.run_file import read_run_file
    from cluster.whatif import ask_book
    from engine.whatif import Change, Chosen

    _check_options(account, policy, everyone=everyone, frontier=frontier, years=years, out=out)
    firm = read_run_file(settings).settings
    change = Change(_settings(given), model, tuple(_restriction(one) for one in asked))
    if account is not None and not frontier:
        _tell_account(book, account, firm, change, years, limit, as_json=as_json)
        return
    if account is not None:
        rows = whatif_frontier.of_account(book, account, firm, change)
        whatif_frontier.tell(account, rows, out, as_json=as_json)
        return
    with executor(workers, ray_address) as runner, observer() as progress:
        rows = ask_book(book, firm, Chosen(policy), change, runner, progress, frontier=frontier)
    if frontier:
        whatif_frontier.tell(whatif_many.who(policy), rows, out, as_json=as_json)
    else:
        whatif_many.tell(policy, rows, limit, out, changed=bool(change), as_json=as_json)


def _check_options(
    account: str | None, policy: str | None, *, everyone: bool, frontier: bool, years: int | None, out: Path | None
) -> None:
    """Raise `UsageError` unless the options choose one account, or many, and go together."""
    from engine.errors import UsageError

    if (account is not None) + (policy is not None) + everyone != 1:
        raise UsageError("whose outcome?", remedy="Give one of --account ACCOUNT, --policy POLICY and --everyone.")
    if years is not None and (account is None or frontier):
        raise UsageError("years are planned for one account", where="--years", remedy="Give --account alone with it.")
    if out is None:
        return
    if account is not None and not frontier:
        raise UsageError(
            "of one account there is no file", where="--out", remedy="Give --json and keep what it prints."
        )
    kinds = (".parquet", ".csv", *((".svg",) if frontier else ()))
    if out.suffix not in kinds:
        remedy = f"Name a file that ends in one of {', '.join(kinds)}."
        raise UsageError("no such kind of file", where=f"--out {out}", remedy=remedy)


def _tell_account(
    book: str,
    account: str,
    firm: Mapping[str, object],
    change: Change,
    years: int | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    from cluster.look import find_account
    from engine.whatif import Scene, decide, plan

    found = find_account(book, account, firm)
    scene = Scene.of(found.book.header, found.book.tables, firm, found.tables, account)
    changed = change.applied(scene)
    outcomes = {"today": decide(scene)} | ({"changed": decide(changed)} if change else {})
    planned = plan(changed, years)
    if as_json:
        plain = {name: _plain(outcome) for name, outcome in outcomes.items()}
        print_json({"account_id": account, **plain, "plan": [asdict(year) for year in planned]})
        return
    _print(account, outcomes, limit)
    if planned:
        _print_plan(planned)


def _settings(given: tuple[str, ...]) -> dict[str, object]:
    """NAME=VALUE as TOML has it; a word needs no quotes. Raises `UsageError`, `InputRefused` for a wrong setting."""
    from engine.book.settings import firm_settings
    from engine.errors import UsageError

    found: dict[str, object] = {}
    for one in given:
        name, equals, value = (part.strip() for part in one.partition("="))
        if not (name and equals and value):
            raise UsageError("not NAME=VALUE", where=f"--set {one}", remedy="Write --set gain_budget=5000.")
        try:
            found[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            found[name] = value
    return firm_settings(found)


def _restriction(asked: str) -> dict[str, object]:
    """KIND COLUMN=VALUE... as a row of `restrictions`. Raises `UsageError`."""
    from engine.book.schema import BOOK_TABLES, RESTRICTION_KINDS
    from engine.errors import UsageError

    columns = BOOK_TABLES["restrictions"].by_name
    kind, *pairs = asked.split() or [""]
    row: dict[str, object] = {"kind": kind}
    for pair in pairs:
        name, _, value = pair.partition("=")
        row[name] = _share(value) if name == "value" else value
    wrong = kind not in RESTRICTION_KINDS or not set(row) <= set(columns) - {"account_id"} or None in row.values()
    if wrong:
        shown = ", ".join(RESTRICTION_KINDS)
        remedy = f"Write --restrict 'max_weight sector=Energy value=0.05'; kinds are {shown}."
        raise UsageError("not a restriction", where=f"--restrict '{asked}'", remedy=remedy)
    return row


def _share(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _plain(outcome: Outcome) -> dict[str, object]:
    return {"result": outcome.result, "told": list(outcome.told), "trades": outcome.trades.to_pylist()}


def _print(account: str, outcomes: dict[str, Outcome], limit: int) -> None:
    from cluster.show import print_table

    of = list(outcomes.values())
    rows = [("outcome", *(f"{one.result['status']} {one.result['code'] or ''}".strip() for one in of))]
    for name, (words, form) in FIGURES.items():
        rows.append((words, *(_said(one.result[name], form) for one in of)))
    print_table(f"{account}, what a run would do", "", ("", *outcomes), rows)
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


def _print_plan(planned: list[Year]) -> None:
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

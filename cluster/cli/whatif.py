"""`wholebook whatif`: what a run would do with accounts if something were changed, beside what it does."""

from __future__ import annotations

import tomllib
from pathlib import Path

import click

from cluster.cli.common import executor, executor_options, json_option, observer, settings_option


@click.command("whatif")
@click.argument("book")
@click.option("--account", help="This account.")
@click.option("--policy", help="All accounts of this policy.")
@click.option("--everyone", is_flag=True, help="All accounts of the book.")
@click.option(
    "--prospect",
    metavar="FILE",
    help="Positions, .csv or .parquet, of somebody who would follow --model, and --policy if any.",
)
@click.option(
    "--tax-status",
    type=click.Choice(("taxable", "deferred", "exempt")),
    default="taxable",
    show_default=True,
    help="Of the prospect.",
)
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
    help="Write a row of each account, .parquet or .csv, or a --frontier as a page, .html, or picture, .svg; "
    "the proposal of a --prospect as a page, .html.",
)
@executor_options
@settings_option
@json_option
def command(
    book: str,
    account: str | None,
    policy: str | None,
    everyone: bool,
    prospect: str | None,
    tax_status: str,
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
    tax and tracking error if they minded risk less, or more. Of a --prospect: the proposal, what stays, and why.
    """
    from cluster.cli import whatif_account, whatif_frontier, whatif_many, whatif_prospect
    from cluster.run_file import read_run_file
    from cluster.whatif import ask_book
    from engine.whatif import Change, Chosen, Terms

    many = prospect is None and (policy is not None or everyone)
    _check_options(
        (account is not None) + many + (prospect is not None),
        many=many,
        frontier=frontier,
        prospect=prospect is not None,
        years=years,
        out=out,
    )
    _check_chosen(policy, everyone=everyone, prospect=prospect, model=model, frontier=frontier)
    firm = read_run_file(settings).settings
    change = Change(_settings(given), model, tuple(_restriction(one) for one in asked))
    words = ", ".join([*given, *([f"model {model}"] if model else []), *asked])
    if prospect is not None:
        assert model is not None, "it was asked for"
        kept_by = Change(change.settings, None, change.restrictions)
        whatif_prospect.tell(
            book, prospect, Terms(model, policy, tax_status), firm, kept_by, years, limit, out, as_json=as_json
        )
        return
    if account is not None and not frontier:
        whatif_account.tell(book, account, firm, change, years, limit, as_json=as_json)
        return
    if account is not None:
        rows = whatif_frontier.of_account(book, account, firm, change)
        whatif_frontier.tell(account, rows, out, book, words, as_json=as_json)
        return
    with executor(workers, ray_address) as runner, observer() as progress:
        rows = ask_book(book, firm, Chosen(policy), change, runner, progress, frontier=frontier)
    if frontier:
        whatif_frontier.tell(whatif_many.who(policy), rows, out, book, words, as_json=as_json)
    else:
        whatif_many.tell(policy, rows, limit, out, words, as_json=as_json)


def _check_options(
    chosen: int, *, many: bool, frontier: bool, prospect: bool, years: int | None, out: Path | None
) -> None:
    """Raise `UsageError` unless the options choose one account, or many, and go together."""
    from cluster.cli.whatif_frontier import PAGES
    from engine.errors import UsageError

    if chosen != 1:
        remedy = "Give one of --account ACCOUNT, --policy POLICY, --everyone and --prospect FILE."
        raise UsageError("whose outcome?", remedy=remedy)
    if years is not None and (many or frontier):
        remedy = "Give --account or --prospect alone with it."
        raise UsageError("years are planned for one account", where="--years", remedy=remedy)
    if out is None:
        return
    if not many and not frontier and not prospect:
        raise UsageError(
            "of one account there is no file", where="--out", remedy="Give --json and keep what it prints."
        )
    kinds = (".html",) if prospect else (".parquet", ".csv", *(PAGES if frontier else ()))
    if out.suffix not in kinds:
        remedy = f"Name a file that ends in one of {', '.join(kinds)}."
        raise UsageError("no such kind of file", where=f"--out {out}", remedy=remedy)


def _check_chosen(
    policy: str | None, *, everyone: bool, prospect: str | None, model: str | None, frontier: bool
) -> None:
    from engine.errors import UsageError

    if everyone and policy is not None:
        raise UsageError("whose outcome?", where="--everyone --policy", remedy="Give one of them.")
    if prospect is None:
        return
    if everyone or frontier:
        other = "--everyone" if everyone else "--frontier"
        raise UsageError(f"a prospect has no {other}", where="--prospect", remedy=f"Leave {other} out.")
    if model is None:
        raise UsageError("which model?", where="--prospect", remedy="Give --model MODEL, one of the book's models.")


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

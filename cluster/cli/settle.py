"""`wholebook settle`: the next day's book."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from cluster.cli.common import executor, executor_options, json_option, observer, print_json

if TYPE_CHECKING:
    from cluster.settlement import Report

_SHOWN = 20


@click.command("settle", short_help="Make the next day's book of a book and its run.")
@click.argument("book")
@click.argument("run")
@click.option("--out", required=True, metavar="NEWBOOK", help="Where the new book goes; nothing may be there.")
@executor_options
@click.option("--fills", metavar="FILE", help="What was executed (CSV or Parquet). Default: every trade, at its price.")
@click.option("--prices", metavar="FILE", help="New prices: security_id, price, price_date.")
@click.option("--corporate-actions", metavar="FILE", help="In place of the book's own table.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day of the new book. Default: the next trading day.")
@click.option("--unpublished", is_flag=True, help="Settle a finished run that is not what is published.")
@click.option("--twins", is_flag=True, help="Begin tax-blind twins with ledgers of their own; once begun they go on.")
@click.option("--dry-run", is_flag=True, help="Do everything, write nothing.")
@json_option
def command(
    book: str,
    run: str,
    out: str,
    workers: int | None,
    ray_address: str | None,
    fills: str | None,
    prices: str | None,
    corporate_actions: str | None,
    as_of: dt.datetime | None,
    unpublished: bool,
    twins: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Apply the trades of RUN to BOOK and write the next day's book.

    RUN is <out>/runs/<run_id>, a pointer's URI, or <out> for the latest published run of the book. Lots, cash, wash
    sales, the year's totals and carryforwards, activity and corporate actions are carried on; see docs/settle.md.
    """
    from cluster.settlement import Request, settle_book
    from cluster.storage import open_storage

    request = Request(
        book=open_storage(book),
        run=run,
        out=open_storage(out),
        fills=fills,
        prices=prices,
        corporate_actions=corporate_actions,
        as_of=as_of.date() if as_of else None,
        unpublished=unpublished,
        dry_run=dry_run,
        twins=twins,
    )
    with executor(workers, ray_address) as runner, observer() as progress:
        report = settle_book(request, runner, progress)
    if as_json:
        print_json(report.document() | {"out": None if dry_run else report.out})
    else:
        click.echo(_story(report, dry_run=dry_run))


def _story(report: Report, *, dry_run: bool) -> str:
    t = report.totals
    lines = [
        f"{report.book}: {report.was} -> {report.as_of}, run {report.run_id}, {t.accounts:,} accounts",
        f"  fills      {t.fills:>18,}   rejected {t.rejected:,}, partly filled {t.partial:,}",
        f"  cash       {_usd(t.cash_before):>18} -> {_usd(t.cash_after)}",
        f"    sells    {_usd(t.sells):>18}   buys {_usd(t.buys)}",
        f"    income   {_usd(t.dividends):>18}   corporate actions {_usd(t.from_actions)}",
        f"    paid in  {_usd(t.flows_in):>18}   paid out {_usd(t.flows_out)}",
        f"  realised   {_usd(t.realised_st):>18}   short-term, long-term {_usd(t.realised_lt)}",
        f"  disallowed {_usd(t.disallowed):>18}   taken back from earlier days {_usd(t.restored)}",
        f"  lots       {t.lots_opened:>18,}   opened, closed {t.lots_closed:,}",
        f"  exceptions {t.exceptions:>18,}   accounts",
    ]
    lines += [f"    {one.account} {one.code.name}: {one.message}" for one in report.troubles[:_SHOWN]]
    if len(report.troubles) > _SHOWN:
        lines.append(f"    and {len(report.troubles) - _SHOWN:,} more: --json, or settle.json in the new book")
    lines.append("Nothing was written." if dry_run else f"Written to {report.out}")
    return "\n".join(lines)


def _usd(cents: int) -> str:
    return f"{cents / 100:,.2f}"

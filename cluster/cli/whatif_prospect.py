"""`wholebook whatif --prospect`: somebody's positions against a model of the book, as a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from cluster.cli.common import print_json
from cluster.cli.whatif_account import as_plain, print_outcomes, print_plan

if TYPE_CHECKING:
    import pyarrow as pa

    from engine.whatif import Change, Kept, Outcome, Scene, Terms, Year


def tell(
    book: str,
    file: str,
    terms: Terms,
    firm: Mapping[str, object],
    change: Change,
    years: int | None,
    limit: int,
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    """Read the positions, decide them as an account of the book, print what would come of them; to `out` as a page.

    Raises `InputRefused` where a row is wrong, `UsageError` where the book does not know what is asked for.
    """
    from cluster.opening import open_book, refuse
    from cluster.storage import open_storage
    from cluster.whatif import check_names
    from engine.errors import InputRefused
    from engine.whatif import decide, kept, plan, prospect_scene, refuse_faults

    opened = open_book(open_storage(book), firm)
    refuse(opened.storage, opened.findings)
    check_names(opened, terms.policy, replace(change, model=terms.model))
    scene = prospect_scene(opened.header, opened.tables, firm, _read(file), terms, file)
    scene = change.applied(scene)
    outcome = decide(scene)
    refuse_faults(outcome, file)
    if outcome.result["status"] == "EXCEPTION":
        told = "; ".join(outcome.told) or str(outcome.result["message"])
        raise InputRefused(f"it cannot be decided: {told}", where=file, remedy="Change what the message names.")
    names, planned = kept(scene, outcome), plan(scene, years)
    if out is not None:
        _write_page(scene, outcome, names, planned, terms, file, out)
    if as_json:
        document = {"file": file, **asdict(terms), "proposal": as_plain(outcome)}
        print_json(document | {"kept": [asdict(one) for one in names], "plan": [asdict(year) for year in planned]})
        return
    print_outcomes(f"prospect following {terms.model}", {"proposal": outcome}, limit)
    _print_kept(names, limit)
    if planned:
        print_plan(planned)


def _write_page(
    scene: Scene, outcome: Outcome, names: list[Kept], planned: list[Year], terms: Terms, file: str, out: Path
) -> None:
    from cluster.cli.common import write_page
    from engine.report.client import About
    from engine.whatif.proposal import proposal, proposal_page

    about = About(scene.header.name, scene.header.as_of, PurePath(file).name)
    write_page(out, proposal_page(proposal(scene, outcome, names, planned), terms, about))


def _read(file: str) -> pa.Table:
    """The positions. Raises `UsageError`, `InputRefused` for a cell that cannot be read, naming column and row."""
    from cluster.table_files import SUFFIXES, table_files
    from engine.errors import ObjectMissing, UsageError
    from engine.whatif.prospect import POSITIONS

    if not file.endswith(SUFFIXES):
        raise UsageError(
            "neither .csv nor .parquet", where=f"--prospect {file}", remedy="Name a CSV or a Parquet file."
        )
    try:
        return table_files(file)[0].read(POSITIONS)
    except ObjectMissing as error:
        raise UsageError("there is no such file", where=f"--prospect {file}", remedy="Name a file.") from error


def _print_kept(names: list[Kept], limit: int) -> None:
    from cluster.show import print_table

    stays = [one for one in names if one.why]
    gone = sum(not one.why for one in names)
    rows = [
        (
            one.security_id,
            f"{one.brought.normalize():,f}",
            f"{one.sold.normalize():,f}" if one.sold else "",
            f"{one.stays_usd:,.0f}",
            f"{one.stays_gain:,.0f}",
            f"{one.target:.3%}" if one.target else "",
            one.why,
        )
        for one in stays[:limit]
    ]
    if not rows:
        click.echo(f"Nothing stays: all {gone:,} names are sold.")
        return
    more = f"And {len(stays) - len(rows)} more (--limit, --json). " if len(stays) > len(rows) else ""
    caption = f"{more}USD. {gone:,} of {len(names):,} names are sold whole."
    columns = ("security", "brought", "sold", "stays", "its gain", "target", "why")
    print_table("What stays, and why", caption, columns, rows, last=1)

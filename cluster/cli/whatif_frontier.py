"""`wholebook whatif --frontier`: tax against tracking error, as a table and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from cluster.cli.common import print_json, write_page
from cluster.cli.whatif_many import write

if TYPE_CHECKING:
    import pyarrow as pa

    from engine.whatif import Change, Point


PAGES = (".html", ".svg")
"""Kinds of files for people, beside the tables that any answer about many may be written as."""


def of_account(book: str, account: str, firm: Mapping[str, object], change: Change) -> pa.Table:
    """The rows of one account, in its household."""
    import pyarrow as pa

    from cluster.look import find_account
    from engine.book.validation import build_reference
    from engine.whatif import PartScene, Scene, trace

    found = find_account(book, account, firm)
    scene = Scene.of(found.book.header, found.book.tables, firm, found.tables, account)
    reference = build_reference(scene.header.as_of, scene.firm_tables, scene.settings)
    return trace(PartScene(scene.firm(), reference, scene.tables, frozenset(), {}), pa.array([account]), change)


def tell(who: str, rows: pa.Table, out: Path | None, book: str, change: str, *, as_json: bool) -> None:
    """Print the frontier, with `change` in words, and write it to `out`.

    Raises `UsageError` where nobody could be decided.
    """
    from engine.errors import UsageError
    from engine.whatif import points

    found, asked = points(rows), len(rows["account_id"].unique())
    if not found[0].accounts:
        raise UsageError("nobody is decided at every risk aversion", where=who, remedy="`wholebook validate` says why.")
    if out is not None:
        if out.suffix in PAGES:
            _draw(who, book, change, asked, found, out)
        else:
            write(rows, out)
    if as_json:
        print_json({"of": who, "asked": asked, "points": [asdict(point) for point in found]})
        return
    _print(who, asked, found)


def _draw(who: str, book: str, change: str, asked: int, found: list[Point], out: Path) -> None:
    from cluster.opening import read_header
    from cluster.storage import open_storage
    from engine.whatif import frontier_page, frontier_svg

    if out.suffix == ".html":
        header, _ = read_header(open_storage(book))
        drawn = frontier_page(who, f"{header.name} of {header.as_of}", change, asked, found)
    else:
        drawn = frontier_svg(f"{who}: tax against tracking error", found)
    write_page(out, drawn)


def _print(who: str, asked: int, found: list[Point]) -> None:
    from cluster.show import print_table
    from engine.whatif.frontier import beaten

    rows = [
        (
            f"x {point.factor:g}{' (no better)' if worse else ''}",
            f"{point.risk_aversion:,.4g}",
            f"{point.traded:,}",
            f"{point.te_after:.3%}",
            f"{point.tax_cost:,.0f}",
            f"{point.realised_st:,.0f}",
            f"{point.realised_lt:,.0f}",
            f"{point.turnover:.3%}",
        )
        for point, worse in zip(found, beaten(found), strict=True)
    ]
    of, decided = f"{who}: tax against tracking error", found[0].accounts
    many = (
        ""
        if asked == 1
        else f", mean; {decided:,} of {asked:,} accounts, decided at every point; their median aversion"
    )
    caption = (
        f"USD, sums; tracking error and turnover after the trades of today{many}. No better: another point beats it on "
        "both."
    )
    columns = ("aversion", "that is", "traded", "TE after", "tax", "short-term gain", "long-term gain", "turnover")
    print_table(of, caption, columns, rows)

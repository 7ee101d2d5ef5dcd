"""A frontier as a page: the picture, and the table beside it, in one HTML file that opens from disk."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from importlib.resources import files

from engine.report.html import PAPER, environment
from engine.whatif.frontier import Point, beaten
from engine.whatif.picture import frontier_svg

MINUS = "\u2212"


def frontier_page(who: str, book: str, change: str, asked: int, points: Sequence[Point]) -> str:
    """The page of `asked` accounts of a book, its day with it; `change`: what was changed, in words, empty for nothing.

    Raises `ValueError` where none was decided.
    """
    title = f"{who}: tax against tracking error"
    page = environment(PAPER)
    page.filters |= {"usd": _usd, "count": "{:,}".format, "percent": _percent}
    template = page.from_string(files("engine.whatif").joinpath("frontier.html").read_text("utf-8"))
    picture = frontier_svg(title, points)
    rows = list(zip(points, beaten(points), strict=True))
    return template.render(title=title, book=book, change=change, asked=asked, rows=rows, picture=picture)


def _usd(value: Decimal) -> str:
    return f"{value:,.2f}".replace("-", MINUS)


def _percent(value: float) -> str:
    return f"{value:.3%}".replace("-", MINUS)

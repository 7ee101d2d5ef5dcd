"""A page taken apart: its headings, ids, links, pictures, tables, and the sums that it says it shows."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from decimal import Decimal
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "link", "input", "path", "use"}


@dataclass
class Taken(HTMLParser):
    """What was found; `sums` by the name of the column that each is the sum of."""

    headings: list[tuple[int, str]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    unscoped: int = 0
    tables: int = 0
    captions: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    text: str = ""
    _open: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`."""
        given = {name: value or "" for name, value in attrs}
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given[name] for name in ("href", "src", "xlink:href") if name in given]
        if tag == "svg":
            self.labels.append(given.get("aria-label", ""))
        self.unscoped += tag == "th" and "scope" not in given
        self.tables += tag == "table"
        self.captions += tag == "caption"
        if tag not in VOID:
            self._open.append((tag, given.get("data-sum", "")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        """Every element ends in the one that it began in."""
        if tag not in VOID:
            assert self._open.pop()[0] == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        """See `HTMLParser`."""
        tag, name = self._open[-1] if self._open else ("", "")
        if tag in ("h1", "h2", "h3"):
            self.headings.append((int(tag[1]), data.strip()))
        if name:
            self.sums[name] = Decimal(data.strip().replace(",", "").replace("\u2212", "-"))
        if tag != "style":
            self.text += data


def taken_apart(page: str) -> Taken:
    """Take a page apart; fails where an element is not closed."""
    taken = Taken()
    taken.feed(page)
    taken.close()
    assert taken._open == []
    return taken


def check_page(page: str) -> Taken:
    """What every page must have: it needs nothing from elsewhere, and a screen reader finds its way."""
    taken = taken_apart(page)
    assert all(link.startswith("#") for link in taken.links), "the page fetches something"
    assert "@import" not in page
    assert len(taken.ids) == len(set(taken.ids)), "an id is there twice"
    assert {link[1:] for link in taken.links} <= set(taken.ids), "a link leads nowhere"
    levels = [level for level, _ in taken.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert all(taken.labels), "a picture has no words"
    assert taken.unscoped == 0
    assert taken.captions == taken.tables
    return taken

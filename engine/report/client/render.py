"""Pages of accounts, and their index: HTML that opens from disk, with style and pictures inside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from jinja2 import Template
from markupsafe import Markup

from engine.report.client import bridge, format, words
from engine.report.client.facts import Client
from engine.report.html import PAPER, environment


@dataclass(frozen=True)
class About:
    """Of which run a page is."""

    book: str
    as_of: date
    run_id: str


@dataclass(frozen=True)
class Listed:
    """A line of an index: where it leads, what it is called, and what is said of it."""

    place: str
    name: str
    said: str


def render(client: Client, about: About) -> str:
    """The page of an account."""
    money = client.money
    return _template("page.html").render(client=client, about=about, money=money, picture=picture(client), words=words)


def picture(client: Client) -> Markup:
    """The bridge of its taxes; empty where there are none."""
    money = client.money
    if money is None or client.taxed:
        return Markup("")
    parts = (money["tax_blind"], money["deferred_gains"], money["harvested"], money["saved_by_lot_choice"])
    drawn = any(parts) or money["tax_cost"]
    return Markup(bridge.bridge(*parts, money["tax_cost"]) if drawn else "")


def render_index(about: About, parts: Sequence[Listed]) -> str:
    """The index of all pages: one line a part."""
    return _template("index.html").render(about=about, what="parts of the book", lines=parts)


def render_part_index(about: About, accounts: Sequence[Listed]) -> str:
    """The index of a part: one line an account."""
    return _template("index.html").render(about=about, what="accounts", lines=accounts)


def _plain(write: Callable[..., str]) -> Callable[..., Markup]:
    """A figure's words need no escaping."""
    return lambda *args: Markup(write(*args))


@cache
def _template(name: str) -> Template:
    """Compiled once a process."""
    return template(files("engine.report.client").joinpath(name).read_text("utf-8"))


def template(text: str) -> Template:
    """A page that somebody is handed: its style, and cents, shares, fractions and days as people read them."""
    env = environment(PAPER)
    env.filters |= {one.__name__: _plain(one) for one in (format.usd, format.dollars, format.shares, format.percent)}
    env.filters["day"] = format.day
    env.filters["count"] = _plain("{:,}".format)
    return env.from_string(text)

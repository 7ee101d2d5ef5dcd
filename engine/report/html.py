"""HTML pages that open from disk: one way to fill in templates, and the style and parts that all share."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

PAPER = "paper.css"
"""The style of pages that somebody is handed: an account's, a proposal, a frontier."""


def environment(own: str = "") -> Environment:
    """Where templates are filled in: text is escaped, what is not given is an error.

    `style` is what all pages share, and the page's `own`, a file beside it. Templates may include those of `parts`.
    """
    made = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_part)
    )
    made.globals["style"] = Markup(_shared("style.css") + (_shared(own) if own else ""))
    return made


def _shared(name: str) -> str:
    return files("engine.report").joinpath(name).read_text("utf-8")


def _part(name: str) -> str:
    return _shared(f"parts/{name}")

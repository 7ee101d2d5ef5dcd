"""HTML pages that open from disk: one way to fill in templates, and the style that all share."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup


def environment(own: str = "") -> Environment:
    """Where templates are filled in: text is escaped, what is not given is an error.

    `style` is what all pages share, and the page's `own`.
    """
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals["style"] = Markup(files("engine.report").joinpath("style.css").read_text("utf-8") + own)
    return made

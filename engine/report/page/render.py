"""The page of a run: one HTML file that opens from disk, with its style and its pictures inside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from importlib.resources import files

import numpy as np

from engine.report.html import environment
from engine.report.page.figures import Execution, Figures, Timing
from engine.report.page.pictures import Picture, before_and_after, gaps, spread_of, throughput

REASONS = {
    "TRACK": "to be nearer the target",
    "HARVEST": "a loss taken for its tax value",
    "CASH": "to raise cash, or to invest it",
    "SELL_OUT": "a restriction asked for it",
    "TRANSITION": "the plan to leave a legacy position, or a least weight",
}
DASH, MINUS = "\u2013", "\u2212"
SOLVERS = {"newton": "dual Newton", "osqp": "OSQP"}


def render(
    figures: Figures,
    about: dict[str, str],
    timings: Sequence[Timing],
    executions: Sequence[Execution],
    sample: dict[str, object],
) -> str:
    """The page. `about`: book, date, run, pointer, URI; `sample`: how the accounts solved twice came out."""
    page = environment()
    page.filters |= {"usd": usd, "count": _count, "percent": _percent, "shares": _shares, "moment": _moment}
    template = page.from_string(files("engine.report.page").joinpath("page.html").read_text("utf-8"))
    seconds = sum(sum(one.seconds.values()) for one in executions)
    return template.render(
        figures=figures,
        about=about,
        pictures=_pictures(figures, timings),
        executions=executions,
        seconds=seconds,
        sample=sample,
        reasons=REASONS,
        solvers=SOLVERS,
    )


def _pictures(figures: Figures, timings: Sequence[Timing]) -> dict[str, Picture]:
    """Those of which there is something to show."""
    values = figures.values
    found: dict[str, Picture | None] = {}
    if len(values["te_after"]):
        found["tracking"] = before_and_after("tracking", values["te_before"], values["te_after"], "tracking error")
        found["drift"] = before_and_after("drift", values["drift_before"], values["drift_after"], "drift")
    traded = values["turnover"][values["turnover"] > 0.0]
    if len(traded):
        found["turnover"] = spread_of("turnover", 100.0 * traded, "turnover of the accounts traded", "%", "accounts")
    if len(values["gap_bp"]):
        found["gap"] = gaps("gap", values["gap_bp"])
    each = np.array([1e3 * one.decide / one.accounts for one in timings if one.accounts and one.decide > 0.0])
    if len(each):
        found["solving"] = spread_of("solving", each, "time to decide an account, by part", "ms", "parts")
    found["throughput"] = throughput("throughput", timings)
    return {name: picture for name, picture in found.items() if picture is not None}


def usd(value: Decimal | None) -> str:
    """Money to the cent, with a minus that does not break; a dash where nothing tells."""
    return DASH if value is None else f"{value:,.2f}".replace("-", MINUS)


def _count(value: int) -> str:
    return f"{value:,}"


def _percent(value: float, digits: int = 2) -> str:
    return f"{100.0 * value:,.{digits}f} %".replace("-", MINUS)


def _moment(value: str) -> str:
    """A time in ISO 8601, to the minute."""
    return datetime.fromisoformat(value).strftime("%Y-%m-%d %H:%M %Z")


def _shares(value: Decimal) -> str:
    return f"{value.normalize():,f}"

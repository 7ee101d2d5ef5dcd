"""The page of a run: one HTML file that opens from disk, with its style and its pictures inside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from importlib.resources import files

import numpy as np

from engine.report.html import environment
from engine.report.page.figures import Execution, Figures, Floats, Rates, Timing, rates, spread
from engine.report.page.pictures import Picture, before_and_after, gaps, shares, spread_of, throughput

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
    page.filters |= {
        "usd": _usd,
        "dollars": lambda value: f"${value:,.2f}".replace("$-", f"{MINUS}$"),
        "count": _count,
        "percent": _percent,
        "figure": _figure,
        "shares": _shares,
        "moment": _moment,
    }
    template = page.from_string(files("engine.report.page").joinpath("page.html").read_text("utf-8"))
    seconds = sum(sum(one.seconds.values()) for one in executions)
    each, by = _milliseconds(timings)
    went = rates(timings)
    return template.render(
        figures=figures,
        about=about,
        pictures=_pictures(figures, each, by, went),
        deciding=spread(each) if len(each) else None,
        by=by,
        rates=went,
        executions=executions,
        seconds=seconds,
        sample=sample,
        reasons=REASONS,
        solvers=SOLVERS,
    )


def _milliseconds(timings: Sequence[Timing]) -> tuple[Floats, str]:
    """What deciding an account took, and of what each is: accounts of the sample, or the mean of a part without one."""
    each = np.array([1e3 * one for part in timings for one in part.each])
    if len(each):
        return each, "accounts"
    return np.array([1e3 * one.decide / one.accounts for one in timings if one.accounts and one.decide > 0.0]), "parts"


def _pictures(figures: Figures, each: Floats, by: str, went: Rates | None) -> dict[str, Picture]:
    """Those of which there is something to show."""
    values = figures.values
    found: dict[str, Picture] = {}
    if len(values["te_after"]):
        found["tracking"] = before_and_after("tracking", values["te_before"], values["te_after"], "tracking error")
        found["drift"] = before_and_after("drift", values["drift_before"], values["drift_after"], "drift")
    traded = values["turnover"][values["turnover"] > 0.0]
    if len(traded):
        found["turnover"] = spread_of("turnover", 100.0 * traded, "turnover of the accounts traded", "%", "accounts")
    if len(values["gap_bp"]):
        found["gap"] = gaps("gap", values["gap_bp"])
    if len(each):
        of = "of a sample" if by == "accounts" else "by part"
        found["solving"] = spread_of("solving", each, f"time to decide an account, {of}", "ms", by)
    if figures.solvers:
        named = [(SOLVERS.get(name, name), count) for name, count in figures.solvers]
        found["solvers"] = shares("solvers", named, "accounts by what solved them", "accounts")
    if went is not None:
        found["throughput"] = throughput("throughput", went)
    return found


def _usd(value: Decimal | int | None) -> str:
    """Dollars, or a whole number of cents."""
    return usd(Decimal(value).scaleb(-2) if isinstance(value, int) else value)


def usd(value: Decimal | None) -> str:
    """Money to the cent, with a minus that does not break; a dash where nothing tells."""
    return DASH if value is None else f"{value:,.2f}".replace("-", MINUS)


def _count(value: int) -> str:
    return f"{value:,}"


def _percent(value: float, digits: int = 2) -> str:
    return f"{100.0 * value:,.{digits}f} %".replace("-", MINUS)


def _figure(value: float) -> str:
    """Three figures that count, and no power of ten."""
    digits = 2 if value == 0.0 else min(max(2 - math.floor(math.log10(abs(value))), 0), 6)
    return f"{value:,.{digits}f}".replace("-", MINUS)


def _moment(value: str) -> str:
    """A time in ISO 8601, to the minute."""
    return datetime.fromisoformat(value).strftime("%Y-%m-%d %H:%M %Z")


def _shares(value: Decimal) -> str:
    return f"{value.normalize():,f}"

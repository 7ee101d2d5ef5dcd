"""A frontier as a picture: one SVG file that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from engine.whatif.frontier import Point, beaten

WIDTH, HEIGHT = 480, 360
LEFT, RIGHT, TOP, BOTTOM = 84, 36, 50, 60
TICKS = 5
APART = 26.0
"""Labels nearer each other than this are not both written; the table has them all."""
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#111}.title{font-size:15px;font-weight:600}.grid{stroke:#ccc}"
    ".line{fill:none;stroke:#1d3557;stroke-width:2}.dot{fill:#1d3557}.own{fill:#1d3557;stroke:#fff;stroke-width:2}"
    ".beaten{fill:#fff;stroke:#1d3557}"
)


def frontier_svg(title: str, points: Sequence[Point]) -> str:
    """Tax, USD, over tracking error, per cent a year: a dot a factor, the account's own the largest.

    The line joins those that no other beats on both; the others are hollow.

    Raises `ValueError` where no account was decided.
    """
    known = [point for point in points if point.te_after is not None]
    if not known:
        raise ValueError("no account was decided")
    error = [100.0 * float(point.te_after or 0.0) for point in known]
    tax = [float(point.tax_cost) for point in known]
    across, up = ticks(min(error), max(error)), ticks(min(tax), max(tax))

    def x(value: float) -> float:
        return LEFT + (value - across[0]) / (across[-1] - across[0]) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (value - up[0]) / (up[-1] - up[0]) * (HEIGHT - TOP - BOTTOM)

    parts = [f'<text class="title" x="{LEFT}" y="28">{escape(title)}</text>']
    for tick in across:
        parts.append(f'<line class="grid" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text text-anchor="middle" x="{x(tick):.1f}" y="{HEIGHT - BOTTOM + 20}">{tick:.4g}</text>')
    for tick in up:
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        parts.append(f'<text text-anchor="end" x="{LEFT - 8}" y="{y(tick) + 4:.1f}">{tick:,.10g}</text>')
    places = [(x(one), y(other)) for one, other in zip(error, tax, strict=True)]
    worse = beaten(known)
    line = sorted(place for place, off in zip(places, worse, strict=True) if not off)
    parts.append(f'<polyline class="line" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in line)}"/>')
    written: list[tuple[float, float]] = []
    for point, off, (a, b) in sorted(
        zip(known, worse, places, strict=True), key=lambda one: (one[0].factor != 1.0, one[1], -one[0].factor)
    ):
        own = point.factor == 1.0
        told = f"risk aversion x {point.factor:g}: {point.te_after:.3%}, {point.tax_cost:,.0f} USD"
        look, radius = ("own", 8) if own else ("beaten", 4) if off else ("dot", 4)
        parts.append(
            f'<circle class="{look}" r="{radius}" cx="{a:.1f}" cy="{b:.1f}"><title>{escape(told)}</title></circle>'
        )
        if all(math.hypot(a - x_, b - y_) >= APART for x_, y_ in written):
            parts.append(f'<text x="{a + 8:.1f}" y="{b - 8:.1f}">x{point.factor:g}</text>')
            written.append((a, b))
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text text-anchor="middle" x="{middle}" y="{HEIGHT - 15}">tracking error after the trades, % a year</text>'
    )
    parts.append(f'<text x="{LEFT}" y="{TOP - 6}">tax, USD</text>')
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" aria-label="{escape(title)}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<style>{STYLE}</style>\n{body}\n</svg>\n'


def ticks(low: float, high: float) -> list[float]:
    """Round numbers, evenly apart, from one at or below `low` to one at or above `high`; at least two."""
    reach = high - low or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(reach / TICKS))
    step = next(power * one for one in STEPS if power * one * TICKS >= reach * (1 - 1e-12))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * place for place in range(first, max(last, first + 1) + 1)]

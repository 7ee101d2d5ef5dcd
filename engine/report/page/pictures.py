"""Pictures of a run as inline SVG: dark on white, told apart by hatching, text as text, named by what they show."""

from __future__ import annotations

import html
import io
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from engine.report.page.figures import Floats, Rates

SIZE = (4.2, 2.5)
"""Inches: 403 CSS pixels wide, so that text of 10 points stays legible on a telephone."""
BINS = 12
DARK, LIGHT = "#1d3557", "#ffffff"
GAP_EDGES = (0.0, 0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, np.inf)
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Picture:
    """An inline SVG, and what it says in words."""

    svg: str
    words: str


def before_and_after(name: str, before: Floats, after: Floats, label: str) -> Picture:
    """Accounts by a fraction, shown in percent, before the trades and after them."""
    edges = _edges(100.0 * np.concatenate([before, after]))
    counts = [np.histogram(np.minimum(100.0 * values, edges[-1]), edges)[0] for values in (before, after)]
    words = (
        f"{label}, accounts in steps of {edges[1] - edges[0]:g} %: median {100 * np.median(before):.2f} % before the "
        f"trades, {100 * np.median(after):.2f} % after them."
    )
    width = edges[1] - edges[0]

    def draw(panel: Any) -> None:
        panel.bar(edges[:-1] + 0.29 * width, counts[0], 0.42 * width, label="before", hatch="////", **_style(LIGHT))
        panel.bar(edges[:-1] + 0.71 * width, counts[1], 0.42 * width, label="after", **_style(DARK))
        panel.set(xlabel=f"{label}, % (the last bar: {edges[-2]:g} and more)", ylabel="accounts")
        panel.legend(frameon=False, fontsize=9)

    return _picture(name, words, draw)


def spread_of(name: str, values: Floats, label: str, unit: str, of: str) -> Picture:
    """How a figure is spread over what it is of, accounts or parts."""
    edges = _edges(values)
    counts = np.histogram(np.minimum(values, edges[-1]), edges)[0]
    words = f"{label}: median {np.median(values):.3g} {unit}, 95th percentile {np.quantile(values, 0.95):.3g} {unit}."

    def draw(panel: Any) -> None:
        width = edges[1] - edges[0]
        panel.bar(edges[:-1] + 0.5 * width, counts, 0.86 * width, **_style(DARK))
        panel.set(xlabel=f"{unit} (the last bar: {edges[-2]:g} and more)", ylabel=of)

    return _picture(name, words, draw)


def gaps(name: str, values: Floats) -> Picture:
    """Accounts by what could at most be better, in unequal steps."""
    counts = [int(((values >= low) & (values < high)).sum()) for low, high in _pairs()]
    counts[0] += int((values < 0.0).sum())
    labels = [f"{low:g} to {high:g}" if np.isfinite(high) else f"{low:g} +" for low, high in _pairs()]
    words = (
        f"Distance from the best possible, accounts: half are within {np.median(values):.3g} bp of account value, "
        f"95 in 100 within {np.quantile(values, 0.95):.3g} bp."
    )

    def draw(panel: Any) -> None:
        place = np.arange(len(counts))
        panel.bar(place, counts, 0.86, **_style(DARK))
        panel.set_xticks(place, labels, rotation=45, ha="right", rotation_mode="anchor")
        panel.set(xlabel="could at most be better by, bp of value", ylabel="accounts")

    return _picture(name, words, draw)


def shares(name: str, counts: Sequence[tuple[str, int]], label: str, of: str) -> Picture:
    """What a whole consists of: one bar a kind, the most frequent first."""
    total = sum(count for _, count in counts)
    words = f"{label}: {', '.join(f'{kind} {100.0 * count / total:.3g} %' for kind, count in counts)}."

    def draw(panel: Any) -> None:
        place = np.arange(len(counts))
        panel.bar(place, [count for _, count in counts], 0.6, **_style(DARK))
        panel.set_xticks(place, [kind for kind, _ in counts])
        panel.set(ylabel=of, xlim=(-0.8, max(len(counts), 3) - 0.2))

    return _picture(name, words, draw)


def throughput(name: str, found: Rates) -> Picture:
    """Accounts finished a second while the run went on."""
    edges, rate = found.edges, found.rate
    words = (
        f"Accounts finished a second, from the first part to the last, {edges[-1]:,.1f} seconds later: "
        f"{found.mean:,.0f} in the mean."
    )

    def draw(panel: Any) -> None:
        panel.stairs(rate, edges, color=DARK, linewidth=1.6, baseline=None)
        panel.set(xlabel="seconds since the first part", ylabel="accounts a second", ylim=(0.0, None))

    return _picture(name, words, draw)


def _pairs() -> list[tuple[float, float]]:
    return list(itertools.pairwise(GAP_EDGES))


def _edges(values: Floats) -> Floats:
    """Round steps, at most `BINS`, from nought to what 95 in 100 are below."""
    most = max(float(np.quantile(values, 0.95)), 1e-9)
    scale = 10.0 ** np.floor(np.log10(most / BINS))
    step = next(scale * one for one in STEPS if scale * one * BINS >= most * (1.0 - 1e-9))
    edges: Floats = np.arange(max(int(np.ceil(most / step - 1e-9)), 2) + 1) * step
    return edges


def _style(fill: str) -> dict[str, Any]:
    return {"facecolor": fill, "edgecolor": DARK, "linewidth": 0.8}


def _picture(name: str, words: str, draw: Any) -> Picture:
    """The same values give the same SVG. Ids carry the picture's name, so that several fit on one page."""
    style = {"svg.hashsalt": name, "svg.fonttype": "none", "font.size": 10, "hatch.linewidth": 0.7}
    with rc_context(style):
        figure = Figure(figsize=SIZE, layout="constrained")
        panel = figure.subplots()
        draw(panel)
        panel.spines[["top", "right"]].set_visible(False)
        panel.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        panel.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return Picture(_inline(written.getvalue(), name, words), words)


def _inline(svg: str, name: str, words: str) -> str:
    """A file's SVG as an element of a page: no prologue, no size of its own, one label for all of it."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>\s*", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", body)
    body = body.replace("*{stroke", f"#{name} *{{stroke")
    box = re.search(r'viewBox="[^"]*"', body)
    assert box is not None, "matplotlib writes a viewBox"
    label = html.escape(words, quote=True)
    start = (
        f'<svg id="{name}" role="img" aria-label="{label}" {box[0]} '
        'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return start + body[body.index(">") + 1 :]

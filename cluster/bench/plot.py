"""The growth table as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cluster.bench.ask import Row

_LABELS = {
    "cpu_s": "CPU seconds of the run",
    "peak_mib": "peak memory, MiB",
    "ms": "whole run, ms an account",
    "deciding_ms": "deciding, ms an account",
}


def plot_growth(rows: Sequence[Row], path: Path) -> None:
    """Write an SVG of the measurements and the fitted lines, a panel an axis. The same rows give the same bytes."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    fits = [row for row in rows if "exponent" in row]
    axes = list(dict.fromkeys(row["axis"] for row in fits))
    with rc_context({"svg.hashsalt": "wholebook", "svg.fonttype": "path"}):
        figure = Figure(figsize=(4 * len(axes), 3.6), layout="constrained")
        for panel, axis in zip(figure.subplots(1, len(axes), squeeze=False)[0], axes, strict=True):
            points = [row for row in rows if row["axis"] == axis and "at" in row]
            _draw(panel, axis, points, [fit for fit in fits if fit["axis"] == axis])
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def _draw(panel: Any, axis: str, points: Sequence[Row], fits: Sequence[Row]) -> None:
    x = np.array([row["at"] for row in points], dtype=np.float64)
    for fit in fits:
        label = f"{_LABELS[fit['of']]}: x^{fit['exponent']:.2f} ± {fit['high'] - fit['exponent']:.2f}"
        (line,) = panel.plot(x, fit["factor"] * x ** fit["exponent"], linewidth=1)
        panel.plot(x, [row[fit["of"]] for row in points], "o", color=line.get_color(), label=label)
    panel.set(xscale="log", yscale="log", xlabel=axis)
    panel.grid(visible=True, which="both", linewidth=0.3)
    panel.legend(fontsize="x-small")

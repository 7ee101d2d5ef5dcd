"""Draw the pictures of this folder, by the functions that decide. The same code gives the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from scipy.optimize import brentq

from kernels.taxes import schedule_tax
from kernels.waiting import call_value

FOLDER = Path(__file__).parent
ST_RATE, LT_RATE, LOSS_VALUE, OFFSET = 0.408, 0.238, 0.5, 3_000.0
SPREAD = 0.0002
LOTS = (
    ("L1", 104.0, "long"),
    ("L2", 98.0, "long"),
    ("L3", 92.0, "short"),
    ("L4", 88.0, "short"),
    ("L5", 80.0, "long"),
    ("L6", 60.0, "long"),
)
"""Basis a share of each lot, and its term; the price is 100."""


def lots(axes: Any) -> None:
    """What a dollar of each lot costs in tax, in the order of basis; the order of sale above the bars."""
    rates = {"long": LT_RATE, "short": ST_RATE}
    tax = [rates[term] * (1.0 - basis / 100.0) for _, basis, term in LOTS]
    order = np.argsort(np.argsort(tax, kind="stable"), kind="stable")
    shades, hatches = {"long": "0.75", "short": "0.45"}, {"long": "", "short": "//"}
    for place, (_, _, term) in enumerate(LOTS):
        first = term not in [each[2] for each in LOTS[:place]]
        axes.bar(
            place,
            100 * tax[place],
            color=shades[term],
            hatch=hatches[term],
            edgecolor="black",
            label=f"{term}-term" if first else None,
        )
        axes.text(place, max(100 * tax[place], 0) + 0.15, f"sold {order[place] + 1}.", ha="center", fontsize=9)
    axes.set_xticks(range(len(LOTS)), [f"basis\n{basis:.0f}" for _, basis, _ in LOTS])
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set(ylabel="tax of a dollar sold, cents", ylim=(-1.6, 11), title="Price 100; lots by basis, highest first")
    axes.legend(frameon=False, loc="upper left")


def schedule(axes: Any) -> None:
    """The tax that a run's long-term gain or loss adds, in three years."""
    gain = np.linspace(-20_000.0, 20_000.0, 801)
    years = (
        ("10,000 short-term gain so far", 10_000.0, 0.0, "-"),
        ("nothing so far", 0.0, 0.0, "--"),
        ("15,000 loss carried in", 0.0, -15_000.0, ":"),
    )
    for label, short, long, line in years:
        given = ST_RATE, LT_RATE, LOSS_VALUE, OFFSET
        before = schedule_tax(short, long, *given)
        tax = [schedule_tax(short, long + one, *given) - before for one in gain]
        axes.plot(gain / 1e3, np.array(tax) / 1e3, line, color="black", label=label)
    axes.axhline(0, color="0.6", linewidth=0.8)
    axes.axvline(0, color="0.6", linewidth=0.8)
    axes.set(
        xlabel="long-term gain of the run, thousand USD",
        ylabel="tax it adds, thousand USD",
        title="What the run costs in tax",
    )
    axes.legend(frameon=False)


def waiting(axes: Any) -> None:
    """The least loss, as a part of the price, whose tax value beats the spread and waiting."""
    days = np.arange(1, 366)
    for volatility, line in ((0.15, ":"), (0.28, "-"), (0.45, "--")):
        least = [100 * _least_loss(volatility, int(day)) for day in days]
        axes.plot(days, least, line, color="black", label=f"volatility {volatility:.0%}")
    axes.set(
        xlabel="days until the loss can last be taken",
        ylabel="smallest loss worth taking, % of price",
        xlim=(365, 0),
        ylim=(0, None),
    )
    axes.set_title("When a loss stops waiting")
    axes.legend(frameon=False)


def _least_loss(volatility: float, days: int) -> float:
    spread = volatility * np.sqrt(days / 365.0)

    def worth(loss: float) -> float:
        return ST_RATE * (loss - call_value(1.0 + loss, spread)) - SPREAD

    return float(brentq(worth, 0.0, 5.0))


def main() -> None:
    """Write every picture."""
    for draw in (lots, schedule, waiting):
        with rc_context({"svg.hashsalt": "wholebook", "svg.fonttype": "path", "font.size": 10}):
            figure = Figure(figsize=(6.4, 3.6), layout="constrained")
            axes = figure.subplots()
            draw(axes)
            axes.spines[["top", "right"]].set_visible(False)
            figure.savefig(FOLDER / f"{draw.__name__}.svg", metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()

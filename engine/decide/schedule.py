"""The netting schedule as the lesser of two convex functions, each with prices in a box (OPTIMISATION.md section 1).

T is piecewise linear but not convex: with short-term gains present its slope in the long-term total falls at zero. With
rates rc (carried loss) ≤ low ≤ high (those of the terms), r3 (loss deducted) the short rate, N = S + L the net total, D
the deductible loss and X the total of the dearer term, T = min(T_A, T_B):

    T_A = rc·N + (low − rc)(N + D′)⁺ + (high − low)X⁺ − (r3 − rc)D,   D′ = D(r3 − rc)/(low − rc)
    T_B = rc·N + (r3 − rc)(N + D)⁺ + (high − r3)N⁺ − (r3 − rc)D

A gain budget is one more hinge of both, at a price that only hard rules can outbid: OVER·(gain of the run − room)⁺.
A budget of tax caps T at C: T_B ≤ C is N ≤ C/high, and T_A ≤ C is N ≤ C/low and low·N + (high − low)X ≤ C, wherever T_A
is the lesser; where C is below nothing, both are N ≤ that net total at which T is C. So it lowers the room of either
half, and adds a hinge to T_A.

X = S in the usual case; where a user taxes long-term gain more, X = L. A carried loss counts as worth at most either
rate: otherwise T bends the wrong way at −D too, and no loss should be taken for being worth more later than today.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kernels.problem import Problem
from kernels.taxes import OF_TERMS, OVER_BUDGET, Schedule, net_at, year_tax

Floats = NDArray[np.float64]
Hinge = tuple[float, float, tuple[float, float]]
"""Step, threshold, and how short- and long-term totals count."""

NET: Final = (1.0, 1.0)
TERM: Final = ((1.0, 0.0), (0.0, 1.0))


@dataclass(frozen=True, eq=False)
class Half:
    """One of the two: constant + rate·G + Σ step·(at + counts·G)⁺, G the run's (short, long) gain in percent, in bp.

    `rate` (2,) bp per percent; hinges (h,): `step` > 0 bp per percent, `at` percent, `counts` (h, 2) from 0 to 1.
    """

    constant: float
    rate: Floats
    step: Floats
    at: Floats
    counts: Floats

    def value(self, gains: Floats) -> float:
        """The half's tax in bp of gains (2,); never less than the schedule's."""
        hinges = np.maximum(self.at + self.counts @ gains, 0.0)
        return self.constant + float(self.rate @ gains + self.step @ hinges)

    def prices(self, slopes: Floats) -> Floats:
        """(2,) bp per percent of short- and long-term gain where hinge i has slope `slopes[i]`, 0 to `step[i]`."""
        prices = self.rate
        for slope, counts in zip(slopes, self.counts, strict=True):
            prices = prices + slope * counts  # one by one, as kernels add: two lots may cost the same
        return prices

    def constant_at(self, slopes: Floats) -> float:
        """What remains at these slopes: the half is at least constant + prices·G, whatever G (its conjugate)."""
        return self.constant + float(slopes @ self.at)

    def slopes_near(self, prices: Floats, net: float) -> Floats:
        """Slopes that bring this half's prices near `prices`, and what every gain costs near `net`."""
        slopes = np.zeros_like(self.step)
        spent = float(self.rate.min())
        for hinge, counts in enumerate(self.counts):
            wanted = net - spent if counts.all() else float(prices[counts > 0.0][0]) - spent
            slopes[hinge] = np.clip(wanted, 0.0, self.step[hinge])
            spent += slopes[hinge]
        return slopes

    def grid(self, fractions: Sequence[float]) -> list[Floats]:
        """Slopes at these fractions of every hinge's step, in all combinations."""
        return [self.step * np.array(parts) for parts in itertools.product(fractions, repeat=len(self.step))]

    @property
    def dearest(self) -> Floats:
        """(2,) the most that a gain of either term can cost, or a loss save."""
        return self.prices(self.step)


def halves(problem: Problem) -> tuple[Half, ...]:
    """The convex functions whose least is the schedule over all that this problem could realise.

    First the one that is the lesser where every loss is taken. A hinge that no sale can reach is folded into rate and
    constant, and a half that is nowhere the lesser is left out: many an account has one half without a hinge.
    """
    schedule = problem.schedule
    total = np.array([schedule.short, schedule.long])
    least, most = gain_range(problem)
    lowest, highest = total + least, total + most
    rates = np.array([schedule.short_rate, schedule.long_rate])
    dear = int(rates[1] > rates[0])
    high, low, carried, deducted = rates[dear], rates[1 - dear], schedule.carried_rate, schedule.short_rate
    offset = min(schedule.offset, max(-float(lowest.sum()), 0.0))  # more can never be deducted
    saved = (deducted - carried) * offset
    constant = carried * total.sum() - float(year_tax(*schedule[:2], *schedule[3:6], schedule.offset))
    base = np.full(2, carried)
    by_tax = _by_tax(schedule, dear, total)
    by_term = [(high - low, 0.0, TERM[dear]), *by_tax[0]]
    if low > carried:
        first = _half(constant - saved, base, [(low - carried, saved / (low - carried), NET), *by_term], total)
    else:
        first = _half(constant, base, by_term, total)
    by_net = [(deducted - carried, offset, NET), (high - deducted, 0.0, NET), *by_tax[1]]
    second = _half(constant - saved, base, by_net, total)
    only_second = high == low or highest.sum() <= 0.0 or (lowest[dear] >= 0.0 >= highest[1 - dear])
    only_first = lowest.sum() >= 0.0 and (lowest[1 - dear] >= 0.0 or highest[dear] <= 0.0)
    kept = [second] if only_second else [first] if only_first else [second, first]
    return tuple(sorted((_folded(half, least, most) for half in kept), key=lambda half: half.value(least)))


def _by_tax(schedule: Schedule, dear: int, total: Floats) -> tuple[list[Hinge], list[Hinge]]:
    """The budgets as hinges of T_A and of T_B; `dear` is the term with the higher rate, `total` (2,) before the run."""
    rates = schedule.short_rate, schedule.long_rate
    most, high, low = schedule.most_tax, rates[dear], rates[1 - dear]
    nets = [float(net_at(schedule, most, rate)) for rate in (low, high)]
    rooms = [min(schedule.room, net - float(total.sum())) for net in nets]
    first, second = ([(OVER_BUDGET, -room - float(total.sum()), NET)] for room in rooms)
    if 0.0 <= most < np.inf and high > 0.0:
        counts = (1.0, low / high) if dear == 0 else (low / high, 1.0)
        first.append((OF_TERMS * OVER_BUDGET, -most / high, counts))
    return first, second


def gain_range(problem: Problem) -> tuple[Floats, Floats]:
    """The least and the most (short, long) gain that sales can realise, percent; (2,) each."""
    gain = problem.segment_size * problem.segment_gain
    long = problem.segment_long
    sums = [[part[~long].sum(), part[long].sum()] for part in (np.minimum(gain, 0.0), np.maximum(gain, 0.0))]
    return np.array(sums[0]), np.array(sums[1])


def _half(constant: float, rate: Floats, hinges: list[Hinge], total: Floats) -> Half:
    """A half from (step, threshold, counts); a hinge whose step is nothing is none."""
    kept = [hinge for hinge in hinges if hinge[0] > 0.0]
    counts = np.array([counts for _, _, counts in kept]).reshape(len(kept), 2)
    return Half(
        constant=float(constant),
        rate=rate,
        step=np.array([step for step, _, _ in kept]),
        at=counts @ total + np.array([threshold for _, threshold, _ in kept]),
        counts=counts,
    )


def _folded(half: Half, least: Floats, most: Floats) -> Half:
    """The same half for gains between `least` and `most`, without the hinges that none of them reaches."""
    above = half.at + half.counts @ least >= 0.0
    open_ = ~above & (half.at + half.counts @ most > 0.0)
    return Half(
        constant=half.constant + float(half.step[above] @ half.at[above]),
        rate=half.rate + half.step[above] @ half.counts[above],
        step=half.step[open_],
        at=half.at[open_],
        counts=half.counts[open_],
    )

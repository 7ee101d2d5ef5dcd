"""The run as a whole: merged orders and targets against the parts', and the gates before publication."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.prove.verify.columns import MONEY, SHARES, Floats, Ints, choice, column, filled, in_units, reals, scaled
from engine.prove.verify.groups import Groups, at, distinct, find
from engine.prove.verify.names import Names
from engine.prove.verify.rule import Fault, Rule, Violation, broken, faults, rule
from engine.prove.verify.words import shares, usd

GATES: Final = (
    "max_gross_notional",
    "max_net_notional",
    "max_adv_share",
    "max_accounts_changed",
    "max_exceptions",
)
STATUSES: Final = ("TRADED", "NO_TRADE", "EXCEPTION")
SIDES: Final = ("BUY", "SELL")


class Blocks:
    """Block orders summed by security and side, exactly: shares, cents, accounts and rows."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.sums = np.zeros((0, 4), dtype=np.int64)

    def add(self, table: pa.Table) -> Blocks:
        """Other sides than BUY and SELL count as a third, which no order may have."""
        security = self._names.codes(column(table, "security_id"))
        side = choice(column(table, "side"), *SIDES)
        key = security * 3 + np.where(side > 0, side - 1, 2)
        figures = (
            filled(scaled(column(table, "quantity"), SHARES)),
            filled(scaled(column(table, "amount"), MONEY)),
            np.nan_to_num(reals(column(table, "accounts"))).astype(np.int64),
            np.ones(table.num_rows, dtype=np.int64),
        )
        self.sums = np.pad(self.sums, ((0, max(0, len(self._names) * 3 - len(self.sums))), (0, 0)))
        np.add.at(self.sums, key, np.stack(figures, axis=1))
        return self


class Digests:
    """Targets by id, with a checksum of the rows of each table that one is in."""

    def __init__(self, tables: Iterable[pa.Table], targets: Names, securities: Names) -> None:
        found = [(np.zeros(0, np.int64), np.zeros(0, np.uint64))]
        for table in tables:
            rows = Groups(targets.codes(column(table, "target_id")))
            security = securities.codes(column(table, "security_id"))
            hashed = _mixed(security.astype(np.uint64), reals(column(table, "weight")))
            found.append((rows.keys, rows.checksum(hashed)))
        target, content = (np.concatenate(parts) for parts in zip(*found, strict=True))
        self._groups = Groups(target)
        self.targets = self._groups.keys
        self.times = self._groups.sizes
        self.least, self.most = self._groups.least(content), self._groups.most(content)


def _mixed(security: npt.NDArray[np.uint64], weight: Floats) -> npt.NDArray[np.uint64]:
    """64 bits of each row (the finaliser of SplitMix64, Steele, Lea and Flood 2014)."""
    bits: npt.NDArray[np.uint64] = (weight + 0.0).view(np.uint64) + (security + np.uint64(1)) * np.uint64(
        0x9E3779B97F4A7C15
    )
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return bits


@dataclass(frozen=True)
class RunFacts:
    """The run's merged tables beside those of its parts."""

    securities: Names
    targets: Names
    part_orders: Ints
    orders: Ints
    """By security times three plus side: shares, cents, accounts, rows."""
    part_targets: Digests
    run_targets: Digests
    volume: Floats
    """Average daily volume by security, in shares."""
    traded: int
    exceptions: int
    accounts: int
    gates: Mapping[str, float]

    def order(self, key: int) -> str:
        """The security and side of a row of `orders`."""
        side = (*SIDES, "of no side")[key % 3]
        return f"{self.securities.text(key // 3) or ''} {side}"

    def usd(self, side: int) -> float:
        """What is bought, or sold."""
        return float(in_units(self.orders[side::3, 1].sum(keepdims=True), MONEY)[0])


@rule
def orders_merge(facts: RunFacts) -> Iterator[Fault]:
    """The run's block orders are the sum of the parts': quantity, amount and accounts, exactly; one row a side."""
    ours, parts = facts.orders, facts.part_orders
    given = (ours[:, 3] > 0) | (parts[:, 3] > 0)
    right = (ours[:, :3] == parts[:, :3]).all(axis=1) & (ours[:, 3] == 1) & (parts[:, 3] > 0)
    right &= (np.arange(len(ours)) % 3 < 2) & (np.arange(len(ours)) >= 3)
    for key in np.flatnonzero(given & ~right).tolist():
        mine, theirs = (f"{shares(row[0])} shares, {usd(row[1])}, {row[2]} accounts" for row in (ours[key], parts[key]))
        yield "", f"{facts.order(key)}: the run has {mine} in {ours[key, 3]} rows; its parts {theirs}"


@rule
def targets_merge(facts: RunFacts) -> Iterator[Fault]:
    """The run has each target of its parts once, row for row, and no other; one id means one content."""
    run, parts = facts.run_targets, facts.part_targets
    targets = distinct(np.concatenate([run.targets, parts.targets]))
    ours, theirs = find(run.targets, targets), find(parts.targets, targets)
    times = at(run.times, ours, 0)
    same = (ours >= 0) & (theirs >= 0) & (targets > 0) & (times == 1)
    content = at(run.least, ours, 0)
    same &= (at(parts.least, theirs, 0) == content) & (at(parts.most, theirs, 0) == content)
    return faults(
        None,
        ~same,
        lambda row: (
            f"target {facts.targets.text(targets[row]) or ''} is in the run {times[row]} times, or differs "
            "from its parts"
        ),
    )


@rule
def gate_known(facts: RunFacts) -> Iterator[Fault]:
    """A gate that nobody checks is not passed."""
    return (("", f"no gate is called {name}") for name in facts.gates if name not in GATES)


@rule
def gate_gross_notional(facts: RunFacts) -> Iterator[Fault]:
    """Bought and sold together stay within max_gross_notional, USD."""
    gross, gate = facts.usd(0) + facts.usd(1) + facts.usd(2), facts.gates.get("max_gross_notional")
    if gate is not None and gross > gate:
        yield "", f"trades {gross:.2f} USD gross; the gate is {gate}"


@rule
def gate_net_notional(facts: RunFacts) -> Iterator[Fault]:
    """Bought less sold, either way, stays within max_net_notional, USD."""
    net, gate = facts.usd(0) - facts.usd(1) - facts.usd(2), facts.gates.get("max_net_notional")
    if gate is not None and abs(net) > gate:
        yield "", f"trades {net:.2f} USD net; the gate is {gate}"


@rule
def gate_adv_share(facts: RunFacts) -> Iterator[Fault]:
    """No block order is more than max_adv_share of its name's average daily volume; unknown volume does not pass."""
    gate = facts.gates.get("max_adv_share")
    if gate is None:
        return
    keys = np.flatnonzero(facts.orders[:, 3] > 0)
    quantity, volume = in_units(facts.orders[keys, 0], SHARES), facts.volume[keys // 3]
    for place in np.flatnonzero(~(quantity <= gate * volume)).tolist():
        known = "unknown" if np.isnan(volume[place]) else f"{volume[place]}"
        ordered = f"{facts.order(int(keys[place]))}: {quantity[place]:.6f} shares"
        yield "", f"{ordered}; average daily volume is {known}, the gate {gate}"


@rule
def gate_accounts_changed(facts: RunFacts) -> Iterator[Fault]:
    """The fraction of accounts that trade stays within max_accounts_changed."""
    gate = facts.gates.get("max_accounts_changed")
    if gate is not None and facts.traded > gate * facts.accounts:
        yield "", f"{facts.traded} of {facts.accounts} accounts trade; the gate is {gate:g}"


@rule
def gate_exceptions(facts: RunFacts) -> Iterator[Fault]:
    """The fraction of accounts that are exceptions stays within max_exceptions."""
    gate = facts.gates.get("max_exceptions")
    if gate is not None and facts.exceptions > gate * facts.accounts:
        yield "", f"{facts.exceptions} of {facts.accounts} accounts are exceptions; the gate is {gate:g}"


RUN_RULES: Final[tuple[Rule[RunFacts], ...]] = (
    orders_merge,
    targets_merge,
    gate_known,
    gate_gross_notional,
    gate_net_notional,
    gate_adv_share,
    gate_accounts_changed,
    gate_exceptions,
)


def verify_run(
    part_orders: Iterable[pa.Table],
    orders: pa.Table,
    part_targets: Iterable[pa.Table],
    targets: Iterable[pa.Table],
    securities: pa.Table,
    statuses: Mapping[str, int],
    gates: Mapping[str, float | None],
) -> list[Violation]:
    """All violations of the run's merged tables and gates; an empty list means that it may be published.

    `part_orders` and `part_targets` are the parts' own tables, one by one; `orders` and `targets` the run's (targets
    may come in several tables). Of targets only a checksum each is kept. `statuses` counts accounts by `STATUSES`;
    `gates` maps each of `GATES` to its limit, None for no limit.
    """
    names, target_names = Names(), Names()
    listed, volume = names.codes(column(securities, "security_id")), reals(column(securities, "adv_shares"))
    parts, run = Blocks(names), Blocks(names)
    for table in part_orders:
        parts.add(table)
    run.add(orders)
    parts.add(orders.slice(0, 0))
    digests = [Digests(tables, target_names, names) for tables in (part_targets, targets)]
    by_code = np.full(len(names), np.nan)
    by_code[listed] = volume
    counts = [int(statuses.get(status, 0)) for status in STATUSES]
    facts = RunFacts(
        names,
        target_names,
        parts.sums,
        run.sums,
        digests[0],
        digests[1],
        by_code,
        counts[0],
        counts[2],
        sum(counts),
        {name: float(bound) for name, bound in gates.items() if bound is not None},
    )
    return broken(facts, RUN_RULES)

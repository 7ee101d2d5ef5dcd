"""What is the same for every account: securities, screens, and models with their sleeves resolved."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from engine.prove.verify.columns import NULL, SHARES, Bools, Floats, Ints, column, in_units, reals
from engine.prove.verify.groups import Groups, distinct, join, pair
from engine.prove.verify.names import Names
from engine.prove.verify.rows import Rows


@dataclass(frozen=True)
class Securities:
    """By number; row 0, and no other, is for securities that are not in `securities`."""

    names: Names
    sector: Ints
    price: Ints
    """Micro-dollars."""
    usd: Floats
    price_date: Ints
    half_spread: Floats
    """As a fraction; NaN where the security is unknown."""
    fractional: Bools
    tradable: Bools
    group: Ints
    """Substantially identical securities; a security without one is its own. 0 where it is unknown."""

    def __len__(self) -> int:
        return len(self.price)

    def apart(self) -> Securities:
        """The same, with names to which a part may add."""
        return replace(self, names=self.names.copy())

    def row(self, codes: Ints) -> Ints:
        """The row of each security, 0 where it is unknown."""
        return np.where(codes < len(self), codes, 0)

    def priced_on(self, codes: Ints, day: Floats) -> Bools:
        """Known, with a price of that day or later."""
        row = self.row(codes)
        found: Bools = (self.price[row] > 0) & (self.price_date[row] != NULL) & (self.price_date[row] >= day)
        return found


def read_securities(table: pa.Table, sectors: Names) -> Securities:
    """The first row of each security."""
    names, groups = Names(), Names()
    rows = Rows(table, "security_id", names)
    half_spread = rows.reals("half_spread_bps")
    half_spread = np.where(np.isnan(half_spread), 2.0, half_spread) / 1e4
    half_spread[0] = np.nan
    price, group = rows.scaled("price", SHARES), rows.texts("wash_group", groups)
    return Securities(
        names,
        rows.texts("sector", sectors),
        price,
        in_units(price, SHARES),
        rows.days("price_date"),
        half_spread,
        rows.flags("fractional", default=False),
        rows.flags("tradable", default=True),
        np.where(group == 0, rows.texts("security_id", groups), group),
    )


@dataclass(frozen=True)
class Members:
    """Sorted (set, security) pairs: the securities of a screen, of a sector, of a model."""

    sets: Ints
    securities: Ints

    @classmethod
    def of(cls, sets: Ints, securities: Ints) -> Members:
        """Pairs without a set or a security belong nowhere."""
        real = (sets > 0) & (securities > 0)
        size = int(securities.max(initial=0)) + 1
        both = distinct(pair(sets[real], securities[real], size))
        return cls(both // size, both % size)

    def each(self, sets: Ints) -> tuple[Ints, Ints]:
        """The members of each set wanted: (its place, a security)."""
        row, place = join(self.sets, sets)
        return row, self.securities[place]


class Models:
    """Models of the firm: which may not be followed, and what the others hold."""

    def __init__(self, table: pa.Table, securities: Securities) -> None:
        self.names = Names()
        self._model = self.names.codes(column(table, "model_id"))
        self.count = len(self.names)
        self._child = self.names.codes(column(table, "child_model_id"))
        self._security = securities.names.codes(column(table, "security_id"))
        self._weight = reals(column(table, "weight"))
        self._known = securities.row(self._security) > 0
        self._is_sleeve = (self._child > 0) & (self._child < self.count)
        self.sound = self._sound()
        """By model: its weights sum to 1, its names are known, and so with its sleeves, in which it is not itself."""
        self._flat = self._held()

    def apart(self) -> Models:
        """The same, with names to which a part may add."""
        found = copy(self)
        found.names = self.names.copy()
        return found

    def _sound(self) -> Bools:
        groups = Groups(self._model)
        right = np.abs(groups.total(self._weight) - 1) <= 1.001e-6
        right &= groups.all(~np.isnan(self._weight) & (self._known != self._is_sleeve))
        alone = np.zeros(self.count, dtype=bool)
        alone[groups.keys[right]] = True
        alone[0] = False
        sound, before = np.zeros(self.count, dtype=bool), -1
        while sound.sum() > before:
            before = int(sound.sum())
            safe = ~self._is_sleeve | sound[np.where(self._is_sleeve, self._child, 0)]
            sound = alone & self._holds_for_all(safe)
        return sound

    def _holds_for_all(self, rows: Bools) -> Bools:
        found = np.ones(self.count, dtype=bool)
        found[self._model[~rows]] = False
        return found

    def _held(self) -> tuple[Ints, Ints, Floats]:
        """What sound models hold, sleeves resolved: model, security, weight; once each, in this order."""
        order = np.argsort(self._model, kind="stable")
        place = np.flatnonzero(self.sound)
        model, share = place, np.ones(len(place))
        found = [(place[:0], model[:0], share[:0])]
        while len(place):
            row, at = join(self._model[order], model)
            at = order[at]
            place, share = place[row], share[row] * self._weight[at]
            leaf = self._security[at] > 0
            found.append((place[leaf], self._security[at][leaf], share[leaf]))
            inner = self._is_sleeve[at]
            place, model, share = place[inner], self._child[at][inner], share[inner]
        where, security, weight = (np.concatenate(parts) for parts in zip(*found, strict=True))
        size = int(security.max(initial=0)) + 1
        groups = Groups(where, security, size)
        return groups.keys // size, groups.keys % size, groups.total(weight)

    def flat(self, models: Ints) -> tuple[Ints, Ints, Floats]:
        """What sound ones of these models hold: place in `models`, security, weight; once each, in this order."""
        model, security, weight = self._flat
        place, row = join(model, models)
        return place, security[row], weight[row]

"""Customisations by kind, each drawn so that it may well bind in the account that it is given to."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.columns import MICRO
from engine.book.firm import Firm
from engine.decide.positions import Positions
from engine.decide.targets import Target


@dataclass(frozen=True)
class Custom:
    """One customisation: settings of the account, or a row of its restrictions."""

    kind: str
    settings: Mapping[str, Any]
    restriction: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Client:
    """What drawing looks at: an account's names (n,), weights today and in its model, gains to date and open, USD."""

    firm: Firm
    random: np.random.Generator
    security: NDArray[np.int32]
    held: NDArray[np.float64]
    target: NDArray[np.float64]
    value: float
    to_date: float
    open_losses: float

    @classmethod
    def of(
        cls,
        firm: Firm,
        block: AccountBlock,
        positions: Positions,
        target: Target,
        account: int,
        random: np.random.Generator,
    ) -> Client:
        """An account of a block."""
        mine = slice(positions.of_account[account], positions.of_account[account + 1])
        lots = slice(block.lots.offsets[account], block.lots.offsets[account + 1])
        owned = positions.security[mine]
        security = np.union1d(owned, target.security).astype(np.int32)
        value = float(positions.dollars[account])
        held, aimed = np.zeros(len(security)), np.zeros(len(security))
        usd = positions.quantity[mine] / MICRO * firm.market.price[owned]
        held[np.searchsorted(security, owned)] = usd / value
        aimed[np.searchsorted(security, target.security)] = target.weight
        losses = float(np.minimum(positions.unrealised[lots], 0).sum()) / 100.0
        to_date = float(block.realised_st[account] + block.realised_lt[account])
        return cls(firm, random, security, held, aimed, value, to_date, losses)

    def name(self, wanted: NDArray[np.bool_]) -> int | None:
        """One of the names, or None where none is wanted."""
        places = np.nonzero(wanted)[0]
        return int(self.random.choice(places)) if len(places) else None

    def of_name(self, kind: str, place: int | None, value: float | None = None) -> Custom | None:
        """A restriction about a name."""
        if place is None:
            return None
        row = {"kind": kind, "security_id": self.firm.market.ids[int(self.security[place])].as_py()}
        return Custom(kind, {}, row if value is None else row | {"value": value})


def _setting(name: str, draw: Callable[[Client], Any]) -> Callable[[Client], Custom | None]:
    def drawn(client: Client) -> Custom | None:
        return Custom(name, {name: draw(client)})

    return drawn


def _min_weight(client: Client) -> Custom | None:
    place = client.name(client.held > 0.005)
    return None if place is None else client.of_name("min_weight", place, round(float(client.held[place]) + 0.004, 6))


def _max_weight(client: Client) -> Custom | None:
    place = client.name(client.held > 0.01)
    return None if place is None else client.of_name("max_weight", place, round(0.8 * float(client.held[place]), 6))


def _screen(client: Client) -> Custom | None:
    listed = [name for name, of in client.firm.screens.items() if client.target[np.isin(client.security, of)].any()]
    if not listed:
        return None
    return Custom("screen", {}, {"kind": "screen", "screen_id": str(client.random.choice(sorted(listed)))})


def _sector(client: Client) -> Custom | None:
    sector = client.firm.market.sector[client.security]
    place = client.name((sector >= 0) & (client.held > 0.0))
    if place is None:
        return None
    held = float(client.held[sector == sector[place]].sum())
    of = client.firm.market.sectors[int(sector[place])].as_py()
    return Custom("sector", {}, {"kind": "max_weight", "sector": of, "value": round(0.9 * held, 6)})


def _factor(client: Client) -> Custom | None:
    """Two thirds of the active exposure that the account has to a factor."""
    factor = int(client.random.integers(len(client.firm.risk.factors)))
    active = float(client.firm.risk.exposures[client.security, factor] @ (client.held - client.target))
    kind = "factor_max" if active > 0.0 else "factor_min"
    row = {"kind": kind, "factor": client.firm.risk.factors[factor].as_py(), "value": round(active * 2.0 / 3.0, 6)}
    return Custom("factor", {}, row)


def _transition(client: Client) -> Custom | None:
    if not ((client.held > 0.0) & (client.target == 0.0)).any():
        return None
    years = int(client.random.integers(0, 4))
    date = client.firm.header.as_of.replace(month=12, day=31, year=client.firm.header.as_of.year + years)
    return Custom("transition_until", {"transition_until": date})


def _preserve(client: Client) -> Custom | None:
    days = int(client.random.integers(5, 200))
    return Custom("preserve_until", {"preserve_until": client.firm.header.as_of + datetime.timedelta(days=days)})


def _forced_loss(client: Client) -> Custom | None:
    loss = round(client.random.uniform(0.2, 0.9) * -client.open_losses - min(client.to_date, 0.0), 2)
    return Custom("forced_loss", {"forced_loss": loss}) if client.open_losses < -100.0 else None


FOR_ALL: Mapping[str, Callable[[Client], Custom | None]] = {
    "never_buy": lambda client: client.of_name("never_buy", client.name(client.target > client.held)),
    "never_sell": lambda client: client.of_name("never_sell", client.name(client.held > client.target)),
    "sell_out": lambda client: client.of_name("sell_out", client.name(client.held > 0.0)),
    "min_weight": _min_weight,
    "max_weight": _max_weight,
    "screen": _screen,
    "sector": _sector,
    "factor": _factor,
    "transition_until": _transition,
    "tracking_error_target": _setting("tracking_error_target", lambda c: round(c.random.uniform(0.003, 0.02), 4)),
    "max_turnover": _setting("max_turnover", lambda c: round(c.random.uniform(0.005, 0.03), 4)),
    "min_position_usd": _setting("min_position_usd", lambda c: round(c.random.uniform(0.005, 0.03) * c.value, 2)),
    "min_trade_usd": _setting("min_trade_usd", lambda c: round(c.random.uniform(0.003, 0.02) * c.value, 2)),
    "risk_aversion": _setting("risk_aversion", lambda c: float(c.random.choice([2.0, 5.0, 60.0, 150.0]))),
    "cash_target": _setting("cash_target", lambda c: round(c.random.uniform(0.03, 0.1), 3)),
    "sector_band": _setting("sector_band", lambda c: float(c.random.choice([0.0, 0.005]))),
    "cap": lambda client: Custom("cap", {"max_weight": round(0.9 * float(client.held.max(initial=0.1)), 4)}),
}
"""Kinds by name."""
OF_TAX: Mapping[str, Callable[[Client], Custom | None]] = {
    "gain_budget": _setting("gain_budget", lambda c: round(c.to_date + c.random.uniform(0.0, 0.003) * c.value, 2)),
    "tax_budget": _setting("tax_budget", lambda c: round(c.random.uniform(0.0, 0.001) * c.value, 2)),
    "preserve_until": _preserve,
    "forced_loss": _forced_loss,
    "harvest": _setting("harvest", lambda c: False),  # noqa: ARG005
    "tax_sensitivity": _setting("tax_sensitivity", lambda c: float(c.random.choice([0.0, 0.2, 3.0]))),
    "harvest_option": _setting("harvest_option", lambda c: float(c.random.choice([0.0, 0.3, 3.0]))),
}
"""Kinds that only a taxable account minds."""


def draw(client: Client, count: int, *, taxable: bool) -> list[Custom]:
    """Up to so many customisations of different kinds, no setting twice."""
    kinds = {**FOR_ALL, **(OF_TAX if taxable else {})}
    found: list[Custom] = []
    for kind in client.random.permutation(sorted(kinds)).tolist():
        custom = kinds[kind](client)
        if custom is not None:
            found.append(custom)
        if len(found) == count:
            break
    return found

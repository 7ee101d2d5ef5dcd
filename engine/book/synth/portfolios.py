"""The firm's models: sleeves, fund models made of them, and direct indexes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from engine.book.synth.arrays import Floats, Ints
from engine.book.synth.market import Market
from engine.errors import UsageError

MIN_MODELS, MAX_MODELS = 5, 50
_SIZES = (500, 300, 400, 200, 350, 150, 450, 100, 250)
"""Names of the direct indexes, in turn."""
_EQUITY_SHARES = (0.6, 0.8, 0.4, 1.0, 0.7, 0.5, 0.9, 0.3, 0.2)
"""Equity of the fund models, in turn."""
_EQUITY_FUNDS = ("US-TOTAL", "INTL-DEV", "EMERGING", "US-SMALL", "US-VALUE", "US-GROWTH")
_BOND_FUNDS = ("BOND-AGG", "TREASURY-SHORT", "TIPS", "CORPORATE")
_EXTRA_EQUITY = ("US-LARGE", "US-MID", "INTL-SMALL", "EUROPE", "JAPAN", "US-LARGE-B", "INTL-DEV-B")
_EXTRA_OTHER = ("HIGH-YIELD", "EM-BOND", "TREASURY-LONG", "MUNI", "GOLD", "COMMODITY", "T-BILLS", "BOND-AGG-B")


@dataclass(frozen=True)
class Portfolios:
    """`rows` are the `models` table: (model, security or None, child or None, weight).

    What accounts may follow, flattened: `followed` ids (M,), `direct` (M,) is a direct index, `start` (M + 1,),
    `security` column in the market and `weight`, summing to 1 a model.
    """

    rows: tuple[tuple[str, str | None, str | None, float], ...]
    followed: tuple[str, ...]
    direct: tuple[bool, ...]
    start: Ints
    security: Ints
    weight: Floats

    def table(self) -> pa.Table:
        """The `models` table."""
        names, securities, children, weights = zip(*self.rows, strict=True)
        return pa.table(
            {
                "model_id": pa.array(names).dictionary_encode(),
                "security_id": pa.array(securities, pa.string()),
                "child_model_id": pa.array(children, pa.string()),
                "weight": pa.array(weights, pa.float64()),
            }
        )


def make_portfolios(market: Market, count: int, rng: np.random.Generator, names: int | None = None) -> Portfolios:
    """`count` models: two sleeves, direct indexes (about a third), fund models, most of these made of sleeves.

    Every direct index has `names` names, or sizes in turn. Raises UsageError outside 5..50.
    """
    if not MIN_MODELS <= count <= MAX_MODELS:
        raise UsageError(f"{count} models", where="--models", remedy=f"Choose {MIN_MODELS} to {MAX_MODELS}.")
    book = _Shelf(market)
    book.add_sleeve("SLEEVE-EQUITY", _EQUITY_FUNDS, rng)
    book.add_sleeve("SLEEVE-BONDS", _BOND_FUNDS, rng)
    indexes = max(round(count * 0.35), 1)
    for number in range(count - 2 - indexes):
        _add_fund_model(book, number, rng)
    for number in range(indexes):
        _add_direct_index(book, number, names or _SIZES[number % len(_SIZES)], rng)
    return book.finish()


class _Shelf:
    """Models so far, as rows and flattened."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.column = {name: i for i, name in enumerate(market.ids)}
        self.rows: list[tuple[str, str | None, str | None, float]] = []
        self.flat: dict[str, dict[int, float]] = {}
        self.followed: list[tuple[str, bool]] = []

    def add(self, model: str, securities: dict[str, float], children: dict[str, float] | None = None) -> None:
        """Add a model of `securities` and `children`, weights summing to 1; tiny rounding goes to the largest."""
        parts = [(name, None, weight) for name, weight in securities.items()]
        parts += [(None, name, weight) for name, weight in (children or {}).items()]  # type: ignore[misc]
        total = sum(weight for _, _, weight in parts)
        rounded = [round(weight / total, 8) for _, _, weight in parts]
        rounded[int(np.argmax(rounded))] += 1.0 - sum(rounded)
        flat: dict[int, float] = {}
        for (security, child, _), weight in zip(parts, rounded, strict=True):
            self.rows.append((model, security, child, weight))
            held = {self.column[security]: 1.0} if security is not None else self.flat[str(child)]
            for name, inner in held.items():
                flat[name] = flat.get(name, 0.0) + weight * inner
        self.flat[model] = flat

    def add_sleeve(self, model: str, funds: tuple[str, ...], rng: np.random.Generator) -> None:
        """Add a sleeve of `funds`, the first the largest; nobody follows a sleeve."""
        share = np.sort(rng.dirichlet(np.full(len(funds), 3.0)))[::-1] + 0.02
        self.add(model, dict(zip(funds, share.tolist(), strict=True)))

    def follow(self, model: str, *, direct: bool = False) -> None:
        """Let accounts follow `model`."""
        self.followed.append((model, direct))

    def finish(self) -> Portfolios:
        """All models, those followed flattened in order of column."""
        flat = [sorted(self.flat[model].items()) for model, _ in self.followed]
        sizes = np.array([len(model) for model in flat], dtype=np.int64)
        return Portfolios(
            tuple(self.rows),
            tuple(model for model, _ in self.followed),
            tuple(direct for _, direct in self.followed),
            np.concatenate([[0], np.cumsum(sizes)]),
            np.array([name for model in flat for name, _ in model], dtype=np.int64),
            np.array([weight for model in flat for _, weight in model]),
        )


def _add_fund_model(book: _Shelf, number: int, rng: np.random.Generator) -> None:
    """Add a fund model of 8 to 20 names: in turn of the two sleeves, flat, and of another model with satellites."""
    equity = _EQUITY_SHARES[number % len(_EQUITY_SHARES)]
    model = f"FUNDS-{round(equity * 100):02d}-{number + 1:02d}"
    if number % 3 == 0 and 0.0 < equity < 1.0:
        book.add(model, {}, {"SLEEVE-EQUITY": equity, "SLEEVE-BONDS": 1.0 - equity})
    elif number % 3 == 2:
        satellites = _draw(_EXTRA_EQUITY[:5], 2, rng) + _draw(_EXTRA_OTHER[:7], 2, rng)
        weights = dict(zip(satellites, (0.05, 0.05, 0.04, 0.03), strict=True))
        core = book.followed[0][0]
        book.add(model, weights, {core: 0.83})
    else:
        sectors = [name for name in book.market.ids if name.startswith("SECTOR-")]
        stocks = _draw(_EQUITY_FUNDS + _EXTRA_EQUITY[:5], 5, rng) + _draw(sectors, min(3, len(sectors)), rng)
        bonds = _draw(_BOND_FUNDS + _EXTRA_OTHER[:6], 4, rng)
        inside = rng.dirichlet(np.full(len(stocks), 4.0)) * equity
        outside = rng.dirichlet(np.full(len(bonds), 4.0)) * (1.0 - equity)
        names = stocks if equity == 1.0 else stocks + bonds
        weights = dict(zip(names, np.concatenate([inside, outside]).tolist(), strict=False))
        book.add(model, weights)
    book.follow(model)


def _add_direct_index(book: _Shelf, number: int, wanted: int, rng: np.random.Generator) -> None:
    """Add a direct index of `wanted` names: the largest, or a draw of all, by a power of capitalisation.

    Every third has bonds.
    """
    market = book.market
    caps = np.array([listing.capitalisation for listing in market.listings[: market.equities]])
    size = min(wanted, market.equities)
    if number % 2 == 0:
        chosen = np.argsort(-caps, kind="stable")[:size]
    else:
        chosen = rng.choice(market.equities, size=size, replace=False, p=caps**0.5 / (caps**0.5).sum())
    tilt = caps[chosen] ** (1.0, 0.8, 0.6)[number % 3]
    held = dict(zip((market.ids[i] for i in np.sort(chosen)), tilt[np.argsort(chosen)].tolist(), strict=True))
    model = f"DIRECT-{size}-{number + 1:02d}"
    if number % 3 == 2:
        sleeve_free = {name: 0.85 * weight / sum(held.values()) for name, weight in held.items()}
        book.add(model, sleeve_free, {"SLEEVE-BONDS": 0.15})
    else:
        book.add(model, held)
    book.follow(model, direct=True)


def _draw(names: tuple[str, ...] | list[str], count: int, rng: np.random.Generator) -> list[str]:
    return [names[i] for i in np.sort(rng.choice(len(names), size=count, replace=False))]

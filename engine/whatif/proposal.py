"""A proposal as a page that a prospect is handed: what they hold, what the model would hold, the way there by year.

Figures and parts of the page are those of a client's (`engine.report.client`), of the trades that a run would make.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from engine.book.accounts import lots_of
from engine.book.columns import text
from engine.book.scene import Scene
from engine.report.client import About, Client, Part, client_of, group, names_of
from engine.report.client.render import picture, template
from engine.report.client.tools import amounts_of
from engine.whatif.outcome import Outcome
from engine.whatif.prospect import AIMED, WEIGHED, Kept, Terms
from engine.whatif.years import Year

SHOWN = 20
HELD_TOO = "the model holds it too"
CENT = 100


@dataclass(frozen=True)
class Brought:
    """A name that the prospect brings, or the rest of them; cents.

    `gain` is of all that is brought, `left` of what stays, and `why` says why it stays.
    """

    called: str
    value: int
    gain: int
    stays: int
    left: int
    why: str


@dataclass(frozen=True)
class Step:
    """One tax year; cents. `due` is the tax on what gains are left, at the long-term rate."""

    year: Year
    realised: int
    tax: int
    legacy: int
    gain: int
    due: int


@dataclass(frozen=True)
class Proposal:
    """All that the page tells. `brought` are the largest names and the rest; `aimed` and `legacy` split what stays.

    `aimed`: names that the model holds too; `legacy`: those that it does not. Names and cents.
    """

    client: Client
    brought: tuple[Brought, ...]
    value: int
    gain: int
    stays: int
    left: int
    rounding: int
    legacy: tuple[int, int]
    aimed: tuple[int, int]
    steps: tuple[Step, ...]
    lt_rate: float


def proposal(scene: Scene, outcome: Outcome, kept: Sequence[Kept], planned: Sequence[Year]) -> Proposal:
    """The figures, of what `decide`, `kept` and `plan` say of the prospect."""
    firm = scene.firm()
    part = group(names_of(firm, scene.firm_tables["securities"]), scene.tables, outcome.outputs)
    client = client_of(part, 0)
    brought = _brought(scene, part, kept)
    stay = [one for one in brought if one.stays]
    aimed = [one for one in stay if one.why == HELD_TOO]
    assert client.money is not None, "an exception has no page"
    rate = float(part.settings["lt_rate"][0]) if part.taxable[0] else 0.0
    value = sum(one.value for one in brought)
    return Proposal(
        client=client,
        brought=_largest(brought),
        value=value,
        gain=sum(one.gain for one in brought),
        stays=sum(one.stays for one in brought),
        left=sum(one.left for one in brought),
        rounding=client.money["value"] - client.money["cash_before"] - value,
        legacy=(len(stay) - len(aimed), sum(one.stays for one in stay) - sum(one.stays for one in aimed)),
        aimed=(len(aimed), sum(one.stays for one in aimed)),
        steps=tuple(_step(year, rate) for year in planned),
        lt_rate=rate,
    )


def proposal_page(made: Proposal, terms: Terms, about: About) -> str:
    """The page. Of `about`, the run is the name of the file that the positions came from."""
    page = template(files("engine.whatif").joinpath("proposal.html").read_text("utf-8"))
    client = made.client
    return page.render(
        made=made, client=client, money=client.money, picture=picture(client), terms=terms, about=about, shown=SHOWN
    )


def _brought(scene: Scene, part: Part, kept: Sequence[Kept]) -> list[Brought]:
    """In the order of `kept`. What was bought beside has no gain yet, and so is in no figure of what is left."""
    names, left = part.names, part.left
    lots = lots_of(scene.tables["lots"], text(scene.tables["accounts"]["account_id"]), names.ids)
    gains, rest = (np.zeros(len(names.ids), dtype=np.int64) for _ in range(2))
    np.add.at(gains, lots.security, amounts_of(lots.quantity, names.price_micro[lots.security]) - lots.basis)
    np.add.at(rest, left.security, left.value - left.basis)
    place = {name: number for number, name in enumerate(names.ids.to_pylist())}
    found = []
    for one in kept:
        at = place[one.security_id]
        shares = np.array([one.brought, one.brought - one.sold]) * 1_000_000
        value, stays = amounts_of(shares.astype(np.int64), names.price_micro[[at, at]]).tolist()
        found.append(Brought(names.called[at], value, int(gains[at]), stays, int(rest[at]), _why(one)))
    return found


def _why(one: Kept) -> str:
    return HELD_TOO if one.why == AIMED else one.why.removesuffix(WEIGHED)


def _largest(brought: Sequence[Brought]) -> tuple[Brought, ...]:
    """Those of which most stays, then the largest sold whole; and the rest as one."""
    order = sorted(brought, key=lambda one: (-one.stays, -one.value))
    shown, rest = order[:SHOWN], order[SHOWN:]
    if not rest:
        return tuple(shown)
    value, gain, stays, left = (sum(getattr(one, name) for one in rest) for name in ("value", "gain", "stays", "left"))
    return (*shown, Brought(f"{len(rest):,} more", value, gain, stays, left, ""))


def _step(year: Year, rate: float) -> Step:
    def cents(usd: float) -> int:
        return round(CENT * usd)

    gain = cents(year.legacy_gain)
    return Step(
        year,
        cents(year.realised_st) + cents(year.realised_lt),
        cents(year.tax),
        cents(year.legacy),
        gain,
        round(max(gain, 0) * rate),
    )

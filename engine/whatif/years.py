"""A transition year by year at today's prices: one run each tax year, its trades settled, until its date."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.book import columns
from engine.book.calendar import next_trading_day
from engine.book.scene import Scene
from engine.book.settings import Levels, resolve
from engine.decide.transition import years_left
from engine.ledger.settle import Settlement, settle_part
from engine.ledger.settle.actions import passed_actions
from engine.whatif.outcome import Outcome, decide

_EPOCH = datetime.date(1970, 1, 1)


@dataclass(frozen=True)
class Year:
    """One run of a plan; money in USD, tracking error as a fraction.

    `legacy` and `legacy_gain` are what the account still holds outside its effective target after its trades, and the
    gains of it.
    """

    as_of: datetime.date
    status: str
    code: str | None
    realised_st: float
    realised_lt: float
    tax: float
    te_before: float
    te_after: float
    legacy: float
    legacy_gain: float


def plan(scene: Scene, years: int | None = None) -> list[Year]:
    """A run today, and one at the beginning of each tax year after it: `years` of them, or to `transition_until`.

    Empty where the account has neither. Prices stay, whatever else a year brings is left out: so it is what today's
    holdings cost to move, not a forecast. It ends early where the account becomes an exception.
    """
    count = _years_asked(scene) if years is None else years
    found: list[Year] = []
    while len(found) < count:
        outcome = decide(scene)
        if outcome.result["status"] == "EXCEPTION":
            break
        after = _settled(scene, outcome)
        found.append(_year(scene, outcome, after))
        scene = after
    return found


def _years_asked(scene: Scene) -> int:
    """Tax years to the account's `transition_until`; 0 without one."""
    accounts = scene.tables["accounts"]
    row = columns.text(accounts["account_id"]).to_pylist().index(scene.account)
    levels = Levels.of(scene.firm_tables.get("policies"), scene.settings)
    until = float(resolve(accounts, levels)["transition_until"][row])
    return 0 if np.isnan(until) else years_left(scene.header.as_of.year, until)


def _settled(scene: Scene, outcome: Outcome) -> Scene:
    """The scene on the first trading day of the next year, with today's prices."""
    firm, was = scene.firm(), scene.header.as_of
    as_of = next_trading_day(datetime.date(was.year, 12, 31))
    until = (as_of - _EPOCH).days
    passed = passed_actions(None, firm.market.ids, firm.market.wash_group, firm.header.as_of_days, until, "")
    settled = settle_part(Settlement(firm, until, passed), scene.tables, outcome.household, outcome.findings)
    securities = scene.firm_tables["securities"]
    dated = pa.array(np.full(securities.num_rows, until, dtype=np.int32)).cast(pa.date32())
    place = securities.schema.get_field_index("price_date")
    today = {**scene.firm_tables, "securities": securities.set_column(place, "price_date", dated)}
    header = scene.header.model_copy(update={"as_of": as_of})
    return replace(scene, header=header, firm_tables=today, tables=settled.tables)


def _year(scene: Scene, outcome: Outcome, after: Scene) -> Year:
    result, firm = outcome.result, scene.firm()
    lots = after.tables["lots"]
    mine = lots.filter(pc.equal(columns.text(lots["account_id"]), scene.account))
    security = columns.codes(mine["security_id"], firm.market.ids)
    legacy = np.isin(security, columns.codes(outcome.target, firm.market.ids), invert=True)
    usd = columns.numbers(mine["quantity"]) * firm.market.price[security]
    cost = columns.numbers(mine["quantity"]) * columns.numbers(mine["cost_basis"])
    return Year(
        as_of=scene.header.as_of,
        status=result["status"],
        code=result["code"],
        realised_st=float(result["realised_st"]),
        realised_lt=float(result["realised_lt"]),
        tax=float(result["tax_cost"]),
        te_before=result["te_before"],
        te_after=result["te_after"],
        legacy=float(usd[legacy].sum()),
        legacy_gain=float((usd - cost)[legacy].sum()),
    )

"""The explanation of one account: facts are the run's rows, reasons come from its decision made again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.book.scene import Scene
from engine.book.schema import TERMS
from engine.codes import Code
from engine.errors import UsageError
from engine.explain.again import Again, decide_again
from engine.explain.binding import Binding, asked_by, binding, rule_of
from engine.explain.lots import LotLine, OtherLots, lot_lines, other_lots, waiting_given_up
from engine.explain.pulls import Orders, Part, Pull, parts_of_objective, pulls
from engine.explain.rows import Row, RunRows, sums_of
from engine.explain.swaps import Swap, Untraded, swap, untraded
from engine.explain.taxes import Taxes
from engine.explain.unsold import KeptLot, kept_lots
from kernels.problem import objective

WASH = "wash sales"
LEAST_LEFT_BP = 5e-3
"""Cents and whole shares may leave so much of an objective without a part."""


@dataclass(frozen=True)
class Order:
    """One order of the account: its lots, what pulled, and what else there was.

    `net_bp` is the sum of `pulls`: what the account would be worse by without this order, at the prices of its rules.
    `asked`: a rule asks for it, whatever it costs, and `asked_by` says which. `kept_lots`: what is left of a name sold.
    """

    security_id: str
    side: str
    quantity: Decimal
    amount: Decimal
    realised_gain: Decimal
    tax_added: Decimal
    reasons: tuple[str, ...]
    lots: tuple[LotLine, ...]
    pulls: tuple[Pull, ...]
    net_bp: float
    net_usd: float
    asked: bool
    asked_by: str
    other_lots: tuple[OtherLots, ...]
    kept_lots: tuple[KeptLot, ...]
    substitute: Swap | None


@dataclass(frozen=True)
class Worth:
    """What the trades are worth beside none: the objective in bp of value before and after, and the least asked."""

    before_bp: float
    after_bp: float
    better_bp: float
    better_usd: float
    least_bp: float
    bound_gap_bp: float | None
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Reference:
    """The account's convex problem solved by CVXPY and Clarabel too; objectives in bp, `difference_bp` ours less it."""

    ours_bp: float
    reference_bp: float
    difference_bp: float


@dataclass(frozen=True)
class Explanation:
    """Why an account was traded as it was, or left alone.

    `same`: made again from the book, the decision has the run's trades; otherwise `differs` says how it does not, and
    no reason is given. Money in USD. `rates`: what one more dollar of short- and long-term gain would cost;
    `tax_counts`: what a dollar of tax counts as in the decision, and so in every part that is told (`tax_sensitivity`).
    """

    account_id: str
    result: Row
    what_to_do: str
    exceptions: tuple[Row, ...]
    same: bool
    differs: str
    rates: tuple[float, float] | None
    tax_counts: float
    worth: Worth | None
    orders: tuple[Order, ...]
    binding: tuple[Binding, ...]
    untraded: Untraded | None = None
    reference: Reference | None = None


def explain(scene: Scene, rows: RunRows, *, security: str | None = None, reference: bool = False) -> Explanation:
    """Explain the scene's account, or its order in one `security`; `reference`: Clarabel solves its problem too."""
    facts = Explanation(
        account_id=scene.account,
        result=rows.result,
        what_to_do=Code[rows.result["code"]].value if rows.result["code"] else "",
        exceptions=tuple(rows.exceptions),
        same=True,
        differs="",
        rates=None,
        tax_counts=1.0,
        worth=None,
        orders=(),
        binding=(),
    )
    if rows.result["status"] == "EXCEPTION":
        return facts
    again = decide_again(scene)
    differs = again if isinstance(again, str) else _differs(again, rows)
    if isinstance(again, str) or differs:
        return replace(facts, same=False, differs=differs)
    taxes = Taxes.of(again, rows.result)
    made = replace(
        facts, rates=taxes.rates(), tax_counts=again.sensitivity, reference=_reference(again) if reference else None
    )
    if again.working is None:
        return made
    orders = Orders.of(again)
    return replace(
        made,
        worth=_worth(orders, taxes, rows),
        orders=tuple(
            _order(orders, taxes, group)
            for group in _by_name(rows.trades)
            if security in (None, group[0]["security_id"])
        ),
        untraded=_untraded(orders, rows, security),
        binding=binding(orders),
    )


def _untraded(orders: Orders, rows: RunRows, security: str | None) -> Untraded | None:
    if security is None or any(row["security_id"] == security for row in rows.trades):
        return None
    index = orders.again.firm.market.ids.index(security).as_py()
    if index < 0:
        raise UsageError(f"the book has no security {security}", where="--security", remedy="See its securities table.")
    place = orders.place(security)
    return untraded(orders, security, rule_of(orders, place) if place < len(orders.problem.held) else "")


def _differs(again: Again, rows: RunRows) -> str:
    """How the decision made again is not the run's; empty where its trades are."""
    ours, theirs = again.pieces(), sums_of(rows.trades)
    if ours != theirs:
        changed = sorted({key[0] for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)})
        shown = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        return f"made again, the trades are not the run's: {shown} differ"
    code = again.outcome.code.name if again.outcome.code else None
    if code != rows.result["code"]:
        return f"made again, the account's code is {code or 'none'}; the run says {rows.result['code'] or 'none'}"
    return ""


def _by_name(trades: Sequence[Row]) -> list[list[Row]]:
    """Rows by security and side, in the run's order."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in trades:
        found.setdefault((row["security_id"], row["side"]), []).append(row)
    return list(found.values())


def _order(orders: Orders, taxes: Taxes, rows: list[Row]) -> Order:
    again, first = orders.again, rows[0]
    place, sells = orders.place(first["security_id"]), first["side"] == "SELL"
    gains = {term: sum((row["realised_gain"] for row in rows if row["term"] == term), Decimal(0)) for term in TERMS}
    waiting = waiting_given_up(again, rows) if sells else 0.0
    told = pulls(orders, place, taxes, (float(gains["SHORT"]), float(gains["LONG"])), waiting)
    net = sum(pull.bp for pull in told)
    rule = asked_by(orders, place, float(sum(gains.values())))
    return Order(
        security_id=first["security_id"],
        side=first["side"],
        quantity=sum((row["quantity"] for row in rows), Decimal(0)),
        amount=sum((row["amount"] for row in rows), Decimal(0)),
        realised_gain=sum((row["realised_gain"] for row in rows), Decimal(0)),
        tax_added=-taxes.moved(-gains["SHORT"], -gains["LONG"]) + 0,
        reasons=tuple(dict.fromkeys(row["reason"] for row in rows)),
        lots=lot_lines(again, taxes, rows),
        pulls=told,
        net_bp=net,
        net_usd=net * again.usd_per_bp,
        asked=bool(rule),
        asked_by=rule,
        other_lots=other_lots(again, taxes, rows) if sells else (),
        kept_lots=kept_lots(again, taxes, rows) if sells else (),
        substitute=swap(orders, place),
    )


def _worth(orders: Orders, taxes: Taxes, rows: RunRows) -> Worth:
    again, posed = orders.again, orders.again.case.problem
    assert again.working is not None, "something was solved"
    before, after = objective(posed, posed.held), again.working.answer.objective_bp
    sales = [list(group) for group in _by_name(rows.trades) if group[0]["side"] == "SELL"]
    waiting = sum(waiting_given_up(again, group) for group in sales)
    better = before - after
    gap = rows.result["gap_bp"]
    traded = rows.result["status"] == "TRADED"
    return Worth(
        before_bp=before,
        after_bp=after,
        better_bp=better,
        better_usd=better * again.usd_per_bp,
        least_bp=again.setting("min_benefit_bp"),
        bound_gap_bp=gap,
        parts=_whole(parts_of_objective(orders, taxes, waiting), after) if traded else (),
    )


def _whole(parts: tuple[Part, ...], after_bp: float) -> tuple[Part, ...]:
    """The parts with what they lack to the objective.

    Wash sales are counted over the household once all its accounts are decided, in the order of the law; an account is
    decided with what it can know in its turn.
    """
    left = after_bp - sum(part.after_bp for part in parts)
    if abs(left) < LEAST_LEFT_BP:
        return parts
    return (
        *parts,
        Part(WASH, "losses that the day allowed and the decision had not counted, or the reverse", 0.0, left),
    )


def _reference(again: Again) -> Reference:
    """Both solvers' best of the relaxation, in which a name may be sold and bought back."""
    from engine.decide.solvers.auto import solve_relaxation
    from engine.decide.solvers.reference import solve_reference

    ours = solve_relaxation(again.case.problem).relaxed_bp
    _, theirs = solve_reference(again.case.problem)
    return Reference(ours, theirs, ours - theirs)

"""`wholebook explain`: why one account of a run was traded as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from cluster.cli.common import json_option, print_json

if TYPE_CHECKING:
    from datetime import date

    from cluster.explain import Found
    from engine.explain import Explanation
    from engine.explain.account import Order

KEPT_SHOWN = 40
OTHER_CODE = "The code that runs here is not the code of the run."


@click.command("explain")
@click.argument("run")
@click.argument("account")
@click.option("--security", help="Only this name; also why it was not traded.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=0), help="Orders shown, largest first.")
@click.option("--reference", is_flag=True, help="Solve the account's convex problem by CVXPY and Clarabel too.")
@json_option
def command(run: str, account: str, security: str | None, limit: int, reference: bool, as_json: bool) -> None:
    """Print why ACCOUNT of RUN was traded as it was, or was not: lots, taxes, what pulled, what else there was.

    RUN is a run's folder, a pointer to it, or the output of runs (the latest day published); its book must still be
    where it was. The account is decided again from the book, with its household, and the trades are compared with the
    run's.
    """
    from cluster.explain import find_in_run
    from engine.explain import explain

    found = find_in_run(run, account)
    told = explain(found.scene, found.rows, security=security, reference=reference)
    if as_json:
        about = {"run_id": found.manifest.run_id, "book": found.manifest.book, "as_of": found.manifest.as_of}
        print_json(about | {"other_code": found.other_code} | asdict(told))
        return
    _print(found, told, limit)


def _print(found: Found, told: Explanation, limit: int) -> None:
    result = told.result
    code = f" {result['code']}" if result["code"] else ""
    click.echo(f"{told.account_id} of {found.manifest.book}, {found.manifest.as_of}: {result['status']}{code}")
    if result["message"]:
        click.echo(f"  {result['message']}")
    if told.what_to_do:
        click.echo(f"  What to do: {told.what_to_do}")
    for row in told.exceptions:
        click.echo(f"  {row['severity']} {row['code']}: {row['message']}")
    if result["te_before"] is not None:
        click.echo(
            f"  Value ${result['value']:,.2f}. Tracking error {result['te_before']:.2%} before, "
            f"{result['te_after']:.2%} after. Tax of the trades ${result['tax_cost']:,.2f}."
        )
    if not told.same:
        click.echo(f"  NOT THE SAME: {told.differs}.")
        click.echo(f"  {OTHER_CODE if found.other_code else 'Has the book changed since?'} No reasons are given.")
        return
    if result["te_before"] is not None:
        click.echo("  Decided again from the book: the same trades.")
    if told.rates:
        short, long = told.rates
        click.echo(
            f"  One more dollar of short-term gain would now cost {short:.1%} tax, of long-term gain {long:.1%}."
        )
    if told.rates and told.tax_counts not in (0.0, 1.0):
        click.echo(
            f"  A dollar of tax counts as ${told.tax_counts:.2f} in its decision (tax_sensitivity), and so it does in "
            "harvest, tax and worth below; gains and tax added are plain dollars."
        )
    _print_worth(told)
    _print_orders(told, limit)
    _print_untraded(told)
    _print_binding(told)
    if told.reference:
        one = told.reference
        click.echo(
            f"The convex problem again: {one.ours_bp:.6f} bp here, {one.reference_bp:.6f} bp by CVXPY and Clarabel; "
            f"{one.difference_bp:+.6f} bp."
        )


def _print_worth(told: Explanation) -> None:
    worth = told.worth
    if worth is None:
        return
    if not worth.parts:
        click.echo(f"  The best trades would be worth {worth.better_bp:.2f} bp; {worth.least_bp:g} bp is the least.")
        return
    from cluster.show import print_table

    gap = (
        ""
        if worth.bound_gap_bp is None
        else f" No other trades can be better by more than {worth.bound_gap_bp:.2f} bp."
    )
    title = f"Beside no trade: better by {worth.better_bp:.2f} bp of value, ${worth.better_usd:,.2f}"
    rows = [
        (part.what, f"{part.before_bp:.2f}", f"{part.after_bp:.2f}", part.words)
        for part in sorted(worth.parts, key=lambda part: part.after_bp - part.before_bp)
    ]
    rows.append(("in all", f"{worth.before_bp:.2f}", f"{worth.after_bp:.2f}", ""))
    caption = f"What counts against the account, bp of its value (1 bp = $1 in $10,000).{gap}"
    print_table(title, caption, ("", "no trade", "these trades", ""), rows, last=1)


def _print_orders(told: Explanation, limit: int) -> None:
    from cluster.show import print_table

    shown = sorted(told.orders, key=lambda order: -order.amount)[:limit]
    if not shown:
        return
    left = len(told.orders) - len(shown)
    rows = [
        (
            order.security_id,
            order.side,
            f"{order.quantity.normalize():,f}",
            f"{order.amount:,.2f}",
            f"{order.realised_gain:,.2f}" if order.side == "SELL" or order.realised_gain else "",
            f"{order.tax_added:,.2f}" if order.side == "SELL" or order.tax_added else "",
            "asked for" if order.asked else f"{order.net_usd:,.2f}",
            f"{', '.join(order.reasons)}: {_pulled(order)}",
        )
        for order in shown
    ]
    columns = ("security", "", "shares", "amount, $", "gain, $", "tax added, $", "worth, $", "reason: what pulled, bp")
    caption = "Worth: what the account would be worse by without this one order. " + (
        f"And {left} more (--limit, --security, --json)." if left else ""
    )
    print_table("Orders", caption, columns, rows, text=2, last=1)
    _print_lots(shown)
    _print_kept(shown)
    _print_others(shown)


def _pulled(order: Order) -> str:
    return ", ".join(f"{pull.what} {pull.bp:+.2f}" for pull in order.pulls)


def _print_lots(shown: Sequence[Order]) -> None:
    from cluster.show import print_table

    rows = []
    for order in shown:
        for line in order.lots:
            if line.lot_id is None and not line.wash_disallowed:
                continue
            term = _term(line.term, line.long_term_from, tacked=line.held_from != line.acquired)
            rows.append(
                (
                    order.security_id,
                    line.lot_id or "bought today",
                    str(line.acquired or ""),
                    f"{line.quantity.normalize():,f}",
                    f"{line.amount:,.2f}",
                    f"{line.cost_basis:,.2f}",
                    f"{line.wash_disallowed:,.2f}" if line.wash_disallowed else "",
                    f"{line.realised_gain:,.2f}",
                    f"{line.tax_added:,.2f}",
                    term,
                )
            )
    if rows:
        columns = ("security", "lot", "bought", "shares", "amount", "cost", "disallowed", "gain", "tax added", "term")
        caption = (
            "USD. Tax added: the account's tax less what it would be without this row; gains and losses net. "
            "Disallowed: of a loss, because the household bought the same within 30 days. Bought today: takes away "
            "so much of a loss taken lately, which is added to its cost."
        )
        print_table("Lots sold", caption, columns, rows, text=3, last=1)


def _term(term: str | None, long_from: date | None, *, tacked: bool) -> str:
    told = (term or "").lower()
    if long_from:
        told += f", long from {long_from}"
    return f"{told} (holding period carried over)" if told and tacked else told


def _print_kept(shown: Sequence[Order]) -> None:
    from cluster.show import print_table

    rows = [
        (
            order.security_id,
            lot.lot_id,
            str(lot.acquired),
            f"{lot.quantity.normalize():,f}",
            f"{lot.gain:,.2f}",
            f"{lot.tax_more:,.2f}",
            f"{lot.waiting:,.2f}" if lot.waiting else "",
            f"{_term(lot.term, lot.long_term_from, tacked=lot.tacked)}; {lot.why}",
        )
        for order in shown
        for lot in order.kept_lots
    ]
    if rows:
        left = len(rows) - KEPT_SHOWN
        more = f" And {left} more (--security, --json)." if left > 0 else ""
        columns = (
            "security",
            "lot",
            "bought",
            "shares",
            "gain",
            "tax if sold too",
            "waiting",
            "term, and why it stays",
        )
        caption = f"USD, what is left of the lots of names sold. Waiting: what the loss may be worth later.{more}"
        print_table("Lots of these names that were not sold", caption, columns, rows[:KEPT_SHOWN], text=3, last=1)


def _print_others(shown: Sequence[Order]) -> None:
    from cluster.show import print_table

    rows: list[tuple[str, str, str, str]] = []
    for order in shown:
        for other in order.other_lots:
            side = "more" if other.waiting_more > 0 else "less"
            waits = f"; by not waiting ${abs(other.waiting_more):,.2f} {side} is given up" if other.waiting_more else ""
            rows.append((order.security_id, f"sell {other.how}", f"{other.tax_more:,.2f}", f"tax{waits}"))
        if order.substitute:
            swap = order.substitute
            verb = "sell" if order.side == "SELL" else "buy"
            kind = "the book's substitute" if swap.named else f"the closest name, correlation {swap.correlation:.2f}"
            rows.append((order.security_id, f"{verb} {swap.security_id} instead", f"{swap.worse_usd:,.2f}", kind))
        if order.asked:
            rows.append((order.security_id, "no trade in it", "may not be", order.asked_by))
        else:
            rows.append((order.security_id, "no trade in it", f"{order.net_usd:,.2f}", ""))
    caption = "USD that the account would be worse by; below nought it would be better."
    print_table("What else there was", caption, ("security", "instead", "worse by", ""), rows, text=2, last=1)


def _print_untraded(told: Explanation) -> None:
    one = told.untraded
    if one is None:
        return
    click.echo(
        f"{one.security_id} was not traded. It holds {one.held:.2f} % of value and its target is {one.target:.2f} %. "
        f"Brought there alone, as far as its rules let it, it would make the account worse by ${one.worse_usd:,.2f}."
    )
    if one.rule:
        click.echo(f"  What keeps it from its target: {one.rule}.")


def _print_binding(told: Explanation) -> None:
    from cluster.show import print_table

    if told.worth is None:
        return
    if not told.binding:
        click.echo("No rule of the account binds: more room in any would be worth nothing.")
        return
    rows = [
        (one.rule, "gives way" if one.worth_usd is None else f"{one.worth_usd:,.2f}", one.unit, one.words)
        for one in told.binding
    ]
    caption = "More room: what a little of it is worth to the account, in USD for each unit; never more than that."
    caption += " Told of the answer before whole shares, which may leave a little of the room unused."
    print_table("Rules that bind", caption, ("rule", "more room", "for each", ""), rows, last=2)

"""Mandate: what a client forbade or asked for, and the sizes that make sense to trade."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from engine.prove.verify.columns import MONEY, Bools, in_units
from engine.prove.verify.compiled.words import NO_TRADE, TRADED
from engine.prove.verify.facts import Facts
from engine.prove.verify.rule import Fault, faults, rule
from engine.prove.verify.rules.lots import WHOLE
from engine.prove.verify.words import shares, usd


@rule
def no_barred_buy(facts: Facts) -> Iterator[Fault]:
    """Nothing is bought that the account never buys, screens out or is to sell out."""
    traded, barred = facts.traded, facts.barred.of_traded
    return faults(
        traded.account,
        (traded.bought > 0) & (barred.never_buy | barred.screened | barred.sell_out),
        lambda row: f"buys {traded.security[row]}, which its restrictions bar",
    )


@rule
def no_barred_sell(facts: Facts) -> Iterator[Fault]:
    """Nothing is sold that the account never sells."""
    traded = facts.traded
    return faults(
        traded.account,
        (traded.sold > 0) & facts.barred.of_traded.never_sell,
        lambda row: f"sells {traded.security[row]}, which it never sells",
    )


@rule
def no_untradable_trade(facts: Facts) -> Iterator[Fault]:
    """Nothing is traded that is not tradable."""
    traded = facts.traded
    return faults(
        traded.account,
        ((traded.bought > 0) | (traded.sold > 0)) & ~facts.securities.tradable[traded.listed],
        lambda row: f"trades {traded.security[row]}, which is not tradable",
    )


@rule
def no_blind_buy(facts: Facts) -> Iterator[Fault]:
    """Nothing is bought that is unknown, or has no price of the last max_price_age_days."""
    traded = facts.traded
    age = np.rint(facts.accounts.number("max_price_age_days"))[traded.row]
    priced = facts.securities.priced_on(traded.security.codes, facts.today - age)
    return faults(
        traded.account,
        (traded.bought > 0) & (traded.row > 0) & ~priced,
        lambda row: f"buys {traded.security[row]}, which is unknown, without a price or stale",
    )


@rule
def sell_out_done(facts: Facts) -> Iterator[Fault]:
    """A traded account sells out what it is to sell out, in whole shares where some stay: all but locked, barred or
    untradable holdings, and lots whose loss would be a wash sale, where an exception WASH_WAIT says so.
    """
    due = facts.barred.to_sell_out
    free = due.unlocked - facts.waiting
    part = facts.securities.fractional[due.listed] | (free == due.held)
    wanted = (facts.status_of[due.account.codes] == TRADED) & facts.is_decided[due.row]
    return faults(
        due.account,
        wanted & (due.sold < free - np.where(part, 0, free % WHOLE)),
        lambda row: f"is to sell out {due.security[row]} and keeps {shares(free[row] - due.sold[row])} free shares",
    )


@rule
def sell_out_not_shelved(facts: Facts) -> Iterator[Fault]:
    """An account with something to sell out is not held by a band, a benefit or a size."""
    due, code = facts.barred.to_sell_out, facts.results.code
    row_of = facts.result_of[due.account.codes]
    shelved = code.blank() | code.one_of("IN_BAND", "NO_BENEFIT", "MIN_TRADE")
    wanted = (facts.status_of[due.account.codes] == NO_TRADE) & facts.is_decided[due.row] & (due.unlocked > 0)
    return faults(
        due.account,
        wanted & shelved[row_of],
        lambda row: f"is to sell out {due.security[row]} and is held by {code[row_of[row]] or 'nothing'}",
    )


@rule
def min_trade(facts: Facts) -> Iterator[Fault]:
    """No order is smaller than min_trade_usd, unless it sells all that may be sold or is for cash or a sell-out."""
    traded = facts.traded
    least = facts.accounts.number("min_trade_usd")[traded.row]
    bought, sold = in_units(traded.bought_cents, MONEY), in_units(traded.sold_cents, MONEY)
    small = ((traded.bought > 0) & (bought < least - 0.01)) | (_sold_in_part(facts) & (sold < least - 0.01))
    return faults(
        traded.account,
        facts.is_decided[traded.row] & ~traded.forced & small,
        lambda row: (
            f"an order of {usd(max(traded.bought_cents[row], traded.sold_cents[row]))} in "
            f"{traded.security[row]}; least is {least[row]}"
        ),
    )


@rule
def min_position(facts: Facts) -> Iterator[Fault]:
    """No trade leaves a position smaller than min_position_usd, unless all that may be sold is sold, or is to be."""
    traded = facts.traded
    least = facts.accounts.number("min_position_usd")[traded.row]
    small = (traded.after > 0) & (traded.after_usd < least - 0.01)
    return faults(
        traded.account,
        facts.is_decided[traded.row]
        & ((traded.bought > 0) | _sold_in_part(facts) & ~facts.barred.of_traded.sell_out)
        & small,
        lambda row: f"leaves {traded.after_usd[row]:.2f} of {traded.security[row]}; least is {least[row]:.2f}",
    )


def _sold_in_part(facts: Facts) -> Bools:
    traded = facts.traded
    return (traded.sold > 0) & (traded.sold < traded.unlocked)


@rule
def max_weight(facts: Facts) -> Iterator[Fault]:
    """No buy takes a name above the setting max_weight."""
    traded = facts.traded
    most, value = facts.accounts.number("max_weight")[traded.row], facts.value[traded.row]
    return faults(
        traded.account,
        facts.is_decided[traded.row] & (traded.bought > 0) & (traded.after_usd > (most + 1e-9) * value),
        lambda row: (
            f"{traded.security[row]} comes to {traded.after_usd[row] / value[row]:.9f} of value; "
            f"max_weight is {most[row]:.9f}"
        ),
    )


@rule
def max_weight_restriction(facts: Facts) -> Iterator[Fault]:
    """No buy takes a name or sector above the account's own limit."""
    limit = facts.weight_limits
    return faults(
        limit.account,
        limit.is_most & (limit.bought > 0) & (limit.usd > (limit.bound + 1e-9) * limit.value),
        lambda row: (
            f"{limit.subject(row)} comes to {limit.usd[row] / limit.value[row]:.9f} of value; "
            f"the restriction says {limit.bound[row]:.9f}"
        ),
    )


@rule
def min_weight_restriction(facts: Facts) -> Iterator[Fault]:
    """No sell takes a name or sector below the account's own limit."""
    limit = facts.weight_limits
    return faults(
        limit.account,
        ~limit.is_most & (limit.sold > 0) & (limit.usd < (limit.bound - 1e-9) * limit.value),
        lambda row: (
            f"{limit.subject(row)} comes to {limit.usd[row] / limit.value[row]:.9f} of value; "
            f"the restriction says {limit.bound[row]:.9f}"
        ),
    )


RULES: Final = (
    no_barred_buy,
    no_barred_sell,
    no_untradable_trade,
    no_blind_buy,
    sell_out_done,
    sell_out_not_shelved,
    min_trade,
    min_position,
    max_weight,
    max_weight_restriction,
    min_weight_restriction,
)

"""A part as the kernels that decide whole accounts take it (`kernels.decide`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.firm import Firm, Market, Risk
from engine.decide import household
from engine.decide.budgets import GainRule, gain_limit
from engine.decide.positions import Positions
from engine.decide.rule_tables import limits_of, moves_of, rules_of, with_moves
from engine.decide.rules import unusable
from engine.decide.targets import Target, Targets
from engine.decide.washes import FORBID
from engine.ledger.rows import Ints, grouped
from kernels.arrays import frozen
from kernels.decide import book as tables
from kernels.decide.households import Households
from kernels.decide.memory import Memory, make_memory

NO_TARGET = -1


@dataclass(frozen=True)
class Aims:
    """What accounts aim at: `number` (accounts,) of each in `targets`, NO_TARGET where it has none."""

    targets: Sequence[Target]
    number: NDArray[np.int64]

    def of(self, account: int) -> Target | None:
        """What an account aims at."""
        number = int(self.number[account])
        return None if number == NO_TARGET else self.targets[number]


def aims(firm: Firm, block: AccountBlock, known: Targets) -> Aims:
    """The effective target of every account, one for all of a model and settings that bar the same names."""
    age, cash = block.settings["max_price_age_days"], block.settings["cash_target"]
    alike, first = grouped(block.model, *(np.unique(one, return_inverse=True)[1] for one in (age, cash)))
    barred, names = _barred(firm, block, known)
    waiting = {days: unusable(firm, days) for days in np.unique(age).tolist()}
    number = np.full(len(block), NO_TARGET, dtype=np.int64)
    found: list[Target] = []
    numbers: dict[str, int] = {}

    def aim(account: int, excluded: NDArray[np.int32]) -> int:
        try:
            target = known.get(int(block.model[account]), excluded, float(cash[account]))
        except ValueError:  # told where the account is decided by itself
            return NO_TARGET
        if len(target.security) == 0:
            return NO_TARGET
        place = numbers.setdefault(target.id, len(found))
        if place == len(found):
            found.append(target)
        return place

    free = np.diff(barred) == 0
    common = np.full(len(first), NO_TARGET, dtype=np.int64)
    for group in np.unique(alike[free]).tolist():
        common[group] = aim(int(first[group]), waiting[float(age[first[group]])])
    number[free] = common[alike[free]]
    made: dict[tuple[int, bytes], int] = {}
    for account in np.nonzero(~free)[0].tolist():
        own = names[barred[account] : barred[account + 1]]
        key = int(alike[account]), own.tobytes()
        if key not in made:
            made[key] = aim(account, np.concatenate([own, waiting[float(age[account])]]))
        number[account] = made[key]
    return Aims(found, number)


def _barred(firm: Firm, block: AccountBlock, known: Targets) -> tuple[Ints, NDArray[np.int32]]:
    """Offsets (accounts + 1,) and the names that each account may not hold and its model's target may, ascending."""
    offsets, rules = rules_of(firm, block.rules)
    account = np.repeat(np.arange(len(block)), np.diff(offsets))
    kept = np.nonzero(np.isin(rules.kind, (tables.NEVER_BUY, tables.SELL_OUT)) & (rules.security >= 0))[0]
    kept = kept[known.candidates(block.model[account[kept]], rules.security[kept])]
    _, each = grouped(account[kept], rules.security[kept])
    names = rules.security[kept[each]].astype(np.int32)
    return np.searchsorted(account[kept[each]], np.arange(len(block) + 1)).astype(np.int64), names


def part_tables(
    firm: Firm, block: AccountBlock, positions: Positions, aimed: Aims, memory: household.Memory
) -> tables.Book:
    """The part as flat tables."""
    lots = tables.LotTable(
        order=positions.order,
        quantity=block.lots.quantity,
        basis=block.lots.basis,
        gain=positions.gain,
        tax=positions.tax,
        waiting=positions.waiting,
        loss=positions.loss,
        long_term=positions.long_term,
        locked=block.lots.locked,
        acquired=block.lots.acquired.astype(np.int64),
        purchase=memory.purchase,
    )
    held = tables.Positions(
        positions.offsets, positions.security.astype(np.int64), positions.quantity, positions.locked
    )
    moves = moves_of(firm, block, positions, aimed.of)
    offsets, rules = with_moves(*rules_of(firm, block.rules), moves)
    limited, limits = limits_of(firm, block)
    told = [account for account, asked in moves.items() if asked.told]
    return tables.Book(
        securities=_securities(firm.market, firm.risk),
        accounts=frozen(_accounts(block, positions, aimed, (offsets, limited), memory, told)),
        positions=frozen(held),
        lots=frozen(lots),
        targets=target_table(aimed.targets),
        rules=frozen(rules),
        limits=frozen(limits),
    )


def part_memory(firm: Firm, book: tables.Book, seen: Households) -> Memory:
    """Memory for the largest account of the part."""
    accounts = book.accounts
    held, aimed = np.diff(accounts.positions), np.diff(book.targets.offsets, append=0)[np.maximum(accounts.target, 0)]
    lots = np.diff(book.positions.offsets[accounts.positions], append=0)[: len(held)]
    sectors = int(firm.market.sector.max(initial=-1)) + 1
    return make_memory(
        names=int((held + np.where(accounts.target >= 0, aimed, 0)).max(initial=0)),
        # Of a lot that recent purchases replace in part, the rest is a segment of its own.
        segments=int(lots.max(initial=0)) * (2 if len(seen.purchases.group) else 1),
        factors=firm.risk.loadings.shape[1],
        rows=2 + sectors + int(np.diff(accounts.limits).max(initial=0)),
        securities=len(firm.market.ids),
        sectors=sectors,
        recent=int(np.diff(seen.purchases_of).max(initial=0)),
    )


def _securities(market: Market, risk: Risk) -> tables.Securities:
    return frozen(
        tables.Securities(
            price=market.price,
            price_micro=market.price_micro,
            half_spread=market.half_spread,
            expense=market.expense_ratio,
            specific=risk.specific,
            loadings=risk.loadings,
            exposures=risk.exposures,
            sector=market.sector.astype(np.int64),
            tradable=market.tradable,
            fractional=market.fractional,
            wash_group=market.wash_group.astype(np.int64),
        )
    )


def _accounts(
    block: AccountBlock,
    positions: Positions,
    aimed: Aims,
    offsets: tuple[NDArray[np.int64], NDArray[np.int64]],
    memory: household.Memory,
    told: Sequence[int],
) -> tables.Accounts:
    """`offsets` (accounts + 1,) of rules and limits; `told`: accounts whose transition a person is told of."""
    settings, target = block.settings, aimed.number.copy()
    limit, tax = gain_limit(block, memory.today), settings["tax_budget"]
    target[told] = NO_TARGET
    return tables.Accounts(
        value=positions.dollars,
        cash=block.cash,
        outflow=block.outflow,
        taxable=block.taxable,
        harvest=settings["harvest"] > 0,
        short=block.realised_st - block.carryforward_st,
        long=block.realised_lt - block.carryforward_lt,
        offset=positions.offset,
        gain_room=limit.room,
        tax_budget=np.where(block.taxable & ~np.isnan(tax), tax, np.inf),
        preserved=limit.rule == GainRule.PRESERVE_UNTIL,
        risk_aversion=settings["risk_aversion"],
        drift_band=settings["drift_band"],
        cash_min=settings["cash_min"],
        cash_max=settings["cash_max"],
        cash_target=settings["cash_target"],
        sector_band=settings["sector_band"],
        band_penalty=settings["band_penalty"],
        min_trade_usd=settings["min_trade_usd"],
        min_position_usd=settings["min_position_usd"],
        min_benefit_bp=settings["min_benefit_bp"],
        ticket_usd=settings["ticket_usd"],
        max_weight=settings["max_weight"],
        max_turnover=settings["max_turnover"],
        tracking_error_target=settings["tracking_error_target"],
        tax_sensitivity=settings["tax_sensitivity"],
        st_rate=settings["st_rate"],
        lt_rate=settings["lt_rate"],
        loss_value=settings["loss_value"],
        horizon=settings["expense_horizon_years"],
        household=block.household,
        policy=memory.policy.astype(np.int64),
        forbid=settings["wash_policy"] == FORBID,
        target=target,
        alone=np.zeros(len(block), dtype=np.bool_),
        positions=positions.of_account,
        rules=offsets[0],
        limits=offsets[1],
    )


def target_table(targets: Sequence[Target]) -> tables.TargetTable:
    """Targets as kernels see them."""
    sizes = [len(target.security) for target in targets]
    return frozen(
        tables.TargetTable(
            offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            security=np.concatenate([np.empty(0), *(target.security for target in targets)]).astype(np.int64),
            weight=np.concatenate([np.empty(0), *(target.weight for target in targets)]),
        )
    )

"""What was decided for all accounts of a part, in columns: one array a figure, one table of trades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.findings import Finding
from engine.book.firm import Firm
from engine.codes import Code
from engine.decide.account import (
    CALM,
    NO_ROOM,
    TOO_SMALL,
    WIDENED,
    Outcome,
    not_worth_it,
    too_little,
)
from engine.decide.aversion import missed
from engine.decide.limited_gain import LimitedGain
from engine.decide.permitted import told_unsold
from engine.decide.positions import Positions
from engine.decide.targets import Target
from engine.decide.trades import TradeRows
from engine.decide.turnover import cap_of
from engine.ledger.rows import Ints, ascends, ordered
from kernels.decide import outcomes as whole
from kernels.decide.trades import Rows
from kernels.decide.unsold import Unsold

T = TypeVar("T")
Floats = NDArray[np.float64]
Reason = tuple[Code, str]
"""A code and what it means for an account."""

LEFT: dict[int, Reason] = {
    whole.IN_BAND: (Code.IN_BAND, CALM),
    whole.RESTRICTED: (Code.RESTRICTED, NO_ROOM),
    whole.MIN_TRADE: (Code.MIN_TRADE, TOO_SMALL),
    whole.WIDENS: (Code.NO_BENEFIT, WIDENED),
}
"""Why accounts are left alone; what else there is tells a number."""
NEWTON = "newton"
NONE = -1


@dataclass(frozen=True)
class Refusal:
    """Why an account is an exception; `stage` is `validate`, `decide` or `verify`."""

    stage: str
    code: Code
    message: str
    field: str
    value: str
    limit: str

    @classmethod
    def of(cls, finding: Finding) -> Refusal:
        """The refusal that a finding of the validator means, or one of the verifier's."""
        message = f"{finding.message}. {finding.remedy}"
        field = ".".join(part for part in (finding.table, finding.column) if part)
        stage = "verify" if finding.code == Code.WITHHELD.name else "validate"
        return cls(stage, Code[finding.code], message, field, finding.value, finding.limit)


@dataclass(frozen=True)
class Decided:
    """Accounts (accounts,) in the block's order; those of `refused` have no figures.

    `reason` numbers `reasons`, NONE where the account trades; `target` numbers `targets`; `solver` numbers `solvers`,
    NONE where nothing was solved, and `bound_bp` is NaN there and where orders miss a hard rule. Tracking error and
    drift are fractions. `declined_sales`, `declined_purchases`: names left alone for the price of a wash sale.
    `trades` (rows,) by account, `account` the one that each is of.
    """

    reasons: Sequence[Reason]
    reason: Ints
    targets: Sequence[Target]
    target: Ints
    solvers: Sequence[str]
    solver: Ints
    iterations: Ints
    te_before: Floats
    drift_before: Floats
    te_after: Floats
    drift_after: Floats
    objective_bp: Floats
    bound_bp: Floats
    declined_sales: Ints
    declined_purchases: Ints
    account: Ints
    trades: TradeRows
    refused: Mapping[int, Refusal]
    warnings: Mapping[int, Sequence[Reason]]

    def __len__(self) -> int:
        return len(self.reason)

    @property
    def sound(self) -> NDArray[np.bool_]:
        """(accounts,) True where the account was decided."""
        kept = np.ones(len(self), dtype=np.bool_)
        kept[list(self.refused)] = False
        return kept


class _Numbers(Generic[T]):
    """Distinct things by number."""

    def __init__(self) -> None:
        self._of: dict[T, int] = {}

    def __call__(self, thing: T) -> int:
        return self._of.setdefault(thing, len(self._of))

    @property
    def all(self) -> list[T]:
        return list(self._of)


def gather(
    firm: Firm,
    block: AccountBlock,
    positions: Positions,
    targets: Sequence[Target],
    target: Ints,
    out: whole.Outcomes,
    unsold: Unsold,
    rows: Rows,
    alone: Mapping[int, Outcome | Refusal],
) -> Decided:
    """Accounts decided whole (`out`, what their sell_outs leave, `rows` of their trades) and those decided alone.

    `target` (accounts,) numbers `targets`.
    """
    reasons, solvers = _Numbers[Reason](), _Numbers[str]()
    found, target = list(targets), target.copy()
    told = _told(firm, block, positions, out, _left(firm, unsold))
    reason = _reasons(block, out, told, reasons)
    solver = np.where(out.iterations >= 0, solvers(NEWTON), NONE)
    outcomes = {account: one for account, one in alone.items() if isinstance(one, Outcome)}
    for account, one in outcomes.items():
        target[account] = len(found)
        found.append(one.target)
        reason[account] = NONE if one.code is None else reasons((one.code, one.message))
        solver[account] = NONE if one.proof is None else solvers(one.proof.solver)
        _scatter(out, account, one)
    owners, trades = _trades(out, rows, outcomes)
    return Decided(
        reasons=reasons.all,
        reason=reason,
        targets=found,
        target=target,
        solvers=solvers.all,
        solver=solver,
        iterations=out.iterations,
        te_before=out.te_before,
        drift_before=out.drift_before,
        te_after=out.te_after,
        drift_after=out.drift_after,
        objective_bp=out.objective_bp,
        bound_bp=out.bound_bp,
        declined_sales=out.declined_sales,
        declined_purchases=out.declined_purchases,
        account=owners,
        trades=trades,
        refused={account: one for account, one in alone.items() if isinstance(one, Refusal)},
        warnings=told | {account: one.warnings for account, one in outcomes.items() if one.warnings},
    )


def _left(firm: Firm, unsold: Unsold) -> dict[int, tuple[Reason, ...]]:
    """What is told of the sell_outs of accounts decided whole."""
    found: dict[int, tuple[Reason, ...]] = {}
    for account, *row in zip(*(column[: unsold.used[0]].tolist() for column in unsold[:-1]), strict=True):
        found[account] = (*found.get(account, ()), told_unsold(firm, *row))
    return found


def _gained(
    firm: Firm, block: AccountBlock, positions: Positions, out: whole.Outcomes, account: int
) -> tuple[Reason, ...]:
    """What is told of the gain of an account's trades where it is over what the year's rules leave."""
    if np.isnan(out.gain[account]):
        return ()
    gained = float(out.gain[account]), float(out.tax[account])
    limit = LimitedGain.as_allowed(firm, block, account, float(positions.offset[account]), *gained)
    return limit.warnings(traded=bool(out.code[account] == whole.TRADED))


def _told(
    firm: Firm, block: AccountBlock, positions: Positions, out: whole.Outcomes, left: Mapping[int, tuple[Reason, ...]]
) -> dict[int, Sequence[Reason]]:
    """What a person is told of accounts decided whole: what their trades miss of what they ask for."""
    found: dict[int, Sequence[Reason]] = dict(left)
    settings = block.settings
    here = out.code != whole.ELSEWHERE
    for account in np.nonzero(here & (~np.isnan(out.missed) | ~np.isnan(out.exceeded) | ~np.isnan(out.gain)))[
        0
    ].tolist():
        cash = block.cash[account] / 100.0 / positions.dollars[account]
        cap = cap_of(settings["max_turnover"][account], cash_to_invest=cash > settings["cash_target"][account])
        found[account] = (
            *left.get(account, ()),
            *_gained(firm, block, positions, out, account),
            *missed(float(out.missed[account]), float(settings["tracking_error_target"][account])),
            *(() if cap is None or np.isnan(out.exceeded[account]) else cap.exceeded(float(out.exceeded[account]))),
        )
    return {account: warned for account, warned in found.items() if warned}


def _reasons(
    block: AccountBlock, out: whole.Outcomes, told: Mapping[int, Sequence[Reason]], numbers: _Numbers[Reason]
) -> Ints:
    """Why each account decided whole is left alone, NONE for the others: first of all what a person is told."""
    reason = np.full(len(block), NONE, dtype=np.int64)
    for kind, why in LEFT.items():
        alike = out.code == kind
        if alike.any():
            reason[alike] = numbers(why)
    least = block.settings["min_benefit_bp"]
    for account in np.nonzero(out.code == whole.NO_BENEFIT)[0]:
        reason[account] = numbers((Code.NO_BENEFIT, not_worth_it(float(least[account]))))
    for account in np.nonzero(out.code == whole.LITTLE_BENEFIT)[0]:
        reason[account] = numbers((Code.NO_BENEFIT, too_little(float(out.number[account]), float(least[account]))))
    for one, warned in told.items():
        if out.code[one] != whole.TRADED:
            reason[one] = numbers(warned[0])
    return reason


def _scatter(out: whole.Outcomes, account: int, one: Outcome) -> None:
    """The figures of an account decided alone, among those of the others."""
    bound = None if one.proof is None else one.proof.bound_bp
    out.te_before[account], out.drift_before[account] = one.before.tracking_error, one.before.drift
    out.te_after[account], out.drift_after[account] = one.te_after, one.drift_after
    out.objective_bp[account], out.bound_bp[account] = one.objective_bp, np.nan if bound is None else bound
    out.iterations[account] = NONE if one.proof is None else one.proof.iterations
    out.declined_sales[account], out.declined_purchases[account] = one.declined


def _trades(out: whole.Outcomes, rows: Rows, outcomes: Mapping[int, Outcome]) -> tuple[Ints, TradeRows]:
    """All trades by account, and the account of each."""
    traded = np.nonzero(out.last > out.first)[0]
    traded = traded[np.argsort(out.first[traded])]
    used = int(out.last.max(initial=0))
    here = TradeRows(
        security=rows.security[:used].astype(np.int32),
        buy=rows.buy[:used],
        lot=rows.lot[:used],
        quantity=rows.quantity[:used],
        amount=rows.amount[:used],
        basis=rows.basis[:used],
        disallowed=np.zeros(used, dtype=np.int64),
        long_term=rows.long_term[:used],
        reason=rows.reason[:used].astype(np.int8),
    )
    owners = [*traded.tolist(), *outcomes]
    sizes = [*(out.last - out.first)[traded].tolist(), *(len(one.trades) for one in outcomes.values())]
    account = np.repeat(np.array(owners, dtype=np.int64), sizes)
    trades = TradeRows.joined([here, *(one.trades for one in outcomes.values())])
    order = slice(None) if ascends(account) else ordered(account)
    return account[order], trades.where(order)

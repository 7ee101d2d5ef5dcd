"""From orders to trade rows: lots relieved in the order of sale, amounts to the cent, each row with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.book.accounts import AccountBlock
from engine.book.firm import Firm
from engine.book.schema import REASONS
from engine.decide.discrete import Answer
from engine.decide.limits import asked_by
from engine.decide.positions import Positions
from engine.decide.problem import AccountProblem
from engine.ledger.rows import Rows, sums
from kernels.lots import relieve
from kernels.money import amounts_cents

TRACK, HARVEST, CASH, SELL_OUT, TRANSITION = range(len(REASONS))
NO_LOT = -1


@dataclass(frozen=True)
class TradeRows(Rows):
    """Rows of trades; arrays (rows,). Quantities in micro-shares, money in cents.

    `lot` numbers the block's lots, -1 on a buy. `disallowed` is the loss that wash sales take away: on a sell its own,
    on a buy one of the household's last 30 days, whose term `long_term` then tells. `reason` indexes `REASONS`.
    """

    security: NDArray[np.int32]
    buy: NDArray[np.bool_]
    lot: NDArray[np.int64]
    quantity: NDArray[np.int64]
    amount: NDArray[np.int64]
    basis: NDArray[np.int64]
    disallowed: NDArray[np.int64]
    long_term: NDArray[np.bool_]
    reason: NDArray[np.int8]

    @property
    def gain(self) -> NDArray[np.int64]:
        """Cents realised; on a buy the loss that it takes away."""
        return self.amount - self.basis + self.disallowed

    def realised(self, *, long_term: bool) -> int:
        """Cents of gain of one term."""
        return int(self.gain[self.long_term == long_term].sum())

    def sum(self, *, buy: bool) -> int:
        """Cents bought or sold."""
        return int(self.amount[self.buy == buy].sum())

    @staticmethod
    def joined(parts: list[TradeRows]) -> TradeRows:
        """Rows of many accounts as one."""
        return parts[0] if len(parts) == 1 else TradeRows.stacked(parts) if parts else _NONE


_NONE = TradeRows(
    security=np.empty(0, np.int32),
    buy=np.empty(0, np.bool_),
    lot=np.empty(0, np.int64),
    quantity=np.empty(0, np.int64),
    amount=np.empty(0, np.int64),
    basis=np.empty(0, np.int64),
    disallowed=np.empty(0, np.int64),
    long_term=np.empty(0, np.bool_),
    reason=np.empty(0, np.int8),
)


def trade_rows(
    firm: Firm,
    block: AccountBlock,
    positions: Positions,
    account: int,
    case: AccountProblem,
    answer: Answer,
    *,
    cash_short: bool,
    cash_first: bool,
    cash_long: bool,
) -> TradeRows:
    """The rows of one account's orders: sells by name and lot, then buys by name.

    `cash_short`, `cash_long`: cash under what must be held, or over its cap; `cash_first`: no other reason sells.
    """
    wanted = _tracking_wants_sale(case, answer.weights)
    sells = []
    for name in np.nonzero(answer.orders < 0)[0]:
        sells.append(_sell(firm, block, positions, case, answer, int(name)))
    sold = TradeRows.joined(sells)
    at = np.searchsorted(case.names.security, sold.security)
    harvests = (sold.gain < 0) & block.taxable[account] & (block.settings["harvest"][account] > 0) & ~wanted[at]
    reason = np.where(harvests & (not cash_first), HARVEST, CASH if cash_short else TRACK)
    sale_asked, purchase_asked = asked_by(case.limits, case.names.held)
    forced = case.names.sell_out | (case.names.held > case.names.upper + 1e-9) | sale_asked
    reason = np.where(forced[at], np.where(case.names.moves[at], TRANSITION, SELL_OUT), reason).astype(np.int8)
    bought = _buys(firm, case, answer, CASH if cash_long else TRACK)
    # A purchase that a rule forces need not bring the account closer to its target.
    least = (case.names.held < case.names.lower - 1e-9) | purchase_asked
    asked = least[np.searchsorted(case.names.security, bought.security)]
    bought = replace(bought, reason=np.where(asked, TRANSITION, bought.reason).astype(np.int8))
    return TradeRows.joined([replace(sold, reason=reason), bought])


def _tracking_wants_sale(case: AccountProblem, weights: NDArray[np.float64]) -> NDArray[np.bool_]:
    """True where, at `weights`, tracking alone would go on selling at the cost of the spread; (n,).

    A loss lot sold there closes a gap; elsewhere the tax value of the loss is what pulled.
    """
    problem = case.problem
    active = weights - problem.target
    slope = 2.0 * problem.risk_aversion * (problem.loadings @ (problem.loadings.T @ active))
    slope += 2.0 * problem.curvature * active + problem.hold_cost
    wants: NDArray[np.bool_] = slope >= problem.spread
    return wants


def _sell(
    firm: Firm, block: AccountBlock, positions: Positions, case: AccountProblem, answer: Answer, name: int
) -> TradeRows:
    """Sell one name out of its lots; raises ValueError where they do not hold enough, which no order may ask."""
    quantity = -int(answer.orders[name])
    lots, most = _lots_in_order(case, answer, name, quantity)
    security = int(case.names.security[name])
    piece, proceeds, basis = (np.empty(len(lots), dtype=np.int64) for _ in range(3))
    price = int(firm.market.price_micro[security])
    left = relieve(lots, most, block.lots.quantity, block.lots.basis, quantity, price, piece, proceeds, basis)
    if left:
        raise ValueError(f"order of {quantity} micro-shares of {firm.market.ids[security]} exceeds its lots by {left}")
    used = piece > 0
    lots = lots[used]
    return TradeRows(
        security=np.full(len(lots), security, dtype=np.int32),
        buy=np.zeros(len(lots), dtype=np.bool_),
        lot=lots,
        quantity=piece[used],
        amount=proceeds[used],
        basis=basis[used],
        disallowed=np.zeros(len(lots), dtype=np.int64),
        long_term=positions.long_term[lots],
        reason=np.zeros(len(lots), dtype=np.int8),
    )


def _lots_in_order(
    case: AccountProblem, answer: Answer, name: int, quantity: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One name's lots in the order of sale, each once, and the micro-shares of each that a sale of `quantity` takes.

    A lot of which a piece goes before another lot's turn and the rest after it takes what its pieces do.
    """
    sales = answer.sales
    mine = slice(sales.offsets[name], sales.offsets[name + 1])
    segment, kind = sales.segment[mine], sales.kind[mine]
    whole, lot = case.segment_quantity[segment], case.segment_lot[segment]
    cut = np.minimum(np.rint(sales.cut[segment] / case.names.micro_weight[name]).astype(np.int64), whole)
    most = np.choose(kind, (whole, cut, whole - cut))
    part = np.clip(quantity - (np.cumsum(most) - most), 0, most)
    lots, first, number = np.unique(lot, return_index=True, return_inverse=True)
    order = np.argsort(first)
    return lots[order], sums(number, part, len(lots))[order]


def _buys(firm: Firm, case: AccountProblem, answer: Answer, reason: int) -> TradeRows:
    names = np.nonzero(answer.orders > 0)[0]
    security = case.names.security[names]
    quantity = np.ascontiguousarray(answer.orders[names])
    amount = np.empty(len(names), dtype=np.int64)
    amounts_cents(quantity, np.ascontiguousarray(firm.market.price_micro[security]), amount)
    return TradeRows(
        security=security,
        buy=np.ones(len(names), dtype=np.bool_),
        lot=np.full(len(names), NO_LOT),
        quantity=quantity,
        amount=amount,
        basis=amount,
        disallowed=np.zeros(len(names), dtype=np.int64),
        long_term=np.zeros(len(names), dtype=np.bool_),
        reason=np.full(len(names), reason, dtype=np.int8),
    )

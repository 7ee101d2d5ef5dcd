"""What the trades of a part add up to: block orders by security and side, money by account."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from kernels.jit import B1, I4, I8, I8MW, I8W, kernel, void

BOUGHT, SOLD, SHORT, LONG = range(4)
"""Columns of money by account: cents bought and sold, and gain realised of either term."""
QUANTITY, AMOUNT, ACCOUNTS = range(3)
"""Columns of block orders: micro-shares, cents, and how many accounts trade."""


@kernel(void(I4, B1, I8, I8, I8, I8W, I8MW))
def sum_orders(
    security: npt.NDArray[np.int32],
    buy: npt.NDArray[np.bool_],
    account: npt.NDArray[np.int64],
    quantity: npt.NDArray[np.int64],
    amount: npt.NDArray[np.int64],
    last: npt.NDArray[np.int64],
    orders: npt.NDArray[np.int64],
) -> None:
    """Add rows (t,) to `orders` (2 securities, 3), rows of which are a security's buys, then its sells.

    Rows of an account lie together; `last` (2 securities,) holds the last account of each order, -1 before the first.
    """
    for row in range(security.size):
        order = 2 * security[row] + (0 if buy[row] else 1)
        orders[order, QUANTITY] += quantity[row]
        orders[order, AMOUNT] += amount[row]
        if last[order] != account[row]:
            last[order] = account[row]
            orders[order, ACCOUNTS] += 1


@kernel(void(I8, B1, I8, I8, I8, B1, I8MW))
def sum_accounts(
    account: npt.NDArray[np.int64],
    buy: npt.NDArray[np.bool_],
    amount: npt.NDArray[np.int64],
    basis: npt.NDArray[np.int64],
    disallowed: npt.NDArray[np.int64],
    long_term: npt.NDArray[np.bool_],
    money: npt.NDArray[np.int64],
) -> None:
    """Add rows (t,) to `money` (accounts, 4); a row realises its amount less its basis, and what is disallowed."""
    for row in range(account.size):
        owner = account[row]
        money[owner, BOUGHT if buy[row] else SOLD] += amount[row]
        money[owner, LONG if long_term[row] else SHORT] += amount[row] - basis[row] + disallowed[row]

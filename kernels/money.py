"""Exact shares and money.

Micro-shares are int64 of 1e-6 share, micro-dollars int64 of 1e-6 USD (prices), cents int64 of 0.01 USD. A half is
rounded away from zero. Every product is exact in int64: nothing here overflows within the limits it states.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from kernels.jit import F8, I8, I8W, f8, i8, kernel, void

MICRO = 1_000_000
CENT_MICRO = 10_000
"""Micro-dollars of a cent."""
_LARGEST = 2**63 - 1


@kernel(i8(i8, i8, i8))
def mul_div_half_up(a: int, b: int, c: int) -> int:
    """`a * b / c` to the nearest integer, a half away from zero, without a 128-bit product.

    |a| and b up to 2^63 − 1, b ≥ 0, c > 0, and a result that fits int64. Where a·b does not fit, the quotient is built
    bit by bit (binary long division); remainders are compared as r ≥ c − r, because 2r might overflow.
    """
    sign = -1 if a < 0 else 1
    a = abs(a)
    if b == 0 or a <= _LARGEST // b:
        quotient = a * b // c
        remainder = a * b - quotient * c
    else:
        quotient = a // c * b + a % c * (b // c)
        factor = a % c
        bits = b % c
        part = 0
        remainder = 0
        bit = 1
        while bit <= bits >> 1:
            bit <<= 1
        while bit > 0:
            part += part
            if remainder >= c - remainder:
                remainder -= c - remainder
                part += 1
            else:
                remainder += remainder
            if bits & bit:
                if remainder >= c - factor:
                    remainder -= c - factor
                    part += 1
                else:
                    remainder += factor
            bit >>= 1
        quotient += part
    if remainder >= c - remainder:
        quotient += 1
    return sign * quotient


@kernel(i8(i8, i8, i8))
def share_of(total_cents: int, part_micro: int, whole_micro: int) -> int:
    """The cents of `total_cents` that belong to `part_micro` of `whole_micro` shares (0 ≤ part ≤ whole, whole > 0).

    Taken again and again from what is left, the shares sum to the total exactly: the last part is the whole.
    """
    return mul_div_half_up(total_cents, part_micro, whole_micro)


@kernel(void(I8, I8, I8, I8W))
def shares_of(
    totals_cents: npt.NDArray[np.int64],
    parts_micro: npt.NDArray[np.int64],
    wholes_micro: npt.NDArray[np.int64],
    out: npt.NDArray[np.int64],
) -> None:
    """`share_of` each triple; all (n,)."""
    for k in range(totals_cents.size):
        out[k] = share_of(totals_cents[k], parts_micro[k], wholes_micro[k])


@kernel(i8(i8, i8))
def amount_cents(quantity_micro: int, price_micro: int) -> int:
    """Quantity × price, to the cent. Both ≥ 0, price below 9e16 (USD 90 billion), result in int64.

    Both factors are split, shares into whole and micro, dollars into cents and 1e-4 cent, so that every product fits.
    """
    whole = quantity_micro // MICRO
    micro = quantity_micro % MICRO
    cents = price_micro // CENT_MICRO
    rest = price_micro % CENT_MICRO
    whole_rest = whole * rest
    if micro == 0:  # whole shares: two divisions in place of five
        return whole * cents + (whole_rest + 5_000) // 10_000
    micro_cents = micro * cents
    below = micro_cents % MICRO * 10_000 + whole_rest % 10_000 * MICRO + micro * rest  # in 1e-10 cent
    return whole * cents + whole_rest // 10_000 + micro_cents // MICRO + (below + 5_000_000_000) // 10_000_000_000


@kernel(void(I8, I8, I8W))
def amounts_cents(
    quantities_micro: npt.NDArray[np.int64], prices_micro: npt.NDArray[np.int64], out: npt.NDArray[np.int64]
) -> None:
    """`amount_cents` of each pair; all (n,)."""
    for k in range(quantities_micro.size):
        out[k] = amount_cents(quantities_micro[k], prices_micro[k])


@kernel(i8(f8, f8))
def basis_cents(quantity: float, cost_basis: float) -> int:
    """A lot's total basis in cents: shares × USD a share, both as the book gives them. Finite, ≥ 0, total < 2^51 cents.

    The contract rounds quantity × cost_basis to the cent; 1e-6 cent lets a half that float64 puts a hair too low still
    count as one. These operations in this order are what an independent check computes in SQL: do not rearrange.
    """
    return math.floor(quantity * cost_basis * 100.0 + 0.5 + 1e-6)


@kernel(void(F8, F8, I8W))
def bases_cents(
    quantities: npt.NDArray[np.float64], cost_bases: npt.NDArray[np.float64], out: npt.NDArray[np.int64]
) -> None:
    """`basis_cents` of each lot; all (n,)."""
    for k in range(quantities.size):
        out[k] = basis_cents(quantities[k], cost_bases[k])


@kernel(i8(f8))
def to_micro(value: float) -> int:
    """Shares in micro-shares, or USD in micro-dollars. Finite; exact for any number of six decimals below 2.2e9."""
    return math.floor(value * 1e6 + 0.5)


@kernel(void(F8, I8W))
def to_micros(values: npt.NDArray[np.float64], out: npt.NDArray[np.int64]) -> None:
    """`to_micro` of each value; both (n,)."""
    for k in range(values.size):
        out[k] = to_micro(values[k])


@kernel(i8(f8))
def to_cents(value: float) -> int:
    """USD in cents. Finite; exact for any number of two decimals below 2.2e13, of either sign."""
    return math.floor(value * 100.0 + 0.5)


@kernel(void(F8, I8W))
def to_cents_each(values: npt.NDArray[np.float64], out: npt.NDArray[np.int64]) -> None:
    """`to_cents` of each value; both (n,)."""
    for k in range(values.size):
        out[k] = to_cents(values[k])


@kernel(void(F8, f8, I8W))
def units_each(values: npt.NDArray[np.float64], scale: float, out: npt.NDArray[np.int64]) -> None:
    """Each value in units of 1/scale, to the nearest, a half up; 0 where it is not finite. Both (n,).

    1e-6 of a unit lets a half that float64 puts a hair too low still count as one.
    """
    for k in range(values.size):
        value = values[k] * scale
        out[k] = math.floor(value + 0.5 + 1e-6) if math.isfinite(value) else 0

"""The factors taken out of the Newton system, so that a small one of rows is left.

The system is I for the factors, plus CᵀD⁻¹C. Where an account has more names than factors, the Gram matrix is kept and
its factors are eliminated. Where it has no more, the names are: with G, H the free names' scaled columns of factors
and of rows, and M = I + GGᵀ, what is left of the rows is HᵀM⁻¹H (Woodbury), and no Gram matrix is needed.
"""

from __future__ import annotations

import math

from kernels.dot import dot
from kernels.jit import F8, F8MW, F8W, b1, f8, i8, kernel, void
from kernels.newton.gram import scaled_column, update_gram
from kernels.newton.work import WORK, Work
from kernels.problem import Floats


@kernel(b1(WORK), inlined=True)
def few_names(work: Work) -> bool:
    """Whether the names are eliminated, not the factors."""
    return len(work.target) <= len(work.centre)


@kernel(void(F8MW, i8, i8))
def eliminate(matrix: Floats, first: int, size: int) -> None:
    """Cholesky of the first unknowns of a symmetric system of `size` and a right-hand side, above the diagonal.

    They stand as UᵀU in their rows; the others' rows hold what remains of them. Four pivots at a time, so that a row
    is read and written once for four.
    """
    for row in range(size):
        top, pivot = min(row, first), 0
        while pivot + 4 <= top:
            one, two = matrix[pivot, row], matrix[pivot + 1, row]
            three, four = matrix[pivot + 2, row], matrix[pivot + 3, row]
            for column in range(row, size + 1):
                matrix[row, column] -= (one * matrix[pivot, column] + two * matrix[pivot + 1, column]) + (
                    three * matrix[pivot + 2, column] + four * matrix[pivot + 3, column]
                )
            pivot += 4
        while pivot < top:
            one = matrix[pivot, row]
            for column in range(row, size + 1):
                matrix[row, column] -= one * matrix[pivot, column]
            pivot += 1
        if row < first:
            scale = 1.0 / math.sqrt(matrix[row, row])
            for column in range(row, size + 1):
                matrix[row, column] *= scale


@kernel(void(F8MW, i8, F8, i8, f8, F8W))
def substitute(matrix: Floats, first: int, others: Floats, size: int, sign: float, solution: Floats) -> None:
    """The eliminated unknowns, given the others (times `sign`), of which there are `size`."""
    for row in range(first - 1, -1, -1):
        total = matrix[row, first + size]
        for other in range(size):
            total -= sign * matrix[row, first + other] * others[other]
        for known in range(row + 1, first):
            total -= matrix[row, known] * solution[known]
        solution[row] = total / matrix[row, row]


@kernel(void(WORK, i8), inner=True, inlined=True)
def _by_price(work: Work, rows: int) -> None:
    """Eliminate the factors; `entry` says which rows take part."""
    k, matrix = len(work.centre), work.system
    update_gram(work)
    for factor in range(k):
        for other in range(factor, k):
            matrix[factor, other] = work.gram[factor, other]
        matrix[factor, factor] += 1.0
        for row in range(rows):
            matrix[factor, k + row] = work.gram[factor, work.entry[row]]
        matrix[factor, k + rows] = work.gradient[factor]
    for row in range(rows):
        for other in range(row, rows):
            matrix[k + row, k + other] = work.gram[work.entry[row], work.entry[other]]
        matrix[k + row, k + rows] = work.gradient[work.entry[row]]
        work.whole[row] = work.gram[work.entry[row], work.entry[row]]
    eliminate(matrix, k, k + rows)


@kernel(i8(WORK, i8), inner=True, inlined=True)
def _by_name(work: Work, rows: int) -> int:
    """Eliminate the free names, and return how many; what is left of the rows has the opposite sign."""
    k, matrix, columns = len(work.centre), work.system, work.changed
    count = 0
    for name in range(len(work.target)):
        if work.free[name] >= 0:
            scaled_column(work, name, work.free[name], count)
            count += 1
    for row in range(rows):
        work.whole[row] = 0.0
        for other in range(row, rows):
            matrix[count + row, count + other] = 0.0
        matrix[count + row, count + rows] = work.gradient[work.entry[row]]
    for name in range(count):
        for other in range(name, count):
            matrix[name, other] = dot(columns[name, :k], columns[other, :k])
        matrix[name, name] += 1.0
        for row in range(rows):
            matrix[name, count + row] = columns[name, work.entry[row]]
            work.whole[row] += matrix[name, count + row] ** 2
        matrix[name, count + rows] = dot(columns[name, :k], work.gradient[:k])
    eliminate(matrix, count, count + rows)
    return count


@kernel(i8(WORK, i8), inner=True, inlined=True)
def reduce_to_rows(work: Work, rows: int) -> int:
    """What is left of the first `rows` rows of `entry` in `system`; returns how many unknowns stand before them."""
    if not few_names(work):
        _by_price(work, rows)
        return len(work.centre)
    count = _by_name(work, rows)
    for row in range(rows):
        for other in range(row, rows):
            work.system[count + row, count + other] *= -1.0
    return count


@kernel(void(WORK, i8, i8), inner=True, inlined=True)
def step_factors(work: Work, before: int, rows: int) -> None:
    """The step of the factors, given that of the rows."""
    k = len(work.centre)
    if not few_names(work):
        substitute(work.system, before, work.row_step, rows, 1.0, work.solution)
        for factor in range(k):
            work.step[factor] = work.solution[factor]
        return
    substitute(work.system, before, work.row_step, rows, -1.0, work.solution)
    for factor in range(k):
        work.step[factor] = work.gradient[factor]
    for name in range(before):
        for factor in range(k):
            work.step[factor] -= work.changed[name, factor] * work.solution[name]

"""The risk model as a whole: a covariance that is one, and exposures to its factors only (contract, section 1)."""

from __future__ import annotations

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book.findings import Finding, Scope
from engine.book.validation.keys import repeats
from engine.book.validation.sheet import Sheet
from engine.codes import Code

SMALLEST_EIGENVALUE: Final = -1e-8  # of the largest
ASYMMETRY: Final = 1e-9  # of the largest entry


def factors_of(covariance: Sheet) -> pa.Array:
    """The factors that the covariance names, in order of first appearance."""
    names = pa.chunked_array([covariance.text("factor_1"), covariance.text("factor_2")])
    return names.drop_null().unique()


def check_exposures(exposures: Sheet, covariance: Sheet) -> list[Finding]:
    """Exposures to factors that have no covariance."""
    if not (exposures.has("factor") and covariance.has("factor_1") and covariance.has("factor_2")):
        return []
    unknown = exposures.filled("factor") & (exposures.codes("factor", factors_of(covariance)) < 0)
    remedy = "Add the factor to risk_covariance, or remove its exposures."
    return exposures.tell(Scope.BOOK, Code.UNKNOWN_NAME, "factor", unknown, "is not in risk_covariance", remedy=remedy)


def check_covariance(sheet: Sheet) -> list[Finding]:
    """Completeness, symmetry and positive semidefiniteness of F; silent where single rows are at fault already."""
    columns = ("factor_1", "factor_2", "covariance")
    if not all(sheet.has(column) and sheet.filled(column).all() for column in columns):
        return []
    values = sheet.numbers("covariance")
    if sheet.rows == 0 or not np.isfinite(values).all() or len(repeats(sheet, columns[:2])[0]):
        return []
    factors = factors_of(sheet)
    matrix = np.full((len(factors), len(factors)), np.nan)
    row, col = sheet.codes("factor_1", factors), sheet.codes("factor_2", factors)
    matrix[row, col] = values
    return _missing(sheet, matrix, factors) or _asymmetric(sheet, matrix, row, col) or _indefinite(sheet, matrix)


def _missing(sheet: Sheet, matrix: NDArray[np.float64], factors: pa.Array) -> list[Finding]:
    pairs = np.argwhere(np.isnan(matrix))
    if len(pairs) == 0:
        return []
    named = ", ".join(f"{factors[int(i)]} with {factors[int(j)]}" for i, j in pairs[:5])
    more = f" and {len(pairs) - 5} more" if len(pairs) > 5 else ""
    remedy = "Deliver one row for every ordered pair of factors, the diagonal included."
    return [_finding(sheet, f"{len(pairs)} of {matrix.size} pairs are missing: {named}{more}", remedy)]


def _asymmetric(
    sheet: Sheet, matrix: NDArray[np.float64], row: NDArray[np.int32], col: NDArray[np.int32]
) -> list[Finding]:
    gap = np.abs(matrix - matrix.T) > ASYMMETRY * np.abs(matrix).max()
    upper = np.triu(gap)[row, col]  # each pair once
    what = "differs from the covariance of the same two factors the other way round"
    return sheet.tell(Scope.BOOK, Code.COVARIANCE_INVALID, "covariance", upper, what)


def _indefinite(sheet: Sheet, matrix: NDArray[np.float64]) -> list[Finding]:
    eigenvalues = np.linalg.eigvalsh((matrix + matrix.T) / 2)
    smallest, largest = float(eigenvalues[0]), float(eigenvalues[-1])
    if smallest >= SMALLEST_EIGENVALUE * max(largest, 0.0):
        return []
    limit = f"{SMALLEST_EIGENVALUE:g} of the largest eigenvalue, {largest:.6g}"
    what = f"the matrix is not positive semidefinite: its smallest eigenvalue is {smallest:.6g}, below {limit}"
    return [_finding(sheet, what, Code.COVARIANCE_INVALID.value, f"{smallest:.6g}", limit)]


def _finding(sheet: Sheet, what: str, remedy: str, value: str = "", limit: str = "") -> Finding:
    return Finding(
        scope=Scope.BOOK,
        code=Code.COVARIANCE_INVALID.name,
        table=sheet.spec.name,
        column="covariance",
        message=what,
        remedy=remedy,
        file=sheet.file,
        value=value,
        limit=limit,
    )

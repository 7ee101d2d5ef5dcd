"""The fitted model, and the three tables of the book that hold it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True)
class RiskModel:
    """Σ = B F Bᵀ + diag(δ), annual.

    `exposures` B (N, k); `covariance` F (k, k), exactly symmetric and positive semidefinite; `specific` δ (N,) > 0.
    """

    security_ids: tuple[str, ...]
    factor_names: tuple[str, ...]
    exposures: NDArray[np.float64]
    covariance: NDArray[np.float64]
    specific: NDArray[np.float64]

    def variance(self, weights: NDArray[np.float64]) -> float:
        """Annual variance of a portfolio with `weights` (N,)."""
        loading = self.exposures.T @ weights
        return float(loading @ self.covariance @ loading + self.specific @ weights**2)

    def rounded(self) -> RiskModel:
        """The model to about nine digits: the same on machines whose arithmetic differs in the last ones.

        Far inside what a covariance may miss of being positive semidefinite (contract, section 1).
        """
        covariance, specific = np.round(self.covariance, 12), np.maximum(np.round(self.specific, 10), 1e-10)
        return replace(self, exposures=np.round(self.exposures, 8), covariance=covariance, specific=specific)

    def tables(self) -> dict[str, pa.Table]:
        """`risk_exposures` (zeros left out), `risk_covariance` and `risk_specific`, in the book's columns."""
        names, factors = pa.array(self.security_ids), pa.array(self.factor_names)
        rows, columns = np.nonzero(self.exposures)
        first, second = np.divmod(np.arange(self.covariance.size), max(len(self.factor_names), 1))
        return {
            "risk_exposures": pa.table(
                {
                    "security_id": pa.DictionaryArray.from_arrays(rows.astype(np.int32), names),
                    "factor": pa.DictionaryArray.from_arrays(columns.astype(np.int32), factors),
                    "exposure": self.exposures[rows, columns],
                }
            ),
            "risk_covariance": pa.table(
                {
                    "factor_1": pa.DictionaryArray.from_arrays(first.astype(np.int32), factors),
                    "factor_2": pa.DictionaryArray.from_arrays(second.astype(np.int32), factors),
                    "covariance": self.covariance.ravel(),
                }
            ),
            "risk_specific": pa.table({"security_id": names, "variance": self.specific}),
        }

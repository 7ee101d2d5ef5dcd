"""How the verifier reads a column."""

from __future__ import annotations

import enum


class Kind(enum.Enum):
    """How a column is read; the value is its DuckDB type."""

    TEXT = "VARCHAR"
    REAL = "DOUBLE"
    INTEGER = "BIGINT"
    SHARES = "DECIMAL(18,6)"
    MONEY = "DECIMAL(18,2)"
    DATE = "DATE"
    BOOL = "BOOLEAN"

"""What all accounts of a firm share on their pages: securities by the names that people know, and settings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.book import columns
from engine.book.firm import Firm
from engine.book.settings import Levels


@dataclass(frozen=True)
class Names:
    """Securities in the order of their table: what they are called, micro-dollars a share, what is nearly the same.

    `as_of` is the day of the book in days since 1970-01-01.
    """

    as_of: int
    ids: pa.Array
    called: tuple[str, ...]
    price_micro: NDArray[np.int64]
    wash_group: NDArray[np.int32]
    levels: Levels


def names_of(firm: Firm, securities: pa.Table) -> Names:
    """From the firm, and its table of securities."""
    symbols, names = (
        columns.text(columns.optional(securities, name, pa.string())).to_pylist() for name in ("symbol", "name")
    )
    own = firm.market.ids.to_pylist()
    return Names(
        as_of=firm.header.as_of_days,
        ids=firm.market.ids,
        called=tuple(_called(*one) for one in zip(own, symbols, names, strict=True)),
        price_micro=firm.market.price_micro,
        wash_group=firm.market.wash_group,
        levels=firm.levels,
    )


def _called(security: str, symbol: str | None, name: str | None) -> str:
    """Symbol and name, as far as the book has them; a name that only repeats the symbol is left out."""
    short = symbol or security
    return f"{short}, {name}" if name and name != short else short

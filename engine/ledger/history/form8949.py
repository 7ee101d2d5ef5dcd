"""Form 8949 as a tax preparer reads it: sales of taxable accounts, Part I short-term, Part II long-term."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from engine.book import columns
from engine.book.schema import TERMS
from engine.ledger.text import joined

_TERMS = pa.array(TERMS)
_PARTS = pa.array(["I", "II"])


def form_8949(realised: pa.Table, year: int | None = None) -> pa.Table:
    """Rows of the form in the order of `realised`, of one tax year if asked for.

    Columns (a) to (h) of the form, after account and part. Of a wash sale, (e) is the basis with what earlier wash
    sales added to it, and (g) the loss disallowed now, code W. Dates are written as the form has them, MM/DD/YYYY.
    """
    chosen = pc.equal(realised["tax_status"], "taxable")
    if year is not None:
        chosen = pc.and_(chosen, pc.equal(pc.year(realised["sold"]), year))
    sold = realised.filter(chosen)
    return pa.table(
        {
            "account_id": sold["account_id"],
            "part": _PARTS.take(pc.index_in(sold["term"], value_set=_TERMS)),
            "(a) description": _description(sold),
            "(b) date acquired": _written(sold["acquired"]),
            "(c) date sold": _written(sold["sold"]),
            "(d) proceeds": sold["proceeds"],
            "(e) cost basis": sold["cost_basis"],
            "(f) code": sold["code"],
            "(g) adjustment": sold["adjustment"],
            "(h) gain or loss": sold["gain"],
        }
    )


def _written(dates: pa.ChunkedArray) -> pa.Array:
    """MM/DD/YYYY, written once a day and not once a row."""
    encoded = columns.flat(dates).dictionary_encode()
    return pc.strftime(encoded.dictionary, "%m/%d/%Y").take(encoded.indices)


def _description(sold: pa.Table) -> pa.ChunkedArray:
    """`100 sh. XYZ`; of cash received without a sale (a merger's, a return of capital above basis) `XYZ, cash`."""
    shares = pc.replace_substring_regex(pc.cast(sold["quantity"], pa.string()), r"\.?0+$", "")
    disposed = joined(shares, " sh. ", sold["security_id"])
    cash = pc.equal(sold["quantity"], pa.scalar(0, sold["quantity"].type))
    return pc.if_else(cash, joined(sold["security_id"], ", cash"), disposed)

"""Everything that may be wrong with a book, found in one pass: pure functions over Arrow tables.

`check_schema` reads footers, `check_firm` the firm's tables, `check_part` one part of the account tables.
"""

from engine.book.validation.firm import check_firm
from engine.book.validation.part import check_part
from engine.book.validation.reference import Reference, build_reference
from engine.book.validation.schemas import check_schema
from engine.book.validation.summary import Summary, summary

__all__ = [
    "Reference",
    "Summary",
    "build_reference",
    "check_firm",
    "check_part",
    "check_schema",
    "summary",
]

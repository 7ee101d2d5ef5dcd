"""`book.json`: what the book is called and which day it describes."""

from __future__ import annotations

import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.book.schema import SCHEMA_VERSION
from engine.errors import InputRefused


class Header(BaseModel):
    """The book's own description. `as_of` is the day it is rebalanced for; money is in `currency`."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    version: int = Field(alias="schema", ge=SCHEMA_VERSION, le=SCHEMA_VERSION)
    as_of: datetime.date
    currency: str = Field(pattern="^USD$")
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")

    @property
    def as_of_days(self) -> int:
        """`as_of` in days since 1970-01-01."""
        return (self.as_of - datetime.date(1970, 1, 1)).days


def parse_header(data: bytes) -> Header:
    """Read `book.json`. Raises `InputRefused` that names every wrong key."""
    try:
        return Header.model_validate_json(data)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']) or 'the file'}: {fault['msg']}" for fault in error.errors()
        )
        raise InputRefused(
            f"book.json is not a book header: {faults}",
            where="book.json",
            remedy='Write {"schema": 1, "as_of": "YYYY-MM-DD", "currency": "USD", "name": "letters, digits, . _ -"}.',
        ) from error

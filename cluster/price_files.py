"""Price and constituent files that a user has at hand: CSV or Parquet, by a path or a URI."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.csv as csv

from cluster.storage import open_storage
from cluster.storage.tables import parse_table
from engine.errors import InputRefused, UsageError


def read_file(uri: str) -> pa.Table:
    """Read one CSV or Parquet file as a table.

    Raises `UsageError` for another suffix, `InputRefused` where the content does not fit it, `ObjectMissing`.
    """
    folder, _, name = uri.rpartition("/")
    data = open_storage(folder or ("/" if uri.startswith("/") else ".")).read(name)
    if name.endswith(".parquet"):
        return parse_table(data, uri)
    if not name.endswith(".csv"):
        raise UsageError("neither .csv nor .parquet", where=uri, remedy="Name a CSV or a Parquet file.")
    try:
        return csv.read_csv(pa.BufferReader(data))
    except pa.ArrowInvalid as error:
        first_line = str(error).partition("\n")[0]
        raise InputRefused(
            f"not a sound CSV file: {first_line}", where=uri, remedy="Write the file again, with a header line."
        ) from error


def sectors_of(constituents: pa.Table, symbols: tuple[str, ...], where: str) -> list[str]:
    """Sector of each of `symbols`, from the columns `symbol` and `gics_sector` or `sector`; `Other` where absent.

    Raises `InputRefused` where the columns are missing.
    """
    column = next((name for name in ("gics_sector", "sector") if name in constituents.column_names), None)
    if column is None or "symbol" not in constituents.column_names:
        raise InputRefused(
            "columns are missing", where=where, remedy="Constituents need the columns symbol and gics_sector."
        )
    known = dict(zip(constituents["symbol"].to_pylist(), constituents[column].to_pylist(), strict=True))
    return [known.get(symbol) or "Other" for symbol in symbols]

"""The firm's tables: what refuses the book, what makes a model faulty, what is worth a note."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.book import columns
from engine.book.findings import Finding, Scope
from engine.book.schema import BOOK_TABLES, FIRM_TABLES, SETTING_COLUMNS
from engine.book.settings import DEFAULTS, Levels, encode, resolve
from engine.book.validation.column_rules import Wrong, column_faults
from engine.book.validation.keys import check_key
from engine.book.validation.models import check_models
from engine.book.validation.prices import usable_price
from engine.book.validation.risk_model import check_covariance, check_exposures
from engine.book.validation.sheet import Sheet
from engine.codes import Code

EPOCH: Final = datetime.date(1970, 1, 1)
_NAMED: Final = 5
# Faults of these are told elsewhere: a price concerns who holds the name, a weight its model.
_NOT_THE_FIRMS: Final = frozenset({("securities", "price"), ("securities", "price_date"), ("models", "weight")})


def check_firm(
    as_of: datetime.date,
    tables: Mapping[str, pa.Table],
    settings: Mapping[str, object],
    files: Mapping[str, str] | None = None,
) -> list[Finding]:
    """All faults of the firm's tables and settings in one pass.

    `settings` passed `firm_settings`; `files` names each table's file in the findings (default: the table's name).
    Columns that are missing or of the wrong kind are told by `check_schema` and skipped here.
    """
    sheets = {name: Sheet.of(name, tables, files or {}) for name in FIRM_TABLES}
    return [
        *_check_presence(tables, files or {}),
        *(finding for sheet in sheets.values() for finding in _check_columns(sheet)),
        *(finding for sheet in sheets.values() for finding in _check_keys(sheet)),
        *check_exposures(sheets["risk_exposures"], sheets["risk_covariance"]),
        *check_covariance(sheets["risk_covariance"]),
        *check_models(sheets["models"], sheets["securities"].text("security_id")),
        *_check_settings(settings),
        *_note_prices(as_of, sheets["securities"], settings),
        *_note_names(sheets),
    ]


def _check_presence(tables: Mapping[str, pa.Table], files: Mapping[str, str]) -> list[Finding]:
    missing = Code.TABLE_MISSING
    return [
        Finding(
            Scope.BOOK,
            missing.name,
            name,
            "",
            f"the table {'has no rows' if name in tables else 'is missing'} ({BOOK_TABLES[name].meaning})",
            missing.value,
            file=files.get(name, name),
        )
        for name in FIRM_TABLES
        if BOOK_TABLES[name].required and (name not in tables or tables[name].num_rows == 0)
    ]


def _check_columns(sheet: Sheet) -> Iterator[Finding]:
    for fault in column_faults(sheet):
        if (sheet.spec.name, fault.column.name) not in _NOT_THE_FIRMS:
            code = Code.NULL_VALUE if fault.wrong is Wrong.EMPTY else Code.BAD_VALUE
            yield from sheet.tell(Scope.BOOK, code, fault.column.name, fault.faulty, fault.what, limit=fault.limit)


def _check_keys(sheet: Sheet) -> list[Finding]:
    if sheet.spec.name == "models":
        return check_key(sheet, ("model_id", "security_id")) + check_key(sheet, ("model_id", "child_model_id"))
    return check_key(sheet, sheet.spec.key)


def _check_settings(settings: Mapping[str, object]) -> Iterator[Finding]:
    """Firm-wide settings that would make an exception of every account refuse the book instead."""
    firm = resolve(pa.table({"account_id": [""]}), Levels.of(None, settings))
    low, target, high = (float(firm[name][0]) for name in ("cash_min", "cash_target", "cash_max"))
    if not low <= target <= high:
        what = f"cash_min {low:g}, cash_target {target:g}, cash_max {high:g} are out of order"
        yield _setting(Code.SETTINGS_CONFLICT, "cash_target", what, f"{target:g}")


def _setting(code: Code, name: str, what: str, value: str) -> Finding:
    return Finding(Scope.BOOK, code.name, "settings", name, what, code.value, file="[settings]", value=value)


def _note_prices(as_of: datetime.date, sheet: Sheet, settings: Mapping[str, object]) -> Iterator[Finding]:
    """Prices that make exceptions of those who hold or target the name, and of nobody else."""
    if not (sheet.has("price") and sheet.has("price_date")):
        return
    price, day = sheet.numbers("price"), sheet.days("price_date").astype(np.int64)
    today = (as_of - EPOCH).days
    priced, dated = usable_price(price), day != columns.NO_DATE
    oldest = encode(SETTING_COLUMNS["max_price_age_days"], settings.get("max_price_age_days"))
    oldest = float(DEFAULTS["max_price_age_days"]) if np.isnan(oldest) else oldest
    limit = f"at most {oldest:g} days before {as_of}"
    who = "; who holds or targets the security becomes an exception"
    yield from sheet.tell(Scope.NOTE, Code.PRICE_MISSING, "price", ~priced, f"is not a price{who}", limit="above 0")
    stale = priced & (~dated | (today - day > oldest))
    yield from sheet.tell(Scope.NOTE, Code.PRICE_STALE, "price_date", stale, f"is not recent{who}", limit=limit)
    future = priced & dated & (day > today)
    yield from sheet.tell(Scope.NOTE, Code.DATE_INVALID, "price_date", future, f"is after as_of{who}")


def _note_names(sheets: Mapping[str, Sheet]) -> Iterator[Finding]:
    """Names that a list holds and securities does not: harmless, unless they are misspelt."""
    securities = sheets["securities"].text("security_id")
    for table, column in (("screens", "security_id"), ("substitutes", "security_id"), ("substitutes", "substitute_id")):
        sheet = sheets[table]
        unknown = sheet.filled(column) & (sheet.codes(column, securities) < 0)
        names = sheet.text(column).filter(pa.array(unknown))
        yield from _note(sheet, column, Code.UNKNOWN_NAME, names, "names are not in securities")
    if sheets["risk_specific"].has("security_id"):
        known = sheets["risk_specific"].text("security_id")
        without = securities.filter(pc.invert(pc.is_in(securities, value_set=known)))
        what = "securities have no specific variance; who holds or targets them becomes an exception"
        yield from _note(sheets["risk_specific"], "security_id", Code.RISK_MISSING, without, what)


def _note(sheet: Sheet, column: str, code: Code, names: pa.Array, what: str) -> Iterator[Finding]:
    names = names.drop_null().unique()
    if len(names):
        shown = ", ".join(str(name) for name in names[:_NAMED])
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        message = f"{len(names):,} {what}: {shown}{more}"
        yield Finding(Scope.NOTE, code.name, sheet.spec.name, column, message, code.value, file=sheet.file)

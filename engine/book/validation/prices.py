"""Names that an account holds, or its model comes to, and that cannot be priced or have no risk today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from engine.book import columns
from engine.book.findings import Finding, Scope
from engine.book.validation.account_rules import first_rows
from engine.book.validation.reference import Reference
from engine.book.validation.sheet import MOST_TOLD_OF_ONE, Mask, OwnedSheet, first_of_each
from engine.codes import Code

LEAST_PRICE: Final = 1e-6
"""USD a share; prices are kept to a micro-dollar."""


def usable_price(price: NDArray[np.float64]) -> Mask:
    """True where a price is a finite number above zero."""
    return np.isfinite(price) & (price >= LEAST_PRICE)


def check_prices(
    accounts: OwnedSheet,
    lots: OwnedSheet,
    security: NDArray[np.int32],
    oldest: NDArray[np.float64],
    reference: Reference,
    files: Mapping[str, str],
) -> Iterator[Finding]:
    """One finding an account and name, pointing at where the name's price or risk should be.

    `security` (lots,) indexes securities, -1 for unknown; `oldest` (accounts' rows,) is `max_price_age_days`.
    """
    rows = first_rows(accounts)
    oldest = np.where(oldest[rows] >= 0, oldest[rows], np.inf)  # a negative one is told as out of range
    priced, age = usable_price(reference.price), _age(reference)
    strictest = np.min(oldest, initial=np.inf)
    suspect = ~priced | ~reference.has_risk | (age > strictest) | (age < 0)
    if not suspect.any():
        return
    account, name, held = _pairs(accounts, lots, security, suspect, reference, rows)
    rules = (
        (Code.PRICE_MISSING, "securities", "price", ~priced[name], "above 0"),
        (Code.PRICE_STALE, "securities", "price_date", priced[name] & (age[name] > oldest[account]), "{0:g} days"),
        (Code.DATE_INVALID, "securities", "price_date", priced[name] & (age[name] < 0), "at most as_of"),
        (Code.RISK_MISSING, "risk_specific", "security_id", ~reference.has_risk[name], ""),
    )
    for code, table, column, faulty, limit in rules:
        at = np.flatnonzero(faulty)
        for pair in at[first_of_each(account[at], MOST_TOLD_OF_ONE)]:
            who, index = int(account[pair]), int(name[pair])
            security_id = str(reference.securities[index].as_py())
            value, what = _told(code, reference, index)
            why = "is held" if held[pair] else f"is named by the model {accounts.cell('model_id', int(rows[who]))}"
            yield Finding(
                scope=Scope.ACCOUNT,
                code=code.name,
                table=table,
                column=column,
                message=f"{security_id} {what} and {why}",
                remedy=code.value,
                file=files.get(table, table),
                row=index if table == "securities" else None,
                key=f"security_id={security_id}",
                subject=str(accounts.subjects[who].as_py()),
                value=value,
                limit=limit.format(oldest[who]),
            )


def _age(reference: Reference) -> NDArray[np.float64]:
    """Days from each price to as_of, weekends counted; infinite where the price has no date."""
    day = reference.price_day.astype(np.float64)
    return np.where(reference.price_day == columns.NO_DATE, np.inf, reference.as_of - day)


def _pairs(
    accounts: OwnedSheet,
    lots: OwnedSheet,
    security: NDArray[np.int32],
    suspect: Mask,
    reference: Reference,
    rows: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], Mask]:
    """Each account with each suspect name that it holds or targets, once, and whether it holds it."""
    count = len(suspect)
    lot = (lots.owner >= 0) & np.append(suspect, False)[security]
    held = lots.owner[lot].astype(np.int64) * count + security[lot]
    targeted = [np.empty(0, dtype=np.int64)]
    model = accounts.codes("model_id", reference.model_ids)[rows]
    for followed in np.unique(model[model >= 0]):
        wanted = reference.targets[followed][suspect[reference.targets[followed]]]
        followers = np.flatnonzero(model == followed)
        targeted.append((followers[:, None] * count + wanted).ravel())
    pairs = np.unique(np.concatenate([held, *targeted]))
    return pairs // count, pairs % count, np.isin(pairs, held)


def _told(code: Code, reference: Reference, index: int) -> tuple[str, str]:
    """The value at fault and what is wrong with it."""
    if code is Code.PRICE_MISSING:
        price = float(reference.price[index])
        return ("", "has no price") if np.isnan(price) else (f"{price:g}", f"has the price {price:g}")
    if code is Code.RISK_MISSING:
        return "", "has no specific variance"
    day = int(reference.price_day[index])
    if day == columns.NO_DATE:
        return "", "has a price without price_date"
    date = str(np.datetime64(day, "D"))
    return date, f"has a price of {date}"

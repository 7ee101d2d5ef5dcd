"""What a finished part sends back instead of data: keys, rows, checksums, counts. Kept in the envelope for `resume`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict, ValidationError

from cluster import layout
from cluster.plan import canonical_json
from cluster.sampling import Compared
from cluster.storage import Storage
from engine.errors import ObjectMissing

MERGED_TABLES = frozenset({"orders", "targets"})
"""Tables that the reduce step merges."""
PARTIAL = "partial"
"""The file of a part's own, see `cluster.partial`."""


class OutputFile(BaseModel):
    """One file of the run. `key` is relative to `<out>`, `sha256` of the file's bytes."""

    model_config = ConfigDict(frozen=True)

    key: str
    table: str
    part: int
    sha256: str
    rows: int
    bytes: int


class Receipt(BaseModel):
    """One finished part.

    `totals` are additive integers (money in cents), `sample` the accounts solved again: both enter the manifest.
    `codes` counts accounts by "STATUS CODE", `tracking` sums tracking error (annual) over `tracked` accounts before and
    after; `seconds` is time by stage, `deciding` what each account of the sample took, `peak_rss` the worker's peak
    resident memory in bytes, `finished` when it ended, in ISO 8601: these are for people, not for the manifest.
    """

    model_config = ConfigDict(frozen=True)

    part: int
    files: tuple[OutputFile, ...]
    totals: dict[str, int]
    codes: dict[str, int] = {}
    tracked: int = 0
    tracking: tuple[float, float] = (0.0, 0.0)
    violations: int = 0
    violation_texts: tuple[str, ...] = ()
    sample: tuple[Compared, ...] = ()
    seconds: dict[str, float] = {}
    deciding: tuple[float, ...] = ()
    peak_rss: int = 0
    finished: str = ""


def save(out: Storage, run_id: str, receipt: Receipt) -> None:
    """Keep the receipt; the part is finished from here on."""
    out.write(layout.receipt_key(run_id, receipt.part), canonical_json(receipt.model_dump(mode="json")))


def load(out: Storage, run_id: str, part: int) -> Receipt | None:
    """The receipt of a part that an earlier attempt finished, if all its files are still there, else None."""
    try:
        receipt = Receipt.model_validate_json(out.read(layout.receipt_key(run_id, part)))
        whole = all(out.size(file.key) == file.bytes for file in receipt.files)
    except (ObjectMissing, ValidationError):
        return None
    return receipt if whole else None


def add_totals(receipts: Iterable[Receipt]) -> dict[str, int]:
    """Sum of the parts' totals, in any order the same."""
    total: Counter[str] = Counter()
    for receipt in receipts:
        total.update(receipt.totals)
    return dict(sorted(total.items()))


def add_codes(receipts: Iterable[Receipt]) -> dict[str, int]:
    """Accounts by "STATUS CODE" over the parts, most frequent first."""
    total: Counter[str] = Counter()
    for receipt in receipts:
        total.update(receipt.codes)
    return dict(sorted(total.items(), key=lambda item: (-item[1], item[0])))


def count_status(codes: Mapping[str, int], status: str) -> int:
    """Accounts of one status among counts by "STATUS CODE"."""
    return sum(count for code, count in codes.items() if code.split()[0] == status)

"""The run's TOML: `[settings]` for the engine, `[gates]` for publication, `[sample]` for what is solved again."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cluster.sampling import Sample
from engine.book.settings import firm_settings
from engine.errors import InputRefused, UsageError

M = TypeVar("M", bound=BaseModel)


class Gates(BaseModel):
    """Limits of the whole run. A run beyond one is not published, and there is no override but another limit.

    Notionals in USD; `max_adv_share` is the largest block order over a name's average daily volume;
    `max_accounts_changed` and `max_exceptions` are fractions of all accounts. None: no limit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    max_gross_notional: float | None = Field(default=None, ge=0)
    max_net_notional: float | None = Field(default=None, ge=0)
    max_adv_share: float | None = Field(default=None, ge=0)
    max_accounts_changed: float | None = Field(default=None, ge=0, le=1)
    max_exceptions: float | None = Field(default=None, ge=0, le=1)


@dataclass(frozen=True)
class RunFile:
    """What the operator decides for a run. Settings are the firm's level; the book's policies and accounts go first."""

    settings: Mapping[str, object] = field(default_factory=dict)
    gates: Gates = field(default_factory=Gates)
    sample: Sample = field(default_factory=Sample)


def read_run_file(path: Path | None) -> RunFile:
    """Read and check a run's TOML; without one, defaults. Raises `UsageError` or `InputRefused`."""
    if path is None:
        return RunFile()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the settings file: {error.strerror}", where=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputRefused(f"not TOML: {error}", where=str(path), remedy="Correct the line named.") from error
    return parse_run_file(document, str(path))


def parse_run_file(document: Mapping[str, object], where: str) -> RunFile:
    """Check the tables of a run's TOML. Raises `InputRefused` naming every wrong key."""
    unknown = sorted(set(document) - {"settings", "gates", "sample"})
    if unknown:
        raise InputRefused(
            f"unknown tables: {', '.join(unknown)}",
            where=where,
            remedy="Settings stand under [settings], [gates] or [sample].",
        )
    tables = {name: document.get(name, {}) for name in ("settings", "gates", "sample")}
    settings, gates, sample = tables.values()
    if not (isinstance(settings, Mapping) and isinstance(gates, Mapping) and isinstance(sample, Mapping)):
        raise InputRefused(
            "settings, gates and sample are tables", where=where, remedy="Write [settings], [gates] and [sample]."
        )
    return RunFile(
        firm_settings(settings), _checked(Gates, "gates", gates, where), _checked(Sample, "sample", sample, where)
    )


def _checked(model: type[M], name: str, table: Mapping[str, object], where: str) -> M:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise InputRefused(
            f"wrong {name}: {faults}", where=f"{where} [{name}]", remedy=f"Keys are {', '.join(model.model_fields)}."
        ) from error

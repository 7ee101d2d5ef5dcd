"""The run's TOML: `[settings]` for the engine, `[gates]` for publication."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from engine.book.settings import firm_settings
from engine.errors import InputRefused, UsageError


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
    unknown = sorted(set(document) - {"settings", "gates"})
    if unknown:
        raise InputRefused(
            f"unknown tables: {', '.join(unknown)}", where=where, remedy="Settings stand under [settings] or [gates]."
        )
    settings, gates = (document.get(name, {}) for name in ("settings", "gates"))
    if not isinstance(settings, Mapping) or not isinstance(gates, Mapping):
        raise InputRefused("settings and gates are tables", where=where, remedy="Write [settings] and [gates].")
    return RunFile(firm_settings(settings), _gates(gates, where))


def _gates(table: Mapping[str, object], where: str) -> Gates:
    try:
        return Gates.model_validate(table)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise InputRefused(
            f"wrong gates: {faults}", where=f"{where} [gates]", remedy=f"Gates are {', '.join(Gates.model_fields)}."
        ) from error

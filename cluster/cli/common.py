"""What all commands share: --json, errors as messages, the executor and its options."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from engine.errors import UsageError, WholebookError

Function = Callable[..., Any]

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for machines.")


def tell_error(error: WholebookError, *, as_json: bool) -> None:
    """Say what failed, where, and what to do."""
    if as_json:
        told = {"kind": type(error).__name__, "what": error.what, "where": error.where, "remedy": error.remedy}
        print_json({"error": told, "exit": error.exit_code})
        return
    click.secho(f"{type(error).__name__}: {error.what}", fg="red", err=True)
    for label, text in (("where", error.where), ("what to do", error.remedy)):
        if text:
            click.echo(f"  {label}: {text}", err=True)


def print_json(document: object) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))


def write_page(out: Path, page: str) -> None:
    """Write a page to a file of this machine. Raises `UsageError` where it cannot be written."""
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write: {error.strerror}", where=str(out), remedy="Name another file.") from error


settings_option = click.option(
    "--settings", type=click.Path(path_type=Path), metavar="FILE", help="TOML with [settings] and [gates]."
)


def executor_options(function: Function) -> Function:
    """`--workers` and `--ray-address`."""
    workers = click.option(
        "--workers",
        type=click.IntRange(min=0),
        help="Most tasks at a time; 0 runs in this process, without Ray. Default: all cores.",
    )
    address = click.option(
        "--ray-address",
        envvar="RAY_ADDRESS",
        help="A running Ray cluster (auto, HOST:PORT or ray://HOST:PORT) instead of one on this machine.",
    )
    return workers(address(function))


RUN_MODULES = ("cluster.preload",)
"""What workers of a run load as they start."""


@contextmanager
def executor(workers: int | None, ray_address: str | None, preload: Sequence[str] = ()) -> Iterator[Any]:
    """The executor that the options ask for, closed afterwards; `preload` as `RayExecutor` has it."""
    from cluster.executors import InlineExecutor

    if workers == 0:
        yield InlineExecutor()
        return
    from cluster.ray_executor import RayExecutor

    opened = RayExecutor(workers, ray_address, preload)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def observer() -> Iterator[Any]:
    """Progress on standard error, closed afterwards."""
    from cluster.observe import make_observer

    opened = make_observer()
    try:
        yield opened
    finally:
        opened.close()

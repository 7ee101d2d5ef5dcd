"""What a benchmark keeps: one JSON line with the machine, the code and the rows, for comparison over time."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cluster.identity import library_versions
from cluster.threads import cores


def make_line(benchmark: str, options: Mapping[str, object], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The result as it is kept; benchmarks/results/README.md says what a line means."""
    commit, clean = _code()
    return {
        "benchmark": benchmark,
        "commit": commit,
        "clean": clean,
        "cpu": _cpu(),
        "cores": cores(),
        "load": round(os.getloadavg()[0], 1),
        "versions": {"python": platform.python_version(), **library_versions()},
        "options": dict(options),
        "rows": [dict(row) for row in rows],
    }


def append_line(folder: Path, line: Mapping[str, Any]) -> None:
    """Append the line to `folder/<benchmark>.jsonl`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{line['benchmark']}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _code() -> tuple[str | None, bool]:
    """The commit, and whether the code is exactly it; None where this is no git checkout."""
    try:
        commit = _git("rev-parse", "HEAD").strip()[:12]
        return commit, not _git("status", "--porcelain", "--", ".", ":!benchmarks/results")
    except (OSError, subprocess.CalledProcessError):
        return None, False


def _git(*args: str) -> str:
    root = Path(__file__).parents[2]
    return subprocess.run(["git", *args], cwd=root, capture_output=True, text=True, check=True).stdout


def _cpu() -> str:
    """The processor's name as Linux tells it, elsewhere what Python knows."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()

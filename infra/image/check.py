"""Is this image fit to run? Run inside it, as its user: `python check.py`. Exit 1 with the reasons where it is not.

`cluster` and `kernels` are names of other distributions on PyPI too: one of those, pulled in by a dependency, would
overwrite ours without a word.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import pkgutil
import shutil
import subprocess
import sys
from collections.abc import Iterator

PACKAGES = ("cluster", "engine", "kernels")
BUILD_TOOLS = ("gcc", "cc", "g++", "make", "pip", "pip3", "uv")


def foreign_owners() -> Iterator[str]:
    """Each of our packages that does not belong to the distribution wholebook alone."""
    owners = importlib.metadata.packages_distributions()
    for package in PACKAGES:
        found = sorted(set(owners.get(package, [])))
        if found != ["wholebook"]:
            yield f"package {package} belongs to {found or 'nobody'}, not to wholebook alone"


def wrong_user() -> Iterator[str]:
    """The image runs as an ordinary user who can write the kernels' cache and no code."""
    if os.getuid() == 0:
        yield "it runs as root"
    code = [sys.prefix, *(folder for name in PACKAGES for folder in importlib.import_module(name).__path__)]
    if any(os.access(folder, os.W_OK) for folder in code):
        yield "its user can change the installed code"
    if not os.access(os.environ["NUMBA_CACHE_DIR"], os.W_OK):
        yield "its user cannot write NUMBA_CACHE_DIR"


def build_tools() -> Iterator[str]:
    """Tools that only a build needs, and an intruder likes."""
    for tool in BUILD_TOOLS:
        if shutil.which(tool):
            yield f"it holds a build tool: {shutil.which(tool)}"


def broken_program() -> Iterator[str]:
    """The command, every kernel and the verifier, which compiles some code of its own, load."""
    for module in pkgutil.iter_modules(importlib.import_module("kernels").__path__, "kernels."):
        importlib.import_module(module.name)
    importlib.import_module("engine.prove.verify")
    result = subprocess.run(["wholebook", "--help"], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        yield f"wholebook --help failed: {result.stderr.strip()}"


def main() -> None:
    """Run every check and report all that is wrong."""
    faults = [fault for check in (foreign_owners, wrong_user, build_tools, broken_program) for fault in check()]
    for fault in faults:
        print(f"not fit: {fault}", file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()

"""Which code computes a run: part of the run's identity, and checked again on every worker."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("cluster", "engine", "kernels")
LIBRARIES = ("clarabel", "numba", "numpy", "osqp", "pyarrow", "scipy")
"""Libraries whose version may change a number or a byte of the output."""


@functools.cache
def library_versions() -> Mapping[str, str]:
    """Installed versions of the libraries that decide bytes, read once a process."""
    return {name: version(name) for name in LIBRARIES}


@functools.cache
def code_identity() -> str:
    """sha256 over the sources of the three packages and the library versions.

    It is read once a process, at first use: code that changes on disk during a run is not the code that runs.
    """
    digest = hashlib.sha256()
    for package in PACKAGES:
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise ModuleNotFoundError(f"package {package} is not installed")
        root = Path(spec.submodule_search_locations[0])
        for source in sorted(root.rglob("*.py")):
            digest.update(f"{package}/{source.relative_to(root).as_posix()}\0".encode())
            digest.update(source.read_bytes())
            digest.update(b"\0")
    for name, number in sorted(library_versions().items()):
        digest.update(f"{name}=={number}\0".encode())
    return digest.hexdigest()

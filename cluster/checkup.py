"""What must work before a run can: versions, kernels, storage, Ray. Each check is made as the run would use it."""

from __future__ import annotations

import inspect
import platform
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cluster.identity import code_identity, library_versions
from cluster.storage import open_storage
from cluster.threads import cores
from engine.errors import ObjectExists, WholebookError


@dataclass(frozen=True)
class Check:
    """One check's result, in words."""

    name: str
    ok: bool
    told: str


def checks(uri: str | None, *, ray: bool, ray_address: str | None) -> Iterator[Check]:
    """All checks, in order of cost."""
    yield _check("versions", _versions)
    yield _check("kernels", _kernels)
    if uri is not None:
        yield _check("storage", lambda: _storage(uri))
    if ray:
        yield _check("ray", lambda: _ray(ray_address))


def _check(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, True, check())
    except WholebookError as error:
        return Check(name, False, str(error))
    except Exception as error:  # whatever is wrong with the machine, the other checks go on
        return Check(name, False, f"{type(error).__name__}: {error}")


def _versions() -> str:
    versions = ", ".join(f"{name} {number}" for name, number in library_versions().items())
    return f"python {platform.python_version()}, {versions}, code {code_identity()[:12]}, {cores()} cores"


def _kernels() -> str:
    """Kernels compile (or load from the cache) and run. Numba falls back to the user's cache folder by itself."""
    from kernels import taxes

    kernel: Any = taxes.tax_cost
    kernel(*[0.0] * len(inspect.signature(kernel).parameters))
    stats = getattr(kernel, "stats", None)
    if stats is None:
        return "run as plain Python: NUMBA_DISABLE_JIT is set, and a run would be very slow"
    return f"compiled, {'from' if stats.cache_hits else 'into'} the cache at {stats.cache_path}"


def _storage(uri: str) -> str:
    """Write, read back, list, create conditionally twice, delete."""
    storage = open_storage(uri)
    key = f"doctor/{secrets.token_hex(8)}"
    try:
        storage.write(key, b"written")
        if storage.read(key) != b"written" or [info.key for info in storage.list(key)] != [key]:
            raise WholebookError("what was written is not what is read", where=f"{storage.uri}/{key}")
        try:
            storage.create(key, b"created")
        except ObjectExists:
            return f"{storage.uri} reads, writes and creates conditionally"
        raise WholebookError(
            "a conditional create replaced an object: two runs could both publish",
            where=storage.uri,
            remedy="Use a store that honours If-None-Match, or a local file system with hard links.",
        )
    finally:
        storage.delete(key)


def _ray(address: str | None) -> str:
    from cluster.ray_executor import RayExecutor

    executor = RayExecutor(None if address else 1, address)
    try:
        ticket = executor.submit(_remote)
        if executor.wait([ticket], timeout=60.0) is None:
            raise WholebookError("Ray started no worker within 60 s", where=address or "this machine")
        version, code = executor.result(ticket)
        if code != code_identity():
            raise WholebookError(
                "workers have other code than this machine", remedy="Install the same version everywhere."
            )
        return f"a worker answered, python {version}, {executor.workers} workers"
    finally:
        executor.close()


def _remote() -> tuple[tuple[str, str], None]:
    return (platform.python_version(), code_identity()), None

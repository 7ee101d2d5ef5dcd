"""Tasks on Ray: a cluster of our own on this machine, or one that `--ray-address` names."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import signal
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from cluster.executors import Handle, TaskFunction, Ticket, WorkerLost
from cluster.threads import ENVIRONMENT, cores
from engine.errors import Unfinished, WholebookError

OBJECT_STORE_BYTES = 256 << 20
"""Shared memory for what is sent to all workers: the firm's tables, a few MB. Parts never pass through it."""

_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",  # an abandoned task's error is nobody's to handle
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
_TOKEN = secrets.token_hex(32)  # Ray caches the token for the life of the process, so one process has one


class RayExecutor:
    """Connects on creation; `close` disconnects, and ends the cluster where it was started here.

    `workers` bounds how many tasks run at a time; without it, all cores of the machine or the cluster. Workers that are
    started here load the modules `preload` at once, not when the first task comes.
    """

    def __init__(self, workers: int | None = None, address: str | None = None, preload: Sequence[str] = ()) -> None:
        self._replaced: dict[str, str | None] = {}
        self._folder: Path | None = None
        self._set_environment(_ENVIRONMENT)
        on_sigterm = signal.getsignal(signal.SIGTERM)
        try:
            if address is None:
                self._start(workers or cores(), preload)
            else:
                self._connect(address)
        except (ConnectionError, RuntimeError, ValueError, OSError) as error:
            self.close()
            raise Unfinished(
                f"Ray did not start: {error}",
                where=address or "this machine",
                remedy="Check the address and the token (RAY_AUTH_TOKEN_PATH); `--workers 0` works without Ray.",
            ) from error
        import ray

        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, on_sigterm)  # Ray's own handler would end the process without a word
        self._ray = ray
        self.workers = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._remote: dict[TaskFunction, Any] = {}

    def _start(self, workers: int, preload: Sequence[str]) -> None:
        """Start a cluster that only this process can use, with its files in a private folder.

        Its workers inherit their variables from this process: those that a job brings along make Ray set aside the
        workers that it has started, and start others with the first task.
        """
        self._set_environment(ENVIRONMENT)
        self._folder = Path(tempfile.mkdtemp(prefix="wholebook-"))
        if not _user_has_token():
            token = self._folder / "token"
            token.touch(mode=0o600)
            token.write_text(_TOKEN)
            self._set_environment({"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)})
            _read_token_again()
        import ray

        ray.init(
            address="local",
            num_cpus=workers,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            object_store_memory=OBJECT_STORE_BYTES,
            _system_config={"preload_python_modules": list(preload)},
            _temp_dir=str(self._folder),
        )

    def _connect(self, address: str) -> None:
        import ray

        ray.init(
            address=address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": ENVIRONMENT},
        )

    def _set_environment(self, variables: Mapping[str, str]) -> None:
        for name, value in variables.items():
            self._replaced.setdefault(name, os.environ.get(name))
            os.environ[name] = value

    def share(self, value: object) -> Handle:
        """See `Executor.share`."""
        return Handle(self._ray.put(value))

    def submit(self, function: TaskFunction, *args: object) -> Ticket:
        """Start a task on one core. Attempts are counted by our state machine, not by Ray."""
        if function not in self._remote:
            self._remote[function] = self._ray.remote(function).options(num_returns=2, num_cpus=1, max_retries=0)
        values = [arg.value if isinstance(arg, Handle) else arg for arg in args]
        receipt, data = self._remote[function].remote(*values)
        return Ticket(receipt, Handle(data))

    def wait(self, tickets: Sequence[Ticket], timeout: float) -> Ticket | None:
        """See `Executor.wait`."""
        by_reference = {ticket.receipt: ticket for ticket in tickets}
        ready, _ = self._ray.wait(list(by_reference), num_returns=1, timeout=timeout)
        return by_reference[ready[0]] if ready else None

    def result(self, ticket: Ticket) -> Any:
        """See `Executor.result`. The cause of a Ray task error is raised as itself, if it is one of ours."""
        errors = self._ray.exceptions
        try:
            return self._ray.get(ticket.receipt)
        except errors.RayTaskError as error:
            if isinstance(error.cause, WholebookError):
                raise error.cause from None
            if isinstance(error.cause, MemoryError):
                raise _lost(error) from error
            raise
        except (
            errors.WorkerCrashedError,
            errors.OutOfMemoryError,
            errors.NodeDiedError,
            errors.ObjectLostError,
        ) as error:
            raise _lost(error) from error
        except (errors.LocalRayletDiedError, errors.RaySystemError) as error:
            raise _lost(error) from error

    def abandon(self, ticket: Ticket) -> None:
        """See `Executor.abandon`. A part is written at once or not at all, so the worker may be killed."""
        with suppress(Exception):
            self._ray.cancel(ticket.receipt, force=True)

    def close(self) -> None:
        """Disconnect; a cluster started here ends, and its folder and environment go with it."""
        with suppress(ImportError):
            import ray

            ray.shutdown()
        for name, value in self._replaced.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _user_has_token() -> bool:
    """Whether the user set up Ray's authentication: then it is left as it is."""
    named = any(os.environ.get(name) for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"))
    return named or (Path.home() / ".ray" / "auth_token").exists()


def _read_token_again() -> None:
    """Where Ray was imported before, it read its mode and token then, and reads them no more of itself."""
    from ray._raylet import AuthenticationTokenLoader, Config  # type: ignore[attr-defined]  # not in its stub

    Config.initialize("")
    AuthenticationTokenLoader.instance().reset_cache()


def _lost(error: Exception) -> WorkerLost:
    first_line = str(error).partition("\n")[0]
    return WorkerLost(
        f"a worker was lost: {first_line}",
        remedy="Use fewer --workers if memory is short; `wholebook resume` keeps the parts that are finished.",
    )

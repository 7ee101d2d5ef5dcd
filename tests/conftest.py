"""What all tests share: which tests are chosen, and the storages they run on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.s3 import MotoServer

pytest.register_assert_rewrite("tests.support")

REAL_S3 = "WHOLEBOOK_TEST_S3"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect, and say so in the summary, what is run only when asked for.

    Tests that need a real S3 server, where `make test-s3` started none; deep ones, unless `-m` names them.
    """
    left_out = [item for item in items if _left_out(item, config.option.markexpr)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _left_out(item, config.option.markexpr)]


def _left_out(item: pytest.Item, chosen: str) -> bool:
    needs_server = item.get_closest_marker("s3") and os.environ.get(REAL_S3) != "1"
    return bool(needs_server or (item.get_closest_marker("deep") and "deep" not in chosen))


@pytest.fixture(scope="session")
def moto_server() -> Iterator[MotoServer]:
    """An S3 server in this process, on a loopback port of its own."""
    from tests.support.s3 import MotoServer  # moto and boto3 are slow to import, and few tests need them

    with MotoServer() as server:
        yield server


@pytest.fixture
def moto_aws(moto_server: MotoServer, monkeypatch: pytest.MonkeyPatch) -> MotoServer:
    """The environment of a client of `moto_server`, and nothing of the user's own AWS configuration."""
    from tests.support.s3 import isolated_aws

    isolated_aws(monkeypatch, moto_server.endpoint)
    return moto_server


@pytest.fixture
def moto_uri(moto_aws: MotoServer) -> str:
    """`s3://bucket/prefix` with a new, empty bucket on `moto_server`."""
    from tests.support.s3 import new_bucket

    return f"s3://{new_bucket()}/some/prefix"


@pytest.fixture
def real_s3_uri() -> str:
    """`s3://bucket/prefix` with a new, empty bucket on the server that `make test-s3` started."""
    from tests.support.s3 import new_bucket

    return f"s3://{new_bucket()}/some/prefix"

from __future__ import annotations

import pytest

from cluster import layout
from engine.errors import UsageError

RUN = "0123456789abcdef"


@pytest.mark.parametrize(
    ("uri", "out", "run", "pointer"),
    [
        (f"s3://b/p/runs/{RUN}", "s3://b/p", RUN, None),
        (f"/data/out/runs/{RUN}/", "/data/out", RUN, None),
        (f"runs/{RUN}", ".", RUN, None),
        ("out/published/book/2026-01-30/v2.json", "out", None, "published/book/2026-01-30/v2.json"),
    ],
)
def test_runs_and_pointers(uri, out, run, pointer):
    assert layout.parse_run(uri) == layout.RunAddress(out, run, pointer)


@pytest.mark.parametrize("uri", ["out", f"out/runs/{RUN[:-1]}", f"out/runs/{RUN}/manifest.json", "out/v1.json"])
def test_what_is_no_run(uri):
    assert not layout.names_run(uri)
    with pytest.raises(UsageError, match="not the URI of a run"):
        layout.parse_run(uri)


def test_keys_of_the_contract():
    assert layout.part_key(RUN, "trades", 7, "ab" * 32) == f"runs/{RUN}/parts/trades-00007-abababababab.parquet"
    assert layout.pointer_key("b", "2026-01-30", 1) == "published/b/2026-01-30/v1.json"
    assert layout.manifest_key(RUN) == f"runs/{RUN}/manifest.json"
    assert layout.parse_run(layout.run_uri("s3://b/p/", RUN)).out == "s3://b/p"
    assert layout.parse_pointer("published/b/2026-01-30/v12.json") == layout.PointerName("b", "2026-01-30", 12)
    assert layout.parse_pointer("published/b/2026-01-30/v12.json.tmp") is None

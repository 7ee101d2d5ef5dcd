from __future__ import annotations

import datetime

import pytest

from cluster.record import new_record
from cluster.run_file import Gates, RunFile, read_run_file
from engine.errors import InputRefused, UsageError

GOOD = """
[settings]
risk_aversion = 30
transition_until = 2030-06-30
[gates]
max_exceptions = 0.01
"""


def test_settings_and_gates(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(GOOD)
    found = read_run_file(path)
    assert found.settings == {"risk_aversion": 30, "transition_until": datetime.date(2030, 6, 30)}
    assert found.gates == Gates(max_exceptions=0.01)
    assert new_record("0" * 16, "book", found, publish=True).run_file() == found


def test_no_file_means_defaults():
    assert read_run_file(None) == RunFile()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[settings]\nrisk_aversoin = 3\n", "risk_aversoin"),
        ("[gates]\nmax_exceptions = 2\nmax_fun = 1\n", "max_exceptions.*max_fun"),
        ("[setings]\n", "unknown tables: setings"),
        ("settings = 3\n", "settings, gates and sample are tables"),
        ("[sample]\nshare = 2\n", "wrong sample: share"),
        ("[settings\n", "not TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, told):
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(InputRefused, match=told):
        read_run_file(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        read_run_file(tmp_path / "run.toml")

from __future__ import annotations

import json
import subprocess
import sys

import click
import pytest

from cluster.cli import COMMANDS, cli, main

HEAVY = ("ray", "numba", "pyarrow", "numpy", "boto3", "duckdb")


def status(*args: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(args)
    return int(ended.value.code or 0)


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from cluster.cli import main\n"
        "try: main(['--help'])\n"
        f"except SystemExit: print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    for name, told in COMMANDS.items():
        assert name in done.stdout
        assert told[:20] in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_takes_json(name, capsys):
    command = cli.get_command(None, name)
    assert command is not None
    assert command.name == name
    under = [[name, one] for one in command.commands] if isinstance(command, click.Group) else [[name]]
    for words in under:
        assert status(*words, "--help") == 0
        assert "--json" in capsys.readouterr().out


def test_usage_errors_exit_2(capsys):
    assert status("rebalance") == 2
    assert status("run") == 2
    assert status("orders", "somewhere") == 2
    assert "not the URI of a run" in capsys.readouterr().err


def test_an_error_says_what_where_and_what_to_do(tmp_path, capsys):
    args = ("run", str(tmp_path), "--out", str(tmp_path / "out"), "--workers", "0")
    assert status(*args) == 3
    told = capsys.readouterr()
    assert told.out == ""
    for part in ("book.json is missing", f"where: {tmp_path}", "what to do:"):
        assert part in told.err

    assert status(*args, "--json") == 3
    document = json.loads(capsys.readouterr().out)
    assert document["exit"] == 3
    assert document["error"]["kind"] == "InputRefused"
    assert document["error"]["where"] == str(tmp_path)

"""The command line. Commands are imported when they are called, so that `wholebook --help` answers at once."""

from __future__ import annotations

import importlib
import logging
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click

from cluster.cli.common import tell_error
from cluster.pandas_free import without_pandas
from cluster.threads import use_one_thread
from engine.errors import WholebookError

COMMANDS = {
    "synth": "Make a realistic book of any size.",
    "risk": "Fit a risk model from a panel of prices.",
    "settings": "Show where each of an account's settings comes from.",
    "target": "Show what an account aims at, and why.",
    "whatif": "Show what a run would do with an account if something were changed.",
    "validate": "List everything that is wrong with a book.",
    "run": "Rebalance a book and publish the result: the main job.",
    "resume": "Finish a run that stopped early.",
    "verify": "Prove a finished run again from its raw inputs and outputs.",
    "publish": "Publish a finished run, or supersede what is published.",
    "orders": "Print the block orders of a run.",
    "explain": "Show why an account was traded as it was.",
    "report": "Write a run's page, for people.",
    "diff": "Show whose outcome differs between two runs, and why.",
    "ledger": "Replay a trade history into tax lots and realised gains.",
    "settle": "Make the next day's book of a book and its run.",
    "bench": "Measure throughput on this machine, beside other solvers.",
    "doctor": "Check that this machine can do a run.",
}
INTERRUPTED = 130


class LazyGroup(click.Group):
    """Finds `cluster.cli.<name>:command` on demand; the list of commands needs no import."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Names in the order of work, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"cluster.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The table above."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="wholebook")
def cli() -> None:
    """Rebalance a whole book of accounts, down to the tax lot.

    URIs are local folders or s3://bucket/prefix. Results go to standard output, progress to standard error; --json
    gives one JSON document. Exit status: 0 done, 1 refused by a gate, 2 usage, 3 input refused, 4 publication
    conflict, 75 can be resumed, 130 interrupted.
    """


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Entry point of the `wholebook` script."""
    use_one_thread()
    signal.signal(signal.SIGTERM, _interrupt)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    given = list(sys.argv[1:] if args is None else args)
    try:
        with without_pandas():
            status = cli.main(args=given, prog_name="wholebook", standalone_mode=False)
    except WholebookError as error:
        tell_error(error, as_json="--json" in given)
        status = error.exit_code
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        status = INTERRUPTED
    sys.exit(status if isinstance(status, int) else 0)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    """SIGTERM ends a run as Ctrl-C does: finished parts are kept, and it can be resumed."""
    raise KeyboardInterrupt

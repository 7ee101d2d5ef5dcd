"""`wholebook doctor`: check that this machine can do a run."""

from __future__ import annotations

import click

from cluster.cli.common import json_option, print_json

FAILED = 1


@click.command("doctor")
@click.argument("uri", required=False)
@click.option("--ray/--no-ray", default=True, show_default=True, help="Start Ray and run a task.")
@click.option("--ray-address", envvar="RAY_ADDRESS", help="Check this Ray cluster instead of one on this machine.")
@json_option
def command(uri: str | None, ray: bool, ray_address: str | None, as_json: bool) -> int:
    """Check versions, the kernel cache, Ray, and storage at URI; exit 1 if any check fails.

    At URI a few small objects under doctor/ are written and deleted.
    """
    from cluster.checkup import checks

    results = list(checks(uri, ray=ray, ray_address=ray_address))
    if as_json:
        print_json([result.__dict__ for result in results])
    else:
        for result in results:
            mark = click.style("ok  ", fg="green") if result.ok else click.style("FAIL", fg="red")
            click.echo(f"{mark} {result.name}: {result.told}")
    return 0 if all(result.ok for result in results) else FAILED

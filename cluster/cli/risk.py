"""`wholebook risk`: a factor risk model for a user who has only prices."""

from __future__ import annotations

import click

from cluster.cli.common import json_option, print_json
from cluster.price_files import read_file, sectors_of
from cluster.storage import open_storage
from cluster.storage.tables import table_bytes
from engine.risk import fit_risk, wide_panel


@click.command("risk", short_help="Fit a risk model from prices.")
@click.option("--prices", required=True, metavar="FILE", help="CSV or Parquet: date, symbol, close.")
@click.option("--constituents", metavar="FILE", help="CSV or Parquet: symbol, gics_sector; gives sector factors.")
@click.option("--factors", default=10, show_default=True, type=click.IntRange(0), help="Statistical factors.")
@click.option("--out", required=True, metavar="URI", help="Folder or s3:// prefix for the three risk tables.")
@json_option
def command(prices: str, constituents: str | None, factors: int, out: str, as_json: bool) -> None:
    """Fit a factor risk model from daily closes: market, sectors and statistical factors.

    Writes risk_exposures, risk_covariance and risk_specific, which fit into a book as they are.
    """
    panel = wide_panel(read_file(prices), where=prices)
    sectors = ["Other"] * len(panel.symbols)
    if constituents is not None:
        sectors = sectors_of(read_file(constituents), panel.symbols, constituents)
    model = fit_risk(panel.closes, sectors, panel.symbols, statistical=factors).rounded()
    storage = open_storage(out)
    tables = model.tables()
    for name, table in tables.items():
        storage.write(f"{name}.parquet", table_bytes(table))
    result = {
        "out": storage.uri,
        "securities": len(model.security_ids),
        "days": len(panel.days),
        "factors": list(model.factor_names),
        "files": [f"{name}.parquet" for name in tables],
    }
    if as_json:
        print_json(result)
    else:
        click.echo(f"{result['securities']} securities over {result['days']} days, {len(model.factor_names)} factors.")
        click.echo(f"Written to {storage.uri}: {', '.join(tables)}.")

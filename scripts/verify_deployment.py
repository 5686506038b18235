"""Verifies a deployment by reading the chain: `ape run verify_deployment --network base:sepolia`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from registries.address_config import AddressConfig
from registries.build import trusted_build
from registries.chains import Chain, rpc_url_of
from registries.cli.options import folder_option, network_option, readable
from registries.cli.output import CONSOLE, print_results
from registries.rpc import connect
from registries.verification import Status, failures, verify


@click.command()
@network_option
@folder_option
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def cli(*, chain: Chain, folder: Path, as_json: bool) -> None:
    """Makes every check of the deployment in the chain's address config; exits with 1 if one fails."""
    with readable():
        config = AddressConfig.read(chain.id, folder)
        results = verify(connect(chain, rpc_url_of(chain)), config, trusted_build())
    if as_json:
        click.echo(
            json.dumps([{**result._asdict(), "findings": list(result.findings)} for result in results], indent=2)
        )
    else:
        print_results(results)
        counts = {status: sum(result.status is status for result in results) for status in Status}
        CONSOLE.print(", ".join(f"{count} {status}" for status, count in counts.items() if count))
    sys.exit(1 if failures(results) else 0)

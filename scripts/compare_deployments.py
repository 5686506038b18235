"""Compares the address configs of two chains: `ape run compare_deployments base:sepolia ethereum:mainnet`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from registries.address_config import AddressConfig
from registries.chains import chain_of
from registries.cli.options import folder_option, readable
from registries.cli.output import CONSOLE, table
from registries.comparison import differences


@click.command()
@click.argument("left")
@click.argument("right")
@folder_option
def cli(*, left: str, right: str, folder: Path) -> None:
    """Shows where two deployments differ; exits with 1 if they do in more than what belongs to a chain."""
    with readable():
        configs = [AddressConfig.read(chain_of(network).id, folder) for network in (left, right)]
    found = differences(configs[0], configs[1])
    result = table("Differences", "Place", configs[0].chain_name, configs[1].chain_name, "")
    for difference in found:
        values = (str(difference.left), str(difference.right))
        result.add_row(difference.place, *values, "of the chain" if difference.is_expected else "[red]differs[/]")
    CONSOLE.print(result)
    sys.exit(0 if all(difference.is_expected for difference in found) else 1)

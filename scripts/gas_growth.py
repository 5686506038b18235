"""`ape run gas_growth`: what calls cost at 1 to 10,000 agents, clients, feedbacks and tags. Takes minutes."""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd
from rich.console import Console

from audit.gas.chain import measuring_chain
from audit.gas.growth import measure_growth
from audit.gas.growth_report import write_growth, write_growth_findings
from audit.sources import REPORTS as FINDINGS
from audit.sources import source_hash
from registries.anvil import AnvilError
from registries.build import trusted_build
from registries.errors import DeploymentError


@click.command()
def cli() -> None:
    """Measure how gas grows with what there is already."""
    console = Console()
    try:
        with measuring_chain(trusted_build(), "--auto-impersonate") as chain, console.status("Starting") as status:
            samples = pd.DataFrame(measure_growth(chain, lambda size: status.update(f"Measuring: {size}")))
    except (AnvilError, DeploymentError) as error:
        raise click.ClickException(str(error)) from error
    write_growth(Path("reports"), samples)
    write_growth_findings(FINDINGS / "gas-growth.json", samples, source_hash())
    console.print("Written: reports/gas-growth.csv, .md and .svg")

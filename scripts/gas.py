"""`ape run gas`: what every call costs, beside its ceiling and the reference implementation's figure.

Writes reports/gas.csv and reports/gas.md. Fails if a ceiling is exceeded by one unit of gas.
"""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from audit.gas.chain import measuring_chain
from audit.gas.report import BudgetError, compare, print_report, read_budget, write_report
from audit.gas.workload import run_workload
from registries.anvil import AnvilError
from registries.build import trusted_build
from registries.errors import DeploymentError

REPORTS = Path("reports")
TABLE_WIDTH = 140


@click.command()
def cli() -> None:
    """Measure the gas of every call and hold it against its ceiling."""
    console = Console()
    # A table that nobody has to unfold, in a log or a narrow window too.
    console.width = max(console.width, TABLE_WIDTH)
    try:
        build = trusted_build()
        with measuring_chain(build) as chain, console.status("Starting") as status:
            rows = list(run_workload(chain, lambda part: status.update(f"Measuring: {part}")))
            table = compare(rows, read_budget(REPORTS / "gas-budget.json"))
            sizes = dict(chain.code_sizes)
    except (AnvilError, DeploymentError, BudgetError) as error:
        raise click.ClickException(str(error)) from error
    print_report(console, table, sizes)
    write_report(REPORTS, table, sizes, build.compiler)
    if over := list(table[table["gas"] > table["ceiling"]]["scenario"]):
        raise click.ClickException(f"over the ceiling: {'; '.join(over)}")

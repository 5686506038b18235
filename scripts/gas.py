"""`ape run gas`: what every call costs, beside its ceiling, the reference implementation's figure and its lower bound.

Writes the gas report into reports/, and shows what differs from the committed one. Fails if a ceiling is exceeded by
one unit of gas.
"""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from audit.costs.fees import read_assumptions
from audit.costs.report import costs, write_costs
from audit.gas.bounds import lower_bounds
from audit.gas.budget import BudgetError, compare, over_ceiling, read_budget, read_reference
from audit.gas.chain import measuring_chain
from audit.gas.difference import DifferenceError, as_markdown, committed_report, differences
from audit.gas.lower_bound import BoundError
from audit.gas.report import print_differences, print_report, write_findings, write_report
from audit.gas.workload import run_workload
from audit.sources import REPORTS as FINDINGS
from audit.sources import source_hash
from registries.anvil import AnvilError
from registries.build import trusted_build
from registries.errors import DeploymentError

REPORTS = Path("reports")
TABLE_WIDTH = 175


@click.command()
@click.option(
    "--base", default="HEAD", show_default=True, help="The revision whose report the figures are held against."
)
@click.option(
    "--diff", type=click.Path(dir_okay=False, path_type=Path), help="Also write the differences there, as Markdown."
)
def cli(base: str, diff: Path | None) -> None:
    """Measure the gas of every call and hold it against its ceiling."""
    console = Console()
    # A table that nobody has to unfold, in a log or a narrow window too.
    console.width = max(console.width, TABLE_WIDTH)
    try:
        build = trusted_build()
        with measuring_chain(build) as chain, console.status("Starting") as status:
            measured = list(run_workload(chain, lambda part: status.update(f"Measuring: {part}")))
            sizes = chain.code_sizes
        budget, reference = read_budget(REPORTS / "gas-budget.json"), read_reference(REPORTS / "gas-reference.json")
        bounds = lower_bounds(measured)
        table = compare(measured, bounds, budget, reference)
        changes = differences(committed_report(base, REPORTS / "gas.csv"), table)
    except (AnvilError, DeploymentError, BudgetError, BoundError, DifferenceError) as error:
        raise click.ClickException(str(error)) from error
    print_report(console, table, sizes)
    print_differences(console, changes, base)
    write_report(REPORTS, table, bounds, sizes, build.compiler)
    assumptions = read_assumptions(REPORTS / "cost-assumptions.json")
    write_costs(REPORTS, costs(measured, assumptions), assumptions)
    write_findings(FINDINGS / "gas.json", table, sizes, source_hash())
    if diff:
        diff.write_text(as_markdown(changes, base), encoding="utf-8")
    if over := over_ceiling(table):
        raise click.ClickException(f"over the ceiling: {'; '.join(over)}")

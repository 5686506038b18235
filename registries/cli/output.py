"""What the deployment scripts print."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from registries.address_config import AddressConfig
from registries.deployer import Order
from registries.fees import Fees, ether, gwei
from registries.plan import Plan, Step
from registries.verification import Result, Status

CONSOLE = Console()
FINDINGS = "What is asked, or was found"
_COLOURS = {Status.PASSED: "green", Status.FAILED: "red", Status.SKIPPED: "yellow"}


@contextlib.contextmanager
def progress_bar(total: int) -> Iterator[Callable[[str], None]]:
    """A bar that moves on with each call of what it gives, to the step named."""
    columns = (BarColumn(bar_width=24), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.description}"), console=CONSOLE, transient=True) as progress:
        task = progress.add_task("Starting", total=total)
        yield lambda step: progress.update(task, description=step, advance=1)


def print_plan(order: Order, plan: Plan, left: Sequence[Step], fees: Fees | None) -> None:
    """The transactions that a deployment takes, what they cost at most, and what comes of them.

    :param fees: what is offered now; None if nothing is left to do
    """
    steps = table(
        f"Plan for {order.chain.name}, chain id {order.chain.id}", "Transaction", "Gas at most", "ETH at most"
    )
    for step in plan.steps:
        if step in left and fees is not None:
            steps.add_row(step.name, f"{step.gas:,}", ether(step.gas * fees.max_fee + step.value))
        else:
            steps.add_row(step.name, "done", "")
    if fees is not None:
        gas, value = sum(step.gas for step in left), sum(step.value for step in left)
        steps.add_row("all", f"{gas:,}", ether(gas * fees.max_fee + value))
    CONSOLE.print(steps)
    if fees is not None:
        CONSOLE.print(f"At up to {gwei(fees.max_fee)}, of which {gwei(fees.priority_fee)} priority fee")
    results = table("What comes of it", "What", "Account")
    for name, creation in plan.creations.items():
        results.add_row(f"{name} registry", creation.address)
    roles = plan.roles
    results.add_row("admin", roles.admin)
    for pauser in roles.pausers:
        results.add_row("pauser", pauser)
    results.add_row("registry admin", roles.registry_admin)
    results.add_row("admin delay", f"{roles.admin_delay:,} s")
    results.add_row("deployer, without a role", order.deployer)
    CONSOLE.print(results)


def print_deployment(config: AddressConfig) -> None:
    """The addresses."""
    result = table(f"Deployed on {config.chain_name}, chain id {config.chain_id}", "Registry", "Address", "Block")
    for name, registry in config.registries.items():
        result.add_row(name, registry.address, str(registry.block))
    CONSOLE.print(result)


def print_results(results: Sequence[Result]) -> None:
    """What became of each check."""
    checks = table("Verification", "Check", "Result", FINDINGS)
    for result in results:
        text = "\n".join(result.findings) or result.about
        checks.add_row(result.name, f"[{_COLOURS[result.status]}]{result.status}[/]", text)
    CONSOLE.print(checks)


def table(title: str, *columns: str) -> Table:
    """An empty table without lines."""
    result = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in columns:
        # An address in two lines cannot be copied; only what was found may take more of them.
        result.add_column(column, no_wrap=column != FINDINGS, overflow="fold")
    return result

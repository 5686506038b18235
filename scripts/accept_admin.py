"""Finishes a hand-over, by the new admin: `ape run accept_admin --network base:sepolia --account ALIAS`."""

from __future__ import annotations

import click

from registries.cli.administration import Executor, executor_options


@click.command()
@executor_options
def cli(*, executor: Executor) -> None:
    """Makes the announced account the default admin of each registry, once the delay is over."""
    executor.perform("Acceptance of the admin", lambda it, sender: it.accept_transfer(sender))

"""What role holders do: `ape run administer pause --network base:sepolia --account ALIAS`, and so on."""

from __future__ import annotations

import click

from registries.cli.administration import Executor, executor_options
from registries.cli.options import readable
from registries.preflight import check_address

GRANTABLE = click.Choice(["PAUSER_ROLE", "REGISTRY_ADMIN_ROLE"])


@click.group()
def cli() -> None:
    """Calls of role holders, sent by an account of Ape's or exported for a Safe."""


@cli.command()
@click.argument("new_admin")
@executor_options
def hand_over(*, executor: Executor, new_admin: str) -> None:
    """Announces a new default admin, who finishes with `ape run accept_admin`. By the admin."""
    _check("new admin", new_admin)
    executor.perform("Announcement of a new admin", lambda it, _sender: it.begin_transfer(new_admin))


@cli.command()
@executor_options
def cancel_hand_over(*, executor: Executor) -> None:
    """Takes the announcement of a new default admin back. By the admin."""
    executor.perform("Cancellation of the hand-over", lambda it, _sender: it.cancel_transfer())


@cli.command()
@executor_options
def pause(*, executor: Executor) -> None:
    """Pauses the registries. By a pauser."""
    executor.perform("Pause", lambda it, _sender: it.pause(paused=True))


@cli.command()
@executor_options
def unpause(*, executor: Executor) -> None:
    """Ends a pause. By a pauser."""
    executor.perform("End of the pause", lambda it, _sender: it.pause(paused=False))


@cli.command()
@click.argument("role", type=GRANTABLE)
@click.argument("holder")
@executor_options
def grant(*, executor: Executor, role: str, holder: str) -> None:
    """Grants a role. By the admin."""
    _check("holder", holder)
    executor.perform(f"Grant of {role}", lambda it, _sender: it.set_role(role, holder, held=True))


@cli.command()
@click.argument("role", type=GRANTABLE)
@click.argument("holder")
@executor_options
def revoke(*, executor: Executor, role: str, holder: str) -> None:
    """Revokes a role. By the admin."""
    _check("holder", holder)
    executor.perform(f"Revocation of {role}", lambda it, _sender: it.set_role(role, holder, held=False))


@cli.command()
@click.argument("base")
@executor_options
def set_base_uri(*, executor: Executor, base: str) -> None:
    """Sets the base of the auto URIs. By the registry admin."""
    executor.perform("Base of the auto URIs", lambda it, _sender: it.set_base_uri(base))


def _check(name: str, account: str) -> None:
    with readable():
        check_address(name, account)

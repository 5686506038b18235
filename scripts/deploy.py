"""Deploys the registries: `ape run deploy --network base:sepolia:node --admin 0x... --pauser 0x... ...`.

The deployer is an account of Ape (`ape accounts import ALIAS`), named by --account or DEPLOYER. Its passphrase is asked
for, or read from DEPLOYER_PASSPHRASE.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import ape
import click
from ape.api import AccountAPI, ProviderAPI
from ape.cli import ConnectedProviderCommand, network_option
from ape.exceptions import ApeException
from ape.logging import LogLevel, logger
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from registries.address_config import FOLDER, AddressConfig, AddressConfigError, Roles, path_of
from registries.chains import LOCAL
from registries.deployer import STEPS, deploy
from registries.errors import DeploymentError

DEFAULT_ADMIN_DELAY = 2 * 86_400
CONSOLE = Console()


@click.command(cls=ConnectedProviderCommand)
@network_option()
@click.option("--account", "alias", envvar="DEPLOYER", help="The deployer: an alias of Ape's. [env: DEPLOYER]")
@click.option("--admin", help="The default admin; an account other than the deployer.")
@click.option("--pauser", help="Who may pause.")
@click.option("--registry-admin", help="Who may set the identity registry's base URI.")
@click.option(
    "--admin-delay",
    type=int,
    default=DEFAULT_ADMIN_DELAY,
    show_default=True,
    help="Seconds between announcing and accepting a new default admin.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=FOLDER,
    show_default=True,
    help="Where the address config goes.",
)
@click.option("--force", is_flag=True, help="Overwrite the address config of a live deployment.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def cli(
    *,
    provider: ProviderAPI,
    alias: str | None,
    admin: str | None,
    pauser: str | None,
    registry_admin: str | None,
    admin_delay: int,
    folder: Path,
    force: bool,
    yes: bool,
) -> None:
    """Deploys the three registries, reads them back, and writes deployments/<chain id>.json.

    On a local chain the account defaults to the first test account, and each role to the account.
    """
    chain_name = f"{provider.network.ecosystem.name}:{provider.network.name}"
    try:
        account = _account(alias, chain_name)
        roles = _roles(
            chain_name,
            account,
            admin=admin,
            pauser=pauser,
            registry_admin=registry_admin,
            admin_delay=admin_delay,
        )
        CONSOLE.print(_plan(chain_name, account, roles))
        if not yes and chain_name != LOCAL:
            click.confirm("Deploy?", abort=True)
        with _unlocked(account), _progress() as progress:
            task = progress.add_task("Starting", total=STEPS)

            def show(step: str) -> None:
                progress.update(task, description=step, advance=1)

            config = deploy(account, roles, chain_name=chain_name, force=force, folder=folder, progress=show)
    except (DeploymentError, AddressConfigError, ApeException) as error:
        raise click.ClickException(str(error)) from error
    CONSOLE.print(_summary(config))
    CONSOLE.print(f"Read back from the chain and written to {path_of(config.chain_id, folder)}")


# ARGUMENTS


def _account(alias: str | None, chain_name: str) -> AccountAPI:
    if alias is not None:
        try:
            return ape.accounts.load(alias)
        except KeyError:
            raise DeploymentError(f"account: Ape has none with the alias {alias!r}; see `ape accounts list`") from None
    if chain_name != LOCAL:
        raise DeploymentError(f"account: --account or DEPLOYER is required on {chain_name}")
    return ape.accounts.test_accounts[0]


def _roles(
    chain_name: str,
    account: AccountAPI,
    *,
    admin: str | None,
    pauser: str | None,
    registry_admin: str | None,
    admin_delay: int,
) -> Roles:
    given = {"--admin": admin, "--pauser": pauser, "--registry-admin": registry_admin}
    missing = [option for option, value in given.items() if value is None]
    if missing and chain_name != LOCAL:
        raise DeploymentError(f"roles: {', '.join(missing)} required on {chain_name}")
    holders = [str(account.address) if value is None else value for value in given.values()]
    return Roles(admin=holders[0], pausers=(holders[1],), registry_admin=holders[2], admin_delay=admin_delay)


@contextlib.contextmanager
def _unlocked(account: AccountAPI) -> Iterator[None]:
    """Lets a keyfile account sign without a question for each transaction, as long as the block lasts."""
    if not hasattr(account, "set_autosign"):  # a test account, or a hardware wallet, which asks by itself
        yield
        return
    # Ape warns that the account signs everything now: what it is to sign was just shown.
    with _quiet():
        account.set_autosign(True, passphrase=os.environ.get("DEPLOYER_PASSPHRASE"))
    try:
        yield
    finally:
        account.set_autosign(False)


# OUTPUT


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with logger.at_level(LogLevel.ERROR):
        yield


@contextlib.contextmanager
def _progress() -> Iterator[Progress]:
    columns = (BarColumn(bar_width=24), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn())
    with Progress(*columns, TextColumn("{task.description}"), console=CONSOLE, transient=True) as progress:
        yield progress


def _plan(chain_name: str, account: AccountAPI, roles: Roles) -> Table:
    table = _table(f"Deploying on {chain_name}", "What", "Value")
    table.add_row("deployer", str(account.address))
    _add_roles(table, roles)
    return table


def _summary(config: AddressConfig) -> Table:
    table = _table(f"Deployed on {config.chain_name}, chain id {config.chain_id}", "Registry", "Address", "Block")
    for name, registry in config.registries.items():
        table.add_row(name, registry.address, str(registry.block))
    return table


def _add_roles(table: Table, roles: Roles) -> None:
    table.add_row("admin", roles.admin)
    for pauser in roles.pausers:
        table.add_row("pauser", pauser)
    table.add_row("registry admin", roles.registry_admin)
    table.add_row("admin delay", f"{roles.admin_delay:,} s")


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for column in columns:
        # An address in two lines cannot be copied.
        table.add_column(column, no_wrap=True)
    return table

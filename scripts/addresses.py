"""Predicts where the registries are going to be, without asking any chain: `ape run addresses --admin 0x... ...`."""

from __future__ import annotations

import click

from registries.address_config import DEFAULT_ADMIN_DELAY, Roles
from registries.build import trusted_build
from registries.cli.options import readable
from registries.cli.output import CONSOLE, table
from registries.preflight import check_address, check_delay, role_accounts
from registries.release import creations


@click.command()
@click.option("--admin", required=True, help="The default admin.")
@click.option("--pauser", required=True, help="Who may pause.")
@click.option("--registry-admin", required=True, help="Who may set the identity registry's base URI.")
@click.option("--admin-delay", type=int, default=DEFAULT_ADMIN_DELAY, show_default=True, help="Seconds.")
def cli(*, admin: str, pauser: str, registry_admin: str, admin_delay: int) -> None:
    """Prints the addresses that these arguments give, which are the same on every chain."""
    with readable():
        roles = Roles(admin=admin, pausers=(pauser,), registry_admin=registry_admin, admin_delay=admin_delay)
        for name, account in role_accounts(roles):
            check_address(name, account)
        check_delay(admin_delay)
        result = table("Addresses on any chain", "Registry", "Address")
        for name, creation in creations(trusted_build(), roles).items():
            result.add_row(name, creation.address)
    CONSOLE.print(result)

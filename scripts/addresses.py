"""Predicts where the registries are going to be, without asking any chain: `ape run addresses --admin 0x... ...`."""

from __future__ import annotations

from typing import Any

import click

from registries.build import trusted_build
from registries.cli.options import readable
from registries.cli.output import CONSOLE, table
from registries.cli.roles import role_options, roles_of
from registries.preflight import check_address, check_delay, role_accounts
from registries.release import creations


@click.command()
@role_options
def cli(**roles_given: Any) -> None:
    """Prints the addresses that these arguments give, which are the same on every chain."""
    with readable():
        roles = roles_of(**roles_given)
        for name, account in role_accounts(roles):
            check_address(name, account)
        check_delay(roles.admin_delay)
        result = table("Addresses on any chain", "Registry", "Address")
        for name, creation in creations(trusted_build(), roles).items():
            result.add_row(name, creation.address)
    CONSOLE.print(result)

"""Records in the address config who holds which role by now: `ape run record_roles --network base:sepolia`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from registries.address_config import AddressConfig
from registries.build import trusted_build
from registries.chains import Chain, rpc_url_of
from registries.cli.options import folder_option, network_option, readable
from registries.cli.output import CONSOLE
from registries.holders import present_roles
from registries.rpc import connect, readable_errors


@click.command()
@network_option
@folder_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def cli(*, chain: Chain, folder: Path, yes: bool) -> None:
    """Reads the roles from the chain, shows what has changed, and writes it to the chain's address config."""
    with readable():
        config = AddressConfig.read(chain.id, folder)
        url = rpc_url_of(chain)
        web3 = connect(chain, url)
        with readable_errors(url):
            roles = present_roles(web3, config, trusted_build())
        if roles == config.roles:
            CONSOLE.print("The address config has the present roles")
            return
        for name, old, new in (
            ("admin", config.roles.admin, roles.admin),
            ("admin delay", f"{config.roles.admin_delay:,} s", f"{roles.admin_delay:,} s"),
            ("pausers", ", ".join(config.roles.pausers), ", ".join(roles.pausers)),
            ("registry admin", config.roles.registry_admin, roles.registry_admin),
        ):
            if old != new:
                click.echo(f"{name}: {new}, recorded was {old}")
        if not yes:
            click.confirm("Record?", abort=True)
        path = replace(config, roles=roles).write(folder)
    CONSOLE.print(f"Written to {path}")

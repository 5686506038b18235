"""Deploys the registries: `ape run deploy --network base:sepolia --admin 0x... --pauser 0x... --registry-admin 0x...`.

The deployer is an account of Ape (`ape accounts import ALIAS`), named by --account or DEPLOYER. Its passphrase is asked
for, or read from DEPLOYER_PASSPHRASE.
"""

from __future__ import annotations

from pathlib import Path

import click

from registries.address_config import DEFAULT_ADMIN_DELAY, Roles, path_of
from registries.build import trusted_build
from registries.chains import Chain, rpc_url_of
from registries.cli.accounts import load_account
from registries.cli.options import Gwei, folder_option, network_option, readable
from registries.cli.output import CONSOLE, print_deployment, print_plan, progress_bar
from registries.deployer import Order, carry_out, prepare
from registries.errors import DeploymentError
from registries.fees import FeePolicy
from registries.rehearsal import rehearse as rehearse_on_a_fork
from registries.rpc import connect, readable_errors
from registries.signers import ApeSigner

LAST_STEPS = 3
"""Of the progress: waiting, verifying, writing."""


@click.command()
@network_option
@click.option("--account", "alias", envvar="DEPLOYER", help="The deployer: an alias of Ape's. [env: DEPLOYER]")
@click.option("--admin", help="The default admin, e.g. a Safe.")
@click.option("--pauser", help="Who may pause.")
@click.option("--registry-admin", help="Who may set the identity registry's base URI.")
@click.option(
    "--admin-delay",
    type=int,
    default=DEFAULT_ADMIN_DELAY,
    show_default=True,
    help="Seconds between announcing and accepting a new default admin.",
)
@click.option("--max-fee", type=Gwei(), help="Never offer more for a unit of gas, in gwei.")
@click.option("--priority-fee", type=Gwei(), help="In gwei; what the node suggests if not given.")
@click.option("--plan", "only_plan", is_flag=True, help="Show the plan, and send nothing.")
@click.option("--rehearse", is_flag=True, help="Carry the plan out on a fork of the chain first.")
@folder_option
@click.option("--force", is_flag=True, help="Overwrite the address config of another live deployment.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def cli(
    *,
    chain: Chain,
    alias: str | None,
    admin: str | None,
    pauser: str | None,
    registry_admin: str | None,
    admin_delay: int,
    max_fee: int | None,
    priority_fee: int | None,
    only_plan: bool,
    rehearse: bool,
    folder: Path,
    force: bool,
    yes: bool,
) -> None:
    """Deploys the three registries, verifies them on the chain, and writes deployments/<chain id>.json.

    Stopped anywhere, the same command goes on where it was. On a local chain the account defaults to Ape's first test
    account, and each role to the account.
    """
    with readable():
        signer = ApeSigner(load_account(alias, chain))
        given = {"--admin": admin, "--pauser": pauser, "--registry-admin": registry_admin}
        roles = _roles(chain, signer.address, given, admin_delay)
        url = rpc_url_of(chain)
        web3 = connect(chain, url)
        fees = FeePolicy(max_fee, priority_fee)
        order = Order(web3, chain, trusted_build(), roles, signer.address, fees, folder, force)
        with readable_errors(url):
            plan = prepare(order)
            left = plan.left(web3)
            print_plan(order, plan, left, fees.offer(web3) if left else None)
            total = len(plan.steps) + LAST_STEPS
            if rehearse:
                with progress_bar(total) as progress:
                    rehearse_on_a_fork(order, lambda step: progress(f"Rehearsal: {step}"))
                CONSOLE.print("Rehearsed on a fork: it can be carried out, and the registries pass every check")
            if only_plan:
                return
            if not yes and chain.is_public:
                click.confirm("Deploy?", abort=True)
            with signer.unlocked(), progress_bar(total) as progress:
                config = carry_out(order, plan, signer, progress=progress, notify=CONSOLE.print)
        print_deployment(config)
        CONSOLE.print(f"Verified on the chain and written to {path_of(config.chain_id, folder)}")


def _roles(chain: Chain, deployer: str, given: dict[str, str | None], admin_delay: int) -> Roles:
    """The roles from the options, in the order admin, pauser, registry admin.

    :raises DeploymentError: if one is missing on a public chain
    """
    missing = [option for option, value in given.items() if value is None]
    if missing and chain.is_public:
        raise DeploymentError(f"roles: {', '.join(missing)} required on {chain.name}")
    holders = [deployer if value is None else value for value in given.values()]
    return Roles(admin=holders[0], pausers=(holders[1],), registry_admin=holders[2], admin_delay=admin_delay)

"""Deploys the registries: `ape run deploy --network base:sepolia --admin 0x... --pauser 0x... --registry-admin 0x...`.

The deployer is an account of Ape (`ape accounts import ALIAS`), named by --account or DEPLOYER. Its passphrase is asked
for, or read from DEPLOYER_PASSPHRASE.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from registries.address_config import path_of
from registries.build import trusted_build
from registries.chains import Chain, rpc_url_of
from registries.cli.accounts import load_account
from registries.cli.options import Gwei, folder_option, network_option, readable
from registries.cli.output import CONSOLE, print_deployment, print_plan, progress_bar
from registries.cli.roles import role_options, roles_of
from registries.deployer import Order, carry_out, prepare
from registries.fees import FeePolicy
from registries.rehearsal import rehearse as rehearse_on_a_fork
from registries.rpc import connect, readable_errors
from registries.signers import ApeSigner

LAST_STEPS = 3
"""Of the progress: waiting, verifying, writing."""


@click.command()
@network_option
@click.option("--account", "alias", envvar="DEPLOYER", help="The deployer: an alias of Ape's. [env: DEPLOYER]")
@role_options
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
    max_fee: int | None,
    priority_fee: int | None,
    only_plan: bool,
    rehearse: bool,
    folder: Path,
    force: bool,
    yes: bool,
    **roles_given: Any,
) -> None:
    """Deploys the three registries, verifies them on the chain, and writes deployments/<chain id>.json.

    Stopped anywhere, the same command goes on where it was. On a local chain the account defaults to Ape's first test
    account, and each role to the account.
    """
    with readable():
        signer = ApeSigner(load_account(alias, chain))
        roles = roles_of(**roles_given, default=None if chain.is_public else signer.address)
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

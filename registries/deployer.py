"""Deploys the three registries, verifies them on the chain, and writes the address config.

Everything that can be refused is refused before the first transaction. The file is written when all is verified and
deep enough in the chain. A run that dies anywhere is repeated: what is there already is not created again.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import ape
from web3 import Web3

from registries.address_config import FOLDER, AddressConfig, Deployment, Roles
from registries.build import Build
from registries.chains import Chain
from registries.create2 import SALT
from registries.errors import DeploymentError
from registries.fees import FeePolicy
from registries.journal import open_journal
from registries.location import locate
from registries.outputs import write_outputs
from registries.plan import Plan, Step, code_at, make_plan
from registries.preflight import check_balance, check_no_registry, check_not_live, check_roles
from registries.rpc import readable_errors, url_of
from registries.signers import Signer
from registries.transactions import Pace, Transactions
from registries.verification import failures, verify

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What is asked for.

    :ivar force: whether another live deployment in the folder may be overwritten
    :ivar folder: where the chain's address config and the journal go
    """

    web3: Web3
    chain: Chain
    build: Build
    roles: Roles
    deployer: str
    fees: FeePolicy = field(default_factory=FeePolicy)
    folder: Path = FOLDER
    force: bool = False


def prepare(order: Order) -> Plan:
    """Checks everything that can be checked before the first transaction, and gives the plan.

    :raises DeploymentError: if the deployment is refused
    """
    check_roles(order.roles, order.deployer, order.chain)
    with readable_errors(url_of(order.web3)):
        plan = make_plan(order.web3, order.chain, order.build, order.roles)
        if not order.force:
            check_not_live(order.web3, order.chain.id, order.folder, plan)
        check_no_registry(order.web3, order.build, order.roles, plan)
        check_balance(order.web3, order.deployer, plan, order.fees)
    return plan


def carry_out(
    order: Order,
    plan: Plan,
    signer: Signer,
    *,
    pace: Pace | None = None,
    progress: Progress = lambda _step: None,
    notify: Progress = lambda _line: None,
) -> AddressConfig:
    """Does what is left of a plan, verifies the registries, and writes the address config.

    :param progress: called with a line of text before each step
    :param notify: called with a line of text about each transaction
    :raises DeploymentError: if it cannot be finished now, or the registries are not as they should be; no config is
        written then, and the same call resumes
    """
    pace = pace or Pace()
    with readable_errors(url_of(order.web3)), open_journal(order.folder, order.chain.id) as journal:
        transactions = Transactions(order.web3, order.chain, signer, journal, order.fees, pace=pace, notify=notify)
        _settle(order, plan, transactions, pace, progress)
        progress("Verifying the registries on the chain")
        config = describe(order, plan)
        wrong = failures(verify(order.web3, config, order.build))
        if wrong:
            raise DeploymentError("the registries are on the chain, and wrong:\n" + "\n".join(map(str, wrong)))
        progress("Writing the address config")
        config.write(order.folder)
        write_outputs(config, order.folder)
        journal.close()
    return config


def _settle(order: Order, plan: Plan, transactions: Transactions, pace: Pace, progress: Progress) -> None:
    """Does each step, until all are so deep in the chain that none is lost any more."""
    deadline = time.monotonic() + pace.patience
    while True:
        for step in plan.steps:
            progress(step.name[0].upper() + step.name[1:])
            transactions.ensure(step)
        progress(f"Waiting until everything is {order.chain.confirmations} blocks deep")
        while all(step.is_done(order.web3) for step in plan.steps):
            if _is_deep(order, plan.steps):
                return
            if time.monotonic() > deadline:
                raise DeploymentError(f"confirmations: none came for {pace.patience:.0f} s; run it again")
            time.sleep(pace.poll)
        # The chain was reorganised, and something is no longer there.


def _is_deep(order: Order, steps: tuple[Step, ...]) -> bool:
    block = order.web3.eth.block_number - order.chain.confirmations + 1
    return block >= 0 and all(code_at(order.web3, step.creates, block) for step in steps)


def describe(order: Order, plan: Plan) -> AddressConfig:
    """The address config of a deployment, from what is on the chain."""
    web3 = order.web3
    locations = {name: locate(web3, creation.address) for name, creation in plan.creations.items()}
    deployments = {
        name: Deployment(
            address=creation.address,
            block=locations[name].block,
            transaction=locations[name].transaction,
            arguments=creation.arguments,
            code_hash=Web3.to_hex(Web3.keccak(code_at(web3, creation.address))),
        )
        for name, creation in plan.creations.items()
    }
    latest = max(location.time for location in locations.values())
    return AddressConfig(
        chain_id=order.chain.id,
        chain_name=order.chain.name,
        abi_version=_version(order, plan),
        **deployments,
        salt=Web3.to_hex(SALT),
        roles=order.roles,
        compiler=order.build.compiler,
        commit=_commit(Path(ape.project.path)),
        time=datetime.fromtimestamp(latest, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def _version(order: Order, plan: Plan) -> str:
    address = Web3.to_checksum_address(plan.creations["identity"].address)
    identity = order.web3.eth.contract(address, abi=order.build.abi("identity"))
    return str(identity.functions.getVersion().call())


def _commit(project: Path) -> str:
    """The project's commit, "-dirty" if there is more to it than that."""
    try:
        commit = _git(project, "rev-parse", "HEAD")
        # What earlier deployments left is not part of what is deployed.
        changed = _git(project, "status", "--porcelain", "--", ".", ":(exclude)deployments")
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return f"{commit}-dirty" if changed else commit


def _git(project: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=project, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()

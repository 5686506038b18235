"""Deploys the three registries, reads them back from the chain, and writes the address config.

Everything that can be refused is refused before the first transaction. The file is written when all has been read back.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import ape
from ape.api import AccountAPI, ProviderAPI
from ape.exceptions import ApeException

from registries.address_config import FOLDER, AddressConfig, Deployment, Roles
from registries.build import Build, interface_id, trusted_build
from registries.chains import check_chain
from registries.errors import DeploymentError
from registries.preflight import check_balance, check_no_registry, check_not_live, check_roles
from registries.readback import Deployed, Expectation, code_hash, findings

Progress = Callable[[str], None]

STEPS = 6
"""How often `deploy` reports progress."""

INTERFACES = {
    "identity": ("IIdentityRegistry", "IERC8004Identity"),
    "reputation": ("IReputationRegistry", "IERC8004Reputation"),
    "validation": ("IValidationRegistry", "IERC8004Validation"),
}
"""Each registry's interface, whose id it announces, and the one it extends."""


def deploy(
    account: AccountAPI,
    roles: Roles,
    *,
    chain_name: str,
    force: bool = False,
    folder: Path = FOLDER,
    progress: Progress = lambda _step: None,
) -> AddressConfig:
    """Deploys the registries on the connected chain.

    :param account: pays and signs; it gets no role that it is not given
    :param chain_name: which chain this is meant to be, e.g. "base:sepolia"; see `registries.chains`
    :param force: whether a live deployment in the folder may be overwritten
    :param folder: where the chain's address config goes
    :param progress: called with a line of text before each step
    :raises DeploymentError: if it is refused, a transaction fails, or the result is not as it should be; in each case
        the folder stays as it was
    """
    provider = _provider()
    progress("Checking the arguments, the chain and the build")
    chain_id = check_chain(provider, chain_name)
    check_roles(roles, account.address, chain_name)
    if not force:
        check_not_live(provider.web3, chain_id, folder)
    build = trusted_build()
    interface_ids = _interface_ids()
    check_no_registry(provider.web3, roles, interface_ids, _expected_addresses(account))
    check_balance(account, provider, build)

    registries = _create_all(account, build, roles, progress)

    progress("Reading the registries back from the chain")
    expected = Expectation(build, provider.web3, chain_id, account.address, roles, interface_ids)
    config = _describe(registries, expected, chain_name)
    progress("Writing the address config")
    config.write(folder)
    return config


def _provider() -> ProviderAPI:
    provider = ape.networks.active_provider
    if provider is None:
        raise DeploymentError("no network is connected")
    return provider


def _interface_ids() -> dict[str, bytes]:
    types = {name: ape.project.get_contract(name).contract_type for pair in INTERFACES.values() for name in pair}
    return {name: interface_id(types[own], types[parent]) for name, (own, parent) in INTERFACES.items()}


# CREATION


def _expected_addresses(account: AccountAPI) -> dict[str, str]:
    """Where the registries will be, from the account's next nonces."""
    return {
        name: str(account.get_deployment_address(nonce=account.nonce + position))
        for position, name in enumerate(INTERFACES)
    }


def _create_all(account: AccountAPI, build: Build, roles: Roles, progress: Progress) -> dict[str, Deployed]:
    shared: dict[str, str | int] = {"adminDelay": roles.admin_delay, "admin": roles.admin, "pauser": roles.pausers[0]}
    registries: dict[str, Deployed] = {}

    def create(name: str, arguments: dict[str, str | int]) -> str:
        progress(f"Deploying the {name} registry")
        try:
            registries[name] = _create(account, build, name, arguments)
        except ApeException as error:
            done = ", ".join(f"{name} {registry.address}" for name, registry in registries.items()) or "none"
            raise DeploymentError(f"{name} registry: not deployed: {error}; deployed before: {done}") from error
        return registries[name].address

    identity = create("identity", {**shared, "registryAdmin": roles.registry_admin})
    create("reputation", {"identity": identity, **shared})
    create("validation", {"identity": identity, **shared})
    return registries


def _create(account: AccountAPI, build: Build, name: str, arguments: dict[str, str | int]) -> Deployed:
    """Creates one registry, its arguments in the order that its constructor has them."""
    container = build.containers[name]
    order = [str(item.name) for item in container.contract_type.constructor.inputs]
    if set(order) != set(arguments):
        raise DeploymentError(f"{name} registry: its constructor takes {order}, we give {list(arguments)}")
    instance = account.deploy(container, *(arguments[parameter] for parameter in order))
    receipt = _provider().get_receipt(instance.txn_hash)
    return Deployed(name, instance, receipt, {parameter: arguments[parameter] for parameter in order})


# DESCRIPTION


def _describe(registries: dict[str, Deployed], expected: Expectation, chain_name: str) -> AddressConfig:
    """The address config of registries that are as they should be.

    :raises DeploymentError: if they are not
    """
    identity = registries["identity"].address
    wrong = [finding for registry in registries.values() for finding in findings(registry, identity, expected)]
    versions = {registry.instance.getVersion() for registry in registries.values()}
    if len(versions) != 1:
        wrong.append(f"getVersion() differs: {', '.join(sorted(versions))}")
    if wrong:
        raise DeploymentError("the registries are on the chain, and wrong:\n" + "\n".join(wrong))
    deployments = {
        name: Deployment(
            address=registry.address,
            block=registry.receipt.block_number,
            transaction=str(registry.receipt.txn_hash),
            arguments=registry.arguments,
            code_hash=code_hash(expected.web3, registry.address),
        )
        for name, registry in registries.items()
    }
    return AddressConfig(
        chain_id=expected.chain_id,
        chain_name=chain_name,
        abi_version=versions.pop(),
        **deployments,
        roles=expected.roles,
        compiler=expected.build.compiler,
        commit=_commit(Path(ape.project.path)),
        time=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


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

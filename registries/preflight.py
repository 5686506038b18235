"""What is checked before the first transaction of a deployment: the arguments, the chain's state, the balance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from eth_utils.address import is_checksum_address
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import Web3Exception

from registries.address_config import ZERO_ADDRESS, AddressConfig, AddressConfigError, Roles, path_of
from registries.build import Build
from registries.chains import Chain
from registries.errors import DeploymentError
from registries.fees import FeePolicy, ether, gwei
from registries.plan import Plan, code_at

MIN_ADMIN_DELAY = 86_400
MAX_ADMIN_DELAY = 30 * 86_400
"""Beyond it, it is not seconds that were meant."""

SMALLEST_ADDRESS = 2**64
"""Below it there are precompiles, and numbers put where an address belongs."""


def check_roles(roles: Roles, deployer: str, chain: Chain) -> None:
    """Checks what is wrong with the roles by themselves.

    The powers are kept apart, except on a local chain: a swapped or repeated argument shows. The deployer gets none of
    them: its key was used from a script.

    :raises DeploymentError: for the first rule broken
    """
    if len(roles.pausers) != 1:
        raise DeploymentError(f"pausers: one is needed, not {len(roles.pausers)}; the admin can add more afterwards")
    for name, account in role_accounts(roles):
        check_address(name, account)
    check_delay(roles.admin_delay)
    if not chain.is_public:
        return
    for name, account in role_accounts(roles):
        if name != "admin" and account == roles.admin:
            raise DeploymentError(f"{name}: {account} is the admin too; on {chain.name} they must differ")
        if account == deployer:
            raise DeploymentError(f"{name}: {account} is the deployer, which may have no role on {chain.name}")


def role_accounts(roles: Roles) -> Iterator[tuple[str, str]]:
    """Each account that gets a role, with the role's name."""
    yield "admin", roles.admin
    for pauser in roles.pausers:
        yield "pauser", pauser
    yield "registry admin", roles.registry_admin


def check_address(name: str, value: object) -> None:
    """Checks that an argument is an address.

    :raises DeploymentError: if not
    """
    if not isinstance(value, str):
        raise DeploymentError(f"{name}: {value!r} is not an address")
    if value == ZERO_ADDRESS:
        raise DeploymentError(f"{name}: {value} is the zero address")
    if not is_checksum_address(value):
        raise DeploymentError(f"{name}: {value!r} is not a checksummed address (EIP-55)")
    if int(value, 16) < SMALLEST_ADDRESS:
        raise DeploymentError(f"{name}: {value} is a number or a precompile, not an account")


def check_delay(value: object) -> None:
    """Checks that an argument is an admin delay.

    :raises DeploymentError: if not
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise DeploymentError(f"admin delay: {value!r} is not a number of seconds")
    if not MIN_ADMIN_DELAY <= value <= MAX_ADMIN_DELAY:
        raise DeploymentError(
            f"admin delay: {value} seconds is not from {MIN_ADMIN_DELAY} (1 day) to {MAX_ADMIN_DELAY} (30 days)"
        )


def check_not_live(web3: Web3, chain_id: int, folder: Path, plan: Plan) -> None:
    """Checks that no other deployment on this chain would be overwritten. The same one may be finished, or repeated.

    :raises DeploymentError: if one is known whose identity registry has code on the chain, or the file is unreadable
    """
    path = path_of(chain_id, folder)
    if not path.exists():
        return
    try:
        config = AddressConfig.read(chain_id, folder)
    except AddressConfigError as error:
        raise DeploymentError(f"{error}; with --force it is overwritten") from error
    planned = {name: creation.address for name, creation in plan.creations.items()}
    known = {name: registry.address for name, registry in config.registries.items()}
    if known != planned and code_at(web3, config.identity.address):
        raise DeploymentError(
            f"{path}: other registries are live, identity at {config.identity.address}; with --force the file is"
            " overwritten"
        )


def check_no_registry(web3: Web3, build: Build, roles: Roles, plan: Plan) -> None:
    """Checks that no role goes to a registry: to one of those to be deployed, or to another one on the chain.

    :raises DeploymentError: if one does
    """
    for name, account in role_accounts(roles):
        for registry, creation in plan.creations.items():
            if account == creation.address:
                raise DeploymentError(f"{name}: {account} is going to be the {registry} registry")
        for registry, interface_id in build.interface_ids.items():
            if _supports(web3, account, interface_id):
                raise DeploymentError(f"{name}: {account} is a contract, a registry for {registry}")


def _supports(web3: Web3, account: str, interface_id: bytes) -> bool:
    """What a contract that may not know ERC-165 says about it."""
    if not code_at(web3, account):
        return False
    query = bytes.fromhex("01ffc9a7") + interface_id.ljust(32, b"\0")
    try:
        answer = web3.eth.call({"to": Web3.to_checksum_address(account), "data": HexBytes(query)})
    except (Web3Exception, ValueError):
        return False
    return bytes(answer) == (1).to_bytes(32, "big")


def check_balance(web3: Web3, deployer: str, plan: Plan, policy: FeePolicy) -> None:
    """Checks that the account can pay for what is left of the plan at the current fees.

    :raises DeploymentError: if not
    """
    steps = plan.left(web3)
    if not steps:
        return
    fees = policy.offer(web3)
    need = sum(step.gas * fees.max_fee + step.value for step in steps)
    have = web3.eth.get_balance(Web3.to_checksum_address(deployer))
    if have < need:
        raise DeploymentError(
            f"balance: {deployer} has {ether(have)} and needs {ether(need)}"
            f" ({sum(step.gas for step in steps):,} gas at up to {gwei(fees.max_fee)})"
        )

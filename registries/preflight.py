"""What is checked before the first transaction of a deployment: the arguments, the chain's state, the balance."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ape.api import AccountAPI, ProviderAPI
from eth_utils.address import is_checksum_address
from eth_utils.currency import from_wei
from web3 import Web3
from web3.exceptions import Web3Exception

from registries.address_config import ZERO_ADDRESS, AddressConfig, AddressConfigError, Roles, path_of
from registries.build import Build
from registries.chains import LOCAL
from registries.errors import DeploymentError

MIN_ADMIN_DELAY = 86_400
MAX_ADMIN_DELAY = 30 * 86_400
"""Beyond it, it is not seconds that were meant."""

SMALLEST_ADDRESS = 2**64
"""Below it there are precompiles, and numbers put where an address belongs."""

ENCODED_ARGUMENTS = 4 * 32
CONSTRUCTOR_GAS = 150_000
"""What any of the constructors executes, at most: storage for three roles and the admin's rules, events, the probe."""


def check_roles(roles: Roles, deployer: str, chain_name: str) -> None:
    """Checks what is wrong with the roles by themselves.

    The three powers are kept apart, except on a local chain: a swapped or repeated argument shows. The deployer may
    end up as pauser or registry admin, but not as admin: its key was used from a script.

    :raises DeploymentError: for the first rule broken
    """
    if len(roles.pausers) != 1:
        raise DeploymentError(f"pausers: one is needed, not {len(roles.pausers)}; the admin can add more afterwards")
    for name, account in role_accounts(roles):
        check_address(name, account)
    check_delay(roles.admin_delay)
    if chain_name == LOCAL:
        return
    for name, account in role_accounts(roles):
        if name != "admin" and account == roles.admin:
            raise DeploymentError(f"{name}: {account} is the admin too; on {chain_name} they must differ")
    if roles.admin == deployer:
        raise DeploymentError(f"admin: {deployer} is the deployer; on {chain_name} they must differ")


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


def check_not_live(web3: Web3, chain_id: int, folder: Path) -> None:
    """Checks that no deployment on this chain would be overwritten.

    :raises DeploymentError: if one is known whose identity registry has code on the chain, or the file is unreadable
    """
    path = path_of(chain_id, folder)
    if not path.exists():
        return
    try:
        identity = AddressConfig.read(chain_id, folder).identity.address
    except AddressConfigError as error:
        raise DeploymentError(f"{error}; with force it is overwritten") from error
    if web3.eth.get_code(Web3.to_checksum_address(identity)):
        raise DeploymentError(f"{path}: the registries are live, identity at {identity}; with force it is overwritten")


def check_no_registry(web3: Web3, roles: Roles, interface_ids: dict[str, bytes], expected: dict[str, str]) -> None:
    """Checks that no role goes to a registry: to one of those to be deployed, or to another one on the chain.

    :param interface_ids: the ERC-165 id of each registry's interface
    :param expected: the address that each registry is going to have
    :raises DeploymentError: if one does
    """
    for name, account in role_accounts(roles):
        for registry, address in expected.items():
            if account == address:
                raise DeploymentError(f"{name}: {account} is going to be the {registry} registry")
        for registry, interface_id in interface_ids.items():
            if _supports(web3, account, interface_id):
                raise DeploymentError(f"{name}: {account} is a contract, a registry for {registry}")


def _supports(web3: Web3, account: str, interface_id: bytes) -> bool:
    """What a contract that may not know ERC-165 says about it."""
    address = Web3.to_checksum_address(account)
    if not web3.eth.get_code(address):
        return False
    query = bytes.fromhex("01ffc9a7") + interface_id.ljust(32, b"\0")
    try:
        answer = web3.eth.call({"to": address, "data": Web3.to_hex(query)})
    except (Web3Exception, ValueError):
        return False
    return bytes(answer) == (1).to_bytes(32, "big")


def check_balance(account: AccountAPI, provider: ProviderAPI, build: Build) -> None:
    """Checks that the account can pay for the three creations at the current fees.

    :raises DeploymentError: if not
    """
    # As Ape fills in a transaction: what the node wants to see covered.
    gas = sum(creation_gas(build, name) for name in build.containers)
    max_fee = int(provider.base_fee * provider.network.base_fee_multiplier) + provider.priority_fee
    need = int(gas * provider.network.auto_gas_multiplier) * max_fee
    have = account.balance
    if have < need:
        raise DeploymentError(
            f"balance: {account.address} has {from_wei(have, 'ether'):f} ETH and needs {from_wei(need, 'ether'):f} ETH"
            f" ({gas:,} gas with a margin, at {from_wei(max_fee, 'gwei'):f} gwei)"
        )


def creation_gas(build: Build, name: str) -> int:
    """An upper bound of the gas for creating a registry, a few percent above.

    Computed, because a node can only estimate the second creation once the first has happened.
    """
    code = build.creation_code(name)
    size = len(code) + ENCODED_ARGUMENTS
    transaction = 21_000 + 32_000 + 16 * size + 2 * ((size + 31) // 32)
    return transaction + 200 * len(build.runtime_code(name)) + CONSTRUCTOR_GAS

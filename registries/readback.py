"""What is read from the chain after a deployment: that the registries are what they were meant to be.

Receipts prove little: registries with two arguments swapped have been deployed with every receipt a success.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ape.api import ReceiptAPI
from ape.contracts import ContractInstance
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from web3 import Web3

from registries.address_config import Roles
from registries.build import Build, immutable_values

ERC165 = bytes.fromhex("01ffc9a7")
ERC721 = bytes.fromhex("80ac58cd")
ERC4906 = bytes.fromhex("49064906")
INVALID_INTERFACE = bytes.fromhex("ffffffff")
EIP712_NAME, EIP712_VERSION = "ERC8004IdentityRegistry", "1"
EIP712_FIELDS = b"\x0f"  # name, version, chain id, contract
DEFAULT_ADMIN_ROLE = bytes(32)
PAUSER_ROLE = keccak(text="PAUSER_ROLE")
REGISTRY_ADMIN_ROLE = keccak(text="REGISTRY_ADMIN_ROLE")


@dataclass(frozen=True)
class Deployed:
    """A registry that was just created.

    :ivar arguments: its constructor's arguments by name
    """

    name: str
    instance: ContractInstance
    receipt: ReceiptAPI
    arguments: dict[str, str | int]

    @property
    def address(self) -> str:
        """Where it is."""
        return str(self.instance.address)


@dataclass(frozen=True)
class Expectation:
    """What the three registries of a deployment have in common."""

    build: Build
    web3: Web3
    chain_id: int
    deployer: str
    roles: Roles
    interface_ids: dict[str, bytes]


def findings(registry: Deployed, identity: str, expected: Expectation) -> Iterator[str]:
    """What is not as it should be with a registry.

    :param identity: the identity registry's address
    """
    yield from _code_findings(registry, identity, expected)
    for question, answer, wanted in _questions(registry, identity, expected):
        if answer != wanted:
            yield f"{registry.name} at {registry.address}: {question} is {answer!r}, not {wanted!r}"


def _questions(registry: Deployed, identity: str, expected: Expectation) -> Iterator[tuple[str, Any, Any]]:
    """Each question to a registry, with its answer and the answer wanted."""
    instance, roles = registry.instance, expected.roles
    yield "defaultAdmin()", instance.defaultAdmin(), roles.admin
    yield "defaultAdminDelay()", instance.defaultAdminDelay(), roles.admin_delay
    yield "pendingDefaultAdmin()", tuple(instance.pendingDefaultAdmin()), ("0x" + "00" * 20, 0)
    yield "paused()", instance.paused(), False
    yield "the set of roles granted", _granted(registry), _declared(registry.name, roles)
    for role, account in sorted(_declared(registry.name, roles)):
        yield f"hasRole(0x{role.hex()}, {account})", instance.hasRole(role, account), True
    for interface_id in (ERC165, expected.interface_ids[registry.name]):
        yield f"supportsInterface(0x{interface_id.hex()})", instance.supportsInterface(interface_id), True
    yield "supportsInterface(0xffffffff)", instance.supportsInterface(INVALID_INTERFACE), False
    if registry.name == "identity":
        yield from _identity_questions(registry, expected)
    else:
        yield "getIdentityRegistry()", instance.getIdentityRegistry(), identity


def _identity_questions(registry: Deployed, expected: Expectation) -> Iterator[tuple[str, Any, Any]]:
    instance = registry.instance
    for interface_id in (ERC721, ERC4906):
        yield f"supportsInterface(0x{interface_id.hex()})", instance.supportsInterface(interface_id), True
    domain: tuple[Any, ...] = (
        EIP712_FIELDS,
        EIP712_NAME,
        EIP712_VERSION,
        expected.chain_id,
        registry.address,
        bytes(32),
        [],
    )
    yield "eip712Domain()", tuple(instance.eip712Domain()), domain


# ROLES


def _declared(name: str, roles: Roles) -> set[tuple[bytes, str]]:
    declared = {(DEFAULT_ADMIN_ROLE, roles.admin), *((PAUSER_ROLE, pauser) for pauser in roles.pausers)}
    return declared | ({(REGISTRY_ADMIN_ROLE, roles.registry_admin)} if name == "identity" else set())


def _granted(registry: Deployed) -> set[tuple[bytes, str]]:
    """From the logs of its creation, which are all it has: no member can be missed."""
    abi = next(event for event in registry.instance.contract_type.events if event.name == "RoleGranted")
    return {(bytes(log.role), str(log.account)) for log in registry.receipt.decode_logs([abi])}


# CODE


def code_hash(web3: Web3, address: str) -> str:
    """keccak256 of the code on the chain."""
    return "0x" + keccak(web3.eth.get_code(Web3.to_checksum_address(address))).hex()


def _code_findings(registry: Deployed, identity: str, expected: Expectation) -> Iterator[str]:
    deployed = bytes(expected.web3.eth.get_code(Web3.to_checksum_address(registry.address)))
    values = immutable_values(expected.build.runtime_code(registry.name), deployed)
    if values is None:
        yield f"{registry.name} at {registry.address}: the code is not the code that was built"
    elif set(values) != _immutables(registry, identity, expected.chain_id):
        yield f"{registry.name} at {registry.address}: the immutables in the code are not those expected"


def _immutables(registry: Deployed, identity: str, chain_id: int) -> set[bytes]:
    """Those of OpenZeppelin's EIP712, or the wire."""
    if registry.name != "identity":
        return {encode(["address"], [identity])}
    name, version = keccak(text=EIP712_NAME), keccak(text=EIP712_VERSION)
    own = encode(["address"], [registry.address])
    domain_type = keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
    separator = keccak(domain_type + name + version + encode(["uint256"], [chain_id]) + own)
    texts = {_short_string(EIP712_NAME), _short_string(EIP712_VERSION)}
    return {separator, encode(["uint256"], [chain_id]), own, name, version} | texts


def _short_string(text: str) -> bytes:
    """As OpenZeppelin's ShortString: the text, zeros, the length."""
    return text.encode().ljust(31, b"\0") + bytes([len(text)])

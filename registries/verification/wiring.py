"""Checks of how the three registries hang together, and of what they were created with."""

from __future__ import annotations

from collections.abc import Iterator

from eth_abi.abi import encode
from eth_utils.crypto import keccak
from web3 import Web3
from web3.exceptions import ContractCustomError, TransactionNotFound

from registries.address_config import AddressConfigError
from registries.build import CONTRACT_NAMES
from registries.chains import CHAINS
from registries.verification.check import check
from registries.verification.subject import Subject

WIRED = ("reputation", "validation")
_NONEXISTENT = keccak(text="ERC721NonexistentToken(uint256)")[:4]


@check
def config_schema(subject: Subject) -> Iterator[str]:
    """The config keeps its schema, and the rules beyond it."""
    try:
        subject.config.to_json()
    except AddressConfigError as error:
        yield str(error)


@check
def chain_id(subject: Subject) -> Iterator[str]:
    """The chain that answers is the one in the config, under its right name."""
    config = subject.config
    if (found := subject.web3.eth.chain_id) != config.chain_id:
        yield f"the RPC's is {found}, the config's {config.chain_id}"
    known = CHAINS.get(config.chain_name)
    if known is None and config.chain_name != f"eip155:{config.chain_id}":
        yield f"no chain is known as {config.chain_name}"
    elif known is not None and known.id != config.chain_id:
        yield f"{config.chain_name} has chain id {known.id}, the config {config.chain_id}"


@check
def creation_transactions(subject: Subject) -> Iterator[str]:
    """Each registry was created by the transaction in the config, in its block, successfully."""
    for name, registry in subject.config.registries.items():
        try:
            receipt = subject.web3.eth.get_transaction_receipt(registry.transaction)  # type: ignore[arg-type]
        except TransactionNotFound:
            yield f"{name}: there is no transaction {registry.transaction}"
            continue
        if receipt["status"] != 1:
            yield f"{name}: transaction {registry.transaction} failed"
        if receipt["blockNumber"] != registry.block:
            block = receipt["blockNumber"]
            yield f"{name}: transaction {registry.transaction} is in block {block}, not {registry.block}"
        if registry.address not in {Web3.to_checksum_address(log["address"]) for log in receipt["logs"]}:
            yield f"{name}: transaction {registry.transaction} has no log of it"


@check
def arguments_not_swapped(subject: Subject) -> Iterator[str]:
    """What the constructors did with their arguments is what the config says of each by name."""
    wanted = {
        "admin": bytes(32),
        "pauser": keccak(text="PAUSER_ROLE"),
        "registryAdmin": keccak(text="REGISTRY_ADMIN_ROLE"),
    }
    granted = keccak(text="RoleGranted(bytes32,address,address)")
    for name, registry in subject.config.registries.items():
        receipt = subject.web3.eth.get_transaction_receipt(registry.transaction)  # type: ignore[arg-type]
        found = {
            (bytes(log["topics"][1]), Web3.to_checksum_address(bytes(log["topics"][2])[-20:]))
            for log in receipt["logs"]
            if Web3.to_checksum_address(log["address"]) == registry.address and bytes(log["topics"][0]) == granted
        }
        for argument, role in wanted.items():
            account = registry.arguments.get(argument)
            if account is not None and (role, account) not in found:
                yield f"{name}: its creation gave {argument} {account} no role"


@check
def wiring_reputation(subject: Subject) -> Iterator[str]:
    """The reputation registry asks the identity registry in the config."""
    yield from _wire(subject, "reputation")


@check
def wiring_validation(subject: Subject) -> Iterator[str]:
    """The validation registry asks the identity registry in the config."""
    yield from _wire(subject, "validation")


def _wire(subject: Subject, name: str) -> Iterator[str]:
    found = subject.ask(name, "getIdentityRegistry")
    if found != subject.config.identity.address:
        yield f"{name}: it asks {found}, not {subject.config.identity.address}"


@check
def wiring_identity(subject: Subject) -> Iterator[str]:
    """The contract at the other end of the wires is an identity registry, and answers as such."""
    for name in WIRED:
        address = subject.ask(name, "getIdentityRegistry")
        other = subject.web3.eth.contract(address, abi=subject.build.abi("identity"))
        if not other.functions.supportsInterface(subject.build.interface_ids["identity"]).call():
            yield f"{name}: {address} does not know the interface of an identity registry"
        try:
            answer = other.functions.isAffiliated(address, 0).call()
        except ContractCustomError as error:
            if error.data != Web3.to_hex(_NONEXISTENT + encode(["uint256"], [0])):
                yield f"{name}: {address} refuses agent 0 with {error.data}"
        else:
            yield f"{name}: {address} says {answer} of agent 0, which can never exist"


@check
def registries_differ(subject: Subject) -> Iterator[str]:
    """Each registry says that it is what the config calls it, and nothing else."""
    for name in CONTRACT_NAMES:
        for kind, interface_id in subject.build.interface_ids.items():
            answer = subject.ask(name, "supportsInterface", interface_id)
            if answer != (kind == name):
                yield f"{name}: supportsInterface(0x{interface_id.hex()}), that of {kind}, is {answer}"

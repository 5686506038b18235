"""Checks of the code on the chain: that it is ours, where it should be, and cannot be changed."""

from __future__ import annotations

from collections.abc import Iterator

from eth_abi.abi import encode
from eth_utils.crypto import keccak
from web3 import Web3

from registries.build import CONTRACT_NAMES, immutable_values
from registries.create2 import address_of
from registries.verification.check import check
from registries.verification.eip712 import NAME, VERSION, domain_separator
from registries.verification.subject import Subject

CODE_CHANGERS = {0xF2: "CALLCODE", 0xF4: "DELEGATECALL", 0xFF: "SELFDESTRUCT"}
PROXY_SLOTS = {
    "implementation": int.from_bytes(keccak(text="eip1967.proxy.implementation"), "big") - 1,
    "admin": int.from_bytes(keccak(text="eip1967.proxy.admin"), "big") - 1,
    "beacon": int.from_bytes(keccak(text="eip1967.proxy.beacon"), "big") - 1,
}
"""Where proxies keep what they can be changed by (EIP-1967)."""

_PUSH1, _PUSH32 = 0x60, 0x7F


@check
def code_present(subject: Subject) -> Iterator[str]:
    """There is code at each address."""
    for name, registry in subject.config.registries.items():
        if not subject.code(name):
            yield f"{name}: no code at {registry.address}"


@check
def code_is_the_build(subject: Subject) -> Iterator[str]:
    """The code is the one that these sources give, but for the immutables."""
    for name in CONTRACT_NAMES:
        if immutable_values(subject.build.runtime_code(name), subject.code(name)) is None:
            yield f"{name}: the code on the chain is not the code that was built"


@check
def immutables(subject: Subject) -> Iterator[str]:
    """The immutables in the code are those of this chain and these addresses."""
    for name in CONTRACT_NAMES:
        found = immutable_values(subject.build.runtime_code(name), subject.code(name))
        if found is None:
            yield f"{name}: they cannot be told: the code is another one"
        elif set(found) != _expected_immutables(subject, name):
            yield f"{name}: they are not those expected"


def _expected_immutables(subject: Subject, name: str) -> set[bytes]:
    """Those of OpenZeppelin's EIP712, or the wire."""
    identity = subject.config.identity.address
    if name != "identity":
        return {encode(["address"], [identity])}
    chain_id = subject.config.chain_id
    texts = {_short_string(NAME), _short_string(VERSION)}
    hashes = {keccak(text=NAME), keccak(text=VERSION), domain_separator(NAME, VERSION, chain_id, identity)}
    return texts | hashes | {encode(["uint256"], [chain_id]), encode(["address"], [identity])}


def _short_string(text: str) -> bytes:
    """As OpenZeppelin's ShortString: the text, zeros, the length."""
    return text.encode().ljust(31, b"\0") + bytes([len(text)])


@check
def metadata_hash(subject: Subject) -> Iterator[str]:
    """The code ends with the hash of the compiler's metadata, which covers every source and setting."""
    for name in CONTRACT_NAMES:
        built, found = subject.build.runtime_code(name), subject.code(name)
        size = int.from_bytes(built[-2:], "big") + 2
        if built[-size:] != found[-size:]:
            yield f"{name}: it ends with 0x{found[-size:].hex()}, not with 0x{built[-size:].hex()}"


@check
def code_hash(subject: Subject) -> Iterator[str]:
    """The hash of the code is the one in the config."""
    for name, registry in subject.config.registries.items():
        found = "0x" + keccak(subject.code(name)).hex()
        if found != registry.code_hash:
            yield f"{name}: {found}, not {registry.code_hash}"


@check
def deterministic_address(subject: Subject) -> Iterator[str]:
    """Each address is the one that follows from the code, the arguments and the salt (EIP-1014)."""
    salt = bytes.fromhex(subject.config.salt[2:])
    for name, registry in subject.config.registries.items():
        predicted = address_of(subject.build.creation_with(name, registry.arguments), salt)
        if predicted != registry.address:
            yield f"{name}: {registry.address}, but these arguments give {predicted}"


@check
def no_upgrade_path(subject: Subject) -> Iterator[str]:
    """No instruction in the code can replace it, lend it to another contract's code, or destroy it."""
    for name in CONTRACT_NAMES:
        for opcode in sorted(set(instructions(subject.code(name))) & set(CODE_CHANGERS)):
            yield f"{name}: {CODE_CHANGERS[opcode]}"


def instructions(code: bytes) -> Iterator[int]:
    """The opcodes of a runtime code."""
    return (opcode for opcode, _ in instructions_with_data(code))


def instructions_with_data(code: bytes) -> Iterator[tuple[int, bytes]]:
    """The opcodes of a runtime code with the data of pushes, without the metadata at its end."""
    end = len(code) - 2 - int.from_bytes(code[-2:], "big")
    position = 0
    while position < end:
        opcode = code[position]
        size = opcode - _PUSH1 + 1 if _PUSH1 <= opcode <= _PUSH32 else 0
        yield opcode, code[position + 1 : position + 1 + size]
        position += 1 + size


@check
def no_proxy(subject: Subject) -> Iterator[str]:
    """The storage slots of proxies are empty (EIP-1967)."""
    for name, registry in subject.config.registries.items():
        for title, slot in PROXY_SLOTS.items():
            word = bytes(subject.web3.eth.get_storage_at(Web3.to_checksum_address(registry.address), slot))
            if any(word):
                yield f"{name}: the {title} slot has 0x{word.hex()}"

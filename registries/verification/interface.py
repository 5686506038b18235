"""Checks of what clients rely on: the standard's functions and events, versions, names, limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from registries.build import CONTRACT_NAMES
from registries.facts import FACTS, interface_id
from registries.verification.check import check
from registries.verification.code import instructions_with_data
from registries.verification.eip712 import FIELDS, NAME, VERSION, domain_separator
from registries.verification.subject import Subject

LIMITS: dict[str, dict[str, int]] = {
    "identity": {
        "MAX_CONSENT_PERIOD": 300,
        "MAX_METADATA_KEYS": 50,
        "MAX_METADATA_KEY_SIZE": 128,
        "MAX_METADATA_VALUE_SIZE": 10_240,
        "MAX_URI_SIZE": 10_240,
        "MIN_ADMIN_DELAY": 86_400,
    },
    "reputation": {
        "MAX_ABSOLUTE_VALUE": 10**38,
        "MAX_DECIMALS": 18,
        "MAX_ENDPOINT_SIZE": 2_048,
        "MAX_FEEDBACK_PER_CLIENT": 2_000_000,
        "MAX_PAGE_SIZE": 500,
        "MAX_TAG_SIZE": 128,
        "MAX_URI_SIZE": 10_240,
        "MIN_ADMIN_DELAY": 86_400,
    },
    "validation": {
        "MAX_PAGE_SIZE": 500,
        "MAX_RESPONSE": 100,
        "MAX_TAG_SIZE": 128,
        "MAX_URI_SIZE": 10_240,
        "MIN_ADMIN_DELAY": 86_400,
    },
}
"""Sizes in bytes, times in seconds; docs/specification.md says what each is for."""

TOKEN = {"name": "AgentIdentity", "symbol": "AGENT"}
STANDARDS = {"identity": ("ERC-721", "ERC-721 metadata")}
SELECTOR_SIZE = 4
_NEVER_EMITTED = {"EIP712DomainChanged()"}
"""Our domain never changes."""
_ERC165, _ERC4906, _INVALID = bytes.fromhex("01ffc9a7"), bytes.fromhex("49064906"), bytes.fromhex("ffffffff")


@check
def erc165(subject: Subject) -> Iterator[str]:
    """Each registry announces the interfaces that it has, and not the invalid one (ERC-165)."""
    for name, contract in CONTRACT_NAMES.items():
        wanted = {_ERC165: True, _INVALID: False}
        for group in STANDARDS.get(name, ()):
            wanted[interface_id(list(FACTS[contract]["functions"][group]))] = True
        if name == "identity":
            wanted[_ERC4906] = True
        for identifier, answer in wanted.items():
            if subject.ask(name, "supportsInterface", identifier) != answer:
                yield f"{name}: supportsInterface(0x{identifier.hex()}) is not {answer}"


@check
def version(subject: Subject) -> Iterator[str]:
    """getVersion() of each registry is the config's."""
    for name in CONTRACT_NAMES:
        found = subject.ask(name, "getVersion")
        if found != subject.config.abi_version:
            yield f"{name}: {found!r}, not {subject.config.abi_version!r}"


@check
def token_name(subject: Subject) -> Iterator[str]:
    """The token has its name and its symbol (ERC-721)."""
    for function, wanted in TOKEN.items():
        found = subject.ask("identity", function)
        if found != wanted:
            yield f"{function}() is {found!r}, not {wanted!r}"


@check
def selectors(subject: Subject) -> Iterator[str]:
    """The code looks for the selector of each function of the standard."""
    for name, contract in CONTRACT_NAMES.items():
        pushed = {data for _, data in instructions_with_data(subject.code(name)) if len(data) <= SELECTOR_SIZE}
        for group in FACTS[contract]["functions"].values():
            for signature, facts in group.items():
                # Leading zeros are not pushed.
                if bytes.fromhex(facts["selector"][2:]).lstrip(b"\0") not in pushed:
                    yield f"{name}: {signature}, {facts['selector']}"


@check
def plain_reads(subject: Subject) -> Iterator[str]:
    """Every read without arguments answers."""
    for name in CONTRACT_NAMES:
        for entry in subject.build.abi(name):
            if entry["type"] == "function" and not entry["inputs"] and entry["stateMutability"] in {"view", "pure"}:
                subject.ask(name, entry["name"])
    yield from ()


@check
def topics(subject: Subject) -> Iterator[str]:
    """The code has the topic of each event of the standard."""
    for name, contract in CONTRACT_NAMES.items():
        # Anywhere: the optimiser moves a constant that is used often out of the instructions.
        code = subject.code(name)
        for signature, facts in FACTS[contract]["events"].items():
            if signature not in _NEVER_EMITTED and bytes.fromhex(facts["topic0"][2:]) not in code:
                yield f"{name}: {signature}, {facts['topic0']}"


@check
def limits(subject: Subject) -> Iterator[str]:
    """Each limit is the documented one."""
    for name, wanted in LIMITS.items():
        for function, limit in wanted.items():
            found = subject.ask(name, function)
            if found != limit:
                yield f"{name}: {function}() is {found}, not {limit}"


@check
def eip712_domain(subject: Subject) -> Iterator[str]:
    """The domain of consents is of this chain and this registry (EIP-712, ERC-5267)."""
    found = tuple(subject.ask("identity", "eip712Domain"))
    config = subject.config
    wanted: tuple[Any, ...] = (FIELDS, NAME, VERSION, config.chain_id, config.identity.address, bytes(32), [])
    if found != wanted:
        yield f"it is {found}, not {wanted}"


@check
def eip712_separator(subject: Subject) -> Iterator[str]:
    """The separator that the code has is that of the domain that it tells."""
    _, name, label, chain, contract, *_ = subject.ask("identity", "eip712Domain")
    separator = domain_separator(name, label, chain, contract)
    if separator not in subject.code("identity"):
        yield f"0x{separator.hex()} is not in the code"

"""Every state-changing function of the registries, with a call of it that succeeds in the prepared state.

The functions come from the ABI, the calls from the table below: a new function without a call fails the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import ape
from eth_utils.crypto import keccak

from tests.deployment import (
    ADMIN,
    ADMIN_DELAY,
    BUYER,
    CLIENT,
    OPERATOR,
    OWNER,
    PAUSER,
    REGISTRY_ADMIN,
    STRANGER,
    VALIDATOR,
    WALLET,
    Registries,
    deploy_registries,
)
from tests.evm import EVM, Contract, Receipt

REGISTRIES = ("IdentityRegistry", "ReputationRegistry", "ValidationRegistry")
AGENT = 1
FEEDBACK = 1
URI = "https://agents.example/1.json"
REQUEST = keccak(text="a request that waits for its response")
NEW_REQUEST = keccak(text="a new request")
PAUSER_ROLE = keccak(text="PAUSER_ROLE")
REGISTRY_ADMIN_ROLE = keccak(text="REGISTRY_ADMIN_ROLE")


class EntryPoint(NamedTuple):
    """A call.

    :ivar caller: who may make it
    :ivar stops: whether a pause stops it
    """

    caller: str
    arguments: tuple[Any, ...] | Callable[[Registries], tuple[Any, ...]] = ()
    stops: bool = False


def _consent(registries: Registries) -> tuple[Any, ...]:
    deadline = registries.evm.time + 60
    return AGENT, WALLET, deadline, registries.consent(AGENT, WALLET, deadline=deadline, owner=OWNER)


ADMINISTRATION = {
    "acceptDefaultAdminTransfer()": EntryPoint(BUYER),
    "beginDefaultAdminTransfer(address)": EntryPoint(ADMIN, (STRANGER,)),
    "cancelDefaultAdminTransfer()": EntryPoint(ADMIN),
    "changeDefaultAdminDelay(uint48)": EntryPoint(ADMIN, (ADMIN_DELAY + 1,)),
    "grantRole(bytes32,address)": EntryPoint(ADMIN, (PAUSER_ROLE, STRANGER)),
    "pause()": EntryPoint(PAUSER),
    "renounceRole(bytes32,address)": EntryPoint(PAUSER, (PAUSER_ROLE, PAUSER)),
    "revokeRole(bytes32,address)": EntryPoint(ADMIN, (PAUSER_ROLE, PAUSER)),
    "rollbackDefaultAdminDelay()": EntryPoint(ADMIN),
    "unpause()": EntryPoint(PAUSER),
}
ENTRY_POINTS: dict[str, dict[str, EntryPoint]] = {
    "IdentityRegistry": ADMINISTRATION
    | {
        "approve(address,uint256)": EntryPoint(OWNER, (STRANGER, AGENT)),
        "register()": EntryPoint(OWNER, (), stops=True),
        "register(string)": EntryPoint(OWNER, (URI,), stops=True),
        "register(string,(string,bytes)[])": EntryPoint(OWNER, (URI, [("key", b"value")]), stops=True),
        "safeTransferFrom(address,address,uint256)": EntryPoint(OWNER, (OWNER, BUYER, AGENT)),
        "safeTransferFrom(address,address,uint256,bytes)": EntryPoint(OWNER, (OWNER, BUYER, AGENT, b"\x01")),
        "setAgentURI(uint256,string)": EntryPoint(OWNER, (AGENT, "ipfs://new"), stops=True),
        "setAgentWallet(uint256,address,uint256,bytes)": EntryPoint(OWNER, _consent, stops=True),
        "setApprovalForAll(address,bool)": EntryPoint(OWNER, (STRANGER, True)),
        "setBaseURI(string)": EntryPoint(REGISTRY_ADMIN, ("https://base.example",)),
        "setMetadata(uint256,string,bytes)": EntryPoint(OWNER, (AGENT, "key", b"new"), stops=True),
        "setOperatorOptOut(bool)": EntryPoint(STRANGER, (True,)),
        "transferFrom(address,address,uint256)": EntryPoint(OWNER, (OWNER, BUYER, AGENT)),
        "unsetAgentWallet(uint256)": EntryPoint(OWNER, (AGENT,)),
    },
    "ReputationRegistry": ADMINISTRATION
    | {
        "appendResponse(uint256,address,uint64,string,bytes32)": EntryPoint(
            OWNER, (AGENT, CLIENT, FEEDBACK, URI, bytes(32)), stops=True
        ),
        "giveFeedback(uint256,int128,uint8,string,string,string,string,bytes32)": EntryPoint(
            CLIENT, (AGENT, 1, 0, "new tag", "", "", URI, bytes(32)), stops=True
        ),
        "revokeFeedback(uint256,uint64)": EntryPoint(CLIENT, (AGENT, FEEDBACK)),
    },
    "ValidationRegistry": ADMINISTRATION
    | {
        "validationRequest(address,uint256,string,bytes32)": EntryPoint(
            OWNER, (VALIDATOR, AGENT, URI, NEW_REQUEST), stops=True
        ),
        "validationResponse(bytes32,uint8,string,bytes32,string)": EntryPoint(
            VALIDATOR, (REQUEST, 50, URI, bytes(32), "new tag"), stops=True
        ),
    },
}


def in_the_abi(registry: str, *, stateful: bool) -> list[str]:
    """The signatures of a registry's functions that change state, or of those that do not."""
    methods = ape.project.get_contract(registry).contract_type.methods
    return [method.selector for method in methods if method.is_stateful == stateful]


def contract(registries: Registries, registry: str) -> Contract:
    found: Contract = getattr(registries, registry.removesuffix("Registry").lower())
    return found


def prepared() -> Registries:
    """A fresh deployment in which every call of the table succeeds, but for `unpause`."""
    registries = deploy_registries(EVM())
    registries.identity.register(URI, [("key", b"value")], sender=OWNER)
    registries.identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    registries.give_feedback(AGENT, CLIENT, 95, 1, tag1="starred", tag2="week")
    registries.validation.validationRequest(VALIDATOR, AGENT, URI, REQUEST, sender=OWNER)
    for registry in REGISTRIES:
        contract(registries, registry).beginDefaultAdminTransfer(BUYER, sender=ADMIN)
    registries.evm.warp(ADMIN_DELAY + 1)
    return registries


def call(registries: Registries, registry: str, signature: str, *, caller: str | None = None) -> Receipt:
    """Makes the call of the table.

    :param caller: who makes it instead of the one who may
    """
    entry = ENTRY_POINTS[registry][signature]
    arguments = entry.arguments(registries) if callable(entry.arguments) else entry.arguments
    method = getattr(contract(registries, registry), signature.partition("(")[0])
    receipt: Receipt = method(*arguments, sender=caller or entry.caller)
    return receipt

"""Every state-changing function of the registries, with a call of it that succeeds in the prepared state.

A test spoils one thing about each of the calls. The functions come from the ABI, the calls from the table below: a new
function without a call fails the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import ape
from eth_utils.crypto import keccak
from ethpm_types.abi import MethodABI

from tests.deployment import (
    ADMIN,
    ADMIN_DELAY,
    BUYER,
    CLIENT,
    OPERATOR,
    OWNER,
    PAUSER,
    REGISTRIES,
    REGISTRY_ADMIN,
    STRANGER,
    VALIDATOR,
    WALLET,
    Registries,
    deploy_registries,
)
from tests.evm import EVM, Receipt

AGENT = 1
FEEDBACK = 1
URI = "https://agents.example/1.json"
REQUEST = keccak(text="a request that waits for its response")
NEW_REQUEST = keccak(text="a new request")
PAUSER_ROLE = keccak(text="PAUSER_ROLE")
REGISTRY_ADMIN_ROLE = keccak(text="REGISTRY_ADMIN_ROLE")


class EntryPoint(NamedTuple):
    """A state-changing function of a registry."""

    registry: str
    signature: str


class Call(NamedTuple):
    """A call that succeeds.

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
    "acceptDefaultAdminTransfer()": Call(BUYER),
    "beginDefaultAdminTransfer(address)": Call(ADMIN, (STRANGER,)),
    "cancelDefaultAdminTransfer()": Call(ADMIN),
    "changeDefaultAdminDelay(uint48)": Call(ADMIN, (ADMIN_DELAY + 1,)),
    "grantRole(bytes32,address)": Call(ADMIN, (PAUSER_ROLE, STRANGER)),
    "pause()": Call(PAUSER),
    "renounceRole(bytes32,address)": Call(PAUSER, (PAUSER_ROLE, PAUSER)),
    "revokeRole(bytes32,address)": Call(ADMIN, (PAUSER_ROLE, PAUSER)),
    "rollbackDefaultAdminDelay()": Call(ADMIN),
    "unpause()": Call(PAUSER),
}
CALLS: dict[str, dict[str, Call]] = {
    "IdentityRegistry": ADMINISTRATION
    | {
        "approve(address,uint256)": Call(OWNER, (STRANGER, AGENT)),
        "register()": Call(OWNER, (), stops=True),
        "register(string)": Call(OWNER, (URI,), stops=True),
        "register(string,(string,bytes)[])": Call(OWNER, (URI, [("key", b"value")]), stops=True),
        "safeTransferFrom(address,address,uint256)": Call(OWNER, (OWNER, BUYER, AGENT)),
        "safeTransferFrom(address,address,uint256,bytes)": Call(OWNER, (OWNER, BUYER, AGENT, b"\x01")),
        "setAgentURI(uint256,string)": Call(OWNER, (AGENT, "ipfs://new"), stops=True),
        "setAgentWallet(uint256,address,uint256,bytes)": Call(OWNER, _consent, stops=True),
        "setApprovalForAll(address,bool)": Call(OWNER, (STRANGER, True)),
        "setBaseURI(string)": Call(REGISTRY_ADMIN, ("https://base.example",)),
        "setMetadata(uint256,string,bytes)": Call(OWNER, (AGENT, "key", b"new"), stops=True),
        "setOperatorOptOut(bool)": Call(STRANGER, (True,)),
        "transferFrom(address,address,uint256)": Call(OWNER, (OWNER, BUYER, AGENT)),
        "unsetAgentWallet(uint256)": Call(OWNER, (AGENT,)),
    },
    "ReputationRegistry": ADMINISTRATION
    | {
        "appendResponse(uint256,address,uint64,string,bytes32)": Call(
            OWNER, (AGENT, CLIENT, FEEDBACK, URI, bytes(32)), stops=True
        ),
        "giveFeedback(uint256,int128,uint8,string,string,string,string,bytes32)": Call(
            CLIENT, (AGENT, 1, 0, "new tag", "", "", URI, bytes(32)), stops=True
        ),
        "revokeFeedback(uint256,uint64)": Call(CLIENT, (AGENT, FEEDBACK)),
    },
    "ValidationRegistry": ADMINISTRATION
    | {
        "validationRequest(address,uint256,string,bytes32)": Call(
            OWNER, (VALIDATOR, AGENT, URI, NEW_REQUEST), stops=True
        ),
        "validationResponse(bytes32,uint8,string,bytes32,string)": Call(
            VALIDATOR, (REQUEST, 50, URI, bytes(32), "new tag"), stops=True
        ),
    },
}


def state_changing(contract_name: str) -> list[MethodABI]:
    """The functions of a contract that change state, from its ABI."""
    methods: list[MethodABI] = list(ape.project.get_contract(contract_name).contract_type.mutable_methods)
    return methods


ENTRY_POINTS = [EntryPoint(registry, method.selector) for registry in REGISTRIES for method in state_changing(registry)]
DATA_ENTRY_POINTS = [entry_point for entry_point in ENTRY_POINTS if entry_point.signature not in ADMINISTRATION]


def prepared() -> Registries:
    """A fresh deployment in which each call of the table succeeds by itself, but for `unpause`."""
    registries = deploy_registries(EVM())
    registries.identity.register(URI, [("key", b"value")], sender=OWNER)
    registries.identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    registries.give_feedback(AGENT, CLIENT, 95, 1, tag1="starred", tag2="week")
    registries.validation.validationRequest(VALIDATOR, AGENT, URI, REQUEST, sender=OWNER)
    for registry in REGISTRIES:
        registries[registry].beginDefaultAdminTransfer(BUYER, sender=ADMIN)
    registries.evm.warp(ADMIN_DELAY + 1)
    return registries


def give_all_roles(registries: Registries, account: str) -> None:
    """All but the admin's, which one account has at a time."""
    for registry in REGISTRIES:
        registries[registry].grantRole(PAUSER_ROLE, account, sender=ADMIN)
    registries.identity.grantRole(REGISTRY_ADMIN_ROLE, account, sender=ADMIN)


def arguments_of(registries: Registries, registry: str, signature: str) -> tuple[Any, ...]:
    """The arguments of the call of the table."""
    arguments = CALLS[registry][signature].arguments
    return arguments(registries) if callable(arguments) else arguments


def call(
    registries: Registries,
    registry: str,
    signature: str,
    *,
    caller: str | None = None,
    arguments: tuple[Any, ...] | None = None,
) -> Receipt:
    """Makes the call of the table.

    :param caller: who makes it instead of the one who may
    :param arguments: instead of those of the table
    """
    method = getattr(registries[registry], signature.partition("(")[0])
    arguments = arguments_of(registries, registry, signature) if arguments is None else arguments
    receipt: Receipt = method(*arguments, sender=caller or CALLS[registry][signature].caller)
    return receipt


def agents_data(registries: Registries) -> dict[str, Any]:
    """What belongs to the agent, its owner, its client and its validator."""
    identity, reputation, validation = registries.identity, registries.reputation, registries.validation
    return {
        "owner": identity.ownerOf(AGENT),
        "wallet": identity.getAgentWallet(AGENT),
        "uri": identity.tokenURI(AGENT),
        "metadata": identity.getMetadata(AGENT, "key"),
        "keys": identity.metadataKeyCount(AGENT),
        "epoch": identity.ownershipEpoch(AGENT),
        "approved": identity.getApproved(AGENT),
        "operator": identity.isApprovedForAll(OWNER, OPERATOR),
        "opt-out": identity.operatorOptOut(OPERATOR),
        "feedback": reputation.readFeedback(AGENT, CLIENT, FEEDBACK),
        "totals": reputation.getClientTotals(AGENT, CLIENT),
        "summary": reputation.getSummary(AGENT, [CLIENT], "", ""),
        "validations": validation.getAgentValidations(AGENT),
        "validation": validation.getValidationStatus(REQUEST),
        "pending": validation.isPending(REQUEST),
    }

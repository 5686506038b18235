"""S2: an entry point without a guard or a pause, and an admin that may write what it likes.

Attackers: whoever makes the registry need a pause; the admin, or who has its key.
Path: the pause stops one form of register() and not the other; the admin's role passes every check of ownership, so
that it writes any agent's metadata.
Defence: what each entry point does under a pause is a rule that a test derives from the ABI. No role can write an
agent's data, move a token or touch feedback, all roles in one hand included. (That every entry point refuses to be
re-entered is tested with the reentrant receiver.)
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.attack.valid_calls import (
    ENTRY_POINTS,
    PENDING_REQUEST,
    EntryPoint,
    prepare,
    registry_of,
    send,
    valid_call,
)
from tests.deployment import (
    ADMIN,
    BUYER,
    CLIENT,
    OPERATOR,
    OWNER,
    PAUSER,
    REGISTRY_ADMIN,
    STRANGER,
    VALIDATOR,
    Registries,
)
from tests.evm import EVM, Contract, Receipt, reverts

NAMES = ["identity", "reputation", "validation"]

GO_ON = {
    "approve(address,uint256)",
    "safeTransferFrom(address,address,uint256)",
    "safeTransferFrom(address,address,uint256,bytes)",
    "setApprovalForAll(address,bool)",
    "setOperatorOptOut(bool)",
    "transferFrom(address,address,uint256)",
    "unsetAgentWallet(uint256)",
    "revokeFeedback(uint256,uint64)",
    "setBaseURI(string)",
}
"""What a pause does not stop: nobody can be locked in. The last one is a role's, and creates nothing."""

STOPPED = [entry_point for entry_point in ENTRY_POINTS if entry_point.selector not in GO_ON]
NOT_STOPPED = [entry_point for entry_point in ENTRY_POINTS if entry_point.selector in GO_ON]


def label(entry_point: EntryPoint) -> str:
    return entry_point.selector


def agent_as_read(registries: Registries, agent_id: int) -> list[Any]:
    """All that is said about an agent."""
    identity, reputation, validation = registries.identity, registries.reputation, registries.validation
    return [
        identity.ownerOf(agent_id),
        identity.getAgentWallet(agent_id),
        identity.tokenURI(agent_id),
        identity.getMetadata(agent_id, "key"),
        identity.getApproved(agent_id),
        identity.metadataKeyCount(agent_id),
        identity.ownershipEpoch(agent_id),
        reputation.readAllFeedback(agent_id, [], "", "", True),
        reputation.getSummary(agent_id, [CLIENT], "", ""),
        validation.getAgentValidations(agent_id),
        validation.getValidationStatus(PENDING_REQUEST),
        validation.isPending(PENDING_REQUEST),
    ]


# --------------------------------------------------------------------------------------------------------------- pause


def attack_during_pause(registry: Contract, pauser: str) -> Receipt:
    """Registers while the registry is paused."""
    registry.pause(sender=pauser)
    receipt: Receipt = registry.register(sender=STRANGER)
    return receipt


@pytest.fixture
def weak(evm: EVM) -> Contract:
    return evm.deploy("WeakOriginalRegistry", ADMIN, sender=ADMIN)


def test_attack__on_weak_registry__succeeds(weak: Contract, evm: EVM) -> None:
    receipt = attack_during_pause(weak, ADMIN)
    assert weak.ownerOf(receipt.value) == STRANGER
    assert weak.read_log(receipt.logs[-1])[0] == "Registered"


def test_attack__on_registry__fails(registries: Registries) -> None:
    with reverts("EnforcedPause"):
        attack_during_pause(registries.identity, PAUSER)
    assert registries.identity.totalAgents() == 0


@pytest.fixture
def paused_agent(registries: Registries) -> int:
    """An agent whose registries are all paused."""
    agent_id = prepare(registries)
    for name in NAMES:
        getattr(registries, name).pause(sender=PAUSER)
    return agent_id


@pytest.mark.parametrize("entry_point", STOPPED, ids=label)
def test_entry_point__given_a_pause__is_stopped(
    registries: Registries, paused_agent: int, entry_point: EntryPoint
) -> None:
    before = agent_as_read(registries, paused_agent)
    call = valid_call(registries, paused_agent, entry_point)
    with reverts("EnforcedPause"):
        send(registries, entry_point, call)
    assert agent_as_read(registries, paused_agent) == before
    registry_of(registries, entry_point).unpause(sender=PAUSER)
    assert send(registries, entry_point, call).logs


@pytest.mark.parametrize("entry_point", NOT_STOPPED, ids=label)
def test_entry_point__given_a_pause__goes_on(
    registries: Registries, paused_agent: int, entry_point: EntryPoint
) -> None:
    call = valid_call(registries, paused_agent, entry_point)
    assert send(registries, entry_point, call).logs


def test_entry_points__that_a_pause_does_not_stop__are_the_listed_ones() -> None:
    assert {entry_point.selector for entry_point in NOT_STOPPED} == GO_ON


# --------------------------------------------------------------------------------------------------------------- roles


def test_attack_by_the_admin__on_weak_registry__succeeds(weak: Contract) -> None:
    agent_id = weak.register(sender=OWNER).value
    receipt = weak.setMetadata(agent_id, "key", b"the admin was here", sender=ADMIN)
    assert weak.getMetadata(agent_id, "key") == b"the admin was here"
    assert receipt.logs == (weak.log("MetadataSet", agent_id, "key", "key", b"the admin was here"),)


def refusals(agent_id: int) -> dict[str, tuple[Any, ...]]:
    """The error, with its arguments, that an admin gets who writes an agent's data."""
    not_authorized = ("NotAuthorized", agent_id, ADMIN)
    not_approved = ("ERC721InsufficientApproval", ADMIN, agent_id)
    return {
        "setAgentURI(uint256,string)": not_authorized,
        "setMetadata(uint256,string,bytes)": not_authorized,
        "setAgentWallet(uint256,address,uint256,bytes)": not_authorized,
        "unsetAgentWallet(uint256)": not_authorized,
        "approve(address,uint256)": ("ERC721InvalidApprover", ADMIN),
        "transferFrom(address,address,uint256)": not_approved,
        "safeTransferFrom(address,address,uint256)": not_approved,
        "safeTransferFrom(address,address,uint256,bytes)": not_approved,
        "revokeFeedback(uint256,uint64)": ("FeedbackNotFound", agent_id, ADMIN, 1),
        "validationRequest(address,uint256,string,bytes32)": not_authorized,
        "validationResponse(bytes32,uint8,string,bytes32,string)": ("NotRequestedValidator", PENDING_REQUEST, ADMIN),
    }


FOR_ANYBODY = {
    "register()",
    "register(string)",
    "register(string,(string,bytes)[])",
    "setApprovalForAll(address,bool)",
    "setOperatorOptOut(bool)",
    "giveFeedback(uint256,int128,uint8,string,string,string,string,bytes32)",
    "appendResponse(uint256,address,uint64,string,bytes32)",
}
"""Anybody may: it speaks for the caller and nobody else. A role makes no difference."""

FOR_A_ROLE = {"setBaseURI(string)"}
"""Not about an agent's data: only agents without a URI of their own have the auto URI."""

REFUSED = [entry_point for entry_point in ENTRY_POINTS if entry_point.selector in refusals(0)]


def give_all_roles(registries: Registries, account: str) -> None:
    for name in NAMES:
        registry = getattr(registries, name)
        registry.grantRole(registry.PAUSER_ROLE(), account, sender=ADMIN)
    identity = registries.identity
    identity.grantRole(identity.REGISTRY_ADMIN_ROLE(), account, sender=ADMIN)


@pytest.mark.parametrize("entry_point", REFUSED, ids=label)
def test_attack_by_the_admin__with_all_roles_on_registry__fails(
    registries: Registries, entry_point: EntryPoint
) -> None:
    agent_id = prepare(registries)
    give_all_roles(registries, ADMIN)
    before = agent_as_read(registries, agent_id)
    call = valid_call(registries, agent_id, entry_point)
    with reverts(*refusals(agent_id)[entry_point.selector]):
        send(registries, entry_point, call._replace(sender=ADMIN))
    assert agent_as_read(registries, agent_id) == before
    assert send(registries, entry_point, call).logs, "the same call works for whom it is meant"


def test_entry_points__by_whom_they_serve__are_all_listed() -> None:
    assert {entry_point.selector for entry_point in ENTRY_POINTS} == set(refusals(0)) | FOR_ANYBODY | FOR_A_ROLE


def test_attack_by_the_registry_admin__with_the_base_uri_on_registry__fails(registries: Registries) -> None:
    agent_id = prepare(registries)
    before = agent_as_read(registries, agent_id)
    registries.identity.setBaseURI("https://evil.example", sender=REGISTRY_ADMIN)
    assert agent_as_read(registries, agent_id) == before


@pytest.mark.parametrize("account", [ADMIN, PAUSER, OWNER, CLIENT, VALIDATOR, BUYER, OPERATOR])
def test_set_base_uri__without_its_role__reverts(registries: Registries, account: str) -> None:
    role = registries.identity.REGISTRY_ADMIN_ROLE()
    with reverts("AccessControlUnauthorizedAccount", account, role):
        registries.identity.setBaseURI("https://evil.example", sender=account)
    assert registries.identity.baseURI() == ""

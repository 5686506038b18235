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

from tests.deployment import (
    ADMIN,
    BUYER,
    CLIENT,
    OPERATOR,
    OWNER,
    PAUSER,
    REGISTRIES,
    REGISTRY_ADMIN,
    STRANGER,
    VALIDATOR,
    Registries,
)
from tests.entry_points import (
    AGENT,
    CALLS,
    DATA_ENTRY_POINTS,
    FEEDBACK,
    REQUEST,
    EntryPoint,
    agents_data,
    call,
    give_all_roles,
    prepared,
)
from tests.evm import EVM, Contract, Receipt, reverts

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

STOPPED = [entry_point for entry_point in DATA_ENTRY_POINTS if CALLS[entry_point.registry][entry_point.signature].stops]
NOT_STOPPED = [entry_point for entry_point in DATA_ENTRY_POINTS if entry_point not in STOPPED]


def label(entry_point: EntryPoint) -> str:
    return entry_point.signature


def agent_as_read(registries: Registries) -> list[Any]:
    """All that is said about the agent."""
    return [agents_data(registries), registries.reputation.readAllFeedback(AGENT, [], "", "", True)]


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
def paused() -> Registries:
    """The prepared state, in which all registries are paused."""
    registries = prepared()
    for name in REGISTRIES:
        registries[name].pause(sender=PAUSER)
    return registries


@pytest.mark.parametrize("entry_point", STOPPED, ids=label)
def test_entry_point__given_a_pause__is_stopped(paused: Registries, entry_point: EntryPoint) -> None:
    before = agent_as_read(paused)
    with reverts("EnforcedPause"):
        call(paused, *entry_point)
    assert agent_as_read(paused) == before
    paused[entry_point.registry].unpause(sender=PAUSER)
    assert call(paused, *entry_point).logs


@pytest.mark.parametrize("entry_point", NOT_STOPPED, ids=label)
def test_entry_point__given_a_pause__goes_on(paused: Registries, entry_point: EntryPoint) -> None:
    assert call(paused, *entry_point).logs


def test_entry_points__that_a_pause_does_not_stop__are_the_listed_ones() -> None:
    assert {entry_point.signature for entry_point in NOT_STOPPED} == GO_ON


# --------------------------------------------------------------------------------------------------------------- roles


def test_attack_by_the_admin__on_weak_registry__succeeds(weak: Contract) -> None:
    agent_id = weak.register(sender=OWNER).value
    receipt = weak.setMetadata(agent_id, "key", b"the admin was here", sender=ADMIN)
    assert weak.getMetadata(agent_id, "key") == b"the admin was here"
    assert receipt.logs == (weak.log("MetadataSet", agent_id, "key", "key", b"the admin was here"),)


NOT_AUTHORIZED = ("NotAuthorized", AGENT, ADMIN)
NOT_APPROVED = ("ERC721InsufficientApproval", ADMIN, AGENT)
REFUSALS: dict[str, tuple[Any, ...]] = {
    "setAgentURI(uint256,string)": NOT_AUTHORIZED,
    "setMetadata(uint256,string,bytes)": NOT_AUTHORIZED,
    "setAgentWallet(uint256,address,uint256,bytes)": NOT_AUTHORIZED,
    "unsetAgentWallet(uint256)": NOT_AUTHORIZED,
    "approve(address,uint256)": ("ERC721InvalidApprover", ADMIN),
    "transferFrom(address,address,uint256)": NOT_APPROVED,
    "safeTransferFrom(address,address,uint256)": NOT_APPROVED,
    "safeTransferFrom(address,address,uint256,bytes)": NOT_APPROVED,
    "revokeFeedback(uint256,uint64)": ("FeedbackNotFound", AGENT, ADMIN, FEEDBACK),
    "validationRequest(address,uint256,string,bytes32)": NOT_AUTHORIZED,
    "validationResponse(bytes32,uint8,string,bytes32,string)": ("NotRequestedValidator", REQUEST, ADMIN),
}
"""The error, with its arguments, that an admin gets who writes an agent's data."""


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

REFUSED = [entry_point for entry_point in DATA_ENTRY_POINTS if entry_point.signature in REFUSALS]


@pytest.mark.parametrize("entry_point", REFUSED, ids=label)
def test_attack_by_the_admin__with_all_roles_on_registry__fails(entry_point: EntryPoint) -> None:
    registries = prepared()
    give_all_roles(registries, ADMIN)
    before = agent_as_read(registries)
    with reverts(*REFUSALS[entry_point.signature]):
        call(registries, *entry_point, caller=ADMIN)
    assert agent_as_read(registries) == before
    assert call(registries, *entry_point).logs, "the same call works for whom it is meant"


def test_entry_points__by_whom_they_serve__are_all_listed() -> None:
    assert {entry_point.signature for entry_point in DATA_ENTRY_POINTS} == set(REFUSALS) | FOR_ANYBODY | FOR_A_ROLE


def test_attack_by_the_registry_admin__with_the_base_uri_on_registry__fails() -> None:
    registries = prepared()
    before = agent_as_read(registries)
    registries.identity.setBaseURI("https://evil.example", sender=REGISTRY_ADMIN)
    assert agent_as_read(registries) == before


@pytest.mark.parametrize("account", [ADMIN, PAUSER, OWNER, CLIENT, VALIDATOR, BUYER, OPERATOR])
def test_set_base_uri__without_its_role__reverts(registries: Registries, account: str) -> None:
    role = registries.identity.REGISTRY_ADMIN_ROLE()
    with reverts("AccessControlUnauthorizedAccount", account, role):
        registries.identity.setBaseURI("https://evil.example", sender=account)
    assert registries.identity.baseURI() == ""

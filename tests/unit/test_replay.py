"""The replay follows an agent through its whole life, and misses no log that carries state."""

from __future__ import annotations

import pytest

from tests.deployment import BUYER, CLIENT, OPERATOR, OWNER, PAUSER, REGISTRY_ADMIN, WALLET, Registries
from tests.evm import ZERO_ADDRESS
from tests.replay import assert_logs_tell_the_state, disagreements


def live(registries: Registries) -> None:
    """Every event of the identity registry that says something about agents, left with an effect that lasts."""
    identity = registries.identity
    own, auto, cleared, sold = 1, 2, 3, 4
    identity.register("ipfs://own", [("model", b"m"), ("gone", b"g")], sender=OWNER)
    identity.register(sender=OWNER)
    identity.register("ipfs://cleared", sender=OWNER)
    identity.register("ipfs://sold", sender=OWNER)
    identity.setBaseURI("https://registry.example/agents", sender=REGISTRY_ADMIN)
    identity.setAgentURI(cleared, "", sender=OWNER)
    identity.setAgentURI(own, "ipfs://new", sender=OWNER)
    identity.setMetadata(own, "gone", b"", sender=OWNER)
    registries.set_wallet(own, WALLET)
    identity.unsetAgentWallet(auto, sender=OWNER)
    identity.transferFrom(OWNER, BUYER, sold, sender=OWNER)
    identity.transferFrom(OWNER, OWNER, auto, sender=OWNER)
    identity.approve(CLIENT, own, sender=OWNER)
    identity.approve(OPERATOR, auto, sender=OWNER)
    identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    identity.setApprovalForAll(BUYER, True, sender=OWNER)
    identity.setApprovalForAll(BUYER, False, sender=OWNER)
    identity.setOperatorOptOut(True, sender=CLIENT)
    identity.setBaseURI("https://moved.example/agents", sender=REGISTRY_ADMIN)
    identity.pause(sender=PAUSER)


def test_replay__given_a_whole_life__agrees_with_the_reads(registries: Registries) -> None:
    live(registries)
    identity = registries.identity

    assert [identity.tokenURI(agent_id) for agent_id in (1, 2, 3, 4)] == [
        "ipfs://new",
        "https://moved.example/agents/2/registration",
        "https://moved.example/agents/3/registration",
        "ipfs://sold",
    ]
    assert identity.getApproved(1) == ZERO_ADDRESS  # approved, and opted out
    assert_logs_tell_the_state(identity)


@pytest.mark.parametrize(
    ("event", "position"),
    [
        ("Transfer", -2),
        ("MetadataUpdate", -1),
        ("URIUpdated", -1),
        ("AgentURICleared", -1),
        ("BaseURIUpdated", -1),
        ("MetadataSet", 1),
        ("MetadataSet", -1),
        ("Approval", -1),
        ("ApprovalForAll", 0),
        ("ApprovalForAll", -1),
        ("OperatorOptOutSet", -1),
    ],
)
def test_replay__given_a_lost_log__disagrees(registries: Registries, event: str, position: int) -> None:
    live(registries)
    identity = registries.identity
    logs = registries.evm.logs
    of_event = [
        index
        for index, log in enumerate(logs)
        if log.address == identity.address and identity.read_log(log)[0] == event
    ]
    del logs[of_event[position]]

    assert disagreements(identity) != {}

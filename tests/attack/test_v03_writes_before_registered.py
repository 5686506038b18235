"""V3: the callback writes before Registered is out.

Attacker: a contract that registers an agent, and an accomplice that rates it.
Path: onERC721Received calls setAgentURI, setMetadata or, through the accomplice, giveFeedback. An indexer meets an
agent that it does not know yet and drops the log; the registry then overwrites the values without a word.
Defence: everything of the registration is written and emitted before the callback. The identity registry cannot be
entered from it at all; feedback can be given, and comes after Registered.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.attack.receiver import BLOCKED, SUCCEEDED, Receiver
from tests.attack.weak import WeakRegistries
from tests.deployment import Registries
from tests.evm import Receipt
from tests.replay import assert_logs_tell_the_state

AGENT_ID = 1
URI, METADATA = "ipfs://registration", [("model", b"registered")]
WRITES: list[tuple[Any, ...]] = [("setAgentURI", "ipfs://callback"), ("setMetadata", "model", b"callback")]


def write_in_callback(registries: Registries, receiver: Receiver, function: str, *values: object) -> Receipt:
    identity = registries.identity
    receiver.arm(identity, identity.encode(function, AGENT_ID, *values))
    return receiver.execute(identity, "register", URI, METADATA)


def rate_in_callback(registries: Registries, receiver: Receiver, accomplice: Receiver) -> Receipt:
    reputation = registries.reputation
    rating = reputation.encode("giveFeedback", AGENT_ID, 100, 0, "", "", "", "", bytes(32))
    receiver.arm(accomplice.contract, accomplice.contract.encode("execute", reputation.address, rating))
    return receiver.execute(registries.identity, "register", URI, METADATA)


def event_names(registries: Registries, receipt: Receipt) -> list[str]:
    contracts = {str(contract.address): contract for contract in (registries.identity, registries.reputation)}
    return [contracts[log.address].read_log(log)[0] for log in receipt.logs]


@pytest.mark.parametrize("write", WRITES)
def test_attack__on_weak_registry__succeeds(weak_registries: WeakRegistries, write: tuple[Any, ...]) -> None:
    identity, receiver = weak_registries.identity, Receiver(weak_registries.evm)
    names = event_names(weak_registries, write_in_callback(weak_registries, receiver, *write))

    assert receiver.outcome() == SUCCEEDED
    assert names.index("URIUpdated" if write[0] == "setAgentURI" else "MetadataSet") < names.index("Registered")
    # What the callback wrote was accepted, and is gone.
    assert (identity.tokenURI(AGENT_ID), identity.getMetadata(AGENT_ID, "model")) == (URI, b"registered")


def test_attack__with_feedback_on_weak_registry__succeeds(weak_registries: WeakRegistries) -> None:
    receiver, accomplice = Receiver(weak_registries.evm), Receiver(weak_registries.evm)
    names = event_names(weak_registries, rate_in_callback(weak_registries, receiver, accomplice))

    assert receiver.outcome() == SUCCEEDED
    assert names.index("NewFeedback") < names.index("Registered")


@pytest.mark.parametrize("write", WRITES)
def test_attack__on_registry__fails(registries: Registries, write: tuple[Any, ...]) -> None:
    identity, receiver = registries.identity, Receiver(registries.evm)
    receipt = write_in_callback(registries, receiver, *write)

    assert receiver.outcome() == BLOCKED
    assert event_names(registries, receipt) == [
        "Transfer",
        "MetadataUpdate",
        "Registered",
        "MetadataSet",
        "MetadataSet",
    ]
    assert (identity.tokenURI(AGENT_ID), identity.getMetadata(AGENT_ID, "model")) == (URI, b"registered")
    assert_logs_tell_the_state(identity)


def test_attack__with_feedback_on_registry__comes_after_the_registration(registries: Registries) -> None:
    receiver, accomplice = Receiver(registries.evm), Receiver(registries.evm)
    receipt = rate_in_callback(registries, receiver, accomplice)

    assert receiver.outcome() == SUCCEEDED
    assert event_names(registries, receipt) == [
        "Transfer",
        "MetadataUpdate",
        "Registered",
        "MetadataSet",
        "MetadataSet",
        "NewFeedback",
    ]
    assert registries.reputation.getLastIndex(AGENT_ID, accomplice.address) == 1
    assert_logs_tell_the_state(registries.identity)


def test_attack__with_own_feedback_on_registry__fails(registries: Registries) -> None:
    reputation, receiver = registries.reputation, Receiver(registries.evm)
    receiver.arm(reputation, reputation.encode("giveFeedback", AGENT_ID, 100, 0, "", "", "", "", bytes(32)))
    receiver.execute(registries.identity, "register", URI)

    assert receiver.outcome() == ("SelfFeedback", (AGENT_ID, receiver.address))
    assert reputation.getClients(AGENT_ID) == ()

"""S3: an event with one field more than the standard's.

Attacker: nobody; a developer who means well and adds a timestamp.
Path: an event's first topic is the hash of its name and types. With one more field it is another event: every indexer,
SDK and explorer that looks for the standard's sees no agent at all.
Defence: the standard's events to the byte. The time is the block's. What is added has names of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

import ape
import pytest
from eth_utils.crypto import keccak

from tests.deployment import OWNER, REGISTRIES, Registries
from tests.entry_points import DATA_ENTRY_POINTS, EntryPoint, call, prepared
from tests.evm import EVM, Contract, Log

STANDARD = {
    # ERC-721 and ERC-4906
    "Transfer(address,address,uint256)",
    "Approval(address,address,uint256)",
    "ApprovalForAll(address,address,bool)",
    "MetadataUpdate(uint256)",
    "BatchMetadataUpdate(uint256,uint256)",
    # ERC-8004
    "Registered(uint256,string,address)",
    "MetadataSet(uint256,string,string,bytes)",
    "URIUpdated(uint256,string,address)",
    "NewFeedback(uint256,address,uint64,int128,uint8,string,string,string,string,string,bytes32)",
    "FeedbackRevoked(uint256,address,uint64)",
    "ResponseAppended(uint256,address,uint64,address,string,bytes32)",
    "ValidationRequest(address,uint256,string,bytes32)",
    "ValidationResponse(address,uint256,bytes32,uint8,string,bytes32,string)",
}
ADDED = {
    "AgentURICleared(uint256)",
    "BaseURIUpdated(string,address)",
    "OperatorOptOutSet(address,bool)",
}
TOPICS = {keccak(text=signature): signature for signature in STANDARD | ADDED}
INDEXED = {
    "Registered": ["agentId", "owner"],
    "MetadataSet": ["agentId", "indexedMetadataKey"],
    "URIUpdated": ["agentId", "updatedBy"],
    "NewFeedback": ["agentId", "clientAddress", "indexedTag1"],
    "FeedbackRevoked": ["agentId", "clientAddress", "feedbackIndex"],
    "ResponseAppended": ["agentId", "clientAddress", "responder"],
    "ValidationRequest": ["validatorAddress", "agentId", "requestHash"],
    "ValidationResponse": ["validatorAddress", "agentId", "requestHash"],
}
"""The indexed fields of the events of ERC-8004: the topics after the first."""


def agents_as_indexed(logs: Iterable[Log]) -> list[int]:
    """The agents that an indexer of the standard finds."""
    topic = bytes.fromhex("ca52e62c367d81bb2e328eb795f7c7ba24afb478408a26c0e201d155c449bc4a")
    return [int.from_bytes(log.topics[1]) for log in logs if log.topics[0] == topic]


def attack(registry: Contract) -> tuple[int, list[int]]:
    """Registers an agent: its id, and what an indexer makes of the logs."""
    receipt = registry.register("ipfs://agent", [], sender=OWNER)
    assert registry.ownerOf(receipt.value) == OWNER
    return receipt.value, agents_as_indexed(receipt.logs)


def test_attack__on_weak_registry__succeeds(evm: EVM) -> None:
    weak = evm.deploy("WeakOriginalRegistry", OWNER, sender=OWNER)
    agent_id, indexed = attack(weak)
    assert (agent_id, indexed) == (1, [])


def test_attack__on_registry__fails(registries: Registries) -> None:
    agent_id, indexed = attack(registries.identity)
    assert indexed == [agent_id]


@pytest.mark.parametrize("entry_point", DATA_ENTRY_POINTS, ids=lambda entry_point: entry_point.signature)
def test_every_entry_point__when_called__emits_only_known_events(entry_point: EntryPoint) -> None:
    logs = call(prepared(), *entry_point).logs
    assert logs
    assert {log.topics[0] for log in logs} <= set(TOPICS)


@pytest.mark.parametrize("name", REGISTRIES)
def test_every_event__in_the_abi__is_the_standard_one_of_its_name(name: str) -> None:
    """A field more, a type changed or a second event of the same name would be another signature."""
    standard = {signature.partition("(")[0]: signature for signature in STANDARD}
    events = ape.project.get_contract(name).contract_type.events
    ours = {event.selector for event in events if event.name in standard}
    assert ours == {standard[event.name] for event in events if event.name in standard}
    assert ours


def test_events_of_erc8004__in_the_abis__have_the_standard_topics() -> None:
    events = [event for name in REGISTRIES for event in ape.project.get_contract(name).contract_type.events]
    indexed = {
        event.name: [str(item.name) for item in event.inputs if item.indexed]
        for event in events
        if event.name in INDEXED
    }
    assert indexed == INDEXED

"""S1: a limit on metadata keys that is kept in one place and not in the other.

Attacker: the owner of an agent who wants more than its share; anybody who waits for an owner to hit the limit.
Path: entries given at registration are not counted; at the limit not even an update passes, so that an endpoint that
moved can never be corrected; an empty value leaves its key in the list, and each write of it adds the key again.
Defence: one function writes every entry and counts keys that have a value. An update at the limit works, an empty value
removes the key.
"""

from __future__ import annotations

import pytest

from tests.deployment import OWNER, Registries
from tests.evm import EVM, Contract, Receipt, reverts

LIMIT = 50


def entries(count: int) -> list[tuple[str, bytes]]:
    return [(f"key{i}", b"value") for i in range(count)]


def attack_by_registering(registry: Contract, count: int = LIMIT + 10) -> Receipt:
    """Registers with more entries than an agent may have."""
    receipt: Receipt = registry.register("ipfs://agent", entries(count), sender=OWNER)
    return receipt


def attack_by_filling_up(registry: Contract) -> int:
    """An agent at its limit."""
    agent_id: int = registry.register("", [], sender=OWNER).value
    for key, value in entries(LIMIT):
        registry.setMetadata(agent_id, key, value, sender=OWNER)
    return agent_id


def attack_by_emptiness(registry: Contract, times: int = LIMIT) -> int:
    """An agent that writes nothing into one key, again and again."""
    agent_id: int = registry.register("", [], sender=OWNER).value
    for _ in range(times):
        registry.setMetadata(agent_id, "key", b"", sender=OWNER)
    return agent_id


def metadata_logs(registry: Contract, agent_id: int, written: list[tuple[str, bytes]]) -> tuple[object, ...]:
    return tuple(registry.log("MetadataSet", agent_id, key, key, value) for key, value in written)


@pytest.fixture
def weak(evm: EVM) -> Contract:
    return evm.deploy("WeakOriginalRegistry", OWNER, sender=OWNER)


def test_attack__on_weak_registry__succeeds(weak: Contract) -> None:
    receipt = attack_by_registering(weak)
    assert weak.metadataKeyCount(receipt.value) == LIMIT + 10
    assert receipt.logs[2:] == metadata_logs(weak, receipt.value, entries(LIMIT + 10))


def test_attack__on_registry__fails(registries: Registries) -> None:
    identity = registries.identity
    with reverts("TooManyMetadataKeys", 1, LIMIT):
        attack_by_registering(identity)
    assert identity.totalAgents() == 0
    receipt = attack_by_registering(identity, LIMIT)
    assert identity.metadataKeyCount(receipt.value) == LIMIT == identity.MAX_METADATA_KEYS()
    assert receipt.logs[-LIMIT:] == metadata_logs(identity, receipt.value, entries(LIMIT))


def test_attack__by_registering_then_writing_on_registry__fails(registries: Registries) -> None:
    """What is written at registration and what is written later count together."""
    agent_id = attack_by_registering(registries.identity, LIMIT - 1).value
    registries.identity.setMetadata(agent_id, "one more", b"value", sender=OWNER)
    with reverts("TooManyMetadataKeys", agent_id, LIMIT):
        registries.identity.setMetadata(agent_id, "one too many", b"value", sender=OWNER)
    assert registries.identity.getMetadata(agent_id, "one too many") == b""


def test_attack__by_repeating_a_key_on_registry__fails(registries: Registries) -> None:
    identity, repeated = registries.identity, [("key", bytes([i])) for i in range(1, LIMIT + 10)]
    receipt = identity.register("", repeated, sender=OWNER)
    assert identity.metadataKeyCount(receipt.value) == 1
    assert identity.getMetadata(receipt.value, "key") == repeated[-1][1]


def test_attack_by_filling_up__on_weak_registry__succeeds(weak: Contract) -> None:
    agent_id = attack_by_filling_up(weak)
    with reverts("TooManyMetadataKeys", agent_id, LIMIT):
        weak.setMetadata(agent_id, "key0", b"new", sender=OWNER)
    assert weak.getMetadata(agent_id, "key0") == b"value"


def test_attack_by_filling_up__on_registry__fails(registries: Registries) -> None:
    identity = registries.identity
    agent_id = attack_by_filling_up(identity)
    receipt = identity.setMetadata(agent_id, "key0", b"new", sender=OWNER)
    assert identity.getMetadata(agent_id, "key0") == b"new"
    assert receipt.logs == metadata_logs(identity, agent_id, [("key0", b"new")])
    # Removing one makes room for exactly one.
    identity.setMetadata(agent_id, "key0", b"", sender=OWNER)
    identity.setMetadata(agent_id, "another", b"value", sender=OWNER)
    with reverts("TooManyMetadataKeys", agent_id, LIMIT):
        identity.setMetadata(agent_id, "key0", b"value", sender=OWNER)
    assert identity.metadataKeyCount(agent_id) == LIMIT


def test_attack_by_emptiness__on_weak_registry__succeeds(weak: Contract) -> None:
    """One key without a value, and no room for another."""
    agent_id = attack_by_emptiness(weak)
    assert weak.metadataKeyCount(agent_id) == LIMIT
    with reverts("TooManyMetadataKeys", agent_id, LIMIT):
        weak.setMetadata(agent_id, "another", b"value", sender=OWNER)


def test_attack_by_emptiness__on_registry__fails(registries: Registries) -> None:
    identity = registries.identity
    agent_id = attack_by_emptiness(identity)
    assert identity.metadataKeyCount(agent_id) == 0
    identity.setMetadata(agent_id, "key", b"value", sender=OWNER)
    assert identity.metadataKeyCount(agent_id) == 1
    receipt = identity.setMetadata(agent_id, "key", b"", sender=OWNER)
    assert identity.metadataKeyCount(agent_id) == 0
    assert identity.getMetadata(agent_id, "key") == b""
    assert receipt.logs == metadata_logs(identity, agent_id, [("key", b"")])

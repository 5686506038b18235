"""Metadata entries: writing, removing, limits, the reserved key."""

from __future__ import annotations

import pytest

from tests.deployment import ADMIN, BUYER, OPERATOR, OWNER, PAUSER, REGISTRY_ADMIN, STRANGER, Registries
from tests.evm import field, reverts
from tests.unit.identity_support import (
    MAX_KEY_SIZE,
    MAX_KEYS,
    MAX_VALUE_SIZE,
    OTHERS,
    UNKNOWN_AGENT,
    entries,
    metadata_log,
)


def registered_with(registries: Registries, keys: int) -> int:
    agent_id: int = registries.identity.register("", entries(keys), sender=OWNER).value
    return agent_id


def test_set_metadata__when_key_is_new__writes_and_counts_it(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()

    receipt = identity.setMetadata(agent_id, "key", b"value", sender=OWNER)

    assert receipt.logs == (metadata_log(identity, agent_id, "key", b"value"),)
    assert identity.getMetadata(agent_id, "key") == b"value"
    assert identity.metadataKeyCount(agent_id) == 1


@pytest.mark.parametrize("value", [b"\0", b"other", b"v" * 31, b"v" * 32, b"v" * 1000], ids=len)
def test_set_metadata__when_key_is_known__replaces_the_value(registries: Registries, value: bytes) -> None:
    identity, agent_id = registries.identity, registered_with(registries, 1)

    receipt = identity.setMetadata(agent_id, "key 0", value, sender=OWNER)

    assert receipt.logs == (metadata_log(identity, agent_id, "key 0", value),)
    assert identity.getMetadata(agent_id, "key 0") == value
    assert identity.metadataKeyCount(agent_id) == 1


def test_set_metadata__when_value_is_empty__removes_the_key(registries: Registries) -> None:
    identity, agent_id = registries.identity, registered_with(registries, 2)

    receipt = identity.setMetadata(agent_id, "key 0", b"", sender=OWNER)

    assert receipt.logs == (metadata_log(identity, agent_id, "key 0", b""),)
    assert identity.getMetadata(agent_id, "key 0") == b""
    assert identity.getMetadata(agent_id, "key 1") == b"value"
    assert identity.metadataKeyCount(agent_id) == 1


def test_set_metadata__when_an_unset_key_is_removed__counts_nothing(registries: Registries) -> None:
    identity, agent_id = registries.identity, registered_with(registries, 1)

    receipt = identity.setMetadata(agent_id, "never set", b"", sender=OWNER)
    identity.setMetadata(agent_id, "key 0", b"", sender=OWNER)
    identity.setMetadata(agent_id, "key 0", b"", sender=OWNER)

    assert receipt.logs == (metadata_log(identity, agent_id, "never set", b""),)
    assert identity.metadataKeyCount(agent_id) == 0


def test_set_metadata__when_keys_differ_in_bytes_only__keeps_them_apart(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    keys = ["key", "Key", "key ", "", "\0", "ключ"]

    for number, key in enumerate(keys):
        identity.setMetadata(agent_id, key, bytes([number + 1]), sender=OWNER)

    assert [identity.getMetadata(agent_id, key) for key in keys] == [bytes([n + 1]) for n in range(len(keys))]
    assert identity.metadataKeyCount(agent_id) == len(keys)


def test_set_metadata__given_two_agents__writes_one(registries: Registries) -> None:
    identity, agent_id, other = registries.identity, registries.register(), registries.register()

    identity.setMetadata(agent_id, "key", b"value", sender=OWNER)

    assert identity.getMetadata(other, "key") == b""
    assert identity.metadataKeyCount(other) == 0


@pytest.mark.parametrize("size", [MAX_KEY_SIZE - 1, MAX_KEY_SIZE])
def test_set_metadata__when_key_is_within_its_limit__writes_it(registries: Registries, size: int) -> None:
    agent_id = registries.register()

    registries.identity.setMetadata(agent_id, "k" * size, b"value", sender=OWNER)

    assert registries.identity.getMetadata(agent_id, "k" * size) == b"value"


def test_set_metadata__when_key_is_over_its_limit__reverts(registries: Registries) -> None:
    agent_id = registries.register()

    with reverts("SizeLimitExceeded", field("metadataKey"), MAX_KEY_SIZE + 1, MAX_KEY_SIZE):
        registries.identity.setMetadata(agent_id, "k" * (MAX_KEY_SIZE + 1), b"value", sender=OWNER)


@pytest.mark.parametrize("size", [MAX_VALUE_SIZE - 1, MAX_VALUE_SIZE])
def test_set_metadata__when_value_is_within_its_limit__writes_all_of_it(registries: Registries, size: int) -> None:
    agent_id = registries.register()

    registries.identity.setMetadata(agent_id, "key", b"v" * size, sender=OWNER)

    assert registries.identity.getMetadata(agent_id, "key") == b"v" * size


def test_set_metadata__when_value_is_over_its_limit__reverts(registries: Registries) -> None:
    agent_id = registries.register()

    with reverts("SizeLimitExceeded", field("metadataValue"), MAX_VALUE_SIZE + 1, MAX_VALUE_SIZE):
        registries.identity.setMetadata(agent_id, "key", bytes(MAX_VALUE_SIZE + 1), sender=OWNER)


def test_set_metadata__given_one_key_below_the_limit__takes_one_more_and_no_second(registries: Registries) -> None:
    identity, agent_id = registries.identity, registered_with(registries, MAX_KEYS - 1)

    identity.setMetadata(agent_id, "last", b"value", sender=OWNER)
    assert identity.metadataKeyCount(agent_id) == MAX_KEYS

    with reverts("TooManyMetadataKeys", agent_id, MAX_KEYS):
        identity.setMetadata(agent_id, "one too many", b"value", sender=OWNER)


def test_set_metadata__given_the_limit_of_keys__still_updates(registries: Registries) -> None:
    identity, agent_id = registries.identity, registered_with(registries, MAX_KEYS)

    identity.setMetadata(agent_id, "key 49", b"new", sender=OWNER)

    assert identity.getMetadata(agent_id, "key 49") == b"new"
    assert identity.metadataKeyCount(agent_id) == MAX_KEYS


def test_set_metadata__given_the_limit_of_keys__takes_a_new_one_after_a_removal(registries: Registries) -> None:
    identity, agent_id = registries.identity, registered_with(registries, MAX_KEYS)

    identity.setMetadata(agent_id, "never set", b"", sender=OWNER)
    with reverts("TooManyMetadataKeys", agent_id, MAX_KEYS):
        identity.setMetadata(agent_id, "new", b"value", sender=OWNER)
    identity.setMetadata(agent_id, "key 7", b"", sender=OWNER)
    identity.setMetadata(agent_id, "new", b"value", sender=OWNER)

    assert identity.metadataKeyCount(agent_id) == MAX_KEYS
    assert identity.getMetadata(agent_id, "new") == b"value"
    with reverts("TooManyMetadataKeys", agent_id, MAX_KEYS):
        identity.setMetadata(agent_id, "key 7", b"value", sender=OWNER)


@pytest.mark.parametrize("value", [b"", bytes(20), b"value"])
def test_set_metadata__with_the_reserved_key__reverts(registries: Registries, value: bytes) -> None:
    agent_id = registries.register()

    with reverts("ReservedMetadataKey", "agentWallet"):
        registries.identity.setMetadata(agent_id, "agentWallet", value, sender=OWNER)

    assert registries.identity.getAgentWallet(agent_id) == OWNER


@pytest.mark.parametrize("key", ["agentwallet", "AgentWallet", "agentWallet ", "agentWallet\0", "\u0430gentWallet"])
def test_set_metadata__with_a_look_alike_of_the_reserved_key__is_another_key(registries: Registries, key: str) -> None:
    identity, agent_id = registries.identity, registries.register()

    identity.setMetadata(agent_id, key, bytes(20), sender=OWNER)

    assert identity.getMetadata(agent_id, key) == bytes(20)
    assert identity.getMetadata(agent_id, "agentWallet") == bytes.fromhex(OWNER[2:])


def test_set_metadata__by_operator_or_approved__writes(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    identity.approve(BUYER, agent_id, sender=OWNER)

    for caller in (OPERATOR, BUYER):
        identity.setMetadata(agent_id, caller, b"value", sender=caller)

        assert identity.getMetadata(agent_id, caller) == b"value"


@pytest.mark.parametrize("caller", [STRANGER, ADMIN, PAUSER, REGISTRY_ADMIN], ids=OTHERS)
def test_set_metadata__by_anyone_else__reverts(registries: Registries, caller: str) -> None:
    agent_id = registries.register()

    with reverts("NotAuthorized", agent_id, caller):
        registries.identity.setMetadata(agent_id, "key", b"value", sender=caller)


def test_set_metadata__given_an_unknown_agent__reverts(registries: Registries) -> None:
    with reverts("ERC721NonexistentToken", UNKNOWN_AGENT):
        registries.identity.setMetadata(UNKNOWN_AGENT, "key", b"value", sender=OWNER)


def test_get_metadata__given_a_sale__keeps_the_entries(registries: Registries) -> None:
    identity, agent_id = registries.identity, registered_with(registries, 3)

    identity.transferFrom(OWNER, BUYER, agent_id, sender=OWNER)

    assert identity.getMetadata(agent_id, "key 2") == b"value"
    assert identity.metadataKeyCount(agent_id) == 3

"""V18: a look-alike of the reserved key `agentWallet`.

Attacker: the owner or an operator of an agent, who wants payments to go to an account that did not consent, or wants a
reader to believe so.
Path: setMetadata, or register's array, with a key that reads like `agentWallet`: other case, blanks, letters of another
alphabet. A registry that compares the key one way and stores it another way lets it through to the wallet itself.
Defence: the key is reserved by its bytes, and everything else is another key with a place of its own. No look-alike
changes what `getAgentWallet` and `getMetadata(agentWallet)` say. That some of them look the same to a human is left to
readers off chain, which must match by bytes and flag the rest.
"""

from __future__ import annotations

import pytest

from tests.attack.weak import WeakRegistries
from tests.deployment import OPERATOR, OWNER, WALLET, Registries
from tests.evm import Actor, reverts
from tests.replay import WALLET_KEY, assert_logs_tell_the_state

THIEF = Actor.of("thief")
THIEF_BYTES = bytes.fromhex(THIEF[2:])

LOOKALIKES = {
    "small letters": "agentwallet",
    "other case": "AgentWallet",
    "capitals": "AGENTWALLET",
    "blank after": "agentWallet ",
    "blank before": " agentWallet",
    "zero byte after": "agentWallet\0",
    "zero-width space": "agent\u200bWallet",
    "byte order mark": "\ufeffagentWallet",
    "cyrillic a": "\u0430gentWallet",
    "fullwidth a": "\uff41gentWallet",
    "combining accent": "agentWallet\u0301",
    "one letter less": "agentWalle",
    "one letter more": "agentWallets",
    "nothing": "",
}
lookalikes = pytest.mark.parametrize("key", LOOKALIKES.values(), ids=LOOKALIKES)


@pytest.mark.parametrize("key", ["agentwallet", "AgentWallet", "AGENTWALLET"])
def test_attack__on_weak_registry__succeeds(weak_registries: WeakRegistries, key: str) -> None:
    identity, agent_id = weak_registries.identity, weak_registries.register()
    weak_registries.set_wallet(agent_id, WALLET)
    with reverts("ReservedMetadataKey", WALLET_KEY):
        identity.setMetadata(agent_id, WALLET_KEY, THIEF_BYTES, sender=OWNER)
    identity.setMetadata(agent_id, key, THIEF_BYTES, sender=OWNER)

    assert identity.getAgentWallet(agent_id) == THIEF
    assert identity.getMetadata(agent_id, WALLET_KEY) == THIEF_BYTES


@lookalikes
def test_attack__on_registry__fails(registries: Registries, key: str) -> None:
    identity, agent_id = registries.identity, registries.register()
    registries.set_wallet(agent_id, WALLET)
    receipt = identity.setMetadata(agent_id, key, THIEF_BYTES, sender=OWNER)

    assert identity.getAgentWallet(agent_id) == WALLET
    assert identity.getMetadata(agent_id, WALLET_KEY) == bytes.fromhex(WALLET[2:])
    assert identity.getMetadata(agent_id, key) == THIEF_BYTES
    # The topic is the hash of the bytes: who filters by the reserved key does not even see it.
    assert receipt.logs == (identity.log("MetadataSet", agent_id, key, key, THIEF_BYTES),)
    assert receipt.logs[0].topics[2] != identity.log("MetadataSet", agent_id, WALLET_KEY, WALLET_KEY, b"").topics[2]
    assert_logs_tell_the_state(identity)


@lookalikes
def test_attack__when_registering__fails(registries: Registries, key: str) -> None:
    identity = registries.identity
    agent_id = identity.register("", [(key, THIEF_BYTES)], sender=OWNER).value

    assert identity.getAgentWallet(agent_id) == OWNER
    assert identity.getMetadata(agent_id, WALLET_KEY) == bytes.fromhex(OWNER[2:])
    assert_logs_tell_the_state(identity)


@lookalikes
def test_attack__given_cleared_wallet__fails(registries: Registries, key: str) -> None:
    identity, agent_id = registries.identity, registries.register()
    identity.unsetAgentWallet(agent_id, sender=OWNER)
    identity.setMetadata(agent_id, key, THIEF_BYTES, sender=OWNER)

    assert identity.getMetadata(agent_id, WALLET_KEY) == b""
    assert_logs_tell_the_state(identity)


@pytest.mark.parametrize("value", [THIEF_BYTES, b""])
@pytest.mark.parametrize("sender", [OWNER, OPERATOR])
def test_set_metadata__when_key_is_reserved__reverts(registries: Registries, sender: str, value: bytes) -> None:
    identity, agent_id = registries.identity, registries.register()
    identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    with reverts("ReservedMetadataKey", WALLET_KEY):
        identity.setMetadata(agent_id, WALLET_KEY, value, sender=sender)

    assert identity.getAgentWallet(agent_id) == OWNER
    assert_logs_tell_the_state(identity)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_register__when_an_entry_is_reserved__reverts(registries: Registries, position: int) -> None:
    entries = [("model", b"m"), ("version", b"1")]
    entries.insert(position, (WALLET_KEY, THIEF_BYTES))
    with reverts("ReservedMetadataKey", WALLET_KEY):
        registries.identity.register("", entries, sender=OWNER)

    assert registries.identity.totalAgents() == 0
    assert_logs_tell_the_state(registries.identity)

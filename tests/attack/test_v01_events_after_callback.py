"""V1: state and events written after the mint callback.

Attacker: a contract that registers an agent.
Path: in onERC721Received it passes the token on to a buyer; afterwards the registry goes on writing URI and metadata,
now into somebody else's agent, and announces the attacker as owner and wallet. State and logs disagree for good.
Defence: everything is written and emitted before the receiver is asked; and its callback cannot move the token.
"""

from __future__ import annotations

import pytest
from eth_abi.abi import decode

from tests.attack.receiver import BLOCKED, SUCCEEDED, Receiver
from tests.attack.weak import WeakRegistries
from tests.deployment import BUYER, Registries
from tests.evm import ZERO_ADDRESS, Receipt
from tests.replay import assert_logs_tell_the_state, disagreements

URI = "ipfs://written-by-the-attacker"
AGENT_ID = 1


def pass_on_in_callback(registries: Registries, receiver: Receiver) -> Receipt:
    identity = registries.identity
    receiver.arm(identity, identity.encode("transferFrom", receiver.address, BUYER, AGENT_ID))
    return receiver.execute(identity, "register", URI, [("model", b"attacker's")])


def test_attack__on_weak_registry__succeeds(weak_registries: WeakRegistries) -> None:
    identity, receiver = weak_registries.identity, Receiver(weak_registries.evm)
    receipt = pass_on_in_callback(weak_registries, receiver)

    assert receiver.outcome() == SUCCEEDED
    assert identity.ownerOf(AGENT_ID) == BUYER
    assert identity.tokenURI(AGENT_ID) == URI
    assert identity.getMetadata(AGENT_ID, "model") == b"attacker's"
    assert receipt.logs[-1] == identity.log(
        "MetadataSet", AGENT_ID, "agentWallet", "agentWallet", bytes.fromhex(receiver.address[2:])
    )
    assert disagreements(identity, erc8004_only=True) == {
        f"getAgentWallet({AGENT_ID})": (ZERO_ADDRESS, receiver.address),
        f"getMetadata({AGENT_ID}, 'agentWallet')": (b"", bytes.fromhex(receiver.address[2:])),
    }


def test_attack__on_registry__fails(registries: Registries) -> None:
    identity, receiver = registries.identity, Receiver(registries.evm)
    receipt = pass_on_in_callback(registries, receiver)

    assert receiver.outcome() == BLOCKED
    assert identity.ownerOf(AGENT_ID) == identity.getAgentWallet(AGENT_ID) == receiver.address
    assert receipt.logs == (
        identity.log("Transfer", ZERO_ADDRESS, receiver.address, AGENT_ID),
        identity.log("MetadataUpdate", AGENT_ID),
        identity.log("Registered", AGENT_ID, URI, receiver.address),
        identity.log("MetadataSet", AGENT_ID, "agentWallet", "agentWallet", bytes.fromhex(receiver.address[2:])),
        identity.log("MetadataSet", AGENT_ID, "model", "model", b"attacker's"),
    )
    assert_logs_tell_the_state(identity)


def test_transfer_from__given_failed_attack__buyer_gets_what_the_logs_say(registries: Registries) -> None:
    identity, receiver = registries.identity, Receiver(registries.evm)
    pass_on_in_callback(registries, receiver)
    receiver.execute(identity, "transferFrom", receiver.address, BUYER, AGENT_ID)

    assert identity.ownerOf(AGENT_ID) == BUYER
    assert identity.getAgentWallet(AGENT_ID) == ZERO_ADDRESS
    assert_logs_tell_the_state(identity)


@pytest.mark.parametrize(
    ("form", "uri", "model"),
    [((), "", b""), ((URI,), URI, b""), ((URI, [("model", b"m")]), URI, b"m")],
    ids=["register", "register uri", "register uri metadata"],
)
def test_register__when_callback_reads__sees_the_finished_agent(
    registries: Registries, form: tuple[object, ...], uri: str, model: bytes
) -> None:
    identity = registries.identity
    seen = []
    for agent_id, (read, *values) in enumerate(
        [("tokenURI",), ("getMetadata", "model"), ("getMetadata", "agentWallet")], start=AGENT_ID
    ):
        receiver = Receiver(registries.evm)
        receiver.arm(identity, identity.encode(read, agent_id, *values))
        receiver.execute(identity, "register", *form)
        assert receiver.outcome() == SUCCEEDED
        seen.append(decode(["bytes"], receiver.contract.returnData())[0])

    assert seen == [uri.encode(), model, bytes.fromhex(receiver.address[2:])]

"""The logs of the standard's functions: every byte of them, and their order, encoded from the facts alone."""

from __future__ import annotations

from eth_utils.address import to_canonical_address
from eth_utils.crypto import keccak

from tests.conformance.facts import expected_log
from tests.deployment import BUYER, CLIENT, OPERATOR, OWNER, REGISTRY_ADMIN, STRANGER, VALIDATOR, WALLET, Registries
from tests.evm import ZERO_ADDRESS, Log

URI = "https://agents.example/1/registration.json"
RESPONSE_URI = "https://agents.example/1/response.json"
FILE_HASH = keccak(text="the file")
REQUEST_HASH = keccak(text="the request")
BASE = "https://base.example"


def wallet_set(registries: Registries, agent_id: int, wallet: str | None) -> Log:
    """MetadataSet of the reserved key; nothing as its value when the wallet is cleared."""
    value = to_canonical_address(wallet) if wallet else b""
    return expected_log(registries.identity.address, "MetadataSet", agent_id, "agentWallet", "agentWallet", value)


def registration(registries: Registries, agent_id: int, uri: str) -> tuple[Log, ...]:
    """The logs that every registration begins with."""
    address = registries.identity.address
    own_uri = (expected_log(address, "MetadataUpdate", agent_id),) if uri else ()
    return (
        expected_log(address, "Transfer", ZERO_ADDRESS, OWNER, agent_id),
        *own_uri,
        expected_log(address, "Registered", agent_id, uri, OWNER),
        wallet_set(registries, agent_id, OWNER),
    )


def transfer(registries: Registries, agent_id: int, sender: str, recipient: str) -> tuple[Log, ...]:
    return (
        expected_log(registries.identity.address, "Transfer", sender, recipient, agent_id),
        wallet_set(registries, agent_id, None),
    )


def test_register__without_arguments__logs_transfer_registered_and_wallet(registries: Registries) -> None:
    receipt = registries.identity.register(sender=OWNER)

    assert receipt.logs == registration(registries, 1, "")


def test_register__with_uri__logs_the_uri(registries: Registries) -> None:
    receipt = registries.identity.register(URI, sender=OWNER)

    assert receipt.logs == registration(registries, 1, URI)


def test_register__with_entries__logs_them_last_in_their_order(registries: Registries) -> None:
    entries = [("name", b"agent"), ("", b"\x00" * 33), ("ключ", b"\xff")]

    receipt = registries.identity.register(URI, entries, sender=OWNER)

    assert receipt.logs == (
        *registration(registries, 1, URI),
        *(expected_log(registries.identity.address, "MetadataSet", 1, key, key, value) for key, value in entries),
    )


def test_register__given_a_base_uri__logs_the_auto_uri(registries: Registries) -> None:
    registries.identity.setBaseURI(BASE, sender=REGISTRY_ADMIN)

    receipt = registries.identity.register(sender=OWNER)

    address = registries.identity.address
    assert receipt.logs == (
        expected_log(address, "Transfer", ZERO_ADDRESS, OWNER, 1),
        expected_log(address, "Registered", 1, f"{BASE}/1/registration", OWNER),
        wallet_set(registries, 1, OWNER),
    )


def test_set_agent_uri__by_operator__logs_update_and_its_author(registries: Registries) -> None:
    agent_id = registries.register(OWNER)
    registries.identity.setApprovalForAll(OPERATOR, True, sender=OWNER)

    receipt = registries.identity.setAgentURI(agent_id, URI, sender=OPERATOR)

    address = registries.identity.address
    assert receipt.logs == (
        expected_log(address, "MetadataUpdate", agent_id),
        expected_log(address, "URIUpdated", agent_id, URI, OPERATOR),
    )


def test_set_metadata__by_owner__logs_the_key_twice(registries: Registries) -> None:
    agent_id = registries.register(OWNER)

    receipt = registries.identity.setMetadata(agent_id, "x402", b"\x01", sender=OWNER)

    address = registries.identity.address
    assert receipt.logs == (expected_log(address, "MetadataSet", agent_id, "x402", "x402", b"\x01"),)


def test_approvals__by_owner__log_as_erc721_says(registries: Registries) -> None:
    identity = registries.identity
    agent_id = registries.register(OWNER)

    one = identity.approve(OPERATOR, agent_id, sender=OWNER)
    all_of_them = identity.setApprovalForAll(OPERATOR, True, sender=OWNER)

    assert one.logs == (expected_log(identity.address, "Approval", OWNER, OPERATOR, agent_id),)
    assert all_of_them.logs == (expected_log(identity.address, "ApprovalForAll", OWNER, OPERATOR, True),)


def test_transfer_from__to_a_buyer__logs_transfer_then_the_cleared_wallet(registries: Registries) -> None:
    agent_id = registries.register(OWNER)

    receipt = registries.identity.transferFrom(OWNER, BUYER, agent_id, sender=OWNER)

    assert receipt.logs == transfer(registries, agent_id, OWNER, BUYER)


def test_transfer_from__to_oneself__logs_transfer_alone(registries: Registries) -> None:
    agent_id = registries.register(OWNER)

    receipt = registries.identity.transferFrom(OWNER, OWNER, agent_id, sender=OWNER)

    assert receipt.logs == transfer(registries, agent_id, OWNER, OWNER)[:1]


def test_safe_transfer_from__both_forms__log_as_transfer_from(registries: Registries) -> None:
    agent_id = registries.register(OWNER)

    there = registries.identity.safeTransferFrom(OWNER, BUYER, agent_id, sender=OWNER)
    back = registries.identity.safeTransferFrom(BUYER, OWNER, agent_id, b"\x01", sender=BUYER)

    assert there.logs == transfer(registries, agent_id, OWNER, BUYER)
    assert back.logs == transfer(registries, agent_id, BUYER, OWNER)


def test_agent_wallet__when_set_and_unset__logs_the_reserved_key(registries: Registries) -> None:
    agent_id = registries.register(OWNER)
    deadline = registries.evm.time + 60
    consent = registries.consent(agent_id, WALLET, deadline=deadline)

    set_ = registries.identity.setAgentWallet(agent_id, WALLET, deadline, consent, sender=OWNER)
    unset = registries.identity.unsetAgentWallet(agent_id, sender=OWNER)

    assert set_.logs == (wallet_set(registries, agent_id, WALLET),)
    assert unset.logs == (wallet_set(registries, agent_id, None),)


def test_give_feedback__with_everything__logs_every_field(registries: Registries) -> None:
    agent_id = registries.register(OWNER)
    fields = (-1234, 2, "starred", "week", "https://agents.example/mcp", URI, FILE_HASH)
    value, decimals, tag1, *rest = fields

    receipt = registries.reputation.giveFeedback(agent_id, *fields, sender=CLIENT)

    assert receipt.logs == (
        expected_log(
            registries.reputation.address,
            "NewFeedback",
            *(agent_id, CLIENT, 1, value, decimals),
            *(tag1, tag1, *rest),
        ),
    )


def test_give_feedback__with_nothing_but_a_value__logs_empty_fields(registries: Registries) -> None:
    agent_id = registries.register(OWNER)
    registries.give_feedback(agent_id)

    receipt = registries.reputation.giveFeedback(agent_id, 87, 0, "", "", "", "", bytes(32), sender=CLIENT)

    address = registries.reputation.address
    assert receipt.logs == (
        expected_log(address, "NewFeedback", agent_id, CLIENT, 2, 87, 0, "", "", "", "", "", bytes(32)),
    )


def test_revoke_feedback__by_its_client__logs_it(registries: Registries) -> None:
    agent_id = registries.register(OWNER)
    index = registries.give_feedback(agent_id)

    receipt = registries.reputation.revokeFeedback(agent_id, index, sender=CLIENT)

    address = registries.reputation.address
    assert receipt.logs == (expected_log(address, "FeedbackRevoked", agent_id, CLIENT, index),)


def test_append_response__by_anyone__logs_the_responder(registries: Registries) -> None:
    agent_id = registries.register(OWNER)
    index = registries.give_feedback(agent_id)

    receipt = registries.reputation.appendResponse(agent_id, CLIENT, index, RESPONSE_URI, FILE_HASH, sender=STRANGER)

    address = registries.reputation.address
    assert receipt.logs == (
        expected_log(address, "ResponseAppended", agent_id, CLIENT, index, STRANGER, RESPONSE_URI, FILE_HASH),
    )


def test_validation__when_requested_and_answered__logs_both(registries: Registries) -> None:
    validation = registries.validation
    agent_id = registries.register(OWNER)

    request = validation.validationRequest(VALIDATOR, agent_id, URI, REQUEST_HASH, sender=OWNER)
    response = validation.validationResponse(REQUEST_HASH, 93, RESPONSE_URI, FILE_HASH, "tee", sender=VALIDATOR)

    assert request.logs == (
        expected_log(validation.address, "ValidationRequest", VALIDATOR, agent_id, URI, REQUEST_HASH),
    )
    assert response.logs == (
        expected_log(
            validation.address,
            "ValidationResponse",
            *(VALIDATOR, agent_id, REQUEST_HASH),
            *(93, RESPONSE_URI, FILE_HASH, "tee"),
        ),
    )

"""The calls that unit tests make: every argument with a default, to be named where it matters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tests.deployment import CLIENT, OWNER, PAUSER, STRANGER, VALIDATOR, Registries
from tests.evm import Contract, Receipt

NO_HASH = bytes(32)
SOME_HASH = bytes(range(32))

TAG_LIMIT = 128
ENDPOINT_LIMIT = 2_048
URI_LIMIT = 10_240


class FeedbackRow(NamedTuple):
    """One feedback as `getFeedback` gives it."""

    feedback_index: int
    value: int
    value_decimals: int
    is_revoked: bool
    timestamp: int
    response_count: int
    tag1: str
    tag2: str


def give(
    registries: Registries,
    agent_id: int,
    *,
    client: str = CLIENT,
    value: int = 87,
    decimals: int = 0,
    tag1: str = "",
    tag2: str = "",
    endpoint: str = "",
    uri: str = "",
    file_hash: bytes = NO_HASH,
) -> Receipt:
    receipt: Receipt = registries.reputation.giveFeedback(
        agent_id, value, decimals, tag1, tag2, endpoint, uri, file_hash, sender=client
    )
    return receipt


def revoke(registries: Registries, agent_id: int, index: int = 1, *, client: str = CLIENT) -> Receipt:
    receipt: Receipt = registries.reputation.revokeFeedback(agent_id, index, sender=client)
    return receipt


def respond(
    registries: Registries,
    agent_id: int,
    index: int = 1,
    *,
    client: str = CLIENT,
    responder: str = STRANGER,
    uri: str = "ipfs://response",
    response_hash: bytes = NO_HASH,
) -> Receipt:
    receipt: Receipt = registries.reputation.appendResponse(
        agent_id, client, index, uri, response_hash, sender=responder
    )
    return receipt


def request(
    registries: Registries,
    agent_id: int,
    request_hash: bytes = SOME_HASH,
    *,
    validator: str = VALIDATOR,
    caller: str = OWNER,
    uri: str = "",
) -> Receipt:
    receipt: Receipt = registries.validation.validationRequest(validator, agent_id, uri, request_hash, sender=caller)
    return receipt


def answer(
    registries: Registries,
    request_hash: bytes = SOME_HASH,
    response: int = 100,
    *,
    validator: str = VALIDATOR,
    uri: str = "",
    response_hash: bytes = NO_HASH,
    tag: str = "",
) -> Receipt:
    receipt: Receipt = registries.validation.validationResponse(
        request_hash, response, uri, response_hash, tag, sender=validator
    )
    return receipt


def feedback_row(registries: Registries, agent_id: int, index: int = 1, *, client: str = CLIENT) -> FeedbackRow:
    return FeedbackRow(*registries.reputation.getFeedback(agent_id, client, index))


def pause(registry: Contract) -> None:
    registry.pause(sender=PAUSER)


def hash_of(number: int) -> bytes:
    """A request's key, a different one for each number."""
    return number.to_bytes(32, "big")


def summary(
    registries: Registries, agent_id: int, clients: Sequence[str] = (CLIENT,), tag1: str = "", tag2: str = ""
) -> tuple[int, int, int]:
    """The count, the average and its decimals."""
    result: tuple[int, int, int] = registries.reputation.getSummary(agent_id, clients, tag1, tag2)
    return result

"""The registries' logs as values: which there are, and how a log becomes one. Names are those of the standard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from eth_abi.exceptions import DecodingError

from registries.abis import ABIS, Entry
from registry_api.abi import CODEC, CONVERTERS, topic_of
from registry_api.blocks import Log
from registry_api.errors import FatalError


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a registry.

    :ivar index: of its log, among all logs of the block
    """

    block: int
    index: int
    transaction: str


@dataclass(frozen=True, slots=True)
class Transfer(Event):
    sender: str
    recipient: str
    agent_id: int


@dataclass(frozen=True, slots=True)
class Approval(Event):
    approved: str
    agent_id: int


@dataclass(frozen=True, slots=True)
class ApprovalForAll(Event):
    owner: str
    operator: str
    approved: bool


@dataclass(frozen=True, slots=True)
class OperatorOptOutSet(Event):
    account: str
    opted_out: bool


@dataclass(frozen=True, slots=True)
class Registered(Event):
    agent_id: int
    uri: str


@dataclass(frozen=True, slots=True)
class MetadataUpdate(Event):
    agent_id: int


@dataclass(frozen=True, slots=True)
class URIUpdated(Event):
    agent_id: int
    uri: str


@dataclass(frozen=True, slots=True)
class AgentURICleared(Event):
    agent_id: int


@dataclass(frozen=True, slots=True)
class BaseURIUpdated(Event):
    base_uri: str


@dataclass(frozen=True, slots=True)
class MetadataSet(Event):
    agent_id: int
    key: str
    value: bytes


@dataclass(frozen=True, slots=True)
class NewFeedback(Event):
    agent_id: int
    client: str
    feedback_index: int
    value: int
    decimals: int
    tag1: str
    tag2: str
    endpoint: str
    uri: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class FeedbackRevoked(Event):
    agent_id: int
    client: str
    feedback_index: int


@dataclass(frozen=True, slots=True)
class ResponseAppended(Event):
    agent_id: int
    client: str
    feedback_index: int
    responder: str
    uri: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class ValidationRequest(Event):
    validator: str
    agent_id: int
    uri: str
    request_hash: bytes


@dataclass(frozen=True, slots=True)
class ValidationResponse(Event):
    agent_id: int
    request_hash: bytes
    response: int
    uri: str
    hash: bytes
    tag: str


_ARGUMENTS: dict[tuple[str, type[Event]], tuple[str, ...]] = {
    ("identity", Transfer): ("from", "to", "tokenId"),
    ("identity", Approval): ("approved", "tokenId"),
    ("identity", ApprovalForAll): ("owner", "operator", "approved"),
    ("identity", OperatorOptOutSet): ("account", "optedOut"),
    ("identity", Registered): ("agentId", "agentURI"),
    ("identity", MetadataUpdate): ("_tokenId",),
    ("identity", URIUpdated): ("agentId", "newURI"),
    ("identity", AgentURICleared): ("agentId",),
    ("identity", BaseURIUpdated): ("baseURI",),
    ("identity", MetadataSet): ("agentId", "metadataKey", "metadataValue"),
    ("reputation", NewFeedback): (
        *("agentId", "clientAddress", "feedbackIndex", "value", "valueDecimals", "tag1", "tag2"),
        *("endpoint", "feedbackURI", "feedbackHash"),
    ),
    ("reputation", FeedbackRevoked): ("agentId", "clientAddress", "feedbackIndex"),
    ("reputation", ResponseAppended): (
        *("agentId", "clientAddress", "feedbackIndex", "responder", "responseURI", "responseHash"),
    ),
    ("validation", ValidationRequest): ("validatorAddress", "agentId", "requestURI", "requestHash"),
    ("validation", ValidationResponse): ("agentId", "requestHash", "response", "responseURI", "responseHash", "tag"),
}
"""By registry and kind of event: the event's parameters in the order of the kind's own fields."""

IGNORED = frozenset(
    {
        *("Paused", "Unpaused", "RoleGranted", "RoleRevoked", "RoleAdminChanged", "BatchMetadataUpdate"),
        *("DefaultAdminTransferScheduled", "DefaultAdminTransferCanceled"),
        *("DefaultAdminDelayChangeScheduled", "DefaultAdminDelayChangeCanceled", "EIP712DomainChanged"),
    }
)
"""Events of our registries that say nothing of agents, feedback or validations."""


class _Reader(NamedTuple):
    """How a log of one kind is read.

    :ivar picks: for each field of the event, which value it is of those in the topics and then in the data
    """

    kind: Callable[..., Event]
    topic_types: tuple[str, ...]
    data_types: tuple[str, ...]
    picks: tuple[int, ...]
    converters: tuple[Callable[[Any], Any] | None, ...]

    def read(self, log: Log) -> Event:
        try:
            if len(log.topics) != len(self.topic_types) + 1:
                raise FatalError(f"{_place(log)}: {len(log.topics)} topics instead of {len(self.topic_types) + 1}")
            # Topics have one word each, as the values of a tuple without texts have.
            values = CODEC.decode(self.topic_types, b"".join(log.topics[1:])) + CODEC.decode(self.data_types, log.data)
        except (DecodingError, OverflowError) as error:
            raise FatalError(f"{_place(log)}: cannot be decoded: {error}") from error
        picked = (
            values[pick] if convert is None else convert(values[pick])
            for pick, convert in zip(self.picks, self.converters, strict=True)
        )
        return self.kind(log.block, log.index, log.transaction, *picked)


def _reader(kind: type[Event], abi: Entry, arguments: tuple[str, ...]) -> _Reader:
    inputs = abi["inputs"]
    indexed = [one for one in inputs if one["indexed"]]
    plain = [one for one in inputs if not one["indexed"]]
    order = [*indexed, *plain]
    picks = tuple(next(n for n, one in enumerate(order) if one["name"] == name) for name in arguments)
    return _Reader(
        kind,
        # Of a text, a topic has only the hash.
        tuple("bytes32" if one["type"] in {"string", "bytes"} else one["type"] for one in indexed),
        tuple(one["type"] for one in plain),
        picks,
        tuple(CONVERTERS.get(order[pick]["type"]) for pick in picks),
    )


def _readers() -> dict[tuple[str, bytes], _Reader]:
    readers = {}
    for (registry, kind), arguments in _ARGUMENTS.items():
        abi = next(one for one in ABIS[registry] if one["type"] == "event" and one["name"] == kind.__name__)
        readers[registry, topic_of(abi)] = _reader(kind, abi, arguments)
    return readers


_READERS = _readers()


def read(log: Log, registries: Mapping[str, str]) -> Event | None:
    """The event in a log; None for a log that says nothing of agents.

    :param registries: the name of each registry by its address
    :raises FatalError: if the log is not what its first topic says
    """
    if not log.topics:
        return None
    reader = _READERS.get((registries[log.address], log.topics[0]))
    return reader and reader.read(log)


def topics(registry: str) -> list[bytes]:
    """The first topics of a registry's logs that are read."""
    return [topic for name, topic in _READERS if name == registry]


def _place(log: Log) -> str:
    return f"log {log.index} of block {log.block}, transaction {log.transaction}"

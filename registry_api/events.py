"""The registries' logs as values: which there are, and how a log becomes one. Names are those of the standard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar, dataclass_transform

from registries.abis import ABIS, Entry
from registry_api.abi import topic_of
from registry_api.blocks import Log
from registry_api.errors import FatalError
from registry_api.words import WORD, Decoder, decoders

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True)
def _event(kind: type[_T]) -> type[_T]:
    """A dataclass, frozen for the type checker alone: one frozen at runtime takes six times as long to make."""
    return dataclass(slots=True)(kind)


@_event
class Event:
    """Something that happened in a registry.

    :ivar index: of its log, among all logs of the block
    """

    block: int
    index: int
    transaction: str


@_event
class Transfer(Event):
    sender: str
    recipient: str
    agent_id: int


@_event
class Approval(Event):
    approved: str
    agent_id: int


@_event
class ApprovalForAll(Event):
    owner: str
    operator: str
    approved: bool


@_event
class OperatorOptOutSet(Event):
    account: str
    opted_out: bool


@_event
class Registered(Event):
    agent_id: int
    uri: str


@_event
class MetadataUpdate(Event):
    agent_id: int


@_event
class URIUpdated(Event):
    agent_id: int
    uri: str


@_event
class AgentURICleared(Event):
    agent_id: int


@_event
class BaseURIUpdated(Event):
    base_uri: str


@_event
class MetadataSet(Event):
    agent_id: int
    key: str
    value: bytes


@_event
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


@_event
class FeedbackRevoked(Event):
    agent_id: int
    client: str
    feedback_index: int


@_event
class ResponseAppended(Event):
    agent_id: int
    client: str
    feedback_index: int
    responder: str
    uri: str
    hash: bytes


@_event
class ValidationRequest(Event):
    validator: str
    agent_id: int
    uri: str
    request_hash: bytes


@_event
class ValidationResponse(Event):
    agent_id: int
    request_hash: bytes
    response: int
    uri: str
    hash: bytes
    tag: str


@_event
class Administration(Event):
    """Something that an administrator did, of which agents, feedback and validations know nothing.

    :ivar registry: which one
    :ivar name: the event's
    :ivar details: its parameters
    """

    registry: str
    name: str
    details: dict[str, Any]


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

ADMINISTRATION = frozenset(
    {
        *("Paused", "Unpaused", "RoleGranted", "RoleRevoked", "RoleAdminChanged"),
        *("DefaultAdminTransferScheduled", "DefaultAdminTransferCanceled"),
        *("DefaultAdminDelayChangeScheduled", "DefaultAdminDelayChangeCanceled"),
    }
)
"""Events that become {Administration}."""
IGNORED = frozenset({"BatchMetadataUpdate", "EIP712DomainChanged"})
"""Events of our registries that say nothing that is kept."""


class _Reader(NamedTuple):
    """How a log of one kind is read.

    :ivar fields: of the event, in their order
    :ivar others: parameters that the event has no field for; they have to be well-formed all the same
    :ivar topic_sizes: bytes of each topic
    :ivar size: of all parameters' words, bytes
    """

    kind: Callable[..., Event]
    fields: tuple[Decoder, ...]
    others: tuple[Decoder, ...]
    topic_sizes: tuple[int, ...]
    size: int

    def read(self, log: Log) -> Event:
        sizes = tuple(map(len, log.topics))
        if sizes != self.topic_sizes:
            raise FatalError(f"{_place(log)}: topics of {sizes} bytes instead of {self.topic_sizes}")
        words = b"".join((*log.topics[1:], log.data))
        if len(words) < self.size:
            raise FatalError(f"{_place(log)}: {len(words)} bytes in topics and data instead of {self.size} or more")
        try:
            for check in self.others:
                check(words)
            values = [decode(words) for decode in self.fields]
        except ValueError as error:
            raise FatalError(f"{_place(log)}: cannot be decoded: {error}") from error
        return self.kind(log.block, log.index, log.transaction, *values)


def _reader(kind: Callable[..., Event], abi: Entry, arguments: tuple[str, ...]) -> _Reader:
    # Of a text, a topic has only the hash.
    in_topics = {
        one["name"]: "bytes32" if one["type"] in {"string", "bytes"} else one["type"]
        for one in abi["inputs"]
        if one["indexed"]
    }
    in_data = {one["name"]: one["type"] for one in abi["inputs"] if not one["indexed"]}
    by_name = decoders(in_topics, in_data)
    size = WORD * len(by_name)
    fields = tuple(by_name.pop(name) for name in arguments)
    return _Reader(kind, fields, tuple(by_name.values()), (WORD,) * (len(in_topics) + 1), size)


def _readers() -> dict[tuple[str, bytes], _Reader]:
    readers = {}
    for (registry, kind), arguments in _ARGUMENTS.items():
        abi = next(one for one in ABIS[registry] if one["type"] == "event" and one["name"] == kind.__name__)
        readers[registry, topic_of(abi)] = _reader(kind, abi, arguments)
    for registry, abis in ABIS.items():
        for abi in abis:
            if abi["type"] == "event" and abi["name"] in ADMINISTRATION:
                names = tuple(one["name"] for one in abi["inputs"])
                made = partial(_administration, registry, abi["name"], names)
                readers[registry, topic_of(abi)] = _reader(made, abi, names)
    return readers


def _administration(  # noqa: PLR0917  # as a reader calls it
    registry: str, name: str, names: tuple[str, ...], block: int, index: int, transaction: str, *values: Any
) -> Administration:
    details = {
        one: f"0x{value.hex()}" if isinstance(value, bytes) else value for one, value in zip(names, values, strict=True)
    }
    return Administration(block, index, transaction, registry, name, details)


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


NAMES = frozenset({kind.__name__ for _, kind in _ARGUMENTS} | ADMINISTRATION)
"""Of all events that are read, as the standard and OpenZeppelin have them."""


def name_of(event: Event) -> str:
    """One of {NAMES}."""
    return event.name if isinstance(event, Administration) else type(event).__name__


def topics(registry: str) -> list[bytes]:
    """The first topics of a registry's logs that are read."""
    return [topic for name, topic in _READERS if name == registry]


def _place(log: Log) -> str:
    return f"log {log.index} of block {log.block}, transaction {log.transaction}"

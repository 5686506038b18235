"""Logs as events: the same values as eth_abi gives, and refused where eth_abi refuses, whatever bytes a log has."""

# eth-abi does not annotate its registry.
# mypy: allow-untyped-calls

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from eth_abi.codec import ABICodec
from eth_abi.decoding import UnsignedIntegerDecoder
from eth_abi.exceptions import DecodingError
from eth_abi.registry import BaseEquals, registry
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from registries.abis import ABIS, Entry, Parameter
from registry_api import events
from registry_api.abi import topic_of
from registry_api.blocks import Log
from registry_api.errors import FatalError
from registry_api.events import Event, NewFeedback, OperatorOptOutSet, read

WORD = 32
REGISTRIES = {f"0x{number:040x}": name for number, name in enumerate(ABIS, 1)}
BLOCK, INDEX, TRANSACTION = 5, 6, "0x" + "ab" * 32
PLACE = f"log 6 of block 5, transaction {TRANSACTION}: "


def strict_codec() -> ABICodec:
    """eth_abi as it is without Ape, which has it read integers that are cut short."""
    types = registry.copy()
    types.unregister_decoder("uint")
    types.register_decoder(BaseEquals("uint"), UnsignedIntegerDecoder, label="uint")
    return ABICodec(types)


CODEC = strict_codec()

FIELDS = {
    "from": "sender",
    "to": "recipient",
    "tokenId": "agent_id",
    "_tokenId": "agent_id",
    "agentId": "agent_id",
    "approved": "approved",
    "owner": "owner",
    "operator": "operator",
    "account": "account",
    "optedOut": "opted_out",
    "agentURI": "uri",
    "newURI": "uri",
    "baseURI": "base_uri",
    "metadataKey": "key",
    "metadataValue": "value",
    "clientAddress": "client",
    "feedbackIndex": "feedback_index",
    "value": "value",
    "valueDecimals": "decimals",
    "tag1": "tag1",
    "tag2": "tag2",
    "endpoint": "endpoint",
    "feedbackURI": "uri",
    "feedbackHash": "hash",
    "responder": "responder",
    "responseURI": "uri",
    "responseHash": "hash",
    "validatorAddress": "validator",
    "requestURI": "uri",
    "requestHash": "request_hash",
    "response": "response",
    "tag": "tag",
}
"""By the name of an event's parameter: the field, if the event has one of this name."""


class Kind(NamedTuple):
    """A kind of event, and the types of its parameters as eth_abi is to read them: a text is any bytes."""

    registry: str
    event: type[Event]
    abi: Entry
    topics: tuple[str, ...]
    data: tuple[str, ...]

    def parameters(self) -> list[Parameter]:
        """In the order of the words: first those in the topics."""
        return sorted(self.abi["inputs"], key=lambda one: not one["indexed"])

    def log(self, topics: tuple[bytes, ...], data: bytes) -> Log:
        address = next(address for address, name in REGISTRIES.items() if name == self.registry)
        return Log(address, (topic_of(self.abi), *topics), data, BLOCK, INDEX, TRANSACTION, 1_800_000_000)

    def encoded(self, values: list[Any]) -> Log:
        """What the registry emits with these parameters, given in the order of the words."""
        count = len(self.topics)
        topics = (CODEC.encode([type_], [value]) for type_, value in zip(self.topics, values[:count], strict=True))
        return self.log(tuple(topics), CODEC.encode(self.data, values[count:]))

    def by_eth_abi(self, log: Log) -> Event | None:
        """The event; None if it is refused."""
        if len(log.topics) != len(self.topics) + 1:
            return None
        try:
            values = (*CODEC.decode(self.topics, b"".join(log.topics[1:])), *CODEC.decode(self.data, log.data))
        except (DecodingError, OverflowError):
            return None
        known = {field.name for field in dataclasses.fields(self.event)}
        fields = {
            FIELDS[parameter["name"]]: stored(parameter["type"], value)
            for parameter, value in zip(self.parameters(), values, strict=True)
            if FIELDS.get(parameter["name"]) in known
        }
        event: Callable[..., Event] = self.event
        return event(BLOCK, INDEX, TRANSACTION, **fields)


def stored(type_: str, value: Any) -> Any:
    """What the database keeps of a value."""
    if type_ == "string":
        return value.decode(errors="backslashreplace").replace("\0", "\\x00")
    return to_checksum_address(value) if type_ == "address" else value


def kind_of(registry: str, abi: Entry) -> Kind:
    indexed = (one["type"] for one in abi["inputs"] if one["indexed"])
    plain = (one["type"] for one in abi["inputs"] if not one["indexed"])
    return Kind(
        registry,
        getattr(events, abi["name"]),
        abi,
        tuple("bytes32" if type_ in {"string", "bytes"} else type_ for type_ in indexed),
        tuple("bytes" if type_ == "string" else type_ for type_ in plain),
    )


KINDS = {
    abi["name"]: kind_of(registry, abi)
    for registry, abis in ABIS.items()
    for abi in abis
    if abi["type"] == "event" and hasattr(events, abi["name"])
}


def typed(event: Event) -> list[tuple[type, Any]]:
    """An event's values; True is not 1."""
    return [(type(value), value) for value in dataclasses.astuple(event)]


# ------------------------------------------------------------------------------------------------------------ any logs


def integers(type_: str) -> st.SearchStrategy[int]:
    bits = int(type_.removeprefix("u").removeprefix("int"))
    lowest, highest = (0, 2**bits - 1) if type_.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return st.integers(lowest, highest) | st.sampled_from([lowest, highest])


def values(type_: str) -> st.SearchStrategy[Any]:
    match type_:
        case "address":
            return st.binary(min_size=20, max_size=20)
        case "bool":
            return st.booleans()
        case "bytes32":
            return st.binary(min_size=32, max_size=32)
        case "bytes":
            # Texts, and what is none: both with NUL. Up to several words.
            return st.text(max_size=70).map(str.encode) | st.binary(max_size=70)
    return integers(type_)


def logs(kind: Kind) -> st.SearchStrategy[Log]:
    return st.tuples(*(values(type_) for type_ in (*kind.topics, *kind.data))).map(lambda all_: kind.encoded([*all_]))


words = st.one_of(
    st.integers(0, 2**9),
    st.integers(0, 16).map(lambda position: position * WORD),
    st.sampled_from([2**bits + change for bits in (8, 63, 64, 127, 128, 160, 255) for change in (-1, 0, 1)]),
    st.sampled_from([2**256 - 1, 2**256 - 2**127, 2**256 - 2**127 - 1, 2**256 - WORD]),
).map(lambda number: number.to_bytes(WORD, "big"))
"""Those that may make a difference: places in the data, the ends of the types' ranges."""


@st.composite
def corrupted(draw: st.DrawFn, content: bytes) -> bytes:
    """Bytes with a mistake or two: one flipped, a word replaced, cut, too long."""
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, max(0, len(content) - 1)))
        word_at = at - at % WORD
        match draw(st.sampled_from(["flip", "word", "cut", "longer"])):
            case "flip" if content:
                content = content[:at] + bytes([content[at] ^ draw(st.integers(1, 255))]) + content[at + 1 :]
            case "word" if len(content) - word_at >= WORD:
                content = content[:word_at] + draw(words) + content[word_at + WORD :]
            case "cut":
                content = content[:at]
            case "longer":
                content += draw(st.binary(min_size=1, max_size=40))
    return content


@st.composite
def corrupted_logs(draw: st.DrawFn, kind: Kind) -> Log:
    log = draw(logs(kind))
    topics = list(log.topics[1:])
    match draw(st.sampled_from(["data", "topic", "both", "fewer", "more"])):
        case "fewer":
            topics = topics[:-1]
        case "more":
            topics.append(draw(words))
        case "data":
            return kind.log(tuple(topics), draw(corrupted(log.data)))
        case where if topics:
            at = draw(st.integers(0, len(topics) - 1))
            topics[at] = draw(corrupted(topics[at]))[:WORD].rjust(WORD, b"\0")
            if where == "both":
                return kind.log(tuple(topics), draw(corrupted(log.data)))
    return kind.log(tuple(topics), log.data)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(data=st.data())
def test_read__given_any_values__are_those_that_eth_abi_reads(kind: Kind, data: st.DataObject) -> None:
    log = data.draw(logs(kind))
    event, expected = read(log, REGISTRIES), kind.by_eth_abi(log)
    assert event is not None
    assert expected is not None
    assert type(event) is kind.event
    assert typed(event) == typed(expected)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(data=st.data())
def test_read__given_a_corrupted_log__is_refused_as_by_eth_abi_or_the_same(kind: Kind, data: st.DataObject) -> None:
    """Exactly so for topics of 32 bytes, as all are on a chain.

    eth_abi is given all topics in one, and would not see that one is too long and another too short; see
    test_read__given_a_topic_of_another_size__is_refused.
    """
    log = data.draw(corrupted_logs(kind))
    expected = kind.by_eth_abi(log)
    if expected is None:
        with pytest.raises(FatalError, match=PLACE):
            read(log, REGISTRIES)
    else:
        event = read(log, REGISTRIES)
        assert event is not None
        assert typed(event) == typed(expected)


@pytest.mark.parametrize("sizes", [(31, 33, 32), (32, 32, 33), (64, 0, 32), (32, 32, 31)])
def test_read__given_a_topic_of_another_size__is_refused(sizes: tuple[int, ...]) -> None:
    log = KINDS["FeedbackRevoked"].log(tuple(bytes(size) for size in sizes), b"")
    with pytest.raises(FatalError, match=r"log 6 of block 5, .*: topics of .* bytes instead of \(32, 32, 32, 32\)"):
        read(log, REGISTRIES)


# ----------------------------------------------------------------------------------------------------- what is refused


def feedback_log(*, tag1: bytes = b"starred", uri: bytes = b"") -> Log:
    client = b"\x11" * 20
    indexed, plain = [7, client, bytes(32)], [1, -5, 2, tag1, b"", b"https://a.example", uri, bytes(32)]
    return KINDS["NewFeedback"].encoded([*indexed, *plain])


def with_word(log: Log, position: int, number: int) -> Log:
    """The same with another word in its data."""
    at = position * WORD
    return dataclasses.replace(log, data=log.data[:at] + number.to_bytes(WORD, "big") + log.data[at + WORD :])


# Words of the data: 0 feedbackIndex, 1 value, 2 valueDecimals, 3 to 6 the texts' offsets, 7 the hash; then the texts:
# 8 and 9 tag1, 10 tag2, 11 and 12 the endpoint, 13 the URI. These are 14 words, 448 bytes.
@pytest.mark.parametrize(
    ("position", "number", "reason"),
    [
        (0, 2**64, "feedbackIndex: 18446744073709551616 is no uint64"),
        (1, 2**127, f"value: {2**127} is no int128"),
        (1, 2**256 - 2**127 - 1, f"value: {-(2**127) - 1} is no int128"),
        (2, 256, "valueDecimals: 256 is no uint8"),
        (3, 224, "tag1: offset 224 is not after the parameters' words and within the data's 448 bytes"),
        (6, 448, "feedbackURI: offset 448 is not after the parameters' words and within the data's 448 bytes"),
        (5, 2**255, f"endpoint: offset {2**255} is not after the parameters' words and within the data's 448 bytes"),
        (6, 417, "feedbackURI: no length at offset 417 of the data's 448 bytes"),
        (8, 6, "tag1: 6 bytes, and zeros up to a whole word, are not at offset 256"),
        (13, 1, "feedbackURI: 1 bytes, and zeros up to a whole word, are not at offset 416"),
        (13, 2**256 - 1, f"feedbackURI: {2**256 - 1} bytes, and zeros up to a whole word, are not at offset 416"),
    ],
)
def test_read__given_a_word_that_breaks_a_rule__names_place_parameter_and_rule(
    position: int, number: int, reason: str
) -> None:
    with pytest.raises(FatalError) as caught:
        read(with_word(feedback_log(), position, number), REGISTRIES)
    assert str(caught.value) == f"{PLACE}cannot be decoded: {reason}"


def test_read__given_an_address_of_more_than_20_bytes__is_refused() -> None:
    log = feedback_log()
    dirty = b"\x01" + log.topics[2][1:]
    log = dataclasses.replace(log, topics=(*log.topics[:2], dirty, log.topics[3]))
    with pytest.raises(FatalError, match=f"clientAddress: {dirty.hex()} is no address, which has 20 bytes"):
        read(log, REGISTRIES)


def test_read__given_a_bool_of_2__is_refused() -> None:
    log = KINDS["OperatorOptOutSet"].encoded([bytes(20), True])
    with pytest.raises(FatalError, match="optedOut: 2 is no bool, which is 0 or 1"):
        read(with_word(log, 0, 2), REGISTRIES)


def test_read__given_a_parameter_without_a_field__is_refused_if_malformed() -> None:
    log = KINDS["Registered"].encoded([7, bytes(20), b"https://a.example"])
    log = dataclasses.replace(log, topics=(*log.topics[:2], b"\xff" * WORD))
    with pytest.raises(FatalError, match=r"owner: f+ is no address"):
        read(log, REGISTRIES)


def test_read__given_fewer_words_than_parameters__is_refused() -> None:
    log = feedback_log()
    with pytest.raises(FatalError, match=r"log 6 of block 5, .*: 351 bytes in topics and data instead of 352 or more"):
        read(dataclasses.replace(log, data=log.data[: 8 * WORD - 1]), REGISTRIES)


# ------------------------------------------------------------------------------------------------------ what is read


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        ("né".encode(), "né"),
        (b"a\xff\xc3", "a\\xff\\xc3"),
        # A surrogate has no UTF-8.
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
        (b"a\0b", "a\\x00b"),
        (b"x" * 32, "x" * 32),
        (b"x" * 5_000, "x" * 5_000),
    ],
)
def test_read__given_any_text__is_what_the_database_keeps(content: bytes, text: str) -> None:
    event = read(feedback_log(tag1=content, uri=content), REGISTRIES)
    assert isinstance(event, NewFeedback)
    assert (event.tag1, event.tag2, event.uri) == (text, "", text)


def test_read__given_two_texts_in_one_place__has_both() -> None:
    """No compiler writes it, but it is a valid encoding."""
    log = feedback_log()
    event = read(with_word(log, 4, 8 * WORD), REGISTRIES)
    assert isinstance(event, NewFeedback)
    assert (event.tag1, event.tag2) == ("starred", "starred")


def test_read__given_an_address_again__is_the_same_text() -> None:
    first, second = (read(feedback_log(), REGISTRIES) for _ in range(2))
    assert isinstance(first, NewFeedback)
    assert isinstance(second, NewFeedback)
    assert first.client == to_checksum_address(b"\x11" * 20)
    assert first.client is second.client


def test_read__given_a_bool__is_one() -> None:
    event = read(KINDS["OperatorOptOutSet"].encoded([bytes(20), True]), REGISTRIES)
    assert isinstance(event, OperatorOptOutSet)
    assert event.opted_out is True


@pytest.mark.parametrize("topics", [(), (b"\x01" * WORD,)])
def test_read__given_a_log_of_no_known_kind__is_none(topics: tuple[bytes, ...]) -> None:
    assert read(dataclasses.replace(feedback_log(), topics=topics), REGISTRIES) is None

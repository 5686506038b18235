"""Tags, keys, URIs and all other text of any bytes: kept and emitted byte for byte, and found by equal bytes alone."""

from __future__ import annotations

import unicodedata
from typing import Any, NamedTuple

import pytest
from eth_utils.crypto import keccak
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.codec import bytes_of, text_of
from tests.deployment import CLIENT, OWNER, REGISTRY_ADMIN, VALIDATOR, Registries, deploy_registries
from tests.entry_points import AGENT, arguments_of, call, prepared
from tests.evm import EVM, Receipt, field, reverts
from tests.property.strategies import examples, filled, patterns, raw_texts, texts

URI_LIMIT = VALUE_LIMIT = 10_240
ENDPOINT_LIMIT = 2_048
TAG_LIMIT = KEY_LIMIT = 128
WALLET_KEY = "agentWallet"


class Carrier(NamedTuple):
    """A parameter that carries text.

    :ivar position: its place among the arguments
    :ivar log: the event that repeats it, and its name there
    :ivar name: what `SizeLimitExceeded` calls it
    :ivar limit: in bytes
    """

    registry: str
    signature: str
    position: int
    log: tuple[str, str]
    name: str
    limit: int

    def write(self, registries: Registries, text: str) -> Receipt:
        """Makes the call with this text in it."""
        arguments = list(arguments_of(registries, self.registry, self.signature))
        arguments[self.position] = text
        return call(registries, self.registry, self.signature, arguments=tuple(arguments))


_GIVE = "giveFeedback(uint256,int128,uint8,string,string,string,string,bytes32)"
_APPEND = "appendResponse(uint256,address,uint64,string,bytes32)"
_REQUEST = "validationRequest(address,uint256,string,bytes32)"
_RESPOND = "validationResponse(bytes32,uint8,string,bytes32,string)"
_SET_METADATA = "setMetadata(uint256,string,bytes)"
_REPUTATION, _VALIDATION, _IDENTITY = "ReputationRegistry", "ValidationRegistry", "IdentityRegistry"

CARRIERS = [
    Carrier(_IDENTITY, "register(string)", 0, ("Registered", "agentURI"), "agentURI", URI_LIMIT),
    Carrier(_IDENTITY, "setAgentURI(uint256,string)", 1, ("URIUpdated", "newURI"), "agentURI", URI_LIMIT),
    Carrier(_IDENTITY, "setBaseURI(string)", 0, ("BaseURIUpdated", "baseURI"), "baseURI", URI_LIMIT),
    Carrier(_IDENTITY, _SET_METADATA, 1, ("MetadataSet", "metadataKey"), "metadataKey", KEY_LIMIT),
    Carrier(_REPUTATION, _GIVE, 3, ("NewFeedback", "tag1"), "tag", TAG_LIMIT),
    Carrier(_REPUTATION, _GIVE, 4, ("NewFeedback", "tag2"), "tag", TAG_LIMIT),
    Carrier(_REPUTATION, _GIVE, 5, ("NewFeedback", "endpoint"), "endpoint", ENDPOINT_LIMIT),
    Carrier(_REPUTATION, _GIVE, 6, ("NewFeedback", "feedbackURI"), "feedbackURI", URI_LIMIT),
    Carrier(_REPUTATION, _APPEND, 3, ("ResponseAppended", "responseURI"), "responseURI", URI_LIMIT),
    Carrier(_VALIDATION, _REQUEST, 2, ("ValidationRequest", "requestURI"), "requestURI", URI_LIMIT),
    Carrier(_VALIDATION, _RESPOND, 2, ("ValidationResponse", "responseURI"), "responseURI", URI_LIMIT),
    Carrier(_VALIDATION, _RESPOND, 4, ("ValidationResponse", "tag"), "tag", TAG_LIMIT),
]
carriers = pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: "-".join(carrier.log))


def variants(raw: bytes) -> list[bytes]:
    """What looks alike or nearly so, itself first; no two of the same bytes, none too long for a tag or a key."""
    text = text_of(raw)
    others = [raw + b"\0", raw + b" ", raw[:-1], raw.upper(), raw.lower(), raw[::-1], b"\xef\xbb\xbf" + raw]
    forms = [bytes_of(unicodedata.normalize(form, text)) for form in ("NFC", "NFD", "NFKC")]
    return [variant for variant in dict.fromkeys([raw, *others, *forms]) if len(variant) <= KEY_LIMIT]


short_tags = raw_texts(TAG_LIMIT).filter(lambda raw: raw != b"")


# EVERY PARAMETER


@carriers
@examples(0.3)
@given(st.data())
def test_text__when_of_any_bytes__is_emitted_as_it_is(carrier: Carrier, data: st.DataObject) -> None:
    raw = data.draw(raw_texts(carrier.limit))
    assume(raw != b"" or carrier.signature != _APPEND)
    assume(raw != WALLET_KEY.encode() or carrier.signature != _SET_METADATA)
    registries = prepared()
    receipt = carrier.write(registries, text_of(raw))

    event, parameter = carrier.log
    contract = registries[carrier.registry]
    log = next(log for log in receipt.logs if contract.read_log(log)[0] == event)
    values = contract.read_log(log)[1]
    assert values[parameter] == text_of(raw)
    assert len(raw).to_bytes(32, "big") + raw in log.data
    hashes = [value for name, value in values.items() if name.lower() == f"indexed{parameter}".lower()]
    assert hashes in ([], [keccak(raw)])


@carriers
@examples(0.2)
@given(patterns, st.integers(1, 40))
def test_text__when_over_its_limit__is_refused(carrier: Carrier, pattern: bytes, excess: int) -> None:
    registries = prepared()
    size = carrier.limit + excess
    with reverts("SizeLimitExceeded", field(carrier.name), size, carrier.limit):
        carrier.write(registries, text_of(filled(pattern, size)))


# TAGS


@given(st.lists(short_tags, min_size=1, max_size=2), st.lists(st.integers(0, 30), min_size=1, max_size=12))
@example([b"\xff"], [0, 0])
def test_tags__of_feedback__when_of_any_bytes__are_found_by_equal_bytes_alone(
    raws: list[bytes], picks: list[int]
) -> None:
    candidates = [variant for raw in raws for variant in variants(raw)]
    used = [candidates[pick % len(candidates)] for pick in picks]
    first, second = [text_of(raw) for raw in used], [text_of(raw[::-1]) for raw in used]
    registries = deploy_registries(EVM())
    agent_id = registries.register()
    for tag1, tag2 in zip(first, second, strict=True):
        registries.give_feedback(agent_id, tag1=tag1, tag2=tag2)

    reputation = registries.reputation
    assert reputation.readAllFeedback(agent_id, [CLIENT], "", "", False)[4:6] == (tuple(first), tuple(second))
    for raw in candidates:
        expected = used.count(raw) if raw else len(used)
        assert reputation.getSummary(agent_id, [CLIENT], text_of(raw), "")[0] == expected
        assert reputation.getSummary(agent_id, [CLIENT], "", text_of(raw[::-1]))[0] == expected
    distinct = {*first, *second} - {""}
    assert {reputation.tagText(number) for number in range(1, reputation.tagCount() + 1)} == distinct
    assert reputation.tagCount() == len(distinct)


@given(short_tags, st.lists(st.integers(0, 30), min_size=1, max_size=8))
def test_tags__of_validations__when_of_any_bytes__are_found_by_equal_bytes_alone(raw: bytes, picks: list[int]) -> None:
    candidates = variants(raw)
    used = [text_of(candidates[pick % len(candidates)]) for pick in picks]
    registries = deploy_registries(EVM())
    agent_id, validation = registries.register(), registries.validation
    for number, tag in enumerate(used):
        key = number.to_bytes(32, "big")
        validation.validationRequest(VALIDATOR, agent_id, "", key, sender=OWNER)
        validation.validationResponse(key, number, "", bytes(32), tag, sender=VALIDATOR)
        assert validation.getValidationStatus(key)[4] == tag

    for tag in map(text_of, candidates):
        expected = used.count(tag) if tag else len(used)
        assert validation.getSummary(agent_id, [], tag)[0] == expected


# METADATA


@given(raw_texts(KEY_LIMIT), raw_texts(VALUE_LIMIT - 1))
@example(WALLET_KEY.encode(), b"\xff")
def test_metadata__under_any_key__is_read_by_equal_bytes_alone(raw: bytes, value: bytes) -> None:
    registries = deploy_registries(EVM())
    agent_id, identity = registries.register(), registries.identity
    keys = [text_of(variant) for variant in variants(raw) if variant != WALLET_KEY.encode()]
    stored = [value[number:] + bytes([number]) for number in range(len(keys))]
    for key, one in zip(keys, stored, strict=True):
        identity.setMetadata(agent_id, key, one, sender=OWNER)

    assert [identity.getMetadata(agent_id, key) for key in keys] == stored
    assert identity.metadataKeyCount(agent_id) == len(keys)
    identity.setMetadata(agent_id, keys[0], b"", sender=OWNER)
    assert [identity.getMetadata(agent_id, key) for key in keys] == [b"", *stored[1:]]
    assert identity.metadataKeyCount(agent_id) == len(keys) - 1
    assert identity.getAgentWallet(agent_id) == OWNER


@given(patterns, st.integers(1, 40))
def test_metadata__when_its_value_is_over_the_limit__is_refused(pattern: bytes, excess: int) -> None:
    registries = deploy_registries(EVM())
    agent_id = registries.register()
    size = VALUE_LIMIT + excess
    with reverts("SizeLimitExceeded", field("metadataValue"), size, VALUE_LIMIT):
        registries.identity.setMetadata(agent_id, "key", filled(pattern, size), sender=OWNER)


@given(st.sampled_from(variants(WALLET_KEY.encode())), st.booleans())
def test_metadata__under_a_key_like_the_wallets__is_refused_for_equal_bytes_alone(
    raw: bytes, at_registration: bool
) -> None:
    registries = prepared()
    identity, key = registries.identity, text_of(raw)
    signature: str = _SET_METADATA
    arguments: tuple[Any, ...] = (AGENT, key, b"value")
    if at_registration:
        signature, arguments = "register(string,(string,bytes)[])", ("", [(key, b"value")])

    if key == WALLET_KEY:
        with reverts("ReservedMetadataKey", key):
            call(registries, _IDENTITY, signature, arguments=arguments)
    else:
        call(registries, _IDENTITY, signature, arguments=arguments)
        assert identity.getMetadata(identity.totalAgents() if at_registration else AGENT, key) == b"value"
    assert identity.getAgentWallet(AGENT) == OWNER


# URIS


@given(texts(URI_LIMIT), texts(URI_LIMIT))
def test_token_uri__when_of_any_bytes__is_the_agents_or_made_of_the_base(own: str, base: str) -> None:
    registries = deploy_registries(EVM())
    identity = registries.identity
    agent_id = registries.register(uri=own)
    identity.setBaseURI(base, sender=REGISTRY_ADMIN)
    automatic = f"{base}/{agent_id}/registration" if base else ""

    assert identity.tokenURI(agent_id) == (own or automatic)
    assert identity.baseURI() == base
    identity.setAgentURI(agent_id, "", sender=OWNER)
    assert identity.tokenURI(agent_id) == automatic
    identity.setAgentURI(agent_id, base, sender=OWNER)
    assert identity.tokenURI(agent_id) == base

"""Storage after any history: each field, read at its drawn place, is what the getters say, and all other bits are 0."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.deployment import (
    BUYER,
    CLIENT,
    OWNER,
    PAUSER,
    REGISTRY_ADMIN,
    STRANGER,
    VALIDATOR,
    WALLET,
    Registries,
    deploy_registries,
)
from tests.evm import EVM, START_TIME, ZERO_ADDRESS, Contract
from tests.layout import place_of, read, struct_members, variables
from tests.property.drawing import SLOT_BITS, drawn_fields
from tests.property.ledger import play
from tests.property.strategies import CLIENTS, Step, feedbacks, histories, uints

SHARED = "_paused"
"""The variable whose slot the registries' own counters share."""


def _word(contract: Contract, slot: int) -> int:
    return contract.evm.storage(contract.address, slot)


def _signed(word: int, bits: int) -> int:
    return word - (1 << bits) if word >> bits - 1 else word


def _drawn(contract: Contract, title: str, slot: int) -> list[int]:
    """What the fields of a drawn slot hold, from the high end."""
    word = _word(contract, slot)
    return [bits.of(word) for bits in drawn_fields(title)]


def _packed(contract: Contract, struct: str, *path: Any) -> dict[str, int]:
    """The members of a struct that lies at a path, by name; all bits between them are asserted to be zero."""
    registry = str(contract.type.name)
    start = place_of(registry, *path).slot
    members = {name: place for name, place in struct_members(registry, struct).items() if place.size <= SLOT_BITS}
    found = {}
    used: dict[int, int] = {}
    for name, place in members.items():
        found[name] = read(contract, place._replace(slot=start + place.slot))
        used[place.slot] = used.get(place.slot, 0) | (1 << place.size) - 1 << place.offset
    for slot, bits in used.items():
        assert _word(contract, start + slot) & ~bits == 0, f"{struct}: bits outside of its fields"
    return found


def _shared(contract: Contract) -> dict[str, int]:
    """The variables in the slot of the pause flag, by name; its other bits are asserted to be zero."""
    places = variables(str(contract.type.name))
    together = {name: place for name, place in places.items() if place.slot == places[SHARED].slot}
    bits = sum((1 << place.size) - 1 << place.offset for place in together.values())
    assert _word(contract, places[SHARED].slot) & ~bits == 0
    return {name: read(contract, place) for name, place in together.items()}


# REPUTATION


@given(
    histories(feedbacks()),
    st.lists(st.tuples(uints(6), st.sampled_from([OWNER, VALIDATOR])), max_size=6),
    st.booleans(),
)
def test_reputation__given_any_history__stores_it_as_drawn(
    history: list[Step], responses: list[tuple[int, str]], paused: bool
) -> None:
    registries = deploy_registries(EVM())
    agent_id, reputation = registries.register(), registries.reputation
    ledgers = play(registries, agent_id, history)
    given_feedback = [
        (client, index) for client, ledger in ledgers.items() for index in range(1, len(ledger.entries) + 1)
    ]
    for pick, responder in responses if given_feedback else []:
        client, index = given_feedback[pick % len(given_feedback)]
        reputation.appendResponse(agent_id, client, index, "ipfs://response", bytes(32), sender=responder)
    if paused:
        reputation.pause(sender=PAUSER)

    assert _shared(reputation) == {"_paused": paused, "tagCount": reputation.tagCount()}
    assert _packed(reputation, "AgentRecord", "_agents", agent_id) == {
        "clientCount": reputation.getClientCount(agent_id),
        "responseCount": reputation.getResponseCount(agent_id, ZERO_ADDRESS, 0, []),
        "clients": 0,  # a mapping keeps nothing in the slot of its own
        "ledgers": 0,
    }
    for client in CLIENTS:
        _assert_totals(registries, agent_id, client)
    for client, index in given_feedback:
        _assert_feedback(registries, agent_id, client, index)


def _ledger(agent_id: int, client: str, *path: Any) -> int:
    return place_of("ReputationRegistry", "_agents", agent_id, "ledgers", client, *path).slot


def _assert_totals(registries: Registries, agent_id: int, client: str) -> None:
    reputation = registries.reputation
    zero, decimals, live, last, total = _drawn(reputation, "ClientTotals", _ledger(agent_id, client, "totals"))
    assert zero == 0
    assert (last, live, _signed(total, 208), decimals) == reputation.getClientTotals(agent_id, client)


def _assert_feedback(registries: Registries, agent_id: int, client: str, index: int) -> None:
    reputation = registries.reputation
    stored = _drawn(reputation, "PackedFeedback", _ledger(agent_id, client, "entries", index))
    tag2, tag1, count, time, revoked, decimals, value = stored
    assert reputation.getFeedback(agent_id, client, index) == (
        index,
        _signed(value, 128),
        decimals,
        revoked == 1,
        time,
        count,
        reputation.tagText(tag1),
        reputation.tagText(tag2),
    )


# IDENTITY

OWNERS = [OWNER, BUYER, STRANGER]
moves = st.one_of(
    st.tuples(st.just("transfer"), st.sampled_from(OWNERS)),
    st.tuples(st.just("wallet"), st.integers(0, 300)),
    st.tuples(st.just("unset"), st.none()),
    st.tuples(st.just("metadata"), st.tuples(uints(2), st.booleans())),
)


def _move(registries: Registries, agent_id: int, kind: str, argument: Any) -> bool:
    """One change of an agent by its owner, an hour after the one before; whether it writes the wallet."""
    registries.evm.warp(3_600)
    identity = registries.identity
    owner = identity.ownerOf(agent_id)
    if kind == "transfer":
        identity.transferFrom(owner, argument, agent_id, sender=owner)
        return bool(owner != argument)
    if kind == "wallet":
        registries.set_wallet(agent_id, WALLET, seconds=argument)
    elif kind == "unset":
        identity.unsetAgentWallet(agent_id, sender=owner)
    else:
        key, present = argument
        identity.setMetadata(agent_id, f"key {key}", b"value" * present, sender=owner)
        return False
    return True


@given(st.lists(st.tuples(st.integers(1, 2), moves), max_size=12), st.booleans(), st.booleans())
def test_identity__given_any_history__stores_it_as_drawn(
    history: list[tuple[int, tuple[str, Any]]], paused: bool, based: bool
) -> None:
    registries = deploy_registries(EVM())
    identity, agent_ids = registries.identity, [registries.register(), registries.register()]
    written = {agent_id for agent_id, move in history if _move(registries, agent_id, *move)}
    if based:
        identity.setBaseURI("ipfs://base", sender=REGISTRY_ADMIN)
    if paused:
        identity.pause(sender=PAUSER)

    assert _shared(identity) == {"_paused": paused, "_lastAgentId": len(agent_ids), "_hasBaseUri": based}
    for agent_id in agent_ids:
        slot = place_of("IdentityRegistry", "_agents", agent_id).slot
        zero, explicit, keys, epoch, deadline, wallet = _drawn(identity, "AgentState (I)", slot)
        assert (zero, explicit) == (0, agent_id in written)
        assert keys == identity.metadataKeyCount(agent_id)
        assert epoch == identity.ownershipEpoch(agent_id)
        assert deadline == identity.lastConsentDeadline(agent_id)
        if explicit:
            assert wallet == int(identity.getAgentWallet(agent_id), 16)
        else:
            assert (wallet, identity.getAgentWallet(agent_id)) == (0, identity.ownerOf(agent_id))


# VALIDATION

VALIDATORS = [VALIDATOR, CLIENT, VALIDATOR, BUYER]


@given(
    st.lists(
        st.tuples(st.integers(0, len(VALIDATORS) - 1), uints(7), uints(256), st.sampled_from(["", "tee", "zkml"]))
    ),
    st.booleans(),
)
def test_validation__given_any_history__stores_it_as_drawn(
    responses: list[tuple[int, int, int, str]], paused: bool
) -> None:
    registries = deploy_registries(EVM())
    agent_id, validation = registries.register(), registries.validation
    for number, validator in enumerate(VALIDATORS):
        registries.evm.warp(1)
        validation.validationRequest(validator, agent_id, "", _hash(number), sender=OWNER)
    for number, verdict, response_hash, tag in responses:
        registries.evm.warp(1)
        arguments = (_hash(number), verdict % 101, "", _hash(response_hash), tag)
        validation.validationResponse(*arguments, sender=VALIDATORS[number])
    if paused:
        validation.pause(sender=PAUSER)

    assert _shared(validation) == {"_paused": paused, "tagCount": validation.tagCount()}
    for number in range(len(VALIDATORS)):
        _assert_request(validation, number)
    latest = {number: verdict % 101 for number, verdict, _, _ in responses}
    assert _packed(validation, "AgentTotals", "_agents", agent_id) == {
        "answeredCount": len(latest),
        "responseSum": sum(latest.values()),
    }


def _hash(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _assert_request(validation: Contract, number: int) -> None:
    stored = _packed(validation, "Request", "_requests", _hash(number))
    validator, agent_id, response, response_hash, tag, last_update = validation.getValidationStatus(_hash(number))
    assert stored["validator"] == int(validator, 16)
    assert (stored["agentId"], stored["response"], stored["responseHash"]) == (
        agent_id,
        response,
        int.from_bytes(response_hash),
    )
    assert validation.tagText(stored["tagId"]) == tag
    assert stored["requestedAt"] == START_TIME + 1 + number
    assert last_update == (stored["respondedAt"] or stored["requestedAt"])
    assert validation.isPending(_hash(number)) is (stored["respondedAt"] == 0)

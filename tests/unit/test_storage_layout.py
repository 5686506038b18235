"""The layout that the gas figures rest on: what shares a slot, and what fits into one."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from tests.deployment import BUYER, CLIENT, OWNER, PAUSER, REGISTRY_ADMIN, STRANGER, VALIDATOR, WALLET, Registries
from tests.evm import START_TIME, Contract
from tests.layout import place_of, read, struct_members
from tests.unit.identity_support import entries

REQUEST = keccak(text="a request")


def word(contract: Contract, slot: int) -> int:
    return contract.evm.storage(contract.address, slot)


def read_variables(contract: Contract, *names: str) -> list[int]:
    return [read(contract, place_of(str(contract.type.name), name)) for name in names]


def assert_share_a_slot(registry: str, *names: str) -> None:
    assert len({place_of(registry, name).slot for name in names}) == 1


def names_in_first_slot(registry: str, struct: str) -> set[str]:
    return {name for name, member in struct_members(registry, struct).items() if member.slot == 0}


def assert_one_slot(registry: str, struct: str) -> None:
    members = struct_members(registry, struct).values()
    assert {member.slot for member in members} == {0}
    assert sum(member.size for member in members) <= 256


def test_identity__pause_flag_agent_counter_and_base_flag__share_a_slot() -> None:
    assert_share_a_slot("IdentityRegistry", "_paused", "_lastAgentId", "_hasBaseUri")


@pytest.mark.parametrize("registry", ["ReputationRegistry", "ValidationRegistry"])
def test_wired_registries__pause_flag_and_tag_count__share_a_slot(registry: str) -> None:
    assert_share_a_slot(registry, "_paused", "tagCount")


def test_identity__when_used__writes_the_shared_slot_as_laid_out(registries: Registries) -> None:
    identity = registries.identity
    registries.register()
    registries.register()
    identity.setBaseURI("ipfs://base", sender=REGISTRY_ADMIN)
    identity.pause(sender=PAUSER)

    assert read_variables(identity, "_paused", "_lastAgentId", "_hasBaseUri") == [1, 2, 1]


def test_reputation__when_used__writes_the_shared_slot_as_laid_out(registries: Registries) -> None:
    reputation = registries.reputation
    registries.give_feedback(registries.register(), tag1="starred", tag2="week")
    reputation.pause(sender=PAUSER)

    assert read_variables(reputation, "_paused", "tagCount") == [1, 2]


def test_validation__when_used__writes_the_shared_slot_as_laid_out(registries: Registries) -> None:
    validation = registries.validation
    validation.validationRequest(VALIDATOR, registries.register(), "", REQUEST, sender=OWNER)
    validation.validationResponse(REQUEST, 1, "", bytes(32), "tee", sender=VALIDATOR)
    validation.pause(sender=PAUSER)

    assert read_variables(validation, "_paused", "tagCount") == [1, 1]


def test_identity__an_agents_state__is_one_slot() -> None:
    assert_one_slot("IdentityRegistry", "AgentState")


def test_validation__an_agents_totals__are_one_slot() -> None:
    assert_one_slot("ValidationRegistry", "AgentTotals")


def test_reputation__an_agents_counts__are_one_slot(registries: Registries) -> None:
    reputation, agent_id = registries.reputation, registries.register()
    for client in (CLIENT, CLIENT, BUYER):
        registries.give_feedback(agent_id, client)
    reputation.appendResponse(agent_id, CLIENT, 1, "ipfs://response", bytes(32), sender=STRANGER)

    assert names_in_first_slot("ReputationRegistry", "AgentRecord") == {"clientCount", "responseCount"}
    record = ("ReputationRegistry", "_agents", agent_id)
    assert [read(reputation, place_of(*record, name)) for name in ("clientCount", "responseCount")] == [2, 1]


def test_identity__given_a_new_agent__has_an_empty_state(registries: Registries) -> None:
    agent_id = registries.register(uri="ipfs://own")

    assert word(registries.identity, place_of("IdentityRegistry", "_agents", agent_id).slot) == 0


def test_identity__given_a_used_agent__has_its_state_as_laid_out(registries: Registries) -> None:
    identity = registries.identity
    agent_id = identity.register("", entries(3), sender=BUYER).value
    identity.transferFrom(BUYER, OWNER, agent_id, sender=BUYER)
    registries.set_wallet(agent_id, seconds=60)

    state = ("IdentityRegistry", "_agents", agent_id)
    members = struct_members("IdentityRegistry", "AgentState")
    assert {name: read(identity, place_of(*state, name)) for name in members} == {
        "wallet": int(WALLET, 16),
        "lastConsentDeadline": START_TIME + 60,
        "ownershipEpoch": 1,
        "metadataKeyCount": 3,
        "walletIsExplicit": 1,
    }


def test_identity__given_metadata_alone__leaves_the_wallet_with_the_owner(registries: Registries) -> None:
    identity = registries.identity
    agent_id = identity.register("", entries(1), sender=OWNER).value

    assert read(identity, place_of("IdentityRegistry", "_agents", agent_id, "walletIsExplicit")) == 0
    assert identity.getAgentWallet(agent_id) == OWNER


def test_reputation__a_feedback_and_a_clients_totals__are_one_slot_each(registries: Registries) -> None:
    reputation, agent_id = registries.reputation, registries.register()
    registries.give_feedback(agent_id, value=87, decimals=1, tag1="starred")
    registries.give_feedback(agent_id, value=-1)

    ledger = ("ReputationRegistry", "_agents", agent_id, "ledgers", CLIENT)
    totals = place_of(*ledger, "totals").slot
    first = place_of(*ledger, "entries", 1).slot

    # The fields are drawn in the libraries: value in the low 16 bytes, the sum of 18 decimals in the low 26.
    assert word(reputation, first) & (1 << 128) - 1 == 87
    assert word(reputation, first) >> 192 & (1 << 32) - 1 == 1
    assert word(reputation, first) >> 136 & (1 << 32) - 1 == START_TIME
    assert word(reputation, totals) & (1 << 208) - 1 == 77 * 10**17
    assert [word(reputation, slot + 1) for slot in (first, totals)] == [0, 0]


def test_validation__a_request__is_one_slot_until_its_response(registries: Registries) -> None:
    validation, agent_id = registries.validation, registries.register()
    stored = ("ValidationRegistry", "_requests", REQUEST)
    slot = place_of(*stored).slot

    validation.validationRequest(VALIDATOR, agent_id, "", REQUEST, sender=OWNER)

    assert names_in_first_slot("ValidationRegistry", "Request") == {"validator", "agentId", "requestedAt"}
    assert read(validation, place_of(*stored, "validator")) == int(VALIDATOR, 16)
    assert read(validation, place_of(*stored, "requestedAt")) == START_TIME
    assert [word(validation, slot + more) for more in (1, 2)] == [0, 0]

    validation.validationResponse(REQUEST, 77, "", keccak(text="x"), "", sender=VALIDATOR)

    response = place_of(*stored, "response")
    assert (response.slot, read(validation, response)) == (slot + 1, 77)
    assert word(validation, slot + 2) == int.from_bytes(keccak(text="x"), "big")


def test_accounts__given_no_opt_out__have_no_slot_written(registries: Registries) -> None:
    registries.identity.setOperatorOptOut(True, sender=STRANGER)

    slots = [place_of("IdentityRegistry", "_operatorOptOut", account).slot for account in (STRANGER, OWNER)]
    assert [word(registries.identity, slot) for slot in slots] == [1, 0]

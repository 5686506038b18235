"""The layout that the gas figures rest on: what shares a slot, and what fits into one."""

from __future__ import annotations

import pytest
from eth_utils.crypto import keccak

from tests.deployment import BUYER, CLIENT, OWNER, PAUSER, REGISTRY_ADMIN, STRANGER, VALIDATOR, WALLET, Registries
from tests.evm import START_TIME, Contract
from tests.layout import slot_of
from tests.unit.identity_support import entries
from tests.unit.storage import agent_slot, mapping_slot, read_field, struct_members, variables

REQUEST = keccak(text="a request")


def word(contract: Contract, slot: int) -> int:
    return contract.evm.storage(contract.address, slot)


def read_variable(contract: Contract, registry: str, name: str) -> int:
    variable = variables(registry)[name]
    return read_field(word(contract, variable.slot), variable)


def assert_one_slot(registry: str, struct: str) -> None:
    members = struct_members(registry, struct).values()
    assert {member.slot for member in members} == {0}
    assert sum(member.size for member in members) <= 32


def test_identity__pause_flag_agent_counter_and_base_flag__share_a_slot() -> None:
    layout = variables("IdentityRegistry")

    assert layout["_paused"].slot == layout["_lastAgentId"].slot == layout["_hasBaseUri"].slot


@pytest.mark.parametrize("registry", ["ReputationRegistry", "ValidationRegistry"])
def test_wired_registries__pause_flag_and_tag_count__share_a_slot(registry: str) -> None:
    layout = variables(registry)

    assert layout["_paused"].slot == layout["tagCount"].slot


def test_identity__when_used__writes_the_shared_slot_as_laid_out(registries: Registries) -> None:
    identity = registries.identity
    registries.register()
    registries.register()
    identity.setBaseURI("ipfs://base", sender=REGISTRY_ADMIN)
    identity.pause(sender=PAUSER)

    names = ("_paused", "_lastAgentId", "_hasBaseUri")
    assert [read_variable(identity, "IdentityRegistry", name) for name in names] == [1, 2, 1]


def test_reputation__when_used__writes_the_shared_slot_as_laid_out(registries: Registries) -> None:
    reputation = registries.reputation
    registries.give_feedback(registries.register(), tag1="starred", tag2="week")
    reputation.pause(sender=PAUSER)

    assert [read_variable(reputation, "ReputationRegistry", name) for name in ("_paused", "tagCount")] == [1, 2]


def test_validation__when_used__writes_the_shared_slot_as_laid_out(registries: Registries) -> None:
    validation = registries.validation
    validation.validationRequest(VALIDATOR, registries.register(), "", REQUEST, sender=OWNER)
    validation.validationResponse(REQUEST, 1, "", bytes(32), "tee", sender=VALIDATOR)
    validation.pause(sender=PAUSER)

    assert [read_variable(validation, "ValidationRegistry", name) for name in ("_paused", "tagCount")] == [1, 1]


def test_identity__an_agents_state__is_one_slot() -> None:
    assert_one_slot("IdentityRegistry", "AgentState")


def test_validation__an_agents_totals__are_one_slot() -> None:
    assert_one_slot("ValidationRegistry", "AgentTotals")


def test_reputation__an_agents_counts__are_one_slot(registries: Registries) -> None:
    reputation, agent_id = registries.reputation, registries.register()
    for client in (CLIENT, CLIENT, BUYER):
        registries.give_feedback(agent_id, client)
    reputation.appendResponse(agent_id, CLIENT, 1, "ipfs://response", bytes(32), sender=STRANGER)

    members = struct_members("ReputationRegistry", "AgentRecord")
    counts = word(reputation, slot_of(reputation, "_agents", agent_id))
    assert {name for name, member in members.items() if member.slot == 0} == {"clientCount", "responseCount"}
    assert [read_field(counts, members[name]) for name in ("clientCount", "responseCount")] == [2, 1]


def test_identity__given_a_new_agent__has_an_empty_state(registries: Registries) -> None:
    agent_id = registries.register(uri="ipfs://own")

    assert word(registries.identity, agent_slot(agent_id)) == 0


def test_identity__given_a_used_agent__has_its_state_as_laid_out(registries: Registries) -> None:
    identity = registries.identity
    agent_id = identity.register("", entries(3), sender=BUYER).value
    identity.transferFrom(BUYER, OWNER, agent_id, sender=BUYER)
    registries.set_wallet(agent_id, seconds=60)

    state = word(identity, agent_slot(agent_id))

    members = struct_members("IdentityRegistry", "AgentState")
    assert {name: read_field(state, member) for name, member in members.items()} == {
        "wallet": int(WALLET, 16),
        "lastConsentDeadline": START_TIME + 60,
        "ownershipEpoch": 1,
        "metadataKeyCount": 3,
        "walletIsExplicit": 1,
    }


def test_identity__given_metadata_alone__leaves_the_wallet_with_the_owner(registries: Registries) -> None:
    identity = registries.identity
    agent_id = identity.register("", entries(1), sender=OWNER).value

    state = word(identity, agent_slot(agent_id))

    assert read_field(state, struct_members("IdentityRegistry", "AgentState")["walletIsExplicit"]) == 0
    assert identity.getAgentWallet(agent_id) == OWNER


def test_reputation__a_feedback_and_a_clients_totals__are_one_slot_each(registries: Registries) -> None:
    reputation, agent_id = registries.reputation, registries.register()
    registries.give_feedback(agent_id, value=87, decimals=1, tag1="starred")
    registries.give_feedback(agent_id, value=-1)

    totals = slot_of(reputation, "_agents", agent_id, "ledgers", CLIENT, "totals")
    first = slot_of(reputation, "_agents", agent_id, "ledgers", CLIENT, "entries", 1)

    # The fields are drawn in the libraries: value in the low 16 bytes, the sum of 18 decimals in the low 26.
    assert word(reputation, first) & (1 << 128) - 1 == 87
    assert word(reputation, first) >> 192 & (1 << 32) - 1 == 1
    assert word(reputation, first) >> 136 & (1 << 32) - 1 == START_TIME
    assert word(reputation, totals) & (1 << 208) - 1 == 77 * 10**17
    assert [word(reputation, slot + 1) for slot in (first, totals)] == [0, 0]


def test_validation__a_request__is_one_slot_until_its_response(registries: Registries) -> None:
    validation, agent_id = registries.validation, registries.register()
    slot = mapping_slot("bytes32", REQUEST, variables("ValidationRegistry")["_requests"].slot)
    members = struct_members("ValidationRegistry", "Request")

    validation.validationRequest(VALIDATOR, agent_id, "", REQUEST, sender=OWNER)

    assert {name for name, member in members.items() if member.slot == 0} == {"validator", "agentId", "requestedAt"}
    assert read_field(word(validation, slot), members["validator"]) == int(VALIDATOR, 16)
    assert read_field(word(validation, slot), members["requestedAt"]) == START_TIME
    assert [word(validation, slot + more) for more in (1, 2)] == [0, 0]

    validation.validationResponse(REQUEST, 77, "", keccak(text="x"), "", sender=VALIDATOR)

    assert read_field(word(validation, slot + 1), members["response"]) == 77
    assert word(validation, slot + 2) == int.from_bytes(keccak(text="x"), "big")


def test_accounts__given_no_opt_out__have_no_slot_written(registries: Registries) -> None:
    slot = variables("IdentityRegistry")["_operatorOptOut"].slot

    registries.identity.setOperatorOptOut(True, sender=STRANGER)

    assert word(registries.identity, mapping_slot("address", STRANGER, slot)) == 1
    assert word(registries.identity, mapping_slot("address", OWNER, slot)) == 0

"""Agents' URIs: their own, the auto URI, and the base of it."""

from __future__ import annotations

import pytest

from tests.deployment import ADMIN, BUYER, OPERATOR, OWNER, PAUSER, REGISTRY_ADMIN, STRANGER, Registries
from tests.evm import Log, field, reverts
from tests.unit.identity_support import BASE, MAX_URI_SIZE, OTHERS, UNKNOWN_AGENT, URI

NEW_URI = "ipfs://new"


def set_base(registries: Registries, base: str = BASE) -> tuple[Log, ...]:
    logs: tuple[Log, ...] = registries.identity.setBaseURI(base, sender=REGISTRY_ADMIN).logs
    return logs


def base_logs(registries: Registries, base: str) -> tuple[Log, ...]:
    identity = registries.identity
    return (
        identity.log("BaseURIUpdated", base, REGISTRY_ADMIN),
        identity.log("BatchMetadataUpdate", 1, 2**256 - 1),
    )


def update_logs(registries: Registries, agent_id: int, uri: str, updated_by: str) -> tuple[Log, ...]:
    identity = registries.identity
    return identity.log("MetadataUpdate", agent_id), identity.log("URIUpdated", agent_id, uri, updated_by)


def test_set_agent_uri__by_owner__changes_it(registries: Registries) -> None:
    agent_id = registries.register(uri=URI)

    receipt = registries.identity.setAgentURI(agent_id, NEW_URI, sender=OWNER)

    assert receipt.logs == update_logs(registries, agent_id, NEW_URI, OWNER)
    assert registries.identity.tokenURI(agent_id) == NEW_URI


def test_set_agent_uri__by_operator_or_approved__changes_it(registries: Registries) -> None:
    agent_id = registries.register()
    registries.identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    registries.identity.approve(BUYER, agent_id, sender=OWNER)

    for caller in (OPERATOR, BUYER):
        receipt = registries.identity.setAgentURI(agent_id, f"ipfs://{caller}", sender=caller)

        assert receipt.logs == update_logs(registries, agent_id, f"ipfs://{caller}", caller)
        assert registries.identity.tokenURI(agent_id) == f"ipfs://{caller}"


@pytest.mark.parametrize("caller", [STRANGER, ADMIN, PAUSER, REGISTRY_ADMIN], ids=OTHERS)
def test_set_agent_uri__by_anyone_else__reverts(registries: Registries, caller: str) -> None:
    agent_id = registries.register(uri=URI)

    with reverts("NotAuthorized", agent_id, caller):
        registries.identity.setAgentURI(agent_id, NEW_URI, sender=caller)


def test_set_agent_uri__given_an_unknown_agent__reverts(registries: Registries) -> None:
    with reverts("ERC721NonexistentToken", UNKNOWN_AGENT):
        registries.identity.setAgentURI(UNKNOWN_AGENT, NEW_URI, sender=OWNER)


@pytest.mark.parametrize("size", [MAX_URI_SIZE - 1, MAX_URI_SIZE])
def test_set_agent_uri__when_within_the_limit__stores_all_of_it(registries: Registries, size: int) -> None:
    agent_id = registries.register()

    registries.identity.setAgentURI(agent_id, "u" * size, sender=OWNER)

    assert registries.identity.tokenURI(agent_id) == "u" * size


def test_set_agent_uri__when_over_the_limit__reverts(registries: Registries) -> None:
    agent_id = registries.register(uri=URI)

    with reverts("SizeLimitExceeded", field("agentURI"), MAX_URI_SIZE + 1, MAX_URI_SIZE):
        registries.identity.setAgentURI(agent_id, "u" * (MAX_URI_SIZE + 1), sender=OWNER)

    assert registries.identity.tokenURI(agent_id) == URI


def test_set_agent_uri__when_empty_without_a_base__clears_it(registries: Registries) -> None:
    agent_id = registries.register(uri=URI)

    receipt = registries.identity.setAgentURI(agent_id, "", sender=OWNER)

    cleared = registries.identity.log("AgentURICleared", agent_id)
    assert receipt.logs == (*update_logs(registries, agent_id, "", OWNER), cleared)
    assert registries.identity.tokenURI(agent_id) == ""


def test_set_agent_uri__when_empty_with_a_base__returns_to_the_auto_uri(registries: Registries) -> None:
    set_base(registries)
    agent_id = registries.register(uri=URI)
    assert registries.identity.tokenURI(agent_id) == URI

    receipt = registries.identity.setAgentURI(agent_id, "", sender=OWNER)

    auto_uri = f"{BASE}/{agent_id}/registration"
    cleared = registries.identity.log("AgentURICleared", agent_id)
    assert receipt.logs == (*update_logs(registries, agent_id, auto_uri, OWNER), cleared)
    assert registries.identity.tokenURI(agent_id) == auto_uri


def test_token_uri__given_an_unknown_agent__reverts_with_or_without_a_base(registries: Registries) -> None:
    for base in ("", BASE):
        set_base(registries, base)
        with reverts("ERC721NonexistentToken", UNKNOWN_AGENT):
            registries.identity.tokenURI(UNKNOWN_AGENT)


def test_token_uri__given_an_id_of_several_digits__spells_it_in_decimal(registries: Registries) -> None:
    set_base(registries)
    ids = [registries.register() for _ in range(12)]

    assert registries.identity.tokenURI(ids[-1]) == f"{BASE}/12/registration"


def test_set_base_uri__by_registry_admin__announces_it(registries: Registries) -> None:
    assert registries.identity.baseURI() == ""

    assert set_base(registries) == base_logs(registries, BASE)
    assert registries.identity.baseURI() == BASE


def test_set_base_uri__given_agents_with_and_without_a_uri__moves_only_those_without(registries: Registries) -> None:
    identity = registries.identity
    without = registries.register()
    with_own = registries.register(uri=URI)
    assert (identity.tokenURI(without), identity.tokenURI(with_own)) == ("", URI)

    for base in (BASE, "ipfs://other"):
        set_base(registries, base)
        assert identity.tokenURI(without) == f"{base}/{without}/registration"
        assert identity.tokenURI(with_own) == URI


def test_set_base_uri__when_empty__ends_the_auto_uris(registries: Registries) -> None:
    set_base(registries)
    agent_id = registries.register()

    assert set_base(registries, "") == base_logs(registries, "")
    assert registries.identity.baseURI() == ""
    assert registries.identity.tokenURI(agent_id) == ""
    assert registries.identity.register(sender=OWNER).logs[1] == registries.identity.log("Registered", 2, "", OWNER)


@pytest.mark.parametrize("size", [MAX_URI_SIZE - 1, MAX_URI_SIZE])
def test_set_base_uri__when_within_the_limit__stores_all_of_it(registries: Registries, size: int) -> None:
    agent_id = registries.register()

    set_base(registries, "b" * size)

    assert registries.identity.tokenURI(agent_id) == "b" * size + f"/{agent_id}/registration"


def test_set_base_uri__when_over_the_limit__reverts(registries: Registries) -> None:
    with reverts("SizeLimitExceeded", field("baseURI"), MAX_URI_SIZE + 1, MAX_URI_SIZE):
        set_base(registries, "b" * (MAX_URI_SIZE + 1))


@pytest.mark.parametrize("caller", [STRANGER, ADMIN, PAUSER, OWNER], ids=[*OTHERS[:3], "owner"])
def test_set_base_uri__by_anyone_else__reverts(registries: Registries, caller: str) -> None:
    role = registries.identity.REGISTRY_ADMIN_ROLE()

    with reverts("AccessControlUnauthorizedAccount", caller, role):
        registries.identity.setBaseURI(BASE, sender=caller)

"""The indexer on chains that were made for it: it knows what who reads the contracts knows."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.api.conftest import prepared
from tests.api.database import content
from tests.api.following import index, source_of
from tests.api.recorded import RecordedChain
from tests.attack.receiver import SUCCEEDED, Receiver
from tests.attack.weak import WeakRegistries
from tests.deployment import BUYER, OWNER, Registries
from tests.evm import ZERO_ADDRESS

URI, METADATA = "ipfs://registration", [("model", b"registered")]


def agents_of(connection: Connection, registries: Registries) -> dict[int, dict[str, Any]]:
    """What the database says of each agent after all that happened, and that the contract says the same."""
    chain = RecordedChain(registries.evm)
    chain.mine()
    index(connection, chain, source_of(registries))
    rows = content(connection)
    identity = registries.identity
    for row in rows["agents"]:
        agent_id = row["agent_id"]
        assert row["owner"] == identity.ownerOf(agent_id)
        assert (row["wallet"] or ZERO_ADDRESS) == identity.getAgentWallet(agent_id)
        assert (row["own_uri"] or "") == identity.tokenURI(agent_id)
    for row in rows["agent_metadata"]:
        assert row["value"] == identity.getMetadata(row["agent_id"], row["key"])
    return {row["agent_id"]: row for row in rows["agents"]}


def test_index__given_a_token_passed_on_in_the_callback__knows_the_wallet(
    weak_registries: WeakRegistries, connection: Connection
) -> None:
    """V1: the former owner is announced as owner and wallet, last."""
    identity, receiver = weak_registries.identity, Receiver(weak_registries.evm)
    receiver.arm(identity, identity.encode("transferFrom", receiver.address, BUYER, 1))
    receiver.execute(identity, "register", URI, METADATA)
    assert receiver.outcome() == SUCCEEDED
    agent = agents_of(connection, weak_registries)[1]
    assert (agent["owner"], agent["wallet"], agent["own_uri"]) == (BUYER, None, URI)


@pytest.mark.parametrize("form", [(), (URI,), (URI, METADATA)])
def test_index__given_registrations_within_a_registration__knows_all_agents(
    weak_registries: WeakRegistries, connection: Connection, form: tuple[object, ...]
) -> None:
    """V2: agents 1, 2, 3 are announced as 3, 2, 1."""
    identity, receiver = weak_registries.identity, Receiver(weak_registries.evm)
    receiver.arm(identity, identity.encode("register", *form), calls=2)
    receiver.execute(identity, "register", *form)
    assert sorted(agents_of(connection, weak_registries)) == [1, 2, 3]


@pytest.mark.parametrize("write", [("setAgentURI", 1, "ipfs://callback"), ("setMetadata", 1, "model", b"callback")])
def test_index__given_writes_before_registered__knows_the_last(
    weak_registries: WeakRegistries, connection: Connection, write: tuple[Any, ...]
) -> None:
    """V3: what the callback wrote is overwritten without a word."""
    identity, receiver = weak_registries.identity, Receiver(weak_registries.evm)
    receiver.arm(identity, identity.encode(*write))
    receiver.execute(identity, "register", URI, METADATA)
    assert agents_of(connection, weak_registries)[1]["own_uri"] == URI


def test_index__given_feedback_before_registered__has_it(
    weak_registries: WeakRegistries, connection: Connection
) -> None:
    """V3, through an accomplice."""
    receiver, accomplice = Receiver(weak_registries.evm), Receiver(weak_registries.evm)
    reputation = weak_registries.reputation
    rating = reputation.encode("giveFeedback", 1, 100, 0, "", "", "", "", bytes(32))
    receiver.arm(accomplice.contract, accomplice.contract.encode("execute", reputation.address, rating))
    receiver.execute(weak_registries.identity, "register", URI, METADATA)
    assert agents_of(connection, weak_registries)[1]["feedback_count"] == 1
    [entry] = content(connection)["feedback"]
    assert (entry["client"], entry["value"]) == (accomplice.address, 100)


def test_index__on_sqlite__lets_it_know_how_its_tables_are_filled(registries: Registries, sqlite_url: str) -> None:
    registries.register(OWNER)
    with prepared(sqlite_url) as engine, engine.connect() as connection:
        agents_of(connection, registries)
        known = connection.scalars(text("SELECT DISTINCT tbl FROM sqlite_stat1")).all()
    assert "agents" in known

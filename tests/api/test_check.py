"""The parity check: nothing to say of a sound database, and each change of it is named."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, update

from registry_api.chain import Read
from registry_api.check import Difference, differences
from registry_api.tables import agents, clients, feedback, metadata, operators, validations
from tests.api.agreement import stored
from tests.api.following import index, source_of
from tests.api.recorded import RecordedChain
from tests.deployment import BUYER, Registries
from tests.evm import Reverted
from tests.stateful.duel import Duel
from tests.stateful.opening import open_history
from tests.stateful.stage import set_stage
from tests.stateful.tally import Tally
from tests.strategies import Draw


class EVMState:
    """The registries on the in-process EVM, as they are now."""

    def __init__(self, registries: Registries) -> None:
        self._registries = registries

    def read(self, reads: Sequence[Read]) -> list[Any]:
        return [self._read(read) for read in reads]

    def _read(self, read: Read) -> Any:
        try:
            value = getattr(getattr(self._registries, read.registry), read.function)(*read.arguments)
        except Reverted:
            return None
        return _stored(value)


def _stored(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_stored(item) for item in value)
    return stored(value) if isinstance(value, str) else value


@pytest.fixture
def world(registries: Registries, connection: Connection) -> Registries:
    """Some agents, powers and ratings, and the database of them."""
    duel = Duel(set_stage(registries), Tally())
    draw = Draw(Random(0), duel.model, duel.stage)
    draw.chance = lambda percent: True  # type: ignore[method-assign]  # noqa: ARG005  # the name is the method's
    open_history(duel, draw)
    chain = RecordedChain(registries.evm)
    chain.mine()
    index(connection, chain, source_of(registries))
    connection.commit()
    return registries


def compare(connection: Connection, world: Registries, sample: int | None = None) -> list[Difference]:
    return list(differences(connection, source_of(world), EVMState(world), sample=sample))


def test_differences__given_a_sound_database__are_none(world: Registries, connection: Connection) -> None:
    assert compare(connection, world) == []
    assert compare(connection, world, sample=2) == []


@pytest.mark.parametrize(
    ("table", "change", "function"),
    [
        (agents, {"owner": str(BUYER)}, "ownerOf"),
        (agents, {"wallet": None}, "getAgentWallet"),
        (agents, {"own_uri": "ipfs://other"}, "tokenURI"),
        (agents, {"approved": str(BUYER)}, "getApproved"),
        (agents, {"ownership_epoch": 9}, "ownershipEpoch"),
        (agents, {"client_count": 9}, "getClientCount"),
        (metadata.tables["agent_metadata"], {"value": b"other"}, "getMetadata"),
        (metadata.tables["chains"], {"agent_count": 9}, "totalAgents"),
        (metadata.tables["chains"], {"base_uri": "https://other"}, "baseURI"),
        (operators, {"approved": False}, "isApprovedForAll"),
        (clients, {"feedback_count": 9}, "getLastIndex"),
        (feedback, {"value": 1}, "readFeedback"),
        (feedback, {"revoked_time": 1}, "readFeedback"),
        (feedback, {"response_count": 9}, "getResponseCount"),
        (validations, {"response": 1, "response_time": 1, "answer_count": 1}, "getValidationStatus"),
    ],
)
def test_differences__given_a_changed_row__name_it(
    world: Registries, connection: Connection, table: Any, change: dict[str, Any], function: str
) -> None:
    connection.execute(update(table).values(change))
    found = compare(connection, world)
    assert {difference.read.function for difference in found} >= {function}
    assert all("the chain says" in str(difference) for difference in found)

"""What administrators do on the chain: kept, audited, counted, and taken back with the block that it was in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from registry_api import audit, metrics
from registry_api.tables import administration
from tests.api.conftest import migrated
from tests.api.serving import Village
from tests.deployment import ADMIN, PAUSER, REGISTRY_ADMIN, STRANGER, Registries
from tests.evm import CHAIN_ID


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """As the migrations make it: triggers are theirs."""
    with migrated(database_url) as engine:
        yield engine


@pytest.fixture
def village(registries: Registries, connection: Connection) -> Village:
    village = Village(registries, connection)
    village.follow()
    return village


def rows(village: Village) -> list[tuple[str, str, dict[str, Any]]]:
    query = select(administration.c.registry, administration.c.event, administration.c.details)
    with village.connection.begin():
        found = village.connection.execute(query.order_by(administration.c.block, administration.c.log_index))
        return [(registry, event, json.loads(details)) for registry, event, details in found]


def paused(registry: str) -> float | None:
    labels = {"chain": str(CHAIN_ID), "registry": registry}
    return metrics.REGISTRY.get_sample_value("registry_api_registry_paused", labels)


def counted(event: str) -> float:
    labels = {"chain": str(CHAIN_ID), "event": event}
    return metrics.REGISTRY.get_sample_value("registry_api_events_indexed_total", labels) or 0.0


def test_administration__from_the_beginning__has_the_roles_that_were_given(village: Village) -> None:
    given = [(registry, details["account"]) for registry, event, details in rows(village) if event == "RoleGranted"]
    for registry in ("identity", "reputation", "validation"):
        assert (registry, PAUSER) in given
    assert all(len(details["role"]) == 66 for _, event, details in rows(village) if event == "RoleGranted")


def test_administration__of_a_pause__is_kept_audited_and_counted(village: Village) -> None:
    assert paused("reputation") == 0
    before, known = counted("Paused"), len(rows(village))
    village.registries.reputation.pause(sender=PAUSER)
    village.follow()
    assert rows(village)[known:] == [("reputation", "Paused", {"account": PAUSER})]
    assert (paused("reputation"), paused("identity")) == (1, 0)
    assert counted("Paused") == before + 1
    with village.connection.begin():
        latest = audit.entries(village.connection, to_review=True, limit=1)[0]
    assert (latest["actor"], latest["changed_table"], latest["change"]) == ("chain", "administration", "insert")
    assert json.loads(latest["after"])["event"] == "Paused"
    village.registries.reputation.unpause(sender=PAUSER)
    village.follow()
    assert paused("reputation") == 0


def test_administration__in_a_block_that_is_taken_back__is_taken_back(village: Village) -> None:
    known = rows(village)
    mark = village.registries.evm.snapshot()
    village.registries.identity.pause(sender=PAUSER)
    village.follow()
    assert paused("identity") == 1
    village.registries.evm.revert(mark)
    village.chain.drop(1)
    village.follow()
    village.follow()
    assert rows(village) == known
    assert paused("identity") == 0
    with village.connection.begin():
        removed, added = audit.entries(village.connection, limit=2)
    assert (added["change"], removed["change"]) == ("insert", "delete")
    assert added["after"] == removed["before"]


def test_administration__of_a_new_administrator_and_base__is_kept(village: Village) -> None:
    known = len(rows(village))
    village.registries.identity.beginDefaultAdminTransfer(STRANGER, sender=ADMIN)
    village.registries.identity.setBaseURI("https://base.example", sender=REGISTRY_ADMIN)
    village.follow()
    (_, begun, details), base = rows(village)[known:]
    assert (begun, details["newAdmin"]) == ("DefaultAdminTransferScheduled", STRANGER)
    assert base == ("identity", "BaseURIUpdated", {"baseURI": "https://base.example"})

"""The audit trail, as the database writes it itself, whoever changes something."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, Engine, insert, select, text
from sqlalchemy.exc import DBAPIError

from registry_api import audit, keys
from registry_api.__main__ import main
from registry_api.audit import KEPT, Actor, acting
from registry_api.keys import Wanted
from registry_api.links import link
from registry_api.payments import Payment
from registry_api.tables import api_keys, payments
from registry_api.tables import audit as rows
from tests.api.conftest import migrated
from tests.deployment import CLIENT, OWNER

NOW = 1_769_860_800
ACTOR = Actor("command someone", "request-7", "198.51.100.1")
PAYMENT = Payment("0x" + "11" * 32, None, None, CLIENT, OWNER, 2**200, 1, "0x" + "22" * 32, 12)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """As the migrations make it: triggers are theirs."""
    with migrated(database_url) as engine:
        yield engine


def written(connection: Connection) -> list[dict[str, Any]]:
    """All entries, the oldest first."""
    with connection.begin():
        return [dict(row) for row in reversed(audit.entries(connection))]


def make(connection: Connection) -> str:
    """The id of a new key."""
    with connection.begin(), acting(connection, ACTOR):
        return keys.create(connection, Wanted("a client", "standard", "write", None), NOW).split("_")[1]


def test_audit__of_a_key__has_who_and_what_was_before_and_after_but_no_hash(connection: Connection) -> None:
    key_id = make(connection)
    with connection.begin(), acting(connection, ACTOR._replace(name="command other")):
        keys.revoke(connection, key_id, NOW + 5)
    created, revoked = written(connection)
    assert {created[name] for name in ("actor", "request_id", "address")} == set(ACTOR)
    assert (created["changed_table"], created["change"], created["before"]) == ("api_keys", "insert", None)
    assert abs(created["time"] - time.time()) < 60
    row = {"id": key_id, "name": "a client", "tier": "standard", "scope": "write", "created_time": NOW}
    row |= {"expires_time": None, "revoked_time": None}
    assert json.loads(created["after"]) == row
    assert (revoked["actor"], revoked["change"]) == ("command other", "update")
    assert json.loads(revoked["before"]) == row
    assert json.loads(revoked["after"]) == {**row, "revoked_time": NOW + 5}
    assert not created["needs_review"]


def test_audit__of_a_use_of_a_key__has_nothing(connection: Connection) -> None:
    key_id = make(connection)
    with connection.begin():
        keys.use(connection, [key_id], NOW)
    assert len(written(connection)) == 1


def test_audit__of_a_payment__has_on_whose_behalf_it_was_linked(connection: Connection, engine: Engine) -> None:
    link(engine, 1, 7, [PAYMENT], now=NOW, actor=ACTOR)
    [entry] = written(connection)
    assert (entry["changed_table"], entry["actor"], entry["request_id"]) == ("payments", ACTOR.name, "request-7")
    after = json.loads(entry["after"])
    assert (after["transaction"], after["agent_id"], int(after["amount"])) == (PAYMENT.transaction, 7, 2**200)


def test_audit__of_what_somebody_does_by_hand__is_to_be_reviewed(connection: Connection) -> None:
    key_id = make(connection)
    with connection.begin():
        connection.execute(api_keys.delete())
    _, entry = written(connection)
    assert entry["actor"].startswith("database")
    assert (entry["change"], entry["after"], entry["needs_review"]) == ("delete", None, True)
    assert json.loads(entry["before"])["id"] == key_id
    with connection.begin():
        assert [row["id"] for row in audit.entries(connection, to_review=True)] == [entry["id"]]
        assert audit.review(connection, entry["id"], "someone")
        assert not audit.review(connection, entry["id"], "another")
        assert audit.entries(connection, to_review=True) == []
    assert written(connection)[1]["reviewed_by"] == "someone"


def test_audit__of_what_is_rolled_back__has_nothing(connection: Connection) -> None:
    with acting(connection, ACTOR):
        keys.create(connection, Wanted("a client", "standard", "write", None), NOW)
    connection.rollback()
    assert written(connection) == []


def test_acting__ends_with_its_transaction(connection: Connection) -> None:
    make(connection)
    with connection.begin():
        connection.execute(insert(payments), [_row(2)])
    first, second = written(connection)
    assert first["actor"] == ACTOR.name
    assert second["actor"].startswith("database")


def test_audit__whatever_is_tried__stays_as_it_is(connection: Connection) -> None:
    make(connection)
    before = written(connection)
    tried = [
        "UPDATE audit SET actor = 'nobody'",
        "UPDATE audit SET time = 0",
        "UPDATE audit SET needs_review = NOT needs_review",
        "DELETE FROM audit",
    ]
    if connection.dialect.name == "postgresql":
        tried.append("TRUNCATE audit")
    for statement in tried:
        with pytest.raises(DBAPIError, match="stays as it is for two years"), connection.begin():
            connection.execute(text(statement))
    assert written(connection) == before


def test_prune__removes_what_is_older_than_two_years(connection: Connection) -> None:
    now = int(time.time())
    entry = {"actor": "x", "changed_table": "api_keys", "change": "insert", "needs_review": False}
    with connection.begin():
        connection.execute(insert(rows), [{**entry, "time": now - KEPT - 60}, {**entry, "time": now - KEPT + 60}])
        assert audit.prune(connection, now) == 1
        assert connection.scalars(select(rows.c.time)).all() == [now - KEPT + 60]


def test_commands__list_review_and_prune(
    connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGISTRY_API_DATABASE_URL", database_url)

    def run(*words: str) -> str:
        result = CliRunner().invoke(main, list(words))
        assert result.exit_code == 0, result.output
        return result.output

    run("keys", "create", "a client")
    with connection.begin():
        connection.execute(api_keys.delete())
    listed = [json.loads(line) for line in run("audit", "list").splitlines()]
    assert [one["change"] for one in listed] == ["delete", "insert"]
    assert listed[1]["actor"].startswith("command ")
    [open_entry] = [json.loads(line) for line in run("audit", "list", "--to-review").splitlines()]
    run("audit", "review", str(open_entry["id"]))
    assert run("audit", "list", "--to-review") == ""
    again = CliRunner().invoke(main, ["audit", "review", str(open_entry["id"])])
    assert (again.exit_code, "reviewed before" in again.output) == (1, True)
    assert "0 entries" in run("audit", "prune")


def _row(number: int) -> dict[str, Any]:
    return {
        "chain_id": 1,
        "transaction": f"0x{number:064x}",
        "position": -1,
        "agent_id": 7,
        "token": None,
        "payer": CLIENT,
        "recipient": OWNER,
        "amount": 1,
        "block": 1,
        "block_hash": "0x",
        "time": 1,
        "linked_time": 1,
    }

"""A first build goes without most indexes: whatever interrupts it, they are there before anybody needs them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Connection, Engine, text

from registry_api import indexes
from registry_api.database import sole_writer
from registry_api.errors import FatalError
from tests.api.conftest import prepared
from tests.api.database import content
from tests.api.following import index, source_of
from tests.api.person import Person, wait_for
from tests.api.serving import Chronicle, Village, go_on, open_chronicle, serving
from tests.api.world import World
from tests.deployment import OWNER, Registries
from tests.stateful.machine import in_process_stage

POLL = 0.01
LOST = "ix_feedback_chain_id_client_given_block_log_index"
"""As a first build leaves it that was killed."""


def there(engine: Engine) -> dict[str, str]:
    """All indexes of the database, by name, as it says that they are."""
    query = {
        "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "sqlite": "SELECT name, sql FROM sqlite_schema WHERE type = 'index'",
    }
    with engine.connect() as connection:
        return {str(name): str(made_by) for name, made_by in connection.execute(text(query[engine.dialect.name]))}


def complete(engine: Engine) -> None:
    indexes.complete(engine, threading.Event(), poll=POLL)


def lose(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"DROP INDEX {LOST}"))


@pytest.fixture
def chronicle() -> Iterator[Chronicle]:
    """A history in which anything happened."""
    random = Random(8004)
    with in_process_stage().registries.evm.rolled_back():
        chronicle = open_chronicle(random)
        go_on(chronicle, random, 400)
        chronicle.mine()
        yield chronicle


def test_complete__after_a_first_build__leaves_what_the_tables_say(engine: Engine) -> None:
    before = there(engine)
    indexes.postpone(engine)
    postponed = {index.name for table in indexes.POSTPONED for index in table.indexes}
    assert before.keys() - there(engine).keys() == postponed
    assert len(postponed) > 20
    complete(engine)
    assert there(engine) == before
    complete(engine)
    assert there(engine) == before


def test_postpone__of_a_database_that_knows_a_chain__leaves_it_as_it_is(registries: Registries, engine: Engine) -> None:
    before = there(engine)
    with engine.connect() as connection:
        Village(registries, connection).follow()
    indexes.postpone(engine)
    assert there(engine) == before


def test_index__without_them__reads_by_primary_keys_alone(
    chronicle: Chronicle, postgresql_engine: Engine, sqlite_url: str
) -> None:
    """And has in the end what it has with them. What this does not see is a walk through the whole of a primary key."""
    source, engine = source_of(chronicle.stage.registries), postgresql_engine
    indexes.postpone(engine)
    with engine.connect() as connection:
        before = walks(connection)
        # However few rows there are: it walks through a table only if no index will do.
        connection.execute(text("SET enable_seqscan = off"))
        connection.commit()
        index(connection, chronicle.chain, source)
        assert walks(connection) == before
        found = content(connection)
    assert all(found[table.name] for table in indexes.POSTPONED if table.name in found)
    with prepared(sqlite_url) as other, other.connect() as connection:
        index(connection, chronicle.chain, source)
        assert found == content(connection)


def walks(connection: Connection) -> dict[str, int]:
    """How often each table was read from its beginning to its end."""
    # What this connection has done is counted when the next transaction ends.
    connection.execute(text("SELECT pg_stat_force_next_flush()"))
    connection.commit()
    query = text("SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY(:names)")
    rows = connection.execute(query, {"names": [table.name for table in indexes.POSTPONED]}).all()
    connection.commit()
    return {str(name): int(count) for name, count in rows}


def test_complete__while_another_process_does_it__waits(engine: Engine) -> None:
    lose(engine)
    thread = threading.Thread(target=complete, args=(engine,))
    with engine.connect() as other, sole_writer(other, "indexes") as alone:
        assert alone
        thread.start()
        thread.join(timeout=20 * POLL)
        assert thread.is_alive()
        assert LOST not in there(engine)
    thread.join(timeout=30)
    assert LOST in there(engine)


def test_complete__when_told_to_stop__leaves_the_rest(engine: Engine) -> None:
    lose(engine)
    stop = threading.Event()
    stop.set()
    indexes.complete(engine, stop, poll=POLL)
    assert LOST not in there(engine)


def test_check_complete__given_one_that_is_missing__names_it(engine: Engine) -> None:
    with engine.connect() as connection:
        indexes.check_complete(connection)
    lose(engine)
    with engine.connect() as connection, pytest.raises(FatalError, match=rf"1 indexes are missing, {LOST} among them"):
        indexes.check_complete(connection)


def test_ready__before_a_first_build_has_ended__is_not(
    registries: Registries, engine: Engine, database_url: str
) -> None:
    with engine.connect() as connection:
        village = Village(registries, connection)
        registries.register(OWNER)
        village.follow()
    with serving(database_url, village.source, ready_lag=10**10) as api:
        assert api.client.get("/health/ready").status_code == 200
        lose(engine)
        response = api.client.get("/health/ready")
        assert response.status_code == 503
        assert LOST in response.json()["parts"]["database"]
        complete(engine)
        assert api.client.get("/health/ready").status_code == 200


@pytest.mark.parametrize("command", [("index", "--once"), ("index",), ("run", "--port", "0")])
def test_commands__after_a_first_build_that_was_killed__make_the_rest(
    command: tuple[str, ...], world: World, tmp_path: Path, database_url: str
) -> None:
    person = Person(world.url, tmp_path / "deployments", database_url)
    person.gives("migrate")
    engine = person.engine()
    wanted = there(engine)
    indexes.postpone(engine)
    process = person.start(*command)
    try:
        wait_for(lambda: there(engine) == wanted)
    finally:
        process.kill()
        process.communicate()
        engine.dispose()


def test_index_once__of_an_empty_database__goes_without_and_makes_them(
    world: World, tmp_path: Path, database_url: str
) -> None:
    person = Person(world.url, tmp_path / "deployments", database_url)
    person.gives("migrate")
    engine = person.engine()
    wanted = there(engine)
    shown = person.gives("index", "--once")
    assert shown.count("making an index") == sum(len(table.indexes) for table in indexes.POSTPONED)
    assert there(engine) == wanted
    with engine.connect() as connection:
        assert world.parity(connection) == []
    assert "making an index" not in person.gives("index", "--once")
    engine.dispose()

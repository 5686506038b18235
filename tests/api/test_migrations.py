"""The database's form: what the migrations make is what the program expects, and all of it can be taken back.

A new version comes in two steps, so that nothing stands still: the form is widened while old processes run on it, then
they are replaced one after the other. What nobody needs any more goes with the version after that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, update

from registry_api import migrations
from registry_api.database import open_database
from registry_api.errors import FatalError
from registry_api.tables import form, metadata
from tests.api.serving import Village, serving
from tests.api.test_memory import see_all
from tests.deployment import OWNER, Registries


def test_upgrade__of_an_empty_database__makes_what_the_program_expects(database_url: str) -> None:
    engine = open_database(database_url, writes=True)
    with engine.connect() as connection:
        with pytest.raises(FatalError, match="its form is none"):
            migrations.check_current(connection)
        migrations.upgrade(connection)
        migrations.check_current(connection)
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_downgrade__leaves_nothing(database_url: str) -> None:
    engine = open_database(database_url, writes=True)
    with engine.connect() as connection:
        migrations.upgrade(connection)
        migrations.downgrade(connection)
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_check_current__of_an_older_program__accepts_what_only_adds_and_no_more(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_database(database_url, writes=True)
    with engine.connect() as connection:
        migrations.upgrade(connection)
        monkeypatch.setattr(migrations, "current", lambda: "0002")
        migrations.check_current(connection)
        connection.execute(update(form).values(oldest="0003"))
        with pytest.raises(FatalError, match="which needs a program of form 0003 or later"):
            migrations.check_current(connection)
        monkeypatch.setattr(migrations, "current", lambda: "9999")
        with pytest.raises(FatalError, match="run `registry-api migrate`"):
            migrations.check_current(connection)
        connection.rollback()
    engine.dispose()


def test_upgrade__while_an_older_program_answers__disturbs_nobody(
    village: Village, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "current", lambda: "0003")
    with serving(database_url, village.source, ready_lag=10**9) as api, ThreadPoolExecutor() as pool:
        done = Event()

        def ask() -> Counter[tuple[int, int]]:
            told = Counter[tuple[int, int]]()
            while not done.is_set() or not told:
                one = api.ask("/agents/1").status_code, api.client.get("/health/ready").status_code
                told[one] += 1
            return told

        asked = pool.submit(ask)
        try:
            with village.connection.begin():
                migrations.upgrade(village.connection)
            village.registries.register(OWNER)
            village.follow()
            see_all(api)
            assert api.get("/agents/2")["data"]["agent_id"] == 2
        finally:
            done.set()
        assert set(asked.result()) == {(200, 200)}


@pytest.fixture
def village(registries: Registries, database_url: str) -> Iterator[Village]:
    """In a database of the form before this one."""
    engine = open_database(database_url, writes=True)
    with engine.connect() as connection:
        migrations.upgrade(connection, "0003")
        connection.commit()
        village = Village(registries, connection)
        registries.register(OWNER)
        village.settle()
        yield village
    engine.dispose()

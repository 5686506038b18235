"""Health: each part that answers depend on, failing for real and well again."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text, update

from registry_api.tables import chains
from tests.api.person import wait_for
from tests.api.redis_server import redis_server
from tests.api.serving import API, Village, serving
from tests.deployment import OWNER, STRANGER, Registries


@pytest.fixture
def village(registries: Registries, engine: Engine) -> Village:
    with engine.connect() as connection:
        village = Village(registries, connection)
        registries.register(OWNER)
        village.follow()
    with engine.begin() as connection:
        connection.execute(update(chains).values(block_time=int(time.time())))
    return village


def ready(api: API) -> tuple[int, dict[str, str]]:
    """The status, and what each part that is not well says."""
    response = api.client.get("/health/ready")
    body = response.json()
    assert body["status"] == ("ok" if response.status_code == 200 else "failing")
    return response.status_code, {name: said for name, said in body["parts"].items() if said != "ok"}


def test_health__of_an_api_that_can_answer__is_well(village: Village, database_url: str) -> None:
    with serving(database_url, village.source) as api:
        assert api.client.get("/health/live").json() == {"status": "ok"}
        assert api.client.get("/health/ready").json() == {
            "status": "ok",
            "parts": {"database": "ok", f"chain {village.source.chain_id}": "ok"},
        }


def test_ready__with_an_indexer_that_lags__is_not(village: Village, engine: Engine, database_url: str) -> None:
    with serving(database_url, village.source, ready_lag=60) as api:
        assert ready(api) == (200, {})
        with engine.begin() as connection:
            connection.execute(update(chains).values(block_time=int(time.time()) - 90))
        status, parts = ready(api)
        assert status == 503
        assert "s behind, more than 60" in parts[f"chain {village.source.chain_id}"]
        with engine.begin() as connection:
            connection.execute(update(chains).values(block_time=int(time.time())))
        assert ready(api) == (200, {})


def test_ready__with_a_database_about_other_registries__is_not(village: Village, database_url: str) -> None:
    other = replace(village.source, identity=STRANGER)
    with serving(database_url, other) as api:
        status, parts = ready(api)
        assert status == 503
        assert parts == {f"chain {other.chain_id}": f"the database is about {village.source.identity}, not {STRANGER}"}


def test_ready__before_the_indexer_has_begun__is_not(village: Village, database_url: str) -> None:
    other = replace(village.source, chain_id=7)
    with serving(database_url, village.source, other) as api:
        assert ready(api) == (503, {"chain 7": "the indexer has not begun yet"})


def test_ready__with_a_database_of_another_form__is_not(village: Village, engine: Engine, database_url: str) -> None:
    with serving(database_url, village.source) as api:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        status, parts = ready(api)
        assert status == 503
        assert "run `registry-api migrate`" in parts["database"]
        assert api.client.get("/health/live").status_code == 200


def test_ready__while_postgresql_refuses_connections__is_not(
    registries: Registries, postgresql_engine: Engine, postgresql_url: str
) -> None:
    with postgresql_engine.connect() as connection:
        village = Village(registries, connection)
        registries.register(OWNER)
        village.follow()
        connection.commit()
        connection.execute(update(chains).values(block_time=int(time.time())))
        connection.commit()
    name = postgresql_engine.url.database
    # From another database: nobody can close the one that he is in.
    admin = create_engine(postgresql_engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    kill = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
    )
    with serving(postgresql_url, village.source) as api:
        assert ready(api) == (200, {})
        with admin.connect() as connection:
            connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
            try:
                connection.execute(kill, {"name": name})
                wait_for(lambda: ready(api)[0] == 503)
                assert "database" in ready(api)[1]
                assert api.refused("/agents/9") == "SERVICE_UNAVAILABLE"
            finally:
                connection.execute(text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
        wait_for(lambda: ready(api) == (200, {}))
        assert api.refused("/agents/9") == "AGENT_NOT_FOUND"


def test_ready__while_redis_is_lost__is_not(village: Village, database_url: str, tmp_path: Path) -> None:
    with redis_server(tmp_path) as redis:
        given: dict[str, Any] = {"redis_url": redis.url, "redis_timeout": 1}
        with serving(database_url, village.source, **given) as api:
            assert ready(api) == (200, {})
            redis.kill()
            status, parts = ready(api)
            assert (status, list(parts)) == (503, ["redis"])
            # Answers are given all the same.
            assert api.ask("/agents/1").status_code == 200
            redis.start()
            assert ready(api) == (200, {})

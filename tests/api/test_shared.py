"""Answers that replicas share in a real Redis, and those that a process makes before it is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Engine

from registry_api import metrics
from tests.api.person import wait_for
from tests.api.redis_server import RedisServer, redis_server
from tests.api.serving import API, Village, serving
from tests.api.test_memory import counted, see_all
from tests.deployment import OWNER, Registries

PATH = "/agents/1"


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as server:
        yield server


@pytest.fixture
def village(registries: Registries, engine: Engine) -> Iterator[Village]:
    with engine.connect() as connection:
        village = Village(registries, connection)
        registries.register(OWNER)
        registries.register(OWNER)
        registries.give_feedback(2, value=90, tag1="starred")
        village.settle()
        yield village


@pytest.fixture
def pair(village: Village, database_url: str, redis: RedisServer) -> Iterator[tuple[API, API]]:
    """Two replicas; neither remembers anything by itself."""
    given: dict[str, Any] = {"redis_url": redis.url, "redis_timeout": 1, "share_answers": True, "cache_size": 1}
    with serving(database_url, village.source, **given) as one, serving(database_url, village.source, **given) as other:
        see_all(one)
        see_all(other)
        yield one, other


def makes(api: API) -> tuple[dict[str, Any], bool]:
    """The answer, and whether it had to be made."""
    with counted(api) as statements:
        given = api.get(PATH)
    return given, bool(statements)


def test_answers__that_one_replica_made__are_given_by_the_other(pair: tuple[API, API]) -> None:
    one, other = pair
    made, was_made = makes(one)
    assert was_made
    assert makes(other) == (made, False)


def test_answers__after_a_quiet_block__are_given_as_of_it(pair: tuple[API, API], village: Village) -> None:
    one, other = pair
    made, _ = makes(one)
    village.follow()
    see_all(other)
    given, was_made = makes(other)
    assert not was_made
    assert given["at"]["block"] == made["at"]["block"] + 1
    assert given["data"] == made["data"]


def test_answers__after_something_happened__are_made_again(pair: tuple[API, API], village: Village) -> None:
    one, other = pair
    makes(one)
    village.registries.give_feedback(1, value=10, tag1="starred")
    village.follow()
    see_all(other)
    given, was_made = makes(other)
    assert was_made
    assert given["data"]["feedback"]["count"] == 1


def test_answers__while_redis_is_lost__are_made_and_it_is_said(pair: tuple[API, API], redis: RedisServer) -> None:
    one, other = pair
    makes(one)
    redis.kill()
    given, was_made = makes(other)
    assert was_made
    assert given["data"]["agent_id"] == 1
    assert metrics.REGISTRY.get_sample_value("registry_api_redis_lost", {"of": "answers"}) == 1


@pytest.mark.parametrize("kept", [b"", b"\xff", b"[]\nx", b'{"a": 1}\nx', b"[[1], 2, 3, 4, 5]\nx"])
def test_answers__that_are_not_ours__are_made(pair: tuple[API, API], redis: RedisServer, kept: bytes) -> None:
    one, other = pair
    makes(one)
    with Redis.from_url(redis.url) as client:
        [key] = client.scan_iter("answer/*")
        assert 0 < client.ttl(key) <= 60
        client.set(key, kept)
    given, was_made = makes(other)
    assert was_made
    assert given["data"]["agent_id"] == 1


def test_warm_up__makes_the_answers_about_those_with_most_feedback(village: Village, database_url: str) -> None:
    with serving(database_url, village.source, warm_up=1) as api:
        see_all(api)
        wait_for(lambda: api.service.memory.find(b"/api/v1/agents/2?"))
        assert api.service.memory.find(b"/api/v1/agents/1?") is None
        with counted(api) as statements:
            assert api.get("/agents/2")["data"]["agent_id"] == 2
        assert not statements

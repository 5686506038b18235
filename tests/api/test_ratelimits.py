"""Counting requests: by one process, and by a real Redis for several, which comes and goes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from structlog.testing import capture_logs

from registry_api import metrics
from registry_api.ratelimits import PERIOD, RateLimits, Taken
from registry_api.unsteady import RETRY
from tests.api.redis_server import RedisServer, redis_server

NOON = 1_769_860_800.0
"""The beginning of a window."""


class Clock:
    """Shows what it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as server:
        yield server


def lost() -> float:
    """What the gauge says."""
    found = metrics.REGISTRY.get_sample_value("registry_api_redis_lost", {"of": "limits"})
    assert found is not None
    return found


def limits_of(where: str, request: pytest.FixtureRequest, clock: Clock) -> RateLimits:
    url = request.getfixturevalue("redis").url if where == "redis" else None
    return RateLimits(url, 1, clock)


@pytest.mark.parametrize("where", ["memory", "redis"])
def test_take__counts_each_client_and_kind_in_each_window(
    where: str, request: pytest.FixtureRequest, clock: Clock
) -> None:
    limits = limits_of(where, request, clock)

    async def run() -> None:
        assert [await limits.take("a", "read", 2) for _ in range(3)] == [Taken(2, left, 60) for left in (1, 0, -1)]
        assert await limits.take("a", "search", 2) == Taken(2, 1, 60)
        assert await limits.take("b", "read", 5) == Taken(5, 4, 60)
        clock.now = NOON + 59.5
        assert await limits.take("a", "read", 2) == Taken(2, -2, 1)
        clock.now = NOON + PERIOD
        assert await limits.take("a", "read", 2) == Taken(2, 1, 60)

    asyncio.run(run())


@pytest.mark.parametrize("where", ["memory", "redis"])
def test_look__does_not_count(where: str, request: pytest.FixtureRequest, clock: Clock) -> None:
    limits = limits_of(where, request, clock)

    async def run() -> None:
        assert await limits.look("a", "guess", 3) == Taken(3, 3, 60)
        await limits.take("a", "guess", 3)
        assert [await limits.look("a", "guess", 3) for _ in range(2)] == [Taken(3, 2, 60)] * 2

    asyncio.run(run())


def test_taken__of_one_too_many__says_that_none_remains() -> None:
    assert Taken(2, -1, 7).headers == [
        (b"x-ratelimit-limit", b"2"),
        (b"x-ratelimit-remaining", b"0"),
        (b"x-ratelimit-reset", b"7"),
    ]


def test_take__of_several_processes__counts_together_with_redis_alone(redis: RedisServer, clock: Clock) -> None:
    async def run() -> None:
        one, other = RateLimits(redis.url, 1, clock), RateLimits(redis.url, 1, clock)
        await one.take("a", "read", 5)
        assert await other.take("a", "read", 5) == Taken(5, 3, 60)
        one, other = RateLimits(None, 1, clock), RateLimits(None, 1, clock)
        await one.take("a", "read", 5)
        assert await other.take("a", "read", 5) == Taken(5, 4, 60)

    asyncio.run(run())


def test_take__with_redis__leaves_nothing_for_ever(redis: RedisServer, clock: Clock) -> None:
    asyncio.run(RateLimits(redis.url, 1, clock).take("a", "read", 5))
    with Redis.from_url(redis.url) as client:
        keys = client.keys()
        assert len(keys) == 1
        assert 0 < client.ttl(keys[0]) <= PERIOD


def test_take__while_redis_is_lost__counts_alone_and_says_so(redis: RedisServer, clock: Clock) -> None:
    limits = RateLimits(redis.url, 1, clock)

    async def take() -> int:
        return (await limits.take("a", "read", 9)).remaining

    async def run() -> None:
        assert await take() == 8
        redis.kill()
        with capture_logs() as logs:
            assert [await take() for _ in range(2)] == [8, 7]
            assert await limits.problem()
            clock.now += RETRY
            assert await take() == 6
        assert lost() == 1
        assert [line["event"] for line in logs] == ["redis lost"]
        redis.start()
        # It is not asked again at once.
        assert await take() == 5
        assert lost() == 1
        clock.now += RETRY
        with capture_logs() as logs:
            assert await take() == 8
        assert [line["event"] for line in logs] == ["redis found"]
        assert lost() == 0
        assert await limits.problem() is None

    asyncio.run(run())

"""Replicas on one PostgreSQL and one Redis behind nginx: clients see none of what happens to one of them."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, text

from registry_api.ratelimits import PERIOD
from tests.api.conftest import prepared
from tests.api.person import wait_for
from tests.api.redis_server import redis_server
from tests.api.serving import Village
from tests.deployment import OWNER, Registries
from tests.operations.replicas import Replica, environment_of, nginx, replicas

MANY = json.dumps({"anonymous": {"read": 10**9, "search": 10**9, "write": 10**9}})


@pytest.fixture
def database(postgresql_url: str) -> Iterator[tuple[str, Engine]]:
    with prepared(postgresql_url) as engine:
        yield postgresql_url, engine


@pytest.fixture
def village(registries: Registries, database: tuple[str, Engine]) -> Iterator[Village]:
    with database[1].connect() as connection:
        village = Village(registries, connection)
        for _ in range(3):
            registries.register(OWNER)
        village.follow()
        yield village


class Clients:
    """Ask all the time, and count what they are told."""

    def __init__(self, url: str) -> None:
        self._url, self._stop = url, threading.Event()
        self.told: Counter[str] = Counter()

    def ask(self) -> None:
        with httpx.Client(base_url=self._url, timeout=30, trust_env=False) as client:
            number = 0
            while not self._stop.is_set():
                number += 1
                try:
                    self.told[str(client.get(f"/api/v1/agents/{number % 3 + 1}").status_code)] += 1
                except httpx.HTTPError as error:
                    self.told[type(error).__name__] += 1

    def wait(self, more: int) -> None:
        """Until they were told so much more."""
        wanted = self.told.total() + more
        wait_for(lambda: self.told.total() >= wanted)

    def stop(self) -> None:
        self._stop.set()


@contextmanager
def asking(url: str, count: int = 4) -> Iterator[Clients]:
    clients = Clients(url)
    with ThreadPoolExecutor(count) as pool:
        for _ in range(count):
            pool.submit(clients.ask)
        try:
            yield clients
        finally:
            clients.stop()


@contextmanager
def behind_nginx(url: str, village: Village, folder: Path, **settings: str) -> Iterator[tuple[str, list[Replica]]]:
    environment = environment_of(url, village.source, folder, **settings)
    with replicas(environment, folder) as found, nginx(found, folder) as front:
        yield front, found


def test_replicas__restarted_one_after_the_other__fail_no_request(
    village: Village, database: tuple[str, Engine], tmp_path: Path
) -> None:
    with behind_nginx(database[0], village, tmp_path, tiers=MANY) as (front, found), asking(front) as clients:
        for one in found:
            clients.wait(100)
            assert one.end(signal.SIGTERM) == 0
            clients.wait(100)
            one.start()
        clients.wait(100)
        assert set(clients.told) == {"200"}


def test_replicas__one_of_which_is_killed__fail_no_request(
    village: Village, database: tuple[str, Engine], tmp_path: Path
) -> None:
    with behind_nginx(database[0], village, tmp_path, tiers=MANY) as (front, found), asking(front) as clients:
        clients.wait(100)
        found[0].end(signal.SIGKILL)
        clients.wait(300)
        found[0].start()
        clients.wait(100)
        assert set(clients.told) == {"200"}


def test_replicas__of_one_client__count_its_requests_together(
    village: Village, database: tuple[str, Engine], tmp_path: Path
) -> None:
    few = json.dumps({"anonymous": {"read": 5, "search": 5, "write": 1}})
    with redis_server(tmp_path) as redis:
        settings = {"tiers": few, "redis_url": redis.url, "redis_timeout": "1", "trusted_proxies": '["127.0.0.1/32"]'}
        with behind_nginx(database[0], village, tmp_path, **settings) as (front, _):

            def ask(client: str, forwarded: str) -> int:
                transport = httpx.HTTPTransport(local_address=client)
                with httpx.Client(transport=transport, trust_env=False) as asking:
                    return asking.get(f"{front}/api/v1/agents/1", headers={"X-Forwarded-For": forwarded}).status_code

            # All within one minute.
            wait_for(lambda: time.time() % PERIOD < PERIOD - 10)
            # Whatever it says, nginx has seen it.
            assert [ask("127.0.0.2", f"198.51.100.{number}") for number in range(7)] == [200] * 5 + [429] * 2
            assert ask("127.0.0.3", "127.0.0.2") == 200


def test_nginx__shows_nothing_but_the_api(village: Village, database: tuple[str, Engine], tmp_path: Path) -> None:
    with behind_nginx(database[0], village, tmp_path) as (front, _):
        for path in ("/metrics", "/health/ready", "/"):
            assert httpx.get(front + path, trust_env=False).status_code == 404
        assert httpx.get(f"{front}/api/v1/agents/1", trust_env=False).status_code == 200


def test_replica__whatever_it_is_sent__logs_lines_of_json_without_secrets(
    village: Village, database: tuple[str, Engine], tmp_path: Path
) -> None:
    environment = environment_of(database[0], village.source, tmp_path, slow_request="0.000001")
    forged = "x%0d%0a%7b%22level%22:%22critical%22%7d"
    with replicas(environment, tmp_path, 1) as [one]:
        with socket.create_connection(("127.0.0.1", one.port)) as connection:
            connection.sendall(b"no HTTP at all\r\n\r\n")
            assert b"400" in connection.recv(100)
        secret = {"Authorization": f"Bearer erc8004_{'0' * 16}_{'s' * 43}", "X-Request-ID": "mine"}
        httpx.get(f"{one.url}/api/v1/agents/{forged}", headers=secret, trust_env=False)
        assert one.end(signal.SIGTERM) == 0
        told = one.log.read_text(encoding="utf-8")
    events = [json.loads(line) for line in told.splitlines()]
    assert "critical" not in {event["level"] for event in events}
    assert {"Invalid HTTP request received.", "request"} <= {event["event"] for event in events}
    assert "mine" in {event.get("request_id") for event in events}
    assert "s" * 43 not in told


def test_replica__told_to_end__finishes_what_it_has_begun(
    village: Village, database: tuple[str, Engine], tmp_path: Path
) -> None:
    """The request waits for a lock when the signal comes, and is answered when the lock is free."""
    environment = environment_of(database[0], village.source, tmp_path, statement_timeout="30")
    with replicas(environment, tmp_path, 1) as [one], database[1].begin() as connection:
        connection.execute(text("LOCK TABLE history IN ACCESS EXCLUSIVE MODE"))
        with ThreadPoolExecutor(2) as pool:
            answer = pool.submit(httpx.get, f"{one.url}/api/v1/agents/1/history", timeout=60, trust_env=False)
            wait_for(lambda: _is_waiting(database[1]))
            ended = pool.submit(one.end, signal.SIGTERM)
            wait_for(lambda: _refuses(one.port))
            assert not answer.done()
            connection.rollback()
            assert answer.result().status_code == 200
            assert ended.result() == 0


def _is_waiting(engine: Engine) -> bool:
    """Whether somebody waits for a lock."""
    with engine.begin() as connection:
        query = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return bool(connection.scalar(query))


def _refuses(port: int) -> bool:
    """Whether nobody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False

"""The commands as a person gives them: processes, settings from the environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, select

from registry_api.tables import agents, feedback
from tests.api.world import World


class Person:
    """Somebody with a database and the address configs in a folder."""

    def __init__(self, world: World, folder: Path, database_url: str) -> None:
        self.url = database_url
        self._environment = {
            **os.environ,
            "BASE_SEPOLIA_RPC_URL": world.url,
            "REGISTRY_API_DATABASE_URL": database_url,
            "REGISTRY_API_DEPLOYMENTS": str(folder),
            "REGISTRY_API_POLL": "0.1",
        }

    def start(self, *words: str, **settings: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "registry_api", *words],
            env={**self._environment, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def gives(self, *words: str, status: int = 0, **settings: str) -> str:
        process = self.start(*words, **settings)
        shown, _ = process.communicate(timeout=60)
        assert process.returncode == status, shown
        return shown


@pytest.fixture
def person(world: World, tmp_path: Path, database_url: str) -> Person:
    return Person(world, tmp_path / "deployments", database_url)


def engine_of(person: Person) -> Engine:
    url = make_url(person.url)
    return create_engine(url.set(drivername="postgresql+psycopg") if url.get_backend_name() == "postgresql" else url)


def test_commands__when_given_in_order__index_and_agree(person: Person, world: World) -> None:
    assert "run `registry-api migrate`" in person.gives("index", "--once", status=1)
    person.gives("migrate")
    person.gives("index", "--once")
    assert "The database says what the chain says." in person.gives("check")

    engine = engine_of(person)
    with engine.begin() as connection:
        connection.execute(agents.update().values(owner="0x" + "00" * 20))
    shown = person.gives("check", status=1)
    assert "identity.ownerOf(1)" in shown
    assert "1 differences" in shown
    engine.dispose()


def test_index__while_another_one_runs__waits_and_takes_over(person: Person, world: World) -> None:
    person.gives("migrate")
    first = person.start("index")
    engine = engine_of(person)

    def count() -> int:
        with engine.connect() as connection:
            return len(connection.execute(select(feedback)).all())

    wait_for(lambda: count() == 2)
    second = person.start("index")
    first.kill()
    first.communicate()
    world.rate(10)
    wait_for(lambda: count() == 3)
    second.send_signal(signal.SIGTERM)
    assert second.wait(timeout=30) == 0
    engine.dispose()


def test_index__given_a_wrong_setting__says_which_without_secrets(person: Person) -> None:
    shown = person.gives(
        "index", status=1, REGISTRY_API_POLL="never", REGISTRY_API_DATABASE_URL="postgresql://u:secret@h/n"
    )
    assert "settings: poll: " in shown
    assert "secret" not in shown


def wait_for(condition: Callable[[], bool]) -> None:
    """Until something holds.

    :raises AssertionError: if it does not within 30 seconds
    """
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)

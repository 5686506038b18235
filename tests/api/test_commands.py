"""The commands as a person gives them: processes, settings from the environment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import CliRunner
from sqlalchemy import Engine, Select, select

from registries.anvil import anvil
from registries.demo.roster import data_uri, load_examples
from registry_api.__main__ import main
from registry_api.tables import agents, chains, feedback, files, queue, scores
from registry_api.turns import LONGEST_PAUSE, pause_after
from tests.api.person import Person, wait_for
from tests.api.world import World
from tests.deployment import OWNER

FILE = next(example for example in load_examples() if example.slug == "translator")
"""Of an agent that has it on the chain."""


@pytest.fixture
def person(world: World, tmp_path: Path, database_url: str) -> Person:
    return Person(world.url, tmp_path / "deployments", database_url)


class Looks:
    """At a database while others write it: each at what is there then."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def rows(self, query: Select[Any]) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(query))

    def files(self) -> dict[int, str]:
        """What became of the files, by agent."""
        return dict(self.rows(select(files.c.agent_id, files.c.state)))

    def scored_at(self) -> int:
        """The block of the first agent's score; -1 without one."""
        return next((row.block for row in self.rows(select(scores.c.block).where(scores.c.agent_id == 1))), -1)


@pytest.fixture
def looks(person: Person) -> Iterator[Looks]:
    engine = person.engine()
    yield Looks(engine)
    engine.dispose()


def complaint(*words: str, **settings: str) -> str:
    """What a command says before it gives up: one line. In this process, which takes a hundredth of the time."""
    environment = {f"REGISTRY_API_{name}": value for name, value in settings.items()}
    logging = structlog.get_config()
    result = CliRunner().invoke(main, words, env=environment)
    # The command's log went to a stream that is closed now.
    structlog.configure(**logging)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1
    return result.output


def register(world: World, uri: str) -> None:
    world.do(OWNER, "identity", "register", uri)


def ends(process: subprocess.Popen[str], thread: int | None = None) -> None:
    """It ends when it is asked to, as it should.

    :param thread: the one that is asked, by its id; Linux offers a signal to that first
    """
    os.kill(thread or process.pid, signal.SIGTERM)
    try:
        shown, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0, shown
    assert "Traceback" not in shown


# ------------------------------------------------------------------------------------------------------ INDEX, CHECK


def test_commands__when_given_in_order__index_and_agree(person: Person, looks: Looks) -> None:
    assert "run `registry-api migrate`" in person.gives("index", "--once", status=1)
    person.gives("migrate")
    person.gives("index", "--once")
    assert "The database says what the chain says." in person.gives("check")

    with looks.engine.begin() as connection:
        connection.execute(agents.update().values(owner="0x" + "00" * 20))
    shown = person.gives("check", status=1)
    assert "identity.ownerOf(1)" in shown
    assert "1 differences" in shown


def test_index_once__given_files_and_feedback__does_what_is_due(person: Person, looks: Looks, world: World) -> None:
    register(world, data_uri(FILE.content))
    person.gives("migrate")
    person.gives("index", "--once")
    # The first agent's URI has no CID.
    assert looks.files() == {1: "unreachable", 2: "valid"}
    assert [(looks.scored_at(),)] == looks.rows(select(chains.c.block))
    assert looks.rows(select(queue).where(queue.c.due_time <= time.time())) == []


def test_index__while_another_one_runs__waits_and_takes_over(person: Person, looks: Looks, world: World) -> None:
    person.gives("migrate")
    first = person.start("index")

    def count() -> int:
        return len(looks.rows(select(feedback)))

    wait_for(lambda: count() == 2 and len(looks.files()) == 1 and looks.scored_at() > 0)
    second = person.start("index")
    first.kill()
    first.communicate()
    before = looks.scored_at()
    world.rate(10)
    register(world, data_uri(FILE.content))
    wait_for(lambda: count() == 3)
    wait_for(lambda: looks.files().get(2) == "valid" and looks.scored_at() > before)
    ends(second)


def test_index__when_a_signal_comes_to_another_thread_than_the_main_one__ends(person: Person, looks: Looks) -> None:
    person.gives("migrate")
    process = person.start("index")
    wait_for(lambda: looks.scored_at() > 0)
    threads = sorted(int(path.name) for path in Path(f"/proc/{process.pid}/task").iterdir())
    ends(process, thread=threads[1])


def test_pause_after__given_an_outage_of_days__is_the_longest() -> None:
    assert 0.5 <= pause_after(1) <= 1
    assert LONGEST_PAUSE / 2 <= pause_after(10_000) <= LONGEST_PAUSE


# -------------------------------------------------------------------------------------------------- RUN, SERVE, SCORE


def test_run__given_nothing__migrates_indexes_answers_and_ends(person: Person, world: World) -> None:
    with person.answered("run") as running:
        wait_for(lambda: (running.data("/agents/1") or {"feedback": {"count": 0}})["feedback"]["count"] == 2)
        world.rate(100)
        wait_for(lambda: bool(running.data("/agents/1")["feedback"]["count"] == 3))
        wait_for(lambda: running.data("/agents/1/reputation")[0]["score"] is not None)
        ends(running.process)


def test_run__when_the_indexer_cannot_go_on__ends_and_says_why(person: Person) -> None:
    with anvil("--chain-id", "31338") as other:
        shown = person.gives("run", "--port", "0", status=1, BASE_SEPOLIA_RPC_URL=other)
    assert shown.splitlines()[-1].startswith("Error: ")
    assert "84532" in shown.splitlines()[-1]


def test_serve__given_an_indexed_database__answers_and_ends(person: Person) -> None:
    assert "run `registry-api migrate`" in person.gives("serve", "--port", "0", status=1)
    person.gives("migrate")
    person.gives("index", "--once")
    with person.answered("serve") as running:
        assert running.data("/registry")["feedback"] == 2
        ends(running.process)


def test_score__given_an_answer__follows_or_names_what_does_not(person: Person, tmp_path: Path) -> None:
    with person.answered("run") as running:
        wait_for(lambda: (running.data("/registry") or {"feedback": 0})["feedback"] == 2)
        answer: dict[str, Any] = running.ask("/agents/1/reputation/group", tag1="starred").json()
    file = tmp_path / "answer.json"
    file.write_text(json.dumps(answer))
    assert "follows from its inputs" in person.gives("score", str(file))
    file.write_text(json.dumps(answer["data"]))
    assert "follows from its inputs" in person.gives("score", str(file))

    answer["data"]["inputs"][0]["total"] = "171"
    file.write_text(json.dumps(answer))
    assert "result.point: '0.850000' is stated, '0.855000' is computed" in person.gives("score", str(file), status=1)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"<html>", "not JSON: "),
        (b"\xff", "not JSON: "),
        (b"[]", "not the document of a score"),
        (b'{"data": 1}', "not the document of a score"),
        (b"{}", "policy_version: missing"),
        (b'{"policy_version": "0"}', "policy_version: '0'"),
    ],
)
def test_score__given_something_else__says_what_in_a_line(tmp_path: Path, content: bytes, shown: str) -> None:
    file = tmp_path / "answer.json"
    file.write_bytes(content)
    assert shown in complaint("score", str(file))


# ------------------------------------------------------------------------------------------------------------ SETTINGS


@pytest.mark.parametrize(
    ("command", "settings", "shown"),
    [
        ("index", {"POLL": "never", "DATABASE_URL": "postgresql://u:secret@h/n"}, "settings: poll: "),
        ("serve", {"POOL_MAX": "0", "DATABASE_URL": "postgresql://u:secret@h/n"}, "settings: pool_max: "),
        ("serve", {"POOL_MIN": "3", "POOL_MAX": "2"}, "pool_min: 3 is more than pool_max, 2"),
        ("migrate", {"DATABASE_URL": "postgresql://u:secret@127.0.0.1:1/n"}, "database: connection failed"),
        ("migrate", {"DATABASE_URL": "mysql://u:secret@h/n"}, "database: 'mysql' is not supported"),
        ("migrate", {"DATABASE_URL": "secret"}, "database: the URL cannot be read"),
        ("run", {"CHAINS": "[5]"}, "5.json"),
        ("run", {}, "no address config"),
        ("run", {"OTHER_REGISTRIES": '[{"chain_id": 1}]'}, "settings: other_registries.0.name: "),
        ("run", {"POLICY": '{"thin_limit": 9}'}, "settings: policy: "),
        ("serve", {"TIERS": '{"high": {"read": 1, "search": 1, "write": 1}}'}, "have no 'anonymous'"),
        ("serve", {"TIERS": '{"anonymous": {"read": 0, "search": 1, "write": 1}}'}, "settings: tiers.anonymous.read: "),
        ("serve", {"SHARE_ANSWERS": "true"}, "share_answers: there is no redis_url"),
        ("serve", {"TRUSTED_PROXIES": '["0.0.0.0/0"]'}, "trusted_proxies: ['0.0.0.0/0'] is everybody"),
        ("index", {"METRICS_PORT": "70000"}, "settings: metrics_port: "),
    ],
)
def test_commands__given_a_wrong_setting__say_which_without_secrets(
    tmp_path: Path, command: str, settings: dict[str, str], shown: str
) -> None:
    line = complaint(
        command, **{"DEPLOYMENTS": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/a.db", **settings}
    )
    assert shown in line
    assert "secret" not in line

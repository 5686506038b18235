"""What is remembered: the same as what is made anew, whatever happens."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import Request
from sqlalchemy import Engine, text, update

from registry_api import memory as memories
from registry_api.answers import Answer, answer
from registry_api.audit import Actor
from registry_api.config import Settings
from registry_api.head import Head, Moment
from registry_api.links import link
from registry_api.memory import MAX_QUESTION, Memory, question_of
from registry_api.payments import Payment
from registry_api.tables import queue
from registry_api.workers import run_files, run_scores
from tests.api.person import wait_for
from tests.api.serving import API, Statement, Village, serving, statements_of
from tests.deployment import CLIENT, OTHER_CLIENT, OWNER, Registries
from tests.evm import CHAIN_ID

PATHS = (
    *("/registry", "/agents", "/agents?count=true&sort=-updated", "/agents/batch?id=1&id=2", "/agents/1"),
    *("/agents/1/stats", "/agents/1/reputation", "/agents/1/reputation/group?tag1=starred"),
    *(f"/agents/1/{name}" for name in ("feedback", "clients", "responses", "validations", "history", "metadata")),
    "/agents/1/payments",
)
DEPENDS_ON_TIME = "/agents/1/reputation/group?tag1=starred"
FILE = "data:application/json," + quote(
    '{"type": "https://eips.ethereum.org/EIPS/eip-8004#registration-v1", "name": "Polyglot"}'
)
HEAD = Head(1, "test", "0x", 7, "0x07", 100, 5, "")
NEXT = HEAD._replace(block=8, block_hash="0x08", final_block=6)
NOW, THEN = Moment(HEAD, 3, 4), Moment(NEXT, 3, 4)


def keeping(given: Answer, moment: Moment = NOW) -> Memory:
    """A memory that was asked "question" at a moment."""
    memory = Memory(100_000)
    memory.see([moment])
    memory.keep(b"question", given, memory.moments)
    return memory


# ------------------------------------------------------------------------------------------------------ by themselves


def test_memory__at_the_same_head__gives_an_answer_again() -> None:
    given = answer(HEAD, [1])
    memory = keeping(given)
    found = memory.find(b"question")
    assert found is not None
    assert found.answer is given
    assert memory.find(b"another") is None


def test_memory__after_a_block_in_which_nothing_happened__gives_it_as_of_that_block() -> None:
    given = answer(HEAD, [{"final": True}])
    memory = keeping(given)
    memory.see([THEN])
    found = memory.find(b"question")
    assert found is not None
    assert found.answer == given._replace(head=NEXT)


def test_memory__of_what_is_not_final__gives_it_at_the_same_head_only() -> None:
    memory = keeping(answer(HEAD, [{"final": True}, {"final": False}]))
    assert memory.find(b"question")
    memory.see([THEN])
    assert memory.find(b"question") is None


def test_answer__with_a_text_that_says_it_is_not_final__lasts() -> None:
    assert answer(HEAD, {"name": '"final":false'}).lasts


@pytest.mark.parametrize(
    "moments", [[], [NOW._replace(events=4)], [THEN._replace(events=4)], [Moment(HEAD._replace(chain_id=2), 3, 4)]]
)
def test_memory__after_something_happened__gives_nothing(moments: list[Moment]) -> None:
    memory = keeping(answer(HEAD, [1]))
    assert memory.find(b"question")
    memory.see(moments)
    assert memory.find(b"question") is None


@pytest.mark.parametrize("moments", [[], [NOW._replace(events=2)]])
def test_memory__when_the_database_was_away_or_went_back__has_forgotten_everything(moments: list[Moment]) -> None:
    """A crash may take back what was committed last; what follows may be another block with the same revisions."""
    memory = keeping(answer(HEAD, [1]))
    memory.see(moments)
    memory.see([NOW])
    assert memory.find(b"question") is None


def test_memory__while_files_change_all_the_time__gives_it_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "MAX_AGE", 0.3)
    memory = keeping(answer(HEAD, [1]))
    begun = time.monotonic()
    memory.see([NOW._replace(others=5)])
    assert memory.find(b"question") or time.monotonic() > begun + 0.3

    def is_forgotten() -> bool:
        memory.see([NOW._replace(others=6)])
        return memory.find(b"question") is None

    wait_for(is_forgotten)
    assert memory.moments[1].others == 6


@pytest.mark.parametrize("asked", [{}, {1: THEN}, {2: NOW}, {1: Moment(HEAD._replace(block_hash="0x77"), 3, 4)}])
def test_memory__of_another_block_than_was_known_when_it_was_asked__keeps_nothing(asked: dict[int, Moment]) -> None:
    memory = Memory(100_000)
    memory.see([NOW])
    memory.keep(b"question", answer(HEAD, [1]), asked)
    assert memory.find(b"question") is None


def test_memory__of_what_was_asked_before_something_happened__gives_nothing() -> None:
    """The answer was read before, and comes after."""
    memory = Memory(100_000)
    memory.see([NOW])
    asked = memory.moments
    memory.see([NOW._replace(events=4)])
    memory.keep(b"question", answer(HEAD, [1]), asked)
    assert memory.find(b"question") is None


def test_memory__given_large_answers_and_long_questions__does_not_keep_them() -> None:
    memory = Memory(80_000)
    memory.see([NOW])

    def keeps(question: bytes, size: int) -> bool:
        memory.keep(question, Answer(HEAD, bytes(size), "", lasts=True), memory.moments)
        return memory.find(question) is not None

    assert not keeps(b"large", 10_000)
    assert not keeps(b"q" * (MAX_QUESTION + 1), 0)
    assert keeps(b"q" * MAX_QUESTION, 0)
    assert keeps(b"small", 5_000)


def test_memory__when_it_is_full__forgets_what_was_not_asked_for_longest() -> None:
    memory = Memory(80_000)
    memory.see([NOW])
    for number in range(100):
        memory.keep(b"%d" % number, Answer(HEAD, bytes(8_000), "", lasts=True), memory.moments)
        assert memory.find(b"0")
    kept = [number for number in range(100) if memory.find(b"%d" % number)]
    assert kept == [0, *range(93, 100)]


# --------------------------------------------------------------------------------------------------------- in the API


@pytest.fixture
def village(registries: Registries, engine: Engine) -> Iterator[Village]:
    """With agents 1, that has a file and was rated, and 2; all final."""
    with engine.connect() as connection:
        village = Village(registries, connection)
        registries.register(OWNER, FILE)
        registries.register(OWNER)
        registries.give_feedback(1, value=90, tag1="starred")
        village.settle()
        yield village


@contextmanager
def counted(api: API) -> Iterator[list[Statement]]:
    """The statements about agents that are executed meanwhile."""
    found: list[Statement] = []
    with statements_of(api) as all_of_them:
        yield found
        found += [one for one in all_of_them if "agents" in one.sql]


def ask_remembered(api: API, path: str) -> dict[str, Any]:
    """The answer, when it is remembered: the head has been seen."""
    kept: list[dict[str, Any]] = []

    def is_remembered() -> bool:
        with counted(api) as statements:
            kept.append(api.get(path))
        return not statements

    wait_for(is_remembered)
    return kept[-1]


def see_all(api: API) -> None:
    """Waits until the API has seen all that has happened."""

    async def moments() -> dict[int, Moment]:
        return {one.head.chain_id: one for one in await api.service.reader.moments()}

    portal = api.client.portal
    assert portal is not None
    wait_for(lambda: portal.call(moments) == api.service.memory.moments)


def test_answers__while_nothing_happens__are_made_once(village: Village, database_url: str) -> None:
    with serving(database_url, village.source) as api:
        before = {path: ask_remembered(api, path) for path in PATHS[1:]}
        village.follow()
        see_all(api)
        for path, given in before.items():
            with counted(api) as statements:
                after = api.get(path)
            assert after["at"]["block"] == given["at"]["block"] + 1
            assert {**after, "at": None} == {**given, "at": None} or path == DEPENDS_ON_TIME
            assert bool(statements) == (path == DEPENDS_ON_TIME)


def test_answers__whatever_happens__are_those_of_an_api_that_remembers_nothing(
    village: Village, engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memories, "MAX_AGE", 0)
    settings, registries = Settings(poll=0.05), village.registries

    def take_back() -> None:
        village.chain.drop(1)
        village.follow()

    def look_at_files() -> None:
        with engine.begin() as connection:
            connection.execute(update(queue).values(due_time=0))
        run_files(engine, settings, threading.Event(), once=True)

    def pay() -> None:
        payment = Payment("0x" + "11" * 32, None, None, CLIENT, OWNER, 7, 1, "0x" + "22" * 32, 12)
        link(engine, CHAIN_ID, 1, [payment], now=70, actor=Actor("a test"))

    happening: tuple[tuple[Callable[[], Any], bool], ...] = (
        (look_at_files, False),
        (lambda: run_scores(engine, settings, threading.Event(), once=True), False),
        (lambda: registries.give_feedback(1, OTHER_CLIENT, value=10, tag1="starred"), True),
        (lambda: None, True),
        (take_back, False),
        (lambda: registries.identity.setMetadata(1, "key", b"value", sender=OWNER), True),
        (lambda: registries.identity.setAgentURI(1, "", sender=OWNER), True),
        (take_back, False),
        (look_at_files, False),
        (lambda: registries.register(OWNER), True),
        (pay, False),
        (village.settle, False),
        (lambda: run_scores(engine, settings, threading.Event(), once=True), False),
    )
    with serving(database_url, village.source) as api, serving(database_url, village.source, cache_size=1) as fresh:
        said: list[Any] = []
        for happen, is_mined in happening:
            for path in PATHS[1:]:
                ask_remembered(api, path)
            happen()
            if is_mined:
                village.follow()
            see_all(api)
            now = {path: api.get(path) for path in PATHS}
            assert now == {path: fresh.get(path) for path in PATHS}
            assert now not in said
            said.append(now)


def test_answers__asked_for_by_many_at_once__are_made_once_whoever_leaves(village: Village, database_url: str) -> None:
    with serving(database_url, village.source, head_poll=3_600) as api:
        made = 0

        async def run() -> list[Any]:
            may_end = asyncio.Event()

            async def make() -> Answer:
                nonlocal made
                made += 1
                await may_end.wait()
                return answer(HEAD, [1])

            request = Request({"type": "http", "raw_path": b"/path", "query_string": b"", "headers": []})
            callers = [asyncio.create_task(api.service.remember(request, make)) for _ in range(20)]
            await asyncio.sleep(0)
            callers[0].cancel()
            may_end.set()
            return await asyncio.gather(*callers, return_exceptions=True)

        assert api.client.portal is not None
        gone, *others = api.client.portal.call(run)
        assert isinstance(gone, asyncio.CancelledError)
        assert {one.status_code for one in others} == {200}
        assert made == 1


def test_answers__when_something_happens_while_they_are_made__are_made_again(
    village: Village, database_url: str
) -> None:
    with serving(database_url, village.source, cache_size=100_000, head_poll=3_600) as api:
        service = api.service
        # Its own first look, which is its last for an hour.
        wait_for(lambda: bool(service.memory.moments))
        service.memory.see([NOW])
        request = Request({"type": "http", "raw_path": b"/path", "query_string": b"", "headers": []})

        async def make() -> Answer:
            service.memory.see([NOW._replace(events=4)])
            return answer(HEAD, [1])

        assert api.client.portal is not None
        api.client.portal.call(service.remember, request, make)
        assert service.memory.find(question_of(request.scope)) is None
        api.client.portal.call(service.remember, request, make)
        assert service.memory.find(question_of(request.scope))


def test_memory__after_heads_could_not_be_read__goes_on(
    registries: Registries, postgresql_engine: Engine, postgresql_url: str
) -> None:
    with postgresql_engine.connect() as connection:
        village = Village(registries, connection)
        registries.register(OWNER)
        village.follow()
    with serving(postgresql_url, village.source) as api:
        ask_remembered(api, "/agents/1")
        with postgresql_engine.begin() as connection:
            connection.execute(text("ALTER TABLE chains RENAME TO elsewhere"))
        wait_for(lambda: not api.service.memory.moments)
        with postgresql_engine.begin() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO chains"))
        assert ask_remembered(api, "/agents/1")["data"]["agent_id"] == 1

"""As of when answers are, how long they are remembered, how questions share queries, and what comes of overload."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from registry_api.batches import MAX_KEYS, Batches
from registry_api.head import Head
from registry_api.tables import chains
from tests.api.person import wait_for
from tests.api.serving import URIS, Village, serving
from tests.deployment import OWNER, VALIDATOR, Registries
from tests.evm import CHAIN_ID

PATHS = (
    *("/registry", "/agents", "/agents?count=true&sort=-updated", "/agents/batch?id=1&id=2", "/agents/1"),
    *("/agents/1/stats", "/agents/1/reputation", "/agents/1/reputation/group?tag1=starred"),
    *(f"/agents/1/{name}" for name in ("feedback", "clients", "responses", "validations", "history", "metadata")),
    "/agents/1/payments",
)
HEAD = Head(1, "test", "0x", 7, "0x07", 100, 5, "")


@pytest.fixture
def village(registries: Registries, connection: Connection) -> Village:
    """With agents 1, that was rated, and 2 of the owner; all final."""
    village = Village(registries, connection)
    for uri in URIS[:2]:
        registries.register(OWNER, uri)
    rate(village, 90)
    village.settle()
    return village


@pytest.fixture
def populated(registries: Registries, postgresql_engine: Engine) -> Iterator[Village]:
    """A village in PostgreSQL."""
    with postgresql_engine.connect() as connection:
        village = Village(registries, connection)
        registries.register(OWNER)
        village.follow()
        yield village


def rate(village: Village, value: int) -> None:
    village.registries.give_feedback(1, value=value, tag1="starred")
    village.follow()


# ---------------------------------------------------------------------------------------------------------- as of when


def test_answers__of_everything__say_as_of_when_they_are(village: Village, database_url: str) -> None:
    head = village.chain.block(village.chain.head())
    assert head is not None
    at = {
        "chain": f"eip155:{CHAIN_ID}",
        "chain_name": "test",
        "block": head.number,
        "block_hash": head.hash,
        "as_of": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(head.time)),
        "final": False,
        "final_block": head.number - village.source.confirmations + 1,
    }
    with serving(database_url, village.source) as api:
        for path in PATHS:
            assert api.get(path)["at"] == at
        [chain] = api.ask("/chains").json()["data"]
        assert chain["at"] == at


def test_head__of_a_final_block__is_final(village: Village, database_url: str) -> None:
    with village.connection.begin():
        village.connection.execute(chains.update().values(final_block=chains.c.block))
    with serving(database_url, village.source) as api:
        assert api.get("/agents/1")["at"]["final"] is True


# -------------------------------------------------------------------------------------------------------- entity tags


def test_entity_tag__when_only_the_block_moves__stays_and_when_data_change_does_not(
    village: Village, database_url: str
) -> None:
    with serving(database_url, village.source, cache_size=1) as api:
        tags = {path: api.ask(path).headers["etag"] for path in PATHS}
        before = api.get("/agents")["at"]["block"]
        village.follow()
        assert api.get("/agents")["at"]["block"] == before + 1
        assert {path: api.ask(path).headers["etag"] for path in PATHS} == tags
        changes: list[tuple[Callable[[], Any], set[str]]] = [
            (lambda: rate(village, 10), {"/agents", "/agents/1", "/agents/1/feedback", "/agents/1/reputation"}),
            (
                lambda: village.registries.identity.setMetadata(1, "key", b"value", sender=OWNER),
                {"/agents/1", "/agents/1/metadata", "/agents/1/history", "/agents/batch?id=1&id=2"},
            ),
            (
                lambda: village.registries.validation.validationRequest(VALIDATOR, 1, "", bytes(32), sender=OWNER),
                {"/agents/1", "/agents/1/validations", "/agents/1/stats", "/registry"},
            ),
        ]
        for change, touched in changes:
            change()
            village.follow()
            now = {path: api.ask(path).headers["etag"] for path in PATHS}
            assert touched <= {path for path in PATHS if now[path] != tags[path]}
            assert now["/agents/1/payments"] == tags["/agents/1/payments"]
            tags = now


def test_entity_tag__of_pages_with_the_same_rows__tells_their_cursors_apart(
    village: Village, database_url: str
) -> None:
    """A client that has the last page has not the one from which it goes on."""
    with serving(database_url, village.source) as api:
        everything, first = api.ask("/agents"), api.ask("/agents", limit=1)
        assert first.headers["etag"] != everything.headers["etag"]
        counted = api.ask("/agents", limit=1, count=True)
        assert first.json()["data"] == counted.json()["data"]
        assert first.headers["etag"] != counted.headers["etag"]


def test_if_none_match__of_any_form__is_answered_as_it_should_be(village: Village, database_url: str) -> None:
    with serving(database_url, village.source) as api:
        whole = api.ask("/agents/1")
        tag = whole.headers["etag"]
        strong = tag.removeprefix("W/")
        assert tag == f"W/{strong}"
        for form in (tag, strong, "*", f'"other", {tag}', f'W/"other",{strong} , "more"', f"  {tag}  "):
            response = api.ask("/agents/1", headers={"If-None-Match": form})
            assert (response.status_code, response.content) == (304, b""), form
            assert response.headers["etag"] == tag
            assert response.headers["registry-block"] == whole.headers["registry-block"]
            assert response.headers["registry-as-of"] == whole.json()["at"]["as_of"]
        for form in ('W/"other"', "", strong.strip('"'), f"{tag[:-2]}x{tag[-1]}", '"*"', ","):
            response = api.ask("/agents/1", headers={"If-None-Match": form})
            assert response.content == whole.content, form
        several = [("If-None-Match", '"other"'), ("If-None-Match", tag)]
        assert api.client.get("/api/v1/agents/1", headers=several).status_code == 304
        assert api.refused("/agents/3", headers={"If-None-Match": "*"}) == "AGENT_NOT_FOUND"


# ------------------------------------------------------------------------------------------------------------ batches


class Library:
    """Looks up squares, when it is let."""

    def __init__(self) -> None:
        self.asked: list[Sequence[int]] = []
        self.open, self.arrived = asyncio.Event(), asyncio.Event()
        self.error: Exception | None = None

    async def fetch(self, keys: Sequence[int]) -> Mapping[int, int]:
        self.asked.append(keys)
        self.arrived.set()
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return {key: key**2 for key in keys}


def test_batches__given_many_callers__share_queries() -> None:
    async def run() -> None:
        library = Library()
        batches = Batches(library.fetch)
        keys = [*range(MAX_KEYS + 50), 7, 7]
        squares = [key**2 for key in keys]
        callers = [asyncio.create_task(batches.get(key)) for key in keys]
        await library.arrived.wait()
        library.open.set()
        assert list(await asyncio.gather(*callers)) == squares
        assert sorted(key for asked in library.asked for key in asked) == [*range(MAX_KEYS + 50)]
        assert len(library.asked) <= 3
        assert max(map(len, library.asked)) <= MAX_KEYS
        # Alone, a caller waits for nobody.
        assert await batches.get(3) == 9
        assert library.asked[-1] == [3]

    asyncio.run(asyncio.wait_for(run(), 30))


def test_batches__given_the_same_key_while_its_query_runs__ask_again() -> None:
    """What is read has to be as of the question, or later."""

    async def run() -> None:
        library = Library()
        batches = Batches(library.fetch)
        first = asyncio.create_task(batches.get(1))
        await library.arrived.wait()
        second = asyncio.create_task(batches.get(1))
        await asyncio.sleep(0)
        library.open.set()
        assert [await first, await second] == [1, 1]
        assert library.asked == [[1], [1]]

    asyncio.run(asyncio.wait_for(run(), 30))


def test_batches__when_callers_are_cancelled__serve_the_others() -> None:
    async def run() -> None:
        library = Library()
        batches = Batches(library.fetch)
        callers = [asyncio.create_task(batches.get(key)) for key in (1, 1, 2, 3)]
        await library.arrived.wait()
        for one in (callers[0], callers[3]):
            one.cancel()
        library.open.set()
        found = await asyncio.gather(*callers, return_exceptions=True)
        assert [isinstance(one, asyncio.CancelledError) or one for one in found] == [True, 1, 4, True]
        # All of them at once.
        library.open.clear()
        library.arrived.clear()
        alone = asyncio.create_task(batches.get(4))
        await library.arrived.wait()
        alone.cancel()
        library.open.set()
        assert await batches.get(5) == 25

    asyncio.run(asyncio.wait_for(run(), 30))


def test_batches__when_a_query_fails__tell_all_its_callers_and_go_on() -> None:
    async def run() -> None:
        library = Library()
        library.error = ValueError("no answer")
        library.open.set()
        batches = Batches(library.fetch)
        found = await asyncio.gather(*(batches.get(key) for key in (1, 1, 2)), return_exceptions=True)
        assert found == [library.error] * 3
        library.error = None
        assert await batches.get(1) == 1

    asyncio.run(asyncio.wait_for(run(), 30))


def test_agent__asked_for_by_many_at_once__is_each_ones_own(village: Village, database_url: str) -> None:
    with serving(database_url, village.source, cache_size=1) as api, ThreadPoolExecutor(16) as pool:
        asked = [1, 2, 3, 2**200] * 40
        found = list(pool.map(lambda one: api.ask(f"/agents/{one}"), asked))
        for one, response in zip(asked, found, strict=True):
            if one in {1, 2}:
                assert response.json()["data"]["agent_id"] == one
            else:
                assert f"agent {one}: " in response.json()["error"]["message"]


# ----------------------------------------------------------------------------------------------------------- overload


@contextmanager
def held(engine: Engine) -> Iterator[Callable[[], int]]:
    """Nobody can read agents meanwhile. Gives how many wait for that."""
    with engine.connect() as holder, engine.connect() as watcher:
        # A test that waits for nothing ends all the same.
        holder.execute(text("SET LOCAL idle_in_transaction_session_timeout = '30s'"))
        holder.execute(text("LOCK TABLE agents IN ACCESS EXCLUSIVE MODE"))

        def waiting() -> int:
            found: int = watcher.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one()
            watcher.rollback()
            return found

        yield waiting


def refused(response: Any) -> tuple[int, str, str]:
    return response.status_code, response.json()["error"]["code"], response.headers["retry-after"]


UNAVAILABLE = (503, "SERVICE_UNAVAILABLE", "1")


def test_overload__given_a_slow_statement__refuses_others_after_a_while(
    populated: Village, postgresql_engine: Engine, postgresql_url: str
) -> None:
    quiet: dict[str, Any] = {
        "pool_min": 1,
        "pool_max": 1,
        "pool_wait": 0.2,
        "statement_timeout": 60,
        "head_poll": 3_600,
        "cache_size": 1,
    }
    with serving(postgresql_url, populated.source, **quiet) as api, ThreadPoolExecutor(2) as pool:
        wait_for(lambda: api.ask("/agents/1").status_code == 200)
        with held(postgresql_engine) as waiting:
            slow = pool.submit(api.ask, "/agents")
            wait_for(lambda: waiting() > 0)
            others = [pool.submit(api.ask, path) for path in ("/agents/1/stats", "/registry", "/chains")]
            assert [refused(one.result()) for one in others] == [UNAVAILABLE] * 3
            assert not slow.done()
        assert slow.result().status_code == 200
        assert api.data("/agents/1")["agent_id"] == 1


def test_overload__given_a_statement_that_takes_too_long__ends_it(
    populated: Village, postgresql_engine: Engine, postgresql_url: str
) -> None:
    with serving(postgresql_url, populated.source, statement_timeout=0.1, cache_size=1) as api:
        with held(postgresql_engine):
            assert refused(api.ask("/agents")) == UNAVAILABLE
            assert refused(api.ask("/agents/1")) == UNAVAILABLE
            assert refused(api.ask("/agents/1/stats")) == UNAVAILABLE
        assert api.data("/agents/1")["agent_id"] == 1
        assert api.data("/agents/1/stats")["owners"] == 1


def test_readers__after_many_at_once__keep_as_few_connections_as_they_are_told(
    populated: Village, postgresql_engine: Engine, postgresql_url: str
) -> None:
    def connected() -> int:
        others = "datname = current_database() AND backend_type = 'client backend'"
        found: int = populated.connection.execute(
            text(f"SELECT count(*) FROM pg_stat_activity WHERE {others}")  # noqa: S608
        ).scalar_one()
        populated.connection.rollback()
        return found

    quiet: dict[str, Any] = {"head_poll": 3_600, "cache_size": 1}
    with (
        serving(postgresql_url, populated.source, pool_min=1, pool_max=4, **quiet) as api,
        ThreadPoolExecutor(4) as pool,
    ):
        wait_for(lambda: api.ask("/agents/1").status_code == 200)
        with held(postgresql_engine) as waiting:
            # The holder and the watcher come from a pool as well, and stay.
            watched = connected()
            slow = [pool.submit(api.ask, "/agents", limit=number) for number in range(1, 5)]
            wait_for(lambda: waiting() == 4)
            assert connected() == watched + 3
        assert {one.result().status_code for one in slow} == {200}
        wait_for(lambda: connected() == watched)


@pytest.mark.parametrize("path", ["/agents", "/agents/1"])
def test_readers__whose_connections_were_killed__recover(populated: Village, postgresql_url: str, path: str) -> None:
    with serving(postgresql_url, populated.source, pool_max=4, pool_min=4, cache_size=1) as api:
        with ThreadPoolExecutor(8) as pool:
            assert {one.status_code for one in pool.map(lambda _: api.ask(path), range(40))} == {200}
        others = "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        killed = populated.connection.execute(
            text(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}")  # noqa: S608
        )
        assert any(killed.scalars())
        populated.connection.rollback()
        found = [api.ask(path) for _ in range(10)]
        failed = [one for one in found if one.status_code != 200]
        assert [refused(one) for one in failed] == [UNAVAILABLE] * len(failed)
        assert len(failed) <= 1
        assert found[-1].status_code == 200


def test_service__when_it_is_closed__leaves_no_threads(populated: Village, postgresql_url: str) -> None:
    with serving(postgresql_url, populated.source) as api:
        api.get("/agents/1", chain=CHAIN_ID)
        assert any(one.name.startswith("reader") for one in threading.enumerate())
    assert not [one for one in threading.enumerate() if one.name.startswith("reader")]

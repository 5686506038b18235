"""A statement with a connection of its own: what becomes of both when the database is slow, away or in the way."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, Integer, bindparam, make_url, select

from registry_api.config import Settings
from registry_api.database import LOCK_TIMEOUT
from registry_api.errors import FatalError, RetryableError
from registry_api.lookups import Lookup, open_lookup
from tests.api.person import wait_for

GIVEN = select(bindparam("given", type_=Integer).label("given"))
PID = "SELECT pg_backend_pid() AS pid"
NOBODY = "postgresql://nobody:secret@127.0.0.1:1/none"


def using(url: str, work: Callable[[Lookup], Awaitable[None]], **settings: Any) -> None:
    """Does something with a lookup, and closes it."""

    async def run() -> None:
        given = Settings(database_url=SecretStr(url), chains=(1,), **settings)
        lookup = open_lookup(given, dict.fromkeys(("sqlite", "postgresql"), GIVEN))
        try:
            await work(lookup)
        finally:
            await lookup.close()

    asyncio.run(asyncio.wait_for(run(), 30))


async def ask(lookup: Lookup, sql: str) -> list[dict[str, Any]]:
    """The rows of another statement, on the same connection."""
    own, lookup.sql = lookup.sql, sql
    try:
        return [dict(row) for row in await lookup.rows({})]
    finally:
        lookup.sql = own


async def given_back(lookup: Lookup, number: int) -> int:
    [row] = await lookup.rows({"given": number})
    found: int = row["given"]
    return found


async def pid_of(lookup: Lookup) -> int:
    [row] = await ask(lookup, PID)
    found: int = row["pid"]
    return found


def test_rows__asked_for_by_many_at_once__are_each_ones_own(database_url: str) -> None:
    async def work(lookup: Lookup) -> None:
        found = await asyncio.gather(*(given_back(lookup, number) for number in range(50)))
        assert found == list(range(50))

    using(database_url, work)


def test_rows__asked_for_by_many_at_once__are_of_one_connection(postgresql_url: str) -> None:
    async def work(lookup: Lookup) -> None:
        lookup.sql = PID
        found = await asyncio.gather(*(lookup.rows({}) for _ in range(20)))
        assert len({row["pid"] for [row] in found}) == 1

    using(postgresql_url, work)


def test_rows__of_a_statement_that_writes__are_refused(engine: Engine, database_url: str) -> None:
    async def work(lookup: Lookup) -> None:
        with pytest.raises(FatalError, match=r"read-?only"):
            await ask(lookup, "DELETE FROM chains")
        assert await given_back(lookup, 1) == 1

    using(database_url, work)


def test_rows__after_a_fault__are_of_another_connection(postgresql_url: str) -> None:
    async def work(lookup: Lookup) -> None:
        first = await pid_of(lookup)
        assert await pid_of(lookup) == first
        with pytest.raises(FatalError, match=r"^database: .*nowhere"):
            await ask(lookup, "SELECT 1 FROM nowhere")
        assert await pid_of(lookup) != first

    using(postgresql_url, work)


def test_rows__when_the_connection_was_killed__fail_once(postgresql_url: str) -> None:
    async def work(lookup: Lookup) -> None:
        killed = await pid_of(lookup)
        with psycopg.connect(postgresql_url, autocommit=True) as other:
            assert other.execute("SELECT pg_terminate_backend(%s, 5000)", (killed,)).fetchone() == (True,)
        with pytest.raises(RetryableError):
            await given_back(lookup, 1)
        assert await given_back(lookup, 2) == 2

    using(postgresql_url, work)


def test_rows__when_the_statement_takes_too_long__are_given_up(postgresql_url: str) -> None:
    async def work(lookup: Lookup) -> None:
        with pytest.raises(RetryableError, match="statement timeout"):
            await ask(lookup, "SELECT pg_sleep(60)")
        assert await given_back(lookup, 1) == 1

    using(postgresql_url, work, statement_timeout=0.1)


def test_rows__when_nothing_comes_back__are_given_up(postgresql_url: str) -> None:
    async def work(lookup: Lookup) -> None:
        # As if the server did not end it: of a connection that is lost it does not know.
        await ask(lookup, "SELECT set_config('statement_timeout', '0', false)")
        with pytest.raises(RetryableError, match=r"no answer within 1\.1 s"):
            await ask(lookup, "SELECT pg_sleep(60)")
        assert await given_back(lookup, 1) == 1

    using(postgresql_url, work, statement_timeout=0.1, connect_timeout=1)


def test_rows__given_no_server__say_nothing_of_the_password() -> None:
    async def work(lookup: Lookup) -> None:
        with pytest.raises(RetryableError) as error:
            await given_back(lookup, 1)
        assert "secret" not in str(error.value)

    using(NOBODY, work)


def test_rows__after_a_while__are_of_another_connection(postgresql_url: str) -> None:
    async def work(lookup: Lookup) -> None:
        first = await pid_of(lookup)
        await asyncio.sleep(1.1)
        assert await pid_of(lookup) != first

    using(postgresql_url, work, pool_recycle=1)


def test_rows__while_the_file_is_locked__fail_at_once(sqlite_url: str) -> None:
    path = make_url(sqlite_url).database
    assert path is not None
    holder = sqlite3.connect(Path(path), isolation_level=None)
    holder.execute("PRAGMA journal_mode=WAL")
    holder.execute("PRAGMA locking_mode=EXCLUSIVE")
    holder.execute("CREATE TABLE own (number INTEGER)")

    async def work(lookup: Lookup) -> None:
        begun = time.monotonic()
        with pytest.raises(RetryableError, match="locked"):
            await given_back(lookup, 1)
        # All that this process does would have waited.
        assert time.monotonic() - begun < LOCK_TIMEOUT / 2
        holder.close()
        assert await given_back(lookup, 2) == 2

    using(sqlite_url, work)


def test_close__leaves_no_connection(postgresql_url: str) -> None:
    # Kept: what nobody has any more would be closed in any case.
    used: dict[int, Lookup] = {}

    async def work(lookup: Lookup) -> None:
        used[await pid_of(lookup)] = lookup

    using(postgresql_url, work)
    [pid] = used
    with psycopg.connect(postgresql_url, autocommit=True) as other:
        left = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"
        wait_for(lambda: other.execute(left, (pid,)).fetchone() == (0,), lambda: f"backend {pid} is still there")

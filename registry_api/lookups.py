"""One statement that is run again and again, in the event loop's own thread.

Any other thread has to take turns with the event loop at the interpreter, several times for each statement, and each
turn leaves in one processor's caches what the other one needs: much, for a statement that takes a fraction of a
millisecond. And it is compiled once, by SQLAlchemy, and given to the driver itself, which is shorter than the way
through an engine.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import RowMapping, Select
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg as postgresql

from registry_api.config import Settings
from registry_api.database import is_sqlite, prepare_sqlite_reader, reader_arguments, told_apart
from registry_api.errors import IndexingError, RetryableError

Row = RowMapping | Mapping[str, Any]
"""Columns by their names, as SQLAlchemy or a driver gives them."""
Rows = Sequence[Row]


class _Driver(Protocol):
    async def rows(self, sql: str, parameters: Mapping[str, Any]) -> Rows: ...

    async def close(self) -> None: ...


class Lookup:
    """A statement and a connection of its own, for one caller after the other.

    :param sql: as the driver takes it
    :param connect: opens the connection
    :param longest: until it has answered, seconds
    :param recycle: after which the connection is replaced, seconds
    """

    def __init__(self, sql: str, connect: Callable[[], Awaitable[_Driver]], longest: float, recycle: float) -> None:
        self.sql = sql
        self._connect, self._longest, self._recycle = connect, longest, recycle
        self._turn = asyncio.Lock()
        self._driver: _Driver | None = None
        self._until = 0.0

    async def rows(self, parameters: Mapping[str, Any]) -> Rows:
        """The statement's rows.

        :raises RetryableError: if the database does not answer now; the next caller gets another connection
        :raises FatalError: if it will not
        """
        async with self._turn:
            if time.monotonic() > self._until:
                await self._close()
            try:
                with told_apart():
                    async with asyncio.timeout(self._longest):
                        if self._driver is None:
                            self._driver = await self._connect()
                            self._until = time.monotonic() + self._recycle
                        return await self._driver.rows(self.sql, parameters)
            except TimeoutError:
                await self._close()
                raise RetryableError(f"database: no answer within {self._longest} s") from None
            except IndexingError:
                await self._close()
                raise

    async def close(self) -> None:
        """Closes the connection, when whoever uses it has done so."""
        async with self._turn:
            await self._close()

    async def _close(self) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            await driver.close()


def open_lookup(settings: Settings, statements: Mapping[str, Select[Any]]) -> Lookup:
    """A lookup in the settings' database. It connects when it is asked for something.

    :param statements: the same one for each kind of database, sqlite and postgresql
    :raises FatalError: as {registry_api.database.open_readers}
    """
    arguments = reader_arguments(settings)
    if is_sqlite(settings):
        sql = str(statements["sqlite"].compile(dialect=sqlite.dialect(paramstyle="named")))
        connect: Callable[[], Awaitable[_Driver]] = partial(_SQLite.connect, arguments)
    else:
        sql = str(statements["postgresql"].compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
        connect = partial(_PostgreSQL.connect, arguments)
    # PostgreSQL itself ends a statement that takes too long: what takes longer than that is lost.
    longest = settings.connect_timeout + settings.statement_timeout
    return Lookup(sql, connect, longest, settings.pool_recycle)


class _PostgreSQL:
    def __init__(self, connection: psycopg.AsyncConnection[dict[str, Any]]) -> None:
        self._connection = connection

    @classmethod
    async def connect(cls, arguments: Mapping[str, Any]) -> _PostgreSQL:
        # Prepared the first time.
        connection = await psycopg.AsyncConnection.connect(
            **arguments, autocommit=True, prepare_threshold=0, row_factory=dict_row
        )
        return cls(connection)

    async def rows(self, sql: str, parameters: Mapping[str, Any]) -> Rows:
        cursor = await self._connection.execute(sql.encode(), parameters)
        return await cursor.fetchall()

    async def close(self) -> None:
        await self._connection.close()


class _SQLite:
    """Reads while everybody else waits: a row by its key takes microseconds, or as long as the disk if it is cold."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    async def connect(cls, arguments: Mapping[str, Any]) -> _SQLite:
        # Nobody waits for a lock here; in WAL, readers hardly ever meet one.
        connection = sqlite3.connect(**{**arguments, "timeout": 0})
        prepare_sqlite_reader(connection)
        connection.row_factory = sqlite3.Row
        return cls(connection)

    async def rows(self, sql: str, parameters: Mapping[str, Any]) -> Rows:
        found: Rows = self._connection.execute(sql, parameters).fetchall()
        return found

    async def close(self) -> None:
        self._connection.close()

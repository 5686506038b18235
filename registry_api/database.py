"""Connections to the database, and which of its errors are worth another try."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError

from registry_api.errors import FatalError, RetryableError

LOCK_TIMEOUT = 30.0
"""How long to wait for another writer's transaction, seconds."""

# Classes and codes of SQLSTATE: connection lost, resources, locks, shut down, cancelled, serialization, deadlock.
_RETRYABLE_STATES = ("08", "53", "55P03", "57P0", "57014", "40001", "40P01")


def open_database(url: str, *, writes: bool) -> Engine:
    """An engine for a URL of SQLAlchemy's: sqlite:///path or postgresql://...

    :param writes: whether its transactions write: SQLite's then wait for each other at their beginning, not at a
        moment when waiting is in vain
    :raises FatalError: if the URL is not one of SQLite or PostgreSQL
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        # Not shown: it may have a password in it.
        raise FatalError("database: the URL cannot be read") from None
    kind = parsed.get_backend_name()
    if kind == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    if kind != "sqlite":
        raise FatalError(f"database: {kind!r} is not supported, only sqlite and postgresql are")
    engine = create_engine(parsed.set(drivername="sqlite+pysqlite"), connect_args={"timeout": LOCK_TIMEOUT})
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # SQLAlchemy says when a transaction begins, and not the driver.
    connection.isolation_level = None
    # Readers go on while somebody writes, and see what was committed before they began.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


@contextlib.contextmanager
def told_apart() -> Iterator[None]:
    """Turns the database's errors into ours.

    :raises RetryableError: if the same again may succeed: the connection was lost, or somebody else was in the way
    :raises FatalError: if it will not
    """
    try:
        yield
    except DBAPIError as error:
        kind = RetryableError if error.connection_invalidated or _is_retryable(error) else FatalError
        raise kind(f"database: {_first_line(error.orig)}") from error
    except SQLAlchemyError as error:
        raise FatalError(f"database: {_first_line(error)}") from error


def _is_retryable(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_RETRYABLE_STATES)
    # No SQLSTATE: SQLite (locked, disk I/O, full), or PostgreSQL not reached at all.
    return isinstance(error, OperationalError)


def _first_line(error: BaseException | None) -> str:
    return (str(error).splitlines() or ["no reason given"])[0]


@contextlib.contextmanager
def sole_writer(connection: Connection, chain_id: int) -> Iterator[bool]:
    """Whether this connection is the only one that writes what comes from a chain, until the block ends or it is lost.

    PostgreSQL keeps the lock in the connection itself: who loses it can no longer write either. Beside a SQLite file,
    the lock is another file.
    """
    if connection.dialect.name == "postgresql":
        with told_apart():
            taken = connection.scalar(text("SELECT pg_try_advisory_lock(8004, :chain)"), {"chain": chain_id % 2**31})
            connection.commit()
        try:
            yield bool(taken)
        finally:
            if taken and not connection.invalidated:
                with contextlib.suppress(SQLAlchemyError):
                    connection.rollback()
                    connection.execute(text("SELECT pg_advisory_unlock(8004, :chain)"), {"chain": chain_id % 2**31})
                    connection.commit()
        return
    path = connection.engine.url.database
    if not path or path == ":memory:":
        yield True
        return
    with Path(f"{path}.{chain_id}.lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True

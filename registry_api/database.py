"""Connections to the database, and which of its errors are worth another try."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError

from registry_api import metrics
from registry_api.config import Settings
from registry_api.errors import FatalError, IndexingError, RetryableError

LOCK_TIMEOUT = 30.0
"""How long to wait for another writer's transaction, seconds."""

# Of SQLite, KiB at most: by itself it keeps 2 MiB and reads all else from the system again for each statement.
_WRITER_CACHE = 128 * 2**10
_READER_CACHE = 16 * 2**10

# Classes and codes of SQLSTATE: connection lost, resources, locks, shut down, cancelled, serialization, deadlock.
_RETRYABLE_STATES = ("08", "53", "55P03", "57P0", "57014", "40001", "40P01")

_RETRYABLE_CODES = (
    *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_IOERR),
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL),
)


def open_database(url: str, *, writes: bool) -> Engine:
    """An engine for a URL of SQLAlchemy's: sqlite:///path or postgresql://...

    :param writes: whether its transactions write: SQLite's then wait for each other at their beginning, not at a
        moment when waiting is in vain
    :raises FatalError: if the URL is not one of SQLite or PostgreSQL
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == "postgresql":
        engine = create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
        event.listen(engine, "rollback", _count_rollback)
        return engine
    engine = create_engine(parsed.set(drivername="sqlite+pysqlite"), connect_args={"timeout": LOCK_TIMEOUT})
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    event.listen(engine, "rollback", _count_rollback)
    return engine


def _count_rollback(_connection: Connection) -> None:
    metrics.rollbacks.inc()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        # Not shown: it may have a password in it.
        raise FatalError("database: the URL cannot be read") from None
    kind = parsed.get_backend_name()
    if kind not in {"postgresql", "sqlite"}:
        raise FatalError(f"database: {kind!r} is not supported, only sqlite and postgresql are")
    return parsed


def most_readers(settings: Settings) -> int:
    """How many connections {open_readers} has at most.

    SQLite works in this process: more than two for a processor only keep each other's pages out of its caches.

    :raises FatalError: as {open_database}
    """
    return min(settings.pool_max, 2 * (os.cpu_count() or 1)) if is_sqlite(settings) else settings.pool_max


def is_sqlite(settings: Settings) -> bool:
    """Whether the database is SQLite; else it is PostgreSQL.

    :raises FatalError: as {open_database}
    """
    return _parsed(settings.database_url.get_secret_value()).get_backend_name() == "sqlite"


def open_readers(settings: Settings) -> Engine:
    """Connections that read only, a statement at a time, for the API.

    :raises FatalError: as {open_database}
    """
    most = most_readers(settings)
    kept = min(settings.pool_min, most)
    engine = create_engine(
        _url_of_readers(settings),
        pool_size=kept,
        max_overflow=most - kept,
        pool_timeout=settings.pool_wait,
        pool_recycle=settings.pool_recycle,
        # A statement is a snapshot by itself: nothing to begin, commit or roll back.
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
        connect_args=_settings_of_readers(settings),
    )
    if is_sqlite(settings):
        event.listen(engine, "connect", lambda connection, _record: prepare_sqlite_reader(connection))
    return engine


def reader_arguments(settings: Settings) -> dict[str, Any]:
    """What a driver is given to connect for reading only.

    :raises FatalError: as {open_database}
    """
    url = _url_of_readers(settings)
    positional, named = url.get_dialect()().create_connect_args(url)
    # Of SQLite's driver, which is given the path first.
    path = {"database": positional[0]} if positional else {}
    return {**path, **named, **_settings_of_readers(settings)}


def _url_of_readers(settings: Settings) -> URL:
    driver = "sqlite+pysqlite" if is_sqlite(settings) else "postgresql+psycopg"
    return _parsed(settings.database_url.get_secret_value()).set(drivername=driver)


def _settings_of_readers(settings: Settings) -> dict[str, Any]:
    if is_sqlite(settings):
        return {"timeout": LOCK_TIMEOUT, "check_same_thread": False}
    options = f"-c statement_timeout={int(settings.statement_timeout * 1_000)} -c default_transaction_read_only=on"
    # A page is the beginning of an order that an index has. The planner thinks that several filters leave few rows,
    # and would read, hash and sort all of them, by several processes.
    options += " -c enable_hashjoin=off -c max_parallel_workers_per_gather=0 -c jit=off"
    return {"options": options, "connect_timeout": settings.connect_timeout}


@contextlib.contextmanager
def one_snapshot(connection: Connection) -> Iterator[None]:
    """On a connection of {open_readers}: all statements within see the database as the first one does."""
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield
        return
    connection.exec_driver_sql("BEGIN")
    try:
        yield
    finally:
        connection.exec_driver_sql("ROLLBACK")


def do_not_wait_for_the_disk(connection: Connection) -> None:
    """Lets a transaction commit before it is on the disk: a crash of the database may take it back, as a whole."""
    # SQLite in WAL does so anyway.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL synchronous_commit TO off"))


def gather_statistics(connection: Connection) -> None:
    """Lets SQLite know how its tables are filled; PostgreSQL finds out by itself.

    Without, it reads tens of thousands of rows where an index has the few that are wanted.
    """
    if connection.dialect.name == "sqlite":
        # A sample of each index: milliseconds, whatever the size.
        connection.exec_driver_sql("PRAGMA analysis_limit=1000")
        connection.exec_driver_sql("ANALYZE")


def prepare_sqlite_reader(connection: Any) -> None:
    """Settings of a driver's connection that reads only."""
    _prepare_sqlite(connection, None)
    connection.execute("PRAGMA query_only=ON")
    connection.execute(f"PRAGMA cache_size=-{_READER_CACHE}")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # SQLAlchemy says when a transaction begins, and not the driver.
    connection.isolation_level = None
    # Readers go on while somebody writes, and see what was committed before they began.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute(f"PRAGMA cache_size=-{_WRITER_CACHE}")


@contextlib.contextmanager
def told_apart() -> Iterator[None]:
    """Turns the database's errors into ours.

    :raises RetryableError: if the same again may succeed: the connection was lost, or somebody else was in the way
    :raises FatalError: if it will not
    """
    try:
        yield
    except DBAPIError as error:
        raise _ours(error.orig, may_succeed=error.connection_invalidated or is_retryable(error)) from error
    except psycopg.Error as error:
        # Of COPY, which SQLAlchemy does not know, or of a statement that it only compiled.
        raise _ours(error, may_succeed=is_retryable(error)) from error
    except sqlite3.Error as error:
        raise _ours(error, may_succeed=is_retryable(error)) from error
    except SQLAlchemyError as error:
        raise _ours(error, may_succeed=False) from error


def _ours(cause: BaseException | None, *, may_succeed: bool) -> IndexingError:
    metrics.database_errors.labels("retryable" if may_succeed else "fatal").inc()
    kind = RetryableError if may_succeed else FatalError
    return kind(f"database: {_first_line(cause)}")


def is_retryable(error: DBAPIError | psycopg.Error | sqlite3.Error) -> bool:
    """Whether the same again may succeed."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_RETRYABLE_STATES)
    code = getattr(cause, "sqlite_errorcode", None)
    if code is not None:
        # The low byte is the code; the others tell more of it.
        return code & 0xFF in _RETRYABLE_CODES
    # Neither: PostgreSQL was not reached at all.
    return isinstance(error, OperationalError | psycopg.OperationalError)


def _first_line(error: BaseException | None) -> str:
    return (str(error).splitlines() or ["no reason given"])[0]


@contextlib.contextmanager
def sole_writer(connection: Connection, work: int | str) -> Iterator[bool]:
    """Whether this connection is the only one that does some work, until the block ends or the connection is lost.

    PostgreSQL keeps the lock in the connection itself: who loses it can no longer write either. Beside a SQLite file,
    the lock is another file.

    :param work: a chain's id: to write what comes from it; or the name of other work
    """
    if connection.dialect.name == "postgresql":
        hashed = blake2b(f"registry-api {work}".encode(), digest_size=8).digest()
        lock = {"lock": int.from_bytes(hashed, "big", signed=True)}
        with told_apart():
            taken = connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), lock)
            connection.commit()
        try:
            yield bool(taken)
        finally:
            if taken and not connection.invalidated:
                with contextlib.suppress(SQLAlchemyError):
                    connection.rollback()
                    connection.execute(text("SELECT pg_advisory_unlock(:lock)"), lock)
                    connection.commit()
        return
    path = connection.engine.url.database
    if not path or path == ":memory:":
        yield True
        return
    with Path(f"{path}.{work}.lock").open("w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True

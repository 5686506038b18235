"""Errors of real databases, told apart by whether trying again helps; and one writer a chain."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping
from typing import Any, cast

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, Engine, Table, insert, select, text, update
from sqlalchemy.exc import TimeoutError  # noqa: A004  # the pool's

from registry_api import bulk, database
from registry_api.bulk import Row
from registry_api.config import Settings
from registry_api.database import most_readers, open_database, open_readers, sole_writer, told_apart
from registry_api.errors import FatalError, RetryableError
from registry_api.indexer import transaction
from registry_api.tables import metadata, opt_outs

PROCESSORS = os.cpu_count() or 1
ROW = {"chain_id": 1, "account": "0x" + "11" * 20, "opted_out": True, "block": 1}


class Late(dict[str, Any]):
    """A row with something that happens when it is written: what is not of its key is read then for the first time."""

    def __init__(self, row: Row, first: Callable[[], None]) -> None:
        super().__init__(row)
        self._first: Callable[[], None] | None = first

    def __getitem__(self, name: str) -> Any:
        if name == "block" and self._first is not None:
            first, self._first = self._first, None
            first()
        return super().__getitem__(name)


def test_transaction__given_a_unique_violation__is_fatal_and_leaves_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(FatalError, match=r"(?i)unique"):
            write(connection, ROW, ROW)
        assert connection.execute(select(opt_outs)).all() == []


def test_transaction__given_a_unique_violation_in_bulk__is_fatal_and_leaves_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(FatalError, match=r"(?i)unique"), transaction(connection):
            bulk.add(connection, opt_outs, [ROW, ROW])
        assert connection.execute(select(opt_outs)).all() == []


# Of many rows, some are sent before the last is there.
@pytest.mark.parametrize("count", [2, 20_000])
@pytest.mark.parametrize("operation", [bulk.add, bulk.put, bulk.change])
def test_transaction__given_a_connection_lost_in_bulk__is_retryable_and_goes_on_with_another(
    postgresql_engine: Engine, operation: Callable[[Connection, Table, list[Row]], None], count: int
) -> None:
    with postgresql_engine.connect() as connection, sole_writer(connection, 1):
        given = [{**ROW, "chain_id": number} for number in range(count)]
        rows = [given[0], Late(given[1], lambda: kill(postgresql_engine, connection)), *given[2:]]
        with (
            pytest.raises(RetryableError, match=r"terminating connection|server closed the connection"),
            transaction(connection),
            connection.begin_nested(),
        ):
            operation(connection, opt_outs, rows)
        assert connection.invalidated
        with transaction(connection):
            operation(connection, opt_outs, [ROW])
            assert len(connection.execute(select(opt_outs)).all()) == (operation is not bulk.change)


def test_transaction__given_a_statement_cancelled_in_bulk__is_retryable_and_leaves_nothing(
    postgresql_engine: Engine,
) -> None:
    with postgresql_engine.connect() as connection:
        rows = [ROW, Late({**ROW, "chain_id": 2}, lambda: cancel(postgresql_engine, connection))]
        with pytest.raises(RetryableError, match="canceling statement"), transaction(connection):
            bulk.add(connection, opt_outs, rows)
        assert not connection.invalidated
        assert connection.execute(select(opt_outs)).all() == []


def test_transaction__given_a_missing_value__is_fatal(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(FatalError, match=r"(?i)null"):
        write(connection, {**ROW, "block": None})


def test_transaction__given_a_lost_connection__is_retryable_and_leaves_nothing(postgresql_engine: Engine) -> None:
    def lose_it(connection: Connection) -> None:
        kill(postgresql_engine, connection)

    with postgresql_engine.connect() as connection, pytest.raises(RetryableError):
        write(connection, ROW, {**ROW, "chain_id": 2}, between=lose_it)
    with postgresql_engine.connect() as connection:
        assert connection.execute(select(opt_outs)).all() == []


def test_transaction__given_a_serialization_failure__is_retryable(postgresql_engine: Engine) -> None:
    engine = postgresql_engine.execution_options(isolation_level="SERIALIZABLE")
    with engine.connect() as one, engine.connect() as other:
        write(one, ROW)

        def interfere(connection: Connection) -> None:
            connection.execute(select(opt_outs)).all()
            with transaction(other):
                other.execute(select(opt_outs)).all()
                other.execute(update(opt_outs).values(block=2))

        with pytest.raises(RetryableError, match="serialize"):
            write(one, {**ROW, "chain_id": 2}, {**ROW, "chain_id": 3}, between=interfere, update_all=True)


def test_transaction__given_a_locked_file__is_retryable(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCK_TIMEOUT", 0)
    engine = open_database(sqlite_url, writes=True)
    metadata.create_all(engine)
    with (
        engine.connect() as one,
        engine.connect() as other,
        transaction(one),
        pytest.raises(RetryableError, match="locked"),
    ):
        write(other, ROW)
    engine.dispose()


def test_told_apart__given_no_server__is_retryable() -> None:
    engine = open_database("postgresql://nobody:secret@127.0.0.1:1/none", writes=True)
    with pytest.raises(RetryableError) as error, told_apart(), engine.connect():
        pass
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "most"), [("sqlite_url", min(50, 2 * PROCESSORS)), ("postgresql_url", 50)], ids=["sqlite", "postgresql"]
)
def test_open_readers__opened_all_at_once__are_as_many_as_may_be(
    request: pytest.FixtureRequest, url: str, most: int
) -> None:
    given = Settings(
        database_url=SecretStr(request.getfixturevalue(url)), pool_min=50, pool_max=50, pool_wait=0.1, chains=(1,)
    )
    engine = open_readers(given)
    assert most_readers(given) == most
    with contextlib.ExitStack() as stack:
        for _ in range(most):
            stack.enter_context(engine.connect())
        with pytest.raises(TimeoutError, match="limit"):
            engine.connect()
    engine.dispose()


@pytest.mark.parametrize("url", ["mysql://host/name", "not a url"])
def test_open_database__given_another_kind__is_refused(url: str) -> None:
    with pytest.raises(FatalError, match=r"^database: "):
        open_database(url, writes=True)


def test_sole_writer__given_another__is_not_alone_until_it_ends(engine: Engine) -> None:
    with engine.connect() as one, engine.connect() as other:
        with sole_writer(one, 1) as first, sole_writer(other, 1) as second:
            assert (first, second) == (True, False)
            with sole_writer(other, 2) as elsewhere:
                assert elsewhere
        with sole_writer(other, 1) as later:
            assert later


def test_sole_writer__when_the_other_dies__takes_over(postgresql_engine: Engine) -> None:
    with postgresql_engine.connect() as one, postgresql_engine.connect() as other, sole_writer(one, 1) as first:
        assert first
        kill(postgresql_engine, one)
        with sole_writer(other, 1) as second:
            assert second


def write(
    connection: Connection,
    *rows: Mapping[str, Any],
    between: Callable[[Connection], None] = lambda _connection: None,
    update_all: bool = False,
) -> None:
    """Adds rows in one transaction, in which something happens after the first."""
    with transaction(connection):
        connection.execute(insert(opt_outs), [rows[0]])
        between(connection)
        for row in rows[1:]:
            connection.execute(insert(opt_outs), [row])
        if update_all:
            connection.execute(update(opt_outs).values(block=3))


def kill(engine: Engine, victim: Connection) -> None:
    """Ends a connection as an administrator would."""
    signal(engine, victim, "pg_terminate_backend(:pid, 5000)")


def cancel(engine: Engine, victim: Connection) -> None:
    """Ends what a connection is doing as an administrator would."""
    signal(engine, victim, "pg_cancel_backend(:pid)")


def signal(engine: Engine, victim: Connection, function: str) -> None:
    # Known without a query: it may be in the middle of something.
    driver = cast("psycopg.Connection", victim.connection.driver_connection)
    with engine.connect() as connection:
        connection.execute(text(f"SELECT {function}"), {"pid": driver.info.backend_pid})

"""Many rows in one statement.

PostgreSQL is given keys as arrays, which it reads as rows, and rows by COPY; SQLite takes one row after the other, all
in C. COPY is the driver's: its errors are psycopg's own, see {registry_api.database.told_apart}.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar, cast

import psycopg
from psycopg.sql import SQL, Composed, Identifier
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Executable,
    Table,
    TableValuedAlias,
    TextualSelect,
    and_,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects import sqlite

from registry_api.tables import FOLLOWS

Key = tuple[Any, ...]
Row = dict[str, Any]

_T = TypeVar("_T")

BIND_LIMIT = 30_000
"""Of one statement: SQLite's is 32,766."""


def find(
    connection: Connection, table: Table, names: Sequence[str], keys: Collection[Key], shared: Row
) -> Iterator[Row]:
    """Those rows that have one of these keys, each looked up in an index; without columns that follow from others.

    :param names: the key's columns; without any, all rows have the one key that there is
    :param shared: what else all of them have in common, by column
    """
    if not names:
        query = select(*_kept(table)).where(and_(*(table.c[name] == value for name, value in shared.items())))
        yield from _rows(connection, table, query)
    elif _is_postgresql(connection):
        wanted = _arrays(table, names)
        is_wanted = (table.c[name] == wanted.c[name] for name in names)
        is_shared = (table.c[name] == value for name, value in shared.items())
        query = select(*_kept(table)).join(wanted, and_(*is_wanted)).where(*is_shared)
        yield from _rows(connection, table, query, _columns(names, keys))
    else:
        looked_up = _looked_up(table, tuple(names), tuple(shared))
        for chunk in _chunks(list(keys), BIND_LIMIT // len(names)):
            yield from _rows(connection, table, looked_up, {**shared, "keys": chunk})


def add(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Adds rows."""
    if not _is_postgresql(connection):
        connection.execute(insert(table), rows)
        return
    with _cursor(connection) as cursor:
        _copy(cursor, Identifier(table.name), table, _in_order(table, rows))


def put(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Adds rows, or makes those with the same primary keys what they are given as."""
    if _is_postgresql(connection):
        _take(
            connection,
            table,
            rows,
            "INSERT INTO {table} ({names}) SELECT {names} FROM given"
            " ON CONFLICT ({keys}) DO UPDATE SET ({others}) = ROW({excluded_others})",
        )
        return
    keys, others = _parted(table)
    row = sqlite.insert(table)
    connection.execute(
        row.on_conflict_do_update(index_elements=keys, set_={name: row.excluded[name] for name in others}), rows
    )


def change(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Makes rows what they are given as, found by their primary keys."""
    if _is_postgresql(connection):
        _take(
            connection,
            table,
            rows,
            "UPDATE {table} SET ({others}) = ROW({given_others}) FROM given WHERE ({table_keys}) = ({given_keys})",
        )
        return
    keys, others = _parted(table)
    parameters = [{name: row[name] for name in others} | _renamed(keys, row) for row in rows]
    connection.execute(update(table).where(_is_row(table, keys)), parameters)


def remove(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Removes rows, found by their primary keys."""
    keys, _ = _parted(table)
    connection.execute(delete(table).where(_is_row(table, keys)), [_renamed(keys, row) for row in rows])


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _parted(table: Table) -> tuple[list[str], list[str]]:
    """The columns of the primary key, and the others."""
    return [one.name for one in table.primary_key], [one.name for one in table.columns if not one.primary_key]


# FIND


@cache
def _kept(table: Table) -> tuple[Column[Any], ...]:
    """The columns that are not made of others."""
    return tuple(one for one in table.columns if FOLLOWS not in one.info)


def _rows(connection: Connection, table: Table, query: Executable, parameters: Row | None = None) -> Iterator[Row]:
    names = [one.name for one in _kept(table)]
    return (dict(zip(names, row, strict=True)) for row in connection.execute(query, parameters).all())


@cache
def _looked_up(table: Table, names: tuple[str, ...], shared: tuple[str, ...]) -> TextualSelect:
    """SQLite looks up one key by an index, but of several in `IN` none: it would read the whole table. A cross join is
    done in the order in which it is written."""
    shown = ", ".join(f'found."{one.name}"' for one in _kept(table))
    is_wanted = [f'found."{name}" = wanted.column{number}' for number, name in enumerate(names, start=1)]
    is_shared = [f'found."{name}" = :{name}' for name in shared]
    condition = " AND ".join([*is_shared, *is_wanted])
    statement = f"SELECT {shown} FROM :keys AS wanted CROSS JOIN {table.name} AS found ON {condition}"  # noqa: S608
    return text(statement).bindparams(bindparam("keys", expanding=True)).columns(*_kept(table))


def _arrays(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """Parameters, an array a column, as a table."""
    arrays = [bindparam(f"all_{name}", type_=ARRAY(table.c[name].type)) for name in names]
    columns = [column(name, table.c[name].type) for name in names]
    return func.unnest(*arrays).table_valued(*columns, name="given").render_derived()


def _columns(names: Sequence[str], keys: Iterable[Key]) -> dict[str, list[Any]]:
    """The parameters of {_arrays}."""
    return {f"all_{name}": list(values) for name, values in zip(names, zip(*keys, strict=True), strict=True)}


def _chunks(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


# POSTGRESQL'S COPY


@contextlib.contextmanager
def _cursor(connection: Connection) -> Iterator[psycopg.Cursor]:
    """The driver's, in the connection's transaction.

    :raises psycopg.Error: the connection is invalid then if it was lost, as after a statement of SQLAlchemy's
    """
    if not connection.in_transaction():
        connection.begin()
    driver = cast("psycopg.Connection", connection.connection.driver_connection)
    try:
        with driver.cursor() as cursor:
            yield cursor
    except psycopg.Error as error:
        if driver.closed:
            connection.invalidate(error)
        raise


def _copy(cursor: psycopg.Cursor, into: Identifier, table: Table, rows: Iterable[Row]) -> None:
    names = table.columns.keys()
    with cursor.copy(SQL("COPY {} ({}) FROM STDIN").format(into, _listed(names))) as copy:
        for values in map(itemgetter(*names), rows):
            copy.write_row(values)


def _take(connection: Connection, table: Table, rows: Iterable[Row], statement: str) -> None:
    """Executes a statement that has rows as the table `given`.

    They go through a temporary table, which stays until the connection is closed: one for each transaction would fill
    PostgreSQL's catalogs with what was dropped.
    """
    keys, others = _parted(table)
    given = Identifier(f"given_{table.name}")
    with _cursor(connection) as cursor:
        cursor.execute(
            SQL("CREATE TEMPORARY TABLE IF NOT EXISTS {} (LIKE {}) ON COMMIT DELETE ROWS").format(
                given, Identifier(table.name)
            )
        )
        _copy(cursor, given, table, _in_order(table, rows))
        cursor.execute(
            SQL("WITH given AS (DELETE FROM {} RETURNING *) ").format(given)
            + SQL(statement).format(
                table=Identifier(table.name),
                names=_listed(table.columns.keys()),
                keys=_listed(keys),
                others=_listed(others),
                table_keys=_listed(keys, table.name),
                given_keys=_listed(keys, "given"),
                given_others=_listed(others, "given"),
                excluded_others=_listed(others, "excluded"),
            ),
            # A plan that is kept is one for the number of rows that there were when it was made.
            prepare=False,
        )


def _in_order(table: Table, rows: Iterable[Row]) -> list[Row]:
    """By their primary keys: what is near in an index is written at the same time."""
    return sorted(rows, key=itemgetter(*_parted(table)[0]))


def _listed(names: Iterable[str], *of: str) -> Composed:
    return SQL(", ").join(Identifier(*of, name) for name in names)


# SQLITE'S ROW AFTER ROW


def _is_row(table: Table, keys: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(table.c[name] == bindparam(f"key_{name}") for name in keys))


def _renamed(keys: Sequence[str], row: Row) -> Row:
    return {f"key_{name}": row[name] for name in keys}

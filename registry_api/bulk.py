"""Many rows in one statement.

PostgreSQL is given an array for each column, which it reads as rows; SQLite takes one row after the other, all in C.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    RowMapping,
    Table,
    TableValuedAlias,
    and_,
    bindparam,
    column,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

Key = tuple[Any, ...]
Row = dict[str, Any]

_T = TypeVar("_T")

BIND_LIMIT = 30_000
"""Of one statement: SQLite's is 32,766."""


def find(
    connection: Connection, table: Table, names: Sequence[str], keys: Collection[Key], where: ColumnElement[bool]
) -> Iterator[RowMapping]:
    """Those rows that have one of these keys, each looked up in an index.

    :param names: the key's columns
    :param where: what else is true of them
    """
    query = select(table).where(where)
    if _takes_arrays(connection):
        wanted = _arrays(table, names)
        query = query.join(wanted, and_(*(table.c[name] == wanted.c[name] for name in names)))
        yield from connection.execute(query, _columns(names, keys)).mappings()
        return
    query = query.where(tuple_(*(table.c[name] for name in names)).in_(bindparam("keys", expanding=True)))
    for chunk in _chunks(list(keys), BIND_LIMIT // len(names)):
        yield from connection.execute(query, {"keys": chunk}).mappings()


def add(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Adds rows."""
    if not _takes_arrays(connection):
        connection.execute(insert(table), rows)
        return
    names = [one.name for one in table.columns]
    given = _arrays(table, names)
    connection.execute(insert(table).from_select(names, select(given)), _columns(names, _values(names, rows)))


def put(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Adds rows, or makes those with the same primary keys what they are given as."""
    names = [one.name for one in table.columns]
    others = [one.name for one in table.columns if not one.primary_key]
    if _takes_arrays(connection):
        given = _arrays(table, names)
        new = postgresql.insert(table).from_select(names, select(given))
        statement = new.on_conflict_do_update(
            constraint=table.primary_key, set_={name: new.excluded[name] for name in others}
        )
        connection.execute(statement, _columns(names, _values(names, rows)))
        return
    row = sqlite.insert(table)
    keys = [one.name for one in table.primary_key]
    connection.execute(
        row.on_conflict_do_update(index_elements=keys, set_={name: row.excluded[name] for name in others}), rows
    )


def change(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Makes rows what they are given as, found by their primary keys."""
    keys = [one.name for one in table.primary_key]
    others = [one.name for one in table.columns if not one.primary_key]
    if not _takes_arrays(connection):
        parameters = [{name: row[name] for name in others} | _renamed(keys, row) for row in rows]
        connection.execute(update(table).where(_is_row(table, keys)), parameters)
        return
    names = [*keys, *others]
    given = _arrays(table, names)
    statement = update(table).where(and_(*(table.c[name] == given.c[name] for name in keys)))
    connection.execute(
        statement.values({name: given.c[name] for name in others}), _columns(names, _values(names, rows))
    )


def remove(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Removes rows, found by their primary keys."""
    keys = [one.name for one in table.primary_key]
    connection.execute(delete(table).where(_is_row(table, keys)), [_renamed(keys, row) for row in rows])


def _takes_arrays(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _arrays(table: Table, names: Sequence[str]) -> TableValuedAlias:
    """Parameters, an array a column, as a table."""
    arrays = [bindparam(f"all_{name}", type_=ARRAY(table.c[name].type)) for name in names]
    columns = [column(name, table.c[name].type) for name in names]
    return func.unnest(*arrays).table_valued(*columns, name="given").render_derived()


def _columns(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, list[Any]]:
    """The parameters of {_arrays}."""
    return {f"all_{name}": list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}


def _values(names: Sequence[str], rows: Iterable[Row]) -> Iterator[list[Any]]:
    return ([row[name] for name in names] for row in rows)


def _is_row(table: Table, keys: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(table.c[name] == bindparam(f"key_{name}") for name in keys))


def _renamed(keys: Sequence[str], row: Row) -> Row:
    return {f"key_{name}": row[name] for name in keys}


def _chunks(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    return (items[start : start + size] for start in range(0, len(items), size))

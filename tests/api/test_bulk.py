"""Rows that are written in bulk are read as they were given, whatever is in them, by both databases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    Engine,
    Integer,
    LargeBinary,
    String,
    Table,
    event,
    select,
    text,
)

from registry_api import bulk
from registry_api.bulk import Key, Row
from registry_api.tables import FOLLOWS, WholeNumber, metadata, opt_outs
from tests.api.conftest import prepared

Operation = Callable[[Connection, Table, Sequence[Row]], None]
Step = tuple[Operation, list[Row]]

TABLES = [table for table in metadata.sorted_tables if len(table.columns) > len(table.primary_key)]
"""Those whose rows can change."""

# What means something to COPY, to arrays or to SQL; U+0000 is in no text of PostgreSQL's.
_texts = st.text(
    st.sampled_from("\\N.\t\n\r\b\v\"'{},%:$\x01é😀") | st.characters(exclude_categories=["Cs"]), max_size=8
)
hostile_texts = _texts.map(lambda drawn: drawn.replace("\0", "")) | st.sampled_from(
    ["", "\\N", "\\.", "NULL", "{NULL}"]
)


def values(column: Column[Any]) -> st.SearchStrategy[Any]:
    """What a column can have."""
    match column.type:
        case WholeNumber():
            found: st.SearchStrategy[Any] = st.integers(1 - 10**78, 10**78 - 1)
        case BigInteger():
            found = st.integers(-(2**63), 2**63 - 1)
        case Integer():
            found = st.integers(-(2**31), 2**31 - 1)
        case Boolean():
            found = st.booleans()
        case Double():
            found = st.floats(allow_nan=False)
        case LargeBinary():
            found = st.binary(max_size=32) | st.sampled_from([b"\\", b"\\x00", b"\0\t\n"])
        case String():
            found = hostile_texts
        case other:
            raise TypeError(f"{column}: nothing is known of {other!r}")
    return st.none() | found if column.nullable else found


@st.composite
def courses(draw: st.DrawFn) -> tuple[Table, list[Key], list[Step]]:
    """A table, a few keys, and what is done to rows with them."""
    table = draw(st.sampled_from(TABLES))
    names = [column.name for column in table.primary_key]
    keys = draw(st.lists(st.tuples(*map(values, table.primary_key)), min_size=1, max_size=3, unique=True))
    others = st.fixed_dictionaries({column.name: values(column) for column in table.columns if not column.primary_key})
    operations = st.sampled_from([bulk.add, bulk.put, bulk.change, bulk.remove])
    chosen = st.lists(st.sampled_from(keys), min_size=1, unique=True)
    # There is something to change from the start.
    steps = [(bulk.add, keys), *draw(st.lists(st.tuples(operations, chosen), min_size=1, max_size=5))]
    return (
        table,
        keys,
        [
            (operation, [{**dict(zip(names, key, strict=True)), **draw(others)} for key in some])
            for operation, some in steps
        ],
    )


def test_rows__given_anything_in_them__are_read_as_written(engine: Engine) -> None:
    @given(courses())
    def are_read_as_written(course: tuple[Table, list[Key], list[Step]]) -> None:
        table, keys, steps = course
        names = [column.name for column in table.primary_key]
        expected: dict[Key, Row] = {}
        # Taken back at the end.
        with engine.connect() as connection:
            for operation, given_rows in steps:
                rows = {tuple(row[name] for name in names): row for row in given_rows}
                if operation is bulk.add:
                    rows = {key: row for key, row in rows.items() if key not in expected}
                if rows:
                    operation(connection, table, list(rows.values()))
                if operation is bulk.remove:
                    expected = {key: row for key, row in expected.items() if key not in rows}
                else:
                    known = expected.keys() if operation is bulk.change else rows.keys()
                    expected.update({key: row for key, row in rows.items() if key in known})
            found = list(bulk.find(connection, table, names, keys, {}))
            every = connection.execute(select(table)).mappings()
            assert {tuple(row[name] for name in names): dict(row) for row in every} == expected
            following = [column.name for column in table.columns if FOLLOWS in column.info]
            for row in expected.values():
                for name in following:
                    del row[name]
            assert {tuple(row[name] for name in names): row for row in found} == expected

    are_read_as_written()


@pytest.mark.parametrize("table", [one for one in TABLES if len(one.primary_key) > 1], ids=str)
def test_find__in_sqlite__looks_up_each_key(table: Table, tmp_path: Path) -> None:
    with prepared(f"sqlite:///{tmp_path / 'registry.db'}") as engine, engine.connect() as connection:
        statements: list[tuple[str, Any]] = []

        @event.listens_for(connection, "before_cursor_execute")
        def note(_connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            statements.append((statement, parameters))

        names = [column.name for column in table.primary_key]
        list(bulk.find(connection, table, names[1:], [(1,) * len(names[1:])] * 3, {names[0]: 1}))
        *_, (statement, parameters) = statements
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    looked_up = " AND ".join(f"{name}=?" for name in names)
    assert plan[-1].endswith(f"({'rowid=?' if 'INTEGER PRIMARY KEY' in plan[-1] else looked_up})")


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("operation", [bulk.change, bulk.put])
def test_rows__given_others_before_them__are_the_only_ones_written(
    connection: Connection, operation: Operation, committed: bool
) -> None:
    bulk.add(connection, opt_outs, [opt_out("a"), opt_out("b")])
    operation(connection, opt_outs, [opt_out("a", block=2)])
    if committed:
        connection.commit()
    bulk.remove(connection, opt_outs, [opt_out("a")])
    bulk.add(connection, opt_outs, [opt_out("a", block=3)])
    operation(connection, opt_outs, [opt_out("b", block=4)])
    assert blocks_of(connection) == {"a": 3, "b": 4}


def test_rows__given_a_savepoint_that_is_rolled_back__are_what_they_were(connection: Connection) -> None:
    bulk.add(connection, opt_outs, [opt_out("a")])
    savepoint = connection.begin_nested()
    bulk.add(connection, opt_outs, [opt_out("b")])
    bulk.change(connection, opt_outs, [opt_out("a", block=2)])
    bulk.put(connection, opt_outs, [opt_out("a", block=3), opt_out("c")])
    savepoint.rollback()
    assert blocks_of(connection) == {"a": 1}
    bulk.change(connection, opt_outs, [opt_out("a", block=4)])
    assert blocks_of(connection) == {"a": 4}


def test_add__given_no_transaction__begins_one(connection: Connection) -> None:
    bulk.add(connection, opt_outs, [opt_out("a")])
    connection.rollback()
    bulk.add(connection, opt_outs, [opt_out("b")])
    connection.commit()
    assert blocks_of(connection) == {"b": 1}


def test_change__given_many_transactions__leaves_nothing_of_them(postgresql_engine: Engine) -> None:
    table = text("SELECT ctid, oid, relfilenode FROM pg_class WHERE relname = 'given_opt_outs'")
    size = text("SELECT pg_relation_size('given_opt_outs')")
    plans = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'WITH given%'")
    with postgresql_engine.connect() as connection:
        found = set()
        for block in range(10):
            bulk.change(connection, opt_outs, [opt_out("a", block=block)])
            connection.commit()
            found.add((*connection.execute(table).one(), connection.scalar(size), connection.scalar(plans)))
            connection.commit()
        ((*_, left, kept),) = found
        assert (left, kept) == (0, 0)


def opt_out(account: str, *, block: int = 1) -> Row:
    return {"chain_id": 1, "account": account, "opted_out": True, "block": block}


def blocks_of(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(opt_outs.c.account, opt_outs.c.block))
    return {row.account: row.block for row in rows}

"""Indexes that nobody needs who writes: a first build goes without them, and makes them at its end.

Each row that is added otherwise finds its place in every one of them, at random, and in ever more of it. Made at once,
they are sorted. Which ones are missing is what the database itself says, so that a build may be stopped at any moment.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial

import structlog
from sqlalchemy import Connection, Engine, Index, inspect, select

from registry_api.database import told_apart
from registry_api.errors import FatalError
from registry_api.tables import (
    agent_feedback,
    agent_metadata,
    agents,
    chains,
    clients,
    feedback,
    history,
    queue,
    ratings,
    responses,
    validations,
)
from registry_api.turns import keep_going

POSTPONED = (
    agents,
    agent_feedback,
    agent_metadata,
    history,
    feedback,
    responses,
    clients,
    ratings,
    validations,
    queue,
)
"""Tables that events fill, and which the indexer reads by their primary keys alone."""

_log = structlog.get_logger()


def postpone(engine: Engine) -> None:
    """Removes them, unless the database knows a chain already, for which somebody may read them."""
    with told_apart(), engine.begin() as connection:
        if connection.execute(select(chains.c.chain_id).limit(1)).first() is None:
            for table in POSTPONED:
                for index in table.indexes:
                    index.drop(connection, checkfirst=True)


def complete(engine: Engine, stop: threading.Event, *, poll: float) -> None:
    """Makes those that are missing, each in a transaction of its own.

    :param poll: between two looks at whether another process that does so has gone, seconds
    :raises FatalError: if one cannot be made
    """

    def begin(connection: Connection) -> Callable[[], bool]:
        return partial(_make_one, connection)

    keep_going(engine, "indexes", begin, stop, poll=poll, once=True)


def check_complete(connection: Connection) -> None:
    """Whether all are there.

    :raises FatalError: if not
    """
    if names := [index.name for index in _missing(connection)]:
        raise FatalError(
            f"database: {len(names)} indexes are missing, {names[0]} among them: the first build has not ended yet;"
            " `registry-api index` makes them"
        )


def _make_one(connection: Connection) -> bool:
    """Makes an index.

    :returns: whether one was missing
    """
    with told_apart(), connection.begin():
        index = next(_missing(connection), None)
        if index is None:
            return False
        _log.info("making an index", name=index.name)
        index.create(connection)
    return True


def _missing(connection: Connection) -> Iterator[Index]:
    """In an order that does not change."""
    found = inspect(connection).get_multi_indexes(filter_names=[table.name for table in POSTPONED])
    there = {index["name"] for indexes in found.values() for index in indexes}
    for table in POSTPONED:
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            if index.name not in there:
                yield index

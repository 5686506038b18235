"""The audit trail: on whose behalf a transaction acts, and what the database has written down of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import ColumnClause, Connection, RowMapping, delete, insert, literal_column, select, update

from registry_api.tables import audit, audit_context

KEPT = 2 * 365 * 86_400
"""Seconds; the database refuses to remove what is younger."""


class Actor(NamedTuple):
    """Who acts.

    :ivar name: `key <id>`, `command <user>`
    """

    name: str
    request_id: str | None = None
    address: str | None = None


@contextmanager
def acting(connection: Connection, actor: Actor) -> Iterator[None]:
    """What a transaction changes in the block is written down as an actor's."""
    is_postgresql = connection.dialect.name == "postgresql"
    transaction: ColumnClause[str] = literal_column("pg_current_xact_id()::text" if is_postgresql else "'now'")
    values = {"actor": actor.name[:100], "request_id": actor.request_id, "address": actor.address}
    connection.execute(insert(audit_context).values(transaction=transaction, **values))
    yield
    connection.execute(delete(audit_context).where(audit_context.c.transaction == transaction))


def entries(connection: Connection, *, to_review: bool = False, limit: int = 100) -> Sequence[RowMapping]:
    """The latest entries, the newest first.

    :param to_review: only those that somebody has yet to look at
    """
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if to_review:
        query = query.where(audit.c.needs_review, audit.c.reviewed_time.is_(None))
    return connection.execute(query).mappings().all()


def review(connection: Connection, entry: int, by: str) -> bool:
    """Notes that somebody has looked at an entry.

    :returns: False if there is none, or somebody had
    """
    is_open = (audit.c.id == entry) & audit.c.reviewed_time.is_(None)
    reviewed = update(audit).where(is_open).values(reviewed_time=int(time.time()), reviewed_by=by[:100])
    return connection.execute(reviewed).rowcount > 0


def prune(connection: Connection, now: int) -> int:
    """Removes what need not be kept any more.

    :param now: Unix seconds
    :returns: how many entries
    """
    return connection.execute(delete(audit).where(audit.c.time <= now - KEPT)).rowcount

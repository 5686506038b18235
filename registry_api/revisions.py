"""Revisions: numbers by which who remembers something learns that it may have changed."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from registry_api.tables import chains, revisions


class Part(StrEnum):
    """What may change by itself, each written by others."""

    EVENTS = "events"
    FILES = "files"
    SCORES = "scores"
    PAYMENTS = "payments"


_INSERT: dict[str, Callable[..., postgresql.Insert | sqlite.Insert]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}


def changed(connection: Connection, chain_id: int, part: Part) -> None:
    """Gives a part of what is known of a chain another number, in the transaction that changes it.

    At its end: others who change the same part wait for it.
    """
    first = _INSERT[connection.dialect.name](revisions).values(chain_id=chain_id, part=part.value, number=1)
    connection.execute(
        first.on_conflict_do_update(index_elements=revisions.primary_key, set_={"number": revisions.c.number + 1})
    )


def revision(*parts: Part) -> ColumnElement[int]:
    """For a statement that reads `chains`: a number that grows when one of these parts changes."""
    of_parts = revisions.c.part.in_([part.value for part in parts])
    total = select(func.coalesce(func.sum(revisions.c.number), 0)).where(
        revisions.c.chain_id == chains.c.chain_id, of_parts
    )
    return total.correlate(chains).scalar_subquery()

"""Links between payments and agents, each written once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, insert
from sqlalchemy.exc import IntegrityError

from registry_api.audit import Actor, acting
from registry_api.database import told_apart
from registry_api.payments import Payment
from registry_api.revisions import Part, changed
from registry_api.tables import payments


class LinkedError(Exception):
    """A payment is linked already."""


def link(
    engine: Engine, chain_id: int, agent_id: int, proven: Sequence[Payment], *, now: int, actor: Actor
) -> list[dict[str, Any]]:
    """Links the payments of one transaction to an agent: all of them, or none.

    :param now: Unix seconds
    :param actor: on whose behalf
    :raises LinkedError: if one of them is linked already
    :raises RetryableError: if the database fails for now
    """
    rows: list[dict[str, Any]] = [
        {
            "chain_id": chain_id,
            "transaction": one.transaction,
            "position": -1 if one.log_index is None else one.log_index,
            "agent_id": agent_id,
            "token": one.token,
            "payer": one.payer,
            "recipient": one.recipient,
            "amount": one.amount,
            "block": one.block,
            "block_hash": one.block_hash,
            "time": one.time,
            "linked_time": now,
        }
        for one in proven
    ]
    with told_apart():
        try:
            with engine.begin() as connection, acting(connection, actor):
                connection.execute(insert(payments), rows)
                changed(connection, chain_id, Part.PAYMENTS)
        except IntegrityError:
            raise LinkedError(f"transaction {proven[0].transaction}: was linked before") from None
    return rows

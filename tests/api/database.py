"""Databases for tests: what they hold, to be compared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from registry_api.tables import (
    administration,
    agent_feedback,
    agent_metadata,
    agents,
    chains,
    clients,
    feedback,
    history,
    operators,
    opt_outs,
    ratings,
    responses,
    validations,
)

PROJECTED = (
    administration,
    agents,
    agent_feedback,
    operators,
    opt_outs,
    agent_metadata,
    history,
    feedback,
    responses,
    clients,
    ratings,
    validations,
    chains,
)
"""What events change."""


def content(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of what follows from the chain."""
    return {
        table.name: [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
        for table in PROJECTED
    }

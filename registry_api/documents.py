"""An agent as responses have it, made once for each change: reading it again is copying it."""

from __future__ import annotations

from typing import Any

import orjson

from registry_api.bulk import Row

MAX_EXACT = 2**53
"""Above it, a JSON number is not exact in many languages: such integers are texts."""


def agent(row: Row) -> str:
    """What the chain says of an agent, JSON.

    :param row: of `agents`
    """
    return orjson.dumps(
        {
            "agent_id": exact(row["agent_id"]),
            "owner": row["owner"],
            "approved": row["approved"],
            "wallet": row["wallet"],
            "uri": row["own_uri"],
            "ownership_epoch": row["ownership_epoch"],
            "registered": {
                "block": row["registered_block"],
                "time": row["registered_time"],
                "transaction": row["registered_transaction"],
            },
            "updated_time": row["updated_time"],
            "feedback": {
                "count": row["feedback_count"],
                "revoked": row["revoked_count"],
                "clients": row["client_count"],
                "responses": row["response_count"],
                "last_time": row["last_feedback_time"],
            },
            "validations": {"requested": row["validation_count"], "answered": row["answered_count"]},
            "block": row["block"],
        }
    ).decode()


def token_uri(own_uri: str | None, base_uri: str, agent_id: int) -> str:
    """An agent's URI: its own, else the auto URI, else none."""
    if own_uri is not None:
        return own_uri
    return f"{base_uri}/{agent_id}/registration" if base_uri else ""


def exact(number: int) -> Any:
    """An integer as JSON has it without loss."""
    return number if -MAX_EXACT <= number <= MAX_EXACT else str(number)

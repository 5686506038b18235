"""What a database has to say of a chain whose history the model has played."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection

from tests.api.database import content
from tests.codec import bytes_of
from tests.model import ZERO, Model


def stored(text: str) -> str:
    """A text of the chain as the database keeps it."""
    return bytes_of(text).decode(errors="backslashreplace").replace("\0", "\\x00")


def of_model(model: Model) -> dict[str, Any]:
    """The model's state, in the database's words."""
    identity, reputation, validation = model.identity, model.reputation, model.validation
    feedback, clients = {}, {}
    ratings: dict[tuple[int, str, str, int], list[int]] = defaultdict(list)
    for agent_id, ledgers in reputation.ledgers.items():
        for client, ledger in ledgers.items():
            for entry in ledger.entries:
                feedback[agent_id, client, entry.index] = (
                    *(entry.value, entry.decimals, stored(entry.tag1), stored(entry.tag2)),
                    *(entry.time, entry.revoked, entry.responses.total()),
                )
                values = ratings[agent_id, stored(entry.tag1), stored(entry.tag2), entry.decimals]
                values += [] if entry.revoked else [entry.value]
            if ledger.entries:
                clients[agent_id, client] = len(ledger.entries), len(ledger.entries) - len(ledger.live)
    return {
        "agents": {
            agent_id: (
                agent.owner,
                _or_none(agent.wallet),
                stored(agent.uri) or None,
                _or_none(agent.approved),
                agent.epoch,
            )
            for agent_id, agent in identity.agents.items()
        },
        "metadata": {
            (agent_id, stored(key)): value
            for agent_id, agent in identity.agents.items()
            for key, value in agent.metadata.items()
            if value
        },
        "operators": identity.operators,
        "opt_outs": identity.opted_out,
        "base_uri": stored(identity.base),
        "feedback": feedback,
        "clients": clients,
        "ratings": {
            key: (
                len(values),
                sum(values),
                float(Fraction(sum(values), len(values) * 10 ** key[3])) if values else None,
            )
            for key, values in ratings.items()
        },
        "validations": {
            request_hash: (
                *(request.validator, request.agent_id, request.updated),
                *((None,) * 3 if request.pending else (request.response, request.content_hash, stored(request.tag))),
            )
            for request_hash, request in validation.requests.items()
        },
        "counts": (len(identity.agents), len(feedback), len(validation.requests)),
    }


def of_database(connection: Connection) -> dict[str, Any]:
    """The same, as the database has it."""
    rows = content(connection)
    [chain] = rows["chains"]
    return {
        "agents": {
            row["agent_id"]: (row["owner"], row["wallet"], row["own_uri"], row["approved"], row["ownership_epoch"])
            for row in rows["agents"]
        },
        "metadata": {(row["agent_id"], row["key"]): row["value"] for row in rows["agent_metadata"] if row["value"]},
        "operators": {(row["owner"], row["operator"]) for row in rows["operators"] if row["approved"]},
        "opt_outs": {row["account"] for row in rows["opt_outs"] if row["opted_out"]},
        "base_uri": chain["base_uri"],
        "feedback": {
            (row["agent_id"], row["client"], row["feedback_index"]): (
                *(row["value"], row["decimals"], row["tag1"], row["tag2"]),
                *(row["time"], row["revoked_time"] is not None, row["response_count"]),
            )
            for row in rows["feedback"]
        },
        "clients": {
            (row["agent_id"], row["client"]): (row["feedback_count"], row["revoked_count"]) for row in rows["clients"]
        },
        "ratings": {
            (row["agent_id"], row["tag1"], row["tag2"], row["decimals"]): (row["count"], row["sum"], row["average"])
            for row in rows["ratings"]
        },
        "validations": {
            row["request_hash"]: (
                *(row["validator"], row["agent_id"], row["response_time"] or row["request_time"]),
                *(row["response"], row["response_hash"], row["tag"]),
            )
            for row in rows["validations"]
        },
        "counts": (chain["agent_count"], chain["feedback_count"], chain["validation_count"]),
    }


def _or_none(account: str) -> str | None:
    return None if account == ZERO else account

"""The registration file of an agent with the auto URI, made of what the chain says of it.

An agent names itself by metadata: its keys `name`, `description` and `image` become these fields, if they are texts
that a registration file may have. Whatever else the standard asks for and the chain does not tell, is claimed in no
one's name: no payments by x402, not active, no way to be trusted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from registry_api.bulk import Row
from registry_api.registration import GlobalId, InvalidRegistrationError, parse

TYPE = "https://eips.ethereum.org/EIPS/eip-8004#registration-v1"
DESCRIPTION = "This agent has no registration file of its own: this one says what the chain tells of it."
IMAGE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'%3E"
    "%3Crect width='1' height='1' fill='gray'/%3E%3C/svg%3E"
)

_KEYS = ("name", "description", "image")


def registration_of(
    agent: Mapping[str, Any], metadata: Iterable[Mapping[str, Any]], chain_id: int, identity: str
) -> Row:
    """The registration file of an agent, for JSON.

    :param agent: a row of `agents`
    :param metadata: its rows of `agent_metadata`, at least those whose keys are fields of the file
    :param identity: the identity registry's address
    """
    agent_id = agent["agent_id"]
    account = "agentWallet" if agent["wallet"] else "owner"
    file = {
        "type": TYPE,
        "name": f"Agent {agent_id}",
        "description": DESCRIPTION,
        "image": IMAGE,
        "services": [{"name": account, "endpoint": f"eip155:{chain_id}:{agent['wallet'] or agent['owner']}"}],
        "x402Support": False,
        "active": False,
        "registrations": [
            {"agentId": agent_id, "agentRegistry": GlobalId.on(chain_id, identity, agent_id).agent_registry}
        ],
        "supportedTrust": [],
    }
    for row in metadata:
        if row["key"] in _KEYS and (text := _text(row["value"])) and _is_valid(changed := {**file, row["key"]: text}):
            file = changed
    return file


def _text(value: bytes) -> str:
    """What metadata says; "" if it is not UTF-8."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return ""


def _is_valid(file: Row) -> bool:
    try:
        parse(json.dumps(file).encode())
    except InvalidRegistrationError:
        return False
    return True

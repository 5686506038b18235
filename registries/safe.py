"""Calls as a batch that the Safe transaction builder imports: for an admin that is a Safe, and signs nothing here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from registries.administration import Call

FORMAT_VERSION = "1.0"


def batch(calls: Sequence[Call], *, chain_id: int, name: str, description: str, safe: str, time: int) -> dict[str, Any]:
    """The content of a batch file.

    :param safe: the Safe that is to send them
    :param time: of its creation, seconds of Unix time
    """
    return {
        "version": FORMAT_VERSION,
        "chainId": str(chain_id),
        "createdAt": time * 1000,
        "meta": {
            "name": name,
            "description": description,
            "txBuilderVersion": "1.18.0",
            "createdFromSafeAddress": safe,
            "createdFromOwnerAddress": "",
        },
        "transactions": [_transaction(call) for call in calls],
    }


def _transaction(call: Call) -> dict[str, Any]:
    """With the function and its arguments instead of bare data, so that signers can read what they sign."""
    inputs = [
        {"internalType": entry.get("internalType", entry["type"]), "name": entry["name"], "type": entry["type"]}
        for entry in call.function["inputs"]
    ]
    return {
        "to": call.to,
        "value": "0",
        "data": None,
        "contractMethod": {"inputs": inputs, "name": call.function["name"], "payable": False},
        "contractInputsValues": {name: _value(value) for name, value in call.arguments.items()},
    }


def _value(value: Any) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)

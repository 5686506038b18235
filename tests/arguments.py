"""Arguments for any function of a contract, by what its ABI says: a function that is added later has some at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eth_utils.crypto import keccak
from ethpm_types.abi import ABIType, MethodABI

from tests.deployment import STRANGER


def by_type(item: ABIType) -> Any:
    """A value for a parameter: of text and bytes its name, so that what is written under a name is read by it."""
    kind, name = item.canonical_type, str(item.name)
    if kind.endswith("[]"):
        inner = ABIType(name=name, type=str(item.type)[:-2], components=item.components)
        return [by_type(inner)]
    if item.components:
        return tuple(by_type(part) for part in item.components)
    if kind.startswith(("uint", "int")):
        return 1
    if kind == "bytes":
        return name.encode()
    if kind.startswith("bytes"):
        return keccak(text=name)[: int(kind.removeprefix("bytes"))]
    return {"address": STRANGER, "string": name, "bool": True}[kind]


def arguments(method: MethodABI, overrides: Mapping[str, Any]) -> list[Any]:
    """The arguments of a call.

    :param overrides: values for `function.parameter`, or for `parameter` of any function
    """
    return [
        overrides.get(f"{method.name}.{item.name}", overrides.get(str(item.name), by_type(item)))
        for item in method.inputs
    ]

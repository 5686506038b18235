"""What ERC-8004's clients match on: selectors, topics and interfaces, kept as data apart from the contracts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict, cast

from eth_utils.crypto import keccak


class FunctionFacts(TypedDict):
    selector: str
    mutability: str
    inputs: list[str]
    outputs: list[str]
    output_names: list[str]


class EventFacts(TypedDict):
    topic0: str
    indexed: list[str]
    inputs: list[str]


class RegistryFacts(TypedDict):
    """Functions by the interface that they belong to, then by signature; events by signature."""

    functions: dict[str, dict[str, FunctionFacts]]
    events: dict[str, EventFacts]


FACTS = cast(
    dict[str, RegistryFacts], json.loads(Path(__file__).with_name("erc8004-facts.json").read_text(encoding="utf-8"))
)
"""By the name of the contract."""


def interface_id(signatures: list[str]) -> bytes:
    """The ERC-165 id of an interface: its selectors, each in or out."""
    combined = 0
    for signature in signatures:
        combined ^= int.from_bytes(keccak(text=signature)[:4], "big")
    return combined.to_bytes(4, "big")

"""Where a contract keeps its state, from the compiler's own storage layout.

For tests of the layout, and for states that would take millions of transactions: write the place, and let the
contract's reads confirm it.
"""

from __future__ import annotations

import functools
import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

from tests.evm import Contract

PROJECT = Path(__file__).resolve().parent.parent
REMAPPING = "@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/"

Step = int | str | bytes
"""A mapping's key (a number, an address or 32 bytes), or the name of a struct's member."""


class Place(NamedTuple):
    """A slot, and the bits of it: the offset from the low end, and how many."""

    slot: int
    offset: int
    size: int


def place_of(contract_name: str, variable: str, *path: Step) -> Place:
    """The place of a state variable, or of what a path of keys and members leads to from there."""
    layout = _storage_layout(contract_name)
    types = layout["types"]
    item = _named(layout["storage"], variable)
    slot, offset, kind = int(item["slot"]), 8 * item["offset"], types[item["type"]]
    for step in path:
        if "members" in kind:
            item = _named(kind["members"], step)
            slot, offset, kind = slot + int(item["slot"]), 8 * item["offset"], types[item["type"]]
        else:
            slot = int.from_bytes(keccak(_key_bytes(step) + slot.to_bytes(32, "big")), "big")
            offset, kind = 0, types[kind["value"]]
    return Place(slot, offset, 8 * int(kind["numberOfBytes"]))


def variables(contract_name: str) -> dict[str, Place]:
    """The state variables of a contract."""
    layout = _storage_layout(contract_name)
    return _places(layout["storage"], layout["types"])


def struct_members(contract_name: str, struct: str) -> dict[str, Place]:
    """The members of a struct that a contract stores, slots counted from its first one."""
    types = _storage_layout(contract_name)["types"]
    found = next(kind for name, kind in types.items() if name.startswith(f"t_struct({struct})"))
    return _places(found["members"], types)


def read(contract: Contract, place: Place) -> int:
    """What a place holds."""
    return contract.evm.storage(contract.address, place.slot) >> place.offset & (1 << place.size) - 1


def write(contract: Contract, place: Place, value: int) -> None:
    """Overwrites a place and leaves the rest of its slot."""
    mask = (1 << place.size) - 1 << place.offset
    rest = contract.evm.storage(contract.address, place.slot) & ~mask
    contract.evm.set_storage(contract.address, place.slot, rest | value << place.offset & mask)


@functools.cache
def _storage_layout(contract_name: str) -> dict[str, Any]:
    """The state variables of a contract of contracts/ and their types, as the compiler writes them."""
    source = f"contracts/{contract_name}.sol"
    command = ["tools/solcx/solc-v0.8.37", "--combined-json", "storage-layout", "--base-path", ".", REMAPPING, source]
    output = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True).stdout
    layout: dict[str, Any] = json.loads(output)["contracts"][f"{source}:{contract_name}"]["storage-layout"]
    return layout


def _places(items: list[dict[str, Any]], types: dict[str, Any]) -> dict[str, Place]:
    return {
        item["label"]: Place(int(item["slot"]), 8 * item["offset"], 8 * int(types[item["type"]]["numberOfBytes"]))
        for item in items
    }


def _named(items: list[dict[str, Any]], name: Step) -> dict[str, Any]:
    return next(item for item in items if item["label"] == name)


def _key_bytes(key: Step) -> bytes:
    if isinstance(key, bytes):
        return key
    number = key if isinstance(key, int) else int(key, 16)
    return number.to_bytes(32, "big")

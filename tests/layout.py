"""Where a contract keeps its state, from the compiler's own storage layout.

For states that would take millions of transactions: write the slot, and let the contract's reads confirm it.
"""

from __future__ import annotations

import functools
import json
import subprocess
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from tests.evm import Contract

PROJECT = Path(__file__).resolve().parent.parent
REMAPPING = "@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/"

Step = int | str | bytes
"""A mapping's key (a number, an address or 32 bytes), or the name of a struct's member."""


@functools.cache
def storage_layout(contract_name: str) -> dict[str, Any]:
    """The state variables of a contract of contracts/ and their types, as the compiler writes them."""
    source = f"contracts/{contract_name}.sol"
    command = ["tools/solcx/solc-v0.8.37", "--combined-json", "storage-layout", "--base-path", ".", REMAPPING, source]
    output = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True).stdout
    layout: dict[str, Any] = json.loads(output)["contracts"][f"{source}:{contract_name}"]["storage-layout"]
    return layout


def slot_of(contract: Contract, name: str, *path: Step) -> int:
    """The slot of a state variable, or of what a path of keys and members leads to from there."""
    layout = storage_layout(str(contract.type.name))
    place = _named(layout["storage"], name)
    slot = int(place["slot"])
    for step in path:
        kind = layout["types"][place["type"]]
        if "members" in kind:
            place = _named(kind["members"], step)
            slot += int(place["slot"])
        else:
            place = {"type": kind["value"]}
            slot = int.from_bytes(keccak(_key_bytes(step) + slot.to_bytes(32, "big")), "big")
    return slot


def write_bits(contract: Contract, slot: int, *, offset: int, size: int, value: int) -> None:
    """Overwrites some bits of a slot and leaves the others."""
    mask = ((1 << size) - 1) << offset
    rest = contract.evm.storage(contract.address, slot) & ~mask
    contract.evm.set_storage(contract.address, slot, rest | (value << offset & mask))


def write_variable(contract: Contract, name: str, *, size: int, value: int) -> None:
    """Overwrites a state variable of this many bits, and nothing else in its slot."""
    offset = 8 * int(_named(storage_layout(str(contract.type.name))["storage"], name)["offset"])
    write_bits(contract, slot_of(contract, name), offset=offset, size=size, value=value)


def _named(items: list[dict[str, Any]], name: Step) -> dict[str, Any]:
    return next(item for item in items if item["label"] == name)


def _key_bytes(key: Step) -> bytes:
    if isinstance(key, bytes):
        return key
    number = key if isinstance(key, int) else int(key, 16)
    return number.to_bytes(32, "big")

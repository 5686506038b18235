"""Where the registries keep things, as the compiler says: for tests of the layout, and to reach distant states."""

from __future__ import annotations

import functools
import json
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.evm import EVM

ROOT = Path(__file__).parents[2]
REGISTRIES = ("IdentityRegistry", "ReputationRegistry", "ValidationRegistry")


class Field(NamedTuple):
    """A variable or a struct's member: its slot, its offset in it and its size, in bytes from the low end."""

    slot: int
    offset: int
    size: int


@functools.cache
def _layouts() -> dict[str, Any]:
    wanted = {name: ["storageLayout"] for name in REGISTRIES}
    request = {
        "language": "Solidity",
        "sources": {path: {"urls": [path]} for path in (f"contracts/{name}.sol" for name in REGISTRIES)},
        "settings": {
            "remappings": ["@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/"],
            "outputSelection": {"*": wanted},
        },
    }
    answer = subprocess.run(
        ["node", "tools/solc.cjs", "--standard-json"],
        cwd=ROOT,
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=True,
    )
    contracts = json.loads(answer.stdout)["contracts"]
    return {name: contracts[f"contracts/{name}.sol"][name]["storageLayout"] for name in REGISTRIES}


def _fields(items: list[dict[str, Any]], types: dict[str, Any]) -> dict[str, Field]:
    return {
        item["label"]: Field(int(item["slot"]), item["offset"], int(types[item["type"]]["numberOfBytes"]))
        for item in items
    }


def variables(registry: str) -> dict[str, Field]:
    """The state variables of a registry."""
    layout = _layouts()[registry]
    return _fields(layout["storage"], layout["types"])


def struct_members(registry: str, struct: str) -> dict[str, Field]:
    """The members of a struct that a registry stores, slots counted from its first one."""
    types = _layouts()[registry]["types"]
    found = next(kind for name, kind in types.items() if name.startswith(f"t_struct({struct})"))
    return _fields(found["members"], types)


def mapping_slot(key_type: str, key: object, slot: int) -> int:
    """The first slot of a mapping's value."""
    return int.from_bytes(keccak(encode([key_type, "uint256"], [key, slot])), "big")


def agent_slot(agent_id: int) -> int:
    """The slot in which the identity registry keeps an agent's state."""
    return mapping_slot("uint256", agent_id, variables("IdentityRegistry")["_agents"].slot)


def read_field(word: int, field: Field) -> int:
    """A field of a slot's word."""
    return word >> 8 * field.offset & (1 << 8 * field.size) - 1


def write_field(evm: EVM, address: str, slot: int, field: Field, value: int) -> None:
    """Overwrites one field of a slot and leaves the others as they are."""
    mask = ((1 << 8 * field.size) - 1) << 8 * field.offset
    word = evm.storage(address, slot) & ~mask | value << 8 * field.offset
    evm.set_storage(address, slot, word)

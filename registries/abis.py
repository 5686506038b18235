"""The ABIs of the registries, for programs that need no compiler; `reports/contracts` has them as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict, cast

INSTALLED = Path(__file__).with_name("contracts")
"""Where an installed package has them."""
FOLDER = INSTALLED if INSTALLED.is_dir() else Path(__file__).parents[1] / "reports" / "contracts"


class Parameter(TypedDict, total=False):
    """An input or an output; `components` of a tuple, `indexed` of an event."""

    name: str
    type: str
    internalType: str
    indexed: bool
    components: list[Parameter]


class Entry(TypedDict, total=False):
    """A constructor, error, event or function."""

    type: str
    name: str
    inputs: list[Parameter]
    outputs: list[Parameter]
    stateMutability: str
    anonymous: bool


def _read(contract: str) -> list[Entry]:
    return cast(list[Entry], json.loads((FOLDER / f"{contract}.abi.json").read_text(encoding="utf-8")))


IDENTITY = _read("IdentityRegistry")
REPUTATION = _read("ReputationRegistry")
VALIDATION = _read("ValidationRegistry")

ABIS = {"identity": IDENTITY, "reputation": REPUTATION, "validation": VALIDATION}
"""By the registries' names in an address config."""

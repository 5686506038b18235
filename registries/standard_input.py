"""The standard JSON input of each registry: all that an explorer needs to compile it to the very same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from registries.build import CONTRACT_NAMES, compiler_outputs


def standard_inputs(root: Path) -> dict[str, dict[str, Any]]:
    """Each registry's input by its short name, with the sources that it needs and no other.

    :param root: the project's folder
    :raises DeploymentError: if the contracts do not compile
    """
    described = {name: json.loads(output["metadata"]) for name, output in compiler_outputs(root, ["metadata"]).items()}
    return {name: _input(root, metadata) for name, metadata in described.items()}


def _input(root: Path, metadata: dict[str, Any]) -> dict[str, Any]:
    settings = dict(metadata["settings"])
    # Says which contract the metadata is of; not a setting.
    del settings["compilationTarget"]
    return {
        "language": metadata["language"],
        # The compiler names a source by its place in the project, remapped imports too.
        "sources": {path: {"content": (root / path).read_text(encoding="utf-8")} for path in metadata["sources"]},
        "settings": {**settings, "outputSelection": {"*": {"*": ["abi", "evm.bytecode", "evm.deployedBytecode"]}}},
    }


def identifier_of(name: str) -> str:
    """How explorers name a registry: its file and its contract."""
    contract = CONTRACT_NAMES[name]
    return f"contracts/{contract}.sol:{contract}"

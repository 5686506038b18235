"""`python -m audit.exports [--check]`: what a reader of the chain needs of the registries, as files.

Writes to reports/contracts/: ABI, storage layout and selectors of each registry, sizes and hashes of the code, and the
storage as tables. All of it comes from a build that is proven to be of the sources. With --check it writes nothing,
says where the committed files and the sources differ, and ends with status 1 if they do.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eth_utils.abi import abi_to_signature, event_signature_to_log_topic, function_signature_to_4byte_selector
from eth_utils.crypto import keccak

from audit.sources import ROOT, source_hash
from registries.build import CONTRACT_NAMES, Build, compiler_outputs, ipfs_hash, trusted_build
from registries.errors import DeploymentError

FOLDER = ROOT / "reports" / "contracts"
CODE_SIZE_LIMIT = 24_576
"""The largest runtime code of a contract, bytes (EIP-170)."""

_OUTPUTS = ["abi", "metadata", "storageLayout"]
# The compiler numbers structs and enums through all sources: a change anywhere would show in every layout.
_AST_ID = re.compile(r"(?<=\))\d+")

Json = dict[str, Any]


class ExportError(ValueError):
    """The storage layout cannot be written down without ambiguity."""


def make_exports(build: Build) -> dict[str, str]:
    """The files' text by their names.

    :raises DeploymentError: if the contracts do not compile
    :raises ExportError: if a registry stores two different types of one name
    """
    outputs = compiler_outputs(ROOT, _OUTPUTS)
    layouts = {CONTRACT_NAMES[name]: storage_layout(output["storageLayout"]) for name, output in outputs.items()}
    files = {"contracts.json": _pretty(_code(build, outputs)), "storage.md": _storage_tables(layouts)}
    for name, output in outputs.items():
        contract = CONTRACT_NAMES[name]
        files[f"{contract}.abi.json"] = _one_a_line(output["abi"])
        files[f"{contract}.selectors.json"] = _pretty(selectors(output["abi"]))
        files[f"{contract}.storage.json"] = _pretty(layouts[contract])
    return files


def selectors(abi: list[Json]) -> Json:
    """Functions and errors by their 4-byte selectors, events by their topics."""
    found: dict[str, dict[str, str]] = {"functions": {}, "errors": {}, "events": {}}
    for entry in abi:
        if entry["type"] == "constructor":
            continue
        signature = abi_to_signature(entry)  # type: ignore[arg-type]
        key = event_signature_to_log_topic if entry["type"] == "event" else function_signature_to_4byte_selector
        found[f"{entry['type']}s"][signature] = "0x" + key(signature).hex()
    return {kind: dict(sorted(entries.items())) for kind, entries in found.items()}


def storage_layout(layout: Json) -> Json:
    """solc's storage layout without what changes with other sources.

    :raises ExportError: if two types differ only in what is left out
    """
    types: Json = {}
    for identifier, kind in layout["types"].items():
        plain, stable = _AST_ID.sub("", identifier), _stable(kind)
        if types.setdefault(plain, stable) != stable:
            raise ExportError(f"two types that are stored are called {plain}")
    return {"storage": [_stable(item) for item in layout["storage"]], "types": dict(sorted(types.items()))}


def _stable(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _stable(value) for key, value in part.items() if key != "astId"}
    if isinstance(part, list):
        return [_stable(value) for value in part]
    return _AST_ID.sub("", part) if isinstance(part, str) else part


def _code(build: Build, outputs: dict[str, Json]) -> Json:
    """Sizes in bytes and hashes of the code. Immutables, which a deployment fills in, are zero in the runtime code."""
    compiler = build.compiler
    return {
        "source_hash": source_hash(),
        "compiler": {
            "version": compiler.version,
            "evm_version": compiler.evm_version,
            "optimizer_runs": compiler.optimizer_runs,
            "via_ir": compiler.via_ir,
        },
        "runtime_size_limit": CODE_SIZE_LIMIT,
        "contracts": {
            CONTRACT_NAMES[name]: {
                "creation_size": len(build.creation_code(name)),
                "creation_keccak256": "0x" + keccak(build.creation_code(name)).hex(),
                "runtime_size": len(build.runtime_code(name)),
                "runtime_keccak256": "0x" + keccak(build.runtime_code(name)).hex(),
                "metadata_multihash": "0x" + ipfs_hash(output["metadata"].encode()).hex(),
            }
            for name, output in outputs.items()
        },
    }


# TEXT


def _pretty(content: Json) -> str:
    return json.dumps(content, indent=2) + "\n"


def _one_a_line(entries: list[Json]) -> str:
    return "[\n" + ",\n".join(f"  {json.dumps(entry)}" for entry in entries) + "\n]\n"


def _storage_tables(layouts: dict[str, Json]) -> str:
    lines = [
        "# Storage",
        "",
        "Made by `make exports` from the compiler's storage layout. Offset: bytes from the low end of the slot. The",
        "slots of a struct count from its first.",
        "",
    ]
    for contract, layout in layouts.items():
        types = layout["types"]
        lines += [f"## {contract}", "", *_table(layout["storage"], types)]
        for kind in types.values():
            if "members" in kind:
                lines += [f"`{kind['label']}`, {kind['numberOfBytes']} bytes:", "", *_table(kind["members"], types)]
    return "\n".join(lines).rstrip() + "\n"


def _table(items: list[Json], types: Json) -> Iterator[str]:
    yield "| slot | offset | bytes | variable | type |"
    yield "|---:|---:|---:|---|---|"
    for item in items:
        kind = types[item["type"]]
        size = kind["numberOfBytes"]
        yield f"| {item['slot']} | {item['offset']} | {size} | `{item['label']}` | `{kind['label']}` |"
    yield ""


# FILES


def write(files: dict[str, str], folder: Path) -> None:
    """Makes the folder hold these files and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def differences(files: dict[str, str], folder: Path) -> list[str]:
    """What a folder's files have otherwise than these, in words."""
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} if folder.is_dir() else {}
    told = [f"{name} is missing" for name in files.keys() - found.keys()]
    told += [f"{name} is none of the exports" for name in found.keys() - files.keys()]
    for name in files.keys() & found.keys():
        if files[name] == found[name]:
            continue
        facts = _facts(name, found[name]), _facts(name, files[name])
        told += [f"{name}: {change}" for change in _changes(*facts)] or [f"{name} has another form"]
    return sorted(told)


def _facts(name: str, text: str) -> dict[str, Any]:
    """The leaves of a JSON file by their paths, the lines of another one by their numbers."""
    if not name.endswith(".json"):
        return {f"line {number}": line for number, line in enumerate(text.splitlines(), start=1)}
    return dict(_leaves("", json.loads(text)))


def _leaves(path: str, part: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(part, dict | list):
        yield path, part
        return
    for key, value in part.items() if isinstance(part, dict) else enumerate(part):
        yield from _leaves(f"{path} > {key}" if path else str(key), value)


def _changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for key in old.keys() | new.keys():
        if key not in new:
            yield f"{key} is {old[key]!r}, and the sources have no such entry"
        elif key not in old:
            yield f"{key} is missing, and {new[key]!r} by the sources"
        elif old[key] != new[key]:
            yield f"{key} is {old[key]!r}, and {new[key]!r} by the sources"


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m audit.exports", description="Export ABIs, layouts and hashes.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed files differ")
    arguments = parser.parse_args()
    try:
        files = make_exports(trusted_build())
    except (DeploymentError, ExportError) as error:
        print(f"exports: {error}", file=sys.stderr)
        return 1
    if not arguments.check:
        write(files, FOLDER)
        return 0
    told = differences(files, FOLDER)
    for difference in told:
        print(f"exports: {difference}", file=sys.stderr)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())

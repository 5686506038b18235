"""Copies of the project with a bug in them, compiled as Ape would but for what the bug does not reach."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from audit.planted.bugs import Bug
from audit.sources import ROOT
from registries.build import compiler_settings, run_solc

WORKSHOP = ROOT / ".planted"
"""Ape finds no contracts in a project below a folder named .build, and takes one under /tmp for a passing one."""

MANIFEST = Path(".build") / "__local__.json"
"""Where Ape keeps the sources that it compiled, and what came of them."""

_LINKED = (".venv", "node_modules")
_IMPORT = re.compile(r"""^import\b[^;]*?["'](\.[^"']+)["'];""", re.MULTILINE)
_OUTPUTS = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.methodIdentifiers"]


class CompilationError(Exception):
    """A planted bug does not compile: it is no bug that could ever be deployed."""


def copy_project(name: str) -> Path:
    """A fresh copy of the working tree with its compiled contracts, without what Git ignores."""
    copy = WORKSHOP / name
    shutil.rmtree(copy, ignore_errors=True)
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for file in [*filter(None, listed.split("\0")), str(MANIFEST)]:
        if (ROOT / file).is_file():
            (copy / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, copy / file)
    for folder in _LINKED:
        (copy / folder).symlink_to((ROOT / folder).resolve())
    return copy


def plant(bug: Bug, copy: Path) -> None:
    """Puts a bug into a copy, and compiles the contracts that it reaches into Ape's manifest.

    :raises CompilationError: if it does not compile
    """
    file = f"contracts/{bug.file}"
    (copy / file).write_text(bug.plant(copy), encoding="utf-8")
    manifest = json.loads((copy / MANIFEST).read_text(encoding="utf-8"))
    manifest["sources"][file]["content"] = (copy / file).read_text(encoding="utf-8")
    reached = _reached_by(file, copy)
    wanted = [contract for contract in manifest["contractTypes"].values() if contract["sourceId"] in reached]
    compiled = _compile({contract["sourceId"] for contract in wanted}, copy)
    for contract in wanted:
        output = compiled[contract["sourceId"]][contract["contractName"]]
        contract["abi"] = output["abi"]
        contract["methodIdentifiers"] = {
            selector: f"0x{number}" for selector, number in output["evm"]["methodIdentifiers"].items()
        }
        contract["deploymentBytecode"] = {"bytecode": "0x" + output["evm"]["bytecode"]["object"]}
        contract["runtimeBytecode"] = {"bytecode": "0x" + output["evm"]["deployedBytecode"]["object"]}
    (copy / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def _reached_by(file: str, root: Path) -> set[str]:
    """The contract files that are or import this one, directly or through others."""
    importers: dict[str, set[str]] = {}
    for path in (root / "contracts").rglob("*.sol"):
        for target in _IMPORT.findall(path.read_text(encoding="utf-8")):
            imported = (path.parent / target).resolve().relative_to(root)
            importers.setdefault(imported.as_posix(), set()).add(path.relative_to(root).as_posix())
    reached: set[str] = set()
    pending = {file}
    while pending:
        reached |= pending
        pending = {importer for one in pending for importer in importers.get(one, set())} - reached
    return reached


def _compile(files: set[str], root: Path) -> dict[str, Any]:
    """The compiler's output, by file and contract."""
    answer = run_solc(
        root,
        {
            "language": "Solidity",
            "sources": {file: {"content": (root / file).read_text(encoding="utf-8")} for file in sorted(files)},
            "settings": {**compiler_settings(), "outputSelection": {file: {"*": _OUTPUTS} for file in files}},
        },
    )
    for error in answer.get("errors", []):
        if error["severity"] == "error":
            raise CompilationError(error["formattedMessage"])
    contracts: dict[str, Any] = answer["contracts"]
    return contracts

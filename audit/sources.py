"""What is audited, and the hash that says which state of it a report is about."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "reports" / "audit"
"""Where each part leaves its findings, one JSON file a part, and where the dossier is."""

_SCOPE = ("contracts/*.sol", "contracts/base/*.sol", "contracts/interfaces/*.sol", "contracts/libraries/*.sol")
# Beside the sources, these determine what runs on the chain.
_SETTINGS = "ape-config.yaml"
_PACKAGES = ("solc", "@openzeppelin/contracts")


def scope(root: Path = ROOT) -> list[Path]:
    """The Solidity files in scope, sorted: all but the tests' own."""
    return sorted(path for pattern in _SCOPE for path in root.glob(pattern))


def source_hash(root: Path = ROOT) -> str:
    """The SHA-256, in hexadecimal, over the files in scope, compiler, settings and OpenZeppelin contracts."""
    digest = hashlib.sha256()
    for path in [*scope(root), root / _SETTINGS]:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    locked = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name in _PACKAGES:
        package = locked[f"node_modules/{name}"]
        digest.update(f"{name} {package['version']} {package['integrity']}\n".encode())
    return digest.hexdigest()

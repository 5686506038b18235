"""What is audited, and the hash that says which state of it a report is about."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "reports" / "audit"
"""Where each part leaves its findings, one JSON file a part, and where the dossier is."""

_SCOPE = ("contracts/*.sol", "contracts/base/*.sol", "contracts/interfaces/*.sol", "contracts/libraries/*.sol")
# The compiler, its settings and the OpenZeppelin contracts are part of what runs on the chain.
_BUILD = ("ape-config.yaml", "package-lock.json")


def scope(root: Path = ROOT) -> list[Path]:
    """The Solidity files in scope, sorted: all but the tests' own."""
    return sorted(path for pattern in _SCOPE for path in root.glob(pattern))


def source_hash(root: Path = ROOT) -> str:
    """The SHA-256 over the files in scope and what determines their compilation, in hexadecimal."""
    digest = hashlib.sha256()
    for path in [*scope(root), *(root / name for name in _BUILD)]:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()

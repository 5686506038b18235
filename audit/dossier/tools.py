"""The versions of every tool that had a part in the audit, read where each is installed."""

from __future__ import annotations

import json
import platform
import subprocess
from importlib.metadata import version

from audit.sources import ROOT

_PYTHON = (
    "eth-ape",
    "ape-foundry",
    "ape-solidity",
    "pytest",
    "hypothesis",
    "pyrevm",
    "web3",
    "pandas",
    "slither-analyzer",
    "crytic-compile",
    "agent0-sdk",
    "ruff",
    "mypy",
)
_NODE = ("solc", "@openzeppelin/contracts", "solhint")
_ENVIRONMENTS = {".venv-proofs": ("halmos", "z3-solver"), ".venv-analysers": ("semgrep", "zizmor")}


def versions() -> dict[str, str]:
    """Each tool's name and version; without those of an environment that no step has needed yet."""
    found = {"Python": platform.python_version()}
    found |= {name: version(name) for name in _PYTHON}
    for folder, names in _ENVIRONMENTS.items():
        if not (ROOT / folder).exists():
            continue
        program = "import importlib.metadata as m, sys; print(*map(m.version, sys.argv[1:]))"
        printed = _output(f"{folder}/bin/python", "-c", program, *names)
        found |= dict(zip(names, printed.split(), strict=True))
    found["Node.js"] = _output("node", "--version").removeprefix("v")
    for name in _NODE:
        package = json.loads((ROOT / "node_modules" / name / "package.json").read_text(encoding="utf-8"))
        found[name] = package["version"]
    for program in ("anvil", "forge"):
        found[program] = _output(program, "--version").splitlines()[0].split(":")[-1].strip()
    return found


def _output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

"""`python -m audit.proofs`: proves the claims of proofs/*.t.sol with Halmos, and refutes what they claim too much.

A function check_... has to be proved, a function refute_... has to have a counterexample. Anything else fails the run:
a claim that is false, undecided, cut short by a loop's bound, or missing from what Halmos ran. Writes
reports/audit/proofs.json. Halmos and its solver are in .venv-proofs: `tools/setup.py proofs`.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from audit.sources import REPORTS, ROOT, source_hash

PROOFS = ROOT / "proofs"
CONFIG = PROOFS / "halmos.toml"
BINARIES = ROOT / ".venv-proofs" / "bin"

# What Halmos calls the ends of a test, by its exit codes.
_PROVED, _REFUTED = 0, 1
_RESULTS = {_PROVED: "proved", _REFUTED: "refuted", 2: "timeout", 3: "stuck", 4: "all paths revert", 5: "error"}
_INCOMPLETE = "loop cut short"
_MISSING = "not run"


class ProofsError(Exception):
    """A claim without words or bounds, a contract that refutes nothing, or a Halmos that does not start."""


class Claim(NamedTuple):
    """A function of a proof contract, in its own words."""

    contract: str
    function: str
    signature: str
    text: str
    bounds: str

    @property
    def expected(self) -> str:
        return "refuted" if self.function.startswith("refute_") else "proved"


class Outcome(NamedTuple):
    """What became of a claim, after how many paths."""

    claim: Claim
    result: str
    paths: int

    @property
    def is_expected(self) -> bool:
        return self.result == self.claim.expected


def main() -> int:
    console = Console(width=150)
    try:
        with console.status("Halmos"):
            results = _run_halmos()
        outcomes = judge(read_claims(PROOFS / "out"), results)
    except ProofsError as error:
        console.print(f"proofs: {error}")
        return 1
    _print(console, outcomes)
    _write(outcomes)
    return 0 if all(outcome.is_expected for outcome in outcomes) else 1


def read_claims(build: Path) -> list[Claim]:
    """The claims of all contracts in forge's output, sorted.

    :raises ProofsError: if a claim has no @notice, its contract no @custom:bounds, or a contract refutes nothing
    """
    claims = sorted(claim for path in build.glob("*.t.sol/*Proof.json") for claim in _claims_of(path))
    if not claims:
        raise ProofsError(f"no claim in {build}")
    for contract in {claim.contract for claim in claims}:
        if "refuted" not in {claim.expected for claim in claims if claim.contract == contract}:
            raise ProofsError(f"{contract} has no refute_ function: its claims may hold of nothing")
    return claims


def _claims_of(artifact: Path) -> Iterator[Claim]:
    content = json.loads(artifact.read_text(encoding="utf-8"))
    # Forge's own reading of the metadata leaves tags of our own out.
    documentation = json.loads(content["rawMetadata"])["output"]
    bounds = documentation["devdoc"].get("custom:bounds")
    for signature in content["methodIdentifiers"]:
        function = signature.partition("(")[0]
        if not function.startswith(("check_", "refute_")):
            continue
        text = documentation["userdoc"]["methods"].get(signature, {}).get("notice")
        if text is None or bounds is None:
            raise ProofsError(f"{artifact.stem}.{function} needs a @notice, and its contract @custom:bounds")
        yield Claim(artifact.stem, function, signature, text, bounds)


def judge(claims: list[Claim], results: dict[str, list[dict[str, Any]]]) -> list[Outcome]:
    """Each claim with what Halmos found.

    :param results: Halmos' results by "path:contract", as it writes them
    """
    found = {(key.rpartition(":")[2], test["name"]): test for key, tests in results.items() for test in tests}
    return [_outcome(claim, found.get((claim.contract, claim.signature))) for claim in claims]


def _outcome(claim: Claim, test: dict[str, Any] | None) -> Outcome:
    if test is None:
        return Outcome(claim, _MISSING, 0)
    if test["num_paths"] is None:  # Halmos itself failed on it
        return Outcome(claim, _RESULTS[test["exitcode"]], 0)
    result = _RESULTS[test["exitcode"]]
    # A counterexample stands whatever else was left out.
    if result == "proved" and test["num_bounded_loops"]:
        result = _INCOMPLETE
    return Outcome(claim, result, test["num_paths"][0])


def _run_halmos() -> dict[str, list[dict[str, Any]]]:
    """Builds the proofs with forge and runs all of them.

    :raises ProofsError: if Halmos is not installed, the build fails, or Halmos gives no results
    """
    halmos = BINARIES / "halmos"
    if not halmos.exists():
        raise ProofsError(f"{halmos.relative_to(ROOT)} is missing: run tools/setup.py proofs")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "results.json"
        command = [str(halmos), "--config", str(CONFIG), "--json-output", str(output), "--no-status"]
        command += ["--function", "(check|refute)_"]
        # The pinned solvers before any other that is on PATH.
        path = f"{BINARIES}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "FOUNDRY_PROFILE": "proofs"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if not output.exists():
            raise ProofsError(f"no results from Halmos:\n{done.stdout}{done.stderr}")
        results: dict[str, list[dict[str, Any]]] = json.loads(output.read_text(encoding="utf-8"))["test_results"]
        return results


def _print(console: Console, outcomes: list[Outcome]) -> None:
    table = Table("Claim", "Result", "Paths", title="Claims, and what they would claim too much")
    for outcome in outcomes:
        colour = "green" if outcome.is_expected else "red"
        name = f"{outcome.claim.contract}.{outcome.claim.function}"
        table.add_row(name, f"[{colour}]{outcome.result}[/]", str(outcome.paths))
    console.print(table)


def _write(outcomes: list[Outcome]) -> None:
    report = {
        "source_hash": source_hash(),
        "proofs_hash": proofs_hash(),
        "halmos": _version("halmos"),
        "solvers": [_version("z3"), _version("yices-smt2")],
        "settings": tomllib.loads(CONFIG.read_text(encoding="utf-8"))["global"],
        "proofs": [
            {
                "name": f"{claim.contract}.{claim.function}",
                "claim": claim.text,
                "bounds": claim.bounds,
                "expected": claim.expected,
                "result": result,
                "paths": paths,
            }
            for claim, result, paths in outcomes
        ],
    }
    REPORTS.mkdir(parents=True, exist_ok=True)
    (REPORTS / "proofs.json").write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def proofs_hash() -> str:
    """The SHA-256 over the claims and the settings of their proof, in hexadecimal."""
    digest = hashlib.sha256()
    for path in [*sorted(PROOFS.glob("*.sol")), CONFIG]:
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _version(program: str) -> str:
    done = subprocess.run([BINARIES / program, "--version"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())

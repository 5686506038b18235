"""The figures of the dossier for machines."""

from __future__ import annotations

from typing import Any


def summary(evidence: dict[str, Any]) -> dict[str, Any]:
    """What the page says, without its words."""
    run, tests, mutation, stateful = (evidence[part] for part in ("run", "tests", "mutation", "stateful"))
    proofs = evidence["proofs"]["proved"] + evidence["proofs"]["refuted"]
    return {
        "source_hash": run["source_hash"],
        "finished": run["finished"],
        "passed": all(step["passed"] for step in run["steps"]),
        "steps": {step["target"]: {"passed": step["passed"], "seconds": step["seconds"]} for step in run["steps"]},
        "code_hashes": {name: code["runtime_keccak256"] for name, code in evidence["contracts"]["contracts"].items()},
        "attacks": {threat.id: threat.is_shown for threat in evidence["threats"]},
        "tests": {outcome: tests[outcome] for outcome in ("passed", "failed", "skipped")},
        "stateful": {key: stateful[key] for key in ("calls", "succeeded", "reverted", "reads", "logs", "histories")},
        "invariants": {invariant["id"]: invariant["checks"] for invariant in evidence["invariants"]},
        "coverage": evidence["coverage"]["total"],
        "mutation": {
            "killed": mutation["killed"],
            "judged": mutation["judged"],
            "equivalent": len(mutation["equivalent"]),
        },
        "proofs": {proof["name"]: proof["result"] for proof in proofs},
        "planted": {bug["name"]: bug["check"] for bug in evidence["planted"]["bugs"]},
        "static": {"open": evidence["findings_open"], "explained": evidence["findings_triaged"]},
        "tools": run["tools"],
    }

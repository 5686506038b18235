"""The findings of all parts, read from `reports/` and put in the order in which the page shows them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

from markupsafe import Markup

from audit.dossier.threats import threats
from audit.markdown import tables
from audit.proofs import proofs_hash
from audit.sources import REPORTS, ROOT, scope, source_hash

INVARIANTS = ROOT / "tests" / "stateful" / "INVARIANTS.md"
_MUTATION_COLUMNS = ("generated", "invalid", "killed", "timeout", "equivalent", "survived")
_COVERAGE_KINDS = ("statements", "branches", "functions")


class StaleEvidenceError(Exception):
    """A part's findings are missing, or about another state of the sources."""


def gather() -> dict[str, Any]:
    """All that the page shows.

    :raises StaleEvidenceError: if findings are missing or not about the sources as they are
    """
    tests, stateful, planted = _findings("tests"), _findings("stateful"), _findings("planted")
    analysers = [_findings("slither"), _findings("semgrep")]
    return {
        "run": _findings("run"),
        "scope": [_file(path) for path in scope()],
        "contracts": _read(ROOT / "reports" / "contracts" / "contracts.json"),
        "threats": threats(tests["attacks"]),
        "tests": _tests(tests),
        "stateful": _stateful(stateful),
        "invariants": _invariants(stateful["checks"]),
        "coverage": _findings("coverage") | {"kinds": _COVERAGE_KINDS},
        "mutation": _mutation(_findings("mutation")),
        "proofs": _proofs(about_these_claims(_findings("proofs"))),
        "planted": planted,
        "gas": _gas(_findings("gas"), _findings("gas-growth")),
        "analysers": analysers,
        "findings_open": sum(analyser["open"] for analyser in analysers),
        "findings_triaged": sum(
            analyser["explained_in_triage_file"] + analyser["explained_in_source"] for analyser in analysers
        ),
    }


def about_these_claims(found: dict[str, Any]) -> dict[str, Any]:
    """The findings of the proofs, whose claims may have changed while the contracts have not.

    :raises StaleEvidenceError: if they have
    """
    if found["proofs_hash"] != proofs_hash():
        raise StaleEvidenceError("proofs.json is about other claims than those in proofs/: run make proofs")
    return found


def _findings(part: str) -> dict[str, Any]:
    return _read(REPORTS / f"{part}.json")


def _read(path: Path) -> dict[str, Any]:
    name = path.name
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StaleEvidenceError(f"{name} is missing: run make audit") from None
    if content["source_hash"] != source_hash():
        raise StaleEvidenceError(f"{name} is about sources {content['source_hash'][:16]}, not {source_hash()[:16]}")
    return content


def _file(path: Path) -> dict[str, Any]:
    """A file in scope: its lines, and those that are neither blank nor comment."""
    content = path.read_bytes()
    lines = [line.strip() for line in content.decode().splitlines()]
    code = [line for line in lines if line and not line.startswith(("//", "/*", "*"))]
    return {
        "path": path.relative_to(ROOT).as_posix(),
        "lines": len(lines),
        "code": len(code),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _tests(found: dict[str, Any]) -> dict[str, Any]:
    totals = sum((Counter(counts) for counts in found["folders"].values()), Counter[str]())
    return {"folders": found["folders"], **{outcome: totals[outcome] for outcome in ("passed", "failed", "skipped")}}


def _stateful(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "calls": found["calls"]["total"],
        "succeeded": found["calls"]["succeeded"],
        "reverted": found["calls"]["reverted"],
        "reads": found["reads_compared"],
        "logs": found["logs_compared"],
        "histories": found["histories"],
        "steps": found["steps_of_each_history"],
        "seeds": found["seeds"],
        "functions": found["calls_by_function"],
    }


def _invariants(checks: dict[str, int]) -> list[dict[str, Any]]:
    """The invariants in the order of their list, each with how often it was checked."""
    rows = tables(INVARIANTS.read_text(encoding="utf-8"))["Id", "Invariant", "Check"]
    return [{"id": id_, "text": text, "checks": checks.get(id_, 0)} for id_, text, _ in rows]


def _mutation(found: dict[str, Any]) -> dict[str, Any]:
    by_file = {file: _sum(operators.values()) for file, operators in found["files"].items()}
    by_operator: dict[str, Counter[str]] = {}
    for operators in found["files"].values():
        for operator, row in operators.items():
            by_operator.setdefault(operator, Counter()).update(row)
    reasons: dict[str, list[dict[str, Any]]] = {}
    for row in found["equivalent"]:
        reasons.setdefault(row["reason"], []).append(row)
    totals = found["totals"]
    return {
        "columns": _MUTATION_COLUMNS,
        "operators": found["operators"],
        "by_file": by_file,
        "by_operator": dict(sorted(by_operator.items())),
        "reasons": dict(sorted(reasons.items(), key=lambda item: -len(item[1]))),
        "equivalent": found["equivalent"],
        "survivors": found["survived"],
        "killed": totals["killed"] + totals["timeout"],
        "judged": totals["killed"] + totals["timeout"] + totals["survived"],
    }


def _sum(rows: Any) -> Counter[str]:
    return sum((Counter(row) for row in rows), Counter[str]())


def _proofs(found: dict[str, Any]) -> dict[str, Any]:
    """The claims that are to be proved, and those that are to be refuted."""
    kinds = {kind: [proof for proof in found["proofs"] if proof["expected"] == kind] for kind in ("proved", "refuted")}
    return {"halmos": found["halmos"], "solvers": found["solvers"], **kinds}


def _gas(found: dict[str, Any], growth: dict[str, Any]) -> dict[str, Any]:
    reports = ROOT / "reports"
    return {
        "rows": found["rows"],
        "growth": growth,
        "chart": Markup((reports / "gas.svg").read_text(encoding="utf-8")),  # noqa: S704 (our own drawing)
        "growth_chart": Markup((reports / "gas-growth.svg").read_text(encoding="utf-8")),  # noqa: S704 (our own drawing)
    }

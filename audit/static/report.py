"""A verdict as JSON for the dossier, and as SARIF for code scanning. Both are the same for the same sources."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from audit.static.findings import Finding
from audit.static.triage import Explanation, Verdict

_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SARIF_LEVELS = {
    "High": "error",
    "Medium": "warning",
    "Low": "warning",
    "Informational": "note",
    "Optimization": "note",
    "ERROR": "error",
    "WARNING": "warning",
    "INFO": "note",
}

Json = dict[str, Any]


class Tool(NamedTuple):
    """The analyser as a report names it."""

    name: str
    version: str
    address: str


def write_reports(folder: Path, tool: Tool, verdict: Verdict, source_hash: str) -> None:
    """Writes <tool>.json and <tool>.sarif."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, content in (("json", _summary(tool, verdict, source_hash)), ("sarif", _sarif(tool, verdict))):
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        (folder / f"{tool.name}.{suffix}").write_text(text, encoding="utf-8")


def _summary(tool: Tool, verdict: Verdict, source_hash: str) -> Json:
    kinds = Counter("open" if why is None else why.kind for _, why in verdict.findings)
    return {
        "source_hash": source_hash,
        "tool": {"name": tool.name, "version": tool.version},
        "passed": not verdict.problems,
        "by_severity": dict(sorted(Counter(finding.severity for finding, _ in verdict.findings).items())),
        "explained_in_triage_file": kinds["external"],
        "explained_in_source": kinds["inSource"],
        "open": kinds["open"],
        "problems": list(verdict.problems),
        "findings": [
            {
                "rule": finding.rule,
                "severity": finding.severity,
                "place": finding.place,
                "text": finding.text,
                "locations": [anchor._asdict() for anchor in finding.anchors],
                "explanation": None if why is None else {"kind": why.kind, "reason": why.reason},
            }
            for finding, why in verdict.findings
        ],
    }


def _sarif(tool: Tool, verdict: Verdict) -> Json:
    driver = {
        "name": tool.name,
        "version": tool.version,
        "informationUri": tool.address,
        "rules": [{"id": rule} for rule in sorted({finding.rule for finding, _ in verdict.findings})],
    }
    results = [_sarif_result(finding, why) for finding, why in verdict.findings]
    return {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _sarif_result(finding: Finding, why: Explanation | None) -> Json:
    # Without line numbers, so that an alert stays the same one when the code above it changes. The name is GitHub's.
    fingerprint = hashlib.sha256(f"{finding.rule}\0{finding.place}\0{finding.text}".encode()).hexdigest()
    return {
        "ruleId": finding.rule,
        "level": _SARIF_LEVELS[finding.severity],
        "message": {"text": finding.text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": anchor.path},
                    "region": {"startLine": anchor.line},
                }
            }
            for anchor in finding.anchors[:1]
        ],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
        "suppressions": [] if why is None else [{"kind": why.kind, "justification": why.reason}],
    }

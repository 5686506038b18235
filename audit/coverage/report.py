"""The findings as data: reports/audit/coverage.json."""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path

from audit.coverage.findings import Finding, tally
from audit.sources import source_hash


def write_report(path: Path, findings: list[Finding]) -> None:
    """Writes how much of each file is reached, and what is not."""
    files = {name: tally(group) for name, group in groupby(findings, key=lambda finding: finding.name.file)}
    report = {
        "source_hash": source_hash(),
        "total": tally(findings),
        "files": files,
        "explained": [finding.name._asdict() | {"reason": finding.reason} for finding in findings if finding.reason],
        "gaps": [finding.name._asdict() for finding in findings if finding.is_gap],
    }
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

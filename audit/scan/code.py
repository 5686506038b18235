"""Weak places in our own Python, as bandit sees them."""

from __future__ import annotations

import json

from audit.scan.findings import TOOLS, Finding, Outcome, run

FOLDERS = ("registry_api", "registries", "scripts", "tools", "audit", "benchmarks")


def weak_code() -> Outcome:
    """Findings of medium and high severity.

    :raises UnavailableError: if bandit cannot be run
    """
    found = json.loads(run([TOOLS / "bandit", "--quiet", "--recursive", "-ll", "--format", "json", *FOLDERS]))
    findings = [
        Finding(
            f"{one['test_id']} {one['filename']}",
            f"{one['filename']}:{one['line_number']}: {one['test_id']} {one['issue_text']}",
        )
        for one in found["results"]
    ]
    return Outcome(f"{found['metrics']['_totals']['loc']:,} lines", findings)

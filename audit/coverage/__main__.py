"""`python -m audit.coverage`: what the tests reach of the contracts, as reports/audit/coverage.json and .html.

Fails if a statement, branch or function is neither reached nor explained, and if an explanation is stale.
"""

from __future__ import annotations

import sys

from audit.coverage.build import coverage_build
from audit.coverage.findings import audited_files, find, read_explanations
from audit.coverage.page import write_page
from audit.coverage.report import write_report
from audit.coverage.runs import run_in_process, run_on_anvil
from audit.sources import REPORTS, ROOT


def main() -> int:
    """Measures, writes the reports, and gives the exit code."""
    build = coverage_build()
    sources = {path: (ROOT / path).read_bytes() for path in audited_files()}
    in_process, anvil = run_in_process(build), run_on_anvil()
    findings = find(build, sources, anvil, in_process, read_explanations())
    REPORTS.mkdir(parents=True, exist_ok=True)
    write_report(REPORTS / "coverage.json", findings)
    write_page(REPORTS / "coverage.html", sources, findings)
    gaps = [finding for finding in findings if finding.is_gap]
    for gap in gaps:
        print(f"{gap.name.file}:{gap.line}: {gap.name.function}: {gap.name.point}: {gap.name.code}")
    print(f"{len(findings)} points, {len(gaps)} of them neither reached nor explained")
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main())

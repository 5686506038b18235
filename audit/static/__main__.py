"""`python -m audit.static [slither] [semgrep]`: run the analysers, hold their findings against the triage, report.

Writes reports/audit/<analyser>.json and .sarif. Exit status 1 if a finding is unexplained or an explanation unused.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import NamedTuple

from audit.sources import REPORTS, scope, source_hash
from audit.static.findings import AnalyserError, Finding
from audit.static.report import Tool, write_reports
from audit.static.semgrep import run_semgrep, semgrep_version
from audit.static.slither import run_slither
from audit.static.triage import TriageError, Verdict, judge, read_comments, read_triage


class Analyser(NamedTuple):
    """How to run one, and what it is."""

    run: Callable[[], list[Finding]]
    version: Callable[[], str]
    address: str


ANALYSERS = {
    "slither": Analyser(run_slither, lambda: version("slither-analyzer"), "https://github.com/crytic/slither"),
    "semgrep": Analyser(run_semgrep, semgrep_version, "https://github.com/semgrep/semgrep"),
}


def analyse(name: str) -> Verdict:
    """Runs an analyser, writes its reports, and returns the verdict.

    :raises AnalyserError: if it cannot be run
    :raises TriageError: if an explanation breaks a rule
    """
    analyser = ANALYSERS[name]
    explanations = read_triage(name)
    if name == "slither":
        explanations += read_comments(scope())
    verdict = judge(analyser.run(), explanations)
    write_reports(REPORTS, Tool(name, analyser.version(), analyser.address), verdict, source_hash())
    return verdict


def main() -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(prog="python -m audit.static", description="Static analysis with a gate.")
    # argparse holds the empty list of no names against the choices as well.
    parser.add_argument("analysers", nargs="*", choices=[*ANALYSERS, []], help="which to run; all, if none is named")
    status = 0
    for name in parser.parse_args().analysers or ANALYSERS:
        try:
            verdict = analyse(name)
        except (AnalyserError, TriageError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            status = 1
            continue
        for problem in verdict.problems:
            print(f"{name}: {problem}", file=sys.stderr)
            status = 1
        print(f"{name}: {len(verdict.findings)} findings, {len(verdict.problems)} problems")
    return status


if __name__ == "__main__":
    sys.exit(main())

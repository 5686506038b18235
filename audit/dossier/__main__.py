"""`python -m audit.dossier`: runs every check and draws the page; with `--page`, only draws it from what is there.

Writes reports/audit/index.html and reports/audit/summary.json. Fails if a check failed.
"""

from __future__ import annotations

import argparse
import json
import sys

from audit.dossier.evidence import StaleEvidenceError, gather
from audit.dossier.page import render
from audit.dossier.steps import passed, run
from audit.dossier.summary import summary
from audit.sources import REPORTS

PAGE = REPORTS / "index.html"
SUMMARY = REPORTS / "summary.json"


def main() -> int:
    """Runs and draws; 1 if a check failed or its findings are missing."""
    parser = argparse.ArgumentParser(prog="python -m audit.dossier", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--page", action="store_true", help="run nothing, draw the page from the findings at hand")
    what.add_argument("--resume", action="store_true", help="run only what has not passed on these sources yet")
    options = parser.parse_args()
    if not options.page:
        run(passed() if options.resume else [])
    try:
        evidence = gather()
    except StaleEvidenceError as error:
        print(error, file=sys.stderr)
        return 1
    PAGE.write_text(render(evidence), encoding="utf-8")
    SUMMARY.write_text(json.dumps(summary(evidence), indent=1) + "\n", encoding="utf-8")
    failed = [step["target"] for step in evidence["run"]["steps"] if not step["passed"]]
    print(f"{PAGE}: {'failed: ' + ', '.join(failed) if failed else 'every check passed'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

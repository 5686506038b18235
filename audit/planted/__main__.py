"""`python -m audit.planted`: plants each bug in a copy of the project and sees which check catches it.

Fails if one is not caught, or if a copy without a bug does not pass.
"""

from __future__ import annotations

import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from audit.planted.bugs import BUGS, Bug
from audit.planted.checks import CHECKS
from audit.planted.report import CONTROL, Verdict, write_reports
from audit.planted.workshop import WORKSHOP, copy_project, plant
from registries.build import trusted_build

AT_ONCE = 2


def main() -> int:
    """Runs all; the exit code is 1 if a bug was not caught or the control failed."""
    trusted_build()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        control = pool.submit(_first_failure, None)
        verdicts = list(pool.map(_judge, BUGS))
        check, witness, seconds = control.result()
    shutil.rmtree(WORKSHOP)
    if check:
        print(f"{CONTROL}: {check} fails all the same: {witness}", file=sys.stderr)
        return 1
    write_reports(verdicts, round(seconds))
    missed = [verdict.name for verdict in verdicts if not verdict.check]
    if missed:
        print(f"not caught: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


def _judge(bug: Bug) -> Verdict:
    return Verdict.of(bug, *_first_failure(bug))


def _first_failure(bug: Bug | None) -> tuple[str, str, float]:
    """The first check that fails on a copy with the bug, or without one; what it said; and after how many seconds."""
    name = bug.name if bug else "control"
    copy = copy_project(name)
    if bug:
        plant(bug, copy)
    begin = time.monotonic()
    found = ("", "")
    for check in CHECKS:
        if witness := check.run(copy):
            found = (check.name, witness)
            break
    seconds = time.monotonic() - begin
    print(
        f"{bug.name if bug else CONTROL:26} {seconds:5.0f} s  {': '.join(found) if found[0] else 'passes'}", flush=True
    )
    return *found, seconds


if __name__ == "__main__":
    sys.exit(main())

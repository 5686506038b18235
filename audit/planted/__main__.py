"""`python -m audit.planted`: plants each bug in a copy of the project and sees which check catches it.

Fails if one is not caught, or if a copy without a bug does not pass.
"""

from __future__ import annotations

import os
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor

from audit.planted.bugs import BUGS, Bug, StaleBugError
from audit.planted.checks import CHECKS, BrokenCheckError
from audit.planted.report import CONTROL, Verdict, write_reports
from audit.planted.workshop import WORKSHOP, CompilationError, copy_project, plant
from registries.build import trusted_build
from registries.errors import DeploymentError

AT_ONCE = 2


def main() -> int:
    """The exit code: 1 if a bug was not caught or cannot be planted, or if the control failed."""
    try:
        trusted_build()
        verdicts, control, seconds = _judge_all()
    except (StaleBugError, CompilationError, BrokenCheckError, DeploymentError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(WORKSHOP, ignore_errors=True)
    if control:
        print(f"{CONTROL}: {control} fails all the same", file=sys.stderr)
        return 1
    write_reports(verdicts, round(seconds))
    missed = [verdict.name for verdict in verdicts if not verdict.check]
    if missed:
        print(f"not caught: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


def _judge_all() -> tuple[list[Verdict], str, float]:
    """The verdicts on the bugs; the check that fails without any, "" if none does; and the time that this took."""
    # Processes, each of which judges one copy at a time: the time of its children is that of the copy's checks.
    with ProcessPoolExecutor(AT_ONCE) as pool:
        control = pool.submit(_first_failure, None)
        verdicts = list(pool.map(_judge, BUGS))
        check, _, seconds = control.result()
    return verdicts, check, seconds


def _judge(bug: Bug) -> Verdict:
    return Verdict.of(bug, *_first_failure(bug))


def _first_failure(bug: Bug | None) -> tuple[str, str, float]:
    """The first check that fails on a copy with the bug, or without one; what it said; and after how many seconds of
    processor time."""
    name = bug.name if bug else "control"
    copy = copy_project(name)
    if bug:
        plant(bug, copy)
    begin = _childrens_time()
    found = ("", "")
    for check in CHECKS:
        if witness := check.run(copy):
            found = (check.name, witness)
            break
    seconds = _childrens_time() - begin
    print(
        f"{bug.name if bug else CONTROL:26} {seconds:5.0f} s  {': '.join(found) if found[0] else 'passes'}", flush=True
    )
    return *found, seconds


def _childrens_time() -> float:
    """The processor time of all commands that this process ran and that have ended, in seconds."""
    used = os.times()
    return used.children_user + used.children_system


if __name__ == "__main__":
    sys.exit(main())

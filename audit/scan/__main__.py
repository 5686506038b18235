"""`python -m audit.scan [--needs-advisories]`: exit status 1 if a finding is unexplained, or an explanation unused."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from audit.scan.advisories import npm_advisories, python_advisories
from audit.scan.code import weak_code
from audit.scan.findings import Outcome, UnavailableError, explained
from audit.scan.parts import licences, materials
from audit.scan.secrets import secrets

SCANS: dict[str, Callable[[], Outcome]] = {
    "pip-audit": python_advisories,
    "npm audit": npm_advisories,
    "bandit": weak_code,
    "secrets": secrets,
    "licences": licences,
    "materials": materials,
}
ADVISORIES = {"pip-audit", "npm audit"}
"""What depends on others to answer."""


@click.command()
@click.option("--needs-advisories", is_flag=True, help="Fail where advisories cannot be asked for.")
def main(*, needs_advisories: bool) -> None:
    """Scan dependencies, code and history."""
    failed = False
    for name, scan in SCANS.items():
        try:
            outcome = scan()
        except UnavailableError as error:
            is_fatal = needs_advisories or name not in ADVISORIES
            click.echo(f"{name}: NOT CHECKED: {error}", err=True)
            failed |= is_fatal
            continue
        reasons = explained(name)
        problems = [finding.words for finding in outcome.findings if finding.key not in reasons]
        unused = set(reasons) - {finding.key for finding in outcome.findings}
        problems += [f"triage.json explains {key!r}, which is not found" for key in sorted(unused)]
        for problem in problems:
            click.echo(f"{name}: {problem}", err=True)
        click.echo(f"{name}: {outcome.looked_at}, {len(outcome.findings)} findings, {len(problems)} problems")
        failed |= bool(problems)
    sys.exit(failed)


if __name__ == "__main__":
    main()

"""What caught which bug and how fast: reports/audit/planted.json, and docs/planted-bugs.md made of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from audit.planted.bugs import Bug
from audit.sources import REPORTS, ROOT, source_hash

REPORT = REPORTS / "planted.json"
DOCUMENT = ROOT / "docs" / "planted-bugs.md"
CONTROL = "nothing planted"

_HEAD = """# Planted bugs

Realistic mistakes, put into copies of the project one by one. Each has to be caught by the project's own checks, which
run in a fixed order until one fails; a copy without a bug has to pass them all. `python -m audit.planted` makes this
page and [planted.json](../reports/audit/planted.json); the mistakes themselves are in
[bugs.py](../audit/planted/bugs.py). Seconds are processor time of the checks up to the failure, the compilation of the
bug not counted.

| Bug | What is wrong | Where | Caught by | Seconds |
|---|---|---|---|---:|
"""


@dataclass(frozen=True)
class Verdict:
    """What became of a bug.

    :ivar check: the check that noticed it; "" if none did
    :ivar witness: the test that failed, or what the check said
    :ivar seconds: of processor time, from the start of the first check to the end of that one
    """

    name: str
    what: str
    file: str
    place: str
    check: str
    witness: str
    seconds: int

    @classmethod
    def of(cls, bug: Bug, check: str, witness: str, seconds: float) -> Verdict:
        return cls(bug.name, bug.what, f"contracts/{bug.file}", bug.place, check, witness, round(seconds))


def write_reports(verdicts: Sequence[Verdict], control_seconds: int) -> None:
    """Writes both, in the order of the bugs.

    :param control_seconds: processor time of all checks on the copy without a bug
    """
    findings = {
        "source_hash": source_hash(),
        "control_seconds": control_seconds,
        "bugs": [asdict(verdict) for verdict in verdicts],
    }
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(findings, indent=2) + "\n", encoding="utf-8")
    DOCUMENT.write_text(document(findings), encoding="utf-8")


def document(findings: dict[str, Any]) -> str:
    """The page that a report gives."""
    rows = [_row(Verdict(**bug)) for bug in findings["bugs"]]
    last = f"\nWithout a bug, all checks pass, in {findings['control_seconds']} seconds of processor time.\n"
    return _HEAD + "".join(rows) + last


def _row(verdict: Verdict) -> str:
    place = f"`{verdict.place}` in `{verdict.file.removeprefix('contracts/')}`"
    witness = verdict.witness.rpartition("::")[2] if "::" in verdict.witness else verdict.witness
    caught = f"{verdict.check}: `{witness}`" if verdict.check else "**nothing**"
    return f"| `{verdict.name}` | {verdict.what} | {place} | {caught} | {verdict.seconds} |\n"

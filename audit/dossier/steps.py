"""What `make audit` runs, in order, and the record of a run."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from audit.dossier.tools import versions
from audit.sources import REPORTS, ROOT, source_hash

RECORD = REPORTS / "run.json"


class Step(NamedTuple):
    """One part of the audit.

    :ivar target: the make target that runs it alone
    :ivar title: what it does, for people
    """

    target: str
    title: str


STEPS = (
    Step("exports", "ABIs, storage layouts, code sizes and hashes"),
    Step("slither", "Static analysis, two analysers"),
    Step("gas", "Gas of every call against its budget and its lower bound"),
    Step("gas-growth", "Gas as the registries grow"),
    Step("suite", "The whole test suite"),
    Step("coverage", "Coverage on both EVMs"),
    Step("stateful", "The contracts against the model, at length"),
    Step("proofs", "Symbolic proofs"),
    Step("planted", "Planted bugs"),
    Step("mutation", "Mutation testing of the tests"),
)


class Outcome(NamedTuple):
    """What became of a step.

    :ivar seconds: how long it took
    """

    target: str
    title: str
    passed: bool
    seconds: int


def run(done: Iterable[Outcome] = (), steps: Iterable[Step] = STEPS) -> list[Outcome]:
    """Runs the steps, all of them even if one fails; what they say goes to the terminal, what became of them on record.

    :param done: what has passed before, and is not run again
    """
    outcomes = {outcome.target: outcome for outcome in done}
    for number, (target, title) in enumerate(steps := tuple(steps), start=1):
        if target in outcomes:
            continue
        print(f"\n== {number}/{len(steps)} make {target}: {title}", flush=True)
        start = time.monotonic()
        process = subprocess.run(["make", target], cwd=ROOT, check=False)
        seconds = round(time.monotonic() - start)
        print(f"== {target}: {'passed' if process.returncode == 0 else 'FAILED'} in {seconds} s", flush=True)
        outcomes[target] = Outcome(target, title, process.returncode == 0, seconds)
        record([outcomes[step.target] for step in steps if step.target in outcomes])
    return list(outcomes.values())


def passed() -> list[Outcome]:
    """The steps that passed in the last run, if it was on these sources."""
    if not RECORD.exists():
        return []
    content = json.loads(RECORD.read_text(encoding="utf-8"))
    if content["source_hash"] != source_hash():
        return []
    return [outcome for row in content["steps"] if (outcome := Outcome(**row)).passed]


def record(outcomes: list[Outcome]) -> dict[str, Any]:
    """Writes down what ran, on what, and when."""
    content = {
        "source_hash": source_hash(),
        "finished": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "steps": [outcome._asdict() for outcome in outcomes],
        "tools": versions(),
    }
    REPORTS.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return content

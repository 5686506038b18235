"""What the deep course did, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from audit.sources import REPORTS, source_hash
from tests.stateful.tally import Tally

REPORT = REPORTS / "stateful.json"


def write_report(tally: Tally, seeds: range, steps: int) -> None:
    """Writes the report: the same tally gives the same bytes."""
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report(tally, seeds, steps), indent=2) + "\n")


def report(tally: Tally, seeds: range, steps: int) -> dict[str, Any]:
    """The tally for readers.

    :param seeds: of the histories
    :param steps: of each history
    """
    functions: dict[str, dict[str, Any]] = {}
    for (registry, function, error), number in sorted(tally.calls.items()):
        entry = functions.setdefault(f"{registry}.{function}", {"succeeded": 0, "reverted": {}})
        if error:
            entry["reverted"][error] = number
        else:
            entry["succeeded"] = number
    succeeded = sum(number for (_, _, error), number in tally.calls.items() if not error)
    calls = sum(tally.calls.values())
    return {
        "source_hash": source_hash(),
        "histories": tally.examples,
        "seeds": {"first": seeds[0], "last": seeds[-1]},
        "steps_of_each_history": steps,
        "calls": {"total": calls, "succeeded": succeeded, "reverted": calls - succeeded},
        "reads_compared": sum(tally.reads.values()),
        "logs_compared": tally.logs,
        "calls_by_function": functions,
        "reads_by_function": _sorted({".".join(read): number for read, number in tally.reads.items()}),
        "checks": _sorted(tally.checks),
    }


def _sorted(numbers: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(numbers.items()))

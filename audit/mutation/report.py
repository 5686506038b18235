"""The campaign's report: `reports/audit/mutation.json` for programs, `reports/mutation.md` for people."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from audit.mutation.equivalents import Description
from audit.mutation.generation import Generation
from audit.mutation.own_operators import DESCRIPTIONS
from audit.mutation.selection import Killers
from audit.mutation.slither_operators import MUTATORS
from audit.mutation.verdict import Outcome, Verdict
from audit.sources import REPORTS, ROOT, source_hash

PATH = REPORTS / "mutation.json"
SUMMARY = ROOT / "reports" / "mutation.md"

COLUMNS = ("generated", "invalid", "killed", "timeout", "equivalent", "survived")


class Effort(NamedTuple):
    """What the campaign took."""

    seconds: int
    cores: int


def build(
    generation: Generation, verdicts: dict[str, Verdict], reasons: dict[Description, str], effort: Effort
) -> dict[str, Any]:
    """The report on all mutants, with a verdict for each."""
    files: dict[str, dict[str, Counter[str]]] = {}
    killed: dict[str, dict[str, dict[str, list[str]]]] = {}
    unharmed: dict[str, list[dict[str, Any]]] = {"equivalent": [], "survived": []}
    for mutant in generation.mutants:
        source = generation.sources[mutant.file]
        verdict = verdicts[mutant.id]
        reason = _reason(verdict, reasons.get(Description.of(mutant, source), ""))
        outcome = "equivalent" if reason else str(verdict.outcome)
        files.setdefault(mutant.file, {}).setdefault(mutant.operator, Counter()).update(["generated", outcome])
        if verdict.test:
            tests = killed.setdefault(mutant.file, {}).setdefault(mutant.function, {})
            tests.setdefault(verdict.test, []).append(f"{mutant.operator} {mutant.line(source)} {mutant.id}")
        elif outcome in unharmed:
            row = {"id": mutant.id, "line": mutant.line(source), **Description.of(mutant, source)._asdict()}
            unharmed[outcome].append(row | ({"reason": reason} if reason else {}))
    totals = sum((counts for operators in files.values() for counts in operators.values()), Counter[str]())
    dead = totals["killed"] + totals["timeout"]
    return {
        "source_hash": source_hash(),
        "mutants_hash": generation.list_hash(),
        "score": dead / max(1, dead + totals["survived"]),
        "seconds": effort.seconds,
        "cores": effort.cores,
        "totals": _row(totals),
        "operators": {
            **{name: {"of": "slither-mutate", "what": mutator.HELP} for name, mutator in MUTATORS.items()},
            **{name: {"of": "this project", "what": what} for name, what in DESCRIPTIONS.items()},
        },
        "files": {
            file: {name: _row(counts) for name, counts in sorted(operators.items())}
            for file, operators in files.items()
        },
        "crashes": [crash._asdict() for crash in generation.crashes],
        "survived": unharmed["survived"],
        "equivalent": unharmed["equivalent"],
        "killed": killed,
    }


def write(report: dict[str, Any], path: Path = PATH, summary: Path = SUMMARY) -> None:
    """Writes both files."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    summary.write_text(_markdown(report), encoding="utf-8")


def read_killers(path: Path = PATH) -> Killers:
    """What the last report knows about which tests kill."""
    killers = Killers()
    if path.exists():
        for file, functions in json.loads(path.read_text(encoding="utf-8"))["killed"].items():
            for function, tests in functions.items():
                for test, mutants in tests.items():
                    for _ in mutants:
                        killers.add(file, function, test)
    return killers


def staleness(report: dict[str, Any], generation: Generation) -> list[str]:
    """What a report says about another state than the present one; empty if it is fresh."""
    present = {"source_hash": source_hash(), "mutants_hash": generation.list_hash()}
    return [f"{key} is {report[key]}, now {now}" for key, now in present.items() if report[key] != now]


def _reason(verdict: Verdict, listed: str) -> str:
    match verdict.outcome:
        case Outcome.SAME_CODE:
            return "same bytecode"
        case Outcome.SURVIVED:
            return listed
        case _:
            return ""


def _row(counts: Counter[str]) -> dict[str, int]:
    return {column: counts[column] for column in COLUMNS}


def _markdown(report: dict[str, Any]) -> str:
    by_file = {file: _sum(operators.values()) for file, operators in report["files"].items()}
    by_operator: dict[str, list[dict[str, int]]] = {}
    for operators in report["files"].values():
        for name, row in operators.items():
            by_operator.setdefault(name, []).append(row)
    reasons = Counter(row["reason"] for row in report["equivalent"])
    verdict = (
        f"Score: **{report['score']:.2%}** of the mutants that are not equivalent were killed. "
        f"{report['totals']['killed']} made a test fail, {report['totals']['timeout']} made one run so long that it "
        f"was stopped, {report['totals']['survived']} survived. Sources `{report['source_hash'][:16]}`; "
        f"{report['seconds'] // 60} minutes on {report['cores']} cores. docs/auditing.md explains it."
    )
    lines = [
        "# Mutation testing",
        "",
        verdict,
        "",
        *_table("File", by_file),
        "",
        *_table("Operator", {name: _sum(rows) for name, rows in sorted(by_operator.items())}),
        "",
        "Each mutant counts once, for the first operator that gives it. Invalid: it does not compile.",
        "",
        "## Survivors",
        "",
        *(_line(row) for row in report["survived"]),
        *(() if report["survived"] else ("None.",)),
        "",
        "## Why mutants are equivalent",
        "",
        "| Mutants | Reason |",
        "|--:|---|",
        *(f"| {count} | {reason} |" for reason, count in reasons.most_common()),
        "",
    ]
    return "\n".join(lines)


def _sum(rows: Any) -> dict[str, int]:
    return {column: sum(row[column] for row in rows) for column in COLUMNS}


def _table(title: str, rows: dict[str, dict[str, int]]) -> list[str]:
    return [
        f"| {title} | {' | '.join(COLUMNS)} |",
        f"|---|{'--:|' * len(COLUMNS)}",
        *(f"| {name} | {' | '.join(str(row[column]) for column in COLUMNS)} |" for name, row in rows.items()),
    ]


def _line(row: dict[str, Any]) -> str:
    where = f"{row['file']}:{row['line']} {row['operator']} in `{row['function']}`"
    return f"- {where}: `{row['original']}` -> `{row['mutated']}`"

"""What the endurance run found, to be read: reports/load/README.md and its charts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit.gas import svg

FOLDER = Path(__file__).parents[2] / "reports" / "load"

_WIDTH, _LEFT, _RIGHT, _PANEL, _GAP, _TOP = 1_000, 80, 30, 150, 60, 104
_COLOURS = (
    f".l{number} {{ fill: none; stroke: var(--s{number}); stroke-width: 1.5; }}"
    f" .p{number} {{ fill: var(--s{number}); }}"
    for number in range(4)
)
_STYLE = "\n".join([*_COLOURS, ".fault { stroke: var(--ceiling); stroke-dasharray: 3 3; }"])

Figures = dict[str, Any]


def write(figures: Figures) -> None:
    """Writes all of it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "load.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    (FOLDER / "README.md").write_text("\n".join([*page(figures), ""]), encoding="utf-8")
    (FOLDER / "load.svg").write_text(chart(figures), encoding="utf-8")


def page(figures: Figures) -> Iterator[str]:
    """The report."""
    of, verdict = figures["of"], figures["verdict"]
    yield "# Load, and what happens when parts die"
    yield ""
    yield f"Made by `make load`: {of['rate']} requests a second for {of['seconds'] / 60:g} minutes on"
    yield f"{of['cores']} cores, which chain node, PostgreSQL, Redis, two indexers, nginx, two replicas and the clients"
    yield "share. Transactions go on meanwhile, and malicious requests. Every fact about an agent that was answered is"
    yield "held against the logs that the chain has in the end."
    yield ""
    yield "![Latency, failures, lag and memory through time](load.svg)"
    yield ""
    yield "| | |"
    yield "|---|---|"
    names = {
        "requests": "requests",
        "agents_judged": "different facts about agents, right",
        "of_reorganised_blocks": "facts of blocks that were reorganised away, none of them said to be final",
        "wrong": "wrong ones",
        "transactions_sent": "transactions meanwhile",
        "payments_linked": "payments linked",
        "rows_lost": "of them lost, or not in the audit trail",
        "parity": "database against contracts, in the end",
        "malicious_requests": "malicious requests",
        "offences": "of them answered with a fault or a leak",
        "strange_log_lines": "lines of the logs that the programs did not write",
    }
    for name, words in names.items():
        value = verdict[name]
        yield f"| {words} | {value if isinstance(value, str) else f'{value:,}'} |"
    for name in ("statuses", "malicious_statuses"):
        counted = ", ".join(
            f"{'none' if status == '0' else status}: {count:,}" for status, count in verdict[name].items()
        )
        yield f"| {'answers' if name == 'statuses' else 'answers to malicious requests'} | {counted} |"
    yield ""
    yield "## Faults"
    yield ""
    yield "Each is `kill -9` unless it says otherwise. Failed: 5xx, or no answer. Recovered: the last failed request,"
    yield "and the last second in which the database was more than two blocks behind the chain; 0: none."
    yield ""
    yield "| at, s | what | away for, s | failed reads | reads recovered after, s | indexing recovered after, s |"
    yield "|---|---|---|---|---|---|"
    for one in figures["faults"]:
        cells = ("at", "what", "started_again", "failed_reads", "reads_recovered", "indexing_recovered")
        yield "| " + " | ".join(str(one[cell]) for cell in cells) + " |"
    yield ""
    yield "## Latency"
    yield ""
    yield "Milliseconds, from when a request was due, faults included."
    yield ""
    yield "| what | requests | p50 | p95 | p99 |"
    yield "|---|---|---|---|---|"
    for kind, one in figures["latency"].items():
        yield f"| {kind} | {one['requests']:,} | {one['p50']} | {one['p95']} | {one['p99']} |"
    yield ""
    yield "## Memory"
    yield ""
    yield "MiB after a tenth of the time, at half of it, and at the end."
    yield ""
    yield "| part | tenth | half | end |"
    yield "|---|---|---|---|"
    samples = figures["samples"]
    for part in samples[0]["memory"]:
        places = (len(samples) // 10, len(samples) // 2, -1)
        yield f"| {part} | " + " | ".join(str(samples[place]["memory"][part]) for place in places) + " |"


def chart(figures: Figures) -> str:
    """Four panels, one above the other, with a line where something was killed."""
    slices, seconds = figures["slices"], figures["of"]["seconds"]
    samples = [one for one in figures["samples"] if one["at"] <= seconds]
    parts = list(samples[0]["memory"])
    panels: list[tuple[str, list[tuple[str, list[tuple[float, float]]]]]] = [
        (
            "Latency, ms (a slice with failures may rise above the panel)",
            [(name, [(one["at"], one[name]) for one in slices]) for name in ("p50", "p95", "p99")],
        ),
        ("Failed requests in ten seconds", [("failed", [(one["at"], one["failed"]) for one in slices])]),
        (
            "Blocks behind the chain",
            [("lag", [(one["at"], one["lag"]) for one in samples if one["lag"] is not None])],
        ),
        ("Memory, MiB", [(part, [(one["at"], one["memory"][part]) for one in samples]) for part in parts]),
    ]
    faults = [f"{number} {one['what']}" for number, one in enumerate(figures["faults"], start=1)]
    height = _TOP + len(panels) * (_PANEL + _GAP)
    marks = [
        svg.text(20, 32, "Load, and what happens when parts die", "title"),
        svg.text(20, 50, " · ".join(faults[:4]), "muted"),
        svg.text(20, 66, " · ".join(faults[4:]), "muted"),
    ]
    for number, (title, lines) in enumerate(panels):
        top = _TOP + number * (_PANEL + _GAP)
        marks += _panel(title, lines, top, seconds, most=100.0 if number == 0 else None)
        for position, fault in enumerate(figures["faults"], start=1):
            x = _x(fault["at"], seconds)
            marks.append(svg.line(x, top, x, top + _PANEL, "fault"))
            marks.append(svg.text(x + 3, top + 12, str(position), "muted"))
    return svg.document(_WIDTH, height, "Latency, failures, lag and memory through time", _STYLE, marks)


def _panel(
    title: str, lines: list[tuple[str, list[tuple[float, float]]]], top: float, seconds: float, most: float | None
) -> Iterator[str]:
    highest = most or max((y for _, points in lines for _, y in points), default=0) or 1
    yield svg.text(_LEFT, top - 8, title, "heading")
    for share in (0, 0.5, 1):
        y = top + _PANEL * (1 - share)
        yield svg.line(_LEFT, y, _WIDTH - _RIGHT, y, "grid")
        yield svg.text(_LEFT - 8, y + 4, f"{highest * share:g}", "muted number", "end")
    for minute in range(0, int(seconds // 60) + 1, 5):
        yield svg.text(_x(minute * 60, seconds), top + _PANEL + 16, f"{minute} min", "muted number", "middle")
    for number, (name, points) in enumerate(lines):
        yield svg.polyline(
            [(_x(x, seconds), top + _PANEL * (1 - min(y / highest, 1))) for x, y in points], f"l{number}"
        )
        if len(lines) > 1:
            yield svg.rectangle(_WIDTH - _RIGHT - 90 * (len(lines) - number), top - 14, 12, 4, f"p{number}")
            yield svg.text(_WIDTH - _RIGHT - 90 * (len(lines) - number) + 18, top - 8, name, "muted")


def _x(at: float, seconds: float) -> float:
    return _LEFT + at / seconds * (_WIDTH - _LEFT - _RIGHT)

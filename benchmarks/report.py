"""What the benchmarks found, to be read: `python -m benchmarks.report` draws reports/benchmarks/README.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from audit.gas import svg
from benchmarks.workload import READS

FOLDER = Path(__file__).parents[1] / "reports" / "benchmarks"
DATABASES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
COLOURS = 4
"""As many databases as the chart tells apart."""
QUESTIONS = {
    "one": "one agent, each before any comes again",
    "popular_ones": "one agent, the popular ones more often",
    "searches": "a search of 50 that was not asked before",
    "popular_searches": "a search of 50, a thousand different ones, the popular ones more often",
    "texts": "a text search of 50",
    "mixed": "what applications ask for, hardly anything twice",
}

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 900, 380, 90, 70, 30, 50
_STYLE = "\n".join(
    f".l{number} {{ fill: none; stroke: var(--s{number}); stroke-width: 2; }}\n.p{number} {{ fill: var(--s{number}); }}"
    for number in range(COLOURS)
)

Figures = dict[str, Any]


def read() -> list[Figures]:
    """The figures of each database, the largest first."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("read_api_*.json")]
    return sorted(found, key=lambda one: (one["of"]["database"], -one["of"]["agents"]))


def _name(figures: Figures) -> str:
    of = figures["of"]
    return f"{DATABASES[of['database']]}, {of['agents']:,} agents"


def page(found: list[Figures], ponder: Figures) -> str:
    """The report."""
    return "\n".join([*_indexing(found), *_ponder(ponder), *_answers(found), ""])


def _indexing(found: list[Figures]) -> Iterator[str]:
    yield "# Benchmarks of the read API"
    yield ""
    yield "Made by `make bench`; what was measured with is in the JSON files here."
    yield ""
    yield "## Indexing"
    yield ""
    yield "From prepared logs, by one process, with everything that a response needs made on the way: agents are"
    yield "registered first, then feedback is given. The first build is what `registry-api index --once` does: the"
    yield "indexes that only readers need are made at its end, and are in its time. After it, more feedback is given,"
    yield "while all indexes are there."
    yield ""
    yield (
        "| database | feedback | events | seconds | of them indexes | events/s | feedback: first/s | last/s"
        " | time for an event | processor | control | time beside control | after it/s | MiB |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    for figures in found:
        of, indexing = figures["of"], figures["indexing"]
        later, parts = indexing["later"], _of_feedback(figures)
        memory = max(row["resident_mib"] for row in indexing["slices"])
        numbers = [of["feedback"], indexing["events"], round(indexing["seconds"])]
        numbers += [round(indexing["making_indexes_seconds"]), indexing["events_per_second"]]
        numbers += [round(parts[end].events / parts[end].seconds) for end in (0, -1)]
        cells = [f"{number:,}" for number in numbers]
        cells += [f"{_growth(costs):+.0%}" for costs in zip(*map(_costs, parts), strict=True)]
        cells += [f"{round(later['events'] / later['seconds']):,}", f"{memory:,}"]
        yield f"| {_name(figures)} | {' | '.join(cells)} |"
    yield ""
    yield "First and last are the first and the last twentieth of all events with feedback alone, from each agent's"
    yield "second feedback on: the first is less work, the others are alike. The next four columns compare the last"
    yield "third of these twentieths with the first one, by their medians: the time for an event; what the indexer"
    yield "itself takes of the processor for it; a control, which is the same piece of indexing each time, into an"
    yield "empty database on the same server, after each twentieth; and the time as so many times its control."
    yield "Linear is no growth of the time; what its control grows as well is the machine's or the server's, and"
    yield "not the size's."
    yield ""
    yield "![Feedback against time](indexing.svg)"
    yield ""


def _feedback_from(figures: Figures, turn: int) -> list[Figures]:
    """The ends of slices, from the first one at which all agents are registered and have so much feedback."""
    # Three events register an agent; a fiftieth of feedback is revoked.
    since = (3 + 1.02 * turn) * figures["of"]["agents"]
    return [row for row in figures["indexing"]["slices"] if row["events"] >= since]


class _Part(NamedTuple):
    """Indexing between two looks at the clock.

    :ivar cpu_seconds: of the processor, by the indexer
    :ivar control_seconds: that the control took after it
    """

    events: int
    seconds: float
    cpu_seconds: float
    control_seconds: float


def _of_feedback(figures: Figures) -> list[_Part]:
    """Each slice of the feedback after an agent's first; not one that is just a rest."""
    parts = [
        _Part(
            to["events"] - since["events"],
            to["seconds"] - since["seconds"],
            to["cpu_seconds"] - since["cpu_seconds"],
            to["control_seconds"],
        )
        for since, to in pairwise(_feedback_from(figures, turn=1))
    ]
    return [part for part in parts if part.events > parts[0].events / 2]


def _costs(part: _Part) -> tuple[float, float, float, float]:
    """Seconds for an event, by the clock and of the processor; those of the control; and the first beside these."""
    seconds = part.seconds / part.events
    return seconds, part.cpu_seconds / part.events, part.control_seconds, seconds / part.control_seconds


def _growth(costs: Sequence[float]) -> float:
    """From the first third to the last one, of their medians."""
    third = len(costs) // 3
    return median(costs[-third:]) / median(costs[:third]) - 1


def _ponder(ponder: Figures) -> Iterator[str]:
    yield f"Beside [Ponder](https://ponder.sh) {ponder['versions']['ponder']}, on the same chain with the same"
    yield f"{ponder['events']:,} events into the same PostgreSQL, one after the other, until all indexes are there;"
    yield "the rows were compared:"
    yield ""
    yield "| | seconds | without start-up | events/s | CPU seconds |"
    yield "|---|---|---|---|---|"
    for name in ("registry-api", "ponder"):
        one = ponder[name]
        yield (
            f"| {name} | {one['seconds']} | {one['seconds_without_start']} | {one['events_per_second']:,}"
            f" | {one['cpu_seconds']} |"
        )
    yield ""


def _answers(found: list[Figures]) -> Iterator[str]:
    yield "## Answers"
    yield ""
    yield "Requests a second of one process, as fast as they are answered over 32 connections; beside that, what a"
    yield "bare FastAPI route gives that returns the same bytes, headers and all, from memory, under the same server,"
    yield "measured before and after."
    yield "Latency is at 200 requests a second, milliseconds. The head moves on every two seconds; in every tenth block"
    yield "something happens to the registries, and what is remembered is forgotten. Of popular things, the tenth is"
    yield "asked for a tenth as often as the first. Each figure comes after a run-up of half its length, which asks"
    yield "from another place in the list."
    yield ""
    yield "Who asks what is popular is given what is remembered. Agents that are asked for one by one and searches that"
    yield "nobody has asked before, are read from the database each time: the worst case. What applications ask for is"
    yield f"mixed as in `make load`: {', '.join(f'{share} {kind}' for kind, share in READS.items())}. The last column"
    yield "is how many times 200 requests a second that is, which other APIs of this kind set out to reach."
    yield ""
    yield "| database | what is asked | requests/s | bare | ratio | p50 | p95 | p99 | times 200/s |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for figures in found:
        for question, one in figures["answers"].items():
            bare = sum(one["bare_per_second"]) // 2
            rate = one["at_rate"]
            yield (
                f"| {_name(figures)} | {QUESTIONS[question]} | {one['per_second']:,} | {bare:,} | {one['ratio']:.2f}"
                f" | {rate['p50']} | {rate['p95']} | {rate['p99']} | {one['per_second'] / 200:.1f} |"
            )


def chart(found: list[Figures]) -> str:
    """Feedback against time, as shares of all: a straight line is a rate that does not fall."""
    marks = [
        svg.text(20, 32, "Indexing of feedback, in a first build", "title"),
        svg.text(20, 54, "Share of all against share of the time. Straight: as fast at the end.", "muted"),
    ]
    for share in range(0, 101, 20):
        x, y = _x(share / 100), _y(share / 100)
        marks += [svg.line(x, _y(0), x, _y(1), "grid"), svg.line(_x(0), y, _x(1), y, "grid")]
        marks.append(svg.text(x, _y(0) + 20, f"{share} %", "muted number", "middle"))
        marks.append(svg.text(_LEFT - 8, y + 4, f"{share} %", "muted number", "end"))
    for number, figures in enumerate(found):
        ends = [(row["events"], row["seconds"]) for row in _feedback_from(figures, turn=0)]
        (events, seconds), (all_events, all_seconds) = ends[0], ends[-1]
        points = [
            (_x((at - seconds) / (all_seconds - seconds)), _y((indexed - events) / (all_events - events)))
            for indexed, at in ends
        ]
        marks.append(svg.polyline(points, f"l{number}"))
        marks += [svg.circle(x, y, 3, f"p{number}") for x, y in points]
        y = _y(0.95) + number * 22
        told = f"{_name(figures)}: {all_events - events:,} events in {all_seconds - seconds:,.0f} s"
        marks.append(svg.rectangle(_x(0.05), y - 4, 16, 4, f"p{number}"))
        marks.append(svg.text(_x(0.05) + 24, y, told))
    return svg.document(_WIDTH, _HEIGHT, "Feedback indexed against time", _STYLE, marks)


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(share: float) -> float:
    return _TOP + (1 - share) * (_HEIGHT - _TOP - _BOTTOM)


def main() -> None:
    """Write the report of the figures that there are."""
    found = read()
    ponder = json.loads((FOLDER / "ponder.json").read_text(encoding="utf-8"))
    (FOLDER / "README.md").write_text(page(found, ponder), encoding="utf-8")
    (FOLDER / "indexing.svg").write_text(chart(found), encoding="utf-8")


if __name__ == "__main__":
    main()

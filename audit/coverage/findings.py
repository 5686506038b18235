"""Every point of the sources with its hits on both chains, and the reasons of those that nothing reaches."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from audit.coverage.build import Build
from audit.coverage.executed import Executed
from audit.coverage.measure import Gauge
from audit.coverage.points import Point, points_of
from audit.sources import ROOT, scope

EXPLAINED = Path(__file__).with_name("explained.json")
KINDS = {"statement": "statements", "branch": "branches", "function": "functions"}
"""The kinds of points, and what many of one are called."""

_SNIPPET = 100
"""How much of a point's text names it, characters."""


class Name(NamedTuple):
    """What names a point in every state of the sources, as lines do not.

    :ivar file: the source file's path
    :ivar function: the contract's and the function's name
    :ivar point: the point's label
    :ivar code: the beginning of its text, white space made single
    """

    file: str
    function: str
    point: str
    code: str


@dataclass(frozen=True)
class Finding:
    """A point and how often each chain reached it.

    :ivar line: where it begins, from 1
    :ivar last_line: where it ends
    :ivar anvil: how often anvil executed it
    :ivar in_process: in how many contracts of in-process chains it was executed
    :ivar reason: why nothing reaches it, if that is known
    """

    point: Point
    name: Name
    line: int
    last_line: int
    anvil: int
    in_process: int
    reason: str | None = None

    @property
    def is_hit(self) -> bool:
        """Whether either chain reached it."""
        return bool(self.anvil or self.in_process)

    @property
    def is_gap(self) -> bool:
        """Whether nothing reaches it and nobody says why."""
        return not self.is_hit and self.reason is None


class ExplanationError(ValueError):
    """An explanation explains nothing: no point has that name, or a test reaches it."""


def audited_files(root: Path = ROOT) -> list[str]:
    """The paths of the source files that have code."""
    paths = [path.relative_to(root).as_posix() for path in scope(root)]
    return [path for path in paths if not path.startswith("contracts/interfaces/")]


def read_explanations(path: Path = EXPLAINED) -> dict[Name, str]:
    """The reasons, by the points' names."""
    entries = json.loads(path.read_text(encoding="utf-8"))
    return {Name(**{field: entry[field] for field in Name._fields}): entry["reason"] for entry in entries}


def find(
    build: Build, sources: dict[str, bytes], anvil: Executed, in_process: Executed, explanations: dict[Name, str]
) -> list[Finding]:
    """All points of the sources, file by file.

    :param sources: each file's content by its path
    :raises ExplanationError: if an explanation is stale
    """
    gauge = Gauge(build)
    findings = []
    for path, content in sources.items():
        for point in points_of(path, build.trees[path]):
            name = _name(point, content)
            hits = gauge.hits(point, anvil), gauge.hits(point, in_process)
            line, last_line = (content[:offset].count(b"\n") + 1 for offset in (point.place.start, point.place.end - 1))
            findings.append(Finding(point, name, line, last_line, *hits, None if any(hits) else explanations.get(name)))
    used = {finding.name for finding in findings if finding.reason}
    if stale := explanations.keys() - used:
        raise ExplanationError(f"nothing to explain, a test reaches it or it is gone: {min(stale)}")
    return findings


def tally(findings: Iterable[Finding]) -> dict[str, dict[str, int]]:
    """For each kind of point how many there are, how many each chain reached, and how many are explained."""
    table: dict[str, Counter[str]] = {plural: Counter() for plural in KINDS.values()}
    for finding in findings:
        table[KINDS[finding.point.kind]].update(
            total=1,
            anvil=bool(finding.anvil),
            in_process=bool(finding.in_process),
            merged=finding.is_hit,
            explained=finding.reason is not None,
        )
    return {kind: dict(counts) for kind, counts in table.items()}


def _name(point: Point, content: bytes) -> Name:
    text = " ".join(content[point.place.start : point.place.end].decode().split())
    return Name(point.place.path, point.function, point.label, text[:_SNIPPET])

"""Which findings are explained: by an entry of the triage file, or by a comment in the source.

The gate holds both ways. A finding without an explanation fails, and so does an explanation without a finding.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from audit.sources import ROOT
from audit.static.findings import Anchor, Finding

TRIAGE_FILE = Path(__file__).with_name("triage.json")

_COMMENT = re.compile(r"^\s*//(.*)$")
_DISABLE = re.compile(r"slither-disable(\S*)\s*(\S*)")


class TriageError(ValueError):
    """The triage file, or a comment that disables a detector, breaks a rule; the text names both."""


@dataclass(frozen=True)
class Explanation:
    """Why findings are left as they are.

    :ivar rule: the detector or rule
    :ivar place: the contract, or a member of it; all that is below it is meant too
    :ivar count: how many findings it explains, exactly
    :ivar anchor: the line below the comment, for one that stands in the source
    """

    rule: str
    place: str
    count: int
    reason: str
    anchor: Anchor | None = None

    @property
    def kind(self) -> Literal["inSource", "external"]:
        """As SARIF names it."""
        return "external" if self.anchor is None else "inSource"

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is one that this is about."""
        if finding.rule != self.rule:
            return False
        if self.anchor is not None:
            return self.anchor in finding.anchors
        return finding.place == self.place or finding.place.startswith(f"{self.place}.")


@dataclass(frozen=True)
class Verdict:
    """Each finding with its explanation, and what is wrong, in words; nothing, if the gate is passed."""

    findings: Sequence[tuple[Finding, Explanation | None]]
    problems: Sequence[str]


def judge(findings: Iterable[Finding], explanations: Sequence[Explanation]) -> Verdict:
    """Brings findings and explanations together."""
    judged = []
    problems = []
    used: Counter[Explanation] = Counter()
    for finding in findings:
        covering = [explanation for explanation in explanations if explanation.covers(finding)]
        used.update(covering)
        judged.append((finding, covering[0] if covering else None))
        if len(covering) != 1:
            state = "explained more than once" if covering else "neither mended nor explained"
            problems.append(f"{state}: {finding.severity} {finding.rule} at {_where(finding)}: {finding.text}")
    problems += [
        f"{explanation.kind} explanation of {explanation.rule} at {explanation.place} is for {explanation.count} "
        f"findings and there are {used[explanation]}: {explanation.reason}"
        for explanation in explanations
        if used[explanation] != explanation.count
    ]
    return Verdict(judged, problems)


def _where(finding: Finding) -> str:
    first = "".join(f" ({anchor.path}:{anchor.line})" for anchor in finding.anchors[:1])
    return finding.place + first


# THE TRIAGE FILE


def read_triage(analyser: str, path: Path = TRIAGE_FILE) -> list[Explanation]:
    """The entries for an analyser.

    :raises TriageError: if one lacks a field, has one too many, gives no reason or is for no finding
    """
    return [_entry(entry) for entry in json.loads(path.read_text(encoding="utf-8"))[analyser]]


def _entry(entry: dict[str, Any]) -> Explanation:
    if entry.keys() != {"rule", "place", "count", "reason"}:
        raise TriageError(f"a triage entry has a rule, a place, a count and a reason, not: {entry}")
    explanation = Explanation(**entry)
    if not explanation.reason.strip():
        raise TriageError(f"triaged without a reason: {explanation.rule} at {explanation.place}")
    if explanation.count < 1:
        raise TriageError(f"a triage entry is for at least one finding: {explanation.rule} at {explanation.place}")
    return explanation


# COMMENTS IN THE SOURCE


def read_comments(paths: Iterable[Path], root: Path = ROOT) -> list[Explanation]:
    """The `slither-disable-next-line` comments, each with the comment above it as its reason.

    :raises TriageError: for one without a reason, for one that names no detector or all, and for one that disables more
        than the next line
    """
    return [explanation for path in paths for explanation in _comments_of(path, path.relative_to(root).as_posix())]


def _comments_of(path: Path, name: str) -> list[Explanation]:
    explanations = []
    above: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        comment = _COMMENT.match(line)
        if comment is None:
            above = []
        elif (disable := _DISABLE.search(comment[1])) is None:
            above.append(comment[1].strip())
        else:
            where = f"{name}:{number}"
            extent, detectors = disable.groups()
            if extent != "-next-line":
                raise TriageError(f"{where}: only slither-disable-next-line is allowed, not slither-disable{extent}")
            if detectors in {"", "all"}:
                raise TriageError(f"{where}: slither-disable-next-line has to name a detector")
            if not above:
                raise TriageError(f"{where}: slither-disable-next-line without a reason in a comment above it")
            explanations += [
                Explanation(detector, where, 1, " ".join(above), Anchor(name, number + 1))
                for detector in detectors.split(",")
            ]
    return explanations

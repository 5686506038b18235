"""What an analyser found, in a form that a change elsewhere in the file leaves as it is."""

from __future__ import annotations

from typing import NamedTuple


class Anchor(NamedTuple):
    """A line that a finding points at.

    :ivar path: relative to the project
    :ivar line: from 1
    """

    path: str
    line: int


class Finding(NamedTuple):
    """One finding; findings sort by rule, place and text.

    :ivar rule: the detector's or the rule's name
    :ivar place: the contract and, after a dot, its member: what a triage entry refers to
    :ivar text: what is wrong, without line numbers
    :ivar severity: the analyser's own word
    :ivar anchors: where; the first one is shown, a comment above any of them may explain the finding
    """

    rule: str
    place: str
    text: str
    severity: str
    anchors: tuple[Anchor, ...]


class AnalyserError(RuntimeError):
    """An analyser could not be run, or did not read all of the sources."""

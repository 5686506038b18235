"""What a scan finds, and what is said of it in triage.json."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
REPORTS = ROOT / "reports" / "scan"
TOOLS = ROOT / ".venv-analysers" / "bin"

_TRIAGE = Path(__file__).with_name("triage.json")


class UnavailableError(Exception):
    """A tool is missing, or what it asks does not answer: nothing is known."""


class Finding(NamedTuple):
    """Something that somebody has to look at.

    :ivar key: what triage.json calls it, whatever line it is in
    """

    key: str
    words: str


class Outcome(NamedTuple):
    """Of one scan.

    :ivar looked_at: what and how much of it
    """

    looked_at: str
    findings: list[Finding]


Words = Sequence[str | Path]
"""A command."""


def explained(scan: str) -> dict[str, str]:
    """Reasons by the key of a finding."""
    triage: dict[str, dict[str, str]] = json.loads(_TRIAGE.read_text(encoding="utf-8"))
    return triage.get(scan, {})


def run(words: Words, *, may_find: bool = True, folder: Path = ROOT) -> str:
    """What a tool shows.

    :param may_find: whether exit status 1 says that it has found something
    :param folder: where it runs
    :raises UnavailableError: if it cannot be run
    """
    try:
        done = subprocess.run([str(word) for word in words], cwd=folder, capture_output=True, text=True, check=False)
    except OSError as error:
        raise UnavailableError(f"{words[0]}: {error.strerror}") from error
    if done.returncode not in ({0, 1} if may_find else {0}):
        raise UnavailableError(f"{Path(words[0]).name} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout

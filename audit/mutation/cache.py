"""Verdicts kept between runs, so that a stopped campaign goes on where it was: `.mutation/`, not committed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from audit.mutation.verdict import Outcome, Verdict
from audit.sources import ROOT, source_hash

FOLDER = ROOT / ".mutation"


def hash_of_tests(root: Path = ROOT) -> str:
    """The SHA-256 over the tests' files."""
    digest = hashlib.sha256()
    for path in sorted((root / "tests").rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


class Cache:
    """The verdicts on the mutants of the present sources, one line each in a file named after their hash.

    :ivar verdicts: the latest one, by the mutant's id
    :ivar seconds: what each added to the time of the campaign that gave it
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        folder.mkdir(exist_ok=True)
        self._path = folder / f"{source_hash()}.jsonl"
        self._tests = hash_of_tests()
        self.verdicts: dict[str, Verdict] = {}
        self.seconds: dict[str, float] = {}
        self._same_tests: set[str] = set()
        if self._path.exists():
            for line in self._path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self.verdicts[row["id"]] = Verdict(Outcome(row["outcome"]), row["test"])
                self.seconds[row["id"]] = row.get("seconds", 0)
                (self._same_tests.add if row["tests"] == self._tests else self._same_tests.discard)(row["id"])

    def fresh(self) -> dict[str, Verdict]:
        """The verdicts of the present tests."""
        return {name: verdict for name, verdict in self.verdicts.items() if name in self._same_tests}

    def add(self, name: str, verdict: Verdict, seconds: float) -> None:
        """Keeps a verdict, and the seconds since the one before."""
        self.verdicts[name], self.seconds[name] = verdict, seconds
        self._same_tests.add(name)
        row = {"id": name, **verdict._asdict(), "seconds": round(seconds, 3), "tests": self._tests}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

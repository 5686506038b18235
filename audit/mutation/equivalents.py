"""The mutants that are no fault, each with the reason: `equivalents.json`, written by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from audit.mutation.mutant import Mutant

PATH = Path(__file__).with_name("equivalents.json")


class Description(NamedTuple):
    """How a person names a mutant. It stays the same when the file changes elsewhere."""

    file: str
    function: str
    operator: str
    original: str
    mutated: str

    @classmethod
    def of(cls, mutant: Mutant, source: bytes) -> Description:
        """That of a mutant of this source."""
        return cls(mutant.file, mutant.function, mutant.operator, *mutant.change(source))


class AmbiguousError(ValueError):
    """A mutant is listed twice; the argument is its description."""


def read(path: Path = PATH) -> dict[Description, str]:
    """Each listed mutant with the reason why it is equivalent.

    The file has a list of groups: file, function, the original line, the reason, and the mutants of that line which it
    holds for, each as operator and mutated line.

    :raises AmbiguousError: if a mutant is listed twice
    """
    reasons: dict[Description, str] = {}
    for group in json.loads(path.read_text(encoding="utf-8")):
        for operator, mutated in group["mutants"]:
            description = Description(group["file"], group["function"], operator, group["original"], mutated)
            if description in reasons:
                raise AmbiguousError(f"listed twice: {description}")
            reasons[description] = group["reason"]
    return reasons


def stale(reasons: Mapping[Description, str], mutants: Mapping[Description, bool]) -> list[tuple[Description, str]]:
    """The listed mutants that do not belong there, each with the rule it breaks.

    :param mutants: all mutants there are, and whether each survived
    """
    found = []
    for description in reasons:
        if description not in mutants:
            found.append((description, "there is no such mutant"))
        elif not mutants[description]:
            found.append((description, "it does not survive"))
    return found

"""One mutant: which bytes of which file are replaced by what."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import NamedTuple


class Change(NamedTuple):
    """The lines of a file that a mutant changes, before and after, without indentation.

    This is how a person, and the list of equivalents, names a mutant: it survives edits elsewhere in the file.
    """

    original: str
    mutated: str


@dataclass(frozen=True)
class Mutant:
    """A planted fault.

    :ivar file: the file, below the project
    :ivar operator: the short name of the rule that planted it
    :ivar function: the function or modifier around it; "" outside of all
    :ivar start: the first byte that is replaced
    :ivar end: the byte after the last one
    :ivar replacement: what stands there instead
    """

    file: str
    operator: str
    function: str
    start: int
    end: int
    replacement: str

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits, the same as long as file, operator, place and replacement are."""
        words = (self.file, self.operator, str(self.start), str(self.end), self.replacement)
        return hashlib.sha256("\0".join(words).encode()).hexdigest()[:12]

    def apply(self, source: bytes) -> bytes:
        """The file with the fault in it."""
        return source[: self.start] + self.replacement.encode() + source[self.end :]

    def line(self, source: bytes) -> int:
        """The line of its first byte, from 1."""
        return source.count(b"\n", 0, self.start) + 1

    def change(self, source: bytes) -> Change:
        """The whole lines around the place, before and after."""
        first = source.rfind(b"\n", 0, self.start) + 1
        last = source.find(b"\n", self.end)
        if last < 0:
            last = len(source)
        after = source[first : self.start] + self.replacement.encode() + source[self.end : last]
        return Change(_one_line(source[first:last]), _one_line(after))


def _one_line(text: bytes) -> str:
    return " ".join(text.decode().split())

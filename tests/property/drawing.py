"""The slots drawn bit by bit in docs/specification.md, as numbers."""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from tests.layout import PROJECT

SLOT_BITS = 256


class Bits(NamedTuple):
    """Some bits of a slot: the offset from the low end, and how many."""

    offset: int
    size: int

    def of(self, word: int) -> int:
        """What they hold."""
        return word >> self.offset & (1 << self.size) - 1


@functools.cache
def drawn_fields(title: str) -> tuple[Bits, ...]:
    """The fields of the slot with this title, from the high end: each from its column's numbers.

    :raises AssertionError: if they overlap, or leave a bit out
    """
    lines = (PROJECT / "docs" / "specification.md").read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{title}, one slot"))
    numbers, names = lines[start + 1 : start + 3]
    bars = [match.start() for match in re.finditer(r"\|", names)]
    columns: list[list[int]] = [[] for _ in bars[1:]]
    for match in re.finditer(r"\d+", numbers):
        column = next(place for place, bar in enumerate(bars[1:]) if match.start() < bar)
        columns[column].append(int(match[0]))
    fields = tuple(Bits(column[-1], column[0] - column[-1] + 1) for column in columns)
    assert sum(field.size for field in fields) == SLOT_BITS, f"{title}: the drawing does not cover the slot once"
    return fields

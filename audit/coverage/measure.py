"""How often each point of the sources was reached, from what was executed of the codes.

A statement or function is reached if an instruction of it was executed, and as often as the one executed most. A
branch, and the condition of an `if` or a loop, is told by the conditional jump that the compiler gives the decision's
range: one way of the jump leads straight to code on one side, and so the other way is the other side, whether that
side has code of its own or not.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from audit.coverage.build import Build, Code, CodeId, Range
from audit.coverage.executed import JUMPI, Executed, Jump
from audit.coverage.points import Decision, Point

_JUMP, _PUSH1, _PUSH32 = 0x56, 0x60, 0x7F
_ENDS = frozenset({0x00, 0xF3, 0xFD, 0xFE, 0xFF})
_STEPS = 200
"""How far to look for a side's code: it begins a few instructions after the jump."""


class Gauge:
    """Counts the hits of points of a build."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._by_range = {code_id: _by_range(code) for code_id, code in build.codes.items()}
        self._ranges = {code_id: sorted(ranges) for code_id, ranges in self._by_range.items()}
        self._ways: dict[tuple[CodeId, Decision], list[tuple[Jump, Jump]]] = {}

    def hits(self, point: Point, executed: Executed) -> int:
        """How often a point was reached."""
        if point.decision:
            sides = (point.side,) if point.kind == "branch" else (0, 1)
            return sum(
                executed.jumps[code_id][ways[side]]
                for code_id in self._build.codes
                for ways in self._jumps(code_id, point.decision)
                for side in sides
            )
        return sum(
            max((executed.instructions[code_id][pc] for pc in self._counters(code_id, point.place)), default=0)
            for code_id in self._build.codes
        )

    def _counters(self, code_id: CodeId, place: Range) -> Iterator[int]:
        """The program counters of the instructions within a range."""
        ranges = self._ranges[code_id]
        for position in range(bisect_left(ranges, Range(place.path, place.start, place.start)), len(ranges)):
            found = ranges[position]
            if found.path != place.path or found.start >= place.end:
                return
            if place.contains(found):
                yield from self._by_range[code_id][found]

    def _jumps(self, code_id: CodeId, decision: Decision) -> list[tuple[Jump, Jump]]:
        """The jumps of a decision in a code, each as the ways to its first and to its second side."""
        key = (code_id, decision)
        if key not in self._ways:
            code = self._build.codes[code_id]
            counters = self._by_range[code_id].get(decision.place, [])
            jumps = [pc for pc in counters if code.opcodes[pc] == JUMPI]
            self._ways[key] = [ways for pc in jumps if (ways := _ways(code, pc, decision))]
        return self._ways[key]


def _ways(code: Code, pc: int, decision: Decision) -> tuple[Jump, Jump] | None:
    """The ways of a jump to the sides of a decision; None if it is another decision's with the same range."""
    taken, missed = Jump(pc, taken=True), Jump(pc, taken=False)
    for side, place in enumerate(decision.sides):
        if place is None:
            continue
        leads = [_leads_to(code, start, place) for start in (_target(code, pc), pc + 1)]
        if leads[0] != leads[1]:
            return (taken, missed) if leads[0] == (side == 0) else (missed, taken)
    return None


def _leads_to(code: Code, pc: int, place: Range) -> bool:
    """Whether the instructions from here on, up to the next decision, come to a range."""
    for _ in range(_STEPS):
        if pc in code.ranges and place.contains(code.ranges[pc]):
            return True
        opcode = code.opcodes[pc]
        if opcode in _ENDS or opcode == JUMPI:
            return False
        if opcode == _JUMP:
            target = _target(code, pc)
            if target < 0:
                return False
            pc = target
        else:
            pc = _next(code, pc)
    return False


def _target(code: Code, pc: int) -> int:
    """Where a jump goes if the instruction before it pushes that, and -1 if not."""
    for size in (2, 1, 3):
        push = pc - 1 - size
        if code.opcodes.get(push) == _PUSH1 + size - 1:
            return int.from_bytes(code.object[push + 1 : pc], "big")
    return -1


def _next(code: Code, pc: int) -> int:
    opcode = code.opcodes[pc]
    return pc + 1 + (opcode - _PUSH1 + 1 if _PUSH1 <= opcode <= _PUSH32 else 0)


def _by_range(code: Code) -> dict[Range, list[int]]:
    result: dict[Range, list[int]] = {}
    for pc, place in code.ranges.items():
        result.setdefault(place, []).append(pc)
    return result

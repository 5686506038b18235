"""What was executed of a build's codes: the common form of what anvil's traces and the probes give."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import NamedTuple

from audit.coverage.build import CodeId

JUMPI = 0x57


class Jump(NamedTuple):
    """A conditional jump and which way it went.

    :ivar pc: the program counter of the JUMPI
    """

    pc: int
    taken: bool


class Executed:
    """How often each instruction was executed, and each conditional jump went each way.

    :ivar instructions: by the code and the program counter
    :ivar jumps: by the code and the way
    """

    def __init__(self) -> None:
        self.instructions: dict[CodeId, Counter[int]] = defaultdict(Counter)
        self.jumps: dict[CodeId, Counter[Jump]] = defaultdict(Counter)

    def to_json(self) -> str:
        """For {from_json} of another process."""
        codes = self.instructions.keys() | self.jumps.keys()
        return json.dumps(
            [
                [
                    *code_id,
                    list(self.instructions[code_id].items()),
                    [[*way, n] for way, n in self.jumps[code_id].items()],
                ]
                for code_id in sorted(codes)
            ]
        )

    @classmethod
    def from_json(cls, text: str) -> Executed:
        """What {to_json} wrote."""
        executed = cls()
        for contract, creation, instructions, jumps in json.loads(text):
            code_id = CodeId(contract, creation)
            executed.instructions[code_id].update(dict(instructions))
            executed.jumps[code_id].update({Jump(pc, taken): times for pc, taken, times in jumps})
        return executed

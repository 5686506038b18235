"""What a trace of geth's form says was executed: struct logs, one entry an instruction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from audit.coverage.build import Build, CodeId
from audit.coverage.executed import Executed, Jump

_CALLS = frozenset({"CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"})


def find_code(build: Build, deployed: bytes) -> CodeId | None:
    """Which code of the build an account has; None if it is none of them."""
    runtime = {code_id: code for code_id, code in build.codes.items() if not code_id.creation}
    return next((code_id for code_id, code in runtime.items() if code.is_deployed_as(deployed)), None)


def add_trace(
    executed: Executed,
    steps: Iterable[dict[str, Any]],
    entered: CodeId | None,
    code_at: Callable[[str], CodeId | None],
) -> None:
    """Counts what a trace executed.

    :param steps: the struct logs, with stacks
    :param entered: the code that the transaction enters
    :param code_at: which code an address has; what a creation of the contracts' own runs is not theirs
    """
    frames, called, jump_at = [entered], entered, -1
    for step in steps:
        depth, pc, opcode = step["depth"], step["pc"], step["op"]
        if depth != len(frames):
            jump_at = -1
        if depth > len(frames):
            frames.append(called)
        del frames[depth:]
        code = frames[-1]
        if code:
            executed.instructions[code][pc] += 1
            if jump_at >= 0:
                executed.jumps[code][Jump(jump_at, taken=pc != jump_at + 1)] += 1
        jump_at = pc if opcode == "JUMPI" else -1
        if opcode in _CALLS:
            called = code_at(f"0x{int(step['stack'][-2], 16) & (1 << 160) - 1:040x}")
        elif opcode in {"CREATE", "CREATE2"}:
            called = None

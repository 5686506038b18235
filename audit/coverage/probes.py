"""Probes for the in-process EVM: instructions between those of the contract that leave a mark when they are reached.

The EVM has a trace, and it costs 1.4 ms an instruction, an hour for a few hundred calls. A probe takes next
to no time: it reads the balance of an account that nobody else asks for. The EVM keeps every account that was ever
asked for in its database's cache, in a static call and after a revert too. Which probes were reached is read from there
once, when a chain is done with.

A probe stands at the beginning of every block, and on each of the two ways that a conditional jump can go. The compiler
assembles the result, from the same assembly that it made of the sources, so that each probe belongs to one
instruction of the plain build.
"""

from __future__ import annotations

import bisect
import copy
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from audit.coverage.build import Build, CodeId, assemble
from audit.coverage.executed import JUMPI, Executed, Jump

_ACCOUNTS = 0xC0DE_0000_0000
"""The account of the probe with the number zero; the others follow."""

_ERC165_GAS = "7530"
"""The 30,000 gas that OpenZeppelin gives a contract to answer a question of ERC-165, as an operand."""

_AMPLE_GAS = "FFFFFFFF"
"""What it gets instead: a probe costs 2,600 gas, which does not matter anywhere else."""

_LAST_PROBE = 0xFFFF
_ACCOUNT = re.compile(r"0x0{28}c0de0000([0-9a-f]{4})", re.IGNORECASE)  # checksummed
_JUMPDEST = 0x5B
_ENDS = frozenset({0x00, 0x56, JUMPI, 0xF3, 0xFD, 0xFE, 0xFF})
"""STOP, JUMP, JUMPI, RETURN, REVERT, INVALID, SELFDESTRUCT: after them a block has ended."""


class Probe(NamedTuple):
    """A place that leaves a mark.

    :ivar block: where in the plain build the block begins that is executed after it, if it alone leads there: a
        program counter
    :ivar jump: the conditional jump that leads here
    """

    code: CodeId
    block: int | None = None
    jump: Jump | None = None


class Instrumented(NamedTuple):
    """Contracts with probes.

    :ivar creation_codes: by the contract's name
    :ivar probes: by their number
    """

    creation_codes: dict[str, bytes]
    probes: list[Probe]


def instrument(build: Build) -> Instrumented:
    """The contracts of a build with probes in their creation and their runtime code."""
    assemblies, probes = copy.deepcopy(build.assemblies), list[Probe]()
    for contract, assembly in assemblies.items():
        runtime = assembly[".data"]["0"]
        immutables = Counter(item["value"] for item in runtime[".code"] if item["name"] == "PUSHIMMUTABLE")
        for creation, section in ((True, assembly), (False, runtime)):
            code_id = CodeId(contract, creation=creation)
            places = list(_places(section[".code"], build.codes[code_id].opcodes, immutables))
            section[".code"] = _with_probes(section[".code"], places, code_id, probes)
    if len(probes) > _LAST_PROBE:
        raise ValueError(f"{len(probes)} probes, and accounts for {_LAST_PROBE}")
    return Instrumented(assemble(assemblies), probes)


def reached(accounts: Iterable[str]) -> set[int]:
    """The numbers of the probes whose accounts are among these."""
    return {int(match[1], 16) for account in accounts if (match := _ACCOUNT.fullmatch(account))}


def executed(build: Build, probes: list[Probe], marks: Mapping[int, int]) -> Executed:
    """What of the plain build was executed.

    :param marks: how often each probe was reached, by its number
    """
    result = Executed()
    counters = {code_id: list(code.opcodes) for code_id, code in build.codes.items()}
    for number, times in marks.items():
        probe = probes[number]
        if probe.jump is not None:
            result.jumps[probe.code][probe.jump] += times
        if probe.block is not None:
            for pc in _block(counters[probe.code], build.codes[probe.code].opcodes, probe.block):
                result.instructions[probe.code][pc] += times
    return result


def _block(counters: list[int], opcodes: dict[int, int], start: int) -> Iterator[int]:
    """The program counters of the instructions that are executed together with the one at the start."""
    for pc in counters[bisect.bisect_left(counters, start) :]:
        if pc > start and opcodes[pc] == _JUMPDEST:
            return
        yield pc
        if opcodes[pc] in _ENDS:
            return


def _places(items: list[dict[str, Any]], opcodes: dict[int, int], immutables: Mapping[str, int]) -> Iterator[int]:
    """The program counter in the plain build of each item of an assembly.

    :param immutables: how often the runtime code reads each immutable, by the compiler's name for it
    :raises ValueError: if the items are not those of the code
    """
    counters, number = list(opcodes), 0
    for item in items:
        pc, name = counters[number], item["name"]
        yield pc
        if (name == "JUMPI") != (opcodes[pc] == JUMPI) and name != "tag":
            raise ValueError(f"{name} is not what the code has at {pc}")
        if name == "ASSIGNIMMUTABLE":
            # DUP2 DUP2 PUSH ADD MSTORE for each place that reads it, without both DUP2 for the last; else POP POP.
            reads = immutables[item["value"]]
            number += 5 * reads - 2 if reads else 2
        elif name != "tag":
            number += 1


def _with_probes(
    items: list[dict[str, Any]], places: list[int], code_id: CodeId, probes: list[Probe]
) -> list[dict[str, Any]]:
    """The items of an assembly with probes between them, which are added to those there are.

    :param places: the program counter in the plain build of each item
    """
    result, detours = list[dict[str, Any]](), list[dict[str, Any]]()
    free_tag = 1 + max(int(item["value"]) for item in items if item["name"] == "tag")

    def probe(*, block: int | None = None, jump: Jump | None = None) -> list[dict[str, Any]]:
        probes.append(Probe(code_id, block, jump))
        return [_item("PUSH", f"{_ACCOUNTS + len(probes) - 1:X}"), _item("BALANCE"), _item("POP")]

    result += probe(block=0)
    for position, item in enumerate(items):
        if item["name"] == "tag":
            result.append(item)
            continue
        pc = places[position]
        if item["name"] == "JUMPI":
            target = result.pop()
            if target["name"] != "PUSH [tag]":
                raise ValueError(f"{code_id}: the jump at {pc} has no fixed target")
            # A block that others lead to as well has a probe of its own.
            block = None if items[position + 1]["name"] == "tag" else pc + 1
            result += [target | {"value": str(free_tag)}, item, *probe(block=block, jump=Jump(pc, taken=False))]
            detours += [_item("tag", str(free_tag)), _item("JUMPDEST"), *probe(jump=Jump(pc, taken=True)), target]
            detours.append(_item("JUMP"))
            free_tag += 1
            continue
        limits_gas = item["name"] == "PUSH" and item["value"] == _ERC165_GAS
        result.append(item | {"value": _AMPLE_GAS} if limits_gas else item)
        if item["name"] == "JUMPDEST":
            result += probe(block=pc)
    return result + detours


def _item(name: str, value: str | None = None) -> dict[str, Any]:
    item = {"begin": -1, "end": -1, "source": -1, "name": name}
    return item if value is None else item | {"value": value}

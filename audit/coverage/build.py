"""The coverage build: the contracts compiled without the optimiser, with the source range of every instruction.

The optimiser merges and moves code, so that an instruction no longer belongs to one place in the sources. Without it,
through the IR pipeline, every branch of the sources is a jump of its own. The code is over the 24,576 bytes that a
chain allows by default. It is kept apart from Ape's build, in `.build-coverage/`.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import ape

from audit.sources import ROOT, source_hash

CONTRACTS = {
    "IdentityRegistry": "contracts/IdentityRegistry.sol",
    "ReputationRegistry": "contracts/ReputationRegistry.sol",
    "ValidationRegistry": "contracts/ValidationRegistry.sol",
    "UnitLibraryHarness": "contracts/test/UnitLibraryHarness.sol",
}
"""What is traced: the registries, and the tests' way to the libraries' internal functions."""

CODE_SIZE_LIMIT = 2**20
"""The code size that chains have to allow for this build, bytes."""

CACHE = ROOT / ".build-coverage"
"""Answers of the compiler, and what the last runs executed. Not in the repository."""

_PUSH1, _PUSH32 = 0x60, 0x7F
_NO_OPTIMISER = {"enabled": False, "details": {"peephole": False, "jumpdestRemover": False}}
"""By default the peephole optimiser runs in any case, and leaves whole statements without an instruction."""

_OUTPUTS = ["abi", "evm.bytecode.object", "evm.bytecode.sourceMap", "evm.legacyAssembly"]
_RUNTIME_OUTPUTS = [f"evm.deployedBytecode.{name}" for name in ("object", "sourceMap", "immutableReferences")]


class Range(NamedTuple):
    """A part of a source file: its first byte and the one after its last."""

    path: str
    start: int
    end: int

    def contains(self, other: Range) -> bool:
        """Whether the other one lies in this one, or is the same."""
        return self.path == other.path and self.start <= other.start and other.end <= self.end


class CodeId(NamedTuple):
    """A bytecode: the contract's name, and whether it is the code that creates it or the code that stays."""

    contract: str
    creation: bool


@dataclass(frozen=True)
class Code:
    """A bytecode and where it comes from.

    :ivar ranges: each instruction's place in the sources by its program counter; no entry for generated helpers
    :ivar opcodes: each instruction's opcode by its program counter
    :ivar gaps: where immutables are written at deployment, as first and last byte (exclusive)
    """

    object: bytes
    ranges: dict[int, Range]
    opcodes: dict[int, int]
    gaps: tuple[tuple[int, int], ...] = ()

    def is_deployed_as(self, code: bytes) -> bool:
        """Whether the code of an account is this one, whatever its immutables."""
        if len(code) != len(self.object):
            return False
        masked = bytearray(code)
        for start, end in self.gaps:
            masked[start:end] = bytes(end - start)
        return bytes(masked) == self.object


@dataclass(frozen=True)
class Build:
    """Contracts compiled for coverage.

    :ivar abis: each contract's ABI by its name
    :ivar assemblies: each contract's assembly by its name, as the compiler writes and reads it
    :ivar trees: each source file's abstract syntax tree by its path
    """

    codes: dict[CodeId, Code]
    abis: dict[str, list[dict[str, Any]]]
    assemblies: dict[str, dict[str, Any]]
    trees: dict[str, dict[str, Any]]


class CompilationError(RuntimeError):
    """The contracts do not compile."""


def coverage_build() -> Build:
    """The build of the registries as their sources are now, from the cache if it is fresh."""
    sources = {path: {"content": (ROOT / path).read_text(encoding="utf-8")} for path in CONTRACTS.values()}
    return compile_contracts(list(CONTRACTS), sources)


def compile_contracts(names: list[str], sources: dict[str, dict[str, str]]) -> Build:
    """Compiles contracts without the optimiser.

    :param names: the contracts to keep
    :param sources: each source file by its path, as standard JSON has it; what they import is found in the project
    :raises CompilationError: with the compiler's first error
    """
    outputs = {"*": {"*": [*_OUTPUTS, *_RUNTIME_OUTPUTS], "": ["ast"]}}
    remappings = [str(remapping) for remapping in ape.project.config.solidity.import_remapping]
    settings = {"viaIR": True, "remappings": remappings, "outputSelection": outputs}
    return _read_answer(names, _run_solc("Solidity", sources, settings))


def assemble(assemblies: dict[str, dict[str, Any]]) -> dict[str, bytes]:
    """The creation code of each assembly, by the name it is given under.

    :raises CompilationError: with the compiler's first error
    """
    answers = {
        name: _run_solc(
            "EVMAssembly",
            {name: {"assemblyJson": assembly}},
            {"experimental": True, "outputSelection": {"*": {"": ["evm.bytecode.object"]}}},
        )
        for name, assembly in assemblies.items()
    }
    return {
        name: bytes.fromhex(answer["contracts"][name][""]["evm"]["bytecode"]["object"])
        for name, answer in answers.items()
    }


def instructions(code: bytes) -> Iterator[tuple[int, int]]:
    """The program counter and the opcode of each instruction."""
    position = 0
    while position < len(code):
        opcode = code[position]
        yield position, opcode
        position += 1 + (opcode - _PUSH1 + 1 if _PUSH1 <= opcode <= _PUSH32 else 0)


def _run_solc(language: str, sources: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    """The compiler's answer, remembered by the whole request and everything that can be imported."""
    config = ape.project.config.solidity
    common = {"evmVersion": config.evm_version, "optimizer": _NO_OPTIMISER}
    request = json.dumps({"language": language, "sources": sources, "settings": common | settings})
    remembered = CACHE / f"{hashlib.sha256((request + source_hash()).encode()).hexdigest()}.json"
    if not remembered.exists():
        folder = Path(os.environ.get("SOLCX_BINARY_PATH", ROOT / "tools" / "solcx"))
        command = [str(folder / f"solc-v{config.version}"), "--standard-json", "--base-path", "."]
        done = subprocess.run(command, cwd=ROOT, input=request, capture_output=True, text=True, check=True)
        problems = [
            entry["formattedMessage"]
            for entry in json.loads(done.stdout).get("errors", [])
            if entry["severity"] == "error"
        ]
        if problems:
            raise CompilationError(problems[0])
        CACHE.mkdir(exist_ok=True)
        remembered.write_text(done.stdout, encoding="utf-8")
    answer: dict[str, Any] = json.loads(remembered.read_text(encoding="utf-8"))
    return answer


def _read_answer(names: list[str], answer: dict[str, Any]) -> Build:
    paths = {entry["id"]: path for path, entry in answer["sources"].items()}
    codes, abis, assemblies = {}, {}, {}
    for contracts in answer["contracts"].values():
        for name, contract in contracts.items():
            if name in names:
                codes[CodeId(name, creation=True)] = _code(contract["evm"]["bytecode"], paths)
                codes[CodeId(name, creation=False)] = _code(contract["evm"]["deployedBytecode"], paths)
                abis[name] = contract["abi"]
                assemblies[name] = contract["evm"]["legacyAssembly"]
    return Build(codes, abis, assemblies, {path: entry["ast"] for path, entry in answer["sources"].items()})


def _code(output: dict[str, Any], paths: dict[int, str]) -> Code:
    code = bytes.fromhex(output["object"])
    opcodes = dict(instructions(code))
    # The map ends where the code does; what comes after, the runtime code in the creation code, is data.
    places = zip(opcodes, _places(output["sourceMap"]), strict=False)
    ranges = {pc: Range(paths[file], start, start + length) for pc, (start, length, file) in places if file in paths}
    references = output.get("immutableReferences", {}).values()
    gaps = tuple((item["start"], item["start"] + item["length"]) for places in references for item in places)
    return Code(code, ranges, opcodes, gaps)


def _places(source_map: str) -> Iterator[tuple[int, int, int]]:
    """Start, length and file of each instruction: an empty field repeats the one of the instruction before."""
    fields = ["0", "0", "-1"]
    for item in source_map.split(";"):
        for position, value in enumerate(item.split(":")[:3]):
            if value:
                fields[position] = value
        yield int(fields[0]), int(fields[1]), int(fields[2])

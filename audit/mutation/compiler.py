"""The compiler, loaded once and asked many times: a mutant's bytecode and ABI in half a second instead of five."""

from __future__ import annotations

import json
import subprocess
from types import TracebackType
from typing import IO, Any, NamedTuple, Self, cast

from audit.sources import ROOT

_REMAPPINGS = ["@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/"]
_DEBUG: dict[str, Any] = {"debug": {"debugInfo": []}, "metadata": {"appendCBOR": False, "bytecodeHash": "none"}}

FAST: dict[str, Any] = {**_DEBUG, "optimizer": {"enabled": False}}
"""The quickest settings, with which all but the reputation registry compile (its stack is too deep)."""
FAST_IR: dict[str, Any] = {
    **_DEBUG,
    "viaIR": True,
    "optimizer": {
        "enabled": False,
        # Combines equal functions and joins expressions: what is left takes a third less time to turn into code.
        "details": {"yul": True, "yulDetails": {"stackAllocation": True, "optimizerSteps": "hvuejejfvu:"}},
    },
}
"""The quickest settings through the IR pipeline."""
FINAL: dict[str, Any] = {**_DEBUG, "viaIR": True, "optimizer": {"enabled": True, "runs": 200}}
"""The settings of the deployment, without the metadata: two sources that give the same code are the same contract."""


class InvalidSourceError(Exception):
    """The compiler refused a source; the argument is its first error."""


class Code(NamedTuple):
    """A compiled contract."""

    abi: list[dict[str, Any]]
    bytecode: str  # that creates it, in hexadecimal without a prefix


class Compiler:
    """A compiler process; a context manager that ends it."""

    def __init__(self) -> None:
        command = ["node", str(ROOT / "tools" / "solc.cjs"), "--standard-json-lines", "--base-path", str(ROOT)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._input, self._output = cast("IO[str]", self._process.stdin), cast("IO[str]", self._process.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()

    def code(self, contract: str, file: str, sources: dict[str, str], settings: dict[str, Any]) -> Code:
        """Compiles one contract.

        :param file: the file that declares it, below the project
        :param sources: the files that differ from those on the disk
        :raises InvalidSourceError: if it does not compile
        """
        units = {file: (ROOT / file).read_text(encoding="utf-8")} | sources
        output = self._compile(units, settings, {file: {contract: ["abi", "evm.bytecode.object"]}})
        found = output["contracts"][file][contract]
        return Code(found["abi"], found["evm"]["bytecode"]["object"])

    def asts(self, sources: dict[str, str]) -> dict[str, dict[str, Any]]:
        """The syntax trees of these files and of all that they import, without generating code.

        :raises InvalidSourceError: if they do not compile
        """
        output = self._compile(sources, FAST, {"*": {"": ["ast"]}})
        return {file: unit["ast"] for file, unit in output["sources"].items()}

    def _compile(
        self, sources: dict[str, str], settings: dict[str, Any], selection: dict[str, dict[str, list[str]]]
    ) -> dict[str, Any]:
        request = {
            "language": "Solidity",
            "sources": {file: {"content": text} for file, text in sources.items()},
            "settings": {
                **settings,
                "evmVersion": "cancun",
                "remappings": _REMAPPINGS,
                "outputSelection": selection,
            },
        }
        self._input.write(json.dumps(request) + "\n")
        self._input.flush()
        output: dict[str, Any] = json.loads(self._output.readline())
        errors = [error["formattedMessage"] for error in output.get("errors", []) if error["severity"] == "error"]
        if errors:
            raise InvalidSourceError(errors[0])
        return output

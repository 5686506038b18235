"""The operators of slither-mutate, from its own classes, without its way of running tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from crytic_compile import CryticCompile
from crytic_compile.compilation_unit import CompilationUnit
from crytic_compile.compiler.compiler import CompilerVersion
from crytic_compile.platform.solc_standard_json import SolcStandardJson, parse_standard_json_output
from slither import Slither
from slither.core.declarations import Contract
from slither.tools.mutator.mutators import all_mutators
from slither.tools.mutator.mutators.abstract_mutator import AbstractMutator
from slither.tools.mutator.mutators.LIR import literal_replacements

from audit.mutation.mutant import Mutant

MUTATORS: dict[str, type[AbstractMutator]] = {
    name: item
    for name, item in sorted(vars(all_mutators).items())
    if isinstance(item, type) and issubclass(item, AbstractMutator)
}


class Crash(NamedTuple):
    """An operator of slither that raised an error in a function, and so gave no mutants there."""

    operator: str
    file: str
    function: str
    error: str


class _Trees(SolcStandardJson):
    """Syntax trees that are there already, for slither to read."""

    def __init__(self, asts: dict[str, dict[str, Any]], root: Path) -> None:
        super().__init__({})
        self._asts, self._root = asts, root

    def compile(self, crytic_compile: CryticCompile, **_: Any) -> None:
        unit = CompilationUnit(crytic_compile, "contracts")
        unit.compiler_version = CompilerVersion("solc", "0.8.37", optimized=False)
        output = {"sources": {name: {"ast": ast} for name, ast in self._asts.items()}}
        parse_standard_json_output(output, unit, str(self._root))


class _Part(NamedTuple):
    """What a mutator reads of a contract, one function of it at a time: a crash then costs one function's mutants."""

    name: str
    source_mapping: Any
    functions_and_modifiers_declared: list[Any]
    state_variables_declared: list[Any]


class _Ordered:
    """A function of slither with its variables in one order; slither has them in that of a set, which differs from
    process to process, and operators take the first, or give each the literals of those before it.
    """

    def __init__(self, function: Any) -> None:
        self._function = function
        self.local_variables = sorted(function.local_variables, key=lambda variable: variable.source_mapping.start)
        for node in function.nodes:
            node._vars_read.sort(key=str)  # noqa: SLF001  # the property is a copy

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)


def slither_mutants(
    asts: dict[str, dict[str, Any]], files: Sequence[str], root: Path
) -> tuple[list[Mutant], list[Crash]]:
    """All mutants of slither's operators in these files, and where an operator failed."""
    slither = Slither(CryticCompile(_Trees(asts, root)))
    unit = slither.compilation_units[0]
    by_path = {str(root / file): file for file in files}
    mutants: list[Mutant] = []
    crashes: list[Crash] = []
    for contract in unit.contracts:
        file = by_path.get(contract.source_mapping.filename.absolute)
        if file is None or contract.is_interface:
            continue
        for function, part in _parts(contract):
            for name, mutator in MUTATORS.items():
                # It is a global list to which the operator adds at each literal that it meets.
                literal_replacements.clear()
                operator = mutator(
                    unit, 0, "", "", part, None, verbose=False, output_folder=Path(), dont_mutate_line=[]
                )
                try:
                    patches = operator._mutate().get("patches", {})  # noqa: SLF001  # `mutate` runs the tests too
                except Exception as error:  # noqa: BLE001  # whatever it is, it is reported
                    crashes.append(Crash(name, file, function, f"{type(error).__name__}: {error}"))
                    continue
                mutants += [
                    Mutant(file, name, function, patch["start"], patch["end"], _replacement(name, patch))
                    for patch in patches.get(operator.in_file, ())
                ]
    return mutants, crashes


def _parts(contract: Contract) -> Iterator[tuple[str, _Part]]:
    where = contract.source_mapping
    yield "", _Part(contract.name, where, [], contract.state_variables_declared)
    for function in contract.functions_and_modifiers_declared:
        if function.name.startswith("slitherConstructor"):
            continue
        yield function.name, _Part(contract.name, where, [_Ordered(function)], [])


def _replacement(operator: str, patch: dict[str, Any]) -> str:
    text = str(patch["new_string"])
    # It replaces the header by header and body, which never compiles: the header alone is meant.
    return text[: text.index("{")] if operator == "FHR" else text

"""A judge: one process with the tests collected and a compiler loaded, that is given mutants and returns verdicts."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Sequence
from multiprocessing.connection import Connection
from typing import NamedTuple

import pytest
from ethpm_types import ContractType

from audit.mutation.compiler import FINAL, Code, Compiler, InvalidSourceError
from audit.mutation.forks import run_in_fork
from audit.mutation.mutant import Mutant
from audit.mutation.scope import IDENTITY, LIBRARIES, REPUTATION, TARGETS, VALIDATION, Target, stages
from audit.mutation.selection import EXCLUDED, Hints, near_tests
from audit.mutation.verdict import Outcome, Verdict
from audit.sources import ROOT

_CODE_SIZE_LIMIT = 2**20
"""Of a contract on the test chain, bytes: without the optimiser, ours are over the limit of real ones."""

_LONGEST_TEST = 60.0
"""The usual processor time of a test at most, seconds."""


class BrokenBaselineError(Exception):
    """A test fails on the sources as they are, compiled as mutants are; the argument is its id."""


class Job(NamedTuple):
    """A mutant to judge.

    :ivar source: the file with the fault in it
    :ivar hints: former killers to begin with
    :ivar thorough: whether it is compiled as the deployment is and shown to every test if it is still alive; if not, it
        sees the near tests only, each with one set of parameters
    """

    mutant: Mutant
    source: str
    hints: Hints
    thorough: bool


def serve(connection: Connection, tests: Sequence[str]) -> None:
    """A judge's main function.

    Through the connection come jobs until None comes. Each is answered by a verdict, or by the error that ends all.

    :param tests: files and folders of the tests, below the project
    """
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ["HYPOTHESIS_PROFILE"] = "verdict"
    ignored = [f"--ignore={ROOT / path}" for path in EXCLUDED]
    selected = [str(ROOT / path) for path in tests]
    # Silent, for which the project's `-ra` has to go: it belongs to the plugin that prints.
    quiet = ["-o", "addopts=", "-p", "no:terminal", "-p", "no:cacheprovider"]
    pytest.main(
        ["--rootdir", str(ROOT), "--import-mode=importlib", *quiet, *ignored, *selected], plugins=[_Loop(connection)]
    )


class _Loop:
    """A pytest plugin that takes the place of running the collected tests."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        tests = [test for test in session.items if "weak_registry" not in test.nodeid]
        with Compiler() as compiler:
            judge = Judge(compiler, tests)
            _read_once()
            gc.freeze()  # children share what is there, instead of copying it when they count references
            while (job := self._connection.recv()) is not None:
                try:
                    self._connection.send(judge.judge(job))
                except BrokenBaselineError as error:
                    self._connection.send(error)
        return True


class Judge:
    """Compiles mutants and shows them to the tests."""

    def __init__(self, compiler: Compiler, tests: list[pytest.Item]) -> None:
        self._compiler, self._tests = compiler, tests
        self._by_id = {test.nodeid: test for test in tests}
        self._plain = {target: compiler.code(target.name, target.file, {}, target.settings) for target in TARGETS}
        self._final: dict[Target, Code] = {}
        # Of the tests that are known to pass on the sources as they are: processor time, seconds by id.
        self._times: dict[str, float] = {}

    def judge(self, job: Job) -> Verdict:
        """The verdict on one mutant.

        :raises BrokenBaselineError: if the test that fails does so without the mutant as well
        """
        try:
            return self._judge(job)
        except InvalidSourceError:
            return Verdict(Outcome.INVALID)

    def _judge(self, job: Job) -> Verdict:
        near, far = self._ordered(job)
        steps = stages(job.mutant.file)
        code: dict[Target, Code] = {}
        for number, targets in enumerate(steps):
            code |= {target: self._compile(target, job) for target in targets if target not in code}
            if all(code[target] == self._plain[target] for target in targets):
                continue
            harness_tests, other_tests = _split(near)
            if verdict := self._show(code, harness_tests if targets == (LIBRARIES,) else other_tests):
                return verdict
            if (
                number == 0
                and job.thorough
                and self._is_same_when_optimised(job, dict.fromkeys([*targets, *steps[-1]]))
            ):
                return Verdict(Outcome.SAME_CODE)
        if all(found == self._plain[target] for target, found in code.items()):
            return Verdict(Outcome.SAME_CODE)
        if job.thorough and (verdict := self._show(code, far)):
            return verdict
        return Verdict(Outcome.SURVIVED)

    def _ordered(self, job: Job) -> tuple[list[pytest.Item], list[pytest.Item]]:
        """The tests to show a mutant to: the near ones, see {selection}, and then all the others."""
        near = [self._by_id[name] for name in near_tests(self._by_id, job.mutant, job.hints, once=not job.thorough)]
        taken = set(near)
        return near, [test for test in self._tests if test not in taken]

    def _compile(self, target: Target, job: Job) -> Code:
        return self._compiler.code(target.name, target.file, {job.mutant.file: job.source}, target.settings)

    def _show(self, code: dict[Target, Code], tests: list[pytest.Item]) -> Verdict | None:
        """The verdict of the first test that fails, if one does."""
        if not tests:
            return None
        run = run_in_fork(lambda: _stand_in(code), tests, self._times)
        if run.failed and run.failed not in self._times:
            # It counts only if it passes on the sources; and only now it is known how long it may take.
            self._time(run.failed)
            failed = next(number for number, test in enumerate(tests) if test.nodeid == run.failed)
            return self._show(code, tests[failed:])
        if run.failed:
            return Verdict(Outcome.TIMEOUT if run.stopped else Outcome.KILLED, run.failed)
        return None

    def _time(self, test: str) -> None:
        run = run_in_fork(lambda: _stand_in(self._plain), [self._by_id[test]], {test: _LONGEST_TEST})
        if run.failed:
            raise BrokenBaselineError(f"fails without a mutant: {test}")
        self._times |= run.times

    def _is_same_when_optimised(self, job: Job, targets: Iterable[Target]) -> bool:
        """Whether the deployed code is that of the sources, which shows the faults that the optimiser removes."""
        for target in targets:
            if target not in self._final:
                self._final[target] = self._compiler.code(target.name, target.file, {}, FINAL)
            mutated = {job.mutant.file: job.source}
            if self._compiler.code(target.name, target.file, mutated, FINAL) != self._final[target]:
                return False
        return True


def _split(tests: list[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The tests of the libraries' harness, and all others: these do not use it, and those use nothing else."""
    harness = [test for test in tests if test.path.stem == "test_libraries"]
    return harness, [test for test in tests if test.path.stem != "test_libraries"]


def _read_once() -> None:
    """Lets this process read what each of its children would otherwise read for itself, for a second or two."""
    from tests import evm, layout  # noqa: PLC0415  # not before the settings are made that tests take over

    for target in TARGETS:
        evm.contract_type(target.name)
    for target in (IDENTITY, REPUTATION, VALIDATION):
        layout.variables(target.name)


def _stand_in(code: dict[Target, Code]) -> None:
    """Lets the tests deploy this code instead of the compiled project's."""
    from tests import evm  # noqa: PLC0415  # see above

    evm.code_size_limit = _CODE_SIZE_LIMIT
    for target, (abi, bytecode) in code.items():
        substitute = ContractType.model_validate(
            {"contractName": target.name, "abi": abi, "deploymentBytecode": {"bytecode": f"0x{bytecode}"}}
        )
        evm.stand_in(target.name, substitute)

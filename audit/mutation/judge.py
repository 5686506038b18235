"""A judge: one process with the tests collected and a compiler loaded, that is given mutants and returns verdicts."""

from __future__ import annotations

import gc
import os
from multiprocessing.connection import Connection
from typing import NamedTuple

import pytest
from ethpm_types import ContractType
from hypothesis import Phase, settings

from audit.mutation.compiler import FINAL, Code, Compiler, InvalidSourceError
from audit.mutation.forks import Run, run_in_fork
from audit.mutation.mutant import Mutant
from audit.mutation.scope import TARGETS, Target, stages
from audit.mutation.selection import EXCLUDED, SELECTED, Hints, near_tests
from audit.mutation.verdict import Outcome, Verdict
from audit.sources import ROOT

_CODE_SIZE_LIMIT = 2**20
"""Of a contract on the test chain, bytes: without the optimiser, ours are over the limit of real ones."""


class Share(NamedTuple):
    """The part of the tests that a judge runs on the sources as they are: every `of`th one."""

    number: int
    of: int


class Job(NamedTuple):
    """A mutant to judge.

    :ivar source: the file with the fault in it
    :ivar hints: former killers to begin with
    :ivar thorough: whether a mutant that the tests of its own contract do not kill is shown to all the others
    """

    mutant: Mutant
    source: str
    hints: Hints
    thorough: bool


def serve(connection: Connection) -> None:
    """A judge's main function.

    Through the connection come a share of the tests, answered by a run of them on the sources as they are; then the
    usual times of all tests, seconds by id, unanswered; and then jobs, each answered by a verdict, until None comes.
    """
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    # No shrinking: that a test fails is enough. The same examples each time, and nothing kept for later.
    settings.register_profile(
        "mutation", phases=[Phase.explicit, Phase.generate], derandomize=True, database=None, deadline=None
    )
    settings.load_profile("mutation")
    ignored = [f"--ignore={ROOT / path}" for path in EXCLUDED]
    selected = [str(ROOT / path) for path in SELECTED]
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
            gc.freeze()  # children share what is there, instead of copying it when they count references
            self._connection.send(judge.run_plain(self._connection.recv()))
            judge.times = self._connection.recv()
            while (job := self._connection.recv()) is not None:
                self._connection.send(judge.judge(job))
        return True


class Judge:
    """Compiles mutants and shows them to the tests.

    :ivar times: usual processor times of the tests, seconds by id
    """

    def __init__(self, compiler: Compiler, tests: list[pytest.Item]) -> None:
        self._compiler, self._tests = compiler, tests
        self._by_id = {test.nodeid: test for test in tests}
        self._plain = {target: compiler.code(target.name, target.file, {}, target.settings) for target in TARGETS}
        self._final: dict[Target, Code] = {}
        self.times: dict[str, float] = {}

    def run_plain(self, share: Share) -> Run:
        """Runs tests on the sources as they are, compiled as mutants are: all have to pass."""
        return run_in_fork(lambda: _stand_in(self._plain), self._tests[share.number :: share.of], {})

    def judge(self, job: Job) -> Verdict:
        """The verdict on one mutant."""
        try:
            return self._judge(job)
        except InvalidSourceError:
            return Verdict(Outcome.INVALID)

    def _judge(self, job: Job) -> Verdict:
        code: dict[Target, Code] = {}
        near, far = self._ordered(job)
        for targets in stages(job.mutant.file):
            for target in targets:
                if target not in code:
                    code[target] = self._compile(target, job)
            if all(code[target] == self._plain[target] for target in targets):
                continue
            if verdict := self._show(code, near):
                return verdict
        if all(found == self._plain[target] for target, found in code.items()):
            return Verdict(Outcome.SAME_CODE)
        if job.thorough:
            if self._is_same_when_optimised(job, list(code)):
                return Verdict(Outcome.SAME_CODE)
            if verdict := self._show(code, far):
                return verdict
        return Verdict(Outcome.SURVIVED)

    def _ordered(self, job: Job) -> tuple[list[pytest.Item], list[pytest.Item]]:
        """The tests to show a mutant to: the near ones, see {selection}, and then all the others."""
        near = [self._by_id[name] for name in near_tests(list(self._by_id), job.mutant, job.hints)]
        taken = set(near)
        return near, [test for test in self._tests if test not in taken]

    def _compile(self, target: Target, job: Job) -> Code:
        return self._compiler.code(target.name, target.file, {job.mutant.file: job.source}, target.settings)

    def _show(self, code: dict[Target, Code], tests: list[pytest.Item]) -> Verdict | None:
        run = run_in_fork(lambda: _stand_in(code), tests, self.times)
        if not run.failed:
            return None
        return Verdict(Outcome.TIMEOUT if run.stopped else Outcome.KILLED, run.failed)

    def _is_same_when_optimised(self, job: Job, targets: list[Target]) -> bool:
        """Whether the deployed code is that of the sources, which shows the faults that the optimiser removes."""
        for target in targets:
            if target not in self._final:
                self._final[target] = self._compiler.code(target.name, target.file, {}, FINAL)
            mutated = {job.mutant.file: job.source}
            if self._compiler.code(target.name, target.file, mutated, FINAL) != self._final[target]:
                return False
        return True


def _stand_in(code: dict[Target, Code]) -> None:
    """Lets the tests deploy this code instead of the compiled project's."""
    from tests import evm  # noqa: PLC0415  # in the child alone: the tests' modules were imported by pytest

    evm.code_size_limit = _CODE_SIZE_LIMIT
    for target, (abi, bytecode) in code.items():
        substitute = ContractType.model_validate(
            {"contractName": target.name, "abi": abi, "deploymentBytecode": {"bytecode": f"0x{bytecode}"}}
        )
        evm.stand_in(target.name, substitute)

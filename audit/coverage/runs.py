"""The tests that drive both chains, each run in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from audit.coverage.build import CACHE, Build
from audit.coverage.executed import Executed
from audit.coverage.probes import executed, instrument
from audit.sources import ROOT

NOT_IN_PROCESS = {
    "tests/attack/test_signatures.py::test_attack__when_wallet_burns_all_gas__costs_its_caller": "counts gas",
    "tests/attack/test_signatures.py::test_attack__with_return_bomb_on_registry__fails": "counts gas",
    "tests/property/test_libraries.py::test_dedupe__given_a_thousand_addresses__costs_in_proportion": "counts gas",
    "tests/attack/test_v16_upgrade.py::test_attack__on_registry__fails": "compares code with Ape's build",
    "tests/attack/test_v16_upgrade.py::test_registry__has_no_instruction_that_changes_code": "reads Ape's build",
}
"""Tests left out on the in-process EVM, and what about the build with probes makes them fail."""

ON_ANVIL = [
    *(f"tests/unit/test_identity_{part}.py" for part in ("constructor", "metadata", "opt_out", "registration")),
    *(f"tests/unit/test_identity_{part}.py" for part in ("transfer_and_approval", "uri", "wallet")),
    *(f"tests/unit/test_reputation_{part}.py" for part in ("feedback", "reads", "responses", "revocation", "summary")),
    *(f"tests/unit/test_validation_{part}.py" for part in ("reads", "requests", "responses", "summary")),
    *(f"tests/unit/test_{part}.py" for part in ("roles_and_pause", "tags", "wiring")),
]
"""The tests that drive anvil: all of the registries' functions, in every state that the unit tests know."""

_ROLES = "tests/unit/test_roles_and_pause.py"
NOT_ON_ANVIL = {
    f"{_ROLES}::test_entry_point__given_a_pause__stops_or_goes_on_as_before": "has two chains at a time",
    f"{_ROLES}::test_change_default_admin_delay__when_shortened_to_the_minimum__waits_for_the_difference": (
        "reads at a time that no block has yet"
    ),
}
"""Tests left out on anvil, and what about it makes them fail."""


class TestsFailedError(RuntimeError):
    """Tests failed on the coverage build: what they reached is not all they would."""


def run_in_process(build: Build) -> Executed:
    """What the tests execute on the in-process EVM.

    :raises TestsFailedError: if one fails
    """
    marks = _run(
        "audit.coverage.plugin",
        "COVERAGE_MARKS",
        ["tests/unit", "tests/attack", "tests/conformance", "tests/property"],
        NOT_IN_PROCESS,
    )
    return executed(
        build, instrument(build).probes, {int(number): times for number, times in json.loads(marks).items()}
    )


def run_on_anvil() -> Executed:
    """What one case of each test of the in-process EVM executes on anvil.

    :raises TestsFailedError: if one fails
    """
    return Executed.from_json(_run("audit.coverage.anvil_plugin", "COVERAGE_TRACES", ON_ANVIL, NOT_ON_ANVIL))


def _run(plugin: str, variable: str, folders: list[str], left_out: dict[str, str]) -> str:
    """Runs tests with a plugin, and gives what it wrote to the file that the variable names."""
    CACHE.mkdir(exist_ok=True)
    output = CACHE / f"{variable.lower()}.json"
    output.unlink(missing_ok=True)
    # The same examples on every run, so that the report is the same.
    command = [sys.executable, "-m", "pytest", "-q", "-p", plugin, "--hypothesis-seed=0", *folders]
    command += [f"--deselect={test}" for test in left_out]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {variable: str(output)}, check=False)
    if done.returncode:
        raise TestsFailedError(f"tests failed with {plugin}")
    return output.read_text(encoding="utf-8")

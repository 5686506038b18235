"""The rules and the compared reads cover the ABIs; the model is independent of the chain."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import ape
import pytest

from tests import model
from tests.deployment import REGISTRIES
from tests.entry_points import ENTRY_POINTS
from tests.stateful.course import run_course
from tests.stateful.duel import snake_case
from tests.stateful.machine import in_process_stage
from tests.stateful.reads import READS
from tests.stateful.rules import RULES

MODULES = sorted(Path(model.__file__).parent.glob("*.py"))


def test_rules__call_each_function_that_changes_state() -> None:
    covered = {entry_point for rule in RULES.values() for entry_point in rule.covers}
    assert covered == set(ENTRY_POINTS)


@pytest.mark.parametrize("registry", REGISTRIES)
def test_reads__compare_each_function_that_changes_nothing(registry: str) -> None:
    methods = ape.project.get_contract(registry).contract_type.view_methods
    with_arguments = {method.name for method in methods if method.inputs}
    assert set(READS[registry]) == with_arguments
    modelled = in_process_stage().model()[registry]
    assert [method.name for method in methods if not hasattr(modelled, snake_case(method.name))] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_model__imports_the_standard_library_only(module: Path) -> None:
    imported = {
        name
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    foreign = {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names}
    assert {name for name in foreign if not name.startswith("tests.model")} == set()


def test_course__given_the_same_seed__is_the_same_history() -> None:
    stage = in_process_stage()
    tallies = []
    for _ in range(2):
        with stage.registries.evm.rolled_back():
            tallies.append(run_course(stage.registries, seed=11, steps=40))
    assert tallies[0] == tallies[1]

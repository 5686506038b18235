"""The GitHub workflows keep to the project's own commands and to the least they need."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit.sources import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# An action by its full commit, and the version in words.
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def jobs(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values())


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def called_targets(path: Path) -> set[str]:
    commands = [step["run"] for job in jobs(path) for step in job["steps"] if "run" in step]
    return {target for command in commands for target in re.findall(r"\bmake ([a-z-]+)", command)}


@pytest.mark.parametrize("name", ["audit", "gas", "slither", "test"])
def test_workflow__of_each_kind__calls_the_make_target_of_its_name(name: str) -> None:
    path = ROOT / ".github" / "workflows" / f"{name}.yml"

    assert name in called_targets(path)
    assert called_targets(path) <= make_targets()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow__in_each_job__has_a_time_limit_and_its_own_permissions(path: Path) -> None:
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["permissions"] == {}
    for job in jobs(path):
        assert job["timeout-minutes"] > 0
        assert job["permissions"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow__in_each_step__uses_an_action_by_its_commit(path: Path) -> None:
    uses = [line for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]

    assert uses
    assert [line for line in uses if not PINNED.search(line)] == []


def test_workflows__together__use_one_commit_of_an_action() -> None:
    found = {use for path in WORKFLOWS for use in re.findall(r"uses: (\S+)@(\S+)", path.read_text(encoding="utf-8"))}

    assert len(found) == len({action for action, _ in found})

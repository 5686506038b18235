"""The files that the read API is deployed with, as the tools that read them see them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from registry_api.config import Settings
from tests.layout import PROJECT
from tests.programs import installed

OPERATIONS = PROJECT / "operations"
ANALYSERS = PROJECT / ".venv-analysers" / "bin"
UNITS = sorted(OPERATIONS.glob("systemd/*.service"))


def complaints(*words: str | Path) -> str:
    """What a tool says of a file; nothing if it is well."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def test_dockerfile__is_well_made() -> None:
    assert complaints(ANALYSERS / "hadolint", OPERATIONS / "Dockerfile") == ""


def test_dockerfile__that_is_not__is_found_out(tmp_path: Path) -> None:
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM python:latest\nRUN cd /tmp && sudo apt-get install x\n", encoding="utf-8")
    assert "DL3007" in complaints(ANALYSERS / "hadolint", bad)


COMPOSE_SCHEMA = ("check-jsonschema", "--builtin-schema", "vendor.compose-spec")


def test_compose__has_the_form_of_its_schema() -> None:
    assert complaints(ANALYSERS / COMPOSE_SCHEMA[0], *COMPOSE_SCHEMA[1:], OPERATIONS / "compose.yaml") == ""


def test_compose__that_has_not__is_found_out(tmp_path: Path) -> None:
    bad = tmp_path / "compose.yaml"
    bad.write_text("services:\n  one:\n    imagee: postgres\n", encoding="utf-8")
    assert "imagee" in complaints(ANALYSERS / COMPOSE_SCHEMA[0], *COMPOSE_SCHEMA[1:], bad)


def test_settings__in_compose__are_those_of_the_program() -> None:
    named = set(re.findall(r"REGISTRY_API_(\w+)", (OPERATIONS / "compose.yaml").read_text(encoding="utf-8")))
    assert named
    assert named <= {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_unit__is_one_that_systemd_reads(unit: Path, tmp_path: Path) -> None:
    analyse = installed("systemd-analyze")
    # The program and the account are not on this machine.
    copy = tmp_path / unit.name.replace("@", "@8004")
    text = unit.read_text(encoding="utf-8").replace("/opt/registry-api/bin/registry-api", "/bin/true")
    copy.write_text(re.sub(r"(?m)^User=.*\n", "", text), encoding="utf-8")
    assert complaints(analyse, "verify", "--recursive-errors=no", copy) == ""
    copy.write_text(text.replace("[Service]", "[Service]\nExecStart=nowhere"), encoding="utf-8")
    assert complaints(analyse, "verify", "--recursive-errors=no", copy) != ""

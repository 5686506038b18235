"""What the docs say of deployments is what there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import ape
import click
import pytest

from registries.verification import CHECKS
from scripts import (
    accept_admin,
    addresses,
    administer,
    compare_deployments,
    deploy,
    publish_sources,
    record_roles,
    verify_deployment,
)

ROOT = Path(ape.project.path)
SCRIPTS: dict[str, click.Command] = {
    "accept_admin": accept_admin.cli,
    "addresses": addresses.cli,
    "administer": administer.cli,
    "compare_deployments": compare_deployments.cli,
    "deploy": deploy.cli,
    "publish_sources": publish_sources.cli,
    "record_roles": record_roles.cli,
    "verify_deployment": verify_deployment.cli,
}
PAGES = ("README.md", "docs/deployment.md", "docs/runbook.md")


def commands(page: str) -> list[str]:
    """Each `ape run` command in a page, without the comment after it."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [command.partition("  #")[0].strip() for command in re.findall(r"`?(ape run [a-z_]+ [^`\n]*)", text)]


def test_checks__in_the_docs__are_those_made() -> None:
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z0-9-]+)` \| (.*) \|$", text, re.MULTILINE) == [
        (check.name, check.about) for check in CHECKS.values()
    ]


@pytest.mark.parametrize("command", sorted({command for page in PAGES for command in commands(page)}))
def test_command__in_the_docs__is_one_that_there_is(command: str) -> None:
    words = shlex.split(command)[2:]
    parsed = SCRIPTS[words[0]].make_context(words[0], words[1:], resilient_parsing=False)
    if isinstance(parsed.command, click.Group):
        name, sub, rest = parsed.command.resolve_command(parsed, [*parsed.protected_args, *parsed.args])
        assert sub is not None
        sub.make_context(name, rest, parent=parsed)


def test_readme__section_for_deployers__is_three_commands() -> None:
    assert len(commands("README.md")) == 3


def test_scripts__of_the_project__are_all_in_the_docs() -> None:
    named = {shlex.split(command)[2] for page in PAGES for command in commands(page)}
    assert named >= SCRIPTS.keys()
    others = {"demo", "gas", "gas_growth"}
    assert {path.stem for path in (ROOT / "scripts").glob("[a-z]*.py")} == SCRIPTS.keys() | others

"""The documents against the code: no error, attack, constant, interface id or slot is missing, invented or stale."""

from __future__ import annotations

import ast
import functools
import re
from typing import Any

import ape
import pytest

from audit import markdown
from audit.markdown import Row
from tests.deployment import Registries
from tests.layout import PROJECT as ROOT
from tests.layout import variables

DOCS, ATTACKS = ROOT / "docs", ROOT / "tests" / "attack"
LETTERS = {"I": "identity", "R": "reputation", "V": "validation"}
"""How the documents call the registries in tables."""

ATTACK_IDS = [f"V{number}" for number in range(1, 20)] + ["S1", "S2", "S3"]


def read_doc(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def tables(name: str) -> dict[Row, list[Row]]:
    return markdown.tables(read_doc(name))


def by_registry(rows: list[tuple[str, Any]]) -> set[tuple[str, Any]]:
    """Each fact for each registry that its row names, no fact twice."""
    facts = [(LETTERS[letter], fact) for letters, fact in rows for letter in letters.split()]
    assert len(facts) == len(set(facts))
    return set(facts)


def type_of(registry: str) -> Any:
    return ape.project.get_contract(f"{registry.capitalize()}Registry").contract_type


@functools.cache
def attacks_in(module: str) -> set[str]:
    tree = ast.parse((ATTACKS / module).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def names_in(cell: str) -> list[str]:
    """The tests that a cell names."""
    return re.findall(r"`(test_\w+)`", cell)


# --------------------------------------------------------------------------------------------------------- errors.md


def test_errors__in_the_document__are_those_of_the_abis() -> None:
    rows = tables("errors.md")["Error", "In", "When", "From"]
    abis = {
        (registry, f"`{error.name}({', '.join(f'{item.type} {item.name}' for item in error.inputs)})`")
        for registry in LETTERS.values()
        for error in type_of(registry).errors
    }

    assert by_registry([(letters, error) for error, letters, _, _ in rows]) == abis
    assert all(when and origin for _, _, when, origin in rows)


# --------------------------------------------------------------------------------------------------- threat-model.md

ATTACKS_HEADER = (
    "Id",
    "Weakness",
    "Defence",
    "Tests",
    "Succeeds on the weak contract",
    "Fails on the registry",
)


def test_threat_model__in_its_table__has_every_attack_with_tests_that_exist() -> None:
    rows = tables("threat-model.md")[ATTACKS_HEADER]

    assert [row[0] for row in rows] == ATTACK_IDS
    for attack_id, weakness, defence, modules, succeeds, fails in rows:
        module = modules.partition("](../tests/attack/")[2].partition(")")[0]
        kind, number = attack_id[0].lower(), attack_id[1:]
        assert module.startswith(f"test_{kind}{number.zfill(2) if kind == 'v' else number}_"), modules
        assert modules.startswith(f"[`{module}`]")
        for name in [*names_in(succeeds), *names_in(fails)]:
            assert name in attacks_in(module), f"{module} has no {name}"
        assert all("weak_registry" in name and name.endswith("succeeds") for name in names_in(succeeds))
        assert all("weak_registry" not in name and not name.endswith("succeeds") for name in names_in(fails))
        assert all([weakness, defence, names_in(succeeds), names_in(fails)]), attack_id


def test_threat_model__about_each_attack__says_what_remains() -> None:
    rows = tables("threat-model.md")["Id", "What remains"]

    assert [attack_id for attack_id, _ in rows] == ATTACK_IDS
    assert all(remains for _, remains in rows)


def test_threat_model__in_its_text__names_only_tests_and_modules_that_exist() -> None:
    modules = {path.name for path in ATTACKS.glob("test_*.py")}
    every_test = set().union(*(attacks_in(module) for module in modules))
    text = read_doc("threat-model.md")

    assert set(names_in(text)) <= every_test
    assert set(re.findall(r"`(test_\w+\.py)`", text)) == modules, "each attack's tests are found from the document"


# -------------------------------------------------------------------------------------------------- specification.md


def number_or_bytes(text: str) -> int | bytes:
    """A constant's value as the document writes it."""
    if text.startswith("0x"):
        return bytes.fromhex(text[2:])
    base, _, exponent = text.replace(",", "").partition("^")
    number: int = int(base) ** int(exponent or 1)
    return number


def test_specification__in_its_constants__has_those_of_the_registries(registries: Registries) -> None:
    rows = tables("specification.md")["Constant", "In", "Value", "Unit"]
    found = {
        (registry, (read.name, getattr(getattr(registries, registry), read.name)()))
        for registry in LETTERS.values()
        for read in type_of(registry).view_methods
        if read.name.isupper()
    }

    assert by_registry([(letters, (name.strip("`"), number_or_bytes(value))) for name, letters, value, _ in rows]) == (
        found
    )
    assert all(unit for *_, unit in rows)


def test_specification__in_its_interface_ids__has_what_the_registries_support(registries: Registries) -> None:
    rows = tables("specification.md")["Interface", "Id", "In"]

    for interface, identifier, letters in rows:
        supporters = {
            registry
            for registry in LETTERS.values()
            if getattr(registries, registry).supportsInterface(number_or_bytes(identifier))
        }
        assert supporters == {LETTERS[letter] for letter in letters.split()}, interface
    assert len(rows) == 12


def test_specification__in_its_storage__has_the_compilers_layout() -> None:
    rows = tables("specification.md")["In", "Slot", "Byte", "Variable"]
    layout = {
        (registry, (name, place.slot, place.offset // 8))
        for registry in LETTERS.values()
        for name, place in variables(f"{registry.capitalize()}Registry").items()
    }

    assert by_registry([(row[0], (row[3].split("`")[1], int(row[1]), int(row[2]))) for row in rows]) == layout


@pytest.mark.parametrize("registry", LETTERS.values())
def test_specification__in_its_text__names_every_function_and_event_of_our_interfaces(registry: str) -> None:
    """Those of ERC-721, of the roles and of ERC-165 have documents of their own."""
    text = read_doc("specification.md")
    declared = set()
    for path in (ROOT / "contracts" / "interfaces").glob("I*.sol"):
        declared |= set(re.findall(r"(?:function|event) (\w+)\(", path.read_text(encoding="utf-8")))
    contract_type = type_of(registry)
    members = [*contract_type.mutable_methods, *contract_type.view_methods, *contract_type.events]
    ours = declared & {member.name for member in members}

    assert ours
    assert {name for name in ours if f"`{name}" not in text} == set()


@pytest.mark.parametrize("name", ["errors.md", "specification.md", "threat-model.md"])
def test_links__in_the_documents__lead_somewhere(name: str) -> None:
    targets = re.findall(r"\]\(([^)#]+)", read_doc(name))

    assert [target for target in targets if not (DOCS / target).exists()] == []
    assert targets or name == "errors.md"


def test_readme__when_it_names_a_make_target__ci_runs_it() -> None:
    """On every change, or every night."""
    named = set(re.findall(r"(?<=make )[a-z]+", (ROOT / "README.md").read_text(encoding="utf-8")))
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8").partition("for target in")[2].partition(";")[0]
    nightly = (ROOT / ".github" / "workflows" / "audit.yml").read_text(encoding="utf-8")

    assert named
    assert named <= {*run.split(), *re.findall(r"run: make (\w+)", nightly)}

"""docs/api.md and the API's part of docs/errors.md against the program: nothing is missing, invented or stale."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, SecretStr

from audit import markdown
from audit.markdown import Row
from registry_api import files, lists
from registry_api.__main__ import main
from registry_api.app import create_app
from registry_api.config import OtherRegistries, Settings
from registry_api.lists import LISTINGS
from registry_api.policy import Policy
from registry_api.problems import CODES
from registry_api.routes import PREFIX
from registry_api.routes.parameters import OnChain
from registry_api.routes.reputation import Groups, OneGroup
from registry_api.routes.responses import File
from registry_api.searches import FileState, Search
from tests.layout import PROJECT

DOCS, PACKAGE = PROJECT / "docs", PROJECT / "registry_api"
PAGES: dict[str, type[BaseModel]] = {
    "feedback": lists.FeedbackPage,
    "clients": lists.ClientPage,
    "responses": lists.ResponsePage,
    "validations": lists.ValidationPage,
    "history": lists.HistoryPage,
    "metadata": lists.MetadataPage,
    "payments": lists.PaymentPage,
    "reputation": Groups,
    "reputation/group": OneGroup,
}
"""What can be asked of an agent, by the end of the path."""


@functools.cache
def tables(name: str) -> dict[Row, list[Row]]:
    return markdown.tables((DOCS / name).read_text(encoding="utf-8"))


def parameters(model: type[BaseModel]) -> set[tuple[str, str]]:
    """Each parameter as the documents have it, and what it means."""
    return {(f"`{name}`", (field.description or "").split("\n")[0]) for name, field in model.model_fields.items()}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder, nobody = tmp_path_factory.mktemp("nothing"), "0x" + "00" * 20
    other = OtherRegistries(chain_id=1, name="other", identity=nobody, reputation=nobody, start_block=0)
    url = SecretStr(f"sqlite:///{folder / 'none.db'}")
    return create_app(Settings(database_url=url, deployments=folder, other_registries=(other,))).openapi()


# ERRORS


def test_errors__of_the_api__are_those_of_the_program() -> None:
    rows = tables("errors.md")["Code", "Status", "Meaning", "What to do"]

    assert [row[:3] for row in rows] == [(f"`{name}`", str(code.status), code.meaning) for name, code in CODES.items()]
    assert all(advice for *_, advice in rows)


def test_errors__of_the_api__each_come_from_somewhere() -> None:
    """Apart from the list of codes, and the document that repeats it."""
    others = [path for path in PACKAGE.rglob("*.py") if path.name not in {"problems.py", "responses.py"}]
    assert set(CODES) <= {one for path in others for one in texts(path)}


def test_problems__wherever_they_are_raised__have_known_codes() -> None:
    raised = {one for path in PACKAGE.rglob("*.py") for one in raised_in(path)}
    assert raised
    assert raised <= set(CODES)


def texts(path: Path) -> set[str]:
    """All texts in a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def raised_in(path: Path) -> set[str]:
    """The codes that a module makes problems of by name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "Problem"]
    return {str(call.args[0].value) for call in calls if call.args and isinstance(call.args[0], ast.Constant)}


# THE API


def test_endpoints__in_the_document__are_those_of_the_program(document: dict[str, Any]) -> None:
    rows = tables("api.md")["Endpoint", "What it gives"]
    found = {
        f"`{method.upper()} {path.removeprefix(PREFIX)}`"
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert sorted(endpoint for endpoint, _ in rows) == sorted(found)
    assert all(meaning for _, meaning in rows)


def test_search__in_the_document__has_its_parameters() -> None:
    rows = tables("api.md")["Parameter", "Meaning"]
    assert len(rows) == len(set(rows))
    assert set(rows) == parameters(OnChain) | parameters(Search)


def test_lists__in_the_document__have_their_parameters() -> None:
    rows = tables("api.md")["Of", "Parameter", "Meaning"]
    common = set.intersection(*(parameters(PAGES[name]) for name in LISTINGS))

    assert PAGES.keys() >= LISTINGS.keys()
    assert len(rows) == len(set(rows))
    assert {row[1:] for row in rows if row[0] == "all lists"} == common
    for name, model in PAGES.items():
        said = {row[1:] for row in rows if row[0] == f"`{name}`"}
        assert said == parameters(model) - (common if name in LISTINGS else set()), name
    assert {row[0] for row in rows} <= {"all lists", *(f"`{name}`" for name in PAGES)}


def test_file_states__in_the_document__are_those_of_the_program() -> None:
    rows = tables("api.md")["State", "What it says"]
    states = {state.strip("`") for state, _ in rows}

    assert states == {state.value for state in FileState}
    assert states == {*files.ABSENT, *get_args(files.State)}
    assert states == set(get_args(File.model_fields["state"].annotation))


def test_settings__in_the_document__are_those_of_the_program() -> None:
    rows = tables("api.md")["Setting", "Default", "Meaning"]
    meanings = meanings_of(Settings)

    assert meanings.keys() == Settings.model_fields.keys()
    assert rows == [
        (f"`REGISTRY_API_{name.upper()}`", shown(field.default), meanings[name])
        for name, field in Settings.model_fields.items()
    ]


def meanings_of(documented: type) -> dict[str, str]:
    """What a docstring says of each attribute."""
    text = re.sub(r"\s+", " ", documented.__doc__ or "")
    return dict(one.strip().split(": ", 1) for one in text.split(":ivar ")[1:])


def shown(default: Any) -> str:
    """A default as the document writes it."""
    if isinstance(default, Policy):
        return "[reputation.md](reputation.md)"
    if isinstance(default, dict):
        return "[operations.md](operations.md)"
    if isinstance(default, bool) or default in ((), None):
        return str(default).lower() if default is False else "none"
    if isinstance(default, (int, float)):
        return f"{default:,}".removesuffix(".0")
    return f"`{default.get_secret_value() if isinstance(default, SecretStr) else default}`"


def test_commands__in_the_document__are_those_of_the_program() -> None:
    rows = tables("api.md")["Command", "What it does"]
    assert set(rows) == {(f"`registry-api {name}`", one.get_short_help_str(200)) for name, one in main.commands.items()}


def test_links__in_the_document__lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)", (DOCS / "api.md").read_text(encoding="utf-8"))
    assert targets
    assert [target for target in targets if not (DOCS / target).exists()] == []

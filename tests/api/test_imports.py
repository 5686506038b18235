"""Which module of the read API may know which: data flow from the chain to the routes, and no module looks back."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]


class Layer(NamedTuple):
    """Modules that are alike in what they know.

    :ivar modules: each may import those before it
    :ivar below: the layers that they may import
    """

    modules: str
    below: str = ""


LAYERS = {
    # Without a chain, a database or the internet.
    "values": Layer("__init__ collector metrics tiers errors logs blocks source exact problems batches"),
    "chain": Layer("abi words events chain happenings", "values"),
    "scores": Layer("signals policy summary score replay", "values"),
    "publications": Layer("registration facets fetching domains"),
    "database": Layer(
        "config database turns tables indexes revisions audit keys migrations migrations.env migrations.versions head"
        " bulk documents",
        "values scores",
    ),
    # From the chain into the database.
    "indexing": Layer("store rows projection indexer follow", "values chain publications database"),
    # Beside indexing.
    "reputation": Layer("facts reputation", "values scores database"),
    "files": Layer("files", "values publications database"),
    "check": Layer("check checks", "values chain database"),
    "workers": Layer("workers", "values scores publications database indexing reputation files"),
    # From the database to who asks.
    "transactions": Layer("drafts payments links", "values chain database"),
    "reading": Layer(
        "inputs pages lookups reading generated items lists searches answers memory unsteady shared bodies keyring"
        " ratelimits health clients service front",
        "values chain scores publications database files check",
    ),
    "routes": Layer(
        "routes routes.direct routes.health routes.responses routes.parameters routes.document routes.about"
        " routes.agents routes.drafts routes.reputation",
        "values scores database reputation files transactions reading",
    ),
    "app": Layer("telemetry warming app", "values database reading routes"),
    "commands": Layer("__main__", "values chain scores database indexing check workers app"),
}
"""In their order: each imports what is above it here."""

INDEXING = {"indexing", "reputation", "files", "check", "workers"}
"""Layers that work without the API."""
ANSWERING = {"reading", "routes", "app"}
WEB = {"fastapi", "starlette", "uvicorn"}

WRITING = {"bulk", "store", "rows", "projection", "indexer", "follow", "workers"}
"""What nobody who answers may use."""

RPC = {"web3": {"chain"}, "requests": set(), "aiohttp": set(), "registries.rpc": {"chain"}}
"""What talks to an RPC, and who imports it."""
INTERNET = {"httpx": {"fetching", "domains", "warming"}}
"""What fetches from anybody's server, or asks the application itself, and who imports it."""

SQL = {
    *("tables", "indexes", "migrations.versions", "database", "bulk", "store", "check", "facts", "reputation"),
    *("files", "workers", "links", "checks", "revisions", "audit", "keys", "warming"),
    *("lookups", "reading", "lists", "searches"),
    *("routes.about", "routes.agents", "routes.reputation", "migrations"),
}
"""Who makes statements."""
HANDLES = {"Connection", "Engine", "Table", "RowMapping"}
"""What of SQLAlchemy others may have: to hand on."""
ENGINES = {"Engine", "create_engine", "sessionmaker", "Session"}


def files_of(package: str) -> dict[str, list[Path]]:
    """The files of a package by module; migrations are one."""
    found: dict[str, list[Path]] = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT / package).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and parts[:-1] else parts)
        found.setdefault("migrations.versions" if name.startswith("migrations.versions") else name, []).append(path)
    return found


MODULES = files_of("registry_api")
PLACES = {name: layer for layer, members in LAYERS.items() for name in members.modules.split()}


@cache
def imported(path: Path) -> frozenset[str]:
    """All that a file imports, wherever in it: "a.b" for `import a.b`, and "a.b.c" for `from a.b import c`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide what they import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def names_in(module: str) -> set[str]:
    return {name for path in MODULES[module] for name in imported(path)}


def is_of(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def ours_in(module: str) -> set[str]:
    """The modules of the read API that a module imports."""
    found = set()
    for name in names_in(module):
        if not is_of(name, "registry_api"):
            continue
        parts = name.split(".")[1:]
        # The longest beginning that is a module: what follows is something in it.
        known = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        found.add(next((one for one in known if one in MODULES), "__init__"))
    return found


def reached_from(modules: Iterable[str]) -> set[str]:
    """Modules and all that they import, directly or not."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += ours_in(module)
    return found


def test_layers__always__have_each_module_once() -> None:
    listed = [name for layer in LAYERS.values() for name in layer.modules.split()]
    assert sorted(listed) == sorted(MODULES)


def test_layers__always__lead_down() -> None:
    order = list(LAYERS)
    for name, layer in LAYERS.items():
        assert set(layer.below.split()) <= set(order[: order.index(name)]), name


@pytest.mark.parametrize("module", sorted(MODULES))
def test_module__always__imports_what_is_below_it(module: str) -> None:
    layer = LAYERS[PLACES[module]]
    siblings = layer.modules.split()
    before = set(siblings[: siblings.index(module)])
    crooked = {other for other in ours_in(module) if other not in before and PLACES[other] not in layer.below.split()}
    assert crooked == set()


def test_indexing__always__knows_nothing_of_the_api() -> None:
    modules = reached_from(name for name, layer in PLACES.items() if layer in INDEXING)
    assert {name for name in modules if PLACES[name] in ANSWERING} == set()
    assert {name for name in modules if any(is_of(one, web) for one in names_in(name) for web in WEB)} == set()


def test_answering__never__writes_what_comes_from_the_chain() -> None:
    users = {name: ours_in(name) & WRITING for name, layer in PLACES.items() if layer in {"routes", "app"}}
    assert {name: used for name, used in users.items() if used} == {}
    reached = reached_from(name for name, layer in PLACES.items() if layer in ANSWERING)
    assert reached & (WRITING - {"bulk"}) == set()


@pytest.mark.parametrize(("package", "users"), [*RPC.items(), *INTERNET.items()])
def test_network__always__is_used_by_those_who_are_meant_to(package: str, users: set[str]) -> None:
    assert {name for name in MODULES if any(is_of(one, package) for one in names_in(name))} == users


def test_sql__always__is_made_by_those_who_are_meant_to() -> None:
    def of_sqlalchemy(module: str) -> set[str]:
        """The last part of each name; "sqlalchemy" for all of it."""
        return {one.rpartition(".")[2] for one in names_in(module) if is_of(one, "sqlalchemy")}

    assert {name for name in MODULES if of_sqlalchemy(name) - HANDLES} == SQL
    assert {name for name, layer in PLACES.items() if layer == "routes" and of_sqlalchemy(name) & ENGINES} == set()


def test_registries__never__import_the_read_api() -> None:
    """It is an extra: who deploys does without. The demo is a user of it, and asks it over HTTP."""
    users = {
        name
        for package in ("registries", "scripts")
        for name, paths in files_of(package).items()
        for path in paths
        if any(is_of(one, "registry_api") for one in imported(path))
    }
    assert users == set()

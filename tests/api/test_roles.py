"""PostgreSQL's roles as docs/operations.md makes them: the program's can do its work, and not touch the audit trail."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from registry_api import audit, keys, migrations
from registry_api.audit import Actor, acting
from registry_api.database import open_database
from registry_api.keys import Wanted
from tests.api.serving import Village, serving
from tests.deployment import OWNER, Registries
from tests.layout import PROJECT

NOW = 1_769_860_800
_numbers = itertools.count()


def said() -> tuple[list[str], list[str]]:
    """The document's statements before and after the migration."""
    document = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```sql\n(CREATE ROLE.*?)```", document, re.DOTALL)
    before, after = re.split(r"-- registry-api migrate.*\n", block)
    return before.split(";\n")[:-1], after.split(";\n")[:-1]


@pytest.fixture
def program(postgresql_url: str) -> Iterator[Engine]:
    """The database, as the program's role."""
    # Roles belong to the server, which other tests use.
    suffix = f"{os.getpid()}_{next(_numbers)}"
    url = make_url(postgresql_url)
    admin = create_engine(url.set(drivername="postgresql+psycopg"))
    engines = {
        name: open_database(url.set(username=f"{name}_{suffix}").render_as_string(hide_password=False), writes=True)
        for name in ("registry_owner", "registry_program")
    }
    before, after = said()
    with admin.begin() as connection:
        for statement in before:
            connection.execute(text(re.sub(r"registry_(owner|program)", rf"\g<0>_{suffix}", statement)))
    with engines["registry_owner"].begin() as connection:
        migrations.upgrade(connection)
        for statement in after:
            connection.execute(text(re.sub(r"registry_(owner|program)", rf"\g<0>_{suffix}", statement)))
    yield engines["registry_program"]
    for engine in engines.values():
        engine.dispose()
    with admin.begin() as connection:
        for name in engines:
            connection.execute(text(f"DROP OWNED BY {name}_{suffix} CASCADE"))
            connection.execute(text(f"DROP ROLE {name}_{suffix}"))
    admin.dispose()


def test_program__indexes_answers_and_makes_keys(program: Engine, registries: Registries) -> None:
    with program.connect() as connection:
        village = Village(registries, connection)
        registries.register(OWNER)
        registries.give_feedback(1, value=80, tag1="starred")
        village.settle()
        with acting(connection, Actor("command someone")):
            keys.create(connection, Wanted("a client", "standard", "write", None), NOW)
        connection.commit()
        # What administrators did on the chain comes before.
        entry = audit.entries(connection)[0]
        assert entry["actor"] == "command someone"
        assert audit.review(connection, entry["id"], "someone")
        assert audit.prune(connection, NOW) == 0
        connection.commit()
    with serving(program.url.render_as_string(hide_password=False), village.source) as api:
        assert api.get("/agents/1")["data"]["feedback"]["count"] == 1


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO audit (time, actor, changed_table, change, needs_review) VALUES (0, 'x', 'x', 'x', false)",
        "UPDATE audit SET actor = 'nobody'",
        "TRUNCATE audit",
        "DROP TABLE audit",
        "DROP TRIGGER audit_api_keys_insert ON api_keys",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "DROP FUNCTION audit_change() CASCADE",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    ],
)
def test_program__whatever_it_tries__cannot_touch_the_audit_trail(program: Engine, statement: str) -> None:
    with program.connect() as connection, pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        connection.execute(text(statement))

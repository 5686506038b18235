"""The database's form through time, with Alembic."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, select

from registry_api.errors import FatalError
from registry_api.tables import form


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Brings a database to a revision; from nothing, if it is empty."""
    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str = "base") -> None:
    """Takes a database back to a revision."""
    command.downgrade(_config(connection), revision)


def check_current(connection: Connection) -> None:
    """Whether this program runs on the database: on its own form, and on newer ones that only add to it.

    :raises FatalError: if it does not
    """
    wanted = current()
    found = MigrationContext.configure(connection).get_current_revision() or "none"
    if found == wanted:
        return
    oldest = connection.scalar(select(form.c.oldest)) if wanted < found != "none" else None
    if oldest is None:
        raise FatalError(f"database: its form is {found}, not {wanted}: run `registry-api migrate`")
    if oldest > wanted:
        raise FatalError(
            f"database: its form is {found}, which needs a program of form {oldest} or later, not {wanted}"
        )


@cache
def current() -> str:
    """The form that this program expects."""
    scripts = ScriptDirectory(str(Path(__file__).parent))
    head = scripts.get_current_head()
    assert head is not None  # noqa: S101  # for the type checker
    return head


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config

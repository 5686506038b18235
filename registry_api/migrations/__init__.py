"""The database's form through time, with Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from registry_api.errors import FatalError


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Brings a database to a revision; from nothing, if it is empty."""
    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str = "base") -> None:
    """Takes a database back to a revision."""
    command.downgrade(_config(connection), revision)


def check_current(connection: Connection) -> None:
    """:raises FatalError: if the database has another form than this program expects."""
    wanted = ScriptDirectory.from_config(_config(connection)).get_current_head()
    found = MigrationContext.configure(connection).get_current_revision()
    if found != wanted:
        raise FatalError(f"database: its form is {found or 'none'}, not {wanted}: run `registry-api migrate`")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config

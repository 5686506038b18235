"""The database's form: what the migrations make is what the program expects, and all of it can be taken back."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from registry_api import migrations
from registry_api.database import open_database
from registry_api.errors import FatalError
from registry_api.tables import metadata


def test_upgrade__of_an_empty_database__makes_what_the_program_expects(database_url: str) -> None:
    engine = open_database(database_url, writes=True)
    with engine.connect() as connection:
        with pytest.raises(FatalError, match="its form is none"):
            migrations.check_current(connection)
        migrations.upgrade(connection)
        migrations.check_current(connection)
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_downgrade__leaves_nothing(database_url: str) -> None:
    engine = open_database(database_url, writes=True)
    with engine.connect() as connection:
        migrations.upgrade(connection)
        migrations.downgrade(connection)
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()

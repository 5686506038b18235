"""Run by Alembic, on the connection that it was given."""

from __future__ import annotations

from alembic import context

from registry_api.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a table by making a new one.
    render_as_batch=True,
    user_module_prefix="tables.",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()

"""Audit trail, written by the database itself."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What is written down of each table: never the hash of a key, nor that a key was used.
_WATCHED = {
    "api_keys": ("id", "name", "tier", "scope", "created_time", "expires_time", "revoked_time"),
    "payments": (
        *("chain_id", "transaction", "position", "agent_id", "token", "payer", "recipient", "amount"),
        *("block", "block_hash", "time", "linked_time"),
    ),
    "administration": ("chain_id", "block", "log_index", "registry", "event", "details", "transaction", "time"),
}
_FROZEN = (
    *("id", "time", "actor", "request_id", "address", "changed_table", "change", "before", "after", "needs_review"),
)
_TWO_YEARS = 2 * 365 * 86_400


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("changed_table", sa.String(length=32), nullable=False),
        sa.Column("change", sa.String(length=8), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("needs_review", sa.Boolean(), nullable=False),
        sa.Column("reviewed_time", sa.BigInteger(), nullable=True),
        sa.Column("reviewed_by", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_time"), "audit", ["time"])
    op.create_table(
        "audit_context",
        sa.Column("transaction", sa.String(length=24), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("transaction", name=op.f("pk_audit_context")),
    )
    for statement in _postgresql() if op.get_bind().dialect.name == "postgresql" else _sqlite():
        op.execute(statement)


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in _WATCHED:
        for change in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER audit_{table}_{change}" + (f" ON {table}" if is_postgresql else ""))
    op.drop_table("audit_context")
    op.drop_table("audit")
    if is_postgresql:
        op.execute("DROP FUNCTION audit_change")
        op.execute("DROP FUNCTION audit_refuse")


def _postgresql() -> Iterator[str]:
    yield """
        CREATE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT
        AS $$
        DECLARE who audit_context%ROWTYPE;
        BEGIN
            SELECT * INTO who FROM audit_context WHERE transaction = pg_current_xact_id()::text;
            INSERT INTO audit
                (time, actor, request_id, address, changed_table, change, before, after, needs_review)
            VALUES (
                floor(extract(epoch FROM clock_timestamp())),
                CASE WHEN TG_TABLE_NAME = 'administration' THEN 'chain'
                    ELSE coalesce(who.actor, 'database ' || session_user) END,
                who.request_id, who.address, TG_TABLE_NAME, lower(TG_OP),
                CASE WHEN TG_OP <> 'INSERT' THEN (to_jsonb(OLD) - 'hash' - 'used_time')::text END,
                CASE WHEN TG_OP <> 'DELETE' THEN (to_jsonb(NEW) - 'hash' - 'used_time')::text END,
                who.actor IS NULL
            );
            RETURN NULL;
        END $$"""
    yield """
        CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION 'audit: what is written stays as it is for two years'; END $$"""
    for table, columns in _WATCHED.items():
        for change in ("insert", f"update OF {', '.join(columns)}", "delete"):
            name = f"audit_{table}_{change.split()[0]}"
            yield f"CREATE TRIGGER {name} AFTER {change} ON {table} FOR EACH ROW EXECUTE FUNCTION audit_change()"
    refuse = "EXECUTE FUNCTION audit_refuse()"
    yield f"CREATE TRIGGER audit_kept BEFORE UPDATE OF {', '.join(_FROZEN)} ON audit FOR EACH ROW {refuse}"
    young = f"OLD.time > extract(epoch FROM now()) - {_TWO_YEARS}"
    yield f"CREATE TRIGGER audit_young BEFORE DELETE ON audit FOR EACH ROW WHEN ({young}) {refuse}"
    yield f"CREATE TRIGGER audit_whole BEFORE TRUNCATE ON audit FOR EACH STATEMENT {refuse}"


def _sqlite() -> Iterator[str]:
    who = "(SELECT {} FROM audit_context)"
    columns = "time, actor, request_id, address, changed_table, change, before, after, needs_review"
    for table, names in _WATCHED.items():
        before, after = _json("OLD", names), _json("NEW", names)
        for change, event, old, new in (
            ("insert", "INSERT", "NULL", after),
            ("update", "UPDATE OF " + ", ".join(f'"{name}"' for name in names), before, after),
            ("delete", "DELETE", before, "NULL"),
        ):
            # All of it is written above.
            actor = "'chain'" if table == "administration" else f"coalesce({who.format('actor')}, 'database')"
            yield f"""
                CREATE TRIGGER audit_{table}_{change} AFTER {event} ON {table} BEGIN
                    INSERT INTO audit ({columns}) VALUES (
                        unixepoch(), {actor}, {who.format("request_id")},
                        {who.format("address")}, '{table}', '{change}', {old}, {new},
                        NOT EXISTS (SELECT * FROM audit_context)
                    );
                END"""  # noqa: S608
    refuse = "BEGIN SELECT RAISE(ABORT, 'audit: what is written stays as it is for two years'); END"
    yield f"CREATE TRIGGER audit_kept BEFORE UPDATE OF {', '.join(_FROZEN)} ON audit {refuse}"
    yield f"CREATE TRIGGER audit_young BEFORE DELETE ON audit WHEN OLD.time > unixepoch() - {_TWO_YEARS} {refuse}"


def _json(row: str, names: tuple[str, ...]) -> str:
    values = (f"""'{name}', {row}."{name}\"""" for name in names)
    return f"json_object({', '.join(values)})"

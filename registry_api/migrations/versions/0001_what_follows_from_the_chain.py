"""What follows from the chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from registry_api import tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:  # noqa: PLR0915  # one table after the other
    op.create_table(
        "agent_feedback",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("feedback_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "agent_id", name=op.f("pk_agent_feedback")),
    )
    with op.batch_alter_table("agent_feedback", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_agent_feedback_chain_id_feedback_count_agent_id"),
            ["chain_id", "feedback_count", "agent_id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_agent_feedback_given",
            ["chain_id", "agent_id"],
            unique=False,
            postgresql_where=sa.text("feedback_count > 0"),
            sqlite_where=sa.text("feedback_count > 0"),
        )

    op.create_table(
        "agent_metadata",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("key_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("value_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "agent_id", "key_digest", name=op.f("pk_agent_metadata")),
    )
    with op.batch_alter_table("agent_metadata", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_agent_metadata_chain_id_agent_id_block"), ["chain_id", "agent_id", "block"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_agent_metadata_chain_id_key_digest_value_digest_agent_id"),
            ["chain_id", "key_digest", "value_digest", "agent_id"],
            unique=False,
        )

    op.create_table(
        "agents",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(length=42), nullable=False),
        sa.Column("approved", sa.String(length=42), nullable=True),
        sa.Column("wallet", sa.String(length=42), nullable=True),
        sa.Column("own_uri", sa.Text(), nullable=True),
        sa.Column("uri_digest", sa.LargeBinary(length=16), nullable=True),
        sa.Column("ownership_epoch", sa.BigInteger(), nullable=False),
        sa.Column("registered_block", sa.BigInteger(), nullable=False),
        sa.Column("registered_time", sa.BigInteger(), nullable=False),
        sa.Column("registered_transaction", sa.String(length=66), nullable=False),
        sa.Column("updated_time", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("feedback_count", sa.BigInteger(), nullable=False),
        sa.Column("revoked_count", sa.BigInteger(), nullable=False),
        sa.Column("client_count", sa.BigInteger(), nullable=False),
        sa.Column("response_count", sa.BigInteger(), nullable=False),
        sa.Column("validation_count", sa.BigInteger(), nullable=False),
        sa.Column("answered_count", sa.BigInteger(), nullable=False),
        sa.Column("last_feedback_time", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "agent_id", name=op.f("pk_agents")),
        postgresql_with={"fillfactor": 75},
    )
    with op.batch_alter_table("agents", schema=None) as batch_op:
        batch_op.create_index(
            "ix_agents_approved",
            ["chain_id", "approved", "agent_id"],
            unique=False,
            postgresql_where=sa.text("approved IS NOT NULL"),
            sqlite_where=sa.text("approved IS NOT NULL"),
        )
        batch_op.create_index(
            batch_op.f("ix_agents_chain_id_owner_agent_id"), ["chain_id", "owner", "agent_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_agents_chain_id_registered_time_agent_id"),
            ["chain_id", "registered_time", "agent_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_agents_chain_id_updated_time_agent_id"),
            ["chain_id", "updated_time", "agent_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_agents_chain_id_wallet_agent_id"), ["chain_id", "wallet", "agent_id"], unique=False
        )
        batch_op.create_index(
            "ix_agents_validated",
            ["chain_id", "agent_id"],
            unique=False,
            postgresql_where=sa.text("validation_count > 0"),
            sqlite_where=sa.text("validation_count > 0"),
        )
        batch_op.create_index(
            "ix_agents_without_uri",
            ["chain_id", "agent_id"],
            unique=False,
            postgresql_where=sa.text("uri_digest IS NULL"),
            sqlite_where=sa.text("uri_digest IS NULL"),
        )

    op.create_table(
        "blocks",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=66), nullable=False),
        sa.Column("parent_hash", sa.String(length=66), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "block", name=op.f("pk_blocks")),
    )
    op.create_table(
        "chains",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=42), nullable=False),
        sa.Column("reputation", sa.String(length=42), nullable=False),
        sa.Column("validation", sa.String(length=42), nullable=True),
        sa.Column("start_block", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.String(length=66), nullable=False),
        sa.Column("block_time", sa.BigInteger(), nullable=False),
        sa.Column("final_block", sa.BigInteger(), nullable=False),
        sa.Column("base_uri", sa.Text(), nullable=False),
        sa.Column("agent_count", sa.BigInteger(), nullable=False),
        sa.Column("feedback_count", sa.BigInteger(), nullable=False),
        sa.Column("validation_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", name=op.f("pk_chains")),
    )
    op.create_table(
        "clients",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("client", sa.String(length=42), nullable=False),
        sa.Column("feedback_count", sa.BigInteger(), nullable=False),
        sa.Column("revoked_count", sa.BigInteger(), nullable=False),
        sa.Column("first_block", sa.BigInteger(), nullable=False),
        sa.Column("first_log_index", sa.Integer(), nullable=False),
        sa.Column("first_time", sa.BigInteger(), nullable=False),
        sa.Column("last_time", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "agent_id", "client", name=op.f("pk_clients")),
    )
    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_clients_chain_id_agent_id_first_block_first_log_index"),
            ["chain_id", "agent_id", "first_block", "first_log_index"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_clients_chain_id_client_first_time"), ["chain_id", "client", "first_time"], unique=False
        )

    op.create_table(
        "facets",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("facet", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "facet", "agent_id", name=op.f("pk_facets")),
    )
    with op.batch_alter_table("facets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_facets_chain_id_agent_id"), ["chain_id", "agent_id"], unique=False)

    op.create_table(
        "feedback",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("client", sa.String(length=42), nullable=False),
        sa.Column("feedback_index", sa.BigInteger(), nullable=False),
        sa.Column("value", tables.WholeNumber(precision=78, scale=0), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("tag1", sa.Text(), nullable=False),
        sa.Column("tag2", sa.Text(), nullable=False),
        sa.Column("scale", sa.LargeBinary(length=16), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("ownership_epoch", sa.BigInteger(), nullable=False),
        sa.Column("given_block", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.Column("revoked_time", sa.BigInteger(), nullable=True),
        sa.Column("response_count", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "agent_id", "client", "feedback_index", name=op.f("pk_feedback")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_feedback_chain_id_agent_id_given_block_log_index"),
            ["chain_id", "agent_id", "given_block", "log_index"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_feedback_chain_id_agent_id_scale_given_block_log_index"),
            ["chain_id", "agent_id", "scale", "given_block", "log_index"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_feedback_chain_id_client_given_block_log_index"),
            ["chain_id", "client", "given_block", "log_index"],
            unique=False,
        )

    op.create_table(
        "files",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("uri_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("fetched_time", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "agent_id", name=op.f("pk_files")),
    )
    op.create_table(
        "history",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "agent_id", "block", "log_index", name=op.f("pk_history")),
    )
    with op.batch_alter_table("history", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_history_chain_id_agent_id_kind_block_log_index"),
            ["chain_id", "agent_id", "kind", "block", "log_index"],
            unique=False,
        )

    op.create_table(
        "operators",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(length=42), nullable=False),
        sa.Column("operator", sa.String(length=42), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "owner", "operator", name=op.f("pk_operators")),
    )
    with op.batch_alter_table("operators", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_operators_chain_id_operator"), ["chain_id", "operator"], unique=False)

    op.create_table(
        "opt_outs",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.String(length=42), nullable=False),
        sa.Column("opted_out", sa.Boolean(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "account", name=op.f("pk_opt_outs")),
    )
    op.create_table(
        "payments",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(length=42), nullable=True),
        sa.Column("payer", sa.String(length=42), nullable=False),
        sa.Column("recipient", sa.String(length=42), nullable=False),
        sa.Column("amount", tables.WholeNumber(precision=78, scale=0), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.String(length=66), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("linked_time", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "transaction", "position", name=op.f("pk_payments")),
    )
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_payments_chain_id_agent_id_block_position"),
            ["chain_id", "agent_id", "block", "position"],
            unique=False,
        )

    op.create_table(
        "queue",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket", sa.BigInteger(), nullable=False),
        sa.Column("due_time", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "kind", "agent_id", name=op.f("pk_queue")),
    )
    with op.batch_alter_table("queue", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_queue_kind_chain_id_due_time_agent_id"),
            ["kind", "chain_id", "due_time", "agent_id"],
            unique=False,
        )

    op.create_table(
        "ratings",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("scale", sa.LargeBinary(length=16), nullable=False),
        sa.Column("tag1", sa.Text(), nullable=False),
        sa.Column("tag1_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("tag2", sa.Text(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("sum", tables.WholeNumber(precision=78, scale=0), nullable=False),
        sa.Column("average", sa.Double(), nullable=True),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "agent_id", "scale", name=op.f("pk_ratings")),
    )
    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ratings_chain_id_agent_id_tag1_digest"),
            ["chain_id", "agent_id", "tag1_digest"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_ratings_chain_id_tag1_digest_average_agent_id"),
            ["chain_id", "tag1_digest", "average", "agent_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_ratings_chain_id_tag1_digest_count_agent_id"),
            ["chain_id", "tag1_digest", "count", "agent_id"],
            unique=False,
        )

    op.create_table(
        "responses",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("client", sa.String(length=42), nullable=False),
        sa.Column("feedback_index", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.String(length=66), nullable=False),
        sa.Column("responder", sa.String(length=42), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint(
            "chain_id", "agent_id", "client", "feedback_index", "block", "log_index", name=op.f("pk_responses")
        ),
    )
    with op.batch_alter_table("responses", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_responses_chain_id_agent_id_block_log_index"),
            ["chain_id", "agent_id", "block", "log_index"],
            unique=False,
        )

    op.create_table(
        "revisions",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "part", name=op.f("pk_revisions")),
    )
    op.create_table(
        "scores",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("scale", sa.LargeBinary(length=16), nullable=False),
        sa.Column("tag1_digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=True),
        sa.Column("point", sa.String(length=16), nullable=True),
        sa.Column("lower", sa.String(length=16), nullable=True),
        sa.Column("upper", sa.String(length=16), nullable=True),
        sa.Column("policy_version", sa.String(length=16), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "agent_id", "scale", name=op.f("pk_scores")),
    )
    with op.batch_alter_table("scores", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_scores_chain_id_tag1_digest_level_agent_id"),
            ["chain_id", "tag1_digest", "level", "agent_id"],
            unique=False,
        )

    op.create_table(
        "undo",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("table_name", sa.String(length=32), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("chain_id", "block", "position", name=op.f("pk_undo")),
    )
    op.create_table(
        "validations",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("validator", sa.String(length=42), nullable=False),
        sa.Column("request_uri", sa.Text(), nullable=False),
        sa.Column("request_block", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("request_time", sa.BigInteger(), nullable=False),
        sa.Column("request_transaction", sa.String(length=66), nullable=False),
        sa.Column("response", sa.Integer(), nullable=True),
        sa.Column("response_uri", sa.Text(), nullable=True),
        sa.Column("response_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("tag", sa.Text(), nullable=True),
        sa.Column("response_time", sa.BigInteger(), nullable=True),
        sa.Column("response_transaction", sa.String(length=66), nullable=True),
        sa.Column("answer_count", sa.BigInteger(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "request_hash", name=op.f("pk_validations")),
    )
    with op.batch_alter_table("validations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_validations_chain_id_agent_id_request_block_log_index"),
            ["chain_id", "agent_id", "request_block", "log_index"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_validations_chain_id_validator_request_block_log_index"),
            ["chain_id", "validator", "request_block", "log_index"],
            unique=False,
        )


def downgrade() -> None:  # noqa: PLR0915  # the same backwards
    with op.batch_alter_table("validations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_validations_chain_id_validator_request_block_log_index"))
        batch_op.drop_index(batch_op.f("ix_validations_chain_id_agent_id_request_block_log_index"))

    op.drop_table("validations")
    op.drop_table("undo")
    with op.batch_alter_table("scores", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scores_chain_id_tag1_digest_level_agent_id"))

    op.drop_table("scores")
    op.drop_table("revisions")
    with op.batch_alter_table("responses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_responses_chain_id_agent_id_block_log_index"))

    op.drop_table("responses")
    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ratings_chain_id_tag1_digest_count_agent_id"))
        batch_op.drop_index(batch_op.f("ix_ratings_chain_id_tag1_digest_average_agent_id"))
        batch_op.drop_index(batch_op.f("ix_ratings_chain_id_agent_id_tag1_digest"))

    op.drop_table("ratings")
    with op.batch_alter_table("queue", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_queue_kind_chain_id_due_time_agent_id"))

    op.drop_table("queue")
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payments_chain_id_agent_id_block_position"))

    op.drop_table("payments")
    op.drop_table("opt_outs")
    with op.batch_alter_table("operators", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_operators_chain_id_operator"))

    op.drop_table("operators")
    with op.batch_alter_table("history", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_history_chain_id_agent_id_kind_block_log_index"))

    op.drop_table("history")
    op.drop_table("files")
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_feedback_chain_id_client_given_block_log_index"))
        batch_op.drop_index(batch_op.f("ix_feedback_chain_id_agent_id_scale_given_block_log_index"))
        batch_op.drop_index(batch_op.f("ix_feedback_chain_id_agent_id_given_block_log_index"))

    op.drop_table("feedback")
    with op.batch_alter_table("facets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_facets_chain_id_agent_id"))

    op.drop_table("facets")
    with op.batch_alter_table("clients", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clients_chain_id_client_first_time"))
        batch_op.drop_index(batch_op.f("ix_clients_chain_id_agent_id_first_block_first_log_index"))

    op.drop_table("clients")
    op.drop_table("chains")
    op.drop_table("blocks")
    with op.batch_alter_table("agents", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_agents_without_uri",
            postgresql_where=sa.text("uri_digest IS NULL"),
            sqlite_where=sa.text("uri_digest IS NULL"),
        )
        batch_op.drop_index(
            "ix_agents_validated",
            postgresql_where=sa.text("validation_count > 0"),
            sqlite_where=sa.text("validation_count > 0"),
        )
        batch_op.drop_index(batch_op.f("ix_agents_chain_id_wallet_agent_id"))
        batch_op.drop_index(batch_op.f("ix_agents_chain_id_updated_time_agent_id"))
        batch_op.drop_index(batch_op.f("ix_agents_chain_id_registered_time_agent_id"))
        batch_op.drop_index(batch_op.f("ix_agents_chain_id_owner_agent_id"))
        batch_op.drop_index(
            "ix_agents_approved",
            postgresql_where=sa.text("approved IS NOT NULL"),
            sqlite_where=sa.text("approved IS NOT NULL"),
        )

    op.drop_table("agents")
    with op.batch_alter_table("agent_metadata", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agent_metadata_chain_id_key_digest_value_digest_agent_id"))
        batch_op.drop_index(batch_op.f("ix_agent_metadata_chain_id_agent_id_block"))

    op.drop_table("agent_metadata")
    with op.batch_alter_table("agent_feedback", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_agent_feedback_given",
            postgresql_where=sa.text("feedback_count > 0"),
            sqlite_where=sa.text("feedback_count > 0"),
        )
        batch_op.drop_index(batch_op.f("ix_agent_feedback_chain_id_feedback_count_agent_id"))

    op.drop_table("agent_feedback")

"""The database: what is kept of each chain, in tables that SQLite and PostgreSQL have alike.

All of it follows from the chain, from what agents publish, and from links that the chain proves: it can be dropped and
built anew. A row names the block that it last changed in; it is final once that block is.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    null,
)
from sqlalchemy.types import TypeEngine


class WholeNumber(TypeDecorator[int]):
    """An integer of any size: SQLite's have 64 bits, so there it is a text."""

    impl = Numeric(78, 0)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric(78, 0))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, _dialect: Dialect) -> int | None:
        return None if value is None else int(value)


FOLLOWS = "follows"
"""In a column's info: it follows from the others of its row."""

Address = String(42)
"""In EIP-55 form."""
Hash = LargeBinary(32)
Digest = LargeBinary(16)
"""Stands for texts in keys and indexes, which cannot hold long ones; see {digest}."""
TransactionHash = String(66)


def digest(*values: str | int) -> bytes:
    """What stands for these values in a key."""
    hashed = blake2b(digest_size=16)
    for value in values:
        encoded = str(value).encode()
        hashed.update(len(encoded).to_bytes(8, "big") + encoded)
    return hashed.digest()


# Names for constraints, so that migrations can name them.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _table(name: str, key: tuple[str, ...], *items: Any, **options: Any) -> Table:
    chain_id = Column("chain_id", BigInteger, nullable=False)
    return Table(name, metadata, chain_id, *items, PrimaryKeyConstraint(*key), **options)


def _only(condition: ColumnElement[bool]) -> dict[str, Any]:
    """An index of some rows."""
    return {"postgresql_where": condition, "sqlite_where": condition}


def _required(name: str, type_: Any, **options: Any) -> Column[Any]:
    return Column(name, type_, nullable=False, **options)


chains = _table(
    "chains",
    ("chain_id",),
    _required("name", String(64)),
    _required("identity", Address),
    _required("reputation", Address),
    # The reference has no validation registry on some chains.
    Column("validation", Address),
    _required("start_block", BigInteger),
    # The last block whose events are here: everything below is complete.
    _required("block", BigInteger),
    _required("block_hash", TransactionHash),
    _required("block_time", BigInteger),
    # Blocks up to this one are final.
    _required("final_block", BigInteger),
    _required("base_uri", Text),
    _required("agent_count", BigInteger),
    _required("feedback_count", BigInteger),
    _required("validation_count", BigInteger),
)

blocks = _table(
    "blocks",
    ("chain_id", "block"),
    _required("block", BigInteger),
    _required("hash", TransactionHash),
    _required("parent_hash", TransactionHash),
    _required("time", BigInteger),
)
"""Those that are not final, and the last final one: what a reorganisation is seen by."""

undo = _table(
    "undo",
    ("chain_id", "block", "position"),
    _required("block", BigInteger),
    # In which order the block changed rows: undone in reverse.
    _required("position", Integer),
    _required("table_name", String(32)),
    # JSON: the row's key, and the row before; null if there was none.
    _required("key", Text),
    Column("before", Text),
)
"""How to take back each block that is not final."""

agents = _table(
    "agents",
    ("chain_id", "agent_id"),
    _required("agent_id", BigInteger),
    _required("owner", Address),
    Column("approved", Address),
    Column("wallet", Address),
    # None: the agent has the auto URI, if there is a base.
    Column("own_uri", Text),
    # None without an own URI, or with an empty one: there is nothing to fetch.
    Column("uri_digest", Digest),
    _required("ownership_epoch", BigInteger),
    _required("registered_block", BigInteger),
    _required("registered_time", BigInteger),
    _required("registered_transaction", TransactionHash),
    # Of the last change of the agent itself; of its feedback and validations, the counts below tell.
    _required("updated_time", BigInteger),
    _required("block", BigInteger),
    # All that was ever given, and what of it is revoked.
    _required("feedback_count", BigInteger),
    _required("revoked_count", BigInteger),
    _required("client_count", BigInteger),
    _required("response_count", BigInteger),
    _required("validation_count", BigInteger),
    _required("answered_count", BigInteger),
    Column("last_feedback_time", BigInteger),
    # All of the above as responses have it, JSON: made once, when it changes, and not each time it is read.
    _required("document", Text, info={FOLLOWS: True}),
    Index(None, "chain_id", "owner", "agent_id"),
    Index(None, "chain_id", "wallet", "agent_id"),
    Index(None, "chain_id", "registered_time", "agent_id"),
    Index(None, "chain_id", "updated_time", "agent_id"),
    # No index has what feedback changes: PostgreSQL then leaves them all alone, if the page has room for the new row.
    postgresql_with={"fillfactor": 75},
)
Index(
    "ix_agents_approved", agents.c.chain_id, agents.c.approved, agents.c.agent_id, **_only(agents.c.approved != null())
)
Index("ix_agents_without_uri", agents.c.chain_id, agents.c.agent_id, **_only(agents.c.uri_digest == null()))
Index("ix_agents_validated", agents.c.chain_id, agents.c.agent_id, **_only(agents.c.validation_count > 0))

agent_feedback = _table(
    "agent_feedback",
    ("chain_id", "agent_id"),
    _required("agent_id", BigInteger),
    # As in agents, to search and sort by.
    _required("feedback_count", BigInteger),
    Index(None, "chain_id", "feedback_count", "agent_id"),
)
Index(
    "ix_agent_feedback_given",
    agent_feedback.c.chain_id,
    agent_feedback.c.agent_id,
    **_only(agent_feedback.c.feedback_count > 0),
)

administration = _table(
    "administration",
    ("chain_id", "block", "log_index"),
    _required("block", BigInteger),
    _required("log_index", Integer),
    # identity, reputation or validation
    _required("registry", String(16)),
    _required("event", String(40)),
    # JSON: its parameters.
    _required("details", Text),
    _required("transaction", TransactionHash),
    _required("time", BigInteger),
)
"""What administrators of the registries did, as the chain has it."""

operators = _table(
    "operators",
    ("chain_id", "owner", "operator"),
    _required("owner", Address),
    _required("operator", Address),
    _required("approved", Boolean),
    _required("block", BigInteger),
    Index(None, "chain_id", "operator"),
)
"""Approvals for all agents of an owner, as stored: an operator that has opted out has no power."""

opt_outs = _table(
    "opt_outs",
    ("chain_id", "account"),
    _required("account", Address),
    _required("opted_out", Boolean),
    _required("block", BigInteger),
)

agent_metadata = _table(
    "agent_metadata",
    ("chain_id", "agent_id", "key_digest"),
    _required("agent_id", BigInteger),
    _required("key_digest", Digest),
    _required("key", Text),
    # Empty: it was cleared.
    _required("value", LargeBinary),
    _required("value_digest", Digest),
    _required("block", BigInteger),
    _required("time", BigInteger),
    Index(None, "chain_id", "key_digest", "value_digest", "agent_id"),
    Index(None, "chain_id", "agent_id", "block"),
)

history = _table(
    "history",
    ("chain_id", "agent_id", "block", "log_index"),
    _required("agent_id", BigInteger),
    _required("block", BigInteger),
    _required("log_index", Integer),
    _required("time", BigInteger),
    _required("transaction", TransactionHash),
    _required("kind", String(32)),
    # JSON: what changed, by name.
    _required("change", Text),
    Index(None, "chain_id", "agent_id", "kind", "block", "log_index"),
)
"""Transfers, approvals, URI, metadata and wallet changes of each agent."""

feedback = _table(
    "feedback",
    ("chain_id", "agent_id", "client", "feedback_index"),
    _required("agent_id", BigInteger),
    _required("client", Address),
    _required("feedback_index", BigInteger),
    _required("value", WholeNumber),
    _required("decimals", Integer),
    _required("tag1", Text),
    _required("tag2", Text),
    # Of tag1, tag2 and decimals: what stands for the group, as in ratings.
    _required("scale", Digest),
    _required("endpoint", Text),
    _required("uri", Text),
    _required("hash", Hash),
    # The agent's ownership epoch when it was given.
    _required("ownership_epoch", BigInteger),
    _required("given_block", BigInteger),
    _required("log_index", Integer),
    _required("time", BigInteger),
    _required("transaction", TransactionHash),
    Column("revoked_time", BigInteger),
    _required("response_count", BigInteger),
    _required("block", BigInteger),
    Index(None, "chain_id", "agent_id", "given_block", "log_index"),
    Index(None, "chain_id", "agent_id", "scale", "given_block", "log_index"),
    Index(None, "chain_id", "client", "given_block", "log_index"),
)

responses = _table(
    "responses",
    ("chain_id", "agent_id", "client", "feedback_index", "block", "log_index"),
    _required("agent_id", BigInteger),
    _required("client", Address),
    _required("feedback_index", BigInteger),
    _required("block", BigInteger),
    _required("log_index", Integer),
    _required("time", BigInteger),
    _required("transaction", TransactionHash),
    _required("responder", Address),
    _required("uri", Text),
    _required("hash", Hash),
    Index(None, "chain_id", "agent_id", "block", "log_index"),
)

clients = _table(
    "clients",
    ("chain_id", "agent_id", "client"),
    _required("agent_id", BigInteger),
    _required("client", Address),
    _required("feedback_count", BigInteger),
    _required("revoked_count", BigInteger),
    _required("first_block", BigInteger),
    _required("first_log_index", Integer),
    _required("first_time", BigInteger),
    _required("last_time", BigInteger),
    _required("block", BigInteger),
    Index(None, "chain_id", "client", "first_time"),
    Index(None, "chain_id", "agent_id", "first_block", "first_log_index"),
)

ratings = _table(
    "ratings",
    ("chain_id", "agent_id", "scale"),
    _required("agent_id", BigInteger),
    # Of tag1, tag2 and decimals.
    _required("scale", Digest),
    _required("tag1", Text),
    _required("tag1_digest", Digest),
    _required("tag2", Text),
    _required("decimals", Integer),
    _required("count", BigInteger),
    _required("sum", WholeNumber),
    # sum / count / 10^decimals to the nearest double, to filter and sort by; None without feedback.
    Column("average", Double),
    _required("block", BigInteger),
    Index(None, "chain_id", "tag1_digest", "average", "agent_id"),
    Index(None, "chain_id", "tag1_digest", "count", "agent_id"),
    Index(None, "chain_id", "agent_id", "tag1_digest"),
)
"""Running totals of an agent's feedback that is not revoked, by tags and decimals: what may be averaged."""

validations = _table(
    "validations",
    ("chain_id", "request_hash"),
    _required("request_hash", Hash),
    _required("agent_id", BigInteger),
    _required("validator", Address),
    _required("request_uri", Text),
    _required("request_block", BigInteger),
    _required("log_index", Integer),
    _required("request_time", BigInteger),
    _required("request_transaction", TransactionHash),
    # The latest answer, all None while there is none.
    Column("response", Integer),
    Column("response_uri", Text),
    Column("response_hash", Hash),
    Column("tag", Text),
    Column("response_time", BigInteger),
    Column("response_transaction", TransactionHash),
    _required("answer_count", BigInteger),
    _required("block", BigInteger),
    Index(None, "chain_id", "agent_id", "request_block", "log_index"),
    Index(None, "chain_id", "validator", "request_block", "log_index"),
)

# WHAT FOLLOWS FROM FILES AND FROM SCORES: made apart from indexing, and made anew at any time

queue = _table(
    "queue",
    ("chain_id", "kind", "agent_id"),
    # "file": fetch it; "score": compute the scores.
    _required("kind", String(8)),
    _required("agent_id", BigInteger),
    # Other for each change: who has done the work removes the entry only if it is still the same.
    _required("ticket", BigInteger),
    # When it is to be done, seconds since the epoch.
    _required("due_time", BigInteger),
    _required("failures", Integer),
    Index(None, "kind", "chain_id", "due_time", "agent_id"),
)
"""What is to be done since an agent changed, noted in the transaction of the change."""

files = _table(
    "files",
    ("chain_id", "agent_id"),
    _required("agent_id", BigInteger),
    # Of the URI that it was fetched from: it counts only while that is the agent's.
    _required("uri_digest", Digest),
    # "valid", "invalid" or "unreachable".
    _required("state", String(16)),
    _required("fetched_time", BigInteger),
    # keccak256 of the content; None if nothing was fetched.
    Column("content_hash", Hash),
    Column("content", LargeBinary),
    # What responses have of it, JSON.
    _required("document", Text),
)
"""Registration files."""

facets = _table(
    "facets",
    ("chain_id", "facet", "agent_id"),
    # What agents are searched by, of their files: 64 bits of a digest; see registry_api.facets.
    _required("facet", BigInteger),
    _required("agent_id", BigInteger),
    Index(None, "chain_id", "agent_id"),
)
"""For each thing that a file says, which agents say so."""

scores = _table(
    "scores",
    ("chain_id", "agent_id", "scale"),
    _required("agent_id", BigInteger),
    _required("scale", Digest),
    _required("tag1_digest", Digest),
    # None if nothing has any weight.
    Column("level", String(16)),
    Column("point", String(16)),
    Column("lower", String(16)),
    Column("upper", String(16)),
    _required("policy_version", String(16)),
    # As of which block.
    _required("block", BigInteger),
    Index(None, "chain_id", "tag1_digest", "level", "agent_id"),
)
"""Scores as of the block that they were computed at, to search by."""

payments = _table(
    "payments",
    ("chain_id", "transaction", "position"),
    _required("transaction", TransactionHash),
    # Of the log; -1 is the transaction's own value.
    _required("position", Integer),
    _required("agent_id", BigInteger),
    # None: the chain's own currency.
    Column("token", Address),
    _required("payer", Address),
    _required("recipient", Address),
    _required("amount", WholeNumber),
    _required("block", BigInteger),
    _required("block_hash", TransactionHash),
    _required("time", BigInteger),
    _required("linked_time", BigInteger),
    Index(None, "chain_id", "agent_id", "block", "position"),
)
"""Payments to agents that somebody has linked, each proven on the chain and linked once."""

revisions = _table(
    "revisions",
    ("chain_id", "part"),
    # Of what is known of the chain; see registry_api.revisions.
    _required("part", String(8)),
    _required("number", BigInteger),
)
"""Each grows when something of its part has changed, or may have."""


api_keys = Table(
    "api_keys",
    metadata,
    # Not secret.
    Column("id", String(16), primary_key=True),
    _required("name", String(100)),
    _required("tier", String(32)),
    _required("scope", String(8)),
    # SHA-256 of the secret part.
    _required("hash", Hash),
    _required("created_time", BigInteger),
    Column("expires_time", BigInteger),
    Column("revoked_time", BigInteger),
    # When it was used last, within a minute.
    Column("used_time", BigInteger),
)
"""Who may ask more, and draft transactions; not of any chain."""

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
    _required("time", BigInteger),
    _required("actor", String(100)),
    Column("request_id", String(64)),
    Column("address", String(64)),
    _required("changed_table", String(32)),
    # insert, update or delete
    _required("change", String(8)),
    # JSON: the row; None where there is none.
    Column("before", Text),
    Column("after", Text),
    # Somebody else than this program did it.
    _required("needs_review", Boolean),
    Column("reviewed_time", BigInteger),
    Column("reviewed_by", String(100)),
    Index(None, "time"),
)
"""Who changed what; written by triggers, which the migrations make, and kept for two years."""

audit_context = Table(
    "audit_context",
    metadata,
    # PostgreSQL's id of it; SQLite has one at a time.
    Column("transaction", String(24), primary_key=True),
    _required("actor", String(100)),
    Column("request_id", String(64)),
    Column("address", String(64)),
)
"""On whose behalf a transaction acts; empty when none does."""

form = Table("form", metadata, Column("oldest", String(8), primary_key=True))
"""One row: the oldest form whose program runs on this database. A migration that takes something away raises it."""

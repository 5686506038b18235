"""As of when: the block that a response is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from registry_api.tables import chains

COLUMNS = (
    chains.c.chain_id,
    chains.c.name,
    chains.c.identity,
    chains.c.block,
    chains.c.block_hash,
    chains.c.block_time,
    chains.c.final_block,
    chains.c.base_uri,
)
"""In the order of {Head}. Every statement reads them with its rows, so that both are of one moment."""


class Head(NamedTuple):
    """Where the indexer was when a statement read the database."""

    chain_id: int
    name: str
    identity: str
    block: int
    block_hash: str
    block_time: int
    final_block: int
    base_uri: str

    def to_json(self) -> dict[str, Any]:
        """As responses have it."""
        return {
            "chain": f"eip155:{self.chain_id}",
            "chain_name": self.name,
            "block": self.block,
            "block_hash": self.block_hash,
            "as_of": self.as_of,
            "final": self.is_final,
            "final_block": self.final_block,
        }

    @property
    def as_of(self) -> str:
        """The block's time, ISO 8601."""
        return datetime.fromtimestamp(max(0, self.block_time), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def is_final(self) -> bool:
        """Whether the block is; what is not may be reorganised away."""
        return self.block <= self.final_block


class Moment(NamedTuple):
    """A chain's head, and the revisions of what was known there (see {registry_api.revisions}).

    :ivar others: of what does not come from the chain's events
    """

    head: Head
    events: int
    others: int

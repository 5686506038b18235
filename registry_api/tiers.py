"""Tiers of clients."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, PositiveInt

ANONYMOUS = "anonymous"
"""That of clients without a key."""


class Tier(BaseModel):
    """How many requests of each kind a client may make in a minute."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    read: PositiveInt
    search: PositiveInt
    write: PositiveInt

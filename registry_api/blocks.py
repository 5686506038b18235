"""A block's header and a log, as a node has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Block(NamedTuple):
    """A block's header.

    :ivar time: seconds since the epoch
    """

    number: int
    hash: str
    parent_hash: str
    time: int


@dataclass(frozen=True, slots=True)
class Log:
    """A log as a node has it.

    :ivar index: among all logs of its block
    :ivar transaction: the hash, 0x and 64 digits
    :ivar time: of its block, seconds since the epoch
    """

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    index: int
    transaction: str
    time: int

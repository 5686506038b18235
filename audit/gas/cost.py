"""What a call costs and what it carries, and the part of its price that depends on nothing but the transaction."""

from __future__ import annotations

from typing import NamedTuple

TRANSACTION = 21_000
"""The gas that every transaction pays before it does anything."""

_ZERO_BYTE, _NONZERO_BYTE = 4, 16


class Log(NamedTuple):
    """What a log is charged for.

    :ivar event: its name in the registries' ABIs
    :ivar topics: how many, the event's own included
    :ivar size: bytes of data
    """

    event: str
    topics: int
    size: int


class Cost(NamedTuple):
    """What one call cost.

    :ivar gas: of the receipt; of a read, the execution alone
    :ivar calldata: as sent; of a deployment, the creation code with its arguments
    :ivar logs: in their order
    :ivar code_size: the code that a deployment left on the chain, bytes
    """

    gas: int
    calldata: bytes = b""
    logs: tuple[Log, ...] = ()
    code_size: int = 0


def calldata_gas(calldata: bytes) -> int:
    """The gas of a transaction's calldata (EIP-2028)."""
    zeros = calldata.count(0)
    return zeros * _ZERO_BYTE + (len(calldata) - zeros) * _NONZERO_BYTE

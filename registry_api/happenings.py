"""What happened to the registries in some blocks: their logs, read from the chain and decoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from registry_api.blocks import Block, Log
from registry_api.chain import ChainReader
from registry_api.errors import RetryableError
from registry_api.events import Event, read


class Happened(NamedTuple):
    """Events of whole blocks, in the order of the chain.

    :ivar last: the last of the blocks, with events or without
    :ivar times: of each block with events, seconds since the epoch
    """

    last: Block
    events: Sequence[Event]
    times: Mapping[int, int]


def happened_in(last: Block, logs: Sequence[Log], registries: Mapping[str, str]) -> Happened:
    """What logs tell.

    :param registries: the name of each registry by its address
    :raises FatalError: if a log is not what its first topic says
    """
    events = [event for log in logs if (event := read(log, registries)) is not None]
    return Happened(last, events, {log.block: log.time for log in logs})


def canonical(chain: ChainReader, number: int) -> Block:
    """A block of the chain.

    :raises RetryableError: if the node does not have it
    """
    block = chain.block(number)
    if block is None:
        raise RetryableError(f"the node does not have block {number}")
    return block


class ReadAhead:
    """What happened in final blocks: while a range of them is written, the next one is read and decoded.

    :param registries: the name of each registry by its address
    """

    def __init__(self, chain: ChainReader, registries: Mapping[str, str]) -> None:
        self._chain, self._registries = chain, registries
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._begun: dict[int, Future[Happened]] = {}

    def take(self, first: int, final: int) -> Happened:
        """As many blocks as the node gives logs of at once.

        :param final: the last block that may be read
        :raises RetryableError: if the node does not answer now
        :raises FatalError: as {happened_in}
        """
        begun = self._begun.pop(first, None)
        happened = self._read(first, final) if begun is None else begun.result()
        if (after := happened.last.number + 1) <= final:
            self._begun = {after: self._thread.submit(self._read, after, final)}
        return happened

    def _read(self, first: int, final: int) -> Happened:
        last, logs = self._chain.logs(first, final)
        # Now, and not when it is written: should the chain lose blocks that were final, the header tells.
        return happened_in(canonical(self._chain, last), logs, self._registries)

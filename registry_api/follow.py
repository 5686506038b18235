"""Keeps an indexer going."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlalchemy import Connection, Engine

from registry_api.chain import ChainReader
from registry_api.indexer import Indexer
from registry_api.source import Source
from registry_api.turns import keep_going


def follow(
    engine: Engine,
    source: Source,
    open_chain: Callable[[], ChainReader],
    stop: threading.Event,
    *,
    poll: float,
    once: bool = False,
) -> None:
    """Follows a chain.

    :param poll: between two looks at the head, or at whether another indexer has gone, seconds
    :param once: end at the head
    :raises FatalError: if it cannot go on; trying again would not help
    """

    def begin(connection: Connection) -> Callable[[], bool]:
        indexer = Indexer(connection, open_chain(), source)
        indexer.start()
        return indexer.step

    keep_going(engine, source.chain_id, begin, stop, poll=poll, once=once)

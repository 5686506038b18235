"""Checks of the database against the chain: once, by a command, or again and again beside the indexer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import structlog
from sqlalchemy import Connection, Engine, select

from registry_api import metrics
from registry_api.chain import RPCChain, RPCState
from registry_api.check import Difference, differences
from registry_api.errors import RetryableError
from registry_api.source import Source
from registry_api.tables import chains
from registry_api.turns import keep_going

_log = structlog.get_logger()

Opener = Callable[[Source], RPCChain]


def check(engine: Engine, source: Source, open_chain: Opener, sample: int | None) -> Iterator[Difference]:
    """Compares what is known of a chain with its contracts, at the block that the database is at.

    :param sample: so many rows of each table; all of them if None
    """
    # All rows and the block have to be of one moment, while an indexer goes on.
    level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(**level) as connection, connection.begin():
        yield from differences(connection, source, _state(connection, source, open_chain(source)), sample=sample)


def run_checks(
    engine: Engine, sources: Sequence[Source], open_chain: Opener, stop: threading.Event, *, every: float, sample: int
) -> None:
    """Checks a sample of each chain again and again; what differs is logged and counted.

    :param every: between two checks, seconds
    :raises FatalError: if it cannot go on; trying again would not help
    """

    def step() -> bool:
        for source in sources:
            _check_and_tell(engine, source, open_chain, sample)
        return False

    keep_going(engine, "check", lambda _: step, stop, poll=every)


def _check_and_tell(engine: Engine, source: Source, open_chain: Opener, sample: int) -> None:
    log, found = _log.bind(chain=source.chain_id), 0
    try:
        for difference in check(engine, source, open_chain, sample):
            log.error("database differs from the chain", difference=str(difference)[:500])
            found += 1
    except RetryableError as error:
        # Some RPCs have no state of the block; the others' chains are to be checked all the same.
        log.warning("not checked", error=str(error))
        return
    metrics.check_differences.labels(str(source.chain_id)).set(found)
    metrics.check_time.labels(str(source.chain_id)).set(time.time())
    log.info("checked", differences=found)


def _state(connection: Connection, source: Source, chain: RPCChain) -> RPCState:
    """The contracts at the block that the database is at."""
    block_hash = connection.scalars(select(chains.c.block_hash).where(chains.c.chain_id == source.chain_id)).one()
    return RPCState(chain, {name: address for address, name in source.registries.items()}, block_hash)

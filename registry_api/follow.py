"""Keeps an indexer going: waits its turn, tries again what may succeed, until it is told to stop."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import structlog
from sqlalchemy import Engine

from registry_api.chain import ChainReader
from registry_api.database import sole_writer, told_apart
from registry_api.errors import RetryableError
from registry_api.indexer import Indexer
from registry_api.source import Source

LONGEST_PAUSE = 60.0
"""Between two tries, seconds."""

_log = structlog.get_logger()


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
    log = _log.bind(chain=source.chain_id)
    failures = 0
    while not stop.is_set():
        try:
            with told_apart(), engine.connect() as connection, sole_writer(connection, source.chain_id) as alone:
                if not alone:
                    log.info("waiting", reason="another indexer writes this chain")
                    stop.wait(poll)
                    continue
                indexer = Indexer(connection, open_chain(), source)
                indexer.start()
                log.info("following")
                while not stop.is_set():
                    advanced = indexer.step()
                    failures = 0
                    if not advanced:
                        if once:
                            return
                        stop.wait(poll)
        except RetryableError as error:
            failures += 1
            pause = pause_after(failures)
            log.warning("interrupted", error=str(error), pause=round(pause, 1))
            stop.wait(pause)


def pause_after(failures: int) -> float:
    """How long to wait until the next try, seconds.

    :param failures: in a row; there may be thousands in a long outage
    """
    # Not all at once again, if many were interrupted at once.
    longest: float = min(LONGEST_PAUSE, 0.5 * 2 ** min(failures, 10))
    return longest * random.uniform(0.5, 1)  # noqa: S311  # no secret

"""Work that one process at a time does: it waits its turn, tries again what may succeed, until it is told to stop."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

import structlog
from sqlalchemy import Connection, Engine

from registry_api.database import sole_writer, told_apart
from registry_api.errors import RetryableError

LONGEST_PAUSE = 60.0
"""Between two tries, seconds."""

_log = structlog.get_logger()


def keep_going(
    engine: Engine,
    work: int | str,
    begin: Callable[[Connection], Callable[[], bool]],
    stop: threading.Event,
    *,
    poll: float,
    once: bool = False,
) -> None:
    """Does some work as the only one of a database.

    :param work: what it is, as {sole_writer} has it
    :param begin: gives a step of it, which tells whether there was anything to do
    :param poll: between two looks at whether there is, or at whether another process has gone, seconds
    :param once: end when there is nothing to do
    :raises FatalError: if it cannot go on; trying again would not help
    """
    log = _log.bind(work=work)
    failures = 0
    while not stop.is_set():
        try:
            with told_apart(), engine.connect() as connection, sole_writer(connection, work) as alone:
                if not alone:
                    log.info("waiting", reason="another process does this")
                    stop.wait(poll)
                    continue
                step = begin(connection)
                log.info("working")
                while not stop.is_set():
                    worked = step()
                    failures = 0
                    if not worked:
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

"""Redis, which may be lost for a while: it is left alone then, and whoever wanted it goes on without."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from redis.exceptions import RedisError

from registry_api import metrics

RETRY = 2.0
"""After Redis was lost, seconds until it is asked again."""

_T = TypeVar("_T")

_log = structlog.get_logger()


class LostError(Exception):
    """Redis does not answer now."""


class Unsteady:
    """Asks Redis, unless it was lost a moment ago.

    :param of: what for
    """

    def __init__(self, of: str, clock: Callable[[], float] = time.time) -> None:
        self._log, self._lost = _log.bind(of=of), metrics.redis_lost.labels(of)
        self._clock, self._until = clock, 0.0
        self._lost.set(0)

    async def ask(self, question: Callable[[], Awaitable[_T]]) -> _T:
        """What Redis says.

        :raises LostError: if it does not answer, or did not a moment ago
        """
        now = self._clock()
        if now < self._until:
            raise LostError
        try:
            said = await question()
        except (RedisError, OSError) as error:
            if not self._until:
                self._log.error("redis lost", error=type(error).__name__)
            # Nobody else is to wait for it until then.
            self._until = now + RETRY
            self._lost.set(1)
            raise LostError from error
        if self._until:
            self._log.info("redis found")
            self._until = 0.0
            self._lost.set(0)
        return said

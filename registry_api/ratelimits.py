"""How often a client may ask in a minute: counted by Redis for all replicas, or by each process for itself."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple

from limits.aio.storage import MemoryStorage, RedisStorage
from redis.exceptions import RedisError

from registry_api.unsteady import LostError, Unsteady

PERIOD = 60
"""Of a window, seconds. At its border a client may ask for twice as much at once."""

Kind = Literal["read", "search", "write", "guess"]
"""What is asked for: what costs little, what costs much, what ends in a transaction; a key that is none."""


class Taken(NamedTuple):
    """What is left of a client's requests.

    :ivar limit: in the window
    :ivar remaining: below 0, this one is too many
    :ivar reset: until the next window, seconds
    """

    limit: int
    remaining: int
    reset: int

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """For the response."""
        return [
            (b"x-ratelimit-limit", b"%d" % self.limit),
            (b"x-ratelimit-remaining", b"%d" % max(0, self.remaining)),
            (b"x-ratelimit-reset", b"%d" % self.reset),
        ]


class RateLimits:
    """Counts requests.

    While Redis does not answer, each process counts by itself: with n replicas, a client may ask n times as often.

    :param url: redis://... or valkey's; None: this process counts alone
    :param timeout: for Redis to answer, seconds
    """

    def __init__(self, url: str | None, timeout: float, clock: Callable[[], float] = time.time) -> None:
        self._own = MemoryStorage()
        self._shared = (
            None
            if url is None
            else RedisStorage(url, implementation="redispy", socket_timeout=timeout, socket_connect_timeout=timeout)
        )
        self._clock, self._unsteady = clock, Unsteady("limits", clock)

    @property
    def is_shared(self) -> bool:
        """Whether Redis is to count."""
        return self._shared is not None

    async def problem(self) -> str | None:
        """What keeps Redis from counting; None: nothing."""
        if self._shared is None:
            return None
        try:
            is_well = await self._shared.check()
        except (RedisError, OSError) as error:
            return type(error).__name__
        return None if is_well else "does not answer"

    async def take(self, who: str, kind: Kind, limit: int) -> Taken:
        """Counts a request of a client."""
        return await self._ask(lambda storage, key: storage.incr(key, PERIOD), who, kind, limit)

    async def look(self, who: str, kind: Kind, limit: int) -> Taken:
        """The same, and does not count it."""
        return await self._ask(lambda storage, key: storage.get(key), who, kind, limit)

    async def _ask(
        self, count: Callable[[MemoryStorage | RedisStorage, str], Awaitable[int]], who: str, kind: Kind, limit: int
    ) -> Taken:
        now = self._clock()
        window, since = divmod(now, PERIOD)
        key, reset = f"{who}/{kind}/{int(window)}", max(1, int(PERIOD - since))
        if self._shared is not None:
            shared = self._shared
            with contextlib.suppress(LostError):
                return Taken(limit, limit - await self._unsteady.ask(lambda: count(shared, key)), reset)
        return Taken(limit, limit - await count(self._own, key), reset)

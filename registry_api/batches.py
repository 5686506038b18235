"""Many callers, one query: what is asked for while a query runs is asked together in the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

MAX_KEYS = 200
"""In one query."""


class Batches(Generic[Key, Value]):
    """Looks up values by keys, many at once.

    A query is under way or not: alone, a caller waits for nobody. The busier it is, the more callers share one.

    :param fetch: the values of some different keys, each of them
    """

    def __init__(self, fetch: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Value]]]) -> None:
        self._fetch = fetch
        self._waiting: dict[Key, list[asyncio.Future[Value]]] = {}
        self._running: asyncio.Task[None] | None = None

    async def get(self, key: Key) -> Value:
        """The value of a key; raises what its query raised."""
        # Each has its own: one caller may leave while others wait for the same.
        future: asyncio.Future[Value] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        while self._waiting:
            keys = list(self._waiting)[:MAX_KEYS]
            asked = {key: self._waiting.pop(key) for key in keys}
            try:
                found = await self._fetch(keys)
            except Exception as error:  # noqa: BLE001  # it is the callers' to handle
                for futures in asked.values():
                    for future in _open(futures):
                        future.set_exception(error)
            else:
                for key, futures in asked.items():
                    for future in _open(futures):
                        future.set_result(found[key])
        self._running = None


def _open(futures: list[asyncio.Future[Value]]) -> list[asyncio.Future[Value]]:
    """Those that somebody still waits for."""
    return [future for future in futures if not future.done()]

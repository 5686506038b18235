"""Whether a process can answer, part by part."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

from registry_api import indexes, migrations
from registry_api.errors import IndexingError
from registry_api.head import Head
from registry_api.problems import Problem
from registry_api.ratelimits import RateLimits
from registry_api.reading import Reader
from registry_api.source import Source


class Part(NamedTuple):
    """What a process depends on.

    :ivar problem: None: it is well
    """

    name: str
    problem: str | None


class Health:
    """Looks at everything that answers depend on.

    :param longest_lag: of the last indexed block behind the clock, seconds
    """

    def __init__(self, reader: Reader, limits: RateLimits, sources: Iterable[Source], longest_lag: float) -> None:
        self._reader, self._limits, self._sources = reader, limits, list(sources)
        self._longest_lag = longest_lag

    async def parts(self) -> list[Part]:
        """All parts; those that could not be looked at are not well."""
        database = await _looked_at(self._form)
        found = [Part("database", database)]
        if self._limits.is_shared:
            found.append(Part("redis", await self._limits.problem()))
        heads: dict[int, Head] = {}
        if database is None:
            heads = {one.head.chain_id: one.head for one in await self._reader.moments()}
        for source in self._sources:
            problem = "the database does not answer" if database else self._of_chain(source, heads.get(source.chain_id))
            found.append(Part(f"chain {source.chain_id}", problem))
        return found

    async def _form(self) -> None:
        await self._reader.read(migrations.check_current)
        await self._reader.read(indexes.check_complete)

    def _of_chain(self, source: Source, head: Head | None) -> str | None:
        if head is None:
            return "the indexer has not begun yet"
        if head.identity != source.identity:
            return f"the database is about {head.identity}, not {source.identity}"
        lag = time.time() - head.block_time
        return f"{lag:.0f} s behind, more than {self._longest_lag:.0f}" if lag > self._longest_lag else None


async def _looked_at(look: Callable[[], Awaitable[Any]]) -> str | None:
    try:
        await look()
    except (Problem, IndexingError) as error:
        return str(error)
    return None

"""What routes work with: the chains that are served, the database, the memory of answers, the chains' RPCs."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterable

import structlog
from fastapi import Request, Response
from starlette.routing import BaseRoute

from registries.chains import chain_of, rpc_url_of
from registries.errors import DeploymentError
from registry_api import keys
from registry_api.answers import Answer, respond
from registry_api.chain import RPCChain
from registry_api.config import Settings
from registry_api.database import most_readers, open_database, open_readers, told_apart
from registry_api.errors import FatalError, IndexingError
from registry_api.health import Health
from registry_api.keyring import Keyring
from registry_api.lookups import open_lookup
from registry_api.memory import Memory, question_of
from registry_api.problems import Problem
from registry_api.ratelimits import RateLimits
from registry_api.reading import BY_IDS, Reader
from registry_api.shared import SharedAnswers
from registry_api.source import Source

KEYS_NOTED = 60.0
"""Between two notes of when keys were used last, seconds."""

_log = structlog.get_logger()

_AGENT = re.compile(r"(?:(?:eip155:)?(?P<chain>[0-9]{1,20}):(?:(?P<registry>0x[0-9a-fA-F]{40}):)?)?(?P<id>[0-9]{1,78})")


class Service:
    """One API process.

    :param sources: what is served; None: what the settings say
    :raises AddressConfigError: as {Settings.sources}
    :raises ValueError: likewise
    """

    def __init__(self, settings: Settings, sources: Iterable[Source] | None = None) -> None:
        self.settings = settings
        served = settings.sources() if sources is None else sources
        self.sources = {source.chain_id: source for source in served}
        self.reader = Reader(
            open_readers(settings), most_readers(settings), settings.pool_wait, open_lookup(settings, BY_IDS)
        )
        self.writer = open_database(settings.database_url.get_secret_value(), writes=True)
        self.memory = Memory(settings.cache_size)
        self.keyring, self._noted = Keyring(self.reader), 0.0
        url = settings.redis_url
        redis = None if url is None else url.get_secret_value()
        self.limits = RateLimits(redis, settings.redis_timeout)
        self.shared = SharedAnswers(redis, settings.redis_timeout) if redis and settings.share_answers else None
        self.seen = asyncio.Event()
        self._keeping: set[asyncio.Task[None]] = set()
        self.health = Health(self.reader, self.limits, self.sources.values(), settings.ready_lag)
        self._making: dict[bytes, asyncio.Future[Answer]] = {}
        self._chains: dict[int, RPCChain] = {}

    def source(self, chain: str | None) -> Source:
        """A chain by its id, its CAIP-2 id or its name; the first one if none is named.

        :raises Problem: CHAIN_NOT_SUPPORTED
        """
        if chain is None:
            return next(iter(self.sources.values()))
        for source in self.sources.values():
            if chain in {str(source.chain_id), f"eip155:{source.chain_id}", source.name}:
                return source
        served = [f"eip155:{one}" for one in self.sources]
        raise Problem("CHAIN_NOT_SUPPORTED", f"chain: {chain[:60]!r} is not served here", served=served)

    def agent(self, text: str, chain: str | None = None) -> tuple[Source, int]:
        """The chain and id of an agent: `7`, `8453:7` or `eip155:8453:<identity registry>:7`.

        :raises Problem: INVALID_VALUE, CHAIN_NOT_SUPPORTED, AGENT_NOT_FOUND
        """
        found = _AGENT.fullmatch(text)
        if found is None:
            raise Problem(
                "INVALID_VALUE", f"agent: {text[:80]!r} is not <id>, <chain>:<id> or eip155:<chain>:<registry>:<id>"
            )
        source = self.source(found["chain"] or chain)
        if chain is not None and source is not self.source(chain):
            raise Problem(
                "INVALID_VALUE", f"chain: {chain[:60]!r} is another one than that of the agent, {text[:80]!r}"
            )
        if found["registry"] is not None and found["registry"].lower() != source.identity.lower():
            raise Problem("AGENT_NOT_FOUND", f"registry {found['registry']}: on this chain it is {source.identity}")
        return source, int(found["id"])

    async def remember(
        self, request: Request, make: Callable[[], Awaitable[Answer]], *, shares_query: bool = False
    ) -> Response:
        """The response to a question whose answer depends on the database alone: it is made once for all who wait for
        it, and not again until something happens.

        :param shares_query: those who wait for it share a query already, which is the most of it
        """
        question = question_of(request.scope)
        route = request.scope.get("route")
        if shares_query:
            return respond(request.scope, await self._make(question, make, route))
        making = self._making.get(question)
        if making is None:
            making = self._making[question] = asyncio.ensure_future(self._make(question, make, route))
            making.add_done_callback(lambda _: self._making.pop(question))
        # Whoever asked first may leave while others wait.
        return respond(request.scope, await asyncio.shield(making))

    async def _make(self, question: bytes, make: Callable[[], Awaitable[Answer]], route: BaseRoute | None) -> Answer:
        asked = self.memory.moments
        given = None if self.shared is None else await self.shared.find(question, asked)
        if given is None:
            given = await make()
            if self.shared is not None:
                self._keeping.add(keeping := asyncio.create_task(self.shared.keep(question, given, asked)))
                keeping.add_done_callback(self._keeping.discard)
        self.memory.keep(question, given, asked, route)
        return given

    async def chain(self, source: Source) -> RPCChain:
        """The RPC of a chain.

        :raises Problem: SERVICE_UNAVAILABLE
        """
        found = self._chains.get(source.chain_id)
        if found is None:
            try:
                named = chain_of(str(source.chain_id))
                found = await asyncio.to_thread(RPCChain, named, rpc_url_of(named), source.registries)
            except (IndexingError, DeploymentError) as error:
                raise Problem("SERVICE_UNAVAILABLE", f"chain {source.chain_id}: {error}") from error
            self._chains[source.chain_id] = found
        return found

    async def watch(self) -> None:
        """Looks again and again at which block the indexer is, for the memory; never ends."""
        while True:
            try:
                moments = await self.reader.moments()
            except (Problem, FatalError) as error:
                _log.warning("heads unknown", error=str(error))
                moments = []
            self.memory.see(moments)
            self.seen.set()
            await self._note_keys()
            await asyncio.sleep(self.settings.head_poll)

    async def _note_keys(self) -> None:
        """When keys were used last, once in a while."""
        if time.monotonic() < self._noted + KEYS_NOTED or not (used := self.keyring.take_used()):
            return
        self._noted = time.monotonic()

        def note() -> None:
            with told_apart(), self.writer.begin() as connection:
                keys.use(connection, used, int(time.time()))

        try:
            await asyncio.to_thread(note)
        except IndexingError as error:
            _log.warning("use of keys not noted", error=str(error))

    async def close(self) -> None:
        """Closes all connections."""
        if self.shared is not None:
            await self.shared.close()
        await self.reader.close()
        self.writer.dispose()

"""Answers remembered until something happens, and given again before anything else looks at the request."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cachetools import LRUCache
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from registry_api import metrics
from registry_api.answers import Answer, respond
from registry_api.head import Moment

MAX_AGE = 2.0
"""How long an answer is given again while files, scores or payments change all the time, seconds."""
MAX_QUESTION = 512
"""Bytes of a question whose answer is kept."""


class Kept(NamedTuple):
    """An answer, the route that gave it, and the revisions that it is of."""

    answer: Answer
    route: BaseRoute | None
    events: int
    others: int


class Memory:
    """Answers to what was asked since something happened last.

    A block in which nothing happens to the registries leaves them as they are, but for the block that they name.

    :param size: of all bodies, bytes
    """

    def __init__(self, size: int) -> None:
        self._answers: LRUCache[bytes, Kept] = LRUCache(
            size, getsizeof=lambda one: len(one.answer.rest) + 2 * MAX_QUESTION
        )
        self._moments: dict[int, Moment] = {}
        self._looked = 0.0

    def see(self, moments: Iterable[Moment]) -> None:
        """Takes note of the chains as they were just now; of what is not events, every `MAX_AGE` seconds."""
        before, self._moments = self._moments, {moment.head.chain_id: moment for moment in moments}
        if any(
            chain_id not in self._moments or self._moments[chain_id].events < then.events
            for chain_id, then in before.items()
        ):
            # The database was away, or went back, as after a crash: it may come to the same revisions by another way.
            self._answers.clear()
        if (now := time.monotonic()) >= self._looked + MAX_AGE:
            self._looked = now
            return
        for chain_id, moment in self._moments.items():
            if chain_id in before:
                self._moments[chain_id] = moment._replace(others=before[chain_id].others)

    def find(self, question: bytes) -> Kept | None:
        """The answer to the same question, as of the present block, if nothing has happened to it."""
        kept = self._answers.get(question)
        if kept is None:
            return None
        moment = self._moments.get(kept.answer.head.chain_id)
        if moment is None or (kept.events, kept.others) != (moment.events, moment.others):
            return None
        if kept.answer.head == moment.head:
            return kept
        return kept._replace(answer=kept.answer._replace(head=moment.head)) if kept.answer.lasts else None

    @property
    def moments(self) -> Mapping[int, Moment]:
        """The chains as they were last seen."""
        return self._moments

    def keep(self, question: bytes, given: Answer, asked: Mapping[int, Moment], route: BaseRoute | None = None) -> None:
        """Keeps an answer, unless it is large; those that were not asked for longest make room for it.

        :param asked: {moments} as they were before anything was read for the answer
        """
        moment = asked.get(given.head.chain_id)
        # Of a later block, it tells of what those revisions do not count yet.
        if moment is None or moment.head != given.head or len(question) > MAX_QUESTION:
            return
        kept = Kept(given, route, moment.events, moment.others)
        if self._answers.getsizeof(kept) <= self._answers.maxsize // 8:
            self._answers[question] = kept


_count = {True: metrics.memory_lookups.labels("hit").inc, False: metrics.memory_lookups.labels("miss").inc}


def question_of(scope: Scope) -> bytes:
    """What a GET asks for: its path and its query, as they came."""
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return b"%b?%b" % (path, query)


class Remembering:
    """Answers from memory what is asked again, in front of the application."""

    def __init__(self, app: ASGIApp, memory: Memory) -> None:
        self._app, self._memory = app, memory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            found = self._memory.find(question_of(scope))
            _count[found is not None]()
            if found is not None:
                scope["route"] = found.route
                await respond(scope, found.answer)(scope, receive, send)
                return
        await self._app(scope, receive, send)

"""Answers that replicas share, in Redis: what one has made, no other has to. Losing them is a miss."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from hashlib import blake2b

import orjson
from redis.asyncio import Redis

from registry_api import metrics
from registry_api.answers import Answer
from registry_api.head import Head, Moment
from registry_api.unsteady import LostError, Unsteady

KEPT = 60
"""Seconds; what happens in the meantime makes an answer worthless long before."""


class SharedAnswers:
    """Answers by question, each with the moment that it was asked at.

    :param url: of Redis
    :param timeout: for it to answer, seconds
    """

    def __init__(self, url: str, timeout: float) -> None:
        self._redis = Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout)
        self._unsteady = Unsteady("answers")

    async def find(self, question: bytes, asked: Mapping[int, Moment]) -> Answer | None:
        """An answer that is right at this moment."""
        with contextlib.suppress(LostError):
            kept = await self._unsteady.ask(lambda: self._redis.get(_key(question)))
            found = None if kept is None else _read(kept, asked)
            metrics.shared_lookups.labels("miss" if found is None else "hit").inc()
            return found
        return None

    async def keep(self, question: bytes, given: Answer, asked: Mapping[int, Moment]) -> None:
        """Keeps an answer for the others.

        :param asked: the moment before anything was read for it
        """
        moment = asked.get(given.head.chain_id)
        if moment is None or moment.head != given.head:
            return
        about = orjson.dumps([list(given.head), given.tag, given.lasts, moment.events, moment.others])
        with contextlib.suppress(LostError):
            kept = b"%b\n%b" % (about, given.rest)
            await self._unsteady.ask(lambda: self._redis.set(_key(question), kept, ex=KEPT))

    async def close(self) -> None:
        """Closes all connections."""
        await self._redis.aclose()


def _key(question: bytes) -> bytes:
    return b"answer/" + blake2b(question, digest_size=16).hexdigest().encode()


def _read(kept: bytes, asked: Mapping[int, Moment]) -> Answer | None:
    about, _, rest = kept.partition(b"\n")
    try:
        head, tag, lasts, events, others = orjson.loads(about)
        given = Answer(Head(*head), rest, tag, lasts)
    except (ValueError, TypeError):
        # Of another version.
        return None
    moment = asked.get(given.head.chain_id)
    if moment is None or (moment.events, moment.others) != (events, others):
        return None
    if moment.head == given.head:
        return given
    return given._replace(head=moment.head) if lasts else None

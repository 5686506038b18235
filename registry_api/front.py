"""In front of all routes: each request gets an id, is counted, and is refused if its client asks too much."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from registry_api import logs, metrics
from registry_api.answers import refusal
from registry_api.clients import ASKED, Asked, Clients
from registry_api.keys import Key
from registry_api.problems import Problem
from registry_api.ratelimits import Kind, Taken
from registry_api.service import Service
from registry_api.tiers import ANONYMOUS

GUESSES = 10
"""Wrong keys in a minute, of one address."""

_DEAR = re.compile(r"/api/v1/agents(/batch|/[^/]+/reputation/group)?")
_FREE = re.compile(r"/(health/.*|metrics)")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

_log = structlog.get_logger()

Headers = list[tuple[bytes, bytes]]


def kind_of(scope: Scope) -> Kind | None:
    """Of which kind a request is; None: it is not counted."""
    path: str = scope["path"]
    if _FREE.fullmatch(path):
        return None
    if scope["method"] == "POST":
        return "write"
    return "search" if _DEAR.fullmatch(path) else "read"


class Front:
    """Names and counts requests, and refuses those that are too many or need a key."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._keyring, self._limits = app, service.keyring, service.limits
        self._clients = Clients(service.settings.trusted_proxies)
        self._tiers, self._slow = service.settings.tiers, service.settings.slow_request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        request_id, address = _id_of(scope), self._clients.address(scope)
        logs.request_id.set(request_id)
        added: Headers = [(b"x-request-id", request_id.encode())]
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        metrics.requests_in_progress.inc()
        try:
            try:
                key, taken = await self._admit(scope, address)
            except Problem as problem:
                await refusal(problem)(scope, receive, answer)
                return
            if taken is not None:
                added += taken.headers
                if taken.remaining < 0:
                    await refusal(_too_many(taken))(scope, receive, answer)
                    return
            scope[ASKED] = Asked(request_id, key, address)
            await self._app(scope, receive, answer)
        finally:
            metrics.requests_in_progress.dec()
            self._note(scope, status, time.perf_counter() - begun)

    async def _admit(self, scope: Scope, address: str) -> tuple[Key | None, Taken | None]:
        """Who asks, and what is left of the client's requests."""
        kind = kind_of(scope)
        if kind is None:
            return None, None
        key = await self._key_of(scope, address)
        if kind == "write" and key is None:
            raise Problem("UNAUTHORIZED", "an API key is needed here: Authorization: Bearer <key>")
        if kind == "write" and key is not None and key.scope != "write":
            raise Problem("UNAUTHORIZED_OPERATION", f"key {key.id}: it is for reading only")
        tier = ANONYMOUS if key is None else key.tier
        # A tier that the settings do not know any more has the rights of nobody.
        limits = self._tiers.get(tier, self._tiers[ANONYMOUS])
        who = address if key is None else key.id
        taken = await self._limits.take(who, kind, getattr(limits, kind))
        if taken.remaining < 0:
            metrics.rate_limited.labels(tier, kind).inc()
        return key, taken

    async def _key_of(self, scope: Scope, address: str) -> Key | None:
        said = next((value for name, value in scope["headers"] if name == b"authorization"), None)
        if said is None:
            return None
        text = said.decode("latin-1")
        if (known := self._keyring.known(text)) is not None:
            return known
        if not self._keyring.was_right(text):
            wrong = await self._limits.look(address, "guess", GUESSES)
            if wrong.remaining <= 0:
                raise _too_many(wrong)
        try:
            return await self._keyring.find(text)
        except Problem as problem:
            # No database is no wrong key.
            if problem.status == 401:
                await self._limits.take(address, "guess", GUESSES)
            raise

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in {"GET", "POST"} else "other"
        route = getattr(scope.get("route"), "path", "none")
        count, observe = _of_route(method, route, status)
        count()
        observe(seconds)
        if status >= 500 or seconds > self._slow or method == "POST":
            _log.info("request", method=method, path=scope["path"][:200], status=status, seconds=round(seconds, 4))


@cache
def _of_route(method: str, route: str, status: int) -> tuple[Callable[[], Any], Callable[[float], Any]]:
    return metrics.requests.labels(method, route, status).inc, metrics.request_seconds.labels(method, route).observe


def _id_of(scope: Scope) -> str:
    said = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return said.decode() if _REQUEST_ID.fullmatch(said) else f"{random.getrandbits(128):032x}"  # no secret


def _too_many(taken: Taken) -> Problem:
    return Problem(
        "RATE_LIMIT_EXCEEDED", f"more than {taken.limit} requests of this kind in a minute", retry_after=taken.reset
    )

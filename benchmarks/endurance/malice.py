"""Requests that nobody means well with: each has to be refused or answered, without a fault and without a leak."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import NamedTuple
from urllib.parse import quote

import httpx

LEAKS = ("Traceback", "site-packages", "psycopg", "sqlalchemy", "postgresql://", "redis://", "registry_api/", "SELECT ")
"""What no answer may show."""

_AGENTS = "/api/v1/agents"
_LONG = "x" * 8_000
_GET = b"GET /api/v1/agents/1 HTTP/1.1\r\nHost: x"
_POST = b"POST /api/v1/agents/register HTTP/1.1\r\nHost: x"
_SLOW = 30
"""Bytes that a slow client sends, one a second, unless it is cut off before."""


class Malice(NamedTuple):
    """A request.

    :ivar do: makes it; what it was answered
    """

    name: str
    do: Callable[[httpx.AsyncClient], Awaitable[tuple[int, str]]]


def malices(chance: random.Random) -> Iterator[Malice]:
    """All kinds, again and again, with other values each time."""
    for round_number in itertools.count():
        yield from _paths(chance)
        yield from _bodies(chance)
        if round_number % 5 == 0:
            yield Malice("slow headers", partial(_slowly, beginning=_GET + b"\r\nX-A: "))
            yield Malice("slow body", partial(_slowly, beginning=_POST + b"\r\nContent-Length: 60000\r\n\r\n"))


def _paths(chance: random.Random) -> Iterator[Malice]:
    noise = "".join(chr(chance.choice((chance.randrange(1, 128), chance.randrange(160, 0xD7FF)))) for _ in range(40))
    sql = "1' OR '1'='1'; DROP TABLE agents; --"
    forged = 'x\r\n{"level":"critical","event":"forged"}'
    paths = {
        "long id": f"{_AGENTS}/{'9' * 6_000}",
        "long text": f"{_AGENTS}?text={_LONG}",
        "noise in the path": f"{_AGENTS}/{quote(noise, safe='')}",
        "noise in the text": f"{_AGENTS}?text={quote(noise, safe='')}",
        "noise in a cursor": f"{_AGENTS}?cursor={quote(noise, safe='')}",
        "bytes that are no UTF-8": f"{_AGENTS}?text=%ff%fe%00",
        "null in the path": f"{_AGENTS}/%00",
        "SQL in an id": f"{_AGENTS}/{quote(sql, safe='')}",
        "SQL in a filter": f"{_AGENTS}?owner={quote(sql, safe='')}",
        "SQL in a text": f"{_AGENTS}?text={quote(sql, safe='')}",
        "SQL in the order": f"{_AGENTS}?sort={quote(sql, safe='')}",
        "wildcards": f"{_AGENTS}?text=%25%25__*%3A*",
        "a line for the log": f"{_AGENTS}/{quote(forged, safe='')}?text={quote(forged, safe='')}",
        "a way up": "/api/v1/../../../../etc/passwd",
        "a coded way up": "/api/v1/agents/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "double slashes": "//api//v1//agents//1",
        "a huge limit": f"{_AGENTS}?limit={10**30}",
        "a negative limit": f"{_AGENTS}?limit=-1",
        "not a number": f"{_AGENTS}?min_score=NaN&tag=starred",
        "many parameters": f"{_AGENTS}?" + "&".join(f"p{number}=1" for number in range(500)),
        "many ids": f"{_AGENTS}/batch?" + "&".join(f"id={number}" for number in range(1_000)),
    }
    for name, path in paths.items():
        yield Malice(name, partial(_asked, method="GET", path=path))
    for method in ("TRACE", "PUT", "DELETE", "PATCH", "CONNECTED"):
        yield Malice(f"method {method}", partial(_asked, method=method, path=f"{_AGENTS}/1"))
    headers = {
        "a long header": {"X-Request-ID": "y" * 6_000},
        "a key that is none": {"Authorization": "Bearer erc8004_" + "0" * 16 + "_" + "A" * 43},
        "another's address": {"X-Forwarded-For": f"{noise.encode('ascii', 'ignore')!r}, 127.0.0.1"},
        "another's page": {"If-None-Match": "W/" + '"' * 2_000},
    }
    for name, given in headers.items():
        yield Malice(name, partial(_asked, method="GET", path=f"{_AGENTS}/1", headers=given))


def _bodies(chance: random.Random) -> Iterator[Malice]:
    bodies = {
        "an oversized body": b"{" + b" " * 2**20 + b"}",
        "nested without end": b"[" * 30_000,
        "half a body": b'{"sender": "0x',
        "no JSON": chance.randbytes(500),
        "a body with a number beyond all": b'{"sender": 1e999999, "uri": 12}',
        "unknown members": b'{"sender": "0x' + b"1" * 40 + b'", "__proto__": {"admin": true}}',
        "lone surrogates": b'{"sender": "0x' + b"1" * 40 + b'", "uri": "\\ud800"}',
    }
    for name, content in bodies.items():
        yield Malice(name, partial(_asked, method="POST", path=f"{_AGENTS}/register", content=content))


async def _asked(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    content: bytes | None = None,
) -> tuple[int, str]:
    given = {"Content-Type": "application/json"} if content is not None else {}
    response = await client.request(method, path, headers={**given, **(headers or {})}, content=content)
    return response.status_code, response.text


async def _slowly(client: httpx.AsyncClient, beginning: bytes) -> tuple[int, str]:
    """A byte a second: nginx holds who does so, and none of the replicas."""
    reader, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
    try:
        writer.write(beginning)
        told = asyncio.ensure_future(reader.read(4_096))
        for _ in range(_SLOW):
            await asyncio.wait([told], timeout=1)
            if told.done():
                shown = told.result().decode("latin-1")
                return (int(shown.split()[1]) if shown else 0), shown
            writer.write(b"a")
        told.cancel()
        return 0, ""
    finally:
        writer.close()

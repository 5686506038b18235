"""Responses: data with the block that they are of, and an entity tag; or an error."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from fastapi import Response
from starlette.types import Scope

from registry_api.head import Head
from registry_api.problems import Problem

JSON = "application/json"


class Answer(NamedTuple):
    """What is answered.

    :ivar rest: the body without its beginning, which names the block
    :ivar tag: stands for the data, whatever block they are of
    :ivar lasts: whether it is the same as of any later block, as long as nothing happens
    """

    head: Head
    rest: bytes
    tag: str
    lasts: bool


def answer(head: Head, data: Any, **more: Any) -> Answer:
    """An answer.

    :param data: JSON as bytes, or what becomes JSON
    :param more: other members, such as the next page's cursor
    """
    encoded = data if isinstance(data, bytes) else orjson.dumps(data)
    others = b",%b" % orjson.dumps(more)[1:] if more else b"}"
    # What is not final yet will be, without anything happening. In a text, the quotes would be escaped.
    lasts = b'"final":false' not in encoded
    return Answer(head, b'"data":%b%b' % (encoded, others), _tag(encoded, others), lasts)


def _tag(*parts: bytes) -> str:
    """A weak entity tag: of the data, and not of the block, which moves on while they stay the same."""
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(part)
    return f'W/"{hashed.hexdigest()[:32]}"'


class _Stamp(NamedTuple):
    """What all answers of a head have in common."""

    at: bytes
    headers: list[tuple[bytes, bytes]]


@lru_cache(maxsize=64)
def _stamp(head: Head) -> _Stamp:
    headers = {
        "Cache-Control": "no-cache",
        "Registry-Chain": str(head.chain_id),
        "Registry-Block": str(head.block),
        "Registry-Block-Hash": head.block_hash,
        "Registry-As-Of": head.as_of,
        "Registry-Final": "true" if head.is_final else "false",
    }
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return _Stamp(orjson.dumps(head.to_json()), encoded)


class _Ready(Response):
    """A response whose headers are bytes already: the framework takes as long to make them as for all the rest."""

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.status_code, self.raw_headers, self.body = status, headers, body
        self.background = None


def respond(scope: Scope, given: Answer) -> Response:
    """The response to a request; 304 if the client has the same already."""
    return _respond(scope, given.head, given.tag, b'{"at":%b,%b' % (_stamp(given.head).at, given.rest))


def respond_content(scope: Scope, head: Head, content: bytes) -> Response:
    """The same with JSON of somebody else's: only headers name the block."""
    return _respond(scope, head, _tag(content), content)


def _respond(scope: Scope, head: Head, tag: str, body: bytes) -> Response:
    headers = [(b"etag", tag.encode()), *_stamp(head).headers]
    known = (value.decode("latin-1") for name, value in scope["headers"] if name == b"if-none-match")
    if any(_names(one, tag) for one in known):
        return _Ready(304, headers, b"")
    own = [(b"content-length", str(len(body)).encode()), (b"content-type", JSON.encode())]
    return _Ready(200, own + headers, body)


def _names(known: str, tag: str) -> bool:
    return known.strip() == "*" or any(one.strip().removeprefix("W/") == tag[2:] for one in known.split(","))


def joined(documents: Iterable[bytes]) -> bytes:
    """A list of what is JSON already."""
    return b"[%b]" % b",".join(documents)


def refusal(problem: Problem, headers: Sequence[tuple[str, str]] = ()) -> Response:
    """The response that an error is."""
    own = {"Retry-After": str((problem.details or {}).get("retry_after", 1))} if problem.status in {429, 503} else {}
    if problem.status == 401:
        own["WWW-Authenticate"] = "Bearer"
    return Response(orjson.dumps(problem.body()), problem.status, media_type=JSON, headers={**own, **dict(headers)})

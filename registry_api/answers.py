"""Responses: data with the block that they are of, an entity tag, and a memory that no new block outlives."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson
from cachetools import TTLCache
from fastapi import Request, Response

from registry_api.head import Head

JSON = "application/json"
MAX_AGE = 2.0
"""Of an answer, seconds: files, scores and payments change between blocks."""
MAX_QUESTION = 512
"""Characters of a question whose answer is kept."""


class Answer(NamedTuple):
    """What is answered.

    :ivar tag: stands for the data, whatever block they are of
    """

    head: Head
    body: bytes
    tag: str


def answer(head: Head, data: Any, **more: Any) -> Answer:
    """An answer.

    :param data: JSON as bytes, or what becomes JSON
    :param more: other members, such as the next page's cursor
    """
    encoded = data if isinstance(data, bytes) else orjson.dumps(data)
    rest = orjson.dumps(more)[1:] if more else b"}"
    body = b'{"at":%b,"data":%b%b%b' % (orjson.dumps(head.to_json()), encoded, b"," if more else b"", rest)
    return Answer(head, body, tag_of(encoded, rest))


def tag_of(*parts: bytes) -> str:
    """A weak entity tag: of the data, and not of the block, which moves on while they stay the same."""
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(part)
    return f'W/"{hashed.hexdigest()[:32]}"'


def respond(request: Request, given: Answer, media_type: str = JSON) -> Response:
    """The response; 304 if the client has the same already."""
    headers = {
        "ETag": given.tag,
        "Cache-Control": "no-cache",
        "Registry-Chain": str(given.head.chain_id),
        "Registry-Block": str(given.head.block),
        "Registry-Block-Hash": given.head.block_hash,
        "Registry-As-Of": given.head.as_of,
        "Registry-Final": "true" if given.head.is_final else "false",
    }
    if any(_names(known, given.tag) for known in request.headers.getlist("if-none-match")):
        return Response(status_code=304, headers=headers)
    return Response(given.body, media_type=media_type, headers=headers)


def _names(known: str, tag: str) -> bool:
    return known.strip() == "*" or any(one.strip().removeprefix("W/") == tag[2:] for one in known.split(","))


def joined(documents: Iterable[bytes]) -> bytes:
    """A list of what is JSON already."""
    return b"[%b]" % b",".join(documents)


class Memory:
    """Answers to what was asked at the present head; those of an earlier head are forgotten.

    :param size: of all bodies, bytes
    """

    def __init__(self, size: int) -> None:
        self._answers: TTLCache[str, Answer] = TTLCache(
            size, MAX_AGE, getsizeof=lambda one: len(one.body) + 2 * MAX_QUESTION
        )
        self._heads: dict[int, Head] = {}

    def see(self, heads: Iterable[Head]) -> None:
        """Takes note of the heads as they were just now."""
        self._heads = {head.chain_id: head for head in heads}

    def find(self, question: str) -> Answer | None:
        """The answer to the same question, if its chain still has the same head."""
        found = self._answers.get(question)
        return found if found is not None and found.head == self._heads.get(found.head.chain_id) else None

    def keep(self, question: str, given: Answer) -> None:
        """Keeps an answer, unless it is large; the oldest ones make room for it."""
        if len(question) <= MAX_QUESTION and len(given.body) + 2 * MAX_QUESTION <= self._answers.maxsize // 8:
            self._answers[question] = given

"""Cursors: where a page ended, so that the next one begins there, whatever was added in between."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Annotated, Any

import orjson
from pydantic import Field

from registry_api.problems import Problem

Cursor = Annotated[str, Field(max_length=512)]


def to_cursor(*position: str | int | bytes) -> str:
    """A cursor; opaque for who gets it."""
    return base64.urlsafe_b64encode(orjson.dumps(position, default=bytes.hex)).decode().rstrip("=")


def from_cursor(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """The position in a cursor.

    :param kinds: what it has to consist of
    :raises Problem: INVALID_CURSOR
    """
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        position = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        found = [_read(one, kind) for one, kind in zip(position, kinds, strict=True)]
    except (TypeError, ValueError):
        raise Problem("INVALID_CURSOR", f"cursor: {cursor[:60]!r} is not one of this list") from None
    return found


def _read(value: Any, kind: type) -> Any:
    """:raises ValueError: if it is of another kind, or a number that the database cannot hold."""
    if kind is bytes:
        return bytes.fromhex(value)
    # bool is an int in Python.
    if type(value) is not kind or (isinstance(value, int) and abs(value) >= 2**63):
        raise ValueError
    return value

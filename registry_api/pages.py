"""Cursors: where a page ended, so that the next one begins there, whatever was added in between."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import orjson

from registry_api.problems import Problem

MAX_LENGTH = 512


def to_cursor(*position: Any) -> str:
    """A cursor; opaque for who gets it."""
    return base64.urlsafe_b64encode(orjson.dumps(position)).decode().rstrip("=")


def from_cursor(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """The position in a cursor.

    :param kinds: what it has to consist of
    :raises Problem: INVALID_CURSOR
    """
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        position = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, UnicodeEncodeError, orjson.JSONDecodeError):
        position = None
    # bool is an int in Python.
    fits = isinstance(position, list) and [type(one) for one in position] == list(kinds)
    if not fits or not all(abs(one) < 2**63 for one in position if isinstance(one, int)):
        raise Problem("INVALID_CURSOR", f"cursor: {cursor[:60]!r} is not one of this list")
    return list(position)

"""The API keys that clients present, looked up in the database and known for a few seconds."""

from __future__ import annotations

import time
from hashlib import sha256

from cachetools import TTLCache

from registry_api import metrics
from registry_api.keys import KNOWN_FOR, Key, KeyRefusedError, find
from registry_api.problems import Problem
from registry_api.reading import Reader

RIGHT_FOR = 3_600.0
"""So long a key that was right is looked up although its address presents wrong ones, seconds."""
MAX_KNOWN = 10_000


class Keyring:
    """Tells what a key is for."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        # By hashes: no secret stays in memory for longer than its request.
        self._known: TTLCache[bytes, Key] = TTLCache(MAX_KNOWN, KNOWN_FOR)
        self._right: TTLCache[bytes, None] = TTLCache(MAX_KNOWN, RIGHT_FOR)
        self._used: set[str] = set()

    def was_right(self, authorization: str) -> bool:
        """Whether the key in a header was found not long ago: no guess then, whoever else asks from its address."""
        return _hash(authorization) in self._right

    def known(self, authorization: str) -> Key | None:
        """The key in a header, if it was found a moment ago."""
        found = self._known.get(_hash(authorization))
        if found is not None:
            self._used.add(found.id)
        return found

    async def find(self, authorization: str) -> Key:
        """The key in a header.

        :raises Problem: UNAUTHORIZED; SERVICE_UNAVAILABLE
        """
        scheme, _, text = authorization.partition(" ")
        # Of another scheme, it is no key of ours.
        key = text.strip() if scheme.lower() == "bearer" else ""
        try:
            found = await self._reader.read(lambda connection: find(connection, key, int(time.time())))
        except KeyRefusedError as error:
            metrics.authentication_failures.labels(error.reason).inc()
            # Which of them it is, is nobody's business who has no key.
            reason = error.reason if error.reason == "malformed" else "unknown, expired or revoked"
            raise Problem("UNAUTHORIZED", f"API key: {reason}") from None
        self._known[_hash(authorization)] = found
        self._right[_hash(authorization)] = None
        self._used.add(found.id)
        return found

    def take_used(self) -> list[str]:
        """The ids of keys that were used since this was asked last."""
        used, self._used = sorted(self._used), set()
        return used


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()

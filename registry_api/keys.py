"""API keys: made and shown once, kept as a hash, looked up in the same time whether they are right or not.

See docs/decisions/0017: a key has 256 random bits, so that nobody finds it by guessing, however fast the hash is.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Literal, NamedTuple

from sqlalchemy import Connection, RowMapping, insert, select, update

from registry_api.tables import api_keys

Scope = Literal["read", "write"]
"""What a key is for: "write" also drafts transactions and links payments."""

KNOWN_FOR = 5.0
"""So long a key works after it was revoked, in processes that have seen it, seconds."""
MAX_NAME = 100
"""Characters of a key's name."""

_KEY = re.compile(r"erc8004_(?P<id>[0-9a-f]{16})_(?P<secret>[A-Za-z0-9_-]{43})")
_NO_HASH = bytes(32)


class Key(NamedTuple):
    """A key that was presented and is right.

    :ivar id: not secret
    """

    id: str
    tier: str
    scope: Scope


class KeyRefusedError(Exception):
    """A key that is none, or none any more.

    :ivar reason: malformed, unknown, revoked or expired
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"API key: {reason}")
        self.reason = reason


class Wanted(NamedTuple):
    """A key to be made.

    :ivar name: whose it is, for people
    :ivar expires: Unix seconds; None: never
    """

    name: str
    tier: str
    scope: Scope
    expires: int | None


def create(connection: Connection, wanted: Wanted, now: int) -> str:
    """Makes a key.

    :param now: Unix seconds
    :returns: the key, which nobody can show again
    """
    key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    row = {"id": key_id, "name": wanted.name, "tier": wanted.tier, "scope": wanted.scope, "hash": _hash(secret)}
    times = {"created_time": now, "expires_time": wanted.expires, "revoked_time": None, "used_time": None}
    connection.execute(insert(api_keys), row | times)
    return f"erc8004_{key_id}_{secret}"


def revoke(connection: Connection, key_id: str, now: int) -> bool:
    """Revokes a key.

    :returns: False if there is none, or it was revoked before
    """
    living = (api_keys.c.id == key_id) & api_keys.c.revoked_time.is_(None)
    return connection.execute(update(api_keys).where(living).values(revoked_time=now)).rowcount > 0


def every(connection: Connection) -> Sequence[RowMapping]:
    """All keys, without their hashes."""
    shown = [column for column in api_keys.c if column.name != "hash"]
    return connection.execute(select(*shown).order_by(api_keys.c.created_time, api_keys.c.id)).mappings().all()


def find(connection: Connection, text: str, now: int) -> Key:
    """What a key that was presented is for.

    :raises KeyRefusedError: if it is not right, or not any more
    """
    parts = _KEY.fullmatch(text)
    if parts is None:
        raise KeyRefusedError("malformed")
    row = connection.execute(select(api_keys).where(api_keys.c.id == parts["id"])).mappings().first()
    is_right = hmac.compare_digest(_hash(parts["secret"]), _NO_HASH if row is None else row["hash"])
    if row is None or not is_right:
        raise KeyRefusedError("unknown")
    if row["revoked_time"] is not None:
        raise KeyRefusedError("revoked")
    if row["expires_time"] is not None and row["expires_time"] <= now:
        raise KeyRefusedError("expired")
    return Key(row["id"], row["tier"], row["scope"])


def use(connection: Connection, ids: Sequence[str], now: int) -> None:
    """Notes that keys were used."""
    connection.execute(update(api_keys).where(api_keys.c.id.in_(ids)).values(used_time=now))


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()

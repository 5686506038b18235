"""A history in words, for who has to understand why it failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

LONGEST = 40
"""More characters of a text than this are left out, bytes of a byte string likewise."""


def words(value: Any, names: Mapping[str, str]) -> str:
    """A value in short.

    :param names: what accounts are called, by their addresses
    """
    if isinstance(value, str):
        return names.get(value) or repr(value if len(value) <= LONGEST else f"{value[:8]}... ({len(value)} characters)")
    if isinstance(value, bytes):
        return f"0x{value.hex()}" if len(value) <= LONGEST else f"0x{value[:8].hex()}... ({len(value)} bytes)"
    if isinstance(value, Sequence):
        listed = ", ".join(words(item, names) for item in value)
        return f"[{listed}]" if isinstance(value, list) else f"({listed})"
    return str(value)

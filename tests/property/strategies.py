"""What the properties draw: the whole range of each argument, and its edges more often than chance would."""

from __future__ import annotations

from typing import Any, NamedTuple

from eth_utils.address import to_checksum_address
from hypothesis import settings
from hypothesis import strategies as st

from tests.codec import text_of
from tests.deployment import BUYER, CLIENT, OTHER_CLIENT, STRANGER

INT128_MAX, INT128_MIN = 2**127 - 1, -(2**127)
VALUE_LIMIT = 10**38
MAX_DECIMALS = 18
UNIT = 10**MAX_DECIMALS
"""Sums are in units of 10^-18."""

MAX_COUNT = 2_000_000
"""Feedback of one client to one agent."""

UINT256_MAX = 2**256 - 1
CLIENTS = [CLIENT, OTHER_CLIENT, BUYER, STRANGER]


def examples(factor: float) -> settings:
    """So many times the examples of the profile, for properties that are much cheaper or dearer than most."""
    return settings(max_examples=max(1, round(settings().max_examples * factor)))


def near(*edges: int) -> st.SearchStrategy[int]:
    """The edges of a range and their neighbours, on both sides."""
    return st.tuples(st.sampled_from(edges), st.integers(-2, 2)).map(sum)


def uints(bits: int) -> st.SearchStrategy[int]:
    """An unsigned integer of so many bits."""
    return st.integers(0, 2**bits - 1)


# NUMBERS

_magnitudes = st.tuples(st.integers(1, 9), st.integers(0, 37)).map(lambda drawn: drawn[0] * 10 ** drawn[1])
values = st.one_of(
    st.integers(-VALUE_LIMIT, VALUE_LIMIT),
    st.sampled_from([VALUE_LIMIT, -VALUE_LIMIT, VALUE_LIMIT - 1, 1 - VALUE_LIMIT, 0, 1, -1]),
    st.tuples(_magnitudes, st.sampled_from([1, -1]), st.integers(-1, 1)).map(
        lambda drawn: drawn[0] * drawn[1] + drawn[2]
    ),
)
"""Values that feedback may have."""

int128s = st.one_of(
    st.integers(INT128_MIN, INT128_MAX),
    near(VALUE_LIMIT, -VALUE_LIMIT),
    st.sampled_from([INT128_MIN, INT128_MAX]),
)
decimals_allowed = st.one_of(st.integers(0, MAX_DECIMALS), st.sampled_from([0, MAX_DECIMALS]))

# ACCOUNTS

any_addresses = st.integers(1, 2**160 - 1).map(lambda number: to_checksum_address(number.to_bytes(20, "big")))

# HISTORIES


class Feedback(NamedTuple):
    """One call of `giveFeedback`, the parts that are stored."""

    client: str
    value: int
    decimals: int
    tag1: str
    tag2: str


class Revocation(NamedTuple):
    """A client takes back one of its live feedbacks, if it has any.

    :ivar pick: which one, modulo how many there are
    """

    client: str
    pick: int


Step = Feedback | Revocation
tags = st.sampled_from(["", "starred", "uptime", "Starred"])
_revocations = st.builds(Revocation, st.sampled_from(CLIENTS), uints(8))


def feedbacks(*, tag1: st.SearchStrategy[str] = tags, tag2: st.SearchStrategy[str] = tags) -> Any:
    """Feedback with any value and tags."""
    return st.builds(Feedback, st.sampled_from(CLIENTS), values, decimals_allowed, tag1, tag2)


def histories(feedback: st.SearchStrategy[Feedback]) -> st.SearchStrategy[list[Step]]:
    """What several clients do to one agent, in any order: two feedbacks to a revocation."""
    return st.lists(st.one_of(feedback, feedback, _revocations), min_size=1, max_size=24)


client_lists = st.lists(
    st.one_of(st.sampled_from(CLIENTS), st.just("0x" + "00" * 20), any_addresses), min_size=1, max_size=9
)
"""Clients with duplicates, zero and accounts that never said anything."""

# TEXT

_LOOKALIKES = [
    "agentWallet",
    "agentW\N{CYRILLIC SMALL LETTER A}llet",
    "caf\N{LATIN SMALL LETTER E WITH ACUTE}",
    "cafe\N{COMBINING ACUTE ACCENT}",
]
_NOT_UTF8 = [b"\xff", b"\x80", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"caf\xc3"]
patterns = st.one_of(
    st.binary(min_size=1, max_size=40),
    st.sampled_from([*(word.encode() for word in _LOOKALIKES), *_NOT_UTF8, b"\0", b" ", b"%s", b'"\\']),
)


def raw_texts(limit: int) -> st.SearchStrategy[bytes]:
    """Bytes of any size up to the limit: mostly short, often of the limit exactly, of a word, or one more or less."""
    edges = sorted({0, 1, 31, 32, 33, limit - 1, limit})
    sized = st.tuples(patterns, st.sampled_from(edges)).map(lambda drawn: filled(*drawn))
    return st.one_of(patterns.filter(lambda raw: len(raw) <= limit), sized)


def texts(limit: int) -> st.SearchStrategy[str]:
    """The same as the text that stands for them."""
    return raw_texts(limit).map(text_of)


def filled(pattern: bytes, size: int) -> bytes:
    """A pattern, repeated up to a size."""
    return (pattern * (size // len(pattern) + 1))[:size]

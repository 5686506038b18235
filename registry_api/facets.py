"""What agents are searched by, of what their registration files say: each thing is a number of 64 bits.

A facet is the same for every agent that says the same, whatever its case: a service's kind, a skill, a domain, a way to
be trusted, a flag, a word of its name or description. Two things that share a number would find each other's agents;
with a million different things, one pair does with a probability below 0.0000001.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from hashlib import blake2b
from itertools import chain, islice
from typing import Literal

from registry_api.registration import Registration

Kind = Literal["service", "skill", "domain", "trust", "active", "x402", "state", "word"]

MAX_WORDS = 512
"""Different ones of an agent that are searched by: the first."""

_WORD = re.compile(r"\w+")


def facet(kind: Kind, value: str) -> int:
    """What stands for something that a file says."""
    named = f"{kind}:{folded(value)}".encode(errors="surrogatepass")
    return int.from_bytes(blake2b(named, digest_size=8).digest(), "big", signed=True)


def folded(text: str) -> str:
    """A text without what is a matter of form: width, composition and case."""
    return unicodedata.normalize("NFKC", text).casefold()


def words(text: str) -> list[str]:
    """The different words of a text, in order."""
    return list(dict.fromkeys(_WORD.findall(folded(text))))


def of_state(state: str) -> int:
    """By which agents are found whose file is in a state."""
    return facet("state", state)


def of_registration(registration: Registration) -> set[int]:
    """By what an agent is found, of what its file says."""
    found = islice(words(f"{registration.name}\n{registration.description or ''}"), MAX_WORDS)
    return set(chain(_said(registration), (facet("word", word) for word in found)))


def _said(registration: Registration) -> Iterator[int]:
    for service in registration.services:
        yield facet("service", service.kind)
        yield from (facet("skill", skill) for skill in service.skills)
        yield from (facet("domain", domain) for domain in service.domains)
    for trust in registration.supported_trust:
        yield facet("trust", trust)
    if registration.active is not None:
        yield flag("active", registration.active)
    if registration.x402_support is not None:
        yield flag("x402", registration.x402_support)


def flag(kind: Literal["active", "x402"], value: bool) -> int:  # noqa: FBT001  # the value of the flag
    """What stands for a flag that is set, or is not."""
    return facet(kind, "true" if value else "false")

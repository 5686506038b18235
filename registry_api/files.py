"""What an agent's own URI leads to, as it is kept: the state of the file, what responses show, what finds the agent.

States, each as of the last look:
  valid        a registration file was read
  invalid      what was read is none; or the URI has its content within itself (data:), and that cannot be read
  unreachable  nothing was read

Of an unreachable file, the registration file that the same URI led to before is still shown and still finds the agent,
with the hash and the time that it had then: a server that is away for an hour hides no agent, and the state says what
to think of it. Only its domains are asked anew each time: no proof outlives what it was made of.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal

import orjson
from sqlalchemy import Connection, delete, select

from registry_api import bulk, facets
from registry_api.documents import exact
from registry_api.domains import DomainProof, prove
from registry_api.fetching import FetchError, Limits, Network, fetch
from registry_api.registration import GlobalId, InvalidRegistrationError, Registration, Service, parse
from registry_api.tables import facets as facet_rows
from registry_api.tables import files

State = Literal["valid", "invalid", "unreachable"]

MAX_DESCRIPTION = 500
"""Characters of a description that responses show."""
MAX_IMAGE = 512
"""Characters of an image: a longer one is not shown, for a part of it is none."""
MAX_LIST = 8_192
"""Bytes of JSON of each list that responses show, from its beginning."""

_IMMUTABLE = frozenset({"data", "ipfs"})
_REMOTE = frozenset({"https", "http", "ipfs"})


@dataclass(frozen=True)
class Copy:
    """Content that a URI led to.

    :ivar hash: its keccak256
    :ivar time: when it was read, seconds since the epoch
    """

    content: bytes
    hash: bytes
    time: int


@dataclass(frozen=True)
class Reason:
    """Why a file is not valid.

    :ivar code: for machines: one of {registry_api.fetching.Reason}, or "invalid-file"
    :ivar pointer: to a value in the file (JSON pointer); None if the file was not read
    """

    code: str
    pointer: str | None
    text: str


@dataclass(frozen=True)
class File:
    """What a look at a URI has found.

    :ivar reasons: why the state is not valid
    :ivar time: of the look, seconds since the epoch
    :ivar copy: what was read; of an unreachable file, before; None: nothing, or nothing worth showing
    :ivar registration: what the copy says; None if it is no registration file
    :ivar lists_agent: whether the registration names the agent back; None: unknown
    :ivar domains: what those of its endpoints said in this look
    """

    state: State
    reasons: tuple[Reason, ...]
    time: int
    copy: Copy | None
    registration: Registration | None
    lists_agent: bool | None
    domains: tuple[DomainProof, ...]


def is_immutable(uri: str) -> bool:
    """Whether a URI leads to the same for ever."""
    return _scheme(uri) in _IMMUTABLE


def is_remote(uri: str) -> bool:
    """Whether another try may read what could not be read: of other URIs, all is known at once."""
    return _scheme(uri) in _REMOTE


def _scheme(uri: str) -> str:
    return uri.partition(":")[0].lower()


async def look(uri: str, agent: GlobalId, known: Copy | None, limits: Limits, network: Network) -> File:
    """Fetches and reads a file, and asks the domains of its endpoints.

    :param known: what the URI led to before
    """
    found, source, failure = known, None, None
    if known is None or not is_immutable(uri):
        try:
            fetched = await fetch(uri, limits, network)
        except FetchError as error:
            failure = Reason(error.reason, None, str(error))
        else:
            found, source = Copy(fetched.content, fetched.keccak256, int(time.time())), fetched.url
    # In a thread, because a hostile file takes a while, in which other fetches would run out of time.
    registration, faults = await asyncio.to_thread(_read, found) if found else (None, ())
    domains = await prove(registration, agent, source, limits, network) if registration else ()
    state: State = "valid" if registration else "invalid"
    if failure:
        found = found if registration else None
        state = "invalid" if _scheme(uri) == "data" else "unreachable"
    return File(
        state=state,
        reasons=(failure,) if failure else faults,
        time=int(time.time()),
        copy=found,
        registration=registration,
        lists_agent=agent in registration.registrations if registration else None,
        domains=domains,
    )


def _read(copy: Copy) -> tuple[Registration | None, tuple[Reason, ...]]:
    try:
        return parse(copy.content), ()
    except InvalidRegistrationError as error:
        return None, tuple(Reason("invalid-file", one.pointer, f"{one.rule}: {one.value}") for one in error.reasons)


# ROWS


def save(connection: Connection, chain_id: int, agent_id: int, uri_digest: bytes, file: File) -> None:
    """Keeps what was found in place of what was kept of the agent.

    :param uri_digest: of the URI that was looked at
    """
    copy = file.copy
    row = {
        "chain_id": chain_id,
        "agent_id": agent_id,
        "uri_digest": uri_digest,
        "state": file.state,
        "fetched_time": copy.time if copy else file.time,
        "content_hash": copy and copy.hash,
        "content": copy and copy.content,
        "document": document(file),
    }
    bulk.put(connection, files, [row])
    found = facets.of_registration(file.registration) if file.registration else set()
    _put_facets(connection, chain_id, agent_id, {*found, facets.of_state(file.state)})


def forget(connection: Connection, chain_id: int, agent_id: int) -> None:
    """Removes all that was kept of an agent's file."""
    connection.execute(delete(files).where(files.c.chain_id == chain_id, files.c.agent_id == agent_id))
    _put_facets(connection, chain_id, agent_id, set())


def _put_facets(connection: Connection, chain_id: int, agent_id: int, wanted: set[int]) -> None:
    """What finds an agent; rows that stay are not touched."""
    of_agent = facet_rows.c.chain_id == chain_id, facet_rows.c.agent_id == agent_id
    known = set(connection.scalars(select(facet_rows.c.facet).where(*of_agent)))

    def rows(of: set[int]) -> list[bulk.Row]:
        return [{"chain_id": chain_id, "facet": facet, "agent_id": agent_id} for facet in sorted(of)]

    if gone := rows(known - wanted):
        bulk.remove(connection, facet_rows, gone)
    if new := rows(wanted - known):
        bulk.add(connection, facet_rows, new)


# DOCUMENTS

_UNKNOWN: dict[str, Any] = dict.fromkeys(
    (
        "reasons",
        "checked_time",
        "fetched_time",
        "content_hash",
        "name",
        "description",
        "description_cut",
        "image",
        "image_cut",
        "active",
        "x402_support",
        "services",
        "supported_trust",
        "registrations",
        "lists_agent",
        "domains",
        "lists_cut",
    )
)

ABSENT = {state: orjson.dumps({"state": state, **_UNKNOWN}).decode() for state in ("none", "generated", "not_fetched")}
"""What responses show of an agent while there is nothing of {document}, by state.

none: it has no URI. generated: it has the auto URI, where this API serves what the chain says. not_fetched: it has a
URI of its own that nobody has looked at yet."""


def document(file: File) -> str:
    """What responses show of a file, JSON, short enough for lists of agents; null is unknown.

    `checked_time` is of the last look, as are `state`, `reasons` and `domains`; all else is of the content, which was
    read at `fetched_time`.
    """
    lists: dict[str, Sequence[Any] | None] = {"reasons": file.reasons or None}
    shown: dict[str, Any] = {"state": file.state, **_UNKNOWN, "checked_time": file.time}
    if file.copy:
        shown |= {"fetched_time": file.copy.time, "content_hash": f"0x{file.copy.hash.hex()}"}
    if registration := file.registration:
        description, image = registration.description or "", registration.image or ""
        shown |= {
            "name": registration.name,
            "description": description[:MAX_DESCRIPTION] or None,
            "description_cut": len(description) > MAX_DESCRIPTION,
            "image": image if 0 < len(image) <= MAX_IMAGE else None,
            "image_cut": len(image) > MAX_IMAGE,
            "active": registration.active,
            "x402_support": registration.x402_support,
            "lists_agent": file.lists_agent,
        }
        lists |= {
            "services": [_service(one) for one in registration.services],
            "supported_trust": registration.supported_trust,
            "registrations": [
                {"agent_registry": one.agent_registry, "agent_id": exact(one.agent_id)}
                for one in registration.registrations
            ],
            "domains": file.domains,
        }
    fitting = {name: None if items is None else _fitting(items) for name, items in lists.items()}
    cut = any(items and len(items) > len(fitting[name] or ()) for name, items in lists.items())
    return orjson.dumps({**shown, **fitting, "lists_cut": cut}).decode()


def _service(service: Service) -> dict[str, Any]:
    return {
        "kind": service.kind,
        "endpoint": service.endpoint,
        "version": service.version,
        "skills": service.skills,
        "domains": service.domains,
    }


def _fitting(items: Iterable[Any]) -> list[Any]:
    """The first ones, as many as fit."""
    ends = accumulate(len(orjson.dumps(item)) for item in items)
    return [item for item, end in zip(items, ends, strict=True) if end <= MAX_LIST]

"""Whether the domains of an agent's endpoints are the agent's: anybody may name anybody's endpoint in a file.

A domain vouches for an agent with a file at a well-known place, or with the registration file itself if it serves that;
in either case the file's `registrations` must have the agent (ERC-8004, "Endpoint Domain Verification"). Without that,
an agent could point to another's file. On a host where anybody may put files, the second way says no more than that the
agent's owner has put one there: `reason` tells which it was.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Literal

import httpx

from registry_api import fetching
from registry_api.fetching import DEFAULT_LIMITS, PUBLIC_INTERNET, FetchError, Limits, Network
from registry_api.registration import GlobalId, InvalidRegistrationError, Registration, lists

WELL_KNOWN = "/.well-known/agent-registration.json"

MAX_DOMAINS = 16
"""How many of an agent's domains are asked, so that nobody can have us ask many hosts at the price of one file."""

ProofReason = Literal["well-known-file", "registration-file", "not-listed", "invalid-file", "too-many-domains"]


@dataclass(frozen=True)
class DomainProof:
    """What was found about one domain.

    :ivar domain: the host, in lower case and, if it is international, in its ASCII form
    :ivar reason: what proves it, or why it is not proven
    """

    domain: str
    proven: bool
    reason: ProofReason | fetching.Reason


async def prove(
    registration: Registration,
    agent: GlobalId,
    source: str | None,
    limits: Limits = DEFAULT_LIMITS,
    network: Network = PUBLIC_INTERNET,
) -> tuple[DomainProof, ...]:
    """For each domain of an agent's https: endpoints, in their order, whether it vouches for the agent.

    All are asked at once, so that it takes no longer than one fetch may.

    :param agent: as it is on the chain
    :param source: the URL that served the registration file, as {Fetched} has it
    :param limits: of each fetch
    :param network: http: is not allowed here, even if it is otherwise
    """
    # A dict, because a set has no order.
    domains = list(dict.fromkeys(filter(None, (_domain(service.endpoint) for service in registration.services))))
    own = _domain(source or "") if agent in registration.registrations else ""
    secure = replace(network, allow_http=False)
    asked = await asyncio.gather(
        *(_proof(domain, agent, limits, secure, is_own=domain == own) for domain in domains[:MAX_DOMAINS])
    )
    return *asked, *(DomainProof(domain, proven=False, reason="too-many-domains") for domain in domains[MAX_DOMAINS:])


async def _proof(domain: str, agent: GlobalId, limits: Limits, network: Network, *, is_own: bool) -> DomainProof:
    """What one domain says of an agent.

    :param is_own: whether the domain serves the registration file, which lists the agent
    """
    if is_own:
        return DomainProof(domain, proven=True, reason="registration-file")
    try:
        fetched = await fetching.fetch(str(httpx.URL(scheme="https", host=domain, path=WELL_KNOWN)), limits, network)
        # In a thread, because a hostile file takes a while, in which other fetches would run out of time.
        if await asyncio.to_thread(lists, fetched.content, agent):
            return DomainProof(domain, proven=True, reason="well-known-file")
    except FetchError as error:
        return DomainProof(domain, proven=False, reason=error.reason)
    except InvalidRegistrationError:
        return DomainProof(domain, proven=False, reason="invalid-file")
    return DomainProof(domain, proven=False, reason="not-listed")


def _domain(url: str) -> str:
    """The host of an https: URL; "" of all else."""
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return ""
    return parsed.raw_host.decode() if parsed.scheme == "https" else ""

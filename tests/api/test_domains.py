"""Domains that vouch for an agent, and those that do not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from registry_api.domains import MAX_DOMAINS, WELL_KNOWN, DomainProof, prove
from registry_api.fetching import Limits
from registry_api.registration import GlobalId, Registration, parse
from tests.api import web
from tests.api.web import Site

REGISTRY = "0x8004A818BFB912233c491871b3d84c89A494BD9e"
AGENT = GlobalId.on(84532, REGISTRY, 22)
LISTED = {"agentId": 22, "agentRegistry": f"eip155:84532:{REGISTRY.lower()}"}
LIMITS = Limits(seconds=30.0, size=100_000)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return web.certificate(tmp_path_factory.mktemp("tls"), "agent.test", "*.agent.test", "other.test")


@pytest.fixture
def site(certificate: Path) -> Iterator[Site]:
    with web.serve(certificate) as running:
        yield running


def registration(*endpoints: str, registrations: tuple[Any, ...] = ()) -> Registration:
    """A file with services at some endpoints."""
    services = [{"name": "x402", "endpoint": endpoint} for endpoint in endpoints]
    kind = "https://eips.ethereum.org/EIPS/eip-8004#registration-v1"
    return parse(
        json.dumps({"type": kind, "name": "Agent", "services": services, "registrations": registrations}).encode()
    )


def proofs(site: Site, file: Registration, source: str | None = None) -> list[DomainProof]:
    return list(asyncio.run(prove(file, AGENT, source, LIMITS, replace(site.network, allow_http=True))))


def well_known(*entries: Any) -> web.Page:
    return web.body(json.dumps({"registrations": entries}).encode())


def test_prove__given_a_well_known_file_with_the_agent__is_proven(site: Site) -> None:
    site.pages[f"agent.test{WELL_KNOWN}"] = well_known({"agentId": 1}, LISTED)
    assert proofs(site, registration("https://agent.test/a2a")) == [DomainProof("agent.test", True, "well-known-file")]
    assert [request.path for request in site.requests] == ["/.well-known/agent-registration.json"]


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (well_known(), "not-listed"),
        (well_known({**LISTED, "agentId": 23}), "not-listed"),
        (well_known({**LISTED, "agentRegistry": f"eip155:8453:{REGISTRY}"}), "not-listed"),
        (well_known({**LISTED, "agentRegistry": "eip155:84532:0x" + "12" * 20}), "not-listed"),
        (web.body(b"<html>"), "invalid-file"),
        (web.body(b"{}"), "invalid-file"),
        (web.body(b"[" * 90_000), "invalid-file"),
        (web.status(404), "http-status"),
        (web.body(b" " * 100_001), "too-large"),
        (web.redirect("https://internal.test/"), "forbidden-address"),
        (web.redirect("http://agent.test/"), "unsupported-scheme"),
    ],
)
def test_prove__given_no_file_with_the_agent__says_why(site: Site, page: web.Page, reason: str) -> None:
    site.pages[f"agent.test{WELL_KNOWN}"] = page
    site.addresses["internal.test"] = [("10.0.0.1", 443)]
    (proof,) = proofs(site, registration("https://agent.test/a2a"))
    assert (proof.domain, proof.proven, proof.reason) == ("agent.test", False, reason)


def test_prove__given_several_endpoints__asks_each_domain_once_in_order(site: Site) -> None:
    site.pages[f"other.test{WELL_KNOWN}"] = well_known(LISTED)
    endpoints = ("https://Agent.test:8443/mcp?x=1", "https://other.test", "https://user:password@agent.test/a2a")
    assert proofs(site, registration(*endpoints)) == [
        DomainProof("agent.test", False, "http-status"),
        DomainProof("other.test", True, "well-known-file"),
    ]
    assert sorted(request.host for request in site.requests) == ["agent.test", "other.test"]


def test_prove__given_other_endpoints__has_no_domains(site: Site) -> None:
    others = (
        "http://agent.test/",
        "agent.test",
        "https:",
        "https:///",
        "https://[::1",
        "hello@agent.test",
        "did:web:agent.test",
    )
    assert proofs(site, registration(*others)) == []
    assert site.requests == []


def test_prove__given_an_endpoint_in_the_operator_s_network__does_not_connect(site: Site) -> None:
    site.addresses["internal.test"] = [("10.0.0.1", 443)]
    assert proofs(
        site, registration("https://internal.test/", "https://127.0.0.2/", "https://[::1]/", "https://a%00/")
    ) == [
        DomainProof("internal.test", False, "forbidden-address"),
        DomainProof("127.0.0.2", False, "forbidden-address"),
        DomainProof("::1", False, "forbidden-address"),
        DomainProof("a%00", False, "malformed-uri"),
    ]


def test_prove__given_a_file_that_its_own_domain_serves__needs_no_other(site: Site) -> None:
    file = registration("https://agent.test/a2a", "https://other.test/", registrations=(LISTED,))
    assert proofs(site, file, "https://agent.test/agent.json") == [
        DomainProof("agent.test", True, "registration-file"),
        DomainProof("other.test", False, "http-status"),
    ]


@pytest.mark.parametrize("source", [None, "http://agent.test/agent.json", "https://sub.agent.test/agent.json"])
def test_prove__given_a_file_from_elsewhere__needs_the_well_known_one(site: Site, source: str | None) -> None:
    file = registration("https://agent.test/a2a", registrations=(LISTED,))
    assert proofs(site, file, source) == [DomainProof("agent.test", False, "http-status")]


def test_prove__given_another_s_file__is_not_proven(site: Site) -> None:
    """An agent that names another's file as its own: the domain serves it, and does not list the agent."""
    file = registration("https://agent.test/a2a", registrations=({**LISTED, "agentId": 21},))
    assert proofs(site, file, "https://agent.test/agent.json") == [DomainProof("agent.test", False, "http-status")]


def test_prove__given_too_many_domains__asks_the_first(site: Site) -> None:
    domains = [f"{number}.agent.test" for number in range(MAX_DOMAINS + 2)]
    found = proofs(site, registration(*(f"https://{domain}/" for domain in domains)))
    assert [proof.domain for proof in found] == domains
    assert [proof.reason for proof in found] == ["http-status"] * MAX_DOMAINS + ["too-many-domains"] * 2
    assert len(site.requests) == MAX_DOMAINS


def test_prove__given_several_domains__asks_them_at_once(site: Site) -> None:
    domains = [f"{number}.agent.test" for number in range(MAX_DOMAINS)]
    page = web.together(MAX_DOMAINS, well_known(LISTED))
    site.pages |= {f"{domain}{WELL_KNOWN}": page for domain in domains}
    assert all(proof.proven for proof in proofs(site, registration(*(f"https://{domain}/" for domain in domains))))

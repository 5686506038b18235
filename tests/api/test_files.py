"""What becomes of registration files, whatever is in them and whatever servers do; and files made of the chain."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from sqlalchemy import Connection, select

from registry_api import facets
from registry_api.domains import WELL_KNOWN
from registry_api.fetching import Limits, Network
from registry_api.files import ABSENT, MAX_DESCRIPTION, MAX_IMAGE, MAX_LIST, Copy, File, document, forget, look, save
from registry_api.generated import DESCRIPTION, IMAGE, registration_of
from registry_api.registration import MAX, SCHEMA_PATH, GlobalId, parse
from registry_api.tables import facets as facet_rows
from registry_api.tables import files
from tests.api import web
from tests.api.web import Site

TYPE = "https://eips.ethereum.org/EIPS/eip-8004#registration-v1"
REGISTRY = "0x8004A818BFB912233c491871b3d84c89A494BD9e"
AGENT = GlobalId.on(84532, REGISTRY, 22)
BACK = {"agentId": 22, "agentRegistry": AGENT.agent_registry}
URL, PAGE = "https://agent.test/agent.json", "agent.test/agent.json"
CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
LIMITS = Limits(seconds=30.0)
WEB = {"name": "web", "endpoint": "https://agent.test/"}
EARLIER = 1_700_000_000


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return web.certificate(tmp_path_factory.mktemp("tls"), "agent.test", "other.test")


@pytest.fixture
def site(certificate: Path) -> Iterator[Site]:
    with web.serve(certificate) as running:
        yield running


def content(**fields: Any) -> bytes:
    """A file with the least that one needs, and more."""
    return json.dumps({"type": TYPE, "name": "Polyglot", **fields}).encode()


def earlier(file: bytes) -> Copy:
    """What was read some time ago."""
    return Copy(file, keccak(file), EARLIER)


def seen(network: Network, uri: str = URL, known: Copy | None = None) -> File:
    return asyncio.run(look(uri, AGENT, known, LIMITS, network))


def of_content(file: bytes) -> File:
    """What a look at a data: URI has found."""
    return seen(Network(), "data:,", earlier(file))


def shown(file: File) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document(file))
    return found


# LOOKS


def test_look__given_a_registration_file__shows_what_it_says(site: Site) -> None:
    oasf = {"name": "oasf", "endpoint": "https://other.test/", "version": "0.8", "skills": ["a/b"], "domains": ["c/d"]}
    file = content(
        description="Speaks.",
        image="https://agent.test/face.png",
        active=True,
        x402Support=False,
        services=[WEB, oasf],
        supportedTrust=["reputation"],
        registrations=[BACK, {"agentId": 2**60, "agentRegistry": "solana:main:Reg"}],
    )
    site.pages[PAGE] = web.body(file)
    found = seen(site.network)
    now = found.time
    assert time.time() - 60 < now <= time.time()
    assert found.copy == Copy(file, keccak(file), now)
    assert shown(found) == {
        "state": "valid",
        "reasons": None,
        "checked_time": now,
        "fetched_time": now,
        "content_hash": f"0x{keccak(file).hex()}",
        "name": "Polyglot",
        "description": "Speaks.",
        "description_cut": False,
        "image": "https://agent.test/face.png",
        "image_cut": False,
        "active": True,
        "x402_support": False,
        "services": [
            {"kind": "web", "endpoint": "https://agent.test/", "version": None, "skills": [], "domains": []},
            {
                "kind": "OASF",
                "endpoint": "https://other.test/",
                "version": "0.8",
                "skills": ["a/b"],
                "domains": ["c/d"],
            },
        ],
        "supported_trust": ["reputation"],
        "registrations": [
            {"agent_registry": AGENT.agent_registry, "agent_id": 22},
            {"agent_registry": "solana:main:Reg", "agent_id": str(2**60)},
        ],
        "lists_agent": True,
        "domains": [
            {"domain": "agent.test", "proven": True, "reason": "registration-file"},
            {"domain": "other.test", "proven": False, "reason": "http-status"},
        ],
        "lists_cut": False,
    }


def test_look__given_the_least__shows_the_rest_as_unknown(site: Site) -> None:
    site.pages[PAGE] = web.body(content())
    found = shown(seen(site.network))
    assert [found[name] for name in ("description", "image", "active", "x402_support")] == [None] * 4
    assert (found["lists_agent"], found["services"], found["domains"]) == (False, [], [])


def test_look__given_content_that_is_no_registration_file__keeps_it_and_says_why(site: Site) -> None:
    file = content(name=5, services=[{"name": "web"}])
    site.pages[PAGE] = web.body(file)
    found = seen(site.network)
    assert (found.state, found.copy and found.copy.content) == ("invalid", file)
    assert shown(found)["reasons"] == [
        {"code": "invalid-file", "pointer": "/name", "text": "type must be 'string': 5"},
        {
            "code": "invalid-file",
            "pointer": "/services/0",
            "text": "'endpoint' is a required property: {'name': 'web'}",
        },
    ]
    assert [shown(found)[name] for name in ("name", "services", "lists_agent", "domains")] == [None] * 4


@pytest.mark.parametrize(
    ("uri", "state", "code"),
    [
        (URL, "unreachable", "http-status"),
        (f"ipfs://{CID}", "unreachable", "http-status"),
        ("https://10.0.0.1/agent.json", "unreachable", "forbidden-address"),
        ("http://agent.test/agent.json", "unreachable", "unsupported-scheme"),
        ("ar://agent", "unreachable", "unsupported-scheme"),
        ("agent", "unreachable", "malformed-uri"),
        ("data:application/json", "invalid", "malformed-uri"),
        ("data:text/html,<script>", "invalid", "unsupported-type"),
    ],
)
def test_look__given_a_uri_that_leads_to_nothing__says_why(site: Site, uri: str, state: str, code: str) -> None:
    found = seen(replace(site.network, gateway="https://agent.test"), uri)
    [reason] = shown(found)["reasons"]
    assert (found.state, reason["code"], reason["pointer"]) == (state, code, None)
    assert (found.copy, shown(found)["fetched_time"], shown(found)["content_hash"]) == (None, None, None)


def test_look__given_a_file_that_is_unreachable_now__shows_what_was_read_and_says_so(site: Site) -> None:
    known = earlier(content(registrations=[BACK]))
    found = seen(site.network, known=known)
    assert (found.state, found.copy, found.lists_agent) == ("unreachable", known, True)
    document = shown(found)
    assert (document["name"], document["fetched_time"]) == ("Polyglot", EARLIER)
    assert document["content_hash"] == f"0x{known.hash.hex()}"
    assert document["checked_time"] > EARLIER
    assert [reason["code"] for reason in document["reasons"]] == ["http-status"]


def test_look__given_what_was_no_registration_file_and_is_unreachable_now__shows_nothing_of_it(site: Site) -> None:
    found = seen(site.network, known=earlier(b"<html>"))
    assert (found.state, found.copy) == ("unreachable", None)
    assert [reason.code for reason in found.reasons] == ["http-status"]


def test_look__given_a_file_that_is_unreachable_now__proves_its_domains_anew(site: Site) -> None:
    """Its own domain served it once, and does so no longer."""
    services = [WEB, {**WEB, "endpoint": "https://other.test/"}]
    site.pages[f"other.test{WELL_KNOWN}"] = web.body(json.dumps({"registrations": [BACK]}).encode())
    found = seen(site.network, known=earlier(content(services=services, registrations=[BACK])))
    assert [(proof.domain, proof.proven) for proof in found.domains] == [("agent.test", False), ("other.test", True)]


def test_look__given_other_content_than_before__shows_the_new(site: Site) -> None:
    site.pages[PAGE] = web.body(content(name="Renamed"))
    assert shown(seen(site.network, known=earlier(content())))["name"] == "Renamed"


@pytest.mark.parametrize("uri", [f"ipfs://{CID}", "data:,{}"])
def test_look__given_immutable_content_that_was_read__asks_only_its_domains(site: Site, uri: str) -> None:
    site.pages[f"agent.test{WELL_KNOWN}"] = web.body(json.dumps({"registrations": [BACK]}).encode())
    known = earlier(content(services=[WEB]))
    found = seen(replace(site.network, gateway="https://other.test"), uri, known)
    assert (found.state, found.copy) == ("valid", known)
    assert [proof.proven for proof in found.domains] == [True]
    assert [request.host for request in site.requests] == ["agent.test"]


async def nowhere(_host: str, _port: int) -> list[tuple[str, int]]:
    raise OSError


@given(st.one_of(st.text(), st.builds("{}:{}".format, st.sampled_from(["data", "ipfs", "https"]), st.text())))
def test_look__given_any_uri__finds_a_state(uri: str) -> None:
    found = seen(Network(resolve=nowhere), uri)
    assert found.state in {"invalid", "unreachable"}
    assert shown(found)["state"] == found.state


# DOCUMENTS


def test_document__given_long_texts__cuts_them_and_says_so() -> None:
    image = "https://agent.test/"
    fits = shown(of_content(content(description="é" * MAX_DESCRIPTION, image=image.ljust(MAX_IMAGE, "x"))))
    assert (len(fits["description"]), fits["description_cut"]) == (MAX_DESCRIPTION, False)
    assert (len(fits["image"]), fits["image_cut"]) == (MAX_IMAGE, False)
    longer = shown(of_content(content(description="é" * (MAX_DESCRIPTION + 1), image=image.ljust(MAX_IMAGE + 1, "x"))))
    assert (longer["description"], longer["description_cut"]) == ("é" * MAX_DESCRIPTION, True)
    assert (longer["image"], longer["image_cut"]) == (None, True)


def test_document__given_the_largest_file__stays_small() -> None:
    wide = "\U0001f9ea"
    services = [{"name": f"{number}" + wide * 200, "endpoint": wide * MAX["endpoint"]} for number in range(64)]
    trust = [f"{number}" + wide * 200 for number in range(256)]
    registrations = [{"agentId": number, "agentRegistry": f"solana:x:{'y' * 128}"} for number in range(256)]
    file = of_content(
        content(
            name=wide * 256,
            description=wide * MAX["description"],
            services=services,
            supportedTrust=trust,
            registrations=registrations,
        )
    )
    assert file.state == "valid"
    found = shown(file)
    assert len(document(file).encode()) < 4 * MAX_LIST
    assert found["lists_cut"]
    assert [one["kind"] for one in found["services"]] == [one["name"] for one in services[:1]]
    assert 10 < len(found["registrations"]) < 256


def test_document__given_many_reasons__has_the_first() -> None:
    found = shown(of_content(content(services=[{"name": "x" * 50, "endpoint": 5 * "\0"}] * 64)))
    assert (found["state"], found["lists_cut"]) == ("invalid", True)
    assert found["reasons"][0]["pointer"] == "/services/0/endpoint"


def test_absent__of_each_state__has_the_fields_of_a_file() -> None:
    fields = shown(of_content(content())).keys()
    for state, text in ABSENT.items():
        assert json.loads(text) == {**dict.fromkeys(fields), "state": state}


# ROWS

HOSTILE = (
    b"\0",
    b"\xff\xfe",
    b'{"name": "\\ud800"}',
    content(name="\0"),
    content(name="'; DROP TABLE files; --", description='"}], "state": "valid", <script>\u202e\u2028'),
    content(name="\\u0000", services=[{"name": "\ud83d", "endpoint": "x"}]),
    content(**{"\0\ud800": 1, "services": [{"name": "web", "endpoint": "\0"}]}),
    b"[" * 100_000,
)


@pytest.mark.parametrize("file", HOSTILE, ids=range(len(HOSTILE)))
def test_save__given_a_hostile_file__keeps_it_byte_for_byte(connection: Connection, file: bytes) -> None:
    with connection.begin():
        save(connection, 1, 22, b"digest", of_content(file))
    row = connection.execute(select(files)).one()
    assert (row.content, row.content_hash, row.fetched_time) == (file, keccak(file), EARLIER)
    assert json.loads(row.document)["state"] == row.state


def test_save__given_another_file_before__leaves_nothing_of_it(connection: Connection) -> None:
    first, second = of_content(content(name="First one", active=True)), of_content(content(name="Second one"))
    with connection.begin():
        save(connection, 1, 22, b"one", first)
        save(connection, 1, 21, b"one", first)
        save(connection, 1, 22, b"two", second)
    assert facets_of(connection, 22) == {facets.facet("word", word) for word in ("second", "one")} | {
        facets.of_state("valid")
    }
    assert facets.flag("active", True) in facets_of(connection, 21)
    kept = connection.execute(select(files.c.agent_id, files.c.uri_digest).order_by(files.c.agent_id))
    assert [tuple(row) for row in kept] == [(21, b"one"), (22, b"two")]


def test_save__given_a_file_that_is_unreachable_now__is_found_by_what_was_read(
    connection: Connection, site: Site
) -> None:
    with connection.begin():
        save(connection, 1, 22, b"one", seen(site.network, known=earlier(content())))
    assert facets_of(connection, 22) == {facets.facet("word", "polyglot"), facets.of_state("unreachable")}


def test_forget__given_a_file__leaves_those_of_others(connection: Connection) -> None:
    with connection.begin():
        for agent_id in (21, 22):
            save(connection, 1, agent_id, b"one", of_content(content()))
        forget(connection, 1, 22)
    assert connection.scalars(select(files.c.agent_id)).all() == [21]
    assert facets_of(connection, 22) == set()
    assert facets_of(connection, 21)


def facets_of(connection: Connection, agent_id: int) -> set[int]:
    return set(connection.scalars(select(facet_rows.c.facet).where(facet_rows.c.agent_id == agent_id)))


# FILES MADE OF THE CHAIN

OWNER, WALLET = "0x" + "aB" * 20, "0x" + "Cd" * 20
STRICT = Draft202012Validator(json.loads(SCHEMA_PATH.read_text(encoding="utf-8")))

values = st.one_of(
    st.binary(max_size=40),
    st.text(max_size=40).map(str.encode),
    st.sampled_from([b"x" * 257, b"x" * 20_000, b"https://agent.test/face.png", b"javascript:alert(1)", b"", b"\0"]),
)


def made(wallet: str | None = None, **metadata: bytes) -> dict[str, Any]:
    rows = [{"key": key, "value": value} for key, value in metadata.items()]
    return registration_of({"agent_id": 22, "owner": OWNER, "wallet": wallet}, rows, 84532, REGISTRY.lower())


@given(st.dictionaries(st.sampled_from(["name", "description", "image", "active", "type"]), values), st.booleans())
def test_registration_of__given_any_metadata__is_a_registration_file(metadata: dict[str, bytes], wallet: bool) -> None:
    file = made(WALLET if wallet else None, **metadata)
    STRICT.validate(file)
    registration = parse(json.dumps(file).encode())
    assert registration.registrations == (AGENT,)
    for key in ("name", "description", "image"):
        said = metadata.get(key, b"")
        assert file[key] in (said.decode(errors="replace"), made()[key])


def test_registration_of__given_no_metadata__says_what_the_chain_does() -> None:
    assert made(WALLET) == {
        "type": TYPE,
        "name": "Agent 22",
        "description": DESCRIPTION,
        "image": IMAGE,
        "services": [{"name": "agentWallet", "endpoint": f"eip155:84532:{WALLET}"}],
        "x402Support": False,
        "active": False,
        "registrations": [BACK],
        "supportedTrust": [],
    }


def test_registration_of__without_a_wallet__names_the_owner() -> None:
    assert made()["services"] == [{"name": "owner", "endpoint": f"eip155:84532:{OWNER}"}]


def test_registration_of__given_texts__has_them() -> None:
    file = made(name="通訳".encode(), description=b"Two\nlines", image=b"ipfs://face", type=b"other")
    assert (file["name"], file["description"], file["image"]) == ("通訳", "Two\nlines", "ipfs://face")
    assert file["type"] == TYPE


@pytest.mark.parametrize("value", [b"", b"\xff", b"\0", b"x" * 257])
def test_registration_of__given_what_is_no_name__has_its_own(value: bytes) -> None:
    assert made(name=value)["name"] == "Agent 22"

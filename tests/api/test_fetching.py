"""Fetching from servers that do not wish us well."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import quote

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from registries.demo.roster import Example, load_examples
from registry_api.fetching import (
    Fetched,
    FetchError,
    ForbiddenError,
    LimitError,
    Limits,
    Network,
    UnavailableError,
    fetch,
    is_global,
)
from tests.api import web
from tests.api.web import Site

URL = "https://agent.test/agent.json"
PAGE = "agent.test/agent.json"
FILE = b'{"name": "Polyglot"}'
CID = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
LIMITS = Limits(seconds=30.0, size=1_000, redirects=3)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return web.certificate(tmp_path_factory.mktemp("tls"), "agent.test", "other.test", "xn--wgv71a.test")


@pytest.fixture
def site(certificate: Path) -> Iterator[Site]:
    with web.serve(certificate) as running:
        running.pages[PAGE] = web.body(FILE)
        yield running


@pytest.fixture
def plain_site() -> Iterator[Site]:
    """One without TLS."""
    with web.serve(None) as running:
        yield running


def get(uri: str, network: Network, limits: Limits = LIMITS) -> Fetched:
    return asyncio.run(fetch(uri, limits, network))


def refused(uri: str, network: Network, limits: Limits = LIMITS) -> FetchError:
    """The error that fetching ends with."""
    with pytest.raises(FetchError) as error:
        get(uri, network, limits)
    return error.value


# SERVERS


def test_fetch__given_a_file__has_its_bytes_and_hashes(site: Site) -> None:
    assert get(URL, site.network) == Fetched(FILE, URL, hashlib.sha256(FILE).digest(), keccak(FILE))


def test_fetch__always__asks_by_name_and_tells_nothing_of_itself(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    site.pages["agent.test/a%20b?c=d"] = web.body(FILE)
    assert get("https://agent.test/a b?c=d#e", site.network).url == "https://agent.test/a%20b?c=d"
    (request,) = site.requests
    assert (request.host, request.name) == ("agent.test", "agent.test")
    assert request.headers.keys() == {"host", "accept", "accept-encoding", "connection", "user-agent"}


def test_fetch__given_an_international_name__asks_for_its_ascii_form(site: Site) -> None:
    site.pages["xn--wgv71a.test/"] = web.body(FILE)
    assert get("https://日本.test/", site.network).content == FILE


def test_fetch__given_a_certificate_of_another_name__refuses(site: Site) -> None:
    error = refused("https://stranger.test/", site.network)
    assert isinstance(error, UnavailableError)
    assert error.reason == "connection"
    assert "certificate is not valid for 'stranger.test'" in str(error)
    assert site.requests == []


def test_fetch__given_a_certificate_that_nobody_signed__refuses(site: Site) -> None:
    error = refused(URL, replace(site.network, tls=None))
    assert error.reason == "connection"
    assert "certificate verify failed" in str(error)
    assert site.requests == []


@pytest.mark.parametrize("code", [201, 204, 206, 304, 400, 404, 500, 503])
def test_fetch__given_another_status__says_it(site: Site, code: int) -> None:
    site.pages[PAGE] = web.status(code)
    error = refused(URL, site.network)
    assert isinstance(error, UnavailableError)
    assert (error.reason, str(error)) == ("http-status", f"https://agent.test: answers with status {code}")


@pytest.mark.parametrize("page", [web.cut_off(FILE), web.nonsense, lambda _: None])
def test_fetch__given_a_broken_answer__says_so(site: Site, page: web.Page) -> None:
    site.pages[PAGE] = page
    error = refused(URL, site.network)
    assert isinstance(error, UnavailableError)
    assert error.reason == "connection"


def test_fetch__given_nobody_there__says_so(site: Site) -> None:
    site.addresses["agent.test"] = [(web.PUBLIC, 1)]
    assert refused(URL, site.network).reason == "connection"


@pytest.mark.parametrize("working", [0, 1, 2])
def test_fetch__given_several_addresses__takes_one_that_works(site: Site, working: int) -> None:
    site.addresses["agent.test"] = [(web.PUBLIC, site.port if number == working else 1) for number in range(3)]
    assert get(URL, site.network).content == FILE


def test_fetch__given_an_address_that_is_silent__takes_the_next_in_time(site: Site) -> None:
    with web.mute() as port:
        site.addresses["agent.test"] = [(web.PUBLIC, port), (web.PUBLIC, site.port)]
        assert get(URL, site.network, replace(LIMITS, seconds=5.0)).content == FILE


def test_fetch__given_a_name_without_address__says_so(site: Site) -> None:
    async def resolve(host: str, _port: int) -> list[tuple[str, int]]:
        raise OSError(f"no {host}")

    error = refused(URL, replace(site.network, resolve=resolve))
    assert isinstance(error, UnavailableError)
    assert error.reason == "unresolved-name"


def test_fetch__given_an_error__does_not_tell_the_path(site: Site) -> None:
    site.pages["agent.test/start"] = web.redirect("https://agent.test/secret?key=secret")
    assert "secret" not in str(refused("https://agent.test/start", site.network))


# LIMITS


def test_fetch__given_a_body_at_the_limit__has_all_of_it(site: Site) -> None:
    site.pages[PAGE] = web.body(b"x" * 1_000)
    assert len(get(URL, site.network).content) == 1_000


def test_fetch__given_a_body_over_the_limit__is_cut(site: Site) -> None:
    site.pages[PAGE] = web.body(b"x" * 1_001)
    error = refused(URL, site.network)
    assert isinstance(error, LimitError)
    assert error.reason == "too-large"


def test_fetch__given_a_body_without_end__is_cut(site: Site) -> None:
    sent: list[int] = []
    site.pages[PAGE] = web.endless(sent)
    assert refused(URL, site.network).reason == "too-large"
    assert sum(sent) < 2**25  # what the system holds between the two


def test_fetch__given_a_gzipped_body__unpacks_it(site: Site) -> None:
    site.pages[PAGE] = web.gzipped(FILE)
    assert get(URL, site.network).content == FILE


def test_fetch__given_a_gzip_bomb__is_cut(site: Site) -> None:
    limits = replace(LIMITS, size=2**17)
    site.pages[PAGE] = web.gzipped(bytes(2**26))
    tracemalloc.start()
    try:
        error = refused(URL, site.network, limits)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(error, LimitError)
    assert error.reason == "too-large"
    assert peak < 2**23  # bytes; a single part of the body would unpack to more


def test_fetch__given_a_bomb_in_a_bomb__does_not_unpack_it(site: Site) -> None:
    site.pages[PAGE] = web.gzipped(bytes(2**20), times=2)
    assert refused(URL, site.network).reason == "bad-encoding"


def test_fetch__given_gzip_that_unpacks_to_nothing_for_ever__is_cut(site: Site) -> None:
    empty = b"\0\0\0\xff\xff"  # a block of deflate
    site.pages[PAGE] = web.body(gzip.compress(b"", mtime=0)[:10] + empty * 1_000, **{"Content-Encoding": "gzip"})
    assert refused(URL, site.network).reason == "too-large"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (FILE, "br"),
        (FILE, "gzip"),
        (gzip.compress(FILE, mtime=0)[:-1], "gzip"),
        (gzip.compress(FILE, mtime=0) * 2, "gzip"),
        (gzip.compress(FILE, mtime=0) + b"more", "gzip"),
        (b"", "gzip"),
    ],
)
def test_fetch__given_a_wrong_encoding__says_so(site: Site, content: bytes, encoding: str) -> None:
    site.pages[PAGE] = web.body(content, **{"Content-Encoding": encoding})
    error = refused(URL, site.network)
    assert isinstance(error, UnavailableError)
    assert error.reason == "bad-encoding"


@pytest.mark.parametrize(
    "page",
    [
        web.dripping(0.02),
        web.dripping_head(0.02),
        web.late(4.0, web.body(FILE)),
    ],
    ids=["body", "head", "silence"],
)
def test_fetch__given_a_slow_server__is_cut(site: Site, page: web.Page) -> None:
    site.pages[PAGE] = page
    start = time.monotonic()
    error = refused(URL, site.network, replace(LIMITS, seconds=0.3))
    assert time.monotonic() - start < 3.5
    assert isinstance(error, LimitError)
    assert error.reason == "timeout"


def test_fetch__given_slow_redirects__counts_their_time_together(site: Site) -> None:
    site.pages["agent.test/1"] = web.late(0.25, web.redirect("/2"))
    site.pages["agent.test/2"] = web.late(0.25, web.redirect("/agent.json"))
    assert get("https://agent.test/1", site.network).content == FILE
    assert refused("https://agent.test/1", site.network, replace(LIMITS, seconds=0.4)).reason == "timeout"


def test_fetch__given_a_server_that_does_not_shake_hands__is_cut(site: Site) -> None:
    with web.mute() as port:
        site.addresses["agent.test"] = [(web.PUBLIC, port)]
        assert refused(URL, site.network, replace(LIMITS, seconds=0.2)).reason == "timeout"


def test_fetch__given_a_slow_name__is_cut(site: Site) -> None:
    async def resolve(_host: str, _port: int) -> list[tuple[str, int]]:
        await asyncio.sleep(60)
        return [(web.PUBLIC, site.port)]

    assert refused(URL, replace(site.network, resolve=resolve), replace(LIMITS, seconds=0.2)).reason == "timeout"


def test_fetch__given_many_at_once__does_not_do_one_after_the_other(site: Site) -> None:
    site.pages[PAGE] = web.together(20, web.body(FILE))

    async def all_of_them() -> list[Fetched]:
        return await asyncio.gather(*(fetch(URL, LIMITS, site.network) for _ in range(20)))

    assert {one.content for one in asyncio.run(all_of_them())} == {FILE}


# REDIRECTS


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_fetch__given_a_redirect__follows_it_without_its_cookie(site: Site, code: int) -> None:
    site.pages["other.test/"] = web.redirect(URL, code)
    assert get("https://other.test/", site.network) == replace(get(URL, site.network), url=URL)
    assert [(one.host, one.name) for one in site.requests[:2]] == [("other.test",) * 2, ("agent.test",) * 2]
    assert [one.headers.get("cookie") for one in site.requests] == [None] * 3


def test_fetch__given_a_relative_redirect__stays_with_the_name(site: Site) -> None:
    site.pages["agent.test/a/b"] = web.redirect("../agent.json")
    assert get("https://agent.test/a/b", site.network).url == URL


@pytest.mark.parametrize(("redirects", "is_enough"), [(3, True), (2, False), (0, False)])
def test_fetch__given_redirects__follows_as_many_as_the_limit(site: Site, redirects: int, is_enough: bool) -> None:
    for number in range(3):
        site.pages[f"agent.test/{number}"] = web.redirect(f"/{number + 1}" if number < 2 else "/agent.json")
    limits = replace(LIMITS, redirects=redirects)
    if is_enough:
        assert get("https://agent.test/0", site.network, limits).content == FILE
        return
    error = refused("https://agent.test/0", site.network, limits)
    assert isinstance(error, LimitError)
    assert error.reason == "too-many-redirects"
    assert len(site.requests) == redirects + 1


def test_fetch__given_a_redirect_to_nowhere__says_so(site: Site) -> None:
    site.pages[PAGE] = web.status(302)
    assert refused(URL, site.network).reason == "http-status"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("https://internal.test/", "forbidden-address"),
        ("https://10.0.0.1/", "forbidden-address"),
        ("https://[::ffff:127.0.0.1]/", "forbidden-address"),
        ("//169.254.169.254/latest/meta-data", "forbidden-address"),
        ("https://2130706433/", "malformed-uri"),
        ("https://[::1", "malformed-uri"),
        ("http://agent.test/agent.json", "unsupported-scheme"),
        ("ftp://agent.test/agent.json", "unsupported-scheme"),
        ("file:///etc/passwd", "unsupported-scheme"),
        ("gopher://agent.test:70/", "unsupported-scheme"),
        ("data:application/json,{}", "unsupported-scheme"),
        (f"ipfs://{CID}", "unsupported-scheme"),
        ("https://user:password@agent.test/agent.json", "credentials"),
        ("https://agent.test:6379/", "forbidden-port"),
    ],
)
def test_fetch__given_a_redirect_to_what_is_forbidden__refuses(site: Site, location: str, reason: str) -> None:
    site.pages[PAGE] = web.redirect(location)
    site.addresses["internal.test"] = [("10.0.0.1", site.port)]
    error = refused(URL, site.network)
    assert isinstance(error, ForbiddenError)
    assert error.reason == reason
    assert "password" not in str(error)
    assert len(site.requests) == 1


# ADDRESSES

NOT_PUBLIC = {
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],  # noqa: S104
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1"],
    "link-local": ["169.254.169.254", "fe80::1", "fe80::1%1"],
    "site-local": ["fec0::1"],
    "shared (CGNAT)": ["100.64.0.1", "100.127.255.255"],
    "multicast": ["224.0.0.1", "233.252.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    "broadcast, reserved": ["255.255.255.255", "240.0.0.1", "4000::1", "5f00::1"],
    "protocol assignments": ["192.0.0.1", "192.0.0.9", "192.0.0.170", "2001:1::1", "2001:20::1"],
    "documentation, benchmarks": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "2001:db8::1", "3fff::1"],
    "discard": ["100::1"],
    "IPv4-mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1"],
    "IPv4-compatible": ["::127.0.0.1", "::8.8.8.8"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1"],
    "6to4": ["2002:7f00:1::1", "2002:808:808::1", "192.88.99.1"],
    "Teredo": ["2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
}
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1"]


@pytest.mark.parametrize("address", [address for kind in NOT_PUBLIC.values() for address in kind])
def test_is_global__given_an_address_that_is_not_public__is_false(address: str) -> None:
    assert not is_global(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_is_global__given_a_public_address__is_true(address: str) -> None:
    assert is_global(ip_address(address))


@pytest.mark.parametrize("address", [addresses[0] for addresses in NOT_PUBLIC.values()])
def test_fetch__given_a_name_of_an_address_that_is_not_public__refuses(site: Site, address: str) -> None:
    site.addresses["agent.test"] = [(address, site.port)]
    error = refused(URL, replace(site.network, is_allowed=is_global))
    assert isinstance(error, ForbiddenError)
    assert error.reason == "forbidden-address"
    assert address not in str(error)
    assert site.requests == []


@pytest.mark.parametrize("address", [addresses[0] for addresses in NOT_PUBLIC.values()])
def test_fetch__given_an_address_that_is_not_public__refuses(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    assert refused(f"https://{host}/", Network()).reason == "forbidden-address"


def test_fetch__given_a_name_with_one_address_that_is_not_public__refuses(site: Site) -> None:
    site.addresses["agent.test"] = [(web.PUBLIC, site.port), ("10.0.0.1", site.port)]
    assert refused(URL, site.network).reason == "forbidden-address"
    assert site.requests == []


def test_fetch__given_the_name_of_this_machine__refuses() -> None:
    assert refused("https://localhost/", Network()).reason == "forbidden-address"


@pytest.mark.parametrize(
    "host",
    [
        *("2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "0x7f.0.0.1", "0x7f.1", "127.1", "127.0.1", "0"),
        *("127.0.0.1.", "agent.test.", ".", "..", "a..test", "a b.test", "a%00.test", "a%2etest", "[::1", "[v1.a]"),
        *(
            "[fe80::1%25eth0]",
            "\uff11\uff12\uff17.0.0.1",
            "agent.test:99999",
            "agent.test:0",
            "",
            "x" * 64 + ".test",
            "a." * 127,
        ),
    ],
)
def test_fetch__given_a_host_in_another_form__refuses(site: Site, host: str) -> None:
    error = refused(f"https://{host}/", replace(site.network, allow_ports=True))
    assert isinstance(error, ForbiddenError)
    assert error.reason in {"malformed-uri", "forbidden-address"}
    assert site.resolved == []


def test_fetch__given_a_name_that_changes_its_address__connects_to_the_one_that_was_checked(
    site: Site, certificate: Path
) -> None:
    answers = [web.PUBLIC, "127.0.0.2"]
    with web.serve(certificate, "127.0.0.2") as internal:
        internal.pages[PAGE] = web.body(b"secret")
        ports = {site.address: site.port, internal.address: internal.port}

        async def rebind(_host: str, _port: int) -> list[tuple[str, int]]:
            address = answers.pop(0)
            return [(address, ports[address])]

        network = replace(site.network, resolve=rebind)
        assert get(URL, network).content == FILE
        assert answers == ["127.0.0.2"]  # asked once
        # And again, for another request, the address is checked again.
        assert refused(URL, network).reason == "forbidden-address"
        assert internal.requests == []


# URIS


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("", "malformed-uri"),
        ("agent.json", "malformed-uri"),
        ("//agent.test/", "malformed-uri"),
        ("https:agent.test", "malformed-uri"),
        ("https:///agent.json", "malformed-uri"),
        ("https://agent.test/\n", "malformed-uri"),
        ("https://agent.test/\ud800", "malformed-uri"),
        ("https://xn--\ud800.test/", "malformed-uri"),
        ('{"type": "x"}', "malformed-uri"),
        ("http://agent.test/agent.json", "unsupported-scheme"),
        ("ftp://agent.test/", "unsupported-scheme"),
        ("file:///etc/passwd", "unsupported-scheme"),
        ("ar://abc", "unsupported-scheme"),
        ("https://user@agent.test/", "credentials"),
        ("https://user:password@agent.test/", "credentials"),
        ("https://agent.test\\@10.0.0.1/", "credentials"),
        ("https://agent.test:8443/", "forbidden-port"),
        ("https://agent.test:80/", "forbidden-port"),
    ],
)
def test_fetch__given_a_uri_that_is_not_followed__refuses(site: Site, uri: str, reason: str) -> None:
    error = refused(uri, site.network)
    assert isinstance(error, ForbiddenError)
    assert error.reason == reason
    assert "password" not in str(error)
    assert site.requests == []
    assert site.resolved == []


def test_fetch__given_the_scheme_s_own_port__follows_it(site: Site) -> None:
    assert get("HTTPS://AGENT.TEST:443/agent.json", site.network).url == URL


def test_fetch__given_another_port_that_is_allowed__names_it(site: Site) -> None:
    site.pages["agent.test:8443/"] = web.body(FILE)
    fetched = get("https://agent.test:8443/", replace(site.network, allow_ports=True))
    assert (fetched.content, fetched.url) == (FILE, "https://agent.test:8443/")


def test_fetch__given_http_that_is_allowed__follows_it(plain_site: Site) -> None:
    plain_site.pages[PAGE] = web.body(FILE)
    fetched = get("http://agent.test/agent.json", replace(plain_site.network, allow_http=True))
    assert (fetched.content, fetched.url) == (FILE, "http://agent.test/agent.json")


def fuzzed_uris() -> st.SearchStrategy[str]:
    schemes = st.sampled_from(["https://", "HTTPS:", "http://", "ipfs://", "ipfs://ipfs/", "data:", "data:,", "", "//"])
    pieces = st.sampled_from(
        ["agent.test", "[::1]", "@", ":", "/", "..", "%", "%2e", "#", "?", "\\", ";base64,", CID, "ß"]
    )
    return st.builds(lambda scheme, parts: scheme + "".join(parts), schemes, st.lists(pieces | st.text(max_size=5)))


@given(uri=fuzzed_uris())
def test_fetch__given_any_text__fails_in_no_other_way(uri: str) -> None:
    async def resolve(host: str, _port: int) -> list[tuple[str, int]]:
        raise OSError(f"no {host}")

    try:
        get(uri, Network(resolve=resolve, allow_http=True, allow_ports=True, is_allowed=lambda _: False))
    except FetchError as error:
        str(error).encode()
    else:
        assert uri[:5].lower() == "data:"


# DATA


@pytest.mark.parametrize(
    "uri",
    [
        "data:application/json;base64," + base64.b64encode(FILE).decode(),
        "DATA:Application/JSON;Base64," + base64.b64encode(FILE).decode(),
        "data:application/json;charset=utf-8;base64," + base64.b64encode(FILE).decode().rstrip("="),
        "data:application/json;base64," + quote(base64.b64encode(FILE).decode(), safe=""),
        "data:;base64," + base64.b64encode(FILE).decode(),
        "data:application/json," + quote(FILE.decode()),
        "data:application/json," + FILE.decode(),
        "data:," + FILE.decode(),
    ],
)
def test_fetch__given_a_data_uri__has_its_content(uri: str) -> None:
    fetched = get(uri, Network())
    assert (fetched.content, fetched.url) == (FILE, None)
    assert (fetched.sha256, fetched.keccak256) == (hashlib.sha256(FILE).digest(), keccak(FILE))


def test_fetch__given_a_data_uri_with_a_hash_sign__keeps_what_comes_after() -> None:
    file = {"type": "https://eips.ethereum.org/EIPS/eip-8004#registration-v1", "name": "通訳"}
    assert json.loads(get("data:application/json," + json.dumps(file, ensure_ascii=False), Network()).content) == file


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("data:", "malformed-uri"),
        ("data:application/json;base64", "malformed-uri"),
        ("data:application/json;base64,ab-_", "malformed-uri"),
        ("data:application/json;base64,abcde", "malformed-uri"),
        ("data:application/json;base64,YWJj----", "malformed-uri"),
        ("data:application/json,\ud800", "malformed-uri"),
        ("data:text/html,<script>", "unsupported-type"),
        ("data:image/svg+xml;base64,PHN2Zz4=", "unsupported-type"),
    ],
)
def test_fetch__given_a_wrong_data_uri__refuses(uri: str, reason: str) -> None:
    error = refused(uri, Network())
    assert isinstance(error, ForbiddenError)
    assert error.reason == reason


@pytest.mark.parametrize("uri", ["data:," + "x" * 1_001, "data:;base64," + base64.b64encode(b"x" * 1_001).decode()])
def test_fetch__given_a_data_uri_over_the_limit__refuses(uri: str) -> None:
    error = refused(uri, Network())
    assert isinstance(error, LimitError)
    assert error.reason == "too-large"


@pytest.mark.parametrize("example", [one for one in load_examples() if one.kind == "data"], ids=lambda one: one.slug)
def test_fetch__given_an_example_s_data_uri__has_its_file(example: Example) -> None:
    assert get(example.uri, Network(), Limits()).content == example.content


# IPFS


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        (f"ipfs://{CID}", f"/ipfs/{CID}"),
        (f"IPFS://{CID}/", f"/ipfs/{CID}/"),
        (f"ipfs://ipfs/{CID}", f"/ipfs/{CID}"),
        (f"ipfs://{CID}/agents/1.json", f"/ipfs/{CID}/agents/1.json"),
        (f"ipfs://{CID}/a b/%C3%A9?x#y", f"/ipfs/{CID}/a%20b/%C3%A9%3Fx%23y"),
        (
            "ipfs://QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
            "/ipfs/QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
        ),
    ],
)
def test_fetch__given_an_ipfs_uri__asks_the_gateway(site: Site, uri: str, path: str) -> None:
    site.pages[f"agent.test{path}"] = web.body(FILE)
    fetched = get(uri, replace(site.network, gateway="https://agent.test/"))
    # No host vouches for it, least of all the gateway.
    assert (fetched.content, fetched.url) == (FILE, None)


@pytest.mark.parametrize(
    "uri",
    [
        *("ipfs:", "ipfs://", "ipfs:///agent.json", "ipfs://abc", "ipfs://../api/v0/id", f"ipfs://{CID}?x=1"),
        *(f"ipfs://{CID}/../../secret", f"ipfs://{CID}/%2e%2E/%2e%2e/secret", f"ipfs://{CID}/..%2f..%2fsecret"),
        *(f"ipfs://{CID}/.", f"ipfs://agent.test@{CID}", "ipfs://" + "a" * 129, f"ipfs://{CID}/\ud800"),
    ],
)
def test_fetch__given_a_wrong_ipfs_uri__refuses(site: Site, uri: str) -> None:
    error = refused(uri, replace(site.network, gateway="https://agent.test"))
    assert isinstance(error, ForbiddenError)
    assert error.reason == "malformed-uri"
    assert site.requests == []


def test_fetch__given_the_operator_s_own_gateway__reaches_it_anywhere(plain_site: Site) -> None:
    gateway = f"http://ipfs.internal:{plain_site.port}"
    host = f"ipfs.internal:{plain_site.port}"
    network = replace(plain_site.network, is_allowed=is_global, gateway=gateway)
    plain_site.pages[f"{host}/ipfs/{CID}"] = web.redirect(f"/ipfs/{CID}/")
    plain_site.pages[f"{host}/ipfs/{CID}/"] = web.body(FILE)
    assert get(f"ipfs://{CID}", network).content == FILE
    # It is reached for IPFS only.
    assert refused(f"{gateway}/ipfs/{CID}/", network).reason == "unsupported-scheme"
    assert refused(f"{gateway}/ipfs/{CID}/", replace(network, allow_http=True)).reason == "forbidden-port"
    network = replace(network, allow_http=True, allow_ports=True)
    assert refused(f"{gateway}/ipfs/{CID}/", network).reason == "forbidden-address"


@pytest.mark.parametrize("location", ["https://internal.test/", "http://ipfs.internal:5001/api/v0/id"])
def test_fetch__given_a_gateway_that_leads_elsewhere__refuses_what_is_forbidden(
    plain_site: Site, location: str
) -> None:
    gateway = f"http://ipfs.internal:{plain_site.port}"
    plain_site.pages[f"ipfs.internal:{plain_site.port}/ipfs/{CID}"] = web.redirect(location)
    network = replace(plain_site.network, is_allowed=is_global, gateway=gateway)
    assert isinstance(refused(f"ipfs://{CID}", network), ForbiddenError)
    assert len(plain_site.requests) == 1

"""Fetches what an agent's URI stands for, from anybody's server, which is not to be trusted.

A fetch has limits of time, size and redirects. It connects only to addresses that anybody on the internet could reach,
and to exactly those that were checked: a host's name is resolved once for each request, so that a name which changes
its address in between (DNS rebinding) gains nothing. TLS certificates are checked against the name all the same.

An IPFS gateway is taken at its word: what it answers is not verified against the CID.

FetchError
  ForbiddenError     the URI, or something it leads to, is not to be followed
  LimitError         it takes too long, is too large, or leads on too often
  UnavailableError   nothing usable is there now; there may be later
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import functools
import hashlib
import re
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal
from urllib.parse import quote, unquote_to_bytes

import httpx
from eth_utils.crypto import keccak

Reason = Literal[
    "malformed-uri",
    "unsupported-scheme",
    "unsupported-type",
    "credentials",
    "forbidden-port",
    "forbidden-address",
    "timeout",
    "too-large",
    "too-many-redirects",
    "unresolved-name",
    "connection",
    "http-status",
    "bad-encoding",
]

IPAddress = IPv4Address | IPv6Address

Resolver = Callable[[str, int], Awaitable[Sequence[tuple[str, int]]]]
"""Given a host and a port, the addresses and ports to connect to.

There is at least one; it raises an OSError if there is none."""


class FetchError(Exception):
    """Nothing was fetched; the text says of which host, and why.

    :ivar reason: the same for machines
    """

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


class ForbiddenError(FetchError):
    """The URI, or something it leads to, is not to be followed."""


class LimitError(FetchError):
    """It takes too long, is too large, or leads on too often."""


class UnavailableError(FetchError):
    """Nothing usable is there now; there may be later."""


@dataclass(frozen=True)
class Fetched:
    """What was fetched.

    :ivar url: the URL that answered, after all redirects; None for data: and ipfs: URIs, which no host vouches for
    """

    content: bytes
    url: str | None
    sha256: bytes
    keccak256: bytes


@dataclass(frozen=True)
class Limits:
    """Of one fetch.

    :ivar seconds: for all of it, redirects included
    :ivar size: of the body, bytes, both as sent and as decompressed
    :ivar redirects: how many are followed
    """

    seconds: float = 10.0
    size: int = 2**20
    redirects: int = 3


# ADDRESSES

_NOT_PUBLIC_V4 = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4")))
_PUBLIC_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(map(IPv6Network, ("2001::/23", "2002::/16", "3fff::/20")))


def is_global(address: IPAddress) -> bool:
    """Whether an address is an ordinary one of the public internet.

    Those that have an IPv4 address within (mapped, NAT64, 6to4, Teredo) are not, whichever it is: where they lead to
    depends on the network.
    """
    # What Python calls global depends on its version, and has multicast and several of these in it.
    if not address.is_global:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


async def resolve(host: str, port: int) -> list[tuple[str, int]]:
    """The addresses that the system finds for a host, each with the same port.

    :raises OSError: if it finds none
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(str(address[0]), port) for *_, address in found]


@dataclass(frozen=True)
class Network:
    """How the world is reached. The defaults are for production.

    :ivar gateway: of IPFS: the URL that `/ipfs/<cid>/<path>` comes after. The operator's own choice: it may use http:,
        any port and any address, but what it redirects to on other hosts may not
    :ivar allow_http: whether http: is followed, beside https:
    :ivar allow_ports: whether other ports than the scheme's own are
    :ivar is_allowed: whether an address may be connected to
    :ivar resolve: finds a host's addresses
    :ivar tls: whom to trust; None for those whom httpx does
    """

    gateway: str = "https://ipfs.io"
    allow_http: bool = False
    allow_ports: bool = False
    is_allowed: Callable[[IPAddress], bool] = is_global
    resolve: Resolver = resolve
    tls: ssl.SSLContext | None = None


DEFAULT_LIMITS = Limits()
PUBLIC_INTERNET = Network()


async def fetch(uri: str, limits: Limits = DEFAULT_LIMITS, network: Network = PUBLIC_INTERNET) -> Fetched:
    """What an https:, ipfs: or data: URI stands for.

    There are no cookies, no credentials and no proxies. A gzipped body is unpacked.

    :raises ForbiddenError: if the URI, or something it leads to, is not to be followed
    :raises LimitError: if a limit is exceeded
    :raises UnavailableError: if no server answers, or it answers with anything but 200 and a body
    """
    scheme = uri.partition(":")[0].lower()
    if scheme == "data":
        return _fetched(_content_of_data_uri(uri, limits.size), None)
    url = _at_gateway(uri, network.gateway) if scheme == "ipfs" else _parse(uri)
    gateway = _origin(url) if scheme == "ipfs" else None
    try:
        async with asyncio.timeout(limits.seconds):
            content, last = await _follow(url, gateway, limits, network)
    except TimeoutError:
        raise LimitError("timeout", f"{_place(url)}: is not done after {limits.seconds:g} s") from None
    return _fetched(content, None if gateway else str(last))


def _fetched(content: bytes, url: str | None) -> Fetched:
    return Fetched(content, url, hashlib.sha256(content).digest(), keccak(content))


# URIS

_CID = re.compile(r"[A-Za-z0-9_-]{10,128}")
_NAME = re.compile(
    # Not ending in a number: some systems take 127.1, 2130706433 or 0x7f.1 for an address.
    r"(?=.{1,253}\Z)([a-z0-9_-]{1,63}\.)*(?!([0-9]+|0x[0-9a-f]*)\Z)[a-z0-9_-]{1,63}"
)
_PORTS = {"https": 443, "http": 80}


def _content_of_data_uri(uri: str, size: int) -> bytes:
    """What is in a data: URI (RFC 2397).

    A "#" is taken as content: though it should be written %23, the `type` of a registration file has one in it.
    """
    head, comma, data = uri[len("data:") :].partition(",")
    kind, *parameters = (part.strip().lower() for part in head.split(";"))
    if not comma:
        raise ForbiddenError("malformed-uri", f"data: URI: {uri[:40]!r} has no comma")
    if kind not in {"", "application/json"}:
        raise ForbiddenError("unsupported-type", f"data: URI: {kind[:40]!r} is not application/json")
    try:
        content = unquote_to_bytes(data)
        if "base64" in parameters[-1:]:
            digits = b"".join(content.split()).rstrip(b"=")
            content = base64.b64decode(digits + b"=" * (-len(digits) % 4), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ForbiddenError("malformed-uri", f"data: URI: cannot be decoded: {error}") from None
    if len(content) > size:
        raise LimitError("too-large", f"data: URI: has {len(content)} bytes; the limit is {size}")
    return content


def _at_gateway(uri: str, gateway: str) -> httpx.URL:
    """Where an IPFS gateway has the file of `ipfs://<cid>/<path>`."""
    cid, slash, path = uri[len("ipfs:") :].removeprefix("//").removeprefix("ipfs/").partition("/")
    if not _CID.fullmatch(cid):
        raise ForbiddenError("malformed-uri", f"ipfs: URI: {cid[:40]!r} is not a CID")
    try:
        decoded = unquote_to_bytes(path)
    except UnicodeEncodeError:
        raise ForbiddenError("malformed-uri", f"ipfs: URI: {path[:40]!r} is not UTF-8") from None
    if not {b".", b".."}.isdisjoint(decoded.split(b"/")):
        # Out of /ipfs/, the gateway's host may have anything.
        raise ForbiddenError("malformed-uri", f"ipfs: URI: {path[:40]!r} has a relative segment")
    return _parse(f"{gateway.rstrip('/')}/ipfs/{cid}{slash}{quote(decoded)}")


def _parse(text: str, base: httpx.URL | None = None) -> httpx.URL:
    """An absolute URL without its fragment."""
    try:
        url = base.join(text) if base else httpx.URL(text)
        url = url.copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise ForbiddenError("malformed-uri", f"{text[:40]!r} is not a URL: {str(error)[:80]!r}") from None
    if not url.scheme:
        raise ForbiddenError("malformed-uri", f"{text[:40]!r} has no scheme")
    return url


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    """Scheme, host and port, which tell one server from another."""
    return url.scheme, url.raw_host, url.port


def _place(url: httpx.URL) -> str:
    """Where a URL leads to, without what may be secret."""
    return f"{url.scheme}://{url.netloc.decode()[:100]}"


def _check(url: httpx.URL, network: Network) -> None:
    if url.scheme != "https" and not (url.scheme == "http" and network.allow_http):
        raise ForbiddenError("unsupported-scheme", f"{url.scheme[:40]}: is not a scheme that is followed")
    if url.userinfo:
        raise ForbiddenError("credentials", f"{_place(url)}: the URL has credentials in it")
    if url.port is not None and not network.allow_ports:
        raise ForbiddenError("forbidden-port", f"{_place(url)}: the port is not the scheme's own")


# REQUESTS

_HEADERS = {
    "Accept": "application/json, */*;q=0.1",
    "Accept-Encoding": "gzip",
    "Connection": "close",
    "User-Agent": "erc8004-indexer",
}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ENCODINGS = {"": False, "identity": False, "gzip": True, "x-gzip": True}
_MAX_ADDRESSES = 4
"""Of one host, how many are tried."""


async def _follow(
    url: httpx.URL, gateway: tuple[str, bytes, int | None] | None, limits: Limits, network: Network
) -> tuple[bytes, httpx.URL]:
    """The content at the end of all redirects, and where that is."""
    for _ in range(limits.redirects + 1):
        trusted = _origin(url) == gateway
        if not trusted:
            _check(url, network)
        addresses = await _addresses(url, network, trusted=trusted)
        with _readable_errors(url):
            answer = await _get(url, addresses, limits, network)
        if isinstance(answer, bytes):
            return answer, url
        url = answer
    raise LimitError("too-many-redirects", f"{_place(url)}: comes after {limits.redirects} redirects, the most allowed")


async def _addresses(url: httpx.URL, network: Network, *, trusted: bool) -> Sequence[tuple[str, int]]:
    """The addresses and ports to connect to, all of them allowed.

    An error does not tell the address that is not: it may be one of the operator's own network.
    """
    host, port = url.raw_host.decode(), _PORTS[url.scheme] if url.port is None else url.port
    found: Sequence[tuple[str, int]]
    if not 0 < port < 2**16:
        raise ForbiddenError("malformed-uri", f"{_place(url)}: there is no such port")
    if _is_address(host):
        found = [(host, port)]
    elif _NAME.fullmatch(host):
        try:
            found = await network.resolve(host, port)
        except (OSError, UnicodeError):
            raise UnavailableError("unresolved-name", f"{host}: no address is found") from None
    else:
        raise ForbiddenError("malformed-uri", f"{_place(url)}: this is not a host's name or address")
    if not trusted and not all(network.is_allowed(ip_address(address)) for address, _ in found):
        raise ForbiddenError("forbidden-address", f"{host}: has an address that is not of the public internet")
    return found[:_MAX_ADDRESSES]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


async def _get(
    url: httpx.URL, addresses: Sequence[tuple[str, int]], limits: Limits, network: Network
) -> bytes | httpx.URL:
    """A URL's content, or the URL that it redirects to."""
    # A transport for each request: a connection that is kept would be taken for another name at the same address, of
    # which the certificate says nothing. And no client, which has ideas of its own about redirects and cookies.
    async with httpx.AsyncHTTPTransport(verify=network.tls or _default_tls(), trust_env=False) as transport:
        response = await _send(transport, url, addresses, limits.seconds / len(addresses))
        try:
            if response.status_code in _REDIRECTS and "Location" in response.headers:
                return _parse(response.headers["Location"], url)
            if response.status_code != httpx.codes.OK:
                raise UnavailableError("http-status", f"{_place(url)}: answers with status {response.status_code}")
            return await _read(response, limits.size, _place(url))
        finally:
            await response.aclose()


async def _send(
    transport: httpx.AsyncHTTPTransport, url: httpx.URL, addresses: Sequence[tuple[str, int]], patience: float
) -> httpx.Response:
    """Asks the first address that can be connected to, under the host's name. The body is not read yet.

    :param patience: for connecting to one address, seconds
    """

    async def ask(address: str, port: int) -> httpx.Response:
        request = httpx.Request(
            "GET",
            url.copy_with(host=address, port=port),
            headers={**_HEADERS, "Host": url.netloc.decode()},
            extensions={
                "sni_hostname": url.raw_host.decode(),
                "timeout": httpx.Timeout(None, connect=patience).as_dict(),
            },
        )
        return await transport.handle_async_request(request)

    for address, port in addresses[:-1]:
        with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
            return await ask(address, port)
    return await ask(*addresses[-1])


async def _read(response: httpx.Response, size: int, place: str) -> bytes:
    """A response's body, unpacked by us: httpx would unpack a bomb as a whole, and one within another."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        raise UnavailableError("bad-encoding", f"{place}: the content is encoded as {encoding[:40]!r}")
    gzip = zlib.decompressobj(zlib.MAX_WBITS | 16) if _ENCODINGS[encoding] else None
    content = bytearray()
    async for chunk in response.aiter_raw():
        try:
            content += gzip.decompress(chunk, size + 1 - len(content)) if gzip else chunk
        except zlib.error:
            raise UnavailableError("bad-encoding", f"{place}: the content is not gzip") from None
        if max(len(content), response.num_bytes_downloaded) > size:
            raise LimitError("too-large", f"{place}: the content has more than {size} bytes")
    if gzip and (not gzip.eof or gzip.unused_data):
        raise UnavailableError("bad-encoding", f"{place}: the gzip does not end where the content does")
    return bytes(content)


@functools.cache
def _default_tls() -> ssl.SSLContext:
    """Takes long to load, and may be shared."""
    return httpx.create_ssl_context(trust_env=False)


@contextlib.contextmanager
def _readable_errors(url: httpx.URL) -> Iterator[None]:
    """Turns what goes wrong with a connection into our errors."""
    try:
        yield
    except httpx.TimeoutException:
        raise LimitError("timeout", f"{_place(url)}: cannot be connected to in time") from None
    except (httpx.HTTPError, OSError) as error:
        raise UnavailableError("connection", f"{_place(url)}: {type(error).__name__}: {str(error)[:200]}") from None

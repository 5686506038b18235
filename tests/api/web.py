"""A web server on this machine, with TLS, that answers as a test says: rightly, late, too much, or not at all."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from registry_api.fetching import IPAddress, Network

PUBLIC = "127.0.0.1"
"""What stands for a public address in tests; all others are not."""

Page = Callable[[BaseHTTPRequestHandler], None]
"""What answers a request."""


@dataclass(frozen=True)
class Request:
    """What a server was asked.

    :ivar name: the one in the TLS handshake (SNI); None without TLS, and for addresses
    """

    host: str
    path: str
    name: str | None
    headers: dict[str, str]


class Site:
    """A running server.

    :ivar pages: what answers, by host and path; hosts have no port here, as they have in URLs that name none
    :ivar addresses: of each host, and ports; a host that is not here is on this server
    :ivar requests: what it was asked so far, in order
    :ivar resolved: the hosts whose addresses it was asked for
    """

    def __init__(self, address: str, port: int, trusted: ssl.SSLContext | None) -> None:
        self.address, self.port, self._trusted = address, port, trusted
        self.pages: dict[str, Page] = {}
        self.addresses: dict[str, list[tuple[str, int]]] = {}
        self.requests: list[Request] = []
        self.resolved: list[str] = []

    async def resolve(self, host: str, _port: int) -> list[tuple[str, int]]:
        """A {Resolver} that leads to this server, whatever the port."""
        self.resolved.append(host)
        return self.addresses.get(host, [(self.address, self.port)])

    @property
    def network(self) -> Network:
        """The internet, with nothing in it but this server."""
        return Network(is_allowed=_is_public, resolve=self.resolve, tls=self._trusted)


def _is_public(address: IPAddress) -> bool:
    return address == ip_address(PUBLIC)


def certificate(folder: Path, *hosts: str) -> Path:
    """A file with a key and a certificate that vouches for itself, for some hosts."""
    names = ",".join(f"DNS:{host}" for host in hosts)
    path = folder / "certificate.pem"
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", str(folder / "key.pem"))
    subject = ("-subj", "/CN=test", "-days", "2", "-addext", f"subjectAltName={names}")
    subprocess.run(["openssl", "req", "-x509", *key, *subject, "-out", str(path)], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + (folder / "key.pem").read_bytes())
    return path


@contextlib.contextmanager
def serve(certificate: Path | None, address: str = PUBLIC) -> Iterator[Site]:
    """Runs a server.

    :param certificate: as made here; None for a server without TLS
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            host = self.headers["Host"]
            name = names.get(self.connection)
            site.requests.append(
                Request(host, self.path, name, {key.lower(): text for key, text in self.headers.items()})
            )
            self.close_connection = True
            with contextlib.suppress(OSError):  # who asked may have left
                site.pages.get(f"{host}{self.path}", status(404))(self)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_: Any) -> None:
            pass

    names: dict[Any, str | None] = {}
    server = Server((address, 0), Handler)
    trusted = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda connection, name, _: names.update({connection: name})
        # The handshake is the handler's: who does not shake hands must not keep the others waiting.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        trusted = ssl.create_default_context(cafile=certificate)
    site = Site(address, server.server_port, trusted)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def mute() -> Iterator[int]:
    """A port that can be connected to, and says nothing."""
    with socket.create_server((PUBLIC, 0)) as listener:
        yield listener.getsockname()[1]


# PAGES


def body(content: bytes, **headers: str) -> Page:
    """All is well."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        _head(handler, 200, {"Content-Length": str(len(content)), **headers})
        handler.wfile.write(content)

    return page


def status(code: int, **headers: str) -> Page:
    """A status, and no body."""
    return lambda handler: _head(handler, code, {"Content-Length": "0", **headers})


def redirect(location: str, code: int = 302) -> Page:
    """Somewhere else. It wants a cookie to be kept, too."""
    return status(code, **{"Location": location, "Set-Cookie": "visited=1; Domain=test; Path=/"})


def dripping(pause: float) -> Page:
    """A byte now and then, for ever: each comes before anybody who waits for the next one gives up."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        _head(handler, 200, {})
        while True:
            handler.wfile.write(b" ")
            time.sleep(pause)

    return page


def dripping_head(pause: float) -> Page:
    """The same within the headers."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while True:
            handler.wfile.write(b"x")
            time.sleep(pause)

    return page


def late(pause: float, then: Page) -> Page:
    """Nothing for a while."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(pause)
        then(handler)

    return page


def together(number: int, then: Page) -> Page:
    """Nothing until so many have asked at once."""
    barrier = threading.Barrier(number)

    def page(handler: BaseHTTPRequestHandler) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(timeout=10)
            then(handler)

    return page


def endless(sent: list[int], **headers: str) -> Page:
    """More and more, without saying how much it is going to be.

    :param sent: takes the size of each part, bytes
    """

    def page(handler: BaseHTTPRequestHandler) -> None:
        _head(handler, 200, {"Transfer-Encoding": "chunked", **headers})
        while True:
            handler.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            sent.append(0x10000)

    return page


def cut_off(content: bytes) -> Page:
    """Less than it says."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        _head(handler, 200, {"Content-Length": str(len(content) + 1)})
        handler.wfile.write(content)

    return page


def gzipped(content: bytes, times: int = 1) -> Page:
    """Packed, once or more, one in another."""
    for _ in range(times):
        content = gzip.compress(content, mtime=0)
    return body(content, **{"Content-Encoding": ", ".join(["gzip"] * times)})


def nonsense(handler: BaseHTTPRequestHandler) -> None:
    """No HTTP."""
    handler.wfile.write(b"220 mail.test ESMTP\r\n")


def _head(handler: BaseHTTPRequestHandler, code: int, headers: dict[str, str]) -> None:
    handler.send_response(code)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()

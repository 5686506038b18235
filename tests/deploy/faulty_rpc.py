"""An RPC that fails when a test says so: a server in front of a real node, that passes requests on or does not."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

Reply = tuple[int, bytes]
Pass = Callable[[], Reply]
Rule = Callable[[str, int, Pass], Reply | None]
"""Given a method, how often it was asked for before, and what passes the request on: the reply, an HTTP status and a
body; None drops the connection."""


def honest(_method: str, _count: int, pass_on: Pass) -> Reply | None:
    """No fault."""
    return pass_on()


class FaultyRPC:
    """A running server.

    :ivar url: where it is
    :ivar node: where the node is
    :ivar rule: what it does, which may be changed at any time
    :ivar methods: what was asked for so far, in order
    """

    def __init__(self, url: str, node: str) -> None:
        self.url, self.node = url, node
        self.rule: Rule = honest
        self.methods: list[str] = []
        self._lock = threading.Lock()

    def handle(self, body: bytes) -> Reply | None:
        """The reply to a request, by the rule."""
        method = json.loads(body)["method"]
        with self._lock:
            count = self.methods.count(method)
            self.methods.append(method)

        def pass_on() -> Reply:
            answer = requests.post(self.node, data=body, headers={"Content-Type": "application/json"}, timeout=30)
            return answer.status_code, answer.content

        return self.rule(method, count, pass_on)


@contextlib.contextmanager
def faulty_rpc(node: str, path: str = "/") -> Iterator[FaultyRPC]:
    """Runs a server in front of a node.

    :param path: of its URL
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # A reply is written in two parts: without this, the second waits until the first is acknowledged.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            reply = rpc.handle(self.rfile.read(int(self.headers["Content-Length"])))
            if reply is None:
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, body = reply
            with contextlib.suppress(OSError):  # who asked may have lost patience
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    rpc = FaultyRPC(f"http://127.0.0.1:{server.server_port}{path}", node)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield rpc
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# FAULTS


def reset(_pass_on: Pass) -> Reply | None:
    """The connection is dropped before the node hears of the request."""
    return None


def reply_lost(pass_on: Pass) -> Reply | None:
    """The node hears of the request, and the connection is dropped before the reply."""
    pass_on()
    return None


def too_many_requests(_pass_on: Pass) -> Reply | None:
    """The provider's limit."""
    return 429, b'{"error": "too many requests"}'


def unavailable(_pass_on: Pass) -> Reply | None:
    """The provider's trouble."""
    return 503, b"<html>Service Unavailable</html>"


def too_slow(_pass_on: Pass) -> Reply | None:
    """No reply while anybody waits."""
    time.sleep(0.7)
    return None


def rate_limited(_pass_on: Pass) -> Reply | None:
    """The same, as an error of JSON-RPC, which cannot be told from a lasting one."""
    return 200, b'{"jsonrpc": "2.0", "id": 1, "error": {"code": -32005, "message": "limit exceeded"}}'


def not_json(_pass_on: Pass) -> Reply | None:
    """Some other server."""
    return 200, b"<html>Welcome</html>"

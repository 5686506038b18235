"""What clients need around them: a chain, and a server with agents' registration files."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from registries.demo.roster import EXAMPLES
from tests.live_chain import LiveChain, live_chain


@pytest.fixture(scope="module")
def chain() -> Iterator[LiveChain]:
    with live_chain() as chain:
        yield chain


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name in the base class
        pass


@pytest.fixture(scope="module")
def agent_files() -> Iterator[str]:
    """Serves the example registration files over HTTP and gives the URL of their folder."""
    handler = functools.partial(_Quiet, directory=str(EXAMPLES / "agents"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()

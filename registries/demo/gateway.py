"""An IPFS gateway for the examples: nobody has put them into IPFS."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from registries.demo.roster import cid


@contextlib.contextmanager
def ipfs_gateway(contents: Iterable[bytes]) -> Iterator[str]:
    """Serves files by their CIDs for as long as the block lasts, and yields the gateway's URL."""
    files = {f"/ipfs/{cid(content)}": content for content in contents}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()

"""What is reported elsewhere, to stand-ins that listen at a port: faults, traces, and nothing of a client."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import sentry_sdk
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pydantic import SecretStr
from sqlalchemy import Connection, Engine, text

from registry_api.telemetry import start_sentry
from tests.api.person import wait_for
from tests.api.serving import Village, serving
from tests.deployment import OWNER, Registries


class Collector(ThreadingHTTPServer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None: ...


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as found:
        threading.Thread(target=found.serve_forever).start()
        yield found
        found.shutdown()


@pytest.fixture
def village(registries: Registries, connection: Connection) -> Village:
    village = Village(registries, connection)
    registries.register(OWNER)
    village.follow()
    return village


def test_sentry__of_a_fault__is_told_the_trace_and_nothing_of_the_client(
    village: Village, engine: Engine, database_url: str, collector: Collector
) -> None:
    host = collector.url.removeprefix("http://")
    start_sentry(SecretStr(f"http://public@{host}/7"))
    try:
        with serving(database_url, village.source, raises=False) as api:
            with engine.begin() as connection:
                connection.execute(text("ALTER TABLE history RENAME TO elsewhere"))
            headers = {"X-Request-ID": "mine-9", "User-Agent": "a client's own"}
            assert api.ask("/agents/1/history", headers=headers, kind="transfer").status_code == 500
        sentry_sdk.flush()
    finally:
        sentry_sdk.init()
    wait_for(lambda: bool(collector.bodies))
    sent = b"\n".join(collector.bodies).decode()
    [event] = [json.loads(line) for line in sent.splitlines() if '"exception"' in line]
    assert event["exception"]["values"][-1]["type"] == "FatalError"
    assert "kind=transfer" not in sent
    assert "a client's own" not in sent


def test_traces__of_requests__go_to_the_collector_with_their_route(
    village: Village, database_url: str, collector: Collector
) -> None:
    with serving(database_url, village.source, traces_url=f"{collector.url}/v1/traces") as api:
        api.get("/agents/1/feedback")
        wait_for(lambda: bool(collector.bodies))
    names = set()
    for body in collector.bodies:
        request = ExportTraceServiceRequest.FromString(body)
        names |= {span.name for one in request.resource_spans for scope in one.scope_spans for span in scope.spans}
    assert "GET /api/v1/agents/{agent}/feedback" in names


def test_telemetry__that_is_not_set__sends_nothing(village: Village, database_url: str, collector: Collector) -> None:
    with serving(database_url, village.source) as api:
        api.get("/agents/1")
    start_sentry(None)
    assert collector.bodies == []

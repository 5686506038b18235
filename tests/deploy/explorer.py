"""A stand-in for explorers: it compiles what is submitted, and compares with the code on the chain, as they do."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import ape

from registries.build import immutable_values, run_solc
from tests.deploy.stand_in import request

KEY = "0123456789abcdef"


@functools.cache
def compiled_output(standard_input: str) -> str:
    """The compiler's answer to an input; it takes its time, and many submissions are equal."""
    return json.dumps(run_solc(Path(ape.project.path), json.loads(standard_input)))


class Site:
    """A running explorer.

    :ivar verified: the addresses that were verified so far
    :ivar pending: how often it says that it has not decided yet
    """

    def __init__(self, url: str, node: str) -> None:
        self.url, self._node = url, node
        self.verified: list[str] = []
        self.pending = 1
        self._tickets = (f"ticket-{number}" for number in itertools.count())
        self._results: dict[str, tuple[int, str]] = {}

    def judge(self, address: str, identifier: str, standard_input: dict[str, Any], arguments: str | None) -> str:
        """Compiles and compares; "" if it is the same code."""
        file, _, contract = identifier.partition(":")
        output = json.loads(compiled_output(json.dumps(standard_input)))
        compiled = output.get("contracts", {}).get(file, {}).get(contract)
        if compiled is None:
            return "does not compile"
        found = bytes.fromhex(request(self._node, "eth_getCode", address, "latest")[2:])
        built = bytes.fromhex(compiled["evm"]["deployedBytecode"]["object"])
        if immutable_values(built, found) is None:
            return "bytecode does not match"
        if arguments is not None:
            creation = compiled["evm"]["bytecode"]["object"] + arguments
            digests = request(self._node, "eth_getBlockByNumber", "latest", True)["number"]
            blocks = (request(self._node, "eth_getBlockByNumber", hex(n), True) for n in range(int(digests, 16) + 1))
            if not any(creation in sent["input"] for block in blocks for sent in block["transactions"]):
                return "constructor arguments do not match"
        self.verified.append(address)
        return ""

    def ticket(self, result: str) -> str:
        """A ticket for a result, which is told when it was asked for often enough."""
        ticket = next(self._tickets)
        self._results[ticket] = (self.pending, result)
        return ticket

    def ask(self, ticket: str) -> str | None:
        """The result; None if it is not told yet."""
        left, result = self._results[ticket]
        self._results[ticket] = (left - 1, result)
        return None if left > 0 else result


def etherscan(site: Site, query: dict[str, str], form: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """What Etherscan answers."""
    fields = {**query, **form}
    if query.get("apikey") != KEY:
        return 200, {"status": "0", "message": "NOTOK", "result": "Invalid API Key"}
    if fields["action"] == "checkverifystatus":
        result = site.ask(fields["guid"])
        if result is None:
            return 200, {"status": "0", "message": "NOTOK", "result": "Pending in queue"}
        if result:
            return 200, {"status": "0", "message": "NOTOK", "result": f"Fail - Unable to verify: {result}"}
        return 200, {"status": "1", "message": "OK", "result": "Pass - Verified"}
    if fields["contractaddress"] in site.verified:
        return 200, {"status": "0", "message": "NOTOK", "result": "Contract source code already verified"}
    result = site.judge(
        fields["contractaddress"],
        fields["contractname"],
        json.loads(fields["sourceCode"]),
        fields["constructorArguements"],
    )
    return 200, {"status": "1", "message": "OK", "result": site.ticket(result)}


def sourcify(site: Site, path: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
    """What Sourcify answers."""
    if body is None:
        result = site.ask(path.rpartition("/")[2])
        if result is None:
            return 200, {"isJobCompleted": False}
        if result:
            error = {"customCode": "no_match", "message": result}
            return 200, {"isJobCompleted": True, "contract": {"match": None}, "error": error}
        return 200, {"isJobCompleted": True, "contract": {"match": "exact_match"}}
    address = path.rpartition("/")[2]
    if address in site.verified:
        return 409, {"customCode": "already_verified", "message": "already verified"}
    result = site.judge(address, body["contractIdentifier"], body["stdJsonInput"], None)
    return 202, {"verificationId": site.ticket(result)}


@contextlib.contextmanager
def explorer(node: str) -> Iterator[Site]:
    """Runs an explorer of a node's chain: Etherscan's API at /v2/api, Sourcify's at /v2/verify."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            parts = urlsplit(self.path)
            if parts.path.startswith("/v2/verify"):
                status, answer = sourcify(site, parts.path, json.loads(body) if body else None)
            else:
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
                status, answer = etherscan(site, query, form)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Site(f"http://127.0.0.1:{server.server_port}", node)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""The read API on the demo's chain: a process with an indexer and SQLite, asked over HTTP as by anybody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from registries.anvil import free_port
from registries.demo.chain import DemoError
from registries.demo.deployment import CHAIN

ROOT = Path(__file__).parents[2]

PROGRAM = (sys.executable, "-m", "registry_api")

PATIENCE = 60.0
"""How long to wait for the API to know something, seconds."""

POLL_INTERVAL = 0.1
TIMEOUT = 10.0
"""Of one request, seconds."""


@dataclass(frozen=True)
class ReadAPI:
    """A read API that is running.

    :ivar url: what all its paths begin with
    :ivar log: the file that it writes its log to
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def at(self, path: str, **parameters: str | int) -> str:
        """The URL of a question."""
        return str(requests.Request("GET", f"{self.url}{path}", params=parameters).prepare().url)

    def fetch(self, path: str, **parameters: str | int) -> bytes:
        """What it answers.

        :raises DemoError: if it does not answer, or not with status 200
        """
        url = self.at(path, **parameters)
        try:
            response = requests.get(url, timeout=TIMEOUT)
        except requests.RequestException as error:
            raise DemoError(f"{url}: {error}") from error
        if response.status_code != requests.codes.ok:
            raise DemoError(f"{url}: status {response.status_code}: {response.text}")
        return response.content

    def get(self, path: str, **parameters: str | int) -> Any:
        """The same, as JSON says it."""
        return json.loads(self.fetch(path, **parameters))

    def catch_up(self, block: int) -> None:
        """Waits until it has a block, and has looked at the registration files of all agents.

        :raises DemoError: if it ends or takes longer than `PATIENCE`
        """
        self._wait(lambda: self._block() >= block, f"block {block}")
        self._wait(lambda: not self.get("/agents", file="not_fetched")["data"], "the registration files")

    def end(self) -> None:
        """Ends the process."""
        self.process.terminate()
        self.process.wait()

    def _block(self) -> int:
        """The block that it is at; -1 before it has begun."""
        try:
            [chain] = requests.get(f"{self.url}/chains", timeout=TIMEOUT).json()["data"]
        except requests.ConnectionError:
            return -1
        return int(chain["at"]["block"]) if chain["at"] else -1

    def _wait(self, is_so: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            if self.process.poll() is not None or time.monotonic() > deadline:
                state = "does not get" if self.process.poll() is None else "ended before it had"
                raise DemoError(f"the read API {state} {what}:\n{self.log.read_text(encoding='utf-8')[-2000:]}")
            time.sleep(POLL_INTERVAL)


def start_read_api(rpc_url: str, folder: Path, gateway: str) -> ReadAPI:
    """Starts it; ending it is up to the caller.

    :param folder: has the address config; for database and log, too
    :param gateway: the URL of an IPFS gateway
    """
    port, log = free_port(), folder / "read-api.log"
    settings = {
        CHAIN.rpc_variable: rpc_url,
        "REGISTRY_API_DEPLOYMENTS": str(folder),
        "REGISTRY_API_DATABASE_URL": f"sqlite:///{folder / 'read-api.db'}",
        "REGISTRY_API_IPFS_GATEWAY": gateway,
        "REGISTRY_API_POLL": "0.2",
    }
    # Whatever else is set here is for another one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REGISTRY_API_")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*PROGRAM, "run", "--port", str(port)],
            cwd=ROOT,
            env=environment | settings,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return ReadAPI(f"http://127.0.0.1:{port}/api/v1", process, log)


def replay_score(document: bytes) -> str:
    """What `registry-api score` says of a score.

    :param document: what the API answered
    :raises DemoError: if the score does not follow from its inputs
    """
    done = subprocess.run([*PROGRAM, "score", "-"], cwd=ROOT, input=document, capture_output=True, check=False)
    if done.returncode != 0:
        raise DemoError(f"registry-api score: {(done.stdout + done.stderr).decode()}")
    return done.stdout.decode().strip()

"""Somebody at a command line: processes, settings from the environment, and HTTP."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from sqlalchemy import Engine

from registries.anvil import free_port
from registry_api.database import open_database

PATIENCE = 30.0
"""Seconds."""


class Person:
    """Somebody with a database, the RPC of a chain, and the address configs in a folder."""

    def __init__(self, rpc_url: str, folder: Path, database_url: str) -> None:
        self.url = database_url
        self._environment = {
            **os.environ,
            "BASE_SEPOLIA_RPC_URL": rpc_url,
            "REGISTRY_API_DATABASE_URL": database_url,
            "REGISTRY_API_DEPLOYMENTS": str(folder),
            "REGISTRY_API_POLL": "0.1",
        }

    def start(self, *words: str, **settings: str) -> subprocess.Popen[str]:
        """Gives a command."""
        return subprocess.Popen(
            [sys.executable, "-m", "registry_api", *words],
            env={**self._environment, **settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def gives(self, *words: str, status: int = 0, **settings: str) -> str:
        """What a command shows until it ends.

        :param status: the one that it has to end with
        """
        process = self.start(*words, **settings)
        try:
            shown, _ = process.communicate(timeout=2 * PATIENCE)
        finally:
            process.kill()
        assert process.returncode == status, shown
        return shown

    def engine(self) -> Engine:
        """The database."""
        return open_database(self.url, writes=False)

    @contextlib.contextmanager
    def answered(self, command: str, **settings: str) -> Iterator[Running]:
        """Runs `serve` or `run` for as long as the block lasts, unless that ends it before."""
        port = free_port()
        process = self.start(command, "--port", str(port), **settings)
        running = Running(process, f"http://127.0.0.1:{port}/api/v1")
        try:
            wait_for(running.is_up)
            yield running
        finally:
            process.kill()
            # For who reads of a failure.
            print(process.communicate()[0])


class Running(NamedTuple):
    """A process that answers.

    :ivar url: what its paths begin with
    """

    process: subprocess.Popen[str]
    url: str

    def is_up(self) -> bool:
        """Whether it answers."""
        assert self.process.poll() is None, self.process.communicate()
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/chains").status_code == 200
        return False

    def ask(self, path: str, **parameters: Any) -> httpx.Response:
        """What it answers."""
        return httpx.get(self.url + path, params=parameters, timeout=PATIENCE)

    def data(self, path: str, **parameters: Any) -> Any:
        """The data that it answers; None if there are none."""
        response = self.ask(path, **parameters)
        return response.json()["data"] if response.status_code == 200 else None


def wait_for(condition: Callable[[], Any], why: Callable[[], str] = lambda: "it does not come to pass") -> None:
    """Until something holds.

    :param why: what to say if it does not
    :raises AssertionError: if it does not within `PATIENCE`
    """
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, why()
        time.sleep(0.01)

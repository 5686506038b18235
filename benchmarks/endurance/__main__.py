"""Runs the system under load, kills its parts one after the other, and judges every answer: `make load`."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import click
import psycopg
from rich.console import Console

from benchmarks.endurance import report
from benchmarks.endurance.asking import Answered, Clients
from benchmarks.endurance.judging import head, judge
from benchmarks.endurance.site import Site, site
from benchmarks.endurance.writing import Writer
from benchmarks.workload import MIX

SLICE = 10
"""Of the charts, seconds."""
LAG = 2
"""Blocks behind the chain within which an indexer is said to follow it."""

console = Console()


class Part(Protocol):
    """What can be killed and started again."""

    def end(self, how: signal.Signals) -> Any: ...

    def start(self) -> None: ...


class Fault(NamedTuple):
    """What happens in the middle.

    :ivar away: until it is started again, seconds
    """

    name: str
    parts: Callable[[Site], list[Part]]
    how: signal.Signals
    away: float


FAULTS = (
    Fault("replica killed", lambda site: [site.replicas[0]], signal.SIGKILL, 10),
    Fault("indexer killed, the other takes over", lambda site: [site.indexers[0]], signal.SIGKILL, 10),
    Fault("Redis killed", lambda site: [site.redis], signal.SIGKILL, 20),
    Fault("PostgreSQL killed", lambda site: [site.database], signal.SIGKILL, 10),
    Fault("chain node killed, loses its last blocks", lambda site: [site.node], signal.SIGKILL, 15),
    Fault("all replicas restarted, one by one", lambda site: list(site.replicas), signal.SIGTERM, 0),
)


class Sample(NamedTuple):
    """How things are at a moment.

    :ivar at: seconds from the beginning
    :ivar lag: of the database behind the chain, blocks; None while either is away
    :ivar memory: bytes by part
    """

    at: float
    lag: int | None
    memory: dict[str, int]


class Watch(threading.Thread):
    """Takes samples."""

    def __init__(self, site: Site, now: Callable[[], float]) -> None:
        super().__init__(daemon=True)
        self._site, self._now, self._ending = site, now, threading.Event()
        self.samples: list[Sample] = []

    def run(self) -> None:
        while not self._ending.wait(1):
            self.samples.append(Sample(self._now(), self._lag(), self._site.memory()))

    def stop(self) -> None:
        self._ending.set()
        self.join()

    def _lag(self) -> int | None:
        try:
            with psycopg.connect(self._site.database.url, connect_timeout=2) as connection:
                row = connection.execute("SELECT block FROM chains").fetchone()
            return None if row is None else head(self._site) - int(row[0])
        except (psycopg.Error, OSError, RuntimeError):
            return None


@click.command()
@click.option("--minutes", type=float, default=30.0, show_default=True)
@click.option("--rate", type=int, default=200, show_default=True, help="Requests a second.")
def main(minutes: float, rate: int) -> None:
    """Put load on a system whose parts are killed, and judge what it answered."""
    with tempfile.TemporaryDirectory() as folder, site(Path(folder)) as running:
        console.print(f"{rate} requests a second for {minutes:g} minutes at {running.front}")
        figures, offences = _play(running, minutes * 60, rate)
    report.write(figures)
    console.print_json(json.dumps({name: figures[name] for name in ("verdict", "faults", "latency")}))
    if offences:
        console.print("\n".join(offences), style="red", markup=False)
        sys.exit(1)


def _play(running: Site, seconds: float, rate: int) -> tuple[dict[str, Any], list[str]]:
    writer = Writer(running)
    clients = Clients(running, writer, rate)
    watch = Watch(running, clients.now)
    happened: list[tuple[float, float]] = []
    writer.start()
    watch.start()
    asyncio.run(_ask_and_break(running, seconds, clients, happened))
    writer.stop()
    time.sleep(20)
    watch.stop()
    verdict = judge(running, clients.told)
    lost = _lost(running, clients)
    parity = subprocess.run(
        [sys.executable, "-m", "registry_api", "check"],
        env=running.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    forged = [line for line in running.logs() if not _is_ours(line, running.key)]
    offences = [*verdict.wrong, *lost, *clients.offences, *forged]
    if parity.returncode:
        offences.append(parity.stdout + parity.stderr)
    figures = {
        "of": {
            "seconds": seconds,
            "rate": rate,
            "mix": MIX,
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "versions": {name: version(name) for name in ("fastapi", "sqlalchemy", "psycopg", "uvicorn", "redis")},
        },
        "verdict": {
            "requests": len(clients.answered),
            "statuses": dict(sorted(Counter(str(one.status) for one in clients.answered).items())),
            "refused": dict(Counter(f"{one.kind} {one.status}" for one in clients.answered if 400 <= one.status < 500)),
            "agents_judged": verdict.right,
            "of_reorganised_blocks": verdict.reorganised,
            "wrong": len(verdict.wrong),
            "transactions_sent": writer.sent,
            "payments_linked": len(clients.linked),
            "rows_lost": len(lost),
            "parity": "clean" if parity.returncode == 0 else "differs",
            "malicious_requests": len(clients.malicious),
            "malicious_statuses": dict(sorted(Counter(str(status) for _, status in clients.malicious).items())),
            "offences": len(clients.offences),
            "strange_log_lines": len(forged),
        },
        "latency": _latency(clients.answered),
        "faults": _recoveries(happened, clients.answered, watch.samples, seconds),
        "slices": _slices(clients.answered),
        "samples": [
            {"at": round(one.at), "lag": one.lag, "memory": {name: size // 2**20 for name, size in one.memory.items()}}
            for one in watch.samples[::SLICE]
        ],
    }
    return figures, offences


async def _ask_and_break(running: Site, seconds: float, clients: Clients, happened: list[tuple[float, float]]) -> None:
    # A part that does not start again ends all of it.
    async with asyncio.TaskGroup() as group:
        group.create_task(clients.ask(seconds))
        group.create_task(_break(running, seconds, clients, happened))


async def _break(running: Site, seconds: float, clients: Clients, happened: list[tuple[float, float]]) -> None:
    for number, fault in enumerate(FAULTS, start=1):
        due = seconds * number / (len(FAULTS) + 2)
        await asyncio.sleep(max(0.0, due - clients.now()))
        begun = clients.now()
        console.print(f"  {begun:6.0f} s  {fault.name}")
        for part in fault.parts(running):
            await asyncio.to_thread(part.end, fault.how)
            await asyncio.sleep(fault.away)
            await asyncio.to_thread(part.start)
        happened.append((begun, clients.now()))


def _lost(running: Site, clients: Clients) -> list[str]:
    """Links that somebody was told of, and the database does not have, or its audit trail."""
    with psycopg.connect(running.database.url) as connection:
        kept = {row[0] for row in connection.execute("SELECT transaction FROM payments")}
        audited = {
            json.loads(row[0])["transaction"]
            for row in connection.execute("SELECT after FROM audit WHERE changed_table = 'payments'")
        }
    return [f"lost: {one}" for one in clients.linked if one.transaction not in kept & audited]


def _is_ours(line: str, key: str) -> bool:
    """Whether a line of the log is one that the program wrote, without the key."""
    try:
        event = json.loads(line)
    except ValueError:
        return False
    return event.get("event") != "forged" and key not in line


def _latency(answered: list[Answered]) -> dict[str, dict[str, float]]:
    """By kind, milliseconds; without those that failed."""
    found = {}
    well = [one for one in answered if 0 < one.status < 500]
    for kind in (*MIX, "all"):
        taken = [one.taken * 1_000 for one in well if kind in {one.kind, "all"}]
        cuts = statistics.quantiles(taken, n=100)
        found[kind] = {"requests": len(taken), **{f"p{at}": round(cuts[at - 1], 1) for at in (50, 95, 99)}}
    return found


def _recoveries(
    happened: list[tuple[float, float]], answered: list[Answered], samples: list[Sample], seconds: float
) -> list[dict[str, Any]]:
    rows = []
    ends = [*(begun for begun, _ in happened[1:]), seconds]
    for fault, (begun, started), end in zip(FAULTS, happened, ends, strict=True):
        failed = [one for one in answered if begun <= one.due < end and (one.status == 0 or one.status >= 500)]
        # Writers' own refusals are due to the chain node, and drafts need it.
        reads = [one.due + one.taken for one in failed if one.kind != "draft"]
        behind = [one.at for one in samples if begun <= one.at < end and (one.lag is None or one.lag > LAG)]
        rows.append(
            {
                "what": fault.name,
                "at": round(begun),
                "started_again": round(started - begun, 1),
                "failed_reads": len(reads),
                "failed_drafts": len(failed) - len(reads),
                "reads_recovered": round(max(reads) - begun, 1) if reads else 0.0,
                "indexing_recovered": round(max(behind) + 1 - begun, 1) if behind else 0.0,
            }
        )
    return rows


def _slices(answered: list[Answered]) -> list[dict[str, Any]]:
    rows = []
    for number, group in groupby(sorted(answered), key=lambda one: int(one.due // SLICE)):
        one_slice = list(group)
        taken = [one.taken * 1_000 for one in one_slice]
        cuts = statistics.quantiles(taken, n=100) if len(taken) > 1 else taken * 99
        failed = sum(one.status == 0 or one.status >= 500 for one in one_slice)
        percentiles = {f"p{at}": round(cuts[at - 1], 1) for at in (50, 95, 99)}
        rows.append({"at": number * SLICE, "requests": len(one_slice), "failed": failed, **percentiles})
    return rows


if __name__ == "__main__":
    main()

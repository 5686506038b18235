"""The commands: `registry-api migrate`, `index`, `serve`, `run`, `check`, `score`."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO

import click
import uvicorn
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, select

from registries.address_config import AddressConfigError
from registries.chains import chain_of, rpc_url_of
from registries.errors import DeploymentError
from registry_api import logs, migrations, replay
from registry_api.app import create_app
from registry_api.chain import RPCChain, RPCState
from registry_api.check import differences
from registry_api.collector import collect_rarely
from registry_api.config import Settings
from registry_api.database import open_database, told_apart
from registry_api.errors import IndexingError
from registry_api.follow import follow
from registry_api.source import Source
from registry_api.tables import chains
from registry_api.workers import run_files, run_scores


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
@click.option("--once", is_flag=True, help="End at the head of each chain, when no file is due.")
def index(*, once: bool) -> None:
    """Follow the chains of all address configs, fetch files and compute scores, until interrupted."""
    with _readable():
        settings = Settings()
        stop = threading.Event()
        _when_interrupted(stop.set)
        chains_work, others = _work(settings, _open(settings), stop, once=once)
        if once:
            # What is to be fetched and scored is known at the end.
            _together(chains_work, stop)
            _together(others, stop)
        else:
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


@main.command()
@click.option("--sample", type=click.IntRange(min=1), help="So many rows of each table, drawn at random.")
def check(sample: int | None) -> None:
    """Compare the database with what the contracts say at the same block; exit status 1 if they differ."""
    with _readable():
        settings = Settings()
        found = 0
        engine = _open(settings, writes=False)
        # All rows and the block have to be of one moment, while an indexer goes on.
        level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
        for source in settings.sources():
            with engine.connect().execution_options(**level) as connection:
                for difference in differences(connection, source, _state(connection, source), sample=sample):
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
    return chains_work, [partial(one, engine, settings, stop, once=once) for one in (run_files, run_scores)]


def _together(work: Sequence[Work], stop: threading.Event) -> None:
    """Does all of it at once. If one fails, all end."""
    with ThreadPoolExecutor(len(work)) as pool:
        running = [pool.submit(one) for one in work]
        done, _ = wait(running, return_when=FIRST_EXCEPTION)
        if any(one.exception() for one in done):
            stop.set()
    for one in running:
        one.result()


def _server(settings: Settings, host: str, port: int) -> uvicorn.Server:
    """What answers requests, until interrupted."""
    # Threads read the database: none of them may hold up the others, and the answers, for 5 milliseconds.
    sys.setswitchinterval(0.001)
    app = create_app(settings)
    collect_rarely()
    config = uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False)
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
    with engine.connect() as connection:
        migrations.check_current(connection)
    return engine


def _opener(source: Source) -> Callable[[], RPCChain]:
    chain = chain_of(str(source.chain_id))
    url = rpc_url_of(chain)
    return lambda: RPCChain(chain, url, source.registries)


def _state(connection: Connection, source: Source) -> RPCState:
    """The contracts at the block that the database is at."""
    block_hash = connection.scalars(select(chains.c.block_hash).where(chains.c.chain_id == source.chain_id)).one()
    addresses = {name: address for address, name in source.registries.items()}
    return RPCState(_opener(source)(), addresses, block_hash)


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

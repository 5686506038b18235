"""The commands: `registry-api migrate`, `index`, `check`."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager

import click
from pydantic import ValidationError
from sqlalchemy import Connection, Engine, select

from registries.address_config import AddressConfigError
from registries.chains import chain_of, rpc_url_of
from registries.errors import DeploymentError
from registry_api import migrations
from registry_api.chain import RPCChain, RPCState
from registry_api.check import differences
from registry_api.config import Settings
from registry_api.database import open_database
from registry_api.errors import IndexingError
from registry_api.follow import follow
from registry_api.source import Source
from registry_api.tables import chains


@click.group()
def main() -> None:
    """The read API of the ERC-8004 registries and its indexer."""


@main.command()
def migrate() -> None:
    """Bring the database to the form that this version needs."""
    with _readable():
        engine = open_database(Settings().database_url.get_secret_value(), writes=True)
        with engine.begin() as connection:
            migrations.upgrade(connection)


@main.command()
@click.option("--once", is_flag=True, help="End at the head of each chain.")
def index(*, once: bool) -> None:
    """Follow the chains of all address configs, until interrupted."""
    with _readable():
        settings = Settings()
        sources = settings.sources()
        engine = _open(settings)
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        with ThreadPoolExecutor(len(sources)) as pool:
            running = [
                pool.submit(follow, engine, source, _opener(source), stop, poll=settings.poll, once=once)
                for source in sources
            ]
            done, _ = wait(running, return_when=FIRST_EXCEPTION)
            stop.set()
            for one in done:
                one.result()


@main.command()
@click.option("--sample", type=click.IntRange(min=1), help="So many rows of each table, drawn at random.")
def check(sample: int | None) -> None:
    """Compare the database with what the contracts say at the same block; exit status 1 if they differ."""
    with _readable():
        settings = Settings()
        found = 0
        with _open(settings).connect() as connection:
            for source in settings.sources():
                for difference in differences(connection, source, _state(connection, source), sample=sample):
                    click.echo(f"{source.name}: {difference}")
                    found += 1
        click.echo(f"{found} differences" if found else "The database says what the chain says.")
        if found:
            sys.exit(1)


def _open(settings: Settings) -> Engine:
    engine = open_database(settings.database_url.get_secret_value(), writes=True)
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
        yield
    except ValidationError as error:
        # Without the values: a database's URL has a password in it.
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise click.ClickException(f"settings: {problems}") from None
    except (IndexingError, DeploymentError, AddressConfigError, ValueError) as error:
        raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()

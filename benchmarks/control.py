"""The same piece of indexing, again and again, into a small database beside a large one that is being filled.

What takes it longer is the machine or the server, and not the size. It runs in a process of its own, so that its memory
is not counted as the indexer's.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from sqlalchemy import URL, Engine, make_url, text

from benchmarks.population import Population
from registry_api import indexes, migrations
from registry_api.collector import collect_rarely
from registry_api.database import open_database
from registry_api.indexer import Indexer

AGENTS = 10_000
FEEDBACK = 50_000
"""From the second on that an agent is given."""


class Control:
    """A small database, and how long it takes to fill it.

    :param url: of the large one
    """

    def __init__(self, url: str) -> None:
        self._url = _beside(make_url(url)).render_as_string(hide_password=False)

    def seconds(self) -> float:
        """For `FEEDBACK`, as a first build takes it."""
        ran = subprocess.run(
            [sys.executable, "-m", "benchmarks.control", self._url], check=True, stdout=subprocess.PIPE, text=True
        )
        return float(ran.stdout.splitlines()[-1])


def _beside(large: URL) -> URL:
    if large.get_backend_name() == "sqlite":
        return large.set(database=f"{large.database}.control")
    engine = open_database(large.render_as_string(hide_password=False), writes=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # It is there if a run was stopped.
        connection.execute(text("DROP DATABASE IF EXISTS control"))
        connection.execute(text("CREATE DATABASE control"))
    engine.dispose()
    return large.set(database="control")


def measure(url: str) -> float:
    """Fills the database, and empties it again.

    :returns: how long feedback took, seconds
    """
    collect_rarely()
    engine = open_database(url, writes=True)
    with engine.begin() as connection:
        migrations.upgrade(connection)
    indexes.postpone(engine)
    population = Population(AGENTS, AGENTS, later=FEEDBACK)
    _index(engine, population)
    population.go_on()
    begun = time.perf_counter()
    _index(engine, population)
    taken = time.perf_counter() - begun
    indexes.complete(engine, threading.Event(), poll=1)
    with engine.begin() as connection:
        migrations.downgrade(connection)
    return taken


def _index(engine: Engine, population: Population) -> None:
    with engine.connect() as connection:
        indexer = Indexer(connection, population, population.source)
        indexer.start()
        while indexer.step():
            pass


if __name__ == "__main__":
    print(round(measure(sys.argv[1]), 2))

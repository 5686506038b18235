"""Checks that go on beside the indexer, on a real chain: what they find is counted and logged."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from structlog.testing import capture_logs

from registry_api import metrics
from registry_api.chain import RPCChain
from registry_api.checks import run_checks
from registry_api.errors import RetryableError
from registry_api.source import Source
from registry_api.tables import agents
from tests.api.following import index
from tests.api.person import wait_for
from tests.api.world import World
from tests.deployment import OWNER, STRANGER


@contextmanager
def checking(engine: Engine, world: World, open_chain: Callable[[Source], RPCChain]) -> Iterator[None]:
    """Checks again and again."""
    stop = threading.Event()

    def run() -> None:
        run_checks(engine, [world.source], open_chain, stop, every=0.05, sample=1_000)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def found(world: World, name: str) -> float | None:
    return metrics.REGISTRY.get_sample_value(f"registry_api_check_{name}", {"chain": str(world.source.chain_id)})


def test_run_checks__while_something_differs__count_it_until_it_is_mended(engine: Engine, world: World) -> None:
    with engine.connect() as connection:
        index(connection, world.chain(), world.source)
    with capture_logs() as logs, checking(engine, world, lambda _: world.chain()):
        wait_for(lambda: found(world, "differences") == 0)
        assert abs((found(world, "time_seconds") or 0) - time.time()) < 30
        with engine.begin() as connection:
            connection.execute(agents.update().values(owner=STRANGER))
        wait_for(lambda: found(world, "differences") == 1)
        with engine.begin() as connection:
            connection.execute(agents.update().values(owner=str(OWNER)))
        wait_for(lambda: found(world, "differences") == 0)
    [difference] = {line["difference"] for line in logs if line["event"] == "database differs from the chain"}
    assert "ownerOf" in difference
    assert str(STRANGER) in difference


def test_run_checks__of_what_agrees__roll_nothing_back(engine: Engine, world: World) -> None:
    with engine.connect() as connection:
        index(connection, world.chain(), world.source)
    taken_back = metrics.REGISTRY.get_sample_value("registry_api_database_rollbacks_total")
    before = found(world, "time_seconds") or 0.0
    with checking(engine, world, lambda _: world.chain()):
        wait_for(lambda: (found(world, "time_seconds") or 0.0) > before)
    assert metrics.REGISTRY.get_sample_value("registry_api_database_rollbacks_total") == taken_back


def test_run_checks__without_an_rpc__say_so_and_go_on(engine: Engine, world: World) -> None:
    with engine.connect() as connection:
        index(connection, world.chain(), world.source)
    tries = iter(range(1_000))

    def open_chain(_source: Source) -> RPCChain:
        if next(tries) < 2:
            raise RetryableError("no answer")
        return world.chain()

    before = found(world, "time_seconds") or 0.0
    with capture_logs() as logs, checking(engine, world, open_chain):
        wait_for(lambda: (found(world, "time_seconds") or 0.0) > before)
    assert [line["event"] for line in logs].count("not checked") == 2

"""The indexer on a real chain: anvil, the registries deployed as a deployer would, and an RPC that has its ways."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, select

from registries.chains import chain_of
from registry_api.chain import RPCChain
from registry_api.errors import FatalError, RetryableError
from registry_api.indexer import Indexer
from registry_api.tables import agents, chains, feedback
from tests.api.following import index
from tests.api.world import World
from tests.deploy.faulty_rpc import Pass, Reply, faulty_rpc, too_many_requests
from tests.deploy.stand_in import request
from tests.deployment import OWNER

NOTHING = bytes(32)


def test_index__of_a_real_chain__agrees_with_it(world: World, connection: Connection) -> None:
    index(connection, world.chain(), world.source)
    assert [row.owner for row in connection.execute(select(agents))] == [OWNER]
    assert world.parity(connection) == []


def test_index__given_a_reorganisation__follows(world: World, connection: Connection) -> None:
    index(connection, world.chain(), world.source)
    connection.commit()
    request(world.url, "anvil_reorg", 2, [])
    world.rate(10)
    index(connection, world.chain(), world.source)
    values = [row.value for row in connection.execute(select(feedback).order_by(feedback.c.given_block))]
    assert values[-1] == 10
    assert world.parity(connection) == []


def test_index__given_a_reorganisation_of_final_blocks__refuses(world: World, connection: Connection) -> None:
    index(connection, world.chain(), world.source)
    connection.commit()
    request(world.url, "anvil_reorg", 5, [])
    with pytest.raises(FatalError, match="reorganised more deeply than the confirmations"):
        index(connection, world.chain(), world.source)


def test_index__given_an_rpc_with_short_ranges__asks_for_less(world: World, connection: Connection) -> None:
    for _ in range(20):
        world.rate(50)

    def short(method: str, _count: int, pass_on: Pass) -> Reply | None:
        reply = pass_on()
        if method == "eth_getLogs" and reply is not None and len(json.loads(reply[1])["result"]) > 4:
            error = {"code": -32005, "message": "query returned more than 4 results"}
            return 200, json.dumps({"jsonrpc": "2.0", "id": 1, "error": error}).encode()
        return reply

    with faulty_rpc(world.url) as rpc:
        rpc.rule = short
        index(connection, world.chain(rpc.url), world.source)
    assert world.parity(connection) == []


def test_step__given_an_rpc_that_goes_away__changes_nothing_and_can_be_repeated(world: World, engine: Engine) -> None:
    with faulty_rpc(world.url) as rpc, engine.connect() as connection:
        indexer = Indexer(connection, world.chain(rpc.url), world.source)
        indexer.start()
        rpc.rule = lambda method, _count, pass_on: too_many_requests(pass_on) if method == "eth_getLogs" else pass_on()
        with pytest.raises(RetryableError, match="429"):
            indexer.step()
        assert connection.scalars(select(chains.c.block)).one() == world.source.start_block - 1
        connection.commit()
        rpc.rule = lambda _method, _count, pass_on: pass_on()
        while indexer.step():
            pass
        assert world.parity(connection) == []


def test_chain__given_another_chain__refuses(world: World) -> None:
    with pytest.raises(FatalError, match="has chain id 1, but the RPC's is 84532"):
        RPCChain(chain_of("1"), world.url, world.source.registries)


def test_start__given_a_database_of_other_registries__refuses(world: World, connection: Connection) -> None:
    index(connection, world.chain(), world.source)
    connection.commit()
    with pytest.raises(FatalError, match="the database is about"):
        index(connection, world.chain(), replace(world.source, identity=OWNER))

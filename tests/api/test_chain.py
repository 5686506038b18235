"""The indexer on a real chain: anvil, the registries deployed as a deployer would, and an RPC that has its ways."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select
from web3 import Web3

from registries.address_config import AddressConfig
from registries.anvil import anvil
from registries.build import Build, trusted_build
from registries.chains import chain_of
from registry_api.chain import RPCChain, RPCState
from registry_api.check import differences
from registry_api.errors import FatalError, RetryableError
from registry_api.indexer import Indexer
from registry_api.source import Source
from registry_api.tables import agents, chains, feedback
from tests.api.following import index
from tests.deploy.faulty_rpc import Pass, Reply, faulty_rpc, too_many_requests
from tests.deploy.stand_in import deploy, fund, order_for, request, send_as
from tests.deployment import CLIENT, OWNER

NOTHING = bytes(32)


class World:
    """A chain with our registries, and people who use them."""

    def __init__(self, url: str, config: AddressConfig, build: Build) -> None:
        self.url, self.config, self._build = url, config, build
        self.source = Source(
            chain_id=84532,
            name="base:sepolia",
            identity=config.identity.address,
            reputation=config.reputation.address,
            validation=config.validation.address,
            start_block=config.identity.block,
            confirmations=3,
        )

    def do(self, sender: str, registry: str, function: str, *arguments: Any) -> None:
        """A transaction in a block of its own."""
        address = self.config.registries[registry].address
        contract = Web3().eth.contract(Web3.to_checksum_address(address), abi=self._build.abi(registry))
        send_as(self.url, sender, address, contract.encode_abi(function, list(arguments)))

    def rate(self, value: int) -> None:
        self.do(CLIENT, "reputation", "giveFeedback", 1, value, 0, "starred", "", "", "", NOTHING)

    def chain(self, url: str = "") -> RPCChain:
        return RPCChain(chain_of("84532"), url or self.url, self.source.registries, backoff=0.01)

    def parity(self, connection: Connection) -> list[Any]:
        block_hash = connection.scalars(select(chains.c.block_hash)).one()
        addresses = {name: address for address, name in self.source.registries.items()}
        return list(differences(connection, self.source, RPCState(self.chain(), addresses, block_hash)))


@pytest.fixture(scope="module")
def build() -> Build:
    return trusted_build()


@pytest.fixture
def world(build: Build, tmp_path: Path) -> Iterator[World]:
    """An agent that was rated twice, on a chain of its own: one that was reorganised cannot be reset."""
    with anvil("--chain-id", "84532") as url:
        world = World(url, deploy(order_for(fund(url), build, tmp_path / "deployments")), build)
        world.do(OWNER, "identity", "register", "ipfs://first")
        for value in (80, 90):
            world.rate(value)
        yield world


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

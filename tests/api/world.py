"""A real chain for the indexer: anvil, with the registries deployed as a deployer would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from web3 import Web3

from registries.address_config import AddressConfig
from registries.anvil import anvil
from registries.build import Build, trusted_build
from registries.chains import chain_of
from registry_api.chain import RPCChain, RPCState
from registry_api.check import differences
from registry_api.source import Source
from registry_api.tables import chains
from tests.deploy.stand_in import deploy, fund, order_for, send_as
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


@contextmanager
def living(folder: Path) -> Iterator[World]:
    """A chain of its own with an agent that was rated twice.

    :param folder: for the address config
    """
    build = trusted_build()
    with anvil("--chain-id", "84532") as url:
        world = World(url, deploy(order_for(fund(url), build, folder)), build)
        world.do(OWNER, "identity", "register", "ipfs://first")
        for value in (80, 90):
            world.rate(value)
        yield world

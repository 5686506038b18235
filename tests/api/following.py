"""Following a recorded chain, and what the database then has to say."""

from __future__ import annotations

from sqlalchemy import Connection

from registry_api.chain import ChainReader
from registry_api.indexer import Indexer
from registry_api.source import Source
from tests.attack.weak import WeakRegistries
from tests.deployment import Registries
from tests.evm import CHAIN_ID

CONFIRMATIONS = 3


def source_of(registries: Registries) -> Source:
    """The registries of a test, on a chain that began with them."""
    return Source(
        chain_id=CHAIN_ID,
        name="test",
        identity=registries.identity.address,
        reputation=registries.reputation.address,
        validation=None if isinstance(registries, WeakRegistries) else registries.validation.address,
        start_block=0,
        confirmations=CONFIRMATIONS,
    )


def index(connection: Connection, chain: ChainReader, source: Source) -> None:
    """Brings a database up to a chain's head."""
    indexer = Indexer(connection, chain, source)
    indexer.start()
    while indexer.step():
        pass

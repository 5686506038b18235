from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from registry_api.database import open_database
from registry_api.tables import metadata
from tests.attack.weak import WeakRegistries, deploy_weak_registries
from tests.evm import EVM


@pytest.fixture
def weak_registries(evm: EVM) -> WeakRegistries:
    """As indexers meet them in public."""
    return deploy_weak_registries(evm)


@pytest.fixture
def connection() -> Iterator[Connection]:
    """An empty database, to write with."""
    engine = open_database("sqlite://", writes=True)
    metadata.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()

from __future__ import annotations

from collections.abc import Iterator

import pytest

from registries.anvil import anvil
from registries.build import Build, trusted_build
from tests.deploy.stand_in import fund, undone


@pytest.fixture(scope="session")
def built() -> Build:
    """The build, proven once for all tests."""
    return trusted_build()


@pytest.fixture(scope="module")
def node() -> Iterator[str]:
    """A stand-in for Base Sepolia that takes each transaction at once, with the deployer funded."""
    with anvil("--chain-id", "84532") as url:
        yield fund(url)


@pytest.fixture
def chain(node: str) -> Iterator[str]:
    """The stand-in, as it was before once the test has ended."""
    with undone(node) as url:
        yield url

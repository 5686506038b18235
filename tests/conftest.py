"""The registries, freshly deployed on the in-process EVM for each test."""

from __future__ import annotations

import pytest

from tests.deployment import Registries, deploy_registries
from tests.evm import EVM


@pytest.fixture
def evm() -> EVM:
    return EVM()


@pytest.fixture
def registries(evm: EVM) -> Registries:
    return deploy_registries(evm)

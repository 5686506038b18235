"""The weak counterpart of the `registries` fixture."""

from __future__ import annotations

import pytest

from tests.attack.weak import WeakRegistries, deploy_weak_registries
from tests.evm import EVM


@pytest.fixture
def weak_registries(evm: EVM) -> WeakRegistries:
    return deploy_weak_registries(evm)

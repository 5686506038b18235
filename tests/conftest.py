"""The registries, freshly deployed on the in-process EVM for each test; and how long Hypothesis searches."""

from __future__ import annotations

import os

import pytest
from hypothesis import Phase, settings

from tests.deployment import Registries, deploy_registries
from tests.evm import EVM

# No deadline: the time of an example depends on the machine alone.
settings.register_profile("quick", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=250, deadline=None)
settings.register_profile("deep", max_examples=2_000, deadline=None)
# For who asks whether something fails, and not why: no search for the smallest example.
settings.register_profile("verdict", settings.get_profile("quick"), phases=[Phase.explicit, Phase.generate])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture
def evm() -> EVM:
    return EVM()


@pytest.fixture
def registries(evm: EVM) -> Registries:
    return deploy_registries(evm)

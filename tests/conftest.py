"""The registries, freshly deployed on the in-process EVM for each test; and how long Hypothesis searches.

HYPOTHESIS_PROFILE, or pytest's `--hypothesis-profile`, chooses a profile: `quick` tries something else in each run,
`ci` the same in each run, `deep` much more, `verdict` as much as `ci` for who asks whether something fails and not why:
no failure is made smaller, none is kept.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.deployment import Registries, deploy_registries
from tests.evm import EVM

settings.register_profile(
    "quick",
    max_examples=40,
    stateful_step_count=60,
    deadline=None,  # an example's time depends on the machine alone
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("ci", settings.get_profile("quick"), derandomize=True, print_blob=True)
settings.register_profile("deep", settings.get_profile("quick"), max_examples=2_000, stateful_step_count=200)
settings.register_profile("verdict", settings.get_profile("ci"), phases=[Phase.explicit, Phase.generate], database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "quick"))


@pytest.fixture
def evm() -> EVM:
    return EVM()


@pytest.fixture
def registries(evm: EVM) -> Registries:
    return deploy_registries(evm)

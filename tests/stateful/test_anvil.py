"""Histories on anvil, through Ape: the two EVMs agree, because each agrees with the model."""

from __future__ import annotations

from collections.abc import Iterator

import ape
import pytest

from registries.anvil import anvil
from tests.anvil_evm import OPTIONS, AnvilEVM
from tests.deployment import deploy_registries
from tests.stateful.course import play_history
from tests.stateful.stage import Stage, set_stage
from tests.stateful.tally import Tally

STEPS = 40


@pytest.fixture(scope="module")
def anvil_stage() -> Iterator[Stage]:
    with (
        anvil(*OPTIONS) as rpc_url,
        ape.networks.parse_network_choice("ethereum:local:node", provider_settings={"uri": rpc_url}) as provider,
    ):
        yield set_stage(deploy_registries(AnvilEVM(provider)))


@pytest.mark.parametrize("seed", [1])
def test_history__on_anvil__comes_out_as_in_the_model(anvil_stage: Stage, seed: int) -> None:
    tally = Tally()
    play_history(anvil_stage, seed, STEPS, tally)
    assert tally.calls.total() >= STEPS / 2
    assert tally.logs

"""The rules as a state machine of Hypothesis, which shrinks a failing history to the steps that matter."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from random import Random
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.deployment import deploy_registries
from tests.evm import EVM
from tests.stateful.duel import Duel
from tests.stateful.ending import check_ending
from tests.stateful.opening import open_history
from tests.stateful.rules import RULES, Play, Rule
from tests.stateful.stage import Stage, set_stage
from tests.stateful.tally import Tally
from tests.strategies import Draw


@lru_cache(maxsize=1)
def in_process_stage() -> Stage:
    """One deployment for all examples of this process: each leaves it as it was."""
    return set_stage(deploy_registries(EVM()))


class History(RuleBasedStateMachine):
    """One history; `machine` gives it its rules."""

    stage: Callable[[], Stage]

    def __init__(self) -> None:
        super().__init__()
        stage = type(self).stage()
        self.start = stage.registries.evm.snapshot()
        self.duel = Duel(stage, Tally())
        self.failed = False

    @initialize(random=st.randoms(use_true_random=False))
    def begin(self, random: Random) -> None:
        self.play(open_history, random)

    def play(self, play: Play, random: Random) -> None:
        try:
            play(self.duel, Draw(random, self.duel.model, self.duel.stage))
        except Exception:
            self.failed = True
            raise

    def teardown(self) -> None:
        try:
            if not self.failed:
                self.failed = True
                check_ending(self.duel, Random(len(self.duel.history)))
                self.failed = False
        finally:
            if self.failed:
                note(self.duel.story())
            self.duel.evm.revert(self.start)


def machine(name: str, stage: Callable[[], Stage]) -> type[RuleBasedStateMachine]:
    """A state machine with all rules, each as often as its weight says.

    :param stage: gives the deployment to play on
    """
    members: dict[str, Any] = {"stage": staticmethod(stage)}
    for one in RULES.values():
        for turn in range(one.weight):
            members[f"{one.name}_{turn}" if turn else one.name] = _step(one)
    return type(name, (History,), members)


def _step(one: Rule) -> Any:
    def step(self: History, random: Random) -> None:
        self.play(one.play, random)

    step.__name__ = one.name
    return rule(random=st.randoms(use_true_random=False))(step)

"""A history of a fixed number of steps from a seed: the rules of the machine, chosen by a plain random generator.

evm = EVM()
run_course(deploy_registries(evm), seed=7, steps=300)
"""

from __future__ import annotations

from random import Random

from tests.deployment import Registries
from tests.stateful.duel import Disagreement, Duel
from tests.stateful.ending import check_ending
from tests.stateful.opening import open_history
from tests.stateful.rules import RULES
from tests.stateful.stage import Stage, set_stage
from tests.stateful.tally import Tally
from tests.strategies import Draw

WEIGHTED_RULES = [rule for rule in RULES.values() for _ in range(rule.weight)]


def run_course(registries: Registries, seed: int, steps: int) -> Tally:
    """Plays one history on a fresh deployment.

    :raises Disagreement: if model and contracts differ, or an invariant does not hold; with the whole history
    """
    tally = Tally()
    play_history(set_stage(registries), seed, steps, tally)
    return tally


def play_history(stage: Stage, seed: int, steps: int, tally: Tally) -> None:
    """Plays one history, and leaves the stage as it was."""
    random = Random(seed)
    with stage.registries.evm.rolled_back():
        duel = Duel(stage, tally)
        draw = Draw(random, duel.model, stage)
        try:
            open_history(duel, draw)
            for _ in range(steps):
                draw.one_of(WEIGHTED_RULES).play(duel, draw)
            check_ending(duel, random)
        except AssertionError as disagreement:
            raise Disagreement(f"seed {seed}, {steps} steps:\n{duel.story()}\n{disagreement}") from disagreement
        tally.examples += 1

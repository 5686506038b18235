"""What is checked when a history is over."""

from __future__ import annotations

from random import Random

from tests import rating_replay, replay
from tests.stateful.duel import Disagreement, Duel
from tests.stateful.ghost import Ghost
from tests.stateful.invariants import check_state
from tests.stateful.invariants.check import World
from tests.stateful.pages import compare_pages
from tests.stateful.reads import compare_reads


def check_ending(duel: Duel, random: Random) -> None:
    """Compares all reads, pages with what is read at once, the state with what the logs tell; checks all invariants.

    :raises AssertionError: if something does not hold
    """
    compare_reads(duel, random)
    compare_pages(duel)
    check_state(World(duel.stage, Ghost(duel.witness.deeds)), duel.tally.checks)
    _compare_replay(duel)


def _compare_replay(duel: Duel) -> None:
    registries = duel.stage.registries
    wrong = replay.disagreements(registries.identity) | rating_replay.disagreements(registries)
    duel.tally.checks["replay"] += 1
    if wrong:
        raise Disagreement(f"reads and what the logs tell differ (read: state, logs): {wrong}")

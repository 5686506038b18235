"""The list of invariants and the checks are the same, and each check can be made."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random

import pytest
from eth_abi.exceptions import EncodingError

from tests.deployment import REGISTRIES
from tests.evm import Reverted
from tests.stateful.course import WEIGHTED_RULES, play_history
from tests.stateful.duel import Duel
from tests.stateful.ghost import Ghost
from tests.stateful.invariants import INVARIANTS, Invariant
from tests.stateful.invariants.check import World
from tests.stateful.liar import false_deeds, lying
from tests.stateful.machine import in_process_stage
from tests.stateful.opening import open_history
from tests.stateful.tally import Tally
from tests.stateful.witness import Deed
from tests.strategies import Draw

ROW = re.compile(r"^\| ([A-Z]+-\d+) \| (.+) \| `(\w+)` \|$", re.MULTILINE)
ROWS = ROW.findall((Path(__file__).parent / "INVARIANTS.md").read_text())


TURNS = 40
"""How many lies of each function are tried."""
OF_DEEDS = [one for one in INVARIANTS.values() if one.of_deeds]
OF_STATE = [one for one in INVARIANTS.values() if not one.of_deeds]


def test_list_of_invariants__names_each_check_once() -> None:
    assert {identifier: name for identifier, _, name in ROWS} == {
        identifier: one.check.__name__ for identifier, one in INVARIANTS.items()
    }
    assert max(Counter(identifier for identifier, _, _ in ROWS).values()) == 1
    assert max(Counter(name for _, _, name in ROWS).values()) == 1


def test_list_of_invariants__counts_from_one_in_each_area() -> None:
    counted: Counter[str] = Counter()
    for identifier, sentence, _ in ROWS:
        area, number = identifier.split("-")
        counted[area] += 1
        assert int(number) == counted[area], identifier
        assert sentence.endswith("."), identifier


def test_invariants__given_some_histories__are_all_checked() -> None:
    tally = Tally()
    for seed in range(3):
        play_history(in_process_stage(), seed, 250, tally)
    assert set(INVARIANTS) - set(tally.checks) == set()


@pytest.fixture(scope="module")
def history() -> Iterator[Duel]:
    """A history in which every check has something to look at."""
    stage = in_process_stage()
    with stage.registries.evm.rolled_back():
        duel = Duel(stage, Tally())
        draw = Draw(Random(5), duel.model, stage)
        open_history(duel, draw)
        for _ in range(400):
            draw.one_of(WEIGHTED_RULES).play(duel, draw)
        yield duel


@pytest.mark.parametrize("one", OF_DEEDS, ids=lambda one: one.identifier)
def test_invariant_of_deeds__given_a_fact_that_is_otherwise__fails(history: Duel, one: Invariant) -> None:
    false = (lie for deed in history.witness.deeds if deed.before for lie in false_deeds(deed))
    assert any(_fails(one, deed) for deed in false)


@pytest.mark.parametrize("one", OF_STATE, ids=lambda one: one.identifier)
def test_invariant_of_the_state__given_a_contract_that_lies__fails(history: Duel, one: Invariant) -> None:
    assert not _fails(one, World(history.stage, Ghost(history.witness.deeds)))
    assert any(_fails(one, world) for world in _lying_worlds(history, one))


def _lying_worlds(history: Duel, one: Invariant) -> Iterator[World]:
    """The worlds in which one of the functions that the check names lies, and one in which all happened twice."""
    source = inspect.getsource(one.check)
    ghost = Ghost(history.witness.deeds)
    twice = Ghost(history.witness.deeds)
    twice.deeds *= 2
    yield World(history.stage, twice)
    for registry in REGISTRIES:
        abis = history.stage.registries[registry].type
        names = {method.name for method in [*abis.view_methods, *abis.mutable_methods]}
        for function, turn in product(sorted(name for name in names if name in source), range(TURNS)):
            false = lying(history.stage.registries, registry, function, turn)
            yield World(replace(history.stage, registries=false), ghost)


def _fails(one: Invariant, subject: Deed | World) -> bool:
    """Whether a check fails; to stumble over what cannot be is not enough."""
    try:
        with subject.evm.rolled_back() if isinstance(subject, World) else nullcontext():
            return not all(holds for holds, _ in one.check(subject))
    except (LookupError, TypeError, ValueError, AttributeError, EncodingError, Reverted):
        return False

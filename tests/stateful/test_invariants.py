"""The list of invariants and the checks are the same, and each check can be made."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tests.stateful.course import play_history
from tests.stateful.invariants import INVARIANTS
from tests.stateful.machine import in_process_stage
from tests.stateful.tally import Tally

ROW = re.compile(r"^\| ([A-Z]+-\d+) \| (.+) \| `(\w+)` \|$", re.MULTILINE)
ROWS = ROW.findall((Path(__file__).parent / "INVARIANTS.md").read_text())


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

"""What the comparison with Ponder rests on: its history, its judge, and that Ponder listens to our events."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.ponder_comparison import FACTS, PONDER, BenchmarkError, Run, Times, check_agreement
from benchmarks.random_history import ANVIL_OPTIONS, deploy, make, random_history
from registries.abis import ABIS
from registries.anvil import anvil


@pytest.mark.parametrize("logs", [1_000, 1_001])
def test_random_history__of_some_logs__emits_as_many_and_reverts_nowhere(logs: int, tmp_path: Path) -> None:
    calls = list(random_history(logs))
    assert sum(call.logs for call in calls) == logs
    with anvil(*ANVIL_OPTIONS) as url:
        make(url, deploy(url, tmp_path), calls, per_block=500, confirmations=1)


def test_check_agreement__of_equal_runs__counts_their_rows() -> None:
    assert check_agreement([run("registry-api"), run("ponder")], 1_000) == dict.fromkeys(FACTS, 2)


def test_check_agreement__given_another_sum__shows_it() -> None:
    with pytest.raises(BenchmarkError, match=r"ratings: .* only the first has \(1, 250\), only the other \(1, 251\)"):
        check_agreement([run("registry-api"), run("ponder", ratings=251)], 1_000)


def test_check_agreement__of_nothing__fails() -> None:
    nothing = Run("ponder", Times(1, 2), 1.0, {table: Counter() for table in FACTS})
    with pytest.raises(BenchmarkError, match="1000 logs are too few"):
        check_agreement([nothing, nothing], 1_000)


def test_ponder_config__listens_to_events_of_the_registries() -> None:
    heard = re.findall(r'"event (.*)",', (PONDER / "ponder.config.ts").read_text(encoding="utf-8"))
    emitted = {
        f"{one['name']}("
        + ", ".join(f"{item['type']}{' indexed' if item['indexed'] else ''} {item['name']}" for item in one["inputs"])
        + ")"
        for abi in ABIS.values()
        for one in abi
        if one["type"] == "event"
    }
    assert len(heard) == 10
    assert set(heard) <= emitted


def run(indexer: str, **sums: int) -> Run:
    """A run that found two rows in each table, and may differ in one of them."""
    facts = {table: Counter([(1, sums.get(table, 250)), (2, 17)]) for table in FACTS}
    return Run(indexer, Times(1, 2), 1.0, facts)

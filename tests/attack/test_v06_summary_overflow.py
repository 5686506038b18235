"""V6: the average is cut to 128 bits.

Attacker: anybody who may give feedback.
Path: averages are computed in 256 bits and returned as int128. One huge value without decimals beside a few tiny ones
with 18 makes the registry choose 18 decimals, where the average no longer fits: it wraps. With values of their own
choice the attackers get any number they want, such as a bad mark for a good agent.
Defence: the decimals are lowered until the average fits, and the last cast is checked.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.deployment import CLIENT, OWNER, Registries
from tests.evm import EVM, Contract, Receipt

Mark = tuple[int, int]
"""A value and its decimals."""

HUGE = 10**38
NEGATIVE: list[Mark] = [(HUGE, 0), (1, 18), (1, 18)]
INT128_MAX = 2**127 - 1


def mix_for(wanted: int, *, wraps: int = 1) -> list[Mark]:
    """Positive marks whose average, with 18 decimals and cut to 128 bits, is the wanted one."""
    total = 3 * (wanted + wraps * 2**128)
    return [(total // 10**18, 0), (total % 10**18, 18), (0, 18)]


def attack(registry: Contract, agent_id: int, marks: list[Mark]) -> tuple[Fraction, list[Receipt]]:
    """The average as it is shown after the marks, and the receipts of giving them."""
    receipts = [
        registry.giveFeedback(agent_id, value, decimals, "starred", "", "", "", bytes(32), sender=CLIENT)
        for value, decimals in marks
    ]
    count, value, decimals = registry.getSummary(agent_id, [CLIENT], "", "")
    assert count == len(marks)
    assert registry.getSummary(agent_id, [CLIENT], "starred", "") == (count, value, decimals)
    return Fraction(value, 10**decimals), receipts


def exact_average(marks: list[Mark]) -> Fraction:
    return sum((Fraction(value, 10**decimals) for value, decimals in marks), Fraction(0)) / len(marks)


def expected_logs(registry: Contract, agent_id: int, marks: list[Mark]) -> list[tuple[object, ...]]:
    """The log tells the truth in both registries: only the summary lies."""
    return [
        (
            registry.log(
                "NewFeedback", agent_id, CLIENT, i, value, decimals, "starred", "starred", "", "", "", bytes(32)
            ),
        )
        for i, (value, decimals) in enumerate(marks, start=1)
    ]


def test_attack__on_weak_registry__succeeds(evm: EVM) -> None:
    weak = evm.deploy("WeakSummaryRegistry", sender=OWNER)
    shown, receipts = attack(weak, 1, NEGATIVE)
    assert shown < 0 < exact_average(NEGATIVE)
    assert [receipt.logs for receipt in receipts] == expected_logs(weak, 1, NEGATIVE)


@pytest.mark.parametrize("wanted", [-(10**20), -1, 0, 42 * 10**18, INT128_MAX])
def test_attack__with_a_chosen_mix_on_weak_registry__succeeds(evm: EVM, wanted: int) -> None:
    weak = evm.deploy("WeakSummaryRegistry", sender=OWNER)
    marks = mix_for(wanted)
    shown, _ = attack(weak, 1, marks)
    assert shown == Fraction(wanted, 10**18)
    assert exact_average(marks) - shown == Fraction(2**128, 10**18)


@pytest.mark.parametrize(
    "marks",
    [
        pytest.param(NEGATIVE, id="huge beside tiny"),
        pytest.param([(-HUGE, 0), (-1, 18), (-1, 18)], id="the same below zero"),
        pytest.param(mix_for(-(10**20)), id="wanted negative"),
        pytest.param(mix_for(0), id="wanted zero"),
        pytest.param(mix_for(42 * 10**18, wraps=1_000), id="a thousand wraps"),
        pytest.param([(HUGE, 0)] * 5 + [(HUGE, 18)], id="all huge"),
        pytest.param([(HUGE, 0), (-HUGE, 0), (1, 18)], id="huge ones that cancel out"),
    ],
)
def test_attack__on_registry__fails(registries: Registries, marks: list[Mark]) -> None:
    agent_id = registries.register()
    shown, receipts = attack(registries.reputation, agent_id, marks)
    exact = exact_average(marks)
    *_, decimals = registries.reputation.getSummary(agent_id, [CLIENT], "", "")
    step = Fraction(1, 10**decimals)
    assert abs(shown) <= abs(exact) < abs(shown) + step
    assert shown * exact >= 0
    # Not one decimal is given up that would fit.
    fits_with_one_more = abs(exact) * 10 ** (decimals + 1) <= INT128_MAX
    assert decimals == 18 or not fits_with_one_more
    assert [receipt.logs for receipt in receipts] == expected_logs(registries.reputation, agent_id, marks)

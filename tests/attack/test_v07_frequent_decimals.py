"""V7: the average has the decimals that occur most often.

Attacker: who gives whole numbers to an agent that is rated with decimals (or anybody, without meaning it).
Path: with 0.95, 1 and 1 the most frequent decimals are none at all, and 0.98 becomes 0: an agent that is nearly
perfect looks worthless.
Defence: the summary has the highest decimals of what it includes.
"""

from __future__ import annotations

from tests.deployment import CLIENT, OTHER_CLIENT, OWNER, Registries
from tests.evm import EVM, Contract, Receipt


def attack(registry: Contract, agent_id: int) -> tuple[tuple[int, int, int], list[Receipt]]:
    """The summary after 0.95 of a client and twice 1 of the attacker, and the attacker's receipts."""
    registry.giveFeedback(agent_id, 95, 2, "quality", "", "", "", bytes(32), sender=CLIENT)
    receipts = [
        registry.giveFeedback(agent_id, 1, 0, "quality", "", "", "", bytes(32), sender=OTHER_CLIENT) for _ in range(2)
    ]
    summary = registry.getSummary(agent_id, [CLIENT, OTHER_CLIENT], "", "")
    assert registry.getSummary(agent_id, [CLIENT, OTHER_CLIENT], "quality", "") == summary
    return summary, receipts


def assert_logged(registry: Contract, agent_id: int, receipts: list[Receipt]) -> None:
    for i, receipt in enumerate(receipts, start=1):
        values = (i, 1, 0, "quality", "quality", "", "", "", bytes(32))
        assert receipt.logs == (registry.log("NewFeedback", agent_id, OTHER_CLIENT, *values),)


def test_attack__on_weak_registry__succeeds(evm: EVM) -> None:
    weak = evm.deploy("WeakSummaryRegistry", sender=OWNER)
    summary, receipts = attack(weak, 1)
    assert summary == (3, 0, 0)
    assert_logged(weak, 1, receipts)


def test_attack__on_registry__fails(registries: Registries) -> None:
    agent_id = registries.register()
    summary, receipts = attack(registries.reputation, agent_id)
    assert summary == (3, 98, 2)
    assert_logged(registries.reputation, agent_id, receipts)


def test_attack__with_a_thousand_whole_numbers_on_registry__fails(registries: Registries) -> None:
    agent_id = registries.register()
    registries.give_feedback(agent_id, value=95, decimals=2)
    for _ in range(1_000):
        registries.give_feedback(agent_id, client=OTHER_CLIENT, value=0)
    # 0.95 / 1001 is below the step of two decimals: the value is rounded, its decimals are not.
    assert registries.reputation.getSummary(agent_id, [CLIENT, OTHER_CLIENT], "", "") == (1_001, 0, 2)

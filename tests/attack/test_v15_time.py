"""V15: feedback without a time.

Attacker: an agent with a past, or with friends who have all rated it in one minute.
Path: the state says what was said and not when. Marks that are two years old cannot be told from those of today, nor
a year of customers from a burst of a few seconds, by any contract that reads them.
Defence: the time of the block rides in the feedback's own slot. Nobody chooses it, and neither revoking nor responding
changes it. The events are the standard's: there, the time is the block's.
"""

from __future__ import annotations

from typing import Any

from tests.deployment import CLIENT, OWNER, STRANGER, Registries, deploy_registries
from tests.evm import EVM, START_TIME, Contract, Log

DAY = 86_400
MARKS = 12


def attack(registry: Contract, agent_id: int, *, seconds_between: int) -> tuple[Log, ...]:
    """Gives the same marks, in a burst or over months: the logs."""
    logs: tuple[Log, ...] = ()
    for _ in range(MARKS):
        receipt = registry.giveFeedback(agent_id, 100, 0, "starred", "", "", "", bytes(32), sender=CLIENT)
        logs += receipt.logs
        registry.evm.warp(seconds_between)
    return logs


def standard_reads(registry: Contract, agent_id: int) -> list[Any]:
    """All that the standard's reads say about the agent."""
    return [
        registry.getSummary(agent_id, [CLIENT], "", ""),
        registry.readAllFeedback(agent_id, [], "", "", True),
        [registry.readFeedback(agent_id, CLIENT, index) for index in range(1, MARKS + 1)],
        registry.getClients(agent_id),
        registry.getLastIndex(agent_id, CLIENT),
    ]


def times(registry: Contract, agent_id: int) -> list[int]:
    """When the feedback was given, in seconds from the first block."""
    page, _ = registry.getFeedbackPage(agent_id, CLIENT, 0, 100)
    by_page = [entry[4] - START_TIME for entry in page]
    assert by_page == [registry.getFeedback(agent_id, CLIENT, index)[4] - START_TIME for index in range(1, MARKS + 1)]
    return by_page


def test_attack__on_weak_registry__succeeds() -> None:
    burst, year = (EVM().deploy("WeakSummaryRegistry", sender=OWNER) for _ in range(2))
    assert attack(burst, 1, seconds_between=0) == attack(year, 1, seconds_between=30 * DAY)
    assert standard_reads(burst, 1) == standard_reads(year, 1)
    assert not {"getFeedback", "getFeedbackPage"} & {read.name for read in burst.type.view_methods}


def test_attack__on_registry__fails() -> None:
    burst, year = (deploy_registries(EVM()) for _ in range(2))
    agent_id = burst.register()
    assert year.register() == agent_id
    in_burst = attack(burst.reputation, agent_id, seconds_between=0)
    in_year = attack(year.reputation, agent_id, seconds_between=30 * DAY)
    assert in_burst == in_year, "a time in the log would make it another event"
    assert times(burst.reputation, agent_id) == [0] * MARKS
    assert times(year.reputation, agent_id) == [30 * DAY * i for i in range(MARKS)]


def test_attack__by_touching_old_feedback_on_registry__fails(registries: Registries) -> None:
    agent_id, reputation = registries.register(), registries.reputation
    index = registries.give_feedback(agent_id)
    registries.evm.warp(700 * DAY)
    reputation.appendResponse(agent_id, CLIENT, index, "ipfs://fresh", bytes(32), sender=STRANGER)
    reputation.revokeFeedback(agent_id, index, sender=CLIENT)
    assert reputation.getFeedback(agent_id, CLIENT, index) == (1, 87, 0, True, START_TIME, 1, "", "")

"""V9: values of different scales in one average.

Attacker: a friend of the agent who rates nothing, but reports a number that happens to be large.
Path: stars go to 100, response times are thousands of milliseconds; an average without a tag adds them up. And a reader
who asks for a tag that nobody has used must not get, for want of a match, the average of everything.
Defence: the standard's ABI allows a summary without tags, so the registry has to answer it, as the weak one does. The
registry offers filters by tag that such feedback does not move, and a tag that nobody has used matches nothing. The
read API never serves an average over mixed tags.
"""

from __future__ import annotations

from tests.deployment import CLIENT, OTHER_CLIENT, OWNER, Registries
from tests.evm import EVM, Contract, Receipt

CLIENTS = [CLIENT, OTHER_CLIENT]


def attack(registry: Contract, agent_id: int) -> Receipt:
    """A client gives 10 stars of 100; the attacker reports a response time of 180 ms."""
    registry.giveFeedback(agent_id, 10, 0, "starred", "", "", "", bytes(32), sender=CLIENT)
    receipt: Receipt = registry.giveFeedback(
        agent_id, 180, 0, "responseTime", "", "", "", bytes(32), sender=OTHER_CLIENT
    )
    return receipt


def feedback_log(registry: Contract, agent_id: int) -> object:
    values = (1, 180, 0, "responseTime", "responseTime", "", "", "", bytes(32))
    return registry.log("NewFeedback", agent_id, OTHER_CLIENT, *values)


def test_attack__on_weak_registry__succeeds(evm: EVM) -> None:
    weak = evm.deploy("WeakSummaryRegistry", sender=OWNER)
    receipt = attack(weak, 1)
    assert weak.getSummary(1, CLIENTS, "", "") == (2, 95, 0)
    assert weak.getSummary(1, CLIENTS, "reliability", "") == (2, 95, 0)
    assert receipt.logs == (feedback_log(weak, 1),)


def test_attack__on_registry__fails(registries: Registries) -> None:
    agent_id, reputation = registries.register(), registries.reputation
    receipt = attack(reputation, agent_id)
    assert reputation.getSummary(agent_id, CLIENTS, "starred", "") == (1, 10, 0)
    assert reputation.getSummary(agent_id, CLIENTS, "responseTime", "") == (1, 180, 0)
    assert receipt.logs == (feedback_log(reputation, agent_id),)


def test_attack__with_an_unknown_tag_on_registry__fails(registries: Registries) -> None:
    agent_id, reputation = registries.register(), registries.reputation
    attack(reputation, agent_id)
    nothing: tuple[tuple[object, ...], ...] = ((),) * 7
    # Never used; used, but only in the other place; used, but spelled otherwise; used, and an unknown one beside it.
    for tag1, tag2 in ("reliability", ""), ("", "starred"), ("Starred", ""), ("starred", "reliability"):
        assert reputation.getSummary(agent_id, CLIENTS, tag1, tag2) == (0, 0, 0)
        assert reputation.getSummaryPage(agent_id, CLIENT, tag1, tag2, 0, 10) == (0, 0, 0, 0)
        assert reputation.readAllFeedback(agent_id, [], tag1, tag2, True) == nothing


def test_attack__with_an_unknown_tag_on_validation_registry__fails(registries: Registries) -> None:
    agent_id, validation = registries.register(), registries.validation
    validation.validationRequest(CLIENT, agent_id, "", bytes(32), sender=OWNER)
    validation.validationResponse(bytes(32), 100, "", bytes(32), "audit", sender=CLIENT)
    assert validation.getSummary(agent_id, [], "audit") == (1, 100)
    assert validation.getSummary(agent_id, [], "tee") == (0, 0)
    assert validation.getSummaryPage(agent_id, [], "tee", 0, 10) == (0, 0, 0)


def test_get_summary__when_no_tag_is_given__mixes_the_scales(registries: Registries) -> None:
    """What the standard asks for, so that nobody believes it is otherwise."""
    agent_id = registries.register()
    attack(registries.reputation, agent_id)
    assert registries.reputation.getSummary(agent_id, CLIENTS, "", "") == (2, 95, 0)

"""V8: a client that is listed three times counts three times.

Attacker: who composes the list of clients for a reader, such as a front end or the agent itself.
Path: the list [A, A, A, B] gives A's mark three times the weight of B's, and the registry puts its name to it. The same
list of responders inflates the number of responses.
Defence: who is listed counts once, however often it is listed.
"""

from __future__ import annotations

from typing import Any

from tests.deployment import CLIENT, OTHER_CLIENT, OWNER, STRANGER, Registries
from tests.evm import EVM, ZERO_ADDRESS, Contract, Receipt

LOADED_LIST = [CLIENT, CLIENT, CLIENT, OTHER_CLIENT]
LOADED_RESPONDERS = [STRANGER, STRANGER, OTHER_CLIENT, STRANGER]


def set_up(registry: Contract, agent_id: int) -> tuple[Receipt, ...]:
    """A rates 100, B rates 0, two others respond to A once each."""
    return (
        registry.giveFeedback(agent_id, 100, 0, "starred", "", "", "", bytes(32), sender=CLIENT),
        registry.giveFeedback(agent_id, 0, 0, "starred", "", "", "", bytes(32), sender=OTHER_CLIENT),
        registry.appendResponse(agent_id, CLIENT, 1, "ipfs://thanks", bytes(32), sender=STRANGER),
        registry.appendResponse(agent_id, CLIENT, 1, "ipfs://thanks", bytes(32), sender=OTHER_CLIENT),
    )


def attack(registry: Contract, agent_id: int) -> dict[str, Any]:
    """What the reads say when the list repeats itself."""
    clients, indexes, values, *_ = registry.readAllFeedback(agent_id, LOADED_LIST, "", "", False)
    return {
        "average": registry.getSummary(agent_id, LOADED_LIST, "", ""),
        "tagged average": registry.getSummary(agent_id, LOADED_LIST, "starred", ""),
        "rows": list(zip(clients, indexes, values, strict=True)),
        "responses to one": registry.getResponseCount(agent_id, CLIENT, 1, LOADED_RESPONDERS),
        "responses to a client": registry.getResponseCount(agent_id, CLIENT, 0, LOADED_RESPONDERS),
        "responses to all": registry.getResponseCount(agent_id, ZERO_ADDRESS, 0, LOADED_RESPONDERS),
    }


def assert_logged(registry: Contract, agent_id: int, receipts: tuple[Receipt, ...]) -> None:
    """The writes are the same in both registries."""
    starred = ("starred", "starred", "", "", "", bytes(32))
    assert [receipt.logs for receipt in receipts] == [
        (registry.log("NewFeedback", agent_id, CLIENT, 1, 100, 0, *starred),),
        (registry.log("NewFeedback", agent_id, OTHER_CLIENT, 1, 0, 0, *starred),),
        (registry.log("ResponseAppended", agent_id, CLIENT, 1, STRANGER, "ipfs://thanks", bytes(32)),),
        (registry.log("ResponseAppended", agent_id, CLIENT, 1, OTHER_CLIENT, "ipfs://thanks", bytes(32)),),
    ]


def test_attack__on_weak_registry__succeeds(evm: EVM) -> None:
    weak = evm.deploy("WeakSummaryRegistry", sender=OWNER)
    assert_logged(weak, 1, set_up(weak, 1))
    assert attack(weak, 1) == {
        "average": (4, 75, 0),
        "tagged average": (4, 75, 0),
        "rows": [(CLIENT, 1, 100)] * 3 + [(OTHER_CLIENT, 1, 0)],
        "responses to one": 4,
        "responses to a client": 4,
        "responses to all": 4,
    }


def test_attack__on_registry__fails(registries: Registries) -> None:
    agent_id = registries.register()
    assert_logged(registries.reputation, agent_id, set_up(registries.reputation, agent_id))
    assert attack(registries.reputation, agent_id) == {
        "average": (2, 50, 0),
        "tagged average": (2, 50, 0),
        "rows": [(CLIENT, 1, 100), (OTHER_CLIENT, 1, 0)],
        "responses to one": 2,
        "responses to a client": 2,
        "responses to all": 2,
    }


def test_attack__on_pages_of_registry__fails(registries: Registries) -> None:
    agent_id = registries.register()
    set_up(registries.reputation, agent_id)
    page = registries.reputation.getResponseCountPage(agent_id, CLIENT, LOADED_RESPONDERS, 0, 10)
    assert page == (2, 0)


def test_attack__on_validation_registry__fails(registries: Registries) -> None:
    """A validator that is listed thrice counts once as well."""
    agent_id = registries.register()
    for number, (validator, verdict) in enumerate([(CLIENT, 100), (OTHER_CLIENT, 0)]):
        request = bytes([number]) * 32
        registries.validation.validationRequest(validator, agent_id, "", request, sender=OWNER)
        registries.validation.validationResponse(request, verdict, "", bytes(32), "", sender=validator)
    assert registries.validation.getSummary(agent_id, LOADED_LIST, "") == (2, 50)
    assert registries.validation.getSummaryPage(agent_id, LOADED_LIST, "", 0, 10) == (2, 100, 0)

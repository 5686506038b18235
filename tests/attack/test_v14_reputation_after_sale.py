"""V14: an agent's reputation, URI and metadata survive a sale.

Attacker: the buyer of a well-rated agent, who runs something else under its name; or a seller whose endpoint stays in
the URI; or a lender, who takes the agent back and is its owner as before.
Path: transfer the agent. Every read that a payer relies on is as before.
Defence: the standard keeps them with the token, and so do we; but `ownershipEpoch` counts the owners, on chain and in
one read, feedback carries its time, and the logs give what was said since the current owner came. The wallet is
cleared: no payment goes to who has sold.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.attack.weak import WeakRegistries
from tests.deployment import BUYER, CLIENT, OTHER_CLIENT, OWNER, WALLET, Registries
from tests.evm import ZERO_ADDRESS, reverts
from tests.replay import IdentityReplay, assert_logs_tell_the_state

URI = "https://seller.example/agent.json"


def rated_agent(registries: Registries) -> int:
    agent_id: int = registries.identity.register(URI, [("model", b"seller's")], sender=OWNER).value
    registries.set_wallet(agent_id, WALLET)
    registries.give_feedback(agent_id, CLIENT, value=100)
    return agent_id


def lend(registries: Registries, agent_id: int) -> None:
    """A round trip: the borrower did with the agent what it wanted."""
    registries.identity.transferFrom(OWNER, BUYER, agent_id, sender=OWNER)
    registries.identity.transferFrom(BUYER, OWNER, agent_id, sender=BUYER)


def sell(registries: Registries, agent_id: int) -> None:
    registries.identity.transferFrom(OWNER, BUYER, agent_id, sender=OWNER)


def what_a_payer_sees(registries: Registries, agent_id: int) -> dict[str, Any]:
    """The reads of the standard that a payer decides by."""
    return {
        "owner": registries.identity.ownerOf(agent_id),
        "uri": registries.identity.tokenURI(agent_id),
        "model": registries.identity.getMetadata(agent_id, "model"),
        "score": registries.reputation.getSummary(agent_id, [CLIENT], "", ""),
    }


def clients_since_current_owner(registries: Registries, agent_id: int) -> list[str]:
    """Who rated an agent since its owner got it, from the logs alone."""
    clients: list[str] = []
    for log in registries.evm.logs:
        if log.address == registries.identity.address:
            name, values = registries.identity.read_log(log)
            if name == "Transfer" and values["tokenId"] == agent_id and values["from"] != values["to"]:
                clients.clear()
        elif log.address == registries.reputation.address:
            name, values = registries.reputation.read_log(log)
            if name == "NewFeedback" and values["agentId"] == agent_id:
                clients.append(values["clientAddress"])
    return clients


def test_attack__on_weak_registry__succeeds(weak_registries: WeakRegistries) -> None:
    agent_id = rated_agent(weak_registries)
    before = what_a_payer_sees(weak_registries, agent_id)
    lend(weak_registries, agent_id)

    assert what_a_payer_sees(weak_registries, agent_id) == before
    # ... and no other read tells either: nothing in the contracts counts owners or knows when feedback was given.
    reads = {abi.name for c in (weak_registries.identity, weak_registries.reputation) for abi in c.type.view_methods}
    assert reads.isdisjoint({"ownershipEpoch", "getFeedback"})


def test_attack__on_registry__fails(registries: Registries) -> None:
    identity, agent_id = registries.identity, rated_agent(registries)
    before, epoch = what_a_payer_sees(registries, agent_id), identity.ownershipEpoch(agent_id)
    lend(registries, agent_id)

    assert what_a_payer_sees(registries, agent_id) == before
    assert (epoch, identity.ownershipEpoch(agent_id)) == (0, 2)
    assert clients_since_current_owner(registries, agent_id) == []
    assert_logs_tell_the_state(identity)


def test_attack__when_agent_is_sold__fails(registries: Registries) -> None:
    identity, agent_id = registries.identity, rated_agent(registries)
    sell(registries, agent_id)
    registries.give_feedback(agent_id, OTHER_CLIENT, value=1)

    assert identity.tokenURI(agent_id) == URI
    assert registries.reputation.getSummary(agent_id, [CLIENT], "", "") == (1, 100, 0)
    assert identity.ownershipEpoch(agent_id) == 1
    assert clients_since_current_owner(registries, agent_id) == [OTHER_CLIENT]
    assert_logs_tell_the_state(identity)


def test_feedback__given_sale__is_told_apart_by_its_time(registries: Registries) -> None:
    agent_id = rated_agent(registries)
    registries.evm.warp(100)
    sell(registries, agent_id)
    sold_at = registries.evm.time
    registries.evm.warp(100)
    registries.give_feedback(agent_id, OTHER_CLIENT, value=1)

    # agentId, value ... timestamp is the fifth field.
    given_at = [registries.reputation.getFeedback(agent_id, client, 1)[4] for client in (CLIENT, OTHER_CLIENT)]
    assert given_at == [sold_at - 100, sold_at + 100]


@pytest.mark.parametrize("function", ["transferFrom", "safeTransferFrom"])
def test_transfer__given_wallet__clears_it_in_state_and_logs(registries: Registries, function: str) -> None:
    identity, agent_id = registries.identity, rated_agent(registries)
    receipt = getattr(identity, function)(OWNER, BUYER, agent_id, sender=OWNER)

    assert receipt.logs == (
        identity.log("Transfer", OWNER, BUYER, agent_id),
        identity.log("MetadataSet", agent_id, "agentWallet", "agentWallet", b""),
    )
    assert identity.getAgentWallet(agent_id) == ZERO_ADDRESS
    assert identity.getMetadata(agent_id, "agentWallet") == b""
    assert_logs_tell_the_state(identity)


def test_transfer__given_default_wallet__does_not_pass_it_on(registries: Registries) -> None:
    """Neither the seller nor, unasked, the buyer: a new owner says where payments go."""
    identity, agent_id = registries.identity, registries.register()
    sell(registries, agent_id)

    assert identity.getAgentWallet(agent_id) == ZERO_ADDRESS
    assert_logs_tell_the_state(identity)


def test_set_metadata__given_sale__is_the_buyers_alone(registries: Registries) -> None:
    identity, agent_id = registries.identity, rated_agent(registries)
    sell(registries, agent_id)
    with reverts("NotAuthorized", agent_id, OWNER):
        identity.setMetadata(agent_id, "model", b"still mine", sender=OWNER)
    identity.setMetadata(agent_id, "model", b"buyer's", sender=BUYER)
    identity.setAgentURI(agent_id, "https://buyer.example/agent.json", sender=BUYER)

    replay = IdentityReplay(identity, registries.evm.logs)
    assert replay.token_uri(agent_id) == "https://buyer.example/agent.json"
    assert replay.agents[agent_id].metadata["model"] == b"buyer's"
    assert_logs_tell_the_state(identity)


def test_former_wallet__given_sale__may_rate_and_shows(registries: Registries) -> None:
    agent_id = rated_agent(registries)
    sell(registries, agent_id)
    assert registries.give_feedback(agent_id, WALLET, value=100) == 1

    assert IdentityReplay(registries.identity, registries.evm.logs).was_affiliated(WALLET, agent_id)
    assert_logs_tell_the_state(registries.identity)

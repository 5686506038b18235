"""V5: self-feedback.

Attacker: the owner of an agent that wants a better score.
Path: it rates the agent by the agent's own wallet, which belongs to it; or it stops being affiliated for a moment:
sends the agent away, rates it and takes it back, or takes an operator's approval away and gives it back afterwards.
Defence: owner, operators and the current wallet are refused. A former owner or operator cannot be told from a second
account on chain, and is let through; the ownership epoch and the logs show it to whoever looks.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.attack.weak import WeakRegistries
from tests.deployment import BUYER, CLIENT, OPERATOR, OWNER, WALLET, Registries
from tests.evm import Contract, reverts
from tests.replay import IdentityReplay, assert_logs_tell_the_state

Approve = Callable[[Contract, int], None]


def suspects(registries: Registries, agent_id: int) -> set[str]:
    """The clients that are or were affiliated with an agent, as the logs tell."""
    replay = IdentityReplay(registries.identity, registries.evm.logs)
    clients = registries.reputation.getClients(agent_id)
    return {client for client in clients if replay.was_affiliated(client, agent_id)}


def approve_operator(identity: Contract, agent_id: int) -> None:
    identity.setApprovalForAll(OPERATOR, True, sender=OWNER)


def approve_for_one_agent(identity: Contract, agent_id: int) -> None:
    identity.approve(OPERATOR, agent_id, sender=OWNER)


def test_attack__on_weak_registry__succeeds(weak_registries: WeakRegistries) -> None:
    agent_id = weak_registries.register()
    weak_registries.set_wallet(agent_id, WALLET)
    weak_registries.give_feedback(agent_id, WALLET, value=100)

    assert weak_registries.identity.getAgentWallet(agent_id) == WALLET
    assert weak_registries.reputation.getSummary(agent_id, [WALLET], "", "") == (1, 100, 0)


def test_attack__on_registry__fails(registries: Registries) -> None:
    agent_id = registries.register()
    registries.set_wallet(agent_id, WALLET)
    with reverts("SelfFeedback", agent_id, WALLET):
        registries.give_feedback(agent_id, WALLET, value=100)

    assert registries.reputation.getClients(agent_id) == ()
    assert_logs_tell_the_state(registries.identity)


def test_attack__when_owner_rates__fails(registries: Registries) -> None:
    agent_id = registries.register()
    with reverts("SelfFeedback", agent_id, OWNER):
        registries.give_feedback(agent_id, OWNER)


def test_attack__when_owner_rates_after_clearing_the_wallet__fails(registries: Registries) -> None:
    agent_id = registries.register()
    registries.identity.unsetAgentWallet(agent_id, sender=OWNER)
    with reverts("SelfFeedback", agent_id, OWNER):
        registries.give_feedback(agent_id, OWNER)


@pytest.mark.parametrize("approve", [approve_operator, approve_for_one_agent])
def test_attack__when_operator_rates__fails(registries: Registries, approve: Approve) -> None:
    agent_id = registries.register()
    approve(registries.identity, agent_id)
    with reverts("SelfFeedback", agent_id, OPERATOR):
        registries.give_feedback(agent_id, OPERATOR)


def test_attack__when_wallet_is_opted_out__fails(registries: Registries) -> None:
    """Opting out refuses a power over the agent; the wallet consented to be paid."""
    agent_id = registries.register()
    registries.set_wallet(agent_id, WALLET)
    registries.identity.setOperatorOptOut(True, sender=WALLET)
    with reverts("SelfFeedback", agent_id, WALLET):
        registries.give_feedback(agent_id, WALLET)


def test_attack__when_agent_is_lent_away__succeeds_and_shows(registries: Registries) -> None:
    """In one transaction or in three: the registries cannot tell, and the logs are the same."""
    identity, agent_id = registries.identity, registries.register()
    registries.give_feedback(agent_id, CLIENT, value=1)
    identity.transferFrom(OWNER, BUYER, agent_id, sender=OWNER)
    assert registries.give_feedback(agent_id, OWNER, value=100) == 1
    identity.transferFrom(BUYER, OWNER, agent_id, sender=BUYER)

    assert identity.ownershipEpoch(agent_id) == 2
    assert suspects(registries, agent_id) == {OWNER}
    assert_logs_tell_the_state(identity)


@pytest.mark.parametrize("approve", [approve_operator, approve_for_one_agent])
def test_attack__when_approval_is_lifted_for_a_moment__succeeds_and_shows(
    registries: Registries, approve: Approve
) -> None:
    identity, agent_id = registries.identity, registries.register()
    registries.give_feedback(agent_id, CLIENT, value=1)
    approve(identity, agent_id)
    identity.setApprovalForAll(OPERATOR, False, sender=OWNER)
    identity.approve(BUYER, agent_id, sender=OWNER)
    assert registries.give_feedback(agent_id, OPERATOR, value=100) == 1
    approve(identity, agent_id)

    assert identity.ownershipEpoch(agent_id) == 0
    assert suspects(registries, agent_id) == {OPERATOR}
    assert_logs_tell_the_state(identity)


def test_attack__when_wallet_is_unset_for_a_moment__succeeds_and_shows(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    registries.give_feedback(agent_id, CLIENT, value=1)
    registries.set_wallet(agent_id, WALLET, seconds=60)
    identity.unsetAgentWallet(agent_id, sender=OWNER)
    assert registries.give_feedback(agent_id, WALLET, value=100) == 1
    registries.set_wallet(agent_id, WALLET, seconds=120)

    assert suspects(registries, agent_id) == {WALLET}
    assert_logs_tell_the_state(identity)


def test_attack__when_a_later_affiliate_rated_before__shows(registries: Registries) -> None:
    """A client that becomes the agent's wallet keeps the feedback it gave; nothing on chain can tell a conversion."""
    agent_id = registries.register()
    registries.give_feedback(agent_id, WALLET, value=100)
    assert suspects(registries, agent_id) == set()
    registries.set_wallet(agent_id, WALLET)

    assert suspects(registries, agent_id) == {WALLET}
    with reverts("SelfFeedback", agent_id, WALLET):
        registries.give_feedback(agent_id, WALLET, value=100)
    assert_logs_tell_the_state(registries.identity)

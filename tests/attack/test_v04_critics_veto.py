"""V4: the critic's veto.

Attacker: the owner of an agent that a client is about to rate badly.
Path: setApprovalForAll(critic, true) or approve(critic, agent). The critic did not ask for it, is an approved operator
from now on, and an operator's feedback is refused.
Defence: an account may refuse to be anyone's operator (`setOperatorOptOut`). While it does, approvals to it revert, and
those made before do not count. They count again after opting back in. Who does not opt out can still be silenced, until
it does; and who is given the agent itself is its owner, and has to pass it on before it can rate it.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.attack.weak import WeakRegistries
from tests.deployment import BUYER, CLIENT, OPERATOR, OWNER, Registries
from tests.evm import ZERO_ADDRESS, Receipt, reverts
from tests.replay import assert_logs_tell_the_state

CRITIC = CLIENT
Veto = Callable[[Registries, int], Receipt]


def veto_as_operator(registries: Registries, agent_id: int) -> Receipt:
    receipt: Receipt = registries.identity.setApprovalForAll(CRITIC, True, sender=OWNER)
    return receipt


def veto_as_approved(registries: Registries, agent_id: int) -> Receipt:
    receipt: Receipt = registries.identity.approve(CRITIC, agent_id, sender=OWNER)
    return receipt


vetoes = pytest.mark.parametrize("veto", [veto_as_operator, veto_as_approved])


def opt_out(registries: Registries, *, refuses: bool = True) -> None:
    receipt = registries.identity.setOperatorOptOut(refuses, sender=CRITIC)
    assert receipt.logs == (registries.identity.log("OperatorOptOutSet", CRITIC, refuses),)


@vetoes
def test_attack__on_weak_registry__succeeds(weak_registries: WeakRegistries, veto: Veto) -> None:
    agent_id = weak_registries.register()
    veto(weak_registries, agent_id)

    with reverts("SelfFeedback", agent_id, CRITIC):
        weak_registries.give_feedback(agent_id, CRITIC, value=1)


@vetoes
def test_attack__on_registry__fails(registries: Registries, veto: Veto) -> None:
    agent_id = registries.register()
    opt_out(registries)
    with reverts("OperatorOptedOut", CRITIC):
        veto(registries, agent_id)

    assert registries.give_feedback(agent_id, CRITIC, value=1) == 1
    assert_logs_tell_the_state(registries.identity)


@vetoes
def test_attack__given_critic_opts_out_afterwards__fails(registries: Registries, veto: Veto) -> None:
    identity, agent_id = registries.identity, registries.register()
    veto(registries, agent_id)
    with reverts("SelfFeedback", agent_id, CRITIC):
        registries.give_feedback(agent_id, CRITIC, value=1)
    assert_logs_tell_the_state(identity)

    opt_out(registries)
    assert registries.give_feedback(agent_id, CRITIC, value=1) == 1
    assert identity.getApproved(agent_id) == ZERO_ADDRESS
    assert not identity.isApprovedForAll(OWNER, CRITIC)
    assert not identity.isAuthorizedOrOwner(CRITIC, agent_id)
    assert not identity.isAffiliated(CRITIC, agent_id)
    assert_logs_tell_the_state(identity)


@vetoes
def test_approval__given_critic_opts_back_in__counts_again(registries: Registries, veto: Veto) -> None:
    identity, agent_id = registries.identity, registries.register()
    veto(registries, agent_id)
    opt_out(registries)
    opt_out(registries, refuses=False)

    assert identity.isAuthorizedOrOwner(CRITIC, agent_id)
    with reverts("SelfFeedback", agent_id, CRITIC):
        registries.give_feedback(agent_id, CRITIC)
    assert_logs_tell_the_state(identity)


@vetoes
def test_approval__given_opted_out__is_no_power_over_the_agent(registries: Registries, veto: Veto) -> None:
    identity, agent_id = registries.identity, registries.register()
    veto(registries, agent_id)
    opt_out(registries)

    with reverts("NotAuthorized", agent_id, CRITIC):
        identity.setAgentURI(agent_id, "ipfs://critic", sender=CRITIC)
    with reverts("ERC721InsufficientApproval", CRITIC, agent_id):
        identity.transferFrom(OWNER, CRITIC, agent_id, sender=CRITIC)
    assert_logs_tell_the_state(identity)


def test_revocation__given_opted_out__works(registries: Registries) -> None:
    """An owner can take back an approval of an account that refuses it, so that it never comes alive again."""
    identity, agent_id = registries.identity, registries.register()
    veto_as_operator(registries, agent_id)
    veto_as_approved(registries, agent_id)
    opt_out(registries)
    identity.setApprovalForAll(CRITIC, False, sender=OWNER)
    identity.approve(ZERO_ADDRESS, agent_id, sender=OWNER)
    opt_out(registries, refuses=False)

    assert not identity.isAuthorizedOrOwner(CRITIC, agent_id)
    assert_logs_tell_the_state(identity)


def test_opt_out__given_another_operator__is_the_accounts_own_affair(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    opt_out(registries)
    identity.setApprovalForAll(OPERATOR, True, sender=OWNER)

    assert identity.isAuthorizedOrOwner(OPERATOR, agent_id)
    assert_logs_tell_the_state(identity)


def test_opt_out__given_own_agent__leaves_it_to_its_owner(registries: Registries) -> None:
    agent_id = registries.register(CRITIC)
    opt_out(registries)
    registries.identity.setAgentURI(agent_id, "ipfs://own", sender=CRITIC)

    assert registries.identity.tokenURI(agent_id) == "ipfs://own"
    assert_logs_tell_the_state(registries.identity)


def test_attack__when_critic_is_given_the_agent__lasts_until_it_passes_it_on(registries: Registries) -> None:
    """What remains: an owner may give the agent away, and an owner may not rate. It loses the agent by it."""
    identity, agent_id = registries.identity, registries.register()
    opt_out(registries)
    identity.transferFrom(OWNER, CRITIC, agent_id, sender=OWNER)
    with reverts("SelfFeedback", agent_id, CRITIC):
        registries.give_feedback(agent_id, CRITIC, value=1)

    identity.transferFrom(CRITIC, BUYER, agent_id, sender=CRITIC)
    assert registries.give_feedback(agent_id, CRITIC, value=1) == 1
    assert_logs_tell_the_state(identity)

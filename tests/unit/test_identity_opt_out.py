"""Accounts that refuse to be anyone's operator."""

from __future__ import annotations

import pytest

from tests.deployment import BUYER, OPERATOR, OWNER, STRANGER, WALLET, Registries
from tests.evm import ZERO_ADDRESS, reverts
from tests.unit.identity_support import URI


def opt_out(registries: Registries, account: str = OPERATOR, *, opted_out: bool = True) -> None:
    registries.identity.setOperatorOptOut(opted_out, sender=account)


def given_both_approvals(registries: Registries) -> int:
    """An agent whose owner has approved the operator for all agents and for this one."""
    agent_id = registries.register(uri=URI)
    registries.identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    registries.identity.approve(OPERATOR, agent_id, sender=OWNER)
    return agent_id


@pytest.mark.parametrize("opted_out", [True, False])
@pytest.mark.parametrize("before", [True, False])
def test_set_operator_opt_out__from_either_state__stores_and_announces_it(
    registries: Registries, before: bool, opted_out: bool
) -> None:
    identity = registries.identity
    opt_out(registries, opted_out=before)

    receipt = identity.setOperatorOptOut(opted_out, sender=OPERATOR)

    assert receipt.logs == (identity.log("OperatorOptOutSet", OPERATOR, opted_out),)
    assert identity.operatorOptOut(OPERATOR) == opted_out


def test_operator_opt_out__given_none__is_false_for_everybody(registries: Registries) -> None:
    opt_out(registries)

    assert not registries.identity.operatorOptOut(STRANGER)
    assert not registries.identity.operatorOptOut(ZERO_ADDRESS)


def test_set_approval_for_all__to_an_opted_out_account__reverts(registries: Registries) -> None:
    opt_out(registries)

    with reverts("OperatorOptedOut", OPERATOR):
        registries.identity.setApprovalForAll(OPERATOR, True, sender=OWNER)


def test_set_approval_for_all__when_taken_back_from_an_opted_out_account__is_stored(registries: Registries) -> None:
    identity = registries.identity
    identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    opt_out(registries)

    receipt = identity.setApprovalForAll(OPERATOR, False, sender=OWNER)

    assert receipt.logs == (identity.log("ApprovalForAll", OWNER, OPERATOR, False),)
    opt_out(registries, opted_out=False)
    assert not identity.isApprovedForAll(OWNER, OPERATOR)


def test_approve__to_an_opted_out_account__reverts(registries: Registries) -> None:
    agent_id = registries.register()
    opt_out(registries)

    with reverts("OperatorOptedOut", OPERATOR):
        registries.identity.approve(OPERATOR, agent_id, sender=OWNER)


def test_approve__when_zero_replaces_an_opted_out_account__takes_it_back(registries: Registries) -> None:
    identity, agent_id = registries.identity, given_both_approvals(registries)
    opt_out(registries)

    receipt = identity.approve(ZERO_ADDRESS, agent_id, sender=OWNER)

    assert receipt.logs == (identity.log("Approval", OWNER, ZERO_ADDRESS, agent_id),)
    opt_out(registries, opted_out=False)
    assert identity.getApproved(agent_id) == ZERO_ADDRESS


def test_reads__given_an_operator_that_opts_out__show_no_approval(registries: Registries) -> None:
    identity, agent_id = registries.identity, given_both_approvals(registries)
    assert identity.isApprovedForAll(OWNER, OPERATOR)

    opt_out(registries)

    assert not identity.isApprovedForAll(OWNER, OPERATOR)
    assert identity.getApproved(agent_id) == ZERO_ADDRESS
    assert not identity.isAuthorizedOrOwner(OPERATOR, agent_id)
    assert not identity.isAffiliated(OPERATOR, agent_id)


@pytest.mark.parametrize("kind", ["for all", "for one"])
def test_reads__given_one_kind_of_approval_and_an_opt_out__show_none(registries: Registries, kind: str) -> None:
    identity, agent_id = registries.identity, registries.register()
    if kind == "for all":
        identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    else:
        identity.approve(OPERATOR, agent_id, sender=OWNER)
    assert identity.isAuthorizedOrOwner(OPERATOR, agent_id)

    opt_out(registries)

    assert not identity.isAuthorizedOrOwner(OPERATOR, agent_id)


def test_writes__by_an_operator_that_opted_out__revert(registries: Registries) -> None:
    identity, agent_id = registries.identity, given_both_approvals(registries)
    opt_out(registries)

    writes: list[tuple[str, tuple[object, ...]]] = [
        ("setAgentURI", (agent_id, "")),
        ("setMetadata", (agent_id, "key", b"value")),
        ("setAgentWallet", (agent_id, WALLET, 0, b"")),
        ("unsetAgentWallet", (agent_id,)),
    ]
    for name, arguments in writes:
        with reverts("NotAuthorized", agent_id, OPERATOR):
            getattr(identity, name)(*arguments, sender=OPERATOR)
    with reverts("ERC721InsufficientApproval", OPERATOR, agent_id):
        identity.transferFrom(OWNER, BUYER, agent_id, sender=OPERATOR)
    with reverts("ERC721InvalidApprover", OPERATOR):
        identity.approve(STRANGER, agent_id, sender=OPERATOR)


def test_reads__given_an_operator_that_opts_in_again__show_the_stored_approvals(registries: Registries) -> None:
    identity, agent_id = registries.identity, given_both_approvals(registries)
    opt_out(registries)

    opt_out(registries, opted_out=False)

    assert identity.isApprovedForAll(OWNER, OPERATOR)
    assert identity.getApproved(agent_id) == OPERATOR
    assert identity.isAuthorizedOrOwner(OPERATOR, agent_id)


def test_owner__given_its_own_opt_out__goes_on_acting_for_its_agents(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    opt_out(registries, OWNER)

    identity.setAgentURI(agent_id, URI, sender=OWNER)
    identity.approve(STRANGER, agent_id, sender=OWNER)

    assert identity.tokenURI(agent_id) == URI
    assert identity.isAuthorizedOrOwner(OWNER, agent_id)


def test_wallet__given_its_opt_out__stays_affiliated(registries: Registries) -> None:
    agent_id = registries.register()
    registries.set_wallet(agent_id)

    opt_out(registries, WALLET)

    assert registries.identity.isAffiliated(WALLET, agent_id)


def test_give_feedback__given_a_critic_made_operator__is_open_again_after_its_opt_out(registries: Registries) -> None:
    agent_id = given_both_approvals(registries)
    with reverts("SelfFeedback", agent_id, OPERATOR):
        registries.give_feedback(agent_id, OPERATOR)

    opt_out(registries)

    assert registries.give_feedback(agent_id, OPERATOR) == 1

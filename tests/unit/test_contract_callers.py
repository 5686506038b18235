"""Contracts as callers: what is stored, emitted and refused is theirs, not the transaction's sender's."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.address import to_canonical_address

from tests.deployment import ADMIN, ADMIN_DELAY, CLIENT, DEPLOYER, OWNER, PAUSER, STRANGER, Registries
from tests.evm import Contract, Receipt, reverts
from tests.layout import place_of
from tests.unit.calls import NO_HASH, SOME_HASH, give, request

ACCEPT = 0
FEEDBACK = (1, 0, "", "", "", "", NO_HASH)


@pytest.fixture
def account(registries: Registries) -> Contract:
    """A contract that calls what it is told to, and accepts tokens."""
    return registries.evm.deploy("UnitReceiver", ACCEPT, sender=DEPLOYER)


def _execute(account: Contract, target: Contract, function: str, *arguments: Any) -> Receipt:
    """A call by the account, in a transaction of a stranger."""
    data = target.encode(function, *arguments)
    receipt: Receipt = account.execute(target.address, data, sender=STRANGER)
    return receipt


# IDENTITY


def test_register__when_by_a_contract__is_its_agent(registries: Registries, account: Contract) -> None:
    identity = registries.identity

    logs = _execute(account, identity, "register", "ipfs://agent").logs

    wallet = to_canonical_address(account.address)
    assert identity.log("Registered", 1, "ipfs://agent", account.address) in logs
    assert identity.log("MetadataSet", 1, "agentWallet", "agentWallet", wallet) in logs
    assert identity.ownerOf(1) == account.address
    assert account.asked()[0] == account.address


def test_set_agent_uri__when_by_a_contract__names_it(registries: Registries, account: Contract) -> None:
    _execute(account, registries.identity, "register")

    logs = _execute(account, registries.identity, "setAgentURI", 1, "ipfs://new").logs

    assert registries.identity.log("URIUpdated", 1, "ipfs://new", account.address) in logs


def test_set_agent_uri__when_by_a_strange_contract__names_it(registries: Registries, account: Contract) -> None:
    agent_id = registries.register(STRANGER)

    with reverts("NotAuthorized", agent_id, account.address):
        _execute(account, registries.identity, "setAgentURI", agent_id, "")


def test_safe_transfer_from__when_by_a_contract__tells_the_receiver(registries: Registries, account: Contract) -> None:
    receiver = registries.evm.deploy("UnitReceiver", ACCEPT, sender=DEPLOYER)
    _execute(account, registries.identity, "register")

    _execute(account, registries.identity, "safeTransferFrom", account.address, receiver.address, 1, b"")

    assert receiver.asked() == (account.address, account.address, 1, b"")


def test_set_operator_opt_out__when_by_a_contract__is_its_own(registries: Registries, account: Contract) -> None:
    logs = _execute(account, registries.identity, "setOperatorOptOut", True).logs

    assert logs == (registries.identity.log("OperatorOptOutSet", account.address, True),)
    assert registries.identity.operatorOptOut(account.address) is True
    assert registries.identity.operatorOptOut(STRANGER) is False


def test_set_base_uri__when_by_a_contract__names_it(registries: Registries, account: Contract) -> None:
    identity = registries.evm.deploy("IdentityRegistry", ADMIN_DELAY, ADMIN, PAUSER, account.address, sender=DEPLOYER)

    logs = _execute(account, identity, "setBaseURI", "https://base.example").logs

    assert identity.log("BaseURIUpdated", "https://base.example", account.address) in logs


# REPUTATION


def test_give_feedback__when_by_a_contract__is_its_own(registries: Registries, account: Contract) -> None:
    agent_id = registries.register()
    reputation = registries.reputation

    logs = _execute(account, reputation, "giveFeedback", agent_id, *FEEDBACK).logs

    arguments = (agent_id, account.address, 1, 1, 0, "", "", "", "", "", NO_HASH)
    assert logs == (reputation.log("NewFeedback", *arguments),)
    assert reputation.getClients(agent_id) == (account.address,)


def test_give_feedback__when_by_the_owning_contract__names_it(registries: Registries, account: Contract) -> None:
    _execute(account, registries.identity, "register")

    with reverts("SelfFeedback", 1, account.address):
        _execute(account, registries.reputation, "giveFeedback", 1, *FEEDBACK)


def test_give_feedback__given_a_contract_at_its_limit__names_it(registries: Registries, account: Contract) -> None:
    agent_id = registries.register()
    limit = registries.reputation.MAX_FEEDBACK_PER_CLIENT()
    totals = place_of("ReputationRegistry", "_agents", agent_id, "ledgers", account.address, "totals")
    registries.evm.set_storage(registries.reputation.address, totals.slot, limit << 208)

    with reverts("FeedbackLimitReached", agent_id, account.address, limit):
        _execute(account, registries.reputation, "giveFeedback", agent_id, *FEEDBACK)


def test_revoke_feedback__when_by_a_contract__is_of_its_own(registries: Registries, account: Contract) -> None:
    agent_id = registries.register()
    give(registries, agent_id, client=STRANGER)
    reputation = registries.reputation

    with reverts("FeedbackNotFound", agent_id, account.address, 1):
        _execute(account, reputation, "revokeFeedback", agent_id, 1)

    _execute(account, reputation, "giveFeedback", agent_id, *FEEDBACK)
    logs = _execute(account, reputation, "revokeFeedback", agent_id, 1).logs
    assert logs == (reputation.log("FeedbackRevoked", agent_id, account.address, 1),)
    assert reputation.getClientTotals(agent_id, account.address) == (1, 0, 0, 0)
    assert reputation.getClientTotals(agent_id, STRANGER)[:2] == (1, 1)

    with reverts("FeedbackAlreadyRevoked", agent_id, account.address, 1):
        _execute(account, reputation, "revokeFeedback", agent_id, 1)


def test_append_response__when_by_a_contract__counts_as_its_own(registries: Registries, account: Contract) -> None:
    agent_id = registries.register()
    give(registries, agent_id)
    reputation = registries.reputation

    logs = _execute(account, reputation, "appendResponse", agent_id, CLIENT, 1, "ipfs://answer", NO_HASH).logs

    arguments = (agent_id, CLIENT, 1, account.address, "ipfs://answer", NO_HASH)
    assert logs == (reputation.log("ResponseAppended", *arguments),)
    assert reputation.getResponseCount(agent_id, CLIENT, 1, [account.address]) == 1
    assert reputation.getResponseCount(agent_id, CLIENT, 1, [STRANGER]) == 0


# VALIDATION


def test_validation_request__when_by_a_strange_contract__names_it(registries: Registries, account: Contract) -> None:
    agent_id = registries.register(STRANGER)

    with reverts("NotAuthorized", agent_id, account.address):
        _execute(account, registries.validation, "validationRequest", OWNER, agent_id, "", SOME_HASH)


def test_validation_response__when_by_a_strange_contract__names_it(registries: Registries, account: Contract) -> None:
    agent_id = registries.register()
    request(registries, agent_id, validator=STRANGER)

    with reverts("NotRequestedValidator", SOME_HASH, account.address):
        _execute(account, registries.validation, "validationResponse", SOME_HASH, 1, "", NO_HASH, "")


def test_validation_response__when_by_the_validating_contract__names_it(
    registries: Registries, account: Contract
) -> None:
    agent_id = registries.register()
    request(registries, agent_id, validator=account.address)

    logs = _execute(account, registries.validation, "validationResponse", SOME_HASH, 1, "", NO_HASH, "").logs

    arguments = (account.address, agent_id, SOME_HASH, 1, "", NO_HASH, "")
    assert logs == (registries.validation.log("ValidationResponse", *arguments),)


def test_validation_response__when_the_validator_became_affiliated__names_it(
    registries: Registries, account: Contract
) -> None:
    agent_id = registries.register()
    request(registries, agent_id, validator=account.address)
    registries.identity.approve(account.address, agent_id, sender=OWNER)

    with reverts("SelfValidation", agent_id, account.address):
        _execute(account, registries.validation, "validationResponse", SOME_HASH, 1, "", NO_HASH, "")

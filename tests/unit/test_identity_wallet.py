"""The agent's wallet: consent by signature, deadlines, clearing."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_keys.constants import SECPK1_N
from eth_utils.address import to_canonical_address

from registries.consent import consent_message, sign_consent
from tests.deployment import (
    ADMIN,
    BUYER,
    DEPLOYER,
    OPERATOR,
    OWNER,
    PAUSER,
    REGISTRY_ADMIN,
    STRANGER,
    WALLET,
    Registries,
)
from tests.evm import START_TIME, ZERO_ADDRESS, Actor, Contract, reverts
from tests.unit.identity_support import OTHERS, UNKNOWN_AGENT, entries, wallet_log

MAX_CONSENT_PERIOD = 300
OTHER_WALLET = Actor.of("other wallet")
# What EIP-7702 puts at a delegated account: this prefix and the delegate's address.
DELEGATION = bytes.fromhex("ef0100")
REFUSED = b"\xff" * 4


def set_wallet(
    registries: Registries,
    agent_id: int,
    wallet: str = WALLET,
    *,
    deadline: int = START_TIME + 60,
    signature: bytes | None = None,
    signer: Actor = WALLET,
    caller: str = OWNER,
) -> None:
    """Sets a wallet; without a signature, with the one that the signer owes for this wallet."""
    if signature is None:
        signature = consent(registries, agent_id, wallet, deadline=deadline, signer=signer)
    receipt = registries.identity.setAgentWallet(agent_id, wallet, deadline, signature, sender=caller)
    assert receipt.logs == (wallet_log(registries.identity, agent_id, wallet),)


def consent(
    registries: Registries,
    agent_id: int,
    wallet: str = WALLET,
    *,
    deadline: int = START_TIME + 60,
    signer: Actor = WALLET,
    chain_id: int | None = None,
    registry: str | None = None,
    owner: str = OWNER,
) -> bytes:
    message = consent_message(
        chain_id=chain_id or registries.evm.chain_id,
        registry=registry or registries.identity.address,
        agent_id=agent_id,
        new_wallet=wallet,
        owner=owner,
        deadline=deadline,
    )
    return sign_consent(signer.key, message)


def contract_wallet(registries: Registries, signer: Actor = WALLET, *, reverting: bool = False) -> Contract:
    return registries.evm.deploy("UnitWallet1271", signer, reverting, sender=DEPLOYER)


def delegate_to(registries: Registries, delegate: Contract) -> None:
    """Makes the wallet an account delegated by EIP-7702."""
    registries.evm.set_code(WALLET, DELEGATION + to_canonical_address(delegate.address))
    assert len(code_of(registries, WALLET)) == 23


def code_of(registries: Registries, address: str) -> bytes:
    return bytes(registries.evm.raw.get_code(address) or b"")


def malleable_twin(signature: bytes) -> bytes:
    """The other signature of the same key and message: s in the upper half, v flipped."""
    high_s = SECPK1_N - int.from_bytes(signature[32:64], "big")
    return signature[:32] + high_s.to_bytes(32, "big") + bytes([55 - signature[64]])


def compact(signature: bytes) -> bytes:
    """The 64-byte form of ERC-2098."""
    parity_and_s = int.from_bytes(signature[32:64], "big") | (signature[64] - 27) << 255
    return signature[:32] + parity_and_s.to_bytes(32, "big")


def assert_unchanged(registries: Registries, agent_id: int) -> None:
    assert registries.identity.getAgentWallet(agent_id) == OWNER
    assert registries.identity.lastConsentDeadline(agent_id) == 0


def test_set_agent_wallet__with_an_accounts_consent__sets_it(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()

    set_wallet(registries, agent_id, deadline=START_TIME + 60)

    assert identity.getAgentWallet(agent_id) == WALLET
    assert identity.getMetadata(agent_id, "agentWallet") == to_canonical_address(WALLET)
    assert identity.lastConsentDeadline(agent_id) == START_TIME + 60


def test_set_agent_wallet__given_an_explicit_wallet__replaces_it(registries: Registries) -> None:
    agent_id = registries.register()
    set_wallet(registries, agent_id)

    set_wallet(registries, agent_id, OTHER_WALLET, signer=OTHER_WALLET, deadline=START_TIME + 61)

    assert registries.identity.getAgentWallet(agent_id) == OTHER_WALLET


def test_set_agent_wallet__when_it_is_the_owner__needs_the_owners_consent(registries: Registries) -> None:
    agent_id = registries.register()

    with reverts("InvalidConsent", OWNER):
        set_wallet(registries, agent_id, OWNER, signature=b"")
    set_wallet(registries, agent_id, OWNER, signer=OWNER)

    assert registries.identity.getAgentWallet(agent_id) == OWNER


def test_set_agent_wallet__by_operator_or_approved__sets_it(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    identity.approve(BUYER, agent_id, sender=OWNER)

    set_wallet(registries, agent_id, caller=OPERATOR)
    set_wallet(registries, agent_id, caller=BUYER, deadline=START_TIME + 61)

    assert identity.getAgentWallet(agent_id) == WALLET


@pytest.mark.parametrize("caller", [STRANGER, ADMIN, PAUSER, REGISTRY_ADMIN, WALLET], ids=[*OTHERS, "wallet"])
def test_set_agent_wallet__by_anyone_else__reverts(registries: Registries, caller: str) -> None:
    agent_id = registries.register()

    with reverts("NotAuthorized", agent_id, caller):
        set_wallet(registries, agent_id, caller=caller)


def test_set_agent_wallet__given_an_unknown_agent__reverts(registries: Registries) -> None:
    with reverts("ERC721NonexistentToken", UNKNOWN_AGENT):
        set_wallet(registries, UNKNOWN_AGENT)


def test_set_agent_wallet__when_zero__reverts(registries: Registries) -> None:
    agent_id = registries.register()

    with reverts("ZeroWallet"):
        set_wallet(registries, agent_id, ZERO_ADDRESS)


@pytest.mark.parametrize("ahead", [0, 1, MAX_CONSENT_PERIOD - 1, MAX_CONSENT_PERIOD])
def test_set_agent_wallet__when_deadline_is_within_the_period__sets_it(registries: Registries, ahead: int) -> None:
    agent_id = registries.register()

    set_wallet(registries, agent_id, deadline=START_TIME + ahead)

    assert registries.identity.lastConsentDeadline(agent_id) == START_TIME + ahead


@pytest.mark.parametrize("deadline", [0, START_TIME - 1])
def test_set_agent_wallet__when_deadline_is_past__reverts(registries: Registries, deadline: int) -> None:
    agent_id = registries.register()

    with reverts("ConsentExpired", deadline, START_TIME):
        set_wallet(registries, agent_id, deadline=deadline)


@pytest.mark.parametrize("deadline", [START_TIME + MAX_CONSENT_PERIOD + 1, 2**40 + START_TIME, 2**256 - 1])
def test_set_agent_wallet__when_deadline_is_too_far_ahead__reverts(registries: Registries, deadline: int) -> None:
    agent_id = registries.register()

    with reverts("ConsentTooFarAhead", deadline, START_TIME + MAX_CONSENT_PERIOD):
        set_wallet(registries, agent_id, deadline=deadline)

    assert_unchanged(registries, agent_id)


@pytest.mark.parametrize("earlier", [0, 1, 59])
def test_set_agent_wallet__when_deadline_is_not_above_the_last__reverts(registries: Registries, earlier: int) -> None:
    agent_id = registries.register()
    last = START_TIME + 60
    set_wallet(registries, agent_id, deadline=last)

    with reverts("ConsentAlreadyUsed", agent_id, last - earlier, last):
        set_wallet(registries, agent_id, OTHER_WALLET, signer=OTHER_WALLET, deadline=last - earlier)


def test_set_agent_wallet__when_deadline_is_one_above_the_last__sets_it(registries: Registries) -> None:
    agent_id = registries.register()
    set_wallet(registries, agent_id, deadline=START_TIME + 60)

    set_wallet(registries, agent_id, deadline=START_TIME + 61)

    assert registries.identity.lastConsentDeadline(agent_id) == START_TIME + 61


def test_set_agent_wallet__given_two_agents__counts_deadlines_apart(registries: Registries) -> None:
    agent_id, other = registries.register(), registries.register()

    set_wallet(registries, agent_id)
    set_wallet(registries, other)

    assert registries.identity.getAgentWallet(other) == WALLET


def test_set_agent_wallet__given_an_unset__refuses_the_same_consent(registries: Registries) -> None:
    agent_id = registries.register()
    deadline = START_TIME + 60
    used = consent(registries, agent_id, deadline=deadline)
    set_wallet(registries, agent_id, signature=used, deadline=deadline)
    registries.identity.unsetAgentWallet(agent_id, sender=OWNER)

    with reverts("ConsentAlreadyUsed", agent_id, deadline, deadline):
        set_wallet(registries, agent_id, signature=used, deadline=deadline)


def test_set_agent_wallet__given_a_round_trip__refuses_the_same_consent(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    deadline = START_TIME + 60
    used = consent(registries, agent_id, deadline=deadline)
    set_wallet(registries, agent_id, signature=used, deadline=deadline)
    identity.transferFrom(OWNER, BUYER, agent_id, sender=OWNER)
    identity.transferFrom(BUYER, OWNER, agent_id, sender=BUYER)

    with reverts("ConsentAlreadyUsed", agent_id, deadline, deadline):
        set_wallet(registries, agent_id, signature=used, deadline=deadline)


def test_set_agent_wallet__given_a_failed_attempt__leaves_the_consent_usable(registries: Registries) -> None:
    agent_id = registries.register()
    with reverts("InvalidConsent", WALLET):
        set_wallet(registries, agent_id, signer=STRANGER)
    assert_unchanged(registries, agent_id)

    set_wallet(registries, agent_id)

    assert registries.identity.getAgentWallet(agent_id) == WALLET


def test_set_agent_wallet__given_a_sale__refuses_the_consent_to_the_seller(registries: Registries) -> None:
    agent_id = registries.register()
    to_the_seller = consent(registries, agent_id, owner=OWNER)
    registries.identity.transferFrom(OWNER, BUYER, agent_id, sender=OWNER)

    with reverts("InvalidConsent", WALLET):
        set_wallet(registries, agent_id, signature=to_the_seller, caller=BUYER)


def test_set_agent_wallet__when_another_key_signed__reverts(registries: Registries) -> None:
    agent_id = registries.register()

    with reverts("InvalidConsent", WALLET):
        set_wallet(registries, agent_id, signer=OWNER)


@pytest.mark.parametrize("wrong", ["agent", "wallet", "deadline", "owner", "chain", "registry"])
def test_set_agent_wallet__when_consent_is_for_something_else__reverts(registries: Registries, wrong: str) -> None:
    agent_id = registries.register()
    signatures = {
        "agent": consent(registries, agent_id + 1),
        "wallet": consent(registries, agent_id, OTHER_WALLET),
        "deadline": consent(registries, agent_id, deadline=START_TIME + 61),
        "owner": consent(registries, agent_id, owner=BUYER),
        "chain": consent(registries, agent_id, chain_id=1),
        "registry": consent(registries, agent_id, registry=registries.reputation.address),
    }

    with reverts("InvalidConsent", WALLET):
        set_wallet(registries, agent_id, signature=signatures[wrong])

    assert_unchanged(registries, agent_id)


@pytest.mark.parametrize("form", ["malleable", "compact", "v of 0 or 1", "too long", "empty", "zeros"])
def test_set_agent_wallet__when_signature_has_another_form__reverts(registries: Registries, form: str) -> None:
    agent_id = registries.register()
    good = consent(registries, agent_id)
    signatures = {
        "malleable": malleable_twin(good),
        "compact": compact(good),
        "v of 0 or 1": good[:64] + bytes([good[64] - 27]),
        "too long": good + b"\0",
        "empty": b"",
        "zeros": bytes(65),
    }

    with reverts("InvalidConsent", WALLET):
        set_wallet(registries, agent_id, signature=signatures[form])

    assert_unchanged(registries, agent_id)


def test_malleable_twin__of_a_signature__recovers_the_same_key(registries: Registries) -> None:
    # Otherwise the refusal above would prove nothing about malleability.
    message = consent_message(
        chain_id=1, registry=STRANGER, agent_id=1, new_wallet=WALLET, owner=OWNER, deadline=START_TIME
    )
    signature = sign_consent(WALLET.key, message)

    assert Account.recover_message(message, signature=malleable_twin(signature)) == WALLET


def test_set_agent_wallet__given_an_account_delegated_by_eip7702__takes_its_key(registries: Registries) -> None:
    agent_id = registries.register()
    delegate_to(registries, contract_wallet(registries, STRANGER))

    set_wallet(registries, agent_id)

    assert registries.identity.getAgentWallet(agent_id) == WALLET


def test_set_agent_wallet__given_a_delegated_account__refuses_another_key(registries: Registries) -> None:
    agent_id = registries.register()
    delegate_to(registries, contract_wallet(registries, OTHER_WALLET))

    with reverts("InvalidConsent", WALLET):
        set_wallet(registries, agent_id, signer=STRANGER)


def test_set_agent_wallet__given_code_that_refuses__takes_the_accounts_key(registries: Registries) -> None:
    # On a chain with EIP-7702 a call to the delegated account runs the delegate's code: here it lies there itself.
    agent_id = registries.register()
    delegate = contract_wallet(registries, STRANGER)
    registries.evm.set_code(WALLET, code_of(registries, delegate.address))
    assert registries.evm.at("UnitWallet1271", WALLET).isValidSignature(bytes(32), bytes(65)) == REFUSED

    set_wallet(registries, agent_id)

    assert registries.identity.getAgentWallet(agent_id) == WALLET


def test_set_agent_wallet__given_a_contract_wallet__asks_it(registries: Registries) -> None:
    agent_id, account = registries.register(), contract_wallet(registries)

    set_wallet(registries, agent_id, account.address, signer=WALLET)

    assert registries.identity.getAgentWallet(agent_id) == account.address


@pytest.mark.parametrize("reverting", [False, True])
def test_set_agent_wallet__given_a_contract_wallet_that_refuses__reverts(
    registries: Registries, reverting: bool
) -> None:
    agent_id, account = registries.register(), contract_wallet(registries, reverting=reverting)

    with reverts("InvalidConsent", account.address):
        set_wallet(registries, agent_id, account.address, signer=STRANGER)

    assert_unchanged(registries, agent_id)


def test_set_agent_wallet__given_a_contract_without_erc1271__reverts(registries: Registries) -> None:
    agent_id, account = registries.register(), registries.evm.deploy("UnitAccount", sender=DEPLOYER)

    with reverts("InvalidConsent", account.address):
        set_wallet(registries, agent_id, account.address)


def test_set_agent_wallet__given_a_rich_state__leaves_the_rest_of_the_slot(registries: Registries) -> None:
    identity = registries.identity
    agent_id = identity.register("", entries(3), sender=BUYER).value
    identity.transferFrom(BUYER, OWNER, agent_id, sender=BUYER)

    set_wallet(registries, agent_id)

    assert identity.ownershipEpoch(agent_id) == 1
    assert identity.metadataKeyCount(agent_id) == 3


def test_unset_agent_wallet__by_owner__clears_it(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    set_wallet(registries, agent_id)

    receipt = identity.unsetAgentWallet(agent_id, sender=OWNER)

    assert receipt.logs == (wallet_log(identity, agent_id, None),)
    assert identity.getAgentWallet(agent_id) == ZERO_ADDRESS
    assert identity.getMetadata(agent_id, "agentWallet") == b""
    assert identity.lastConsentDeadline(agent_id) == START_TIME + 60


def test_unset_agent_wallet__given_the_owner_as_wallet__clears_it(registries: Registries) -> None:
    agent_id = registries.register()

    registries.identity.unsetAgentWallet(agent_id, sender=OWNER)

    assert registries.identity.getAgentWallet(agent_id) == ZERO_ADDRESS


def test_unset_agent_wallet__when_repeated__announces_it_again(registries: Registries) -> None:
    agent_id = registries.register()
    registries.identity.unsetAgentWallet(agent_id, sender=OWNER)

    receipt = registries.identity.unsetAgentWallet(agent_id, sender=OWNER)

    assert receipt.logs == (wallet_log(registries.identity, agent_id, None),)


def test_unset_agent_wallet__given_an_unused_consent__leaves_it_usable(registries: Registries) -> None:
    agent_id = registries.register()
    registries.identity.unsetAgentWallet(agent_id, sender=OWNER)

    set_wallet(registries, agent_id)

    assert registries.identity.getAgentWallet(agent_id) == WALLET


def test_unset_agent_wallet__by_operator_or_approved__clears_it(registries: Registries) -> None:
    identity = registries.identity
    identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    for caller in (OPERATOR, BUYER):
        agent_id = registries.register()
        identity.approve(BUYER, agent_id, sender=OWNER)

        identity.unsetAgentWallet(agent_id, sender=caller)

        assert identity.getAgentWallet(agent_id) == ZERO_ADDRESS


@pytest.mark.parametrize("caller", [STRANGER, ADMIN, PAUSER, REGISTRY_ADMIN, WALLET], ids=[*OTHERS, "wallet"])
def test_unset_agent_wallet__by_anyone_else__reverts(registries: Registries, caller: str) -> None:
    agent_id = registries.register()
    set_wallet(registries, agent_id)

    with reverts("NotAuthorized", agent_id, caller):
        registries.identity.unsetAgentWallet(agent_id, sender=caller)


def test_unset_agent_wallet__given_an_unknown_agent__reverts(registries: Registries) -> None:
    with reverts("ERC721NonexistentToken", UNKNOWN_AGENT):
        registries.identity.unsetAgentWallet(UNKNOWN_AGENT, sender=OWNER)

"""Transfers, approvals, ownership epochs, and who may act for an agent."""

from __future__ import annotations

import pytest

from tests.deployment import BUYER, DEPLOYER, OPERATOR, OWNER, STRANGER, WALLET, Registries
from tests.evm import START_TIME, ZERO_ADDRESS, Contract, Log, reverts
from tests.layout import Place, place_of, read, write
from tests.unit.identity_support import UNKNOWN_AGENT, URI, entries, wallet_log

ACCEPT, WRONG_VALUE, REVERT_WITH_ERROR, REVERT_WITHOUT_DATA = range(4)
EPOCH_LIMIT = 2**32 - 1
# The end of each form of transfer, after from, to and agent.
FORMS = [("transferFrom", ()), ("safeTransferFrom", ()), ("safeTransferFrom", (b"\x01\x02",))]
every_form = pytest.mark.parametrize(("name", "rest"), FORMS, ids=["plain", "safe", "safe with data"])
safe_forms = pytest.mark.parametrize("rest", [(), (b"\x01\x02",)], ids=["without data", "with data"])


def transfer(registries: Registries, name: str, *arguments: object, caller: str = OWNER) -> tuple[Log, ...]:
    logs: tuple[Log, ...] = getattr(registries.identity, name)(*arguments, sender=caller).logs
    return logs


def transfer_logs(identity: Contract, agent_id: int, sender: str, recipient: str) -> tuple[Log, ...]:
    return identity.log("Transfer", sender, recipient, agent_id), wallet_log(identity, agent_id, None)


def epoch_of(agent_id: int) -> Place:
    return place_of("IdentityRegistry", "_agents", agent_id, "ownershipEpoch")


# ------------------------------------------------------------------------------------------------------- transfers


@every_form
def test_transfer__to_a_buyer__moves_the_agent_and_clears_its_wallet(
    registries: Registries, name: str, rest: tuple[object, ...]
) -> None:
    identity, agent_id = registries.identity, registries.register()

    logs = transfer(registries, name, OWNER, BUYER, agent_id, *rest)

    assert logs == transfer_logs(identity, agent_id, OWNER, BUYER)
    assert identity.ownerOf(agent_id) == BUYER
    assert (identity.balanceOf(OWNER), identity.balanceOf(BUYER)) == (0, 1)
    assert identity.getAgentWallet(agent_id) == ZERO_ADDRESS
    assert identity.getMetadata(agent_id, "agentWallet") == b""
    assert identity.ownershipEpoch(agent_id) == 1


@every_form
def test_transfer__to_oneself__keeps_wallet_and_epoch(
    registries: Registries, name: str, rest: tuple[object, ...]
) -> None:
    identity, agent_id = registries.identity, registries.register()
    registries.set_wallet(agent_id)

    logs = transfer(registries, name, OWNER, OWNER, agent_id, *rest)

    assert logs == (identity.log("Transfer", OWNER, OWNER, agent_id),)
    assert identity.getAgentWallet(agent_id) == WALLET
    assert identity.ownershipEpoch(agent_id) == 0


def test_transfer_from__given_the_default_wallet_and_oneself__keeps_the_owner_as_wallet(
    registries: Registries,
) -> None:
    agent_id = registries.register()

    transfer(registries, "transferFrom", OWNER, OWNER, agent_id)

    assert registries.identity.getAgentWallet(agent_id) == OWNER


def test_transfer_from__given_a_rich_agent__keeps_uri_metadata_and_last_deadline(registries: Registries) -> None:
    identity = registries.identity
    agent_id = identity.register(URI, entries(2), sender=OWNER).value
    registries.set_wallet(agent_id, seconds=60)

    transfer(registries, "transferFrom", OWNER, BUYER, agent_id)

    assert identity.tokenURI(agent_id) == URI
    assert identity.getMetadata(agent_id, "key 1") == b"value"
    assert identity.metadataKeyCount(agent_id) == 2
    assert identity.lastConsentDeadline(agent_id) == START_TIME + 60
    assert identity.getAgentWallet(agent_id) == ZERO_ADDRESS


def test_transfer_from__when_repeated__counts_every_change_of_owner(registries: Registries) -> None:
    identity, agent_id, other = registries.identity, registries.register(), registries.register()

    for sender, recipient in ((OWNER, BUYER), (BUYER, BUYER), (BUYER, OWNER), (OWNER, STRANGER)):
        transfer(registries, "transferFrom", sender, recipient, agent_id, caller=sender)

    assert identity.ownershipEpoch(agent_id) == 3
    assert identity.ownershipEpoch(other) == 0


def test_ownership_epoch__given_its_limit__stays_there_and_transfers_go_on(registries: Registries) -> None:
    identity = registries.identity
    agent_id = identity.register("", entries(2), sender=OWNER).value
    write(identity, epoch_of(agent_id), EPOCH_LIMIT - 1)
    assert identity.ownershipEpoch(agent_id) == EPOCH_LIMIT - 1

    transfer(registries, "transferFrom", OWNER, BUYER, agent_id)
    assert identity.ownershipEpoch(agent_id) == EPOCH_LIMIT

    logs = transfer(registries, "transferFrom", BUYER, OWNER, agent_id, caller=BUYER)
    assert logs == transfer_logs(identity, agent_id, BUYER, OWNER)
    assert identity.ownershipEpoch(agent_id) == EPOCH_LIMIT
    assert identity.metadataKeyCount(agent_id) == 2
    assert identity.getAgentWallet(agent_id) == ZERO_ADDRESS


def test_ownership_epoch__when_counted__lies_in_its_field(registries: Registries) -> None:
    agent_id = registries.register()

    transfer(registries, "transferFrom", OWNER, BUYER, agent_id)

    assert read(registries.identity, epoch_of(agent_id)) == 1


@every_form
def test_transfer__by_operator_or_approved__moves_the_agent(
    registries: Registries, name: str, rest: tuple[object, ...]
) -> None:
    identity, first, second = registries.identity, registries.register(), registries.register()
    identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    identity.approve(STRANGER, second, sender=OWNER)

    transfer(registries, name, OWNER, BUYER, first, *rest, caller=OPERATOR)
    transfer(registries, name, OWNER, BUYER, second, *rest, caller=STRANGER)

    assert identity.balanceOf(BUYER) == 2


@every_form
def test_transfer__by_anyone_else__reverts(registries: Registries, name: str, rest: tuple[object, ...]) -> None:
    agent_id = registries.register()
    registries.set_wallet(agent_id)

    for caller in (STRANGER, BUYER, WALLET):
        with reverts("ERC721InsufficientApproval", caller, agent_id):
            transfer(registries, name, OWNER, BUYER, agent_id, *rest, caller=caller)


@every_form
def test_transfer__given_an_unknown_agent__reverts(registries: Registries, name: str, rest: tuple[object, ...]) -> None:
    with reverts("ERC721NonexistentToken", UNKNOWN_AGENT):
        transfer(registries, name, OWNER, BUYER, UNKNOWN_AGENT, *rest)


@every_form
def test_transfer__when_from_is_not_the_owner__reverts(
    registries: Registries, name: str, rest: tuple[object, ...]
) -> None:
    agent_id = registries.register()

    with reverts("ERC721IncorrectOwner", STRANGER, agent_id, OWNER):
        transfer(registries, name, STRANGER, BUYER, agent_id, *rest)


@every_form
def test_transfer__to_zero__reverts(registries: Registries, name: str, rest: tuple[object, ...]) -> None:
    agent_id = registries.register()

    with reverts("ERC721InvalidReceiver", ZERO_ADDRESS):
        transfer(registries, name, OWNER, ZERO_ADDRESS, agent_id, *rest)


# ------------------------------------------------------------------------------------------- the receiver's answer


@safe_forms
def test_safe_transfer_from__when_the_receiver_accepts__tells_it_who_and_what(
    registries: Registries, rest: tuple[bytes, ...]
) -> None:
    identity, agent_id = registries.identity, registries.register()
    account = registries.evm.deploy("UnitReceiver", ACCEPT, sender=DEPLOYER)
    identity.setApprovalForAll(OPERATOR, True, sender=OWNER)

    transfer(registries, "safeTransferFrom", OWNER, account.address, agent_id, *rest, caller=OPERATOR)

    assert identity.ownerOf(agent_id) == account.address
    assert account.asked() == (OPERATOR, OWNER, agent_id, *(rest or (b"",)))


@safe_forms
@pytest.mark.parametrize("answer", [WRONG_VALUE, REVERT_WITHOUT_DATA])
def test_safe_transfer_from__when_the_receiver_refuses__reverts(
    registries: Registries, answer: int, rest: tuple[bytes, ...]
) -> None:
    agent_id = registries.register()
    account = registries.evm.deploy("UnitReceiver", answer, sender=DEPLOYER)

    with reverts("ERC721InvalidReceiver", account.address):
        transfer(registries, "safeTransferFrom", OWNER, account.address, agent_id, *rest)

    assert registries.identity.ownerOf(agent_id) == OWNER


@safe_forms
def test_safe_transfer_from__when_the_receiver_reverts_with_an_error__passes_it_on(
    registries: Registries, rest: tuple[bytes, ...]
) -> None:
    agent_id = registries.register()
    account = registries.evm.deploy("UnitReceiver", REVERT_WITH_ERROR, sender=DEPLOYER)

    with reverts("Refused", agent_id):
        transfer(registries, "safeTransferFrom", OWNER, account.address, agent_id, *rest)


@safe_forms
def test_safe_transfer_from__to_code_without_a_hook__reverts(registries: Registries, rest: tuple[bytes, ...]) -> None:
    agent_id = registries.register()
    account = registries.evm.deploy("UnitAccount", sender=DEPLOYER)

    with reverts("ERC721InvalidReceiver", account.address):
        transfer(registries, "safeTransferFrom", OWNER, account.address, agent_id, *rest)


def test_transfer_from__to_code_without_a_hook__does_not_ask(registries: Registries) -> None:
    agent_id = registries.register()
    account = registries.evm.deploy("UnitAccount", sender=DEPLOYER)

    transfer(registries, "transferFrom", OWNER, account.address, agent_id)

    assert registries.identity.ownerOf(agent_id) == account.address


# ------------------------------------------------------------------------------------------------------- approvals


def test_approve__by_owner__stores_and_announces_it(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()

    receipt = identity.approve(STRANGER, agent_id, sender=OWNER)

    assert receipt.logs == (identity.log("Approval", OWNER, STRANGER, agent_id),)
    assert identity.getApproved(agent_id) == STRANGER


def test_approve__when_zero__takes_the_approval_back(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    identity.approve(STRANGER, agent_id, sender=OWNER)

    receipt = identity.approve(ZERO_ADDRESS, agent_id, sender=OWNER)

    assert receipt.logs == (identity.log("Approval", OWNER, ZERO_ADDRESS, agent_id),)
    assert identity.getApproved(agent_id) == ZERO_ADDRESS


def test_approve__by_operator__stores_it(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    identity.setApprovalForAll(OPERATOR, True, sender=OWNER)

    identity.approve(STRANGER, agent_id, sender=OPERATOR)

    assert identity.getApproved(agent_id) == STRANGER


def test_approve__by_approved_or_stranger__reverts(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    identity.approve(BUYER, agent_id, sender=OWNER)

    for caller in (BUYER, STRANGER):
        with reverts("ERC721InvalidApprover", caller):
            identity.approve(STRANGER, agent_id, sender=caller)


def test_approve__given_an_unknown_agent__reverts(registries: Registries) -> None:
    with reverts("ERC721NonexistentToken", UNKNOWN_AGENT):
        registries.identity.approve(STRANGER, UNKNOWN_AGENT, sender=OWNER)


def test_approve__given_a_transfer__is_gone(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    identity.approve(STRANGER, agent_id, sender=OWNER)

    identity.transferFrom(OWNER, BUYER, agent_id, sender=STRANGER)

    assert identity.getApproved(agent_id) == ZERO_ADDRESS
    assert not identity.isAuthorizedOrOwner(STRANGER, agent_id)


@pytest.mark.parametrize("approved", [True, False])
def test_set_approval_for_all__by_owner__stores_and_announces_it(registries: Registries, approved: bool) -> None:
    identity = registries.identity
    identity.setApprovalForAll(OPERATOR, not approved, sender=OWNER)

    receipt = identity.setApprovalForAll(OPERATOR, approved, sender=OWNER)

    assert receipt.logs == (identity.log("ApprovalForAll", OWNER, OPERATOR, approved),)
    assert identity.isApprovedForAll(OWNER, OPERATOR) == approved


def test_set_approval_for_all__when_operator_is_zero__reverts(registries: Registries) -> None:
    with reverts("ERC721InvalidOperator", ZERO_ADDRESS):
        registries.identity.setApprovalForAll(ZERO_ADDRESS, True, sender=OWNER)


# -------------------------------------------------------------------------------------------------- who may act


def test_is_authorized_or_owner__for_each_party__tells_who_may_act(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    identity.approve(BUYER, agent_id, sender=OWNER)
    registries.set_wallet(agent_id)

    accounts = (OWNER, OPERATOR, BUYER, WALLET, STRANGER, ZERO_ADDRESS)
    answers = [identity.isAuthorizedOrOwner(account, agent_id) for account in accounts]

    assert answers == [True, True, True, False, False, False]


def test_is_affiliated__for_each_party__counts_the_wallet_too(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    identity.approve(BUYER, agent_id, sender=OWNER)
    registries.set_wallet(agent_id)

    accounts = (OWNER, OPERATOR, BUYER, WALLET, STRANGER, ZERO_ADDRESS)
    answers = [identity.isAffiliated(account, agent_id) for account in accounts]

    assert answers == [True, True, True, True, False, False]


def test_is_affiliated__given_a_cleared_wallet__is_false_for_it_and_for_zero(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    registries.set_wallet(agent_id)
    identity.unsetAgentWallet(agent_id, sender=OWNER)

    assert not identity.isAffiliated(WALLET, agent_id)
    assert not identity.isAffiliated(ZERO_ADDRESS, agent_id)
    assert identity.isAffiliated(OWNER, agent_id)


def test_is_affiliated__given_a_transfer__follows_the_owner(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()

    identity.transferFrom(OWNER, BUYER, agent_id, sender=OWNER)

    assert identity.isAffiliated(BUYER, agent_id)
    assert not identity.isAffiliated(OWNER, agent_id)


@pytest.mark.parametrize("name", ["isAuthorizedOrOwner", "isAffiliated"])
@pytest.mark.parametrize("agent_id", [0, UNKNOWN_AGENT])
def test_parties__given_an_unknown_agent__revert(registries: Registries, name: str, agent_id: int) -> None:
    with reverts("ERC721NonexistentToken", agent_id):
        getattr(registries.identity, name)(OWNER, agent_id)

"""V13: a transfer to oneself wipes the wallet.

Attacker: an operator, or anyone who makes the owner send the agent to itself.
Path: transferFrom(owner, owner, agent). The agent has not changed hands, but its payments have nowhere to go.
Defence: the wallet is cleared, and an epoch begun, only when the owner changes. A per-token approval ends all the same,
as ERC-721 has it.
"""

from __future__ import annotations

import pytest

from tests.attack.weak import WeakRegistries
from tests.deployment import OPERATOR, OWNER, WALLET, Registries
from tests.evm import ZERO_ADDRESS, Receipt
from tests.replay import assert_logs_tell_the_state

FORMS = [("transferFrom", ()), ("safeTransferFrom", ()), ("safeTransferFrom", (b"data",))]
forms = pytest.mark.parametrize(("function", "extra"), FORMS)


def transfer_to_owner(registries: Registries, agent_id: int, function: str, extra: tuple[bytes, ...]) -> Receipt:
    identity = registries.identity
    identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    receipt: Receipt = getattr(identity, function)(OWNER, OWNER, agent_id, *extra, sender=OPERATOR)
    return receipt


@forms
def test_attack__on_weak_registry__succeeds(
    weak_registries: WeakRegistries, function: str, extra: tuple[bytes, ...]
) -> None:
    agent_id = weak_registries.register()
    weak_registries.set_wallet(agent_id, WALLET)
    transfer_to_owner(weak_registries, agent_id, function, extra)

    assert weak_registries.identity.ownerOf(agent_id) == OWNER
    assert weak_registries.identity.getAgentWallet(agent_id) == ZERO_ADDRESS


@forms
def test_attack__on_registry__fails(registries: Registries, function: str, extra: tuple[bytes, ...]) -> None:
    identity, agent_id = registries.identity, registries.register()
    registries.set_wallet(agent_id, WALLET)
    receipt = transfer_to_owner(registries, agent_id, function, extra)

    assert identity.getAgentWallet(agent_id) == WALLET
    assert identity.ownershipEpoch(agent_id) == 0
    assert receipt.logs == (identity.log("Transfer", OWNER, OWNER, agent_id),)
    assert_logs_tell_the_state(identity)


def test_self_transfer__given_default_wallet__keeps_it(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    identity.transferFrom(OWNER, OWNER, agent_id, sender=OWNER)

    assert identity.getAgentWallet(agent_id) == OWNER
    assert_logs_tell_the_state(identity)


def test_self_transfer__given_cleared_wallet__does_not_bring_it_back(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    identity.unsetAgentWallet(agent_id, sender=OWNER)
    identity.transferFrom(OWNER, OWNER, agent_id, sender=OWNER)

    assert identity.getAgentWallet(agent_id) == ZERO_ADDRESS
    assert_logs_tell_the_state(identity)


def test_self_transfer__given_approval__ends_it(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    identity.approve(OPERATOR, agent_id, sender=OWNER)
    identity.transferFrom(OWNER, OWNER, agent_id, sender=OPERATOR)

    assert identity.getApproved(agent_id) == ZERO_ADDRESS
    assert_logs_tell_the_state(identity)

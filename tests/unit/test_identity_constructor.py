"""Deployment of the identity registry."""

from __future__ import annotations

import pytest

from tests.deployment import ADMIN, ADMIN_DELAY, DEPLOYER, PAUSER, REGISTRY_ADMIN, STRANGER, Registries
from tests.evm import EVM, ZERO_ADDRESS, Contract, reverts

DEFAULT_ADMIN_ROLE = bytes(32)
MIN_ADMIN_DELAY = 86_400


def deploy(
    evm: EVM,
    *,
    delay: int = ADMIN_DELAY,
    admin: str = ADMIN,
    pauser: str = PAUSER,
    registry_admin: str = REGISTRY_ADMIN,
) -> Contract:
    return evm.deploy("IdentityRegistry", delay, admin, pauser, registry_admin, sender=DEPLOYER)


def test_constructor__when_given_roles__grants_each_to_its_account_alone(registries: Registries) -> None:
    identity = registries.identity
    roles = (DEFAULT_ADMIN_ROLE, identity.PAUSER_ROLE(), identity.REGISTRY_ADMIN_ROLE())
    accounts = (ADMIN, PAUSER, REGISTRY_ADMIN, DEPLOYER, STRANGER)

    granted = {account: [identity.hasRole(role, account) for role in roles] for account in accounts}

    assert granted == {
        ADMIN: [True, False, False],
        PAUSER: [False, True, False],
        REGISTRY_ADMIN: [False, False, True],
        DEPLOYER: [False, False, False],
        STRANGER: [False, False, False],
    }


def test_constructor__when_done__starts_unpaused_and_empty(registries: Registries) -> None:
    identity = registries.identity

    assert not identity.paused()
    assert identity.totalAgents() == 0
    assert identity.baseURI() == ""
    assert identity.owner() == identity.defaultAdmin() == ADMIN
    assert identity.defaultAdminDelay() == ADMIN_DELAY


def test_constructor__when_admin_is_zero__reverts(evm: EVM) -> None:
    with reverts("AccessControlInvalidDefaultAdmin", ZERO_ADDRESS):
        deploy(evm, admin=ZERO_ADDRESS)


def test_constructor__when_pauser_is_zero__reverts(evm: EVM) -> None:
    with reverts("ZeroAddress", "pauser"):
        deploy(evm, pauser=ZERO_ADDRESS)


def test_constructor__when_registry_admin_is_zero__reverts(evm: EVM) -> None:
    with reverts("ZeroAddress", "registryAdmin"):
        deploy(evm, registry_admin=ZERO_ADDRESS)


@pytest.mark.parametrize("delay", [MIN_ADMIN_DELAY, MIN_ADMIN_DELAY + 1])
def test_constructor__when_delay_is_long_enough__takes_it(evm: EVM, delay: int) -> None:
    assert deploy(evm, delay=delay).defaultAdminDelay() == delay


@pytest.mark.parametrize("delay", [0, MIN_ADMIN_DELAY - 1])
def test_constructor__when_delay_is_too_short__reverts(evm: EVM, delay: int) -> None:
    with reverts("AdminDelayTooShort", delay, MIN_ADMIN_DELAY):
        deploy(evm, delay=delay)

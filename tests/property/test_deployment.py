"""The constructors with any arguments: exactly the roles, delay and wire that were given, or the right error."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from tests.deployment import ADMIN, DEPLOYER, PAUSER, REGISTRY_ADMIN, STRANGER, deploy_registries
from tests.evm import EVM, ZERO_ADDRESS, Contract, reverts
from tests.property.strategies import any_addresses, near

MIN_ADMIN_DELAY = 86_400
MAX_DELAY = 2**48 - 1
ADMIN_ROLE = bytes(32)
PAUSER_ROLE = keccak(text="PAUSER_ROLE")
REGISTRY_ADMIN_ROLE = keccak(text="REGISTRY_ADMIN_ROLE")
WIRED = pytest.mark.parametrize("name", ["ReputationRegistry", "ValidationRegistry"])
WRONG_CONTRACTS = ["reputation", "validation", "UnitLibraryHarness", "UnitAccount"]

accounts = st.one_of(
    st.sampled_from([ADMIN, PAUSER, REGISTRY_ADMIN, DEPLOYER, ZERO_ADDRESS]), any_addresses, st.just(ZERO_ADDRESS)
)
delays = st.one_of(
    near(MIN_ADMIN_DELAY),
    st.integers(MIN_ADMIN_DELAY, MAX_DELAY),
    st.sampled_from([0, MAX_DELAY]),
    st.integers(0, 86_399),
)

Error = tuple[str, tuple[Any, ...]]


class Roles(NamedTuple):
    """What all three constructors take."""

    delay: int
    admin: str
    pauser: str

    def error(self) -> Error | None:
        """The first rule that is broken."""
        if self.admin == ZERO_ADDRESS:
            return "AccessControlInvalidDefaultAdmin", (ZERO_ADDRESS,)
        if self.delay < MIN_ADMIN_DELAY:
            return "AdminDelayTooShort", (self.delay, MIN_ADMIN_DELAY)
        if self.pauser == ZERO_ADDRESS:
            return "ZeroAddress", ("pauser",)
        return None


roles = st.builds(Roles, delays, accounts, accounts)


def _deploy(evm: EVM, name: str, *arguments: Any, error: Error | None) -> Contract | None:
    """Deploys, or asserts that it reverts with the error."""
    if error is None:
        return evm.deploy(name, *arguments, sender=DEPLOYER)
    with reverts(error[0], *error[1]):
        evm.deploy(name, *arguments, sender=DEPLOYER)
    return None


def _assert_roles(contract: Contract, given_roles: Roles, holders: dict[bytes, str]) -> None:
    """Asserts who has each role, of all accounts that could, and that nothing else is set."""
    assert (contract.defaultAdmin(), contract.owner()) == (given_roles.admin, given_roles.admin)
    assert contract.defaultAdminDelay() == given_roles.delay
    assert contract.pendingDefaultAdmin() == (ZERO_ADDRESS, 0)
    assert contract.pendingDefaultAdminDelay() == (0, 0)
    assert contract.paused() is False
    for role in (ADMIN_ROLE, PAUSER_ROLE, REGISTRY_ADMIN_ROLE):
        for account in {*holders.values(), DEPLOYER, STRANGER, ZERO_ADDRESS, contract.address}:
            assert contract.hasRole(role, account) is (holders.get(role) == account)
    granted = [contract.log("RoleGranted", role, account, DEPLOYER) for role, account in holders.items()]
    assert [log for log in contract.evm.logs if log.address == contract.address] == granted


@given(roles, accounts)
def test_identity__when_deployed_with_any_roles__has_them_or_names_the_wrong_one(
    given_roles: Roles, admin: str
) -> None:
    error = given_roles.error()
    if error is None and admin == ZERO_ADDRESS:
        error = "ZeroAddress", ("registryAdmin",)

    contract = _deploy(EVM(), "IdentityRegistry", *given_roles, admin, error=error)

    if contract is not None:
        holders = {ADMIN_ROLE: given_roles.admin, PAUSER_ROLE: given_roles.pauser, REGISTRY_ADMIN_ROLE: admin}
        _assert_roles(contract, given_roles, holders)
        assert (contract.totalAgents(), contract.baseURI()) == (0, "")


@WIRED
@given(roles)
def test_wired_registry__when_deployed_with_any_roles__has_them_or_names_the_wrong_one(
    name: str, given_roles: Roles
) -> None:
    identity = deploy_registries(EVM()).identity

    contract = _deploy(identity.evm, name, identity.address, *given_roles, error=given_roles.error())

    if contract is not None:
        _assert_roles(contract, given_roles, {ADMIN_ROLE: given_roles.admin, PAUSER_ROLE: given_roles.pauser})
        assert (contract.getIdentityRegistry(), contract.tagCount()) == (identity.address, 0)


@WIRED
@given(roles, st.one_of(accounts, st.sampled_from(WRONG_CONTRACTS)))
def test_wired_registry__when_wired_to_anything_else__names_it(name: str, given_roles: Roles, target: str) -> None:
    registries = deploy_registries(EVM())
    wire, reason = target, "no code"
    if target in WRONG_CONTRACTS:
        reason = "interface not supported"
        wire = _address_of(registries, target)
    error = given_roles.error() or ("InvalidIdentityRegistry", (wire, reason))

    _deploy(registries.evm, name, wire, *given_roles, error=error)


def _address_of(registries: Any, target: str) -> str:
    if target in {"reputation", "validation"}:
        return str(getattr(registries, target).address)
    return str(registries.evm.deploy(target, sender=STRANGER).address)

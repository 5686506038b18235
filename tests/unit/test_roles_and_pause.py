"""What roles may do and what they may not, and what a pause stops, in all three registries."""

from __future__ import annotations

from typing import Any

import ape
import pytest
from eth_utils.crypto import keccak

from tests.arguments import arguments
from tests.deployment import (
    ADMIN,
    ADMIN_DELAY,
    BUYER,
    CLIENT,
    DEPLOYER,
    OWNER,
    PAUSER,
    REGISTRIES,
    REGISTRY_ADMIN,
    STRANGER,
    Registries,
)
from tests.entry_points import (
    CALLS,
    ENTRY_POINTS,
    PAUSER_ROLE,
    REGISTRY_ADMIN_ROLE,
    REQUEST,
    agents_data,
    call,
    give_all_roles,
    prepared,
    state_changing,
)
from tests.evm import EVM, ZERO_ADDRESS, Contract, Reverted, reverts

DEFAULT_ADMIN_ROLE = bytes(32)
MIN_ADMIN_DELAY = 86_400
MAX_INCREASE_WAIT = 5 * 86_400
ADMIN_POWERS = {
    "beginDefaultAdminTransfer(address)",
    "cancelDefaultAdminTransfer()",
    "changeDefaultAdminDelay(uint48)",
    "grantRole(bytes32,address)",
    "revokeRole(bytes32,address)",
    "rollbackDefaultAdminDelay()",
}
PAUSE_POWERS = {"pause()", "unpause()"}
# All that a role can do and a stranger cannot. The pauser's third is to give up its role.
POWERS: dict[str, set[str]] = {
    ADMIN: ADMIN_POWERS,
    PAUSER: PAUSE_POWERS | {"renounceRole(bytes32,address)"},
    REGISTRY_ADMIN: {"setBaseURI(string)"},
}
EVERY_POWER = ADMIN_POWERS | PAUSE_POWERS | {"setBaseURI(string)"}
SUBJECT_TO_PAUSE = [entry_point for entry_point in ENTRY_POINTS if entry_point.signature not in PAUSE_POWERS]
# Where a read needs another argument than its type's.
READ_ARGUMENTS: dict[str, Any] = {
    "clientAddress": CLIENT,
    "clientAddresses": [CLIENT],
    "metadataKey": "key",
    "requestHash": REQUEST,
    "interfaceId": bytes.fromhex("01ffc9a7"),
    "cursor": 0,
    "limit": 10,
}
each_registry = pytest.mark.parametrize("registry", REGISTRIES)
each_state_changing = pytest.mark.parametrize(("registry", "signature"), ENTRY_POINTS)


def outcome(registries: Registries, registry: str, signature: str, caller: str) -> tuple[Any, ...]:
    """How a call ends, with the caller itself left out, so that two callers compare."""
    if signature == "unpause()":
        registries[registry].pause(sender=PAUSER)
    try:
        call(registries, registry, signature, caller=caller)
    except Reverted as error:
        return error.name, *("the caller" if value == caller else value for value in error.values)
    return ("done",)


def begin_transfer(registries: Registries, registry: str, new_admin: str = BUYER) -> int:
    """Begins the transfer of the admin's role and gives the time that must have passed."""
    registries[registry].beginDefaultAdminTransfer(new_admin, sender=ADMIN)
    return registries.evm.time + ADMIN_DELAY


def deploy(evm: EVM, registry: str, *, identity: str, delay: int) -> Contract:
    """Deploys one registry with another delay."""
    arguments: tuple[object, ...] = (delay, ADMIN, PAUSER)
    arguments = (*arguments, REGISTRY_ADMIN) if registry == "IdentityRegistry" else (identity, *arguments)
    return evm.deploy(registry, *arguments, sender=DEPLOYER)


# ------------------------------------------------------------------------------------------------ the pause itself


@each_registry
def test_pause__by_pauser__stops_and_unpause_resumes(registries: Registries, registry: str) -> None:
    target = registries[registry]

    paused = target.pause(sender=PAUSER)
    assert paused.logs == (target.log("Paused", PAUSER),)
    assert target.paused()

    resumed = target.unpause(sender=PAUSER)
    assert resumed.logs == (target.log("Unpaused", PAUSER),)
    assert not target.paused()


@each_registry
def test_pause__given_paused__reverts(registries: Registries, registry: str) -> None:
    target = registries[registry]
    target.pause(sender=PAUSER)

    with reverts("EnforcedPause"):
        target.pause(sender=PAUSER)


@each_registry
def test_unpause__given_unpaused__reverts(registries: Registries, registry: str) -> None:
    with reverts("ExpectedPause"):
        registries[registry].unpause(sender=PAUSER)


@each_registry
@pytest.mark.parametrize(
    "caller", [ADMIN, REGISTRY_ADMIN, OWNER, STRANGER], ids=["admin", "registry admin", "owner", "stranger"]
)
def test_pause_and_unpause__by_anyone_else__revert(registries: Registries, registry: str, caller: str) -> None:
    target = registries[registry]

    with reverts("AccessControlUnauthorizedAccount", caller, PAUSER_ROLE):
        target.pause(sender=caller)
    target.pause(sender=PAUSER)
    with reverts("AccessControlUnauthorizedAccount", caller, PAUSER_ROLE):
        target.unpause(sender=caller)


@each_registry
def test_pause__of_one_registry__leaves_the_others(registries: Registries, registry: str) -> None:
    registries[registry].pause(sender=PAUSER)

    assert [registries[other].paused() for other in REGISTRIES] == [other == registry for other in REGISTRIES]


# -------------------------------------------------------------------------------------------- what a pause stops


def test_entry_points__in_the_table__are_those_of_the_abi() -> None:
    for registry in REGISTRIES:
        assert {method.selector for method in state_changing(registry)} == set(CALLS[registry])


@pytest.mark.parametrize(("registry", "signature"), SUBJECT_TO_PAUSE)
def test_entry_point__given_a_pause__stops_or_goes_on_as_before(registry: str, signature: str) -> None:
    unpaused, paused = prepared(), prepared()
    paused[registry].pause(sender=PAUSER)
    expected = call(unpaused, registry, signature)

    if CALLS[registry][signature].stops:
        with reverts("EnforcedPause"):
            call(paused, registry, signature)
        paused[registry].unpause(sender=PAUSER)

    assert call(paused, registry, signature) == expected


@each_registry
def test_reads__given_a_pause__answer_as_before(registry: str) -> None:
    registries = prepared()
    target = registries[registry]
    methods = ape.project.get_contract(registry).contract_type.view_methods

    def answers() -> dict[str, Any]:
        return {
            method.selector: getattr(target, method.name)(*arguments(method, READ_ARGUMENTS))
            for method in methods
            if method.name not in {"paused", "tagText"}
        }

    before = answers()
    target.pause(sender=PAUSER)

    assert len(before) > 25
    assert answers() == before


# ---------------------------------------------------------------------------------------- what a role cannot do


@each_state_changing
@pytest.mark.parametrize("role", POWERS, ids=["admin", "pauser", "registry admin"])
def test_role__at_every_entry_point__can_do_its_own_and_else_what_a_stranger_can(
    registry: str, signature: str, role: str
) -> None:
    registries = prepared()
    before = agents_data(registries)
    for_a_stranger = outcome(prepared(), registry, signature, STRANGER)

    found = outcome(registries, registry, signature, role)

    if signature in POWERS[role]:
        assert for_a_stranger[0] in {"AccessControlUnauthorizedAccount", "AccessControlBadConfirmation"}
        assert found == ("done",)
    else:
        assert found == for_a_stranger
    assert agents_data(registries) == before


@each_state_changing
def test_holder_of_all_roles__at_every_entry_point__leaves_agents_data_alone(registry: str, signature: str) -> None:
    registries = prepared()
    give_all_roles(registries, ADMIN)
    before = agents_data(registries)

    found = outcome(registries, registry, signature, ADMIN)

    expected = ("done",) if signature in EVERY_POWER else outcome(prepared(), registry, signature, STRANGER)
    assert found == expected
    assert agents_data(registries) == before


# ------------------------------------------------------------------------------------------- granting and revoking


@each_registry
def test_roles__when_read__are_hashes_of_their_names_under_the_admin(registries: Registries, registry: str) -> None:
    target = registries[registry]

    assert target.DEFAULT_ADMIN_ROLE() == DEFAULT_ADMIN_ROLE
    assert target.PAUSER_ROLE() == keccak(text="PAUSER_ROLE")
    assert target.getRoleAdmin(PAUSER_ROLE) == DEFAULT_ADMIN_ROLE
    assert target.getRoleAdmin(REGISTRY_ADMIN_ROLE) == DEFAULT_ADMIN_ROLE


def test_registry_admin_role__when_read__is_the_hash_of_its_name(registries: Registries) -> None:
    assert registries.identity.REGISTRY_ADMIN_ROLE() == keccak(text="REGISTRY_ADMIN_ROLE")


@each_registry
def test_grant_role__by_admin__makes_another_pauser(registries: Registries, registry: str) -> None:
    target = registries[registry]

    receipt = target.grantRole(PAUSER_ROLE, STRANGER, sender=ADMIN)

    assert receipt.logs == (target.log("RoleGranted", PAUSER_ROLE, STRANGER, ADMIN),)
    assert target.pause(sender=STRANGER).logs == (target.log("Paused", STRANGER),)


@each_registry
def test_revoke_role__by_admin__unmakes_the_pauser(registries: Registries, registry: str) -> None:
    target = registries[registry]

    receipt = target.revokeRole(PAUSER_ROLE, PAUSER, sender=ADMIN)

    assert receipt.logs == (target.log("RoleRevoked", PAUSER_ROLE, PAUSER, ADMIN),)
    with reverts("AccessControlUnauthorizedAccount", PAUSER, PAUSER_ROLE):
        target.pause(sender=PAUSER)


def test_registry_admin_role__when_moved__moves_the_right_to_set_the_base(registries: Registries) -> None:
    identity = registries.identity
    identity.grantRole(REGISTRY_ADMIN_ROLE, STRANGER, sender=ADMIN)
    identity.revokeRole(REGISTRY_ADMIN_ROLE, REGISTRY_ADMIN, sender=ADMIN)

    identity.setBaseURI("ipfs://base", sender=STRANGER)

    with reverts("AccessControlUnauthorizedAccount", REGISTRY_ADMIN, REGISTRY_ADMIN_ROLE):
        identity.setBaseURI("ipfs://other", sender=REGISTRY_ADMIN)
    assert identity.baseURI() == "ipfs://base"


@each_registry
@pytest.mark.parametrize("name", ["grantRole", "revokeRole"])
def test_grant_and_revoke__by_anyone_else__revert(registries: Registries, registry: str, name: str) -> None:
    for caller in (PAUSER, REGISTRY_ADMIN, STRANGER):
        with reverts("AccessControlUnauthorizedAccount", caller, DEFAULT_ADMIN_ROLE):
            getattr(registries[registry], name)(PAUSER_ROLE, caller, sender=caller)


@each_registry
@pytest.mark.parametrize("name", ["grantRole", "revokeRole"])
def test_grant_and_revoke__of_the_admins_role__revert(registries: Registries, registry: str, name: str) -> None:
    with reverts("AccessControlEnforcedDefaultAdminRules"):
        getattr(registries[registry], name)(DEFAULT_ADMIN_ROLE, ADMIN, sender=ADMIN)


@each_registry
def test_renounce_role__by_its_holder__gives_it_up(registries: Registries, registry: str) -> None:
    target = registries[registry]

    receipt = target.renounceRole(PAUSER_ROLE, PAUSER, sender=PAUSER)

    assert receipt.logs == (target.log("RoleRevoked", PAUSER_ROLE, PAUSER, PAUSER),)
    assert not target.hasRole(PAUSER_ROLE, PAUSER)


@each_registry
def test_renounce_role__for_somebody_else__reverts(registries: Registries, registry: str) -> None:
    with reverts("AccessControlBadConfirmation"):
        registries[registry].renounceRole(PAUSER_ROLE, PAUSER, sender=ADMIN)


# ------------------------------------------------------------------------------------ the admin: two steps, delayed


@each_registry
def test_begin_default_admin_transfer__by_admin__schedules_it(registries: Registries, registry: str) -> None:
    target = registries[registry]
    schedule = registries.evm.time + ADMIN_DELAY

    receipt = target.beginDefaultAdminTransfer(BUYER, sender=ADMIN)

    assert receipt.logs == (target.log("DefaultAdminTransferScheduled", BUYER, schedule),)
    assert target.pendingDefaultAdmin() == (BUYER, schedule)
    assert target.defaultAdmin() == ADMIN
    assert not target.hasRole(DEFAULT_ADMIN_ROLE, BUYER)


@each_registry
def test_begin_default_admin_transfer__given_another_pending__replaces_it(
    registries: Registries, registry: str
) -> None:
    target = registries[registry]
    begin_transfer(registries, registry, STRANGER)
    schedule = registries.evm.time + ADMIN_DELAY

    receipt = target.beginDefaultAdminTransfer(BUYER, sender=ADMIN)

    assert receipt.logs == (
        target.log("DefaultAdminTransferCanceled"),
        target.log("DefaultAdminTransferScheduled", BUYER, schedule),
    )


@each_registry
def test_accept_default_admin_transfer__when_the_delay_has_passed__makes_the_admin(
    registries: Registries, registry: str
) -> None:
    target = registries[registry]
    begin_transfer(registries, registry)
    registries.evm.warp(ADMIN_DELAY + 1)

    receipt = target.acceptDefaultAdminTransfer(sender=BUYER)

    assert receipt.logs == (
        target.log("RoleRevoked", DEFAULT_ADMIN_ROLE, ADMIN, BUYER),
        target.log("RoleGranted", DEFAULT_ADMIN_ROLE, BUYER, BUYER),
    )
    assert target.defaultAdmin() == target.owner() == BUYER
    with reverts("AccessControlUnauthorizedAccount", ADMIN, DEFAULT_ADMIN_ROLE):
        target.grantRole(PAUSER_ROLE, ADMIN, sender=ADMIN)


@each_registry
@pytest.mark.parametrize("elapsed", [0, ADMIN_DELAY - 1, ADMIN_DELAY])
def test_accept_default_admin_transfer__when_too_early__reverts(
    registries: Registries, registry: str, elapsed: int
) -> None:
    schedule = begin_transfer(registries, registry)
    registries.evm.warp(elapsed)

    with reverts("AccessControlEnforcedDefaultAdminDelay", schedule):
        registries[registry].acceptDefaultAdminTransfer(sender=BUYER)


@each_registry
def test_accept_default_admin_transfer__by_anyone_else__reverts(registries: Registries, registry: str) -> None:
    begin_transfer(registries, registry)
    registries.evm.warp(ADMIN_DELAY + 1)

    for caller in (ADMIN, STRANGER):
        with reverts("AccessControlInvalidDefaultAdmin", caller):
            registries[registry].acceptDefaultAdminTransfer(sender=caller)


@each_registry
def test_cancel_default_admin_transfer__by_admin__ends_it(registries: Registries, registry: str) -> None:
    target = registries[registry]
    begin_transfer(registries, registry)
    registries.evm.warp(ADMIN_DELAY + 1)

    receipt = target.cancelDefaultAdminTransfer(sender=ADMIN)

    assert receipt.logs == (target.log("DefaultAdminTransferCanceled"),)
    with reverts("AccessControlInvalidDefaultAdmin", BUYER):
        target.acceptDefaultAdminTransfer(sender=BUYER)


@each_registry
def test_renounce_role__by_admin_at_once__reverts(registries: Registries, registry: str) -> None:
    with reverts("AccessControlEnforcedDefaultAdminDelay", 0):
        registries[registry].renounceRole(DEFAULT_ADMIN_ROLE, ADMIN, sender=ADMIN)


@each_registry
def test_renounce_role__by_admin_after_both_steps__leaves_none(registries: Registries, registry: str) -> None:
    target = registries[registry]
    schedule = begin_transfer(registries, registry, ZERO_ADDRESS)
    with reverts("AccessControlEnforcedDefaultAdminDelay", schedule):
        target.renounceRole(DEFAULT_ADMIN_ROLE, ADMIN, sender=ADMIN)
    registries.evm.warp(ADMIN_DELAY + 1)

    receipt = target.renounceRole(DEFAULT_ADMIN_ROLE, ADMIN, sender=ADMIN)

    assert receipt.logs == (target.log("RoleRevoked", DEFAULT_ADMIN_ROLE, ADMIN, ADMIN),)
    assert target.defaultAdmin() == ZERO_ADDRESS


# -------------------------------------------------------------------------------------------------- the admin's delay


@each_registry
def test_min_admin_delay__when_read__is_a_day(registries: Registries, registry: str) -> None:
    assert registries[registry].MIN_ADMIN_DELAY() == MIN_ADMIN_DELAY


@each_registry
def test_constructor__when_delay_is_the_minimum__takes_it(registries: Registries, registry: str) -> None:
    target = deploy(registries.evm, registry, identity=registries.identity.address, delay=MIN_ADMIN_DELAY)

    assert target.defaultAdminDelay() == MIN_ADMIN_DELAY


@each_registry
def test_constructor__when_delay_is_below_the_minimum__reverts(registries: Registries, registry: str) -> None:
    with reverts("AdminDelayTooShort", MIN_ADMIN_DELAY - 1, MIN_ADMIN_DELAY):
        deploy(registries.evm, registry, identity=registries.identity.address, delay=MIN_ADMIN_DELAY - 1)


@each_registry
@pytest.mark.parametrize("delay", [0, MIN_ADMIN_DELAY - 1])
def test_change_default_admin_delay__when_below_the_minimum__reverts(
    registries: Registries, registry: str, delay: int
) -> None:
    with reverts("AdminDelayTooShort", delay, MIN_ADMIN_DELAY):
        registries[registry].changeDefaultAdminDelay(delay, sender=ADMIN)


@each_registry
def test_change_default_admin_delay__when_shortened_to_the_minimum__waits_for_the_difference(
    registries: Registries, registry: str
) -> None:
    evm = registries.evm
    target = deploy(evm, registry, identity=registries.identity.address, delay=MIN_ADMIN_DELAY + 100)

    receipt = target.changeDefaultAdminDelay(MIN_ADMIN_DELAY, sender=ADMIN)

    assert receipt.logs == (target.log("DefaultAdminDelayChangeScheduled", MIN_ADMIN_DELAY, evm.time + 100),)
    evm.warp(100)
    assert target.defaultAdminDelay() == MIN_ADMIN_DELAY + 100
    evm.warp(1)
    assert target.defaultAdminDelay() == MIN_ADMIN_DELAY


@each_registry
@pytest.mark.parametrize("delay", [ADMIN_DELAY + 1, 30 * 86_400])
def test_change_default_admin_delay__when_lengthened__waits_for_it_up_to_five_days(
    registries: Registries, registry: str, delay: int
) -> None:
    target = registries[registry]
    schedule = registries.evm.time + min(delay, MAX_INCREASE_WAIT)

    receipt = target.changeDefaultAdminDelay(delay, sender=ADMIN)

    assert receipt.logs == (target.log("DefaultAdminDelayChangeScheduled", delay, schedule),)
    assert target.pendingDefaultAdminDelay() == (delay, schedule)
    assert target.defaultAdminDelay() == ADMIN_DELAY


@each_registry
def test_rollback_default_admin_delay__given_a_pending_change__ends_it(registries: Registries, registry: str) -> None:
    target = registries[registry]
    target.changeDefaultAdminDelay(ADMIN_DELAY + 1, sender=ADMIN)

    receipt = target.rollbackDefaultAdminDelay(sender=ADMIN)

    assert receipt.logs == (target.log("DefaultAdminDelayChangeCanceled"),)
    registries.evm.warp(ADMIN_DELAY + 2)
    assert target.defaultAdminDelay() == ADMIN_DELAY


@each_registry
@pytest.mark.parametrize("signature", sorted(ADMIN_POWERS))
def test_admins_functions__by_anyone_else__revert(registry: str, signature: str) -> None:
    registries = prepared()

    for caller in (PAUSER, REGISTRY_ADMIN, OWNER, STRANGER):
        with reverts("AccessControlUnauthorizedAccount", caller, DEFAULT_ADMIN_ROLE):
            call(registries, registry, signature, caller=caller)

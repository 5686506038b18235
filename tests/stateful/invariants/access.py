"""Roles, the default admin, opt-outs and pause."""

from __future__ import annotations

from tests.deployment import REGISTRIES
from tests.entry_points import CALLS
from tests.evm import ZERO_ADDRESS
from tests.stateful.invariants.check import Claims, World, forbids, invariant
from tests.stateful.witness import ADMIN_ROLE, ADMINISTRATIVE, Deed

ADMINS = frozenset(
    {
        "grantRole",
        "revokeRole",
        "beginDefaultAdminTransfer",
        "cancelDefaultAdminTransfer",
        "changeDefaultAdminDelay",
        "rollbackDefaultAdminDelay",
    }
)
STOPPABLE = frozenset(
    (registry, signature.partition("(")[0])
    for registry, calls in CALLS.items()
    for signature, call in calls.items()
    if call.stops
)
MIN_ADMIN_DELAY = 86_400


@invariant("ACC-1")
def default_admin_is_one_account(world: World) -> Claims:
    for contract in world.contracts:
        admin = contract.defaultAdmin()
        for account in (*world.stage.accounts, ZERO_ADDRESS):
            expected = account == admin and admin != ZERO_ADDRESS
            yield contract.hasRole(ADMIN_ROLE, account) == expected, (contract.type.name, account)


@forbids("ACC-2")
def admin_changes_only_in_two_steps(deed: Deed) -> Claims:
    if deed.function in ADMINISTRATIVE and deed.before["admin"] != deed.after["admin"]:
        announced, schedule = deed.before["pending"]
        yield deed.function in {"acceptDefaultAdminTransfer", "renounceRole"}, deed
        yield deed.after["admin"] == announced and 0 < schedule < deed.time, deed
        yield deed.sender == (announced if announced != ZERO_ADDRESS else deed.before["admin"]), deed


@forbids("ACC-3")
def announcement_waits_for_the_delay(deed: Deed) -> Claims:
    if deed.function == "beginDefaultAdminTransfer":
        yield deed.after["pending"][1] == deed.time + deed.before["delay"], deed


@invariant("ACC-4")
def admin_delay_is_never_short(world: World) -> Claims:
    for contract in world.contracts:
        yield contract.defaultAdminDelay() >= MIN_ADMIN_DELAY, contract.type.name
        pending, schedule = contract.pendingDefaultAdminDelay()
        yield schedule == 0 or pending >= MIN_ADMIN_DELAY, contract.type.name


@forbids("ACC-5")
def roles_are_given_by_the_admin_alone(deed: Deed) -> Claims:
    if deed.function in ADMINS:
        yield deed.before["is admin"], deed


@forbids("ACC-6")
def roles_write_no_data(deed: Deed) -> Claims:
    if deed.function in ADMINISTRATIVE:
        yield deed.before["data"] == deed.after["data"], deed


@invariant("ACC-7")
def who_opted_out_has_no_power(world: World) -> Claims:
    for account in world.stage.accounts:
        if world.identity.operatorOptOut(account):
            for agent_id in world.agents:
                is_owner = world.identity.ownerOf(agent_id) == account
                yield world.identity.isAuthorizedOrOwner(account, agent_id) == is_owner, (account, agent_id)
                yield world.identity.getApproved(agent_id) != account, (account, agent_id)


@forbids("ACC-8")
def base_is_set_by_the_registry_admin(deed: Deed) -> Claims:
    if deed.function == "setBaseURI":
        yield deed.before["is registry admin"], deed


@forbids("ACC-9")
def approvals_come_from_owner_or_operator(deed: Deed) -> Claims:
    if deed.function == "approve":
        yield deed.sender == deed.before["owner"] or deed.before["operator"], deed


@forbids("ACC-10")
def renouncing_touches_only_the_caller(deed: Deed) -> Claims:
    if deed.function == "renounceRole":
        yield deed.arguments[1] == deed.sender, deed


@invariant("ACC-11")
def wire_and_roles_admins_never_change(world: World) -> Claims:
    for contract in (world.reputation, world.validation):
        yield contract.getIdentityRegistry() == world.identity.address, contract.type.name
    for contract in world.contracts:
        yield contract.getRoleAdmin(contract.PAUSER_ROLE()) == ADMIN_ROLE, contract.type.name


# --------------------------------------------------------------------------------------------------------------- PAUSE


@forbids("PAUSE-1")
def nothing_is_created_while_paused(deed: Deed) -> Claims:
    if (deed.registry, deed.function) in STOPPABLE:
        yield not deed.before["paused"], deed


@forbids("PAUSE-2")
def only_pausers_pause(deed: Deed) -> Claims:
    if deed.function in {"pause", "unpause"}:
        yield deed.before["is pauser"], deed
        yield deed.after["paused"] == (deed.function == "pause"), deed


@forbids("PAUSE-3")
def nothing_else_pauses(deed: Deed) -> Claims:
    if deed.function not in {"pause", "unpause"}:
        yield deed.before["paused"] == deed.after["paused"], deed


@invariant("PAUSE-4")
def registries_pause_apart(world: World) -> Claims:
    for name in REGISTRIES:
        functions = [deed.function for deed in world.ghost.deeds if deed.registry == name]
        switches = [function for function in functions if function in {"pause", "unpause"}]
        expected = bool(switches) and switches[-1] == "pause"
        yield world.registries[name].paused() == expected, name

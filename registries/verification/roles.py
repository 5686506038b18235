"""Checks of who may do what, enumerated from the logs since the creation."""

from __future__ import annotations

from collections.abc import Iterator

from web3 import Web3

from registries.address_config import ZERO_ADDRESS
from registries.build import CONTRACT_NAMES
from registries.chains import LOCAL
from registries.roles import ROLES
from registries.verification.check import Skipped, check
from registries.verification.subject import Subject


def declared(subject: Subject, name: str) -> dict[str, set[str]]:
    """Who should hold which role of a registry."""
    roles = subject.config.roles
    holders = {"DEFAULT_ADMIN_ROLE": {roles.admin}, "PAUSER_ROLE": set(roles.pausers)}
    return holders | ({"REGISTRY_ADMIN_ROLE": {roles.registry_admin}} if name == "identity" else {})


@check
def roles_exact(subject: Subject) -> Iterator[str]:
    """Exactly the declared accounts hold roles, by all logs since the creation and by hasRole."""
    for name in CONTRACT_NAMES:
        found, wanted = subject.members(name), declared(subject, name)
        for role in sorted(found.keys() | wanted.keys()):
            for account in sorted(found.get(role, set()) - wanted.get(role, set())):
                yield f"{name}: {account} has {role}, undeclared"
            for account in sorted(wanted.get(role, set()) - found.get(role, set())):
                yield f"{name}: {account} does not have {role}"
        for role, accounts in wanted.items():
            for account in sorted(accounts):
                if not subject.ask(name, "hasRole", ROLES[role], account):
                    yield f"{name}: hasRole({role}, {account}) is False"


@check
def default_admin(subject: Subject) -> Iterator[str]:
    """defaultAdmin() and owner() are the admin."""
    for name in CONTRACT_NAMES:
        for function in ("defaultAdmin", "owner"):
            if (found := subject.ask(name, function)) != subject.config.roles.admin:
                yield f"{name}: {function}() is {found}, not {subject.config.roles.admin}"


@check
def admin_delay(subject: Subject) -> Iterator[str]:
    """The admin delay is the declared one, and no change of it is on its way."""
    for name in CONTRACT_NAMES:
        if (found := subject.ask(name, "defaultAdminDelay")) != subject.config.roles.admin_delay:
            yield f"{name}: defaultAdminDelay() is {found}, not {subject.config.roles.admin_delay}"
        pending, schedule = subject.ask(name, "pendingDefaultAdminDelay")
        if schedule:
            yield f"{name}: from {schedule} on it is {pending}"


@check
def no_pending_admin(subject: Subject) -> Iterator[str]:
    """Nobody is about to become the admin."""
    for name in CONTRACT_NAMES:
        pending, schedule = subject.ask(name, "pendingDefaultAdmin")
        if pending != ZERO_ADDRESS or schedule:
            yield f"{name}: {pending}, from {schedule} on"


@check
def not_paused(subject: Subject) -> Iterator[str]:
    """No registry is paused."""
    for name in CONTRACT_NAMES:
        if subject.ask(name, "paused"):
            yield f"{name}: paused"


@check
def deployer_holds_nothing(subject: Subject) -> Iterator[str]:
    """The account that paid for the deployment has no role, and is about to get none."""
    if subject.config.chain_name == LOCAL.name:
        raise Skipped("on a local chain the deployer may have roles")
    deployer = subject.deployer
    for name in CONTRACT_NAMES:
        for role, account in (
            (role, account) for role, holders in subject.members(name).items() for account in holders
        ):
            if account == deployer:
                yield f"{name}: {deployer} has {role}"
        for role, identifier in ROLES.items():
            if subject.ask(name, "hasRole", identifier, Web3.to_checksum_address(deployer)):
                yield f"{name}: hasRole({role}, {deployer}) is True"
        if subject.ask(name, "pendingDefaultAdmin")[0] == deployer:
            yield f"{name}: {deployer} is about to become the admin"

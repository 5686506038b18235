"""Who holds which role of a deployment by now, read from the chain."""

from __future__ import annotations

from typing import Any

from web3 import Web3

from registries.address_config import AddressConfig, Roles
from registries.build import CONTRACT_NAMES, Build
from registries.errors import DeploymentError
from registries.verification.subject import Subject


def present_roles(web3: Web3, config: AddressConfig, build: Build) -> Roles:
    """The roles as an address config has them.

    :raises DeploymentError: if the registries differ, or nobody or more than one is registry admin
    """
    subject = Subject(web3, config, build)
    pausers = _same({name: subject.members(name).get("PAUSER_ROLE", set()) for name in CONTRACT_NAMES}, "pausers")
    registry_admins = subject.members("identity").get("REGISTRY_ADMIN_ROLE", set())
    if len(registry_admins) != 1:
        raise DeploymentError(f"registry admin: there is to be one, not {len(registry_admins)}")
    return Roles(
        admin=_same({name: subject.ask(name, "defaultAdmin") for name in CONTRACT_NAMES}, "admin"),
        pausers=tuple(sorted(pausers)),
        registry_admin=registry_admins.pop(),
        admin_delay=_same({name: subject.ask(name, "defaultAdminDelay") for name in CONTRACT_NAMES}, "admin delay"),
    )


def _same(answers: dict[str, Any], what: str) -> Any:
    """The one answer of all registries."""
    first, *others = answers.values()
    if any(other != first for other in others):
        raise DeploymentError(f"{what}: the registries differ: {answers}")
    return first

"""What this release deploys: each registry's creation code, its arguments and its address, the same on each chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from registries.address_config import Roles
from registries.build import Build
from registries.create2 import address_of


@dataclass(frozen=True)
class Creation:
    """One registry that is to be, or was, created.

    :ivar arguments: its constructor's, by name
    :ivar code: its creation code with the arguments at the end
    """

    name: str
    arguments: Mapping[str, str | int]
    code: bytes

    @property
    def address(self) -> str:
        """Where it is going to be, on any chain."""
        return address_of(self.code)


def creations(build: Build, roles: Roles) -> dict[str, Creation]:
    """The three registries by name, in the order in which they are created.

    :raises DeploymentError: if a constructor takes other arguments than we give
    """
    shared: dict[str, str | int] = {"adminDelay": roles.admin_delay, "admin": roles.admin, "pauser": roles.pausers[0]}
    identity = _creation(build, "identity", {**shared, "registryAdmin": roles.registry_admin})
    wired: dict[str, str | int] = {"identity": identity.address, **shared}
    return {"identity": identity, **{name: _creation(build, name, wired) for name in ("reputation", "validation")}}


def _creation(build: Build, name: str, arguments: Mapping[str, str | int]) -> Creation:
    return Creation(name, arguments, build.creation_with(name, arguments))

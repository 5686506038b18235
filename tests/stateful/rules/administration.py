"""Calls that all registries have: pause, roles, the default admin."""

from __future__ import annotations

from tests.deployment import REGISTRIES
from tests.model import ZERO, Registry
from tests.stateful.call import Call
from tests.stateful.rules.rule import calls
from tests.strategies import EDGE_DELAYS, Draw


def _by_admin(draw: Draw, function: str, *arguments: object) -> Call:
    registry = draw.one_of(REGISTRIES)
    return Call(draw.holder(registry, Registry.DEFAULT_ADMIN_ROLE), registry, function, arguments)


def _role(draw: Draw) -> bytes:
    """Mostly one that means something."""
    roles = (Registry.PAUSER_ROLE, draw.model.identity.REGISTRY_ADMIN_ROLE)
    return draw.one_of((Registry.DEFAULT_ADMIN_ROLE, b"\x01" * 32)) if draw.chance(15) else draw.one_of(roles)


@calls(None, "pause()", weight=1)
def pause(draw: Draw) -> Call:
    registry = draw.one_of(REGISTRIES)
    return Call(draw.holder(registry, Registry.PAUSER_ROLE), registry, "pause")


@calls(None, "unpause()", weight=4)
def unpause(draw: Draw) -> Call:
    paused = [registry for registry in REGISTRIES if draw.model[registry].is_paused]
    registry = draw.one_of(paused or REGISTRIES)
    return Call(draw.holder(registry, Registry.PAUSER_ROLE), registry, "unpause")


@calls(None, "grantRole(bytes32,address)", weight=3)
def grant_role(draw: Draw) -> Call:
    return _by_admin(draw, "grantRole", _role(draw), draw.account())


@calls(None, "revokeRole(bytes32,address)", weight=1)
def revoke_role(draw: Draw) -> Call:
    return _by_admin(draw, "revokeRole", _role(draw), draw.account())


@calls(None, "renounceRole(bytes32,address)", weight=1)
def renounce_role(draw: Draw) -> Call:
    registry, role = draw.one_of(REGISTRIES), _role(draw)
    sender = draw.holder(registry, role)
    return Call(sender, registry, "renounceRole", (role, draw.account() if draw.chance(15) else sender))


@calls(None, "beginDefaultAdminTransfer(address)", weight=2)
def begin_default_admin_transfer(draw: Draw) -> Call:
    return _by_admin(draw, "beginDefaultAdminTransfer", draw.account())


@calls(None, "cancelDefaultAdminTransfer()", weight=1)
def cancel_default_admin_transfer(draw: Draw) -> Call:
    return _by_admin(draw, "cancelDefaultAdminTransfer")


@calls(None, "acceptDefaultAdminTransfer()", weight=3)
def accept_default_admin_transfer(draw: Draw) -> Call:
    announced = [registry for registry in REGISTRIES if draw.model[registry].next_admin != ZERO]
    registry = draw.one_of(announced or REGISTRIES)
    next_admin = draw.model[registry].next_admin
    sender = next_admin if next_admin in draw.stage.callers and not draw.chance(10) else draw.caller()
    return Call(sender, registry, "acceptDefaultAdminTransfer")


@calls(None, "changeDefaultAdminDelay(uint48)", weight=2)
def change_default_admin_delay(draw: Draw) -> Call:
    return _by_admin(draw, "changeDefaultAdminDelay", draw.one_of(EDGE_DELAYS))


@calls(None, "rollbackDefaultAdminDelay()", weight=1)
def rollback_default_admin_delay(draw: Draw) -> Call:
    return _by_admin(draw, "rollbackDefaultAdminDelay")

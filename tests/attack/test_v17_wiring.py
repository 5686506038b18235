"""V17: a registry wired to a wrong address.

Attacker: nobody; a tired deployer. (Or one who wires the registry to an identity registry of its own.)
Path: two arguments of the constructor are swapped. Every receipt says success, the addresses are announced, and each
call of the registry fails for ever: a public deployment died of this.
Defence: the constructor takes only an address with code that announces our interface and answers a probe as only our
identity registry does. The wire cannot be changed afterwards and is readable.
"""

from __future__ import annotations

import pytest

from tests.deployment import ADMIN, ADMIN_DELAY, CLIENT, DEPLOYER, PAUSER, Registries
from tests.evm import EVM, ZERO_ADDRESS, Contract, reverts

WIRED = pytest.mark.parametrize("name", ["ReputationRegistry", "ValidationRegistry"])


def deploy(evm: EVM, name: str, wire: str, *, admin: str = ADMIN, pauser: str = PAUSER) -> Contract:
    return evm.deploy(name, wire, ADMIN_DELAY, admin, pauser, sender=DEPLOYER)


def test_attack__on_weak_registry__succeeds(registries: Registries) -> None:
    """Arguments swapped: deployed without a sound, and dead."""
    agent_id = registries.register()
    dead = registries.evm.deploy("WeakWiring", ADMIN, registries.identity.address, sender=DEPLOYER)
    assert dead.getIdentityRegistry() == ADMIN
    with reverts(""):
        dead.giveFeedback(agent_id, 87, sender=CLIENT)


def test_weak_registry__when_wired_rightly__works(registries: Registries) -> None:
    """It is the wire that kills it."""
    agent_id = registries.register()
    alive = registries.evm.deploy("WeakWiring", registries.identity.address, ADMIN, sender=DEPLOYER)
    receipt = alive.giveFeedback(agent_id, 87, sender=CLIENT)
    assert receipt.logs == (alive.log("NewFeedback", agent_id, CLIENT, 87),)


@WIRED
def test_attack__on_registry__fails(registries: Registries, name: str) -> None:
    with reverts("InvalidIdentityRegistry", ADMIN, "no code"):
        deploy(registries.evm, name, ADMIN, admin=registries.identity.address)


@WIRED
def test_attack__with_pauser_and_wire_swapped_on_registry__fails(registries: Registries, name: str) -> None:
    with reverts("InvalidIdentityRegistry", PAUSER, "no code"):
        deploy(registries.evm, name, PAUSER, pauser=registries.identity.address)


@WIRED
def test_attack__with_the_zero_address_on_registry__fails(evm: EVM, name: str) -> None:
    with reverts("InvalidIdentityRegistry", ZERO_ADDRESS, "no code"):
        deploy(evm, name, ZERO_ADDRESS)


@WIRED
@pytest.mark.parametrize("wrong", ["reputation", "validation"])
def test_attack__with_another_registry_on_registry__fails(registries: Registries, name: str, wrong: str) -> None:
    address = getattr(registries, wrong).address
    with reverts("InvalidIdentityRegistry", address, "interface not supported"):
        deploy(registries.evm, name, address)


@WIRED
def test_attack__with_a_contract_without_erc165_on_registry__fails(evm: EVM, name: str) -> None:
    mute = evm.deploy("WeakSummaryRegistry", sender=DEPLOYER).address
    with reverts("InvalidIdentityRegistry", mute, "interface not supported"):
        deploy(evm, name, mute)


@WIRED
@pytest.mark.parametrize("probe_reverts", [False, True])
def test_attack__with_a_contract_that_boasts_on_registry__fails(evm: EVM, name: str, probe_reverts: bool) -> None:
    boastful = evm.deploy("BoastfulIdentity", probe_reverts, sender=DEPLOYER).address
    with reverts("InvalidIdentityRegistry", boastful, "probe failed"):
        deploy(evm, name, boastful)


@WIRED
def test_registry__when_wired_rightly__says_so_and_works(registries: Registries, name: str) -> None:
    registry = deploy(registries.evm, name, registries.identity.address)
    assert registry.getIdentityRegistry() == registries.identity.address
    with reverts("ERC721NonexistentToken", 1):
        if name == "ReputationRegistry":
            registry.giveFeedback(1, 87, 0, "", "", "", "", bytes(32), sender=CLIENT)
        else:
            registry.validationRequest(CLIENT, 1, "", bytes(32), sender=CLIENT)

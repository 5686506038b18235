"""V16: one account may replace the code at once.

Attacker: the admin of a proxy, or who has its key.
Path: the registry is a proxy, its code the admin's choice. One transaction puts in code that moves anybody's agent, the
next one moves it; the address, its history and everybody's trust in it stay.
Defence: no proxy and nothing that could become one: no DELEGATECALL, CALLCODE or SELFDESTRUCT in the code, no upgrade
function, nothing in the slots where a proxy keeps its implementation. Roles do little and are split, and the admin's
passes on in two steps with a delay in which everybody sees it coming.
"""

from __future__ import annotations

from collections.abc import Iterator

import ape
import pytest
from eth_utils.crypto import keccak

from tests.deployment import ADMIN, ADMIN_DELAY, DEPLOYER, OWNER, PAUSER, STRANGER, Registries
from tests.evm import EVM, Contract, Receipt, Reverted, reverts

DEFAULT_ADMIN_ROLE = bytes(32)
NEW_ADMIN = STRANGER
NAMES = ["identity", "reputation", "validation"]

CODE_CHANGERS = {0xF2: "CALLCODE", 0xF4: "DELEGATECALL", 0xFF: "SELFDESTRUCT"}
PUSH1, PUSH32 = 0x60, 0x7F

PROXY_SLOTS = {
    name: int.from_bytes(keccak(text=f"eip1967.proxy.{name}")) - 1 for name in ("implementation", "admin", "beacon")
}
UPGRADES = [
    "upgradeTo(address)",
    "upgradeToAndCall(address,bytes)",
    "upgrade(address,address)",
    "setImplementation(address)",
    "changeAdmin(address)",
    "initialize(address)",
    "initialize()",
    "diamondCut((address,uint8,bytes4[])[],address,bytes)",
]


def opcodes(code: bytes) -> Iterator[int]:
    """The instructions of a runtime code, without the data of pushes and the metadata at its end."""
    end = len(code) - 2 - int.from_bytes(code[-2:])
    position = 0
    while position < end:
        opcode = code[position]
        yield opcode
        position += 1 + (opcode - PUSH1 + 1 if PUSH1 <= opcode <= PUSH32 else 0)


def code_changers(contract: Contract, name: str) -> set[str]:
    found = set(opcodes(code_of(contract, name)))
    return {changer for opcode, changer in CODE_CHANGERS.items() if opcode in found}


def code_of(contract: Contract, name: str) -> bytes:
    """The runtime code as it is deployed, without the zeros that this EVM keeps after it."""
    compiled = str(ape.project.get_contract(name).contract_type.runtime_bytecode.bytecode).removeprefix("0x")
    code = bytes(contract.evm.raw.get_code(contract.address) or b"")
    size = len(compiled) // 2
    assert size > 0
    assert code[size:] == bytes(len(code) - size)
    return code[:size]


def type_name(name: str) -> str:
    return f"{name.capitalize()}Registry"


def attack(evm: EVM, registry: str, agent_id: int) -> Receipt:
    """The admin replaces the code and takes an agent in its next call."""
    thieving = evm.deploy("ThievingRegistry", sender=ADMIN)
    evm.at("WeakProxyRegistry", registry).upgradeTo(thieving.address, sender=ADMIN)
    receipt: Receipt = evm.at("ThievingRegistry", registry).take(agent_id, sender=ADMIN)
    return receipt


@pytest.fixture
def weak(evm: EVM) -> Contract:
    implementation = evm.deploy("WeakProxyRegistry", sender=DEPLOYER)
    data = implementation.encode("initialize", ADMIN)
    proxy = evm.deploy("WeakProxy", implementation.address, data, sender=DEPLOYER)
    return evm.at("WeakProxyRegistry", proxy.address)


def test_attack__on_weak_registry__succeeds(evm: EVM, weak: Contract) -> None:
    agent_id = weak.register(sender=OWNER).value
    assert weak.ownerOf(agent_id) == OWNER
    receipt = attack(evm, weak.address, agent_id)
    assert weak.ownerOf(agent_id) == ADMIN
    assert receipt.logs == (weak.log("Transfer", OWNER, ADMIN, agent_id),)


def test_attack__on_weak_registry__is_what_the_checks_below_look_for(evm: EVM, weak: Contract) -> None:
    assert code_changers(weak, "WeakProxy") == {"DELEGATECALL"}
    assert evm.storage(weak.address, PROXY_SLOTS["implementation"]) != 0


def test_attack__on_registry__fails(registries: Registries) -> None:
    agent_id = registries.register()
    code = code_of(registries.identity, "IdentityRegistry")
    with reverts(""):
        attack(registries.evm, registries.identity.address, agent_id)
    assert registries.identity.ownerOf(agent_id) == OWNER
    assert code_of(registries.identity, "IdentityRegistry") == code


@pytest.mark.parametrize("name", NAMES)
def test_registry__has_no_upgrade_function(registries: Registries, name: str) -> None:
    registry: Contract = getattr(registries, name)
    for signature in UPGRADES:
        with reverts(""):
            registries.evm.transact(ADMIN, registry.address, keccak(text=signature)[:4] + bytes(96))
    written = {method.name.lower() for method in registry.type.mutable_methods}
    assert not {name for name in written if "upgrade" in name or "implementation" in name or "initialize" in name}
    assert registry.type.fallback is None


@pytest.mark.parametrize("name", NAMES)
def test_registry__has_no_instruction_that_changes_code(registries: Registries, name: str) -> None:
    registry = getattr(registries, name)
    assert code_changers(registry, type_name(name)) == set()
    # The walk went through the code, and the metadata, CBOR with the compiler's version, was where it should be.
    code = code_of(registry, type_name(name))
    assert len(list(opcodes(code))) > 1_000
    assert code[:-2].endswith(b"dsolcC" + bytes([0, 8, 37]))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("slot", PROXY_SLOTS)
def test_registry__has_nothing_in_the_slots_of_a_proxy(registries: Registries, name: str, slot: str) -> None:
    assert registries.evm.storage(getattr(registries, name).address, PROXY_SLOTS[slot]) == 0


# ------------------------------------------------------------------------------------------------ admin and its roles


@pytest.mark.parametrize("name", NAMES)
def test_admin_transfer__when_impatient__fails(registries: Registries, name: str) -> None:
    registry = getattr(registries, name)
    schedule = registries.evm.time + ADMIN_DELAY
    receipt = registry.beginDefaultAdminTransfer(NEW_ADMIN, sender=ADMIN)
    assert receipt.logs == (registry.log("DefaultAdminTransferScheduled", NEW_ADMIN, schedule),)
    registries.evm.warp(ADMIN_DELAY)
    with reverts("AccessControlEnforcedDefaultAdminDelay", schedule):
        registry.acceptDefaultAdminTransfer(sender=NEW_ADMIN)
    assert registry.defaultAdmin() == ADMIN
    registries.evm.warp(1)
    registry.acceptDefaultAdminTransfer(sender=NEW_ADMIN)
    assert registry.defaultAdmin() == NEW_ADMIN


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("account", [ADMIN, PAUSER, OWNER])
def test_admin_transfer__when_accepted_by_a_wrong_account__fails(
    registries: Registries, name: str, account: str
) -> None:
    registry = getattr(registries, name)
    registry.beginDefaultAdminTransfer(NEW_ADMIN, sender=ADMIN)
    registries.evm.warp(ADMIN_DELAY + 1)
    with reverts("AccessControlInvalidDefaultAdmin", account):
        registry.acceptDefaultAdminTransfer(sender=account)
    assert registry.defaultAdmin() == ADMIN


@pytest.mark.parametrize("name", NAMES)
def test_admin_transfer__when_begun_by_a_wrong_account__fails(registries: Registries, name: str) -> None:
    registry = getattr(registries, name)
    with reverts("AccessControlUnauthorizedAccount", STRANGER, DEFAULT_ADMIN_ROLE):
        registry.beginDefaultAdminTransfer(STRANGER, sender=STRANGER)


@pytest.mark.parametrize("name", NAMES)
def test_admin_transfer__when_cancelled__fails(registries: Registries, name: str) -> None:
    """What the delay is for: who sees a stolen key at work takes it back."""
    registry = getattr(registries, name)
    registry.beginDefaultAdminTransfer(NEW_ADMIN, sender=ADMIN)
    registry.cancelDefaultAdminTransfer(sender=ADMIN)
    registries.evm.warp(ADMIN_DELAY + 1)
    with reverts("AccessControlInvalidDefaultAdmin", NEW_ADMIN):
        registry.acceptDefaultAdminTransfer(sender=NEW_ADMIN)


@pytest.mark.parametrize("name", NAMES)
def test_admin__when_it_goes_around_the_two_steps__fails(registries: Registries, name: str) -> None:
    registry = getattr(registries, name)
    with reverts("AccessControlEnforcedDefaultAdminRules"):
        registry.grantRole(DEFAULT_ADMIN_ROLE, NEW_ADMIN, sender=ADMIN)
    with reverts("AdminDelayTooShort", ADMIN_DELAY - 1, ADMIN_DELAY):
        registry.changeDefaultAdminDelay(ADMIN_DELAY - 1, sender=ADMIN)
    assert registry.defaultAdminDelay() == ADMIN_DELAY


@pytest.mark.parametrize("name", NAMES)
def test_roles__given_a_deployment__are_split(registries: Registries, name: str) -> None:
    registry = getattr(registries, name)
    pauser_role = registry.PAUSER_ROLE()
    assert registry.hasRole(pauser_role, PAUSER)
    assert not registry.hasRole(pauser_role, ADMIN)
    for account in (ADMIN, DEPLOYER):
        with reverts("AccessControlUnauthorizedAccount", account, pauser_role):
            registry.pause(sender=account)
    with reverts("AccessControlUnauthorizedAccount", PAUSER, DEFAULT_ADMIN_ROLE):
        registry.grantRole(pauser_role, STRANGER, sender=PAUSER)


def test_registry__when_sent_ether__reverts(registries: Registries) -> None:
    registries.evm.raw.set_balance(STRANGER, 10**18)
    for name in NAMES:
        with pytest.raises(Reverted):
            registries.evm.transact(STRANGER, getattr(registries, name).address, b"", value=1)

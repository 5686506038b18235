"""The constructors of the reputation and the validation registry: nothing but an identity registry of ours will do."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from tests.delegation import run_first
from tests.deployment import ADMIN, ADMIN_DELAY, DEPLOYER, PAUSER, STRANGER, Registries
from tests.evm import EVM, ZERO_ADDRESS, Contract, reverts

MIN_ADMIN_DELAY = 86_400
MAX_UINT48 = 2**48 - 1

pytestmark = pytest.mark.parametrize("name", ["ReputationRegistry", "ValidationRegistry"])


def _deploy(
    evm: EVM, name: str, identity: str, *, delay: int = ADMIN_DELAY, admin: str = ADMIN, pauser: str = PAUSER
) -> Contract:
    return evm.deploy(name, identity, delay, admin, pauser, sender=DEPLOYER)


def _error(name: str, *arguments: int) -> bytes:
    """The revert data of a custom error whose arguments are all numbers."""
    types = ["uint256"] * len(arguments)
    return keccak(text=f"{name}({','.join(types)})")[:4] + encode(types, arguments)


RIGHT_ANSWER = _error("ERC721NonexistentToken", 0)


def _impostor(
    evm: EVM, answer: bytes, *, as_revert: bool, announces: bool = True, announces_anything: bool = False
) -> str:
    contract = evm.deploy("UnitImpostor", announces, announces_anything, as_revert, answer, sender=STRANGER)
    return contract.address


# THE RIGHT ONE


def test_constructor__given_our_identity_registry__wires_it(registries: Registries, name: str) -> None:
    registry = _deploy(registries.evm, name, registries.identity.address)

    assert registry.getIdentityRegistry() == registries.identity.address
    assert registry.defaultAdmin() == ADMIN
    assert registry.owner() == ADMIN
    assert registry.defaultAdminDelay() == ADMIN_DELAY
    assert registry.hasRole(registry.PAUSER_ROLE(), PAUSER) is True
    assert registry.hasRole(registry.PAUSER_ROLE(), ADMIN) is False
    assert registry.hasRole(registry.PAUSER_ROLE(), DEPLOYER) is False
    assert registry.paused() is False
    assert registry.tagCount() == 0
    assert registry.getVersion().startswith("2.")


def test_constructor__given_a_paused_identity_registry__wires_it(registries: Registries, name: str) -> None:
    registries.identity.pause(sender=PAUSER)

    registry = _deploy(registries.evm, name, registries.identity.address)

    assert registry.getIdentityRegistry() == registries.identity.address


def test_constructor__given_an_impostor_that_answers_as_ours__is_fooled(evm: EVM, name: str) -> None:
    """The probe tells a mistake from an identity registry, not a forgery: and it shows that the impostors below fail
    for their answers alone."""
    impostor = _impostor(evm, RIGHT_ANSWER, as_revert=True)

    assert _deploy(evm, name, impostor).getIdentityRegistry() == impostor


# THE WRONG ONES


@pytest.mark.parametrize("address", [ZERO_ADDRESS, STRANGER, ADMIN])
def test_constructor__when_the_address_has_no_code__reverts(evm: EVM, name: str, address: str) -> None:
    with reverts("InvalidIdentityRegistry", address, "no code"):
        _deploy(evm, name, address)


def test_constructor__when_identity_and_admin_are_swapped__reverts(registries: Registries, name: str) -> None:
    with reverts("InvalidIdentityRegistry", ADMIN, "no code"):
        _deploy(registries.evm, name, ADMIN, admin=registries.identity.address)


def test_constructor__when_identity_and_pauser_are_swapped__reverts(registries: Registries, name: str) -> None:
    with reverts("InvalidIdentityRegistry", PAUSER, "no code"):
        _deploy(registries.evm, name, PAUSER, pauser=registries.identity.address)


@pytest.mark.parametrize("other", ["reputation", "validation"])
def test_constructor__when_wired_to_another_registry__reverts(registries: Registries, name: str, other: str) -> None:
    address = getattr(registries, other).address

    with reverts("InvalidIdentityRegistry", address, "interface not supported"):
        _deploy(registries.evm, name, address)


def test_constructor__when_the_contract_knows_no_erc165__reverts(evm: EVM, name: str) -> None:
    harness = evm.deploy("UnitLibraryHarness", sender=STRANGER)

    with reverts("InvalidIdentityRegistry", harness.address, "interface not supported"):
        _deploy(evm, name, harness.address)


def test_constructor__when_the_interface_is_not_announced__reverts(evm: EVM, name: str) -> None:
    impostor = _impostor(evm, RIGHT_ANSWER, as_revert=True, announces=False)

    with reverts("InvalidIdentityRegistry", impostor, "interface not supported"):
        _deploy(evm, name, impostor)


def test_constructor__when_every_interface_is_announced__reverts(evm: EVM, name: str) -> None:
    """Who supports 0xffffffff does not speak ERC-165."""
    impostor = _impostor(evm, RIGHT_ANSWER, as_revert=True, announces_anything=True)

    with reverts("InvalidIdentityRegistry", impostor, "interface not supported"):
        _deploy(evm, name, impostor)


def _answer_false(evm: EVM, address: str, signature: str) -> None:
    """From now on, a contract answers calls of one function with false; all others reach its own code."""
    # PUSH0, CALLDATALOAD, PUSH1 224, SHR, PUSH4 selector, XOR, PUSH1 target, JUMPI
    unless_asked = bytes.fromhex("5f3560e01c63") + keccak(text=signature)[:4] + bytes.fromhex("18601257")
    # PUSH1 32, PUSH0, RETURN, and at the target JUMPDEST
    run_first(evm, address, unless_asked + bytes.fromhex("60205ff3" + "5b"))


@pytest.mark.parametrize("function", ["isAffiliated(address,uint256)", "isAuthorizedOrOwner(address,uint256)"])
def test_constructor__when_some_function_knows_agent_zero__asks_for_the_affiliation(
    evm: EVM, name: str, function: str
) -> None:
    impostor = _impostor(evm, RIGHT_ANSWER, as_revert=True)
    _answer_false(evm, impostor, function)

    if function.startswith("isAffiliated"):
        with reverts("InvalidIdentityRegistry", impostor, "probe failed"):
            _deploy(evm, name, impostor)
    else:
        assert _deploy(evm, name, impostor).getIdentityRegistry() == impostor


@pytest.mark.parametrize("affiliated", [0, 1])
def test_constructor__when_the_probe_is_answered__reverts(evm: EVM, name: str, affiliated: int) -> None:
    impostor = _impostor(evm, encode(["uint256"], [affiliated]), as_revert=False)

    with reverts("InvalidIdentityRegistry", impostor, "probe failed"):
        _deploy(evm, name, impostor)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        RIGHT_ANSWER[:4],
        RIGHT_ANSWER[:-1],
        RIGHT_ANSWER + b"\0",
        _error("ERC721NonexistentToken", 1),
        _error("AnotherError", 0),
        _error("Panic", 0x11),
        bytes(36),
    ],
    ids=["nothing", "no argument", "short", "long", "other agent", "other error", "panic", "zeros"],
)
def test_constructor__when_the_probe_reverts_otherwise__reverts(evm: EVM, name: str, answer: bytes) -> None:
    impostor = _impostor(evm, answer, as_revert=True)

    with reverts("InvalidIdentityRegistry", impostor, "probe failed"):
        _deploy(evm, name, impostor)


@pytest.mark.parametrize(
    "answer", [b"", b"\x01", encode(["uint256"], [2]), RIGHT_ANSWER], ids=["nothing", "short", "two", "error"]
)
def test_constructor__when_the_probe_is_answered_with_no_boolean__reverts(evm: EVM, name: str, answer: bytes) -> None:
    """Solidity itself refuses to decode these, without revert data."""
    impostor = _impostor(evm, answer, as_revert=False)

    with reverts(""):
        _deploy(evm, name, impostor)


# ROLES


def test_constructor__when_the_pauser_is_zero__reverts(registries: Registries, name: str) -> None:
    with reverts("ZeroAddress", "pauser"):
        _deploy(registries.evm, name, registries.identity.address, pauser=ZERO_ADDRESS)


def test_constructor__when_the_admin_is_zero__reverts(registries: Registries, name: str) -> None:
    with reverts("AccessControlInvalidDefaultAdmin", ZERO_ADDRESS):
        _deploy(registries.evm, name, registries.identity.address, admin=ZERO_ADDRESS)


@pytest.mark.parametrize("delay", [0, MIN_ADMIN_DELAY - 1])
def test_constructor__when_the_delay_is_too_short__reverts(registries: Registries, name: str, delay: int) -> None:
    with reverts("AdminDelayTooShort", delay, MIN_ADMIN_DELAY):
        _deploy(registries.evm, name, registries.identity.address, delay=delay)


@pytest.mark.parametrize("delay", [MIN_ADMIN_DELAY, MIN_ADMIN_DELAY + 1, MAX_UINT48])
def test_constructor__when_the_delay_is_long_enough__sets_it(registries: Registries, name: str, delay: int) -> None:
    registry = _deploy(registries.evm, name, registries.identity.address, delay=delay)

    assert registry.defaultAdminDelay() == delay
    assert registry.MIN_ADMIN_DELAY() == MIN_ADMIN_DELAY


# PAUSE


def test_pause__when_by_the_pauser__emits(registries: Registries, name: str) -> None:
    registry = _deploy(registries.evm, name, registries.identity.address)

    assert registry.pause(sender=PAUSER).logs == (registry.log("Paused", PAUSER),)
    assert registry.paused() is True
    assert registry.unpause(sender=PAUSER).logs == (registry.log("Unpaused", PAUSER),)
    assert registry.paused() is False


@pytest.mark.parametrize("caller", [ADMIN, DEPLOYER, STRANGER])
@pytest.mark.parametrize("function", ["pause", "unpause"])
def test_pause__when_by_another__reverts(registries: Registries, name: str, function: str, caller: str) -> None:
    registry = _deploy(registries.evm, name, registries.identity.address)

    with reverts("AccessControlUnauthorizedAccount", caller, keccak(text="PAUSER_ROLE")):
        getattr(registry, function)(sender=caller)


def test_pause__given_paused__reverts(registries: Registries, name: str) -> None:
    registry = _deploy(registries.evm, name, registries.identity.address)
    registry.pause(sender=PAUSER)

    with reverts("EnforcedPause"):
        registry.pause(sender=PAUSER)


def test_unpause__given_not_paused__reverts(registries: Registries, name: str) -> None:
    registry = _deploy(registries.evm, name, registries.identity.address)

    with reverts("ExpectedPause"):
        registry.unpause(sender=PAUSER)


def test_pause__given_paused_in_one__leaves_the_other(registries: Registries, name: str) -> None:
    registry = _deploy(registries.evm, name, registries.identity.address)

    registry.pause(sender=PAUSER)

    paused = [other.paused() for other in (registries.identity, registries.reputation, registries.validation)]
    assert paused == [False, False, False]


# ERC-165


def _interface_id(contract: Contract, functions: list[str]) -> bytes:
    """The exclusive or of the selectors of all overloads of these functions."""
    identifier = 0
    for abi in [*contract.type.mutable_methods, *contract.type.view_methods]:
        if abi.name in functions:
            identifier ^= int.from_bytes(keccak(text=abi.selector)[:4], "big")
    return identifier.to_bytes(4, "big")


STANDARD_FUNCTIONS = {
    "ReputationRegistry": [
        *("getIdentityRegistry", "giveFeedback", "revokeFeedback", "appendResponse", "getSummary", "readFeedback"),
        *("readAllFeedback", "getResponseCount", "getClients", "getLastIndex"),
    ],
    "ValidationRegistry": [
        *("getIdentityRegistry", "validationRequest", "validationResponse", "getValidationStatus", "getSummary"),
        *("getAgentValidations", "getValidatorRequests"),
    ],
}


def test_supports_interface__when_asked__knows_its_own(registries: Registries, name: str) -> None:
    registry = _deploy(registries.evm, name, registries.identity.address)

    standard = _interface_id(registry, STANDARD_FUNCTIONS[name])
    # ERC-165, IAccessControl, IAccessControlDefaultAdminRules
    for interface_id in (standard, *map(bytes.fromhex, ("01ffc9a7", "7965db0b", "31498786"))):
        assert registry.supportsInterface(interface_id) is True, interface_id.hex()
    # none, ERC-721, anything
    for interface_id in map(bytes.fromhex, ("ffffffff", "80ac58cd", "12345678")):
        assert registry.supportsInterface(interface_id) is False, interface_id.hex()

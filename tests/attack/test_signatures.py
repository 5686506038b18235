"""Forged, altered and misplaced consents, and wallets that answer ERC-1271 in bad faith.

Attacker: an owner that wants a wallet which did not consent; or a contract that lets itself be named as wallet.
Path: a consent for something else, or altered; a wallet that reverts, burns all gas, returns half a megabyte, answers
almost right, or calls back into the registries while it is asked.
Defence: the consent names agent, wallet, owner, deadline, registry and chain; a key's signature has one form only (low
s, 65 bytes, v 27 or 28); a contract is asked by a static call, its answer is read as one word and must equal the magic
one. The caller pays for what the wallet burns. A contract that approves everything can be made anybody's wallet: its
own choice, and it is no power over it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any

import pytest

from registries.consent import consent_message, sign_consent
from tests.attack.weak import WeakRegistries
from tests.deployment import BUYER, OWNER, STRANGER, WALLET, Registries, deploy_registries
from tests.evm import EVM, Contract, Reverted, reverts
from tests.replay import assert_logs_tell_the_state

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

BOMB_GAS = 800_000
"""Enough for the wallet to make its bomb, not enough to make it and copy it."""


class Mode(IntEnum):
    """The modes of `MaliciousWallet`."""

    APPROVE_EVERYTHING = 0
    REVERT = 1
    BURN_GAS = 2
    RETURN_BOMB = 3
    WRONG_MAGIC = 4
    SHORT_RETURN = 5
    DIRTY_RETURN = 6
    REENTER = 7


def malicious_wallet(evm: EVM, mode: Mode = Mode.APPROVE_EVERYTHING) -> Contract:
    wallet = evm.deploy("MaliciousWallet", sender=STRANGER)
    wallet.setMode(mode, sender=STRANGER)
    return wallet


def name_wallet(
    registries: Registries, agent_id: int, wallet: str, signature: bytes = b"", *, gas: int | None = None
) -> None:
    """Sets a wallet with a deadline a minute ahead, in a transaction with that much gas."""
    data = registries.identity.encode("setAgentWallet", agent_id, wallet, registries.evm.time + 60, signature)
    registries.evm.transact(OWNER, registries.identity.address, data, gas=gas)


def consent(registries: Registries, agent_id: int, changes: Mapping[str, Any] = {}) -> bytes:
    """The wallet's signature for {name_wallet}, or for something else."""
    fields: dict[str, Any] = {
        "chain_id": registries.evm.chain_id,
        "registry": registries.identity.address,
        "agent_id": agent_id,
        "new_wallet": WALLET,
        "owner": OWNER,
        "deadline": registries.evm.time + 60,
    }
    return sign_consent(WALLET.key, consent_message(**(fields | dict(changes))))


def with_high_s(signature: bytes) -> bytes:
    """The other signature of the same key for the same message."""
    s, v = int.from_bytes(signature[32:64]), signature[64]
    return signature[:32] + (CURVE_ORDER - s).to_bytes(32) + bytes([27 + 28 - v])


def compact(signature: bytes) -> bytes:
    """The 64-byte form of ERC-2098."""
    odd = signature[64] - 27
    return signature[:32] + bytes([signature[32] | odd << 7]) + signature[33:64]


def assert_refused(registries: Registries, agent_id: int, wallet: str, signature: bytes = b"", **options: Any) -> None:
    """Asserts that a wallet is not set, and that nothing else happened."""
    logs = len(registries.evm.logs)
    with reverts("InvalidConsent", wallet):
        name_wallet(registries, agent_id, wallet, signature, **options)
    assert registries.identity.getAgentWallet(agent_id) == OWNER
    assert registries.identity.lastConsentDeadline(agent_id) == 0
    assert len(registries.evm.logs) == logs
    assert_logs_tell_the_state(registries.identity)


def assert_accepted(registries: Registries, agent_id: int, wallet: str, signature: bytes = b"", **options: Any) -> None:
    name_wallet(registries, agent_id, wallet, signature, **options)
    assert registries.identity.getAgentWallet(agent_id) == wallet
    assert_logs_tell_the_state(registries.identity)


# ------------------------------------------------------------------------------------------------------------- keys


def test_consent__when_nothing_is_altered__is_accepted(registries: Registries) -> None:
    """The control of all that follows."""
    agent_id = registries.register()
    assert_accepted(registries, agent_id, WALLET, consent(registries, agent_id))


@pytest.mark.parametrize(
    "changes",
    [
        {"agent_id": 2},
        {"owner": BUYER},
        {"new_wallet": BUYER},
        {"registry": STRANGER},
        {"chain_id": 1},
        {"deadline": 0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_consent__when_given_for_something_else__is_refused(registries: Registries, changes: dict[str, Any]) -> None:
    agent_id = registries.register()
    registries.register()
    assert_refused(registries, agent_id, WALLET, consent(registries, agent_id, changes))


def test_consent__given_the_same_registry_on_another_chain__is_refused_there() -> None:
    here, there = (deploy_registries(EVM(chain_id=chain_id)) for chain_id in (84532, 8453))
    agent_id = here.register()
    there.register()
    signature = consent(here, agent_id)

    assert here.identity.address == there.identity.address
    assert_refused(there, agent_id, WALLET, signature)
    assert_accepted(here, agent_id, WALLET, signature)


def test_consent__given_another_registry_on_the_chain__is_refused_there(registries: Registries) -> None:
    other = deploy_registries(registries.evm)
    agent_id = registries.register()
    other.register()
    assert_refused(other, agent_id, WALLET, consent(registries, agent_id))


def test_attack__with_high_s_on_weak_registry__succeeds(weak_registries: WeakRegistries) -> None:
    agent_id = weak_registries.register()
    name_wallet(weak_registries, agent_id, WALLET, with_high_s(consent(weak_registries, agent_id)))

    assert weak_registries.identity.getAgentWallet(agent_id) == WALLET


def test_attack__with_high_s_on_registry__fails(registries: Registries) -> None:
    agent_id = registries.register()
    assert_refused(registries, agent_id, WALLET, with_high_s(consent(registries, agent_id)))


@pytest.mark.parametrize(
    "altered",
    [
        lambda signature: signature[:0],
        lambda signature: bytes(len(signature)),
        lambda signature: signature[:64],
        lambda signature: signature + b"\0",
        compact,
        lambda signature: signature[:64] + bytes([signature[64] - 27]),
        lambda signature: signature[:64] + bytes([signature[64] ^ 7]),
        lambda signature: bytes(32) + signature[32:],
    ],
    ids=["empty", "zeros", "without v", "too long", "compact", "v 0 or 1", "other v", "r zero"],
)
def test_consent__when_altered__is_refused(registries: Registries, altered: Callable[[bytes], bytes]) -> None:
    agent_id = registries.register()
    assert_refused(registries, agent_id, WALLET, altered(consent(registries, agent_id)))


@pytest.mark.parametrize("wallet", [f"0x{number:040X}" for number in range(1, 11)])
def test_consent__when_wallet_is_a_precompile__is_refused(registries: Registries, wallet: str) -> None:
    """They answer static calls, the fourth one with what it was asked."""
    agent_id = registries.register()
    assert_refused(registries, agent_id, wallet)


def test_consent__when_wallet_is_a_contract_without_erc1271__is_refused(registries: Registries) -> None:
    agent_id = registries.register()
    for contract in (registries.identity, registries.reputation):
        assert_refused(registries, agent_id, contract.address)


# ------------------------------------------------------------------------------------------- accounts with code and key


def delegate(evm: EVM, account: str, target: str | None = None) -> None:
    """Delegates an account as EIP-7702 does: its code is a marker that this EVM cannot run; or the target's, copied."""
    marker = bytes.fromhex("ef0100") + bytes(20)
    evm.set_code(account, marker if target is None else bytes(evm.raw.get_code(target) or b""))


@pytest.mark.parametrize("mode", ["marker", "code"])
def test_consent__of_delegated_account__is_accepted_from_its_key(registries: Registries, mode: str) -> None:
    target = None if mode == "marker" else registries.reputation.address
    delegate(registries.evm, WALLET, target)
    agent_id = registries.register()

    assert_refused(registries, agent_id, WALLET, with_high_s(consent(registries, agent_id)))
    assert_accepted(registries, agent_id, WALLET, consent(registries, agent_id))


def test_consent__of_delegated_account__is_accepted_from_its_code(registries: Registries) -> None:
    delegate(registries.evm, WALLET, malicious_wallet(registries.evm).address)
    assert_accepted(registries, registries.register(), WALLET)


def test_consent__of_delegated_account_on_weak_registry__is_refused(weak_registries: WeakRegistries) -> None:
    """Who asks the code first locks the key out."""
    delegate(weak_registries.evm, WALLET)
    agent_id = weak_registries.register()
    with reverts("InvalidConsent", WALLET):
        name_wallet(weak_registries, agent_id, WALLET, consent(weak_registries, agent_id))


# -------------------------------------------------------------------------------------------------------- contracts


@pytest.mark.parametrize("mode", [Mode.SHORT_RETURN, Mode.DIRTY_RETURN])
def test_attack__with_sloppy_answer_on_weak_registry__succeeds(weak_registries: WeakRegistries, mode: Mode) -> None:
    agent_id, wallet = weak_registries.register(), malicious_wallet(weak_registries.evm, mode)
    name_wallet(weak_registries, agent_id, wallet.address)

    assert weak_registries.identity.getAgentWallet(agent_id) == wallet.address


@pytest.mark.parametrize("mode", [Mode.REVERT, Mode.WRONG_MAGIC, Mode.SHORT_RETURN, Mode.DIRTY_RETURN, Mode.BURN_GAS])
def test_attack__on_registry__fails(registries: Registries, mode: Mode) -> None:
    wallet = malicious_wallet(registries.evm, mode)
    assert_refused(registries, registries.register(), wallet.address)


def test_attack__when_wallet_burns_all_gas__costs_its_caller(registries: Registries) -> None:
    """The registry keeps a 64th, enough to say what happened."""
    agent_id, wallet = registries.register(), malicious_wallet(registries.evm, Mode.BURN_GAS)
    assert_refused(registries, agent_id, wallet.address, gas=300_000)


def test_attack__with_return_bomb_on_weak_registry__succeeds(weak_registries: WeakRegistries) -> None:
    agent_id, wallet = weak_registries.register(), malicious_wallet(weak_registries.evm, Mode.RETURN_BOMB)
    with pytest.raises(Reverted, match="OutOfGas"):
        name_wallet(weak_registries, agent_id, wallet.address, gas=BOMB_GAS)


def test_attack__with_return_bomb_on_registry__fails(registries: Registries) -> None:
    """Its first word is the right one: the wallet consents, and the rest is not even copied."""
    agent_id, wallet = registries.register(), malicious_wallet(registries.evm, Mode.RETURN_BOMB)
    assert_accepted(registries, agent_id, wallet.address, gas=BOMB_GAS)


def arm_reentry(registries: Registries, agent_id: int, target: str) -> Contract:
    """A wallet that is an operator of the agent, and on being asked makes a call that it may make."""
    wallet = malicious_wallet(registries.evm)
    registries.identity.setApprovalForAll(wallet.address, True, sender=OWNER)
    other_agent = registries.register(BUYER)
    contract = registries.reputation if target == "giveFeedback" else registries.identity
    arguments: dict[str, tuple[Any, ...]] = {
        "setMetadata": (agent_id, "key", b"value"),
        "unsetAgentWallet": (agent_id,),
        "giveFeedback": (other_agent, 1, 0, "", "", "", "", bytes(32)),
    }
    wallet.arm(contract.address, contract.encode(target, *arguments[target]), sender=STRANGER)
    return wallet


reentries = pytest.mark.parametrize("target", ["setMetadata", "unsetAgentWallet", "giveFeedback"])


@reentries
def test_attack__with_reentry_on_weak_registry__succeeds(weak_registries: WeakRegistries, target: str) -> None:
    agent_id = weak_registries.register()
    wallet = arm_reentry(weak_registries, agent_id, target)
    logs = len(weak_registries.evm.logs)
    name_wallet(weak_registries, agent_id, wallet.address)

    # The wallet's own call, in the middle of being named.
    assert len(weak_registries.evm.logs) == logs + 2
    assert weak_registries.identity.getAgentWallet(agent_id) == wallet.address


@reentries
def test_attack__with_reentry_on_registry__fails(registries: Registries, target: str) -> None:
    agent_id = registries.register()
    wallet = arm_reentry(registries, agent_id, target)
    assert_refused(registries, agent_id, wallet.address)

    # Being asked by anybody else, outside of the registry, it makes the call.
    logs = len(registries.evm.logs)
    wallet.isValidSignature(bytes(32), b"", sender=STRANGER)
    assert len(registries.evm.logs) == logs + 1


def test_consent__of_wallet_that_approves_everything__is_accepted_but_not_twice(registries: Registries) -> None:
    """Anybody can name such a wallet. It gains the agent's payments by it, and the agent loses a rater."""
    agent_id, wallet = registries.register(), malicious_wallet(registries.evm)
    assert_accepted(registries, agent_id, wallet.address, b"whatever")
    deadline = registries.evm.time + 60
    with reverts("ConsentAlreadyUsed", agent_id, deadline, deadline):
        name_wallet(registries, agent_id, wallet.address, b"something else")

    assert not registries.identity.isAuthorizedOrOwner(wallet.address, agent_id)
    assert registries.identity.isAffiliated(wallet.address, agent_id)

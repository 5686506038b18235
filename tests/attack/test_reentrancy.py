"""V2: reentrancy, through every door there is.

Attacker: a contract that gets an agent and, in onERC721Received, calls one function of one registry.
Path: every state-changing function in the ABI of the three registries, from each form of register and of
safeTransferFrom. The attacker owns the agent and holds every role: no rule but the guard can be in its way.
Defence: the guard shuts the whole identity registry to the callback. The two other registries can be entered, because
the identity registry has written and emitted everything by then: a call has exactly the effect that it would have in a
transaction of its own directly after.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import ape
import pytest
from eth_utils.crypto import keccak
from ethpm_types.abi import MethodABI

from tests.arguments import arguments
from tests.attack.receiver import BLOCKED, SUCCEEDED, Outcome, Receiver
from tests.attack.weak import deploy_weak_registries
from tests.deployment import (
    ADMIN_DELAY,
    BUYER,
    CLIENT,
    DEPLOYER,
    OWNER,
    REGISTRIES,
    STRANGER,
    VALIDATOR,
    WALLET,
    Registries,
)
from tests.entry_points import state_changing
from tests.evm import EVM, Contract, Log, Receipt, Reverted
from tests.replay import assert_logs_tell_the_state

RATED_AGENT, AGENT = 1, 2
"""An agent of somebody else, which the attacker has rated and validates; the agent that the attacker gets."""

ASKED = keccak(text="the request that the attacker is asked to answer")

TRIGGERS: dict[str, tuple[Any, ...]] = {
    "register": (),
    "register uri": ("ipfs://agent",),
    "register uri metadata": ("ipfs://agent", [("key", b"value")]),
    "safeTransferFrom": (),
    "safeTransferFrom data": (b"data",),
}

# Every other call succeeds outside the callback.
FAILS_OUTSIDE = {"unpause()": Outcome("ExpectedPause")}


IDENTITY_ENTRIES = state_changing("IdentityRegistry")
OTHER_ENTRIES = [
    (registry, method)
    for registry in ("reputation", "validation")
    for method in state_changing(f"{registry.title()}Registry")
]
WEAK_ENTRIES = state_changing("WeakIdentityRegistry")


@dataclass(frozen=True)
class Scene:
    """Registries in which the attacker may do everything, up to the transaction that gives it an agent."""

    registries: Registries
    attacker: Receiver

    def trigger(self, trigger: str) -> Receipt:
        """The transaction in which the attacker is called back."""
        identity, extra = self.registries.identity, TRIGGERS[trigger]
        if trigger.startswith("register"):
            return self.attacker.execute(identity, "register", *extra)
        receipt: Receipt = identity.safeTransferFrom(OWNER, self.attacker.address, AGENT, *extra, sender=OWNER)
        return receipt

    def calldata(self, contract: Contract, method: MethodABI) -> bytes:
        return contract.encode(method.name, *arguments(method, self._values(contract)))

    def reads(self) -> dict[tuple[str, str], Any]:
        """What every read of the three registries gives."""
        answers = {}
        for contract in (self.registries.identity, self.registries.reputation, self.registries.validation):
            values = self._values(contract)
            for method in contract.type.view_methods:
                read = getattr(contract, method.name)
                try:
                    answer = read(*arguments(method, values))
                except Reverted as error:
                    answer = (error.name, error.values)
                answers[str(contract.type.name), method.selector] = answer
        return answers

    def _values(self, contract: Contract) -> dict[str, Any]:
        registries, attacker = self.registries, self.attacker.address
        deadline = registries.evm.time + 60
        return {
            "agentId": RATED_AGENT if contract.type.name == "ReputationRegistry" else AGENT,
            "tokenId": AGENT,
            "from": attacker,
            "to": BUYER,
            "role": keccak(text="PAUSER_ROLE"),
            "account": attacker,
            "grantRole.account": STRANGER,
            "newDelay": 2 * ADMIN_DELAY,
            "newWallet": WALLET,
            "deadline": deadline,
            "signature": registries.consent(AGENT, WALLET, owner=attacker, deadline=deadline),
            "clientAddress": CLIENT,
            "revokeFeedback.feedbackIndex": 1,
            "clientAddresses": [CLIENT, attacker],
            "responders": [],
            "cursor": 0,
            "limit": 10,
            "validatorAddress": VALIDATOR,
            "getSummary.validatorAddresses": [attacker],
            "validationResponse.requestHash": ASKED,
            "getValidationStatus.requestHash": ASKED,
        }


def set_scene(trigger: str) -> Scene:
    """The scene before a trigger; the same to the byte each time."""
    evm = EVM()
    attacker = Receiver(evm)
    all_roles = (ADMIN_DELAY, attacker.address, attacker.address)
    identity = evm.deploy("IdentityRegistry", *all_roles, attacker.address, sender=DEPLOYER)
    reputation = evm.deploy("ReputationRegistry", identity.address, *all_roles, sender=DEPLOYER)
    validation = evm.deploy("ValidationRegistry", identity.address, *all_roles, sender=DEPLOYER)
    registries = Registries(evm, identity, reputation, validation)

    for contract in (identity, reputation, validation):
        attacker.execute(contract, "beginDefaultAdminTransfer", attacker.address)
    evm.warp(ADMIN_DELAY + 1)
    for contract in (identity, reputation, validation):
        attacker.execute(contract, "changeDefaultAdminDelay", 3 * ADMIN_DELAY)
    registries.register(OWNER)
    registries.give_feedback(RATED_AGENT, CLIENT)
    attacker.execute(reputation, "giveFeedback", RATED_AGENT, 1, 0, "tag1", "tag2", "", "", bytes(32))
    validation.validationRequest(attacker.address, RATED_AGENT, "ipfs://request", ASKED, sender=OWNER)
    if not trigger.startswith("register"):
        registries.register(OWNER)
    return Scene(registries, attacker)


@functools.cache
def without_attack(trigger: str) -> tuple[tuple[Log, ...], dict[tuple[str, str], Any]]:
    """The logs of a trigger without an attack, and all reads after it."""
    scene = set_scene(trigger)
    return scene.trigger(trigger).logs, scene.reads()


def call_back(scene: Scene, trigger: str, contract: Contract, data: bytes) -> Receipt:
    scene.attacker.arm(contract, data)
    return scene.trigger(trigger)


def call_after(scene: Scene, contract: Contract, data: bytes) -> tuple[Outcome, Receipt]:
    try:
        return SUCCEEDED, scene.attacker.execute_data(contract, data)
    except Reverted as error:
        return Outcome(error.name, error.values), Receipt(None, ())


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("method", IDENTITY_ENTRIES, ids=lambda method: method.selector)
def test_attack__on_registry__fails(trigger: str, method: MethodABI) -> None:
    scene, honest = set_scene(trigger), without_attack(trigger)
    identity = scene.registries.identity
    data = scene.calldata(identity, method)
    receipt = call_back(scene, trigger, identity, data)

    assert scene.attacker.outcome() == BLOCKED
    assert (receipt.logs, scene.reads()) == honest
    assert_logs_tell_the_state(identity)
    # Nothing but the guard was in the way.
    outcome, _ = call_after(scene, identity, data)
    assert outcome == FAILS_OUTSIDE.get(method.selector, SUCCEEDED)
    assert_logs_tell_the_state(identity)


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize(
    ("registry", "method"), OTHER_ENTRIES, ids=[f"{registry}-{method.selector}" for registry, method in OTHER_ENTRIES]
)
def test_attack__through_another_registry__has_the_effect_of_a_call_directly_after(
    trigger: str, registry: str, method: MethodABI
) -> None:
    scene, honest = set_scene(trigger), set_scene(trigger)
    data = scene.calldata(getattr(scene.registries, registry), method)
    receipt = call_back(scene, trigger, getattr(scene.registries, registry), data)
    first = honest.trigger(trigger)
    before = honest.reads()
    outcome, second = call_after(honest, getattr(honest.registries, registry), data)

    assert scene.attacker.outcome() == outcome == FAILS_OUTSIDE.get(method.selector, SUCCEEDED)
    assert receipt.logs == first.logs + second.logs
    assert scene.reads() == honest.reads()
    # The comparison is of something: a call that succeeds leaves a trace.
    assert (second.logs != () or scene.reads() != before) == (outcome == SUCCEEDED)
    assert_logs_tell_the_state(scene.registries.identity)


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("method", WEAK_ENTRIES, ids=lambda method: method.selector)
def test_attack__on_weak_registry__succeeds(trigger: str, method: MethodABI) -> None:
    evm = EVM()
    scene = Scene(deploy_weak_registries(evm), Receiver(evm))
    scene.registries.register(OWNER)
    if not trigger.startswith("register"):
        scene.registries.register(OWNER)
    identity = scene.registries.identity
    call_back(scene, trigger, identity, scene.calldata(identity, method))

    assert scene.attacker.outcome() == SUCCEEDED


@pytest.mark.parametrize("registry", REGISTRIES)
def test_entry_points__when_read_from_the_whole_abi__are_all_attacked(registry: str) -> None:
    abi = ape.project.get_contract(registry).contract_type.abi
    entries = {
        item.selector if isinstance(item, MethodABI) else item.type
        for item in abi
        if getattr(item, "stateMutability", "view") not in {"view", "pure"} and item.type != "constructor"
    }
    all_attacked = [("identity", method) for method in IDENTITY_ENTRIES] + OTHER_ENTRIES

    assert entries == {method.selector for name, method in all_attacked if f"{name.title()}Registry" == registry}

"""V2: re-entrant registration.

Attacker: a contract that registers an agent.
Path: its onERC721Received registers again, and again: agents 1, 2, 3 are announced as 3, 2, 1, and indexers that follow
the order of Registered are led astray.
Defence: one reentrancy guard on every entry point, and the callback last.
"""

from __future__ import annotations

import pytest

from tests.attack.receiver import BLOCKED, SUCCEEDED, Receiver
from tests.attack.weak import WeakRegistries
from tests.deployment import Registries
from tests.evm import Contract, Receipt
from tests.replay import assert_logs_tell_the_state

FORMS: list[tuple[object, ...]] = [(), ("ipfs://again",), ("ipfs://again", [("model", b"m")])]


def register_in_callback(registries: Registries, receiver: Receiver, form: tuple[object, ...]) -> Receipt:
    identity = registries.identity
    receiver.arm(identity, identity.encode("register", *form), calls=2)
    return receiver.execute(identity, "register", *form)


def announced_ids(identity: Contract, receipt: Receipt) -> list[int]:
    events = [identity.read_log(log) for log in receipt.logs]
    return [values["agentId"] for name, values in events if name == "Registered"]


@pytest.mark.parametrize("form", FORMS)
def test_attack__on_weak_registry__succeeds(weak_registries: WeakRegistries, form: tuple[object, ...]) -> None:
    receiver = Receiver(weak_registries.evm)
    receipt = register_in_callback(weak_registries, receiver, form)

    assert receiver.outcome() == SUCCEEDED
    assert announced_ids(weak_registries.identity, receipt) == [3, 2, 1]


@pytest.mark.parametrize("form", FORMS)
def test_attack__on_registry__fails(registries: Registries, form: tuple[object, ...]) -> None:
    receiver = Receiver(registries.evm)
    receipt = register_in_callback(registries, receiver, form)

    assert receiver.outcome() == BLOCKED
    assert announced_ids(registries.identity, receipt) == [1]
    assert registries.identity.totalAgents() == 1
    assert_logs_tell_the_state(registries.identity)


def test_register__given_failed_attack__works_again_in_the_next_transaction(registries: Registries) -> None:
    receiver = Receiver(registries.evm)
    register_in_callback(registries, receiver, ())
    receipt = receiver.execute(registries.identity, "register")

    assert announced_ids(registries.identity, receipt) == [2]
    assert_logs_tell_the_state(registries.identity)

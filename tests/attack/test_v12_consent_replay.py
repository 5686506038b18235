"""V12: a wallet's consent is used again.

Attacker: an owner or operator that holds a consent of less than five minutes ago, which the wallet or the owner has
thought better of.
Path: send the same signature again: at once, after unsetAgentWallet, after the agent went to somebody else and came
back, or after another wallet's consent took its place (A, B, A).
Defence: the deadline of the consent used last is remembered, and the next one must be later. A consent that was signed
and not used stays good until its deadline, also after an unset: only using a later one ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.attack.weak import WeakRegistries
from tests.deployment import BUYER, OWNER, STRANGER, WALLET, Registries
from tests.evm import ZERO_ADDRESS, Actor, Receipt, reverts
from tests.replay import assert_logs_tell_the_state

OTHER_WALLET = Actor.of("other wallet")
Between = Callable[[Registries, int], None]


@dataclass(frozen=True)
class Consent:
    """A signed consent, to be sent as often as one likes."""

    registries: Registries
    agent_id: int
    wallet: Actor
    deadline: int
    signature: bytes

    @classmethod
    def given(cls, registries: Registries, agent_id: int, wallet: Actor, *, seconds: int = 60) -> Consent:
        deadline = registries.evm.time + seconds
        return cls(registries, agent_id, wallet, deadline, registries.consent(agent_id, wallet, deadline=deadline))

    def use(self, sender: str = OWNER) -> Receipt:
        identity = self.registries.identity
        receipt: Receipt = identity.setAgentWallet(
            self.agent_id, self.wallet, self.deadline, self.signature, sender=sender
        )
        return receipt


def nothing(registries: Registries, agent_id: int) -> None:
    pass


def unset(registries: Registries, agent_id: int) -> None:
    registries.identity.unsetAgentWallet(agent_id, sender=OWNER)


def round_trip(registries: Registries, agent_id: int) -> None:
    registries.identity.transferFrom(OWNER, BUYER, agent_id, sender=OWNER)
    registries.identity.transferFrom(BUYER, OWNER, agent_id, sender=BUYER)


def other_consent(registries: Registries, agent_id: int) -> None:
    Consent.given(registries, agent_id, OTHER_WALLET, seconds=120).use()


between_uses = pytest.mark.parametrize("between", [nothing, unset, round_trip, other_consent])


@between_uses
def test_attack__on_weak_registry__succeeds(weak_registries: WeakRegistries, between: Between) -> None:
    agent_id = weak_registries.register()
    consent = Consent.given(weak_registries, agent_id, WALLET)
    consent.use()
    between(weak_registries, agent_id)
    consent.use()

    assert weak_registries.identity.getAgentWallet(agent_id) == WALLET


@between_uses
def test_attack__on_registry__fails(registries: Registries, between: Between) -> None:
    identity, agent_id = registries.identity, registries.register()
    consent = Consent.given(registries, agent_id, WALLET)
    consent.use()
    between(registries, agent_id)
    wallet, last_deadline = identity.getAgentWallet(agent_id), identity.lastConsentDeadline(agent_id)
    with reverts("ConsentAlreadyUsed", agent_id, consent.deadline, last_deadline):
        consent.use()

    assert identity.getAgentWallet(agent_id) == wallet
    assert_logs_tell_the_state(identity)


def test_set_agent_wallet__when_deadline_equals_the_last__reverts(registries: Registries) -> None:
    """Two wallets that sign in the same second: only one of the consents counts."""
    identity, agent_id = registries.identity, registries.register()
    first = Consent.given(registries, agent_id, WALLET)
    second = Consent.given(registries, agent_id, OTHER_WALLET)
    first.use()
    with reverts("ConsentAlreadyUsed", agent_id, second.deadline, first.deadline):
        second.use()

    assert identity.getAgentWallet(agent_id) == WALLET


def test_set_agent_wallet__given_a_use_of_the_latest_deadline__is_blocked_for_no_longer_than_a_second(
    registries: Registries,
) -> None:
    """A consent as far ahead as it may be does not lock the agent's wallet for its five minutes."""
    identity, agent_id = registries.identity, registries.register()
    period = identity.MAX_CONSENT_PERIOD()
    Consent.given(registries, agent_id, WALLET, seconds=period).use()
    registries.evm.warp(1)
    receipt = Consent.given(registries, agent_id, OTHER_WALLET, seconds=period).use()

    wallet = bytes.fromhex(OTHER_WALLET[2:])
    assert receipt.logs == (identity.log("MetadataSet", agent_id, "agentWallet", "agentWallet", wallet),)
    assert_logs_tell_the_state(identity)


def test_set_agent_wallet__given_unused_consent_and_unset__accepts_it(registries: Registries) -> None:
    """Decided so: an unset cancels nothing that is signed. Who wants that uses a later consent, or waits."""
    agent_id = registries.register()
    consent = Consent.given(registries, agent_id, WALLET)
    unset(registries, agent_id)
    consent.use()

    assert registries.identity.getAgentWallet(agent_id) == WALLET
    assert_logs_tell_the_state(registries.identity)


def test_set_agent_wallet__given_later_consent_used__refuses_the_earlier_one(registries: Registries) -> None:
    agent_id = registries.register()
    unused = Consent.given(registries, agent_id, WALLET, seconds=60)
    later = Consent.given(registries, agent_id, OTHER_WALLET, seconds=61)
    later.use()
    with reverts("ConsentAlreadyUsed", agent_id, unused.deadline, later.deadline):
        unused.use()


def test_set_agent_wallet__given_failed_use__keeps_the_last_deadline(registries: Registries) -> None:
    """Nobody can use up a deadline without the wallet's consent."""
    identity, agent_id = registries.identity, registries.register()
    deadline = registries.evm.time + 300
    with reverts("InvalidConsent", WALLET):
        identity.setAgentWallet(agent_id, WALLET, deadline, bytes(65), sender=OWNER)
    consent = Consent.given(registries, agent_id, WALLET)
    with reverts("NotAuthorized", agent_id, STRANGER):
        consent.use(sender=STRANGER)

    assert identity.lastConsentDeadline(agent_id) == 0
    consent.use()
    assert identity.lastConsentDeadline(agent_id) == consent.deadline


def test_set_agent_wallet__given_new_owner__refuses_a_consent_to_the_old_one(registries: Registries) -> None:
    identity, agent_id = registries.identity, registries.register()
    consent = Consent.given(registries, agent_id, WALLET)
    identity.transferFrom(OWNER, BUYER, agent_id, sender=OWNER)
    with reverts("InvalidConsent", WALLET):
        consent.use(sender=BUYER)

    assert identity.getAgentWallet(agent_id) == ZERO_ADDRESS
    assert_logs_tell_the_state(identity)


@pytest.mark.parametrize("seconds", [0, 300])
def test_set_agent_wallet__when_deadline_is_at_its_limit__is_accepted(registries: Registries, seconds: int) -> None:
    agent_id = registries.register()
    Consent.given(registries, agent_id, WALLET, seconds=seconds).use()

    assert registries.identity.getAgentWallet(agent_id) == WALLET


def test_set_agent_wallet__when_deadline_is_beyond_its_limits__reverts(registries: Registries) -> None:
    agent_id, now = registries.register(), registries.evm.time
    with reverts("ConsentExpired", now - 1, now):
        Consent.given(registries, agent_id, WALLET, seconds=-1).use()
    with reverts("ConsentTooFarAhead", now + 301, now + 300):
        Consent.given(registries, agent_id, WALLET, seconds=301).use()

"""Consents to be an agent's wallet: EIP-712 as eth-account encodes it, for any agent, accounts, deadline and chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import assume, example, given
from hypothesis import strategies as st

from registries.consent import TYPES, consent_message, sign_consent
from tests.deployment import OWNER, Registries, deploy_registries
from tests.evm import EVM, START_TIME, ZERO_ADDRESS, reverts
from tests.layout import place_of, write
from tests.property.strategies import any_addresses, near, uints

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
MAX_CONSENT_PERIOD = 300
SIGNATURE_SIZE = 65

keys = st.one_of(st.integers(1, CURVE_ORDER - 1), st.sampled_from([1, CURVE_ORDER - 1])).map(
    lambda number: number.to_bytes(32, "big")
)
agent_ids = st.one_of(st.integers(1, 2**64 - 1), st.sampled_from([1, 2**63, 2**64 - 1]))
chain_ids = st.one_of(st.sampled_from([1, 8453, 84532, 2**32, 2**64 - 1]), st.integers(1, 2**64 - 1))
periods = st.one_of(st.integers(0, MAX_CONSENT_PERIOD), st.sampled_from([0, 1, MAX_CONSENT_PERIOD]))


@dataclass(frozen=True)
class Consent:
    """What a wallet signs, and on which chain.

    :ivar key: the wallet's
    :ivar seconds: from the block's time to the deadline
    """

    key: bytes
    agent_id: int
    owner: str
    seconds: int
    chain_id: int

    @property
    def wallet(self) -> str:
        return str(Account.from_key(self.key).address)

    def fields(self, registries: Registries) -> dict[str, Any]:
        """The arguments of `consent_message`."""
        return {
            "chain_id": self.chain_id,
            "registry": registries.identity.address,
            "agent_id": self.agent_id,
            "new_wallet": self.wallet,
            "owner": self.owner,
            "deadline": START_TIME + self.seconds,
        }

    def signature(self, registries: Registries) -> bytes:
        return sign_consent(self.key, consent_message(**self.fields(registries)))

    def deployed(self) -> Registries:
        """The registries on that chain, with that agent of that owner."""
        registries = deploy_registries(EVM(chain_id=self.chain_id))
        write(registries.identity, place_of("IdentityRegistry", "_lastAgentId"), self.agent_id - 1)
        assert registries.register(self.owner) == self.agent_id
        return registries

    def use(self, registries: Registries, signature: bytes, *, deadline: int | None = None) -> None:
        """Names the wallet, as the owner."""
        deadline = START_TIME + self.seconds if deadline is None else deadline
        registries.identity.setAgentWallet(self.agent_id, self.wallet, deadline, signature, sender=self.owner)


consents = st.builds(Consent, keys, agent_ids, any_addresses, periods, chain_ids)


def _assert_refused(registries: Registries, consent: Consent, signature: bytes) -> None:
    with reverts("InvalidConsent", consent.wallet):
        consent.use(registries, signature)
    assert registries.identity.getAgentWallet(consent.agent_id) == consent.owner
    assert registries.identity.lastConsentDeadline(consent.agent_id) == 0


# THE DIGEST


@given(consents)
def test_consent__when_signed_by_eth_account__is_accepted_once(consent: Consent) -> None:
    registries = consent.deployed()
    signature = consent.signature(registries)
    deadline = START_TIME + consent.seconds

    consent.use(registries, signature)

    assert registries.identity.getAgentWallet(consent.agent_id) == consent.wallet
    assert registries.identity.lastConsentDeadline(consent.agent_id) == deadline
    with reverts("ConsentAlreadyUsed", consent.agent_id, deadline, deadline):
        consent.use(registries, signature)


@given(consents)
def test_consent__when_encoded_for_the_domain_that_the_registry_tells__is_accepted(consent: Consent) -> None:
    registries = consent.deployed()
    used, name, version, chain_id, contract, salt, extensions = registries.identity.eip712Domain()
    message = encode_typed_data(
        domain_data={"name": name, "version": version, "chainId": chain_id, "verifyingContract": contract},
        message_types=TYPES,
        message_data={
            "agentId": consent.agent_id,
            "newWallet": consent.wallet,
            "owner": consent.owner,
            "deadline": START_TIME + consent.seconds,
        },
    )

    assert (used, salt, extensions) == (b"\x0f", bytes(32), ())
    assert (chain_id, contract) == (consent.chain_id, registries.identity.address)
    consent.use(registries, sign_consent(consent.key, message))
    assert registries.identity.getAgentWallet(consent.agent_id) == consent.wallet


@given(consents, st.sampled_from(["chain_id", "registry", "agent_id", "new_wallet", "owner", "deadline"]), st.data())
def test_consent__when_one_field_is_another__is_refused(consent: Consent, name: str, data: st.DataObject) -> None:
    registries = consent.deployed()
    fields = consent.fields(registries)
    right = fields[name]
    numbers = st.one_of(uints(256), st.sampled_from([-1, 1]).map(lambda step: right + step))
    other = data.draw(any_addresses if isinstance(right, str) else numbers)
    assume(other != right)
    _assert_refused(registries, consent, sign_consent(consent.key, consent_message(**(fields | {name: other}))))


@given(consents, near(0, MAX_CONSENT_PERIOD))
def test_consent__when_near_the_ends_of_its_period__is_accepted_within_them(consent: Consent, seconds: int) -> None:
    registries = consent.deployed()
    deadline = START_TIME + seconds
    fields = consent.fields(registries) | {"deadline": deadline}
    signature = sign_consent(consent.key, consent_message(**fields))

    if seconds < 0:
        with reverts("ConsentExpired", deadline, START_TIME):
            consent.use(registries, signature, deadline=deadline)
    elif seconds > MAX_CONSENT_PERIOD:
        with reverts("ConsentTooFarAhead", deadline, START_TIME + MAX_CONSENT_PERIOD):
            consent.use(registries, signature, deadline=deadline)
    else:
        consent.use(registries, signature, deadline=deadline)
        assert registries.identity.getAgentWallet(consent.agent_id) == consent.wallet


# THE SIGNATURE


def _high_s(signature: bytes) -> bytes:
    s, v = int.from_bytes(signature[32:64]), signature[64]
    return signature[:32] + (CURVE_ORDER - s).to_bytes(32) + bytes([27 + 28 - v])


def _compact(signature: bytes) -> bytes:
    """The 64-byte form of ERC-2098."""
    return signature[:32] + bytes([signature[32] | (signature[64] - 27) << 7]) + signature[33:64]


@given(consents, st.sampled_from([_high_s, _compact]))
def test_signature__in_another_form_of_the_same__is_refused(consent: Consent, form: Any) -> None:
    registries = consent.deployed()
    _assert_refused(registries, consent, form(consent.signature(registries)))


@given(consents, st.one_of(st.integers(0, 8 * SIGNATURE_SIZE - 1), st.integers(512, 519)))
def test_signature__when_one_bit_is_flipped__is_refused(consent: Consent, bit: int) -> None:
    registries = consent.deployed()
    flipped = int.from_bytes(consent.signature(registries)) ^ 1 << 8 * SIGNATURE_SIZE - 1 - bit
    _assert_refused(registries, consent, flipped.to_bytes(SIGNATURE_SIZE))


@given(consents, st.integers(0, SIGNATURE_SIZE - 1))
@example(Consent(b"\1" * 32, 1, OWNER, 60, 1), 64)
@example(Consent(b"\1" * 32, 1, OWNER, 60, 1), 0)
def test_signature__when_cut_short__is_refused(consent: Consent, size: int) -> None:
    registries = consent.deployed()
    _assert_refused(registries, consent, consent.signature(registries)[:size])


@given(consents, st.binary(min_size=1, max_size=SIGNATURE_SIZE))
def test_signature__when_continued__is_refused(consent: Consent, more: bytes) -> None:
    registries = consent.deployed()
    _assert_refused(registries, consent, consent.signature(registries) + more)


@given(consents, st.binary(max_size=2 * SIGNATURE_SIZE))
@example(Consent(b"\1" * 32, 1, OWNER, 60, 1), bytes(64) + b"\x1b")
def test_signature__of_any_bytes__is_refused(consent: Consent, signature: bytes) -> None:
    _assert_refused(consent.deployed(), consent, signature)


@given(consents, keys)
def test_signature__by_another_key__is_refused(consent: Consent, key: bytes) -> None:
    registries = consent.deployed()
    assume(key != consent.key)
    _assert_refused(registries, consent, sign_consent(key, consent_message(**consent.fields(registries))))


@given(consents, st.binary(min_size=SIGNATURE_SIZE, max_size=SIGNATURE_SIZE))
def test_signature__for_the_zero_wallet__is_refused(consent: Consent, signature: bytes) -> None:
    """A signature that recovers nothing gives the zero address."""
    registries = consent.deployed()
    with reverts("ZeroWallet"):
        registries.identity.setAgentWallet(
            consent.agent_id, ZERO_ADDRESS, START_TIME + consent.seconds, signature, sender=consent.owner
        )

"""validationRequest: who may ask whom, the key's single use, what is stored and emitted."""

from __future__ import annotations

import pytest

from tests.deployment import BUYER, CLIENT, OPERATOR, OWNER, PAUSER, STRANGER, VALIDATOR, WALLET, Registries
from tests.evm import START_TIME, ZERO_ADDRESS, field, reverts
from tests.layout import place_of, write
from tests.unit.calls import NO_HASH, SOME_HASH, URI_LIMIT, answer, hash_of, pause, request


@pytest.fixture
def agent_id(registries: Registries) -> int:
    return registries.register()


# WHAT IS STORED AND EMITTED


@pytest.mark.parametrize("uri", ["ipfs://request", ""])
def test_validation_request__given_an_agent__emits_and_stores(registries: Registries, agent_id: int, uri: str) -> None:
    receipt = request(registries, agent_id, uri=uri)

    expected = registries.validation.log("ValidationRequest", VALIDATOR, agent_id, uri, SOME_HASH)
    assert receipt.logs == (expected,)
    status = registries.validation.getValidationStatus(SOME_HASH)
    assert status == (VALIDATOR, agent_id, 0, NO_HASH, "", START_TIME)
    assert registries.validation.isPending(SOME_HASH) is True
    assert registries.validation.getAgentValidations(agent_id) == (SOME_HASH,)
    assert registries.validation.getValidatorRequests(VALIDATOR) == (SOME_HASH,)


@pytest.mark.parametrize("request_hash", [NO_HASH, b"\xff" * 32])
def test_validation_request__when_the_key_is_an_extreme__is_accepted(
    registries: Registries, agent_id: int, request_hash: bytes
) -> None:
    request(registries, agent_id, request_hash)

    assert registries.validation.isPending(request_hash) is True
    with reverts("RequestHashUsed", request_hash):
        request(registries, agent_id, request_hash)


def test_validation_request__given_an_id_over_32_bits__stores_all_of_it(registries: Registries) -> None:
    write(registries.identity, place_of("IdentityRegistry", "_lastAgentId"), 2**32)
    agent_id = registries.register()

    request(registries, agent_id)

    assert agent_id == 2**32 + 1
    assert registries.validation.getValidationStatus(SOME_HASH)[:2] == (VALIDATOR, agent_id)


def test_validation_request__when_late__stores_the_time(registries: Registries, agent_id: int) -> None:
    registries.evm.warp(2**32 - 1 - registries.evm.time)

    request(registries, agent_id)

    assert registries.validation.getValidationStatus(SOME_HASH)[5] == 2**32 - 1


def test_validation_request__given_the_validator_is_unaware__needs_no_consent(
    registries: Registries, agent_id: int
) -> None:
    request(registries, agent_id, hash_of(1), validator=CLIENT)
    request(registries, agent_id, hash_of(2), validator=STRANGER)

    assert registries.validation.getAgentValidations(agent_id) == (hash_of(1), hash_of(2))


# WHO MAY


def test_validation_request__when_by_an_operator_for_all__is_accepted(registries: Registries, agent_id: int) -> None:
    registries.identity.setApprovalForAll(OPERATOR, True, sender=OWNER)

    request(registries, agent_id, caller=OPERATOR)

    assert registries.validation.isPending(SOME_HASH) is True


def test_validation_request__when_by_the_approved_address__is_accepted(registries: Registries, agent_id: int) -> None:
    registries.identity.approve(OPERATOR, agent_id, sender=OWNER)

    request(registries, agent_id, caller=OPERATOR)

    assert registries.validation.isPending(SOME_HASH) is True


@pytest.mark.parametrize("caller", [STRANGER, VALIDATOR])
def test_validation_request__when_by_neither_owner_nor_operator__reverts(
    registries: Registries, agent_id: int, caller: str
) -> None:
    with reverts("NotAuthorized", agent_id, caller):
        request(registries, agent_id, caller=caller)


def test_validation_request__when_by_the_wallet__reverts(registries: Registries, agent_id: int) -> None:
    registries.set_wallet(agent_id, WALLET)

    with reverts("NotAuthorized", agent_id, WALLET):
        request(registries, agent_id, caller=WALLET)


def test_validation_request__when_by_an_operator_who_opted_out__reverts(registries: Registries, agent_id: int) -> None:
    registries.identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    registries.identity.setOperatorOptOut(True, sender=OPERATOR)

    with reverts("NotAuthorized", agent_id, OPERATOR):
        request(registries, agent_id, caller=OPERATOR)


def test_validation_request__when_by_a_former_owner__reverts(registries: Registries, agent_id: int) -> None:
    registries.identity.transferFrom(OWNER, BUYER, agent_id, sender=OWNER)

    with reverts("NotAuthorized", agent_id, OWNER):
        request(registries, agent_id)


@pytest.mark.parametrize("unknown", [0, 2, 2**64 + 1, 2**256 - 1])
def test_validation_request__given_unknown_agent__reverts(registries: Registries, agent_id: int, unknown: int) -> None:
    with reverts("ERC721NonexistentToken", unknown):
        request(registries, unknown)


# WHOM


def test_validation_request__when_the_validator_is_zero__reverts(registries: Registries, agent_id: int) -> None:
    with reverts("ZeroValidator"):
        request(registries, agent_id, validator=ZERO_ADDRESS)


def test_validation_request__when_the_validator_is_the_owner__reverts(registries: Registries, agent_id: int) -> None:
    with reverts("SelfValidation", agent_id, OWNER):
        request(registries, agent_id, validator=OWNER)


def test_validation_request__when_an_operator_asks_for_the_owner__reverts(
    registries: Registries, agent_id: int
) -> None:
    registries.identity.setApprovalForAll(OPERATOR, True, sender=OWNER)

    with reverts("SelfValidation", agent_id, OWNER):
        request(registries, agent_id, validator=OWNER, caller=OPERATOR)


def test_validation_request__when_the_validator_is_an_operator_for_all__reverts(
    registries: Registries, agent_id: int
) -> None:
    registries.identity.setApprovalForAll(OPERATOR, True, sender=OWNER)

    with reverts("SelfValidation", agent_id, OPERATOR):
        request(registries, agent_id, validator=OPERATOR)


def test_validation_request__when_the_validator_is_the_approved_address__reverts(
    registries: Registries, agent_id: int
) -> None:
    registries.identity.approve(OPERATOR, agent_id, sender=OWNER)

    with reverts("SelfValidation", agent_id, OPERATOR):
        request(registries, agent_id, validator=OPERATOR)


def test_validation_request__when_the_validator_is_the_wallet__reverts(registries: Registries, agent_id: int) -> None:
    registries.set_wallet(agent_id, WALLET)

    with reverts("SelfValidation", agent_id, WALLET):
        request(registries, agent_id, validator=WALLET)


def test_validation_request__when_the_validator_is_an_operator_who_opted_out__is_accepted(
    registries: Registries, agent_id: int
) -> None:
    registries.identity.setApprovalForAll(VALIDATOR, True, sender=OWNER)
    registries.identity.setOperatorOptOut(True, sender=VALIDATOR)

    request(registries, agent_id)

    assert registries.validation.isPending(SOME_HASH) is True


# THE KEY


def test_validation_request__given_the_key_is_pending__reverts(registries: Registries, agent_id: int) -> None:
    request(registries, agent_id)

    with reverts("RequestHashUsed", SOME_HASH):
        request(registries, agent_id)


def test_validation_request__given_the_key_is_answered__reverts(registries: Registries, agent_id: int) -> None:
    request(registries, agent_id)
    answer(registries)

    with reverts("RequestHashUsed", SOME_HASH):
        request(registries, agent_id)


def test_validation_request__given_the_key_is_another_agents__reverts(registries: Registries, agent_id: int) -> None:
    other_agent = registries.register(STRANGER)
    request(registries, other_agent, caller=STRANGER, validator=CLIENT)

    with reverts("RequestHashUsed", SOME_HASH):
        request(registries, agent_id)
    assert registries.validation.getAgentValidations(agent_id) == ()


# LIMITS AND PAUSE


@pytest.mark.parametrize("size", [URI_LIMIT - 1, URI_LIMIT])
def test_validation_request__when_uri_is_within_its_limit__is_accepted(
    registries: Registries, agent_id: int, size: int
) -> None:
    request(registries, agent_id, uri="x" * size)

    assert registries.validation.isPending(SOME_HASH) is True


def test_validation_request__when_uri_is_over_its_limit__reverts(registries: Registries, agent_id: int) -> None:
    with reverts("SizeLimitExceeded", field("requestURI"), URI_LIMIT + 1, URI_LIMIT):
        request(registries, agent_id, uri="x" * (URI_LIMIT + 1))


def test_validation_request__given_paused__reverts(registries: Registries, agent_id: int) -> None:
    pause(registries.validation)

    with reverts("EnforcedPause"):
        request(registries, agent_id)


def test_validation_request__given_unpaused_again__is_accepted(registries: Registries, agent_id: int) -> None:
    pause(registries.validation)
    registries.validation.unpause(sender=PAUSER)

    request(registries, agent_id)

    assert registries.validation.isPending(SOME_HASH) is True


def test_validation_request__given_only_the_other_registries_paused__is_accepted(
    registries: Registries, agent_id: int
) -> None:
    pause(registries.identity)
    pause(registries.reputation)

    request(registries, agent_id)

    assert registries.validation.isPending(SOME_HASH) is True

"""validationResponse: only the validator asked, as often as it likes; the latest verdict counts."""

from __future__ import annotations

import pytest

from tests.deployment import BUYER, CLIENT, OWNER, STRANGER, VALIDATOR, WALLET, Registries
from tests.evm import START_TIME, Actor, field, reverts
from tests.unit.calls import NO_HASH, SOME_HASH, TAG_LIMIT, URI_LIMIT, answer, hash_of, pause, request


@pytest.fixture
def agent_id(registries: Registries) -> int:
    """An agent that has asked the validator, under `SOME_HASH`."""
    agent_id = registries.register()
    request(registries, agent_id)
    return agent_id


# WHAT IS STORED AND EMITTED


def test_validation_response__when_everything_is_filled_in__emits_and_stores(
    registries: Registries, agent_id: int
) -> None:
    registries.evm.warp(600)

    receipt = answer(registries, response=80, uri="ipfs://evidence", response_hash=hash_of(7), tag="tee")

    expected = registries.validation.log(
        "ValidationResponse", VALIDATOR, agent_id, SOME_HASH, 80, "ipfs://evidence", hash_of(7), "tee"
    )
    assert receipt.logs == (expected,)
    status = registries.validation.getValidationStatus(SOME_HASH)
    assert status == (VALIDATOR, agent_id, 80, hash_of(7), "tee", START_TIME + 600)
    assert registries.validation.isPending(SOME_HASH) is False


def test_validation_response__when_everything_is_empty__emits_and_is_no_longer_pending(
    registries: Registries, agent_id: int
) -> None:
    receipt = answer(registries, response=0)

    expected = registries.validation.log("ValidationResponse", VALIDATOR, agent_id, SOME_HASH, 0, "", NO_HASH, "")
    assert receipt.logs == (expected,)
    # A verdict of 0 in the block of the request looks like a pending one in the standard's own read.
    status = registries.validation.getValidationStatus(SOME_HASH)
    assert status == (VALIDATOR, agent_id, 0, NO_HASH, "", START_TIME)
    assert registries.validation.isPending(SOME_HASH) is False


def test_validation_response__given_an_earlier_one__replaces_it(registries: Registries, agent_id: int) -> None:
    answer(registries, response=80, response_hash=hash_of(7), tag="tee")
    registries.evm.warp(60)

    answer(registries, response=15, tag="zkml")

    status = registries.validation.getValidationStatus(SOME_HASH)
    assert status == (VALIDATOR, agent_id, 15, NO_HASH, "zkml", START_TIME + 60)
    assert registries.validation.getSummary(agent_id, [], "") == (1, 15)
    assert registries.validation.getAgentValidations(agent_id) == (SOME_HASH,)


def test_validation_response__when_it_drops_the_tag__is_no_longer_found_by_it(
    registries: Registries, agent_id: int
) -> None:
    answer(registries, response=80, tag="tee")
    answer(registries, response=80)

    assert registries.validation.getValidationStatus(SOME_HASH)[4] == ""
    assert registries.validation.getSummary(agent_id, [], "tee") == (0, 0)
    assert registries.validation.getSummary(agent_id, [], "") == (1, 80)


def test_validation_response__when_beyond_32_bits_of_time__stores_the_time(
    registries: Registries, agent_id: int
) -> None:
    registries.evm.warp(2**40 - 1 - registries.evm.time)

    answer(registries)

    assert registries.validation.getValidationStatus(SOME_HASH)[5] == 2**40 - 1


# WHO MAY


@pytest.mark.parametrize("caller", [OWNER, STRANGER, CLIENT])
def test_validation_response__when_by_another_than_the_validator__reverts(
    registries: Registries, agent_id: int, caller: str
) -> None:
    with reverts("NotRequestedValidator", SOME_HASH, caller):
        answer(registries, validator=caller)


def test_validation_response__given_the_validator_of_another_request__reverts(
    registries: Registries, agent_id: int
) -> None:
    request(registries, agent_id, hash_of(1), validator=CLIENT)

    with reverts("NotRequestedValidator", SOME_HASH, CLIENT):
        answer(registries, validator=CLIENT)


@pytest.mark.parametrize("request_hash", [NO_HASH, hash_of(1)])
def test_validation_response__given_no_request__reverts(
    registries: Registries, agent_id: int, request_hash: bytes
) -> None:
    with reverts("RequestNotFound", request_hash):
        answer(registries, request_hash)


def test_validation_response__given_the_validator_bought_the_agent__reverts(
    registries: Registries, agent_id: int
) -> None:
    registries.identity.transferFrom(OWNER, VALIDATOR, agent_id, sender=OWNER)

    with reverts("SelfValidation", agent_id, VALIDATOR):
        answer(registries)


def test_validation_response__given_the_validator_became_operator__reverts(
    registries: Registries, agent_id: int
) -> None:
    registries.identity.setApprovalForAll(VALIDATOR, True, sender=OWNER)

    with reverts("SelfValidation", agent_id, VALIDATOR):
        answer(registries)


def test_validation_response__given_the_validator_became_the_approved_address__reverts(
    registries: Registries, agent_id: int
) -> None:
    registries.identity.approve(VALIDATOR, agent_id, sender=OWNER)

    with reverts("SelfValidation", agent_id, VALIDATOR):
        answer(registries)


def test_validation_response__given_the_validator_became_the_wallet__reverts(
    registries: Registries, agent_id: int
) -> None:
    request(registries, agent_id, hash_of(1), validator=WALLET)
    registries.set_wallet(agent_id, WALLET)

    with reverts("SelfValidation", agent_id, WALLET):
        answer(registries, hash_of(1), validator=WALLET)


def test_validation_response__given_the_validator_opts_out_of_being_operator__is_accepted(
    registries: Registries, agent_id: int
) -> None:
    """An owner cannot silence a validator by approving it."""
    registries.identity.setApprovalForAll(VALIDATOR, True, sender=OWNER)
    registries.identity.setOperatorOptOut(True, sender=VALIDATOR)

    answer(registries, response=3)

    assert registries.validation.getSummary(agent_id, [], "") == (1, 3)


def test_validation_response__given_the_agent_was_sold__is_accepted(registries: Registries, agent_id: int) -> None:
    registries.identity.transferFrom(OWNER, BUYER, agent_id, sender=OWNER)

    answer(registries)

    assert registries.validation.isPending(SOME_HASH) is False


# LIMITS AND PAUSE


@pytest.mark.parametrize("response", [0, 1, 99, 100])
def test_validation_response__when_response_is_within_its_limit__stores_it(
    registries: Registries, agent_id: int, response: int
) -> None:
    answer(registries, response=response)

    assert registries.validation.getValidationStatus(SOME_HASH)[2] == response
    assert registries.validation.getSummary(agent_id, [], "") == (1, response)


@pytest.mark.parametrize("response", [101, 255])
def test_validation_response__when_response_is_over_its_limit__reverts(
    registries: Registries, agent_id: int, response: int
) -> None:
    with reverts("ResponseOutOfRange", response, 100):
        answer(registries, response=response)


@pytest.mark.parametrize("size", [URI_LIMIT - 1, URI_LIMIT])
def test_validation_response__when_uri_is_within_its_limit__is_accepted(
    registries: Registries, agent_id: int, size: int
) -> None:
    answer(registries, uri="x" * size)

    assert registries.validation.isPending(SOME_HASH) is False


def test_validation_response__when_uri_is_over_its_limit__reverts(registries: Registries, agent_id: int) -> None:
    with reverts("SizeLimitExceeded", field("responseURI"), URI_LIMIT + 1, URI_LIMIT):
        answer(registries, uri="x" * (URI_LIMIT + 1))


@pytest.mark.parametrize("size", [1, TAG_LIMIT - 1, TAG_LIMIT])
def test_validation_response__when_tag_is_within_its_limit__stores_it(
    registries: Registries, agent_id: int, size: int
) -> None:
    answer(registries, tag="x" * size)

    assert registries.validation.getValidationStatus(SOME_HASH)[4] == "x" * size


def test_validation_response__when_tag_is_over_its_limit__reverts_without_a_trace(
    registries: Registries, agent_id: int
) -> None:
    with reverts("SizeLimitExceeded", field("tag"), TAG_LIMIT + 1, TAG_LIMIT):
        answer(registries, tag="x" * (TAG_LIMIT + 1))

    assert registries.validation.isPending(SOME_HASH) is True
    assert registries.validation.getSummary(agent_id, [], "") == (0, 0)


def test_validation_response__given_paused__reverts(registries: Registries, agent_id: int) -> None:
    pause(registries.validation)

    with reverts("EnforcedPause"):
        answer(registries)


def test_validation_response__given_only_the_identity_registry_paused__is_accepted(
    registries: Registries, agent_id: int
) -> None:
    pause(registries.identity)

    answer(registries)

    assert registries.validation.isPending(SOME_HASH) is False


def test_limits__given_fresh_registry__are_public(registries: Registries) -> None:
    assert registries.validation.MAX_RESPONSE() == 100
    assert registries.validation.MAX_URI_SIZE() == URI_LIMIT
    assert registries.validation.MAX_TAG_SIZE() == TAG_LIMIT


def test_validation_response__given_many_validators__each_answers_its_own(registries: Registries) -> None:
    agent_id = registries.register()
    validators = [Actor.of(f"validator {number}") for number in range(5)]
    for number, validator in enumerate(validators):
        request(registries, agent_id, hash_of(number), validator=validator)

    for number, validator in enumerate(validators):
        answer(registries, hash_of(number), number * 10, validator=validator)

    statuses = [registries.validation.getValidationStatus(hash_of(number)) for number in range(5)]
    assert [(status[0], status[2]) for status in statuses] == [(v, n * 10) for n, v in enumerate(validators)]

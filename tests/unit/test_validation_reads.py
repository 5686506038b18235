"""getValidationStatus, isPending, and the lists of requests with their pages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.deployment import CLIENT, PAGE_LIMIT, STRANGER, VALIDATOR, Registries
from tests.evm import ZERO_ADDRESS, reverts
from tests.unit.calls import NO_HASH, SOME_HASH, answer, hash_of, pause, request

KEYS = tuple(hash_of(number) for number in range(1, 6))


@pytest.fixture
def agent_id(registries: Registries) -> int:
    """An agent with a request to the validator for each of `KEYS`."""
    agent_id = registries.register()
    for key in KEYS:
        request(registries, agent_id, key)
    return agent_id


@pytest.mark.parametrize("request_hash", [NO_HASH, SOME_HASH])
@pytest.mark.parametrize("function", ["getValidationStatus", "isPending"])
def test_status__given_no_request__reverts(
    registries: Registries, agent_id: int, function: str, request_hash: bytes
) -> None:
    with reverts("RequestNotFound", request_hash):
        getattr(registries.validation, function)(request_hash)


def test_is_pending__given_some_answers__is_true_for_the_others(registries: Registries, agent_id: int) -> None:
    answer(registries, KEYS[1], 0)
    answer(registries, KEYS[3], 100)

    assert [registries.validation.isPending(key) for key in KEYS] == [True, False, True, False, True]


def test_lists__given_two_agents_and_validators__keep_them_apart(registries: Registries, agent_id: int) -> None:
    other_agent = registries.register()
    request(registries, other_agent, hash_of(10))
    request(registries, agent_id, hash_of(11), validator=CLIENT)

    assert registries.validation.getAgentValidations(agent_id) == (*KEYS, hash_of(11))
    assert registries.validation.getAgentValidations(other_agent) == (hash_of(10),)
    assert registries.validation.getValidatorRequests(VALIDATOR) == (*KEYS, hash_of(10))
    assert registries.validation.getValidatorRequests(CLIENT) == (hash_of(11),)


def test_lists__given_nothing__are_empty(registries: Registries, agent_id: int) -> None:
    assert registries.validation.getAgentValidations(agent_id + 1) == ()
    assert registries.validation.getValidatorRequests(STRANGER) == ()
    assert registries.validation.getValidatorRequests(ZERO_ADDRESS) == ()


def test_reads__given_paused__answer(registries: Registries, agent_id: int) -> None:
    pause(registries.validation)

    assert registries.validation.getAgentValidations(agent_id) == KEYS
    assert registries.validation.isPending(KEYS[0]) is True
    assert registries.validation.getValidationStatus(KEYS[0])[1] == agent_id


# PAGES


def _page(registries: Registries, function: str, agent_id: int, cursor: int, limit: int) -> Any:
    subject: int | str = agent_id if function == "getAgentValidationsPage" else VALIDATOR
    return getattr(registries.validation, function)(subject, cursor, limit)


PAGED = pytest.mark.parametrize("function", ["getAgentValidationsPage", "getValidatorRequestsPage"])


@PAGED
@pytest.mark.parametrize(("limit", "pages"), [(1, 5), (2, 3), (4, 2), (5, 1), (PAGE_LIMIT, 1)])
def test_pages__when_read_to_the_end__equal_the_unpaged_read(
    registries: Registries, agent_id: int, function: str, limit: int, pages: int
) -> None:
    keys: tuple[bytes, ...] = ()
    cursor = read = 0
    while read == 0 or cursor != 0:
        page, cursor = _page(registries, function, agent_id, cursor, limit)
        keys, read = keys + page, read + 1

    assert keys == KEYS
    assert read == pages


@PAGED
@pytest.mark.parametrize("cursor", [5, 6, 2**256 - 1])
def test_pages__when_cursor_is_at_or_beyond_the_end__are_empty(
    registries: Registries, agent_id: int, function: str, cursor: int
) -> None:
    assert _page(registries, function, agent_id, cursor, 1) == ((), 0)


@PAGED
@pytest.mark.parametrize("limit", [0, PAGE_LIMIT + 1, 2**256 - 1])
def test_pages__when_limit_is_out_of_range__revert(
    registries: Registries, agent_id: int, function: str, limit: int
) -> None:
    with reverts("PageLimitOutOfRange", limit, PAGE_LIMIT):
        _page(registries, function, agent_id, 0, limit)


@PAGED
def test_pages__given_more_than_a_page__stop_at_the_largest_limit(registries: Registries, function: str) -> None:
    agent_id = registries.register()
    keys = tuple(hash_of(number) for number in range(PAGE_LIMIT + 1))
    for key in keys:
        request(registries, agent_id, key)

    assert _page(registries, function, agent_id, 0, PAGE_LIMIT) == (keys[:-1], PAGE_LIMIT)
    assert _page(registries, function, agent_id, PAGE_LIMIT, PAGE_LIMIT) == (keys[-1:], 0)

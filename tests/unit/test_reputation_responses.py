"""appendResponse and the counts of responses: each wildcard, duplicates, pages, saturation."""

from __future__ import annotations

import itertools

import pytest

from tests.deployment import CLIENT, OTHER_CLIENT, OWNER, PAGE_LIMIT, STRANGER, VALIDATOR, Registries
from tests.evm import ZERO_ADDRESS, field, reverts
from tests.layout import Place, place_of, write
from tests.unit.calls import SOME_HASH, URI_LIMIT, feedback_row, give, pause, respond, revoke

MAX_RESPONSES = 2**24 - 1


@pytest.fixture
def agent_id(registries: Registries) -> int:
    """An agent with two feedbacks of one client and one of another."""
    agent_id = registries.register()
    for client in (CLIENT, CLIENT, OTHER_CLIENT):
        give(registries, agent_id, client=client)
    return agent_id


# RESPONDING


def test_append_response__given_feedback__emits_and_counts(registries: Registries, agent_id: int) -> None:
    receipt = respond(registries, agent_id, 2, uri="ipfs://answer", response_hash=SOME_HASH)

    expected = registries.reputation.log("ResponseAppended", agent_id, CLIENT, 2, STRANGER, "ipfs://answer", SOME_HASH)
    assert receipt.logs == (expected,)
    assert [feedback_row(registries, agent_id, index).response_count for index in (1, 2)] == [0, 1]


@pytest.mark.parametrize("responder", [OWNER, CLIENT, STRANGER])
def test_append_response__when_by_anyone__is_accepted(registries: Registries, agent_id: int, responder: str) -> None:
    respond(registries, agent_id, responder=responder)

    assert registries.reputation.getResponseCount(agent_id, CLIENT, 1, [responder]) == 1


def test_append_response__given_revoked_feedback__counts_and_leaves_it_revoked(
    registries: Registries, agent_id: int
) -> None:
    revoke(registries, agent_id)

    respond(registries, agent_id)

    row = feedback_row(registries, agent_id)
    assert (row.is_revoked, row.response_count, row.value) == (True, 1, 87)
    assert registries.reputation.getResponseCount(agent_id, CLIENT, 1, []) == 1


def test_append_response__given_a_later_block__leaves_time_and_tags(registries: Registries) -> None:
    agent_id = registries.register()
    give(registries, agent_id, value=-1, decimals=18, tag1="a", tag2="b")
    before = feedback_row(registries, agent_id)
    registries.evm.warp(60)

    respond(registries, agent_id)

    assert feedback_row(registries, agent_id) == before._replace(response_count=1)


@pytest.mark.parametrize("index", [0, 3, 2**64 - 1])
def test_append_response__when_index_is_out_of_range__reverts(
    registries: Registries, agent_id: int, index: int
) -> None:
    with reverts("FeedbackNotFound", agent_id, CLIENT, index):
        respond(registries, agent_id, index)


@pytest.mark.parametrize("client", [STRANGER, ZERO_ADDRESS])
def test_append_response__given_unknown_client__reverts(registries: Registries, agent_id: int, client: str) -> None:
    with reverts("FeedbackNotFound", agent_id, client, 1):
        respond(registries, agent_id, client=client)


def test_append_response__given_unknown_agent__reverts(registries: Registries, agent_id: int) -> None:
    with reverts("FeedbackNotFound", agent_id + 1, CLIENT, 1):
        respond(registries, agent_id + 1)


def test_append_response__when_uri_is_empty__reverts(registries: Registries, agent_id: int) -> None:
    with reverts("EmptyResponseURI"):
        respond(registries, agent_id, uri="")


@pytest.mark.parametrize("size", [1, URI_LIMIT - 1, URI_LIMIT])
def test_append_response__when_uri_is_within_its_limit__is_accepted(
    registries: Registries, agent_id: int, size: int
) -> None:
    respond(registries, agent_id, uri="x" * size)

    assert feedback_row(registries, agent_id).response_count == 1


def test_append_response__when_uri_is_over_its_limit__reverts(registries: Registries, agent_id: int) -> None:
    with reverts("SizeLimitExceeded", field("responseURI"), URI_LIMIT + 1, URI_LIMIT):
        respond(registries, agent_id, uri="x" * (URI_LIMIT + 1))


def test_append_response__given_paused__reverts(registries: Registries, agent_id: int) -> None:
    pause(registries.reputation)

    with reverts("EnforcedPause"):
        respond(registries, agent_id)


# COUNTING

RESPONSES = [
    (CLIENT, 1, OWNER),
    (CLIENT, 1, OWNER),
    (CLIENT, 1, STRANGER),
    (CLIENT, 2, STRANGER),
    (OTHER_CLIENT, 1, OWNER),
    (OTHER_CLIENT, 1, VALIDATOR),
]


@pytest.fixture
def answered_agent(registries: Registries, agent_id: int) -> int:
    for client, index, responder in RESPONSES:
        respond(registries, agent_id, index, client=client, responder=responder)
    return agent_id


def _expected_count(client: str, index: int, responders: tuple[str, ...]) -> int:
    any_client = client == ZERO_ADDRESS
    return sum(
        (any_client or c == client) and (any_client or index in {0, i}) and (not responders or r in responders)
        for c, i, r in RESPONSES
    )


@pytest.mark.parametrize("client", [ZERO_ADDRESS, CLIENT, OTHER_CLIENT, STRANGER])
@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_get_response_count__when_filtered__equals_a_plain_count(
    registries: Registries, answered_agent: int, client: str, index: int
) -> None:
    people = [OWNER, STRANGER, VALIDATOR, CLIENT]
    for size in range(3):
        for responders in itertools.combinations(people, size):
            counted = registries.reputation.getResponseCount(answered_agent, client, index, responders)
            assert counted == _expected_count(client, index, responders), responders


@pytest.mark.parametrize(("client", "index", "expected"), [(ZERO_ADDRESS, 0, 3), (CLIENT, 0, 2), (CLIENT, 1, 2)])
def test_get_response_count__when_a_responder_is_listed_again__counts_it_once(
    registries: Registries, answered_agent: int, client: str, index: int, expected: int
) -> None:
    count = registries.reputation.getResponseCount

    assert count(answered_agent, client, index, [OWNER, ZERO_ADDRESS, OWNER, OWNER]) == expected


@pytest.mark.parametrize(("client", "index"), [(ZERO_ADDRESS, 0), (CLIENT, 0), (CLIENT, 1)])
def test_get_response_count__when_only_zero_is_listed__is_zero(
    registries: Registries, answered_agent: int, client: str, index: int
) -> None:
    """A list of nobody is not an empty list: zero has never responded."""
    assert registries.reputation.getResponseCount(answered_agent, client, index, [ZERO_ADDRESS]) == 0


def test_get_response_count__given_unknown_agent__is_zero(registries: Registries, answered_agent: int) -> None:
    count = registries.reputation.getResponseCount
    unknown = answered_agent + 1

    assert count(unknown, ZERO_ADDRESS, 0, []) == 0
    assert count(unknown, ZERO_ADDRESS, 0, [OWNER]) == 0
    assert count(unknown, CLIENT, 1, []) == 0


def test_get_response_count__given_responses_to_another_agent__leaves_them_out(
    registries: Registries, answered_agent: int
) -> None:
    other_agent = registries.register()
    give(registries, other_agent)
    respond(registries, other_agent)

    assert registries.reputation.getResponseCount(answered_agent, ZERO_ADDRESS, 0, []) == len(RESPONSES)
    assert registries.reputation.getResponseCount(other_agent, ZERO_ADDRESS, 0, []) == 1


# LARGE COUNTS


def test_get_response_count__given_counts_over_32_bits__adds_them(registries: Registries, agent_id: int) -> None:
    for index in (1, 2):
        place = place_of("ReputationRegistry", "_agents", agent_id, "ledgers", CLIENT, "responses", index, STRANGER)
        write(registries.reputation, place, 2**40 + index)

    reputation = registries.reputation
    assert reputation.getResponseCount(agent_id, CLIENT, 2, [STRANGER]) == 2**40 + 2
    assert reputation.getResponseCount(agent_id, CLIENT, 0, [STRANGER]) == 2**41 + 3
    assert reputation.getResponseCount(agent_id, ZERO_ADDRESS, 0, [STRANGER]) == 2**41 + 3
    assert reputation.getResponseCountPage(agent_id, CLIENT, [STRANGER], 0, PAGE_LIMIT) == (2**41 + 3, 0)


# SATURATION


def _set_response_count(registries: Registries, agent_id: int, count: int) -> None:
    entry = place_of("ReputationRegistry", "_agents", agent_id, "ledgers", CLIENT, "entries", 1)
    write(registries.reputation, Place(entry.slot, offset=168, size=24), count)


def test_append_response__given_one_below_the_largest_count__reaches_it(registries: Registries, agent_id: int) -> None:
    before = feedback_row(registries, agent_id)
    _set_response_count(registries, agent_id, MAX_RESPONSES - 1)

    respond(registries, agent_id)

    assert feedback_row(registries, agent_id) == before._replace(response_count=MAX_RESPONSES)


def test_append_response__given_the_largest_count__stays_there_and_still_emits(
    registries: Registries, agent_id: int
) -> None:
    before = feedback_row(registries, agent_id)
    _set_response_count(registries, agent_id, MAX_RESPONSES)

    receipt = respond(registries, agent_id, uri="ipfs://late")

    expected = registries.reputation.log("ResponseAppended", agent_id, CLIENT, 1, STRANGER, "ipfs://late", bytes(32))
    assert receipt.logs == (expected,)
    assert feedback_row(registries, agent_id) == before._replace(response_count=MAX_RESPONSES)
    # Only the feedback's own counter is short of bits.
    assert registries.reputation.getResponseCount(agent_id, CLIENT, 1, [STRANGER]) == 1
    assert registries.reputation.getResponseCount(agent_id, ZERO_ADDRESS, 0, []) == 1


# PAGES


def _sum_of_pages(
    registries: Registries, agent_id: int, client: str, responders: tuple[str, ...], limit: int
) -> tuple[int, int]:
    """The total, and how many pages there were."""
    total = cursor = pages = 0
    while pages == 0 or cursor != 0:
        count, cursor = registries.reputation.getResponseCountPage(agent_id, client, responders, cursor, limit)
        total, pages = total + count, pages + 1
    return total, pages


@pytest.mark.parametrize("responders", [(), (OWNER,), (OWNER, STRANGER, OWNER), (CLIENT,)])
@pytest.mark.parametrize(("limit", "pages"), [(1, 3), (2, 2), (3, 1), (PAGE_LIMIT, 1)])
def test_get_response_count_page__when_read_to_the_end__parts_add_up(
    registries: Registries, answered_agent: int, responders: tuple[str, ...], limit: int, pages: int
) -> None:
    give(registries, answered_agent)
    respond(registries, answered_agent, 3, responder=OWNER)

    whole = registries.reputation.getResponseCount(answered_agent, CLIENT, 0, responders)
    assert _sum_of_pages(registries, answered_agent, CLIENT, responders, limit) == (whole, pages)


def test_get_response_count_page__when_in_the_middle__counts_that_part(
    registries: Registries, answered_agent: int
) -> None:
    page = registries.reputation.getResponseCountPage

    assert page(answered_agent, CLIENT, [], 0, 1) == (3, 1)
    assert page(answered_agent, CLIENT, [], 1, 1) == (1, 0)
    assert page(answered_agent, CLIENT, [OWNER], 0, 1) == (2, 1)
    assert page(answered_agent, CLIENT, [], 2, 1) == (0, 0)


def test_get_response_count_page__when_only_zero_is_listed__is_zero(
    registries: Registries, answered_agent: int
) -> None:
    assert registries.reputation.getResponseCountPage(answered_agent, CLIENT, [ZERO_ADDRESS], 0, 10) == (0, 0)


@pytest.mark.parametrize("limit", [0, PAGE_LIMIT + 1])
def test_get_response_count_page__when_limit_is_out_of_range__reverts(
    registries: Registries, answered_agent: int, limit: int
) -> None:
    with reverts("PageLimitOutOfRange", limit, PAGE_LIMIT):
        registries.reputation.getResponseCountPage(answered_agent, CLIENT, [], 0, limit)

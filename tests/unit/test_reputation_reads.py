"""readFeedback, getFeedback, readAllFeedback, clients, and their pages."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.deployment import CLIENT, OTHER_CLIENT, PAGE_LIMIT, STRANGER, Registries
from tests.evm import START_TIME, ZERO_ADDRESS, Actor, reverts
from tests.unit.calls import FeedbackRow, feedback_row, give, pause, respond, revoke


class ListedFeedback(NamedTuple):
    """One row of `readAllFeedback`."""

    client: str
    feedback_index: int
    value: int
    value_decimals: int
    tag1: str
    tag2: str
    is_revoked: bool


# In the order in which it is given: the clients take turns.
GIVEN = [
    ListedFeedback(CLIENT, 1, 10, 0, "starred", "", False),
    ListedFeedback(OTHER_CLIENT, 1, -30, 1, "starred", "day", False),
    ListedFeedback(CLIENT, 2, 25, 1, "starred", "day", True),
    ListedFeedback(CLIENT, 3, 9977, 2, "uptime", "day", False),
    ListedFeedback(OTHER_CLIENT, 2, 4, 18, "", "", True),
    ListedFeedback(OTHER_CLIENT, 3, 7, 0, "day", "starred", False),
]


@pytest.fixture
def agent_id(registries: Registries) -> int:
    """An agent with all feedback of `GIVEN`."""
    agent_id = registries.register()
    for row in GIVEN:
        give(
            registries,
            agent_id,
            client=row.client,
            value=row.value,
            decimals=row.value_decimals,
            tag1=row.tag1,
            tag2=row.tag2,
        )
    for row in GIVEN:
        if row.is_revoked:
            revoke(registries, agent_id, row.feedback_index, client=row.client)
    return agent_id


# ONE FEEDBACK


@pytest.mark.parametrize("row", GIVEN)
def test_read_feedback__given_feedback__gives_it(registries: Registries, agent_id: int, row: ListedFeedback) -> None:
    read = registries.reputation.readFeedback(agent_id, row.client, row.feedback_index)

    assert read == (row.value, row.value_decimals, row.tag1, row.tag2, row.is_revoked)


@pytest.mark.parametrize("function", ["readFeedback", "getFeedback"])
@pytest.mark.parametrize(
    ("client", "index"), [(CLIENT, 0), (CLIENT, 4), (CLIENT, 2**64 - 1), (STRANGER, 1), (ZERO_ADDRESS, 1)]
)
def test_read_feedback__given_none__reverts(
    registries: Registries, agent_id: int, function: str, client: str, index: int
) -> None:
    with reverts("FeedbackNotFound", agent_id, client, index):
        getattr(registries.reputation, function)(agent_id, client, index)


@pytest.mark.parametrize("function", ["readFeedback", "getFeedback"])
def test_read_feedback__given_unknown_agent__reverts(registries: Registries, agent_id: int, function: str) -> None:
    with reverts("FeedbackNotFound", agent_id + 1, CLIENT, 1):
        getattr(registries.reputation, function)(agent_id + 1, CLIENT, 1)


@pytest.mark.parametrize("row", GIVEN)
def test_get_feedback__given_feedback__gives_it_with_time_and_responses(
    registries: Registries, agent_id: int, row: ListedFeedback
) -> None:
    registries.evm.warp(60)
    for _ in range(row.feedback_index):
        respond(registries, agent_id, row.feedback_index, client=row.client)

    assert feedback_row(registries, agent_id, row.feedback_index, client=row.client) == FeedbackRow(
        row.feedback_index,
        row.value,
        row.value_decimals,
        row.is_revoked,
        START_TIME,
        row.feedback_index,
        row.tag1,
        row.tag2,
    )


# ALL FEEDBACK


def _read_all(
    registries: Registries,
    agent_id: int,
    clients: list[str],
    tag1: str = "",
    tag2: str = "",
    *,
    include_revoked: bool = True,
) -> list[ListedFeedback]:
    columns = registries.reputation.readAllFeedback(agent_id, clients, tag1, tag2, include_revoked)
    return [ListedFeedback(*row) for row in zip(*columns, strict=True)]


def _expected(clients: list[str], tag1: str, tag2: str, *, include_revoked: bool) -> list[ListedFeedback]:
    return [
        row
        for client in clients or [CLIENT, OTHER_CLIENT]
        for row in GIVEN
        if row.client == client
        and tag1 in {"", row.tag1}
        and tag2 in {"", row.tag2}
        and (include_revoked or not row.is_revoked)
    ]


@pytest.mark.parametrize("include_revoked", [True, False])
@pytest.mark.parametrize("tag1", ["", "starred", "uptime", "day", "never used"])
@pytest.mark.parametrize("tag2", ["", "starred", "day", "never used"])
@pytest.mark.parametrize(
    "clients", [[], [CLIENT], [OTHER_CLIENT, CLIENT], [STRANGER], [STRANGER, OTHER_CLIENT]], ids=len
)
def test_read_all_feedback__when_filtered__equals_a_plain_filter(
    registries: Registries, agent_id: int, *, clients: list[str], tag1: str, tag2: str, include_revoked: bool
) -> None:
    rows = _read_all(registries, agent_id, clients, tag1, tag2, include_revoked=include_revoked)

    assert rows == _expected(clients, tag1, tag2, include_revoked=include_revoked)


def test_read_all_feedback__when_no_client_is_listed__is_in_the_order_of_first_feedback(
    registries: Registries, agent_id: int
) -> None:
    rows = _read_all(registries, agent_id, [])

    assert [(row.client, row.feedback_index) for row in rows] == [
        *((CLIENT, index) for index in (1, 2, 3)),
        *((OTHER_CLIENT, index) for index in (1, 2, 3)),
    ]


def test_read_all_feedback__when_clients_are_listed_again__each_appears_once_at_its_first_place(
    registries: Registries, agent_id: int
) -> None:
    listed = [ZERO_ADDRESS, OTHER_CLIENT, CLIENT, OTHER_CLIENT, OTHER_CLIENT, CLIENT, ZERO_ADDRESS]

    assert _read_all(registries, agent_id, listed) == _read_all(registries, agent_id, [OTHER_CLIENT, CLIENT])


def test_read_all_feedback__when_only_zero_is_listed__finds_nothing(registries: Registries, agent_id: int) -> None:
    """A list of nobody is not an empty list."""
    assert _read_all(registries, agent_id, [ZERO_ADDRESS]) == []


@pytest.mark.parametrize("clients", [[], [CLIENT]])
def test_read_all_feedback__given_unknown_agent__finds_nothing(
    registries: Registries, agent_id: int, clients: list[str]
) -> None:
    assert _read_all(registries, agent_id + 1, clients) == []


# CLIENTS AND COUNTS


def test_get_clients__given_several__gives_each_once_in_order(registries: Registries, agent_id: int) -> None:
    give(registries, agent_id, client=STRANGER)

    assert registries.reputation.getClients(agent_id) == (CLIENT, OTHER_CLIENT, STRANGER)
    assert registries.reputation.getClientCount(agent_id) == 3


def test_get_clients__given_unknown_agent__finds_none(registries: Registries, agent_id: int) -> None:
    assert registries.reputation.getClients(agent_id + 1) == ()
    assert registries.reputation.getClientCount(agent_id + 1) == 0


def test_get_last_index__given_revocations__counts_them_too(registries: Registries, agent_id: int) -> None:
    assert registries.reputation.getLastIndex(agent_id, CLIENT) == 3
    assert registries.reputation.getLastIndex(agent_id, STRANGER) == 0
    assert registries.reputation.getLastIndex(agent_id + 1, CLIENT) == 0


def test_reads__given_paused__answer(registries: Registries, agent_id: int) -> None:
    pause(registries.reputation)
    pause(registries.identity)

    assert len(_read_all(registries, agent_id, [])) == len(GIVEN)
    assert registries.reputation.getClientsPage(agent_id, 0, 10) == ((CLIENT, OTHER_CLIENT), 0)
    assert feedback_row(registries, agent_id).value == 10


# PAGES


@pytest.mark.parametrize(("limit", "pages"), [(1, 3), (2, 2), (3, 1), (PAGE_LIMIT, 1)])
def test_get_feedback_page__when_read_to_the_end__equals_the_single_reads(
    registries: Registries, agent_id: int, limit: int, pages: int
) -> None:
    rows: list[FeedbackRow] = []
    cursor = read = 0
    while read == 0 or cursor != 0:
        page, cursor = registries.reputation.getFeedbackPage(agent_id, CLIENT, cursor, limit)
        rows, read = [*rows, *(FeedbackRow(*row) for row in page)], read + 1

    assert rows == [feedback_row(registries, agent_id, index) for index in (1, 2, 3)]
    assert read == pages


@pytest.mark.parametrize(("limit", "pages"), [(1, 5), (2, 3), (5, 1), (PAGE_LIMIT, 1)])
def test_get_clients_page__when_read_to_the_end__equals_the_unpaged_read(
    registries: Registries, agent_id: int, limit: int, pages: int
) -> None:
    for number in range(3):
        give(registries, agent_id, client=Actor.of(f"client {number}"))

    clients: list[str] = []
    cursor = read = 0
    while read == 0 or cursor != 0:
        page, cursor = registries.reputation.getClientsPage(agent_id, cursor, limit)
        clients, read = [*clients, *page], read + 1

    assert tuple(clients) == registries.reputation.getClients(agent_id)
    assert read == pages


@pytest.mark.parametrize("cursor", [3, 4, 2**256 - 1])
def test_pages__when_cursor_is_at_or_beyond_the_end__are_empty(
    registries: Registries, agent_id: int, cursor: int
) -> None:
    assert registries.reputation.getFeedbackPage(agent_id, CLIENT, cursor, 1) == ((), 0)
    assert registries.reputation.getClientsPage(agent_id, cursor, 1) == ((), 0)


def test_pages__given_unknown_agent__are_empty(registries: Registries, agent_id: int) -> None:
    assert registries.reputation.getFeedbackPage(agent_id + 1, CLIENT, 0, 1) == ((), 0)
    assert registries.reputation.getClientsPage(agent_id + 1, 0, 1) == ((), 0)


@pytest.mark.parametrize("limit", [0, PAGE_LIMIT + 1, 2**256 - 1])
def test_pages__when_limit_is_out_of_range__revert(registries: Registries, agent_id: int, limit: int) -> None:
    with reverts("PageLimitOutOfRange", limit, PAGE_LIMIT):
        registries.reputation.getFeedbackPage(agent_id, CLIENT, 0, limit)
    with reverts("PageLimitOutOfRange", limit, PAGE_LIMIT):
        registries.reputation.getClientsPage(agent_id, 0, limit)


def test_get_feedback_page__given_more_than_a_page__stops_at_the_largest_limit(
    registries: Registries,
) -> None:
    agent_id = registries.register()
    for value in range(PAGE_LIMIT + 1):
        give(registries, agent_id, value=value)

    page, cursor = registries.reputation.getFeedbackPage(agent_id, CLIENT, 0, PAGE_LIMIT)
    assert [row[1] for row in page] == list(range(PAGE_LIMIT))
    assert cursor == PAGE_LIMIT
    last, end = registries.reputation.getFeedbackPage(agent_id, CLIENT, cursor, PAGE_LIMIT)
    assert ([row[1] for row in last], end) == ([PAGE_LIMIT], 0)
    assert registries.reputation.MAX_PAGE_SIZE() == PAGE_LIMIT

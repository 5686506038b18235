"""getSummary and getSummaryPage: the exact average of what is live, whatever the decimals, tags and revocations."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from tests.deployment import CLIENT, OTHER_CLIENT, PAGE_LIMIT, STRANGER, Registries
from tests.evm import ZERO_ADDRESS, reverts
from tests.unit.calls import give, pause, revoke, summary

VALUE_LIMIT = 10**38


@pytest.fixture
def agent_id(registries: Registries) -> int:
    return registries.register()


def _number(value: int, decimals: int) -> Fraction:
    return Fraction(value, 10**decimals)


# WITHOUT TAGS


def test_get_summary__when_no_client_is_listed__reverts(registries: Registries, agent_id: int) -> None:
    with reverts("EmptyClientList"):
        summary(registries, agent_id, [])


@pytest.mark.parametrize("clients", [[CLIENT], [ZERO_ADDRESS], [CLIENT, STRANGER]])
def test_get_summary__given_no_feedback__gives_zeros(registries: Registries, agent_id: int, clients: list[str]) -> None:
    assert summary(registries, agent_id, clients) == (0, 0, 0)
    assert summary(registries, agent_id, clients, tag1="never used") == (0, 0, 0)


def test_get_summary__given_unknown_agent__gives_zeros(registries: Registries, agent_id: int) -> None:
    give(registries, agent_id)

    assert summary(registries, agent_id + 1) == (0, 0, 0)


def test_get_summary__given_one_feedback__gives_it_back(registries: Registries, agent_id: int) -> None:
    give(registries, agent_id, value=-9977, decimals=2)

    assert summary(registries, agent_id) == (1, -9977, 2)


def test_get_summary__given_mixed_decimals__uses_the_highest(registries: Registries, agent_id: int) -> None:
    for value, decimals in [(95, 2), (1, 0), (1, 0)]:
        give(registries, agent_id, value=value, decimals=decimals)

    assert summary(registries, agent_id) == (3, 98, 2)


@pytest.mark.parametrize(("values", "average"), [((1, 1, 0), 0), ((-1, -1, 0), 0), ((-5, 0), -2), ((5, 0), 2)])
def test_get_summary__given_a_remainder__truncates_toward_zero(
    registries: Registries, agent_id: int, values: tuple[int, ...], average: int
) -> None:
    for value in values:
        give(registries, agent_id, value=value)

    assert summary(registries, agent_id) == (len(values), average, 0)


def test_get_summary__given_several_clients__weighs_each_feedback_alike(registries: Registries, agent_id: int) -> None:
    for value in (10, 20, 30):
        give(registries, agent_id, value=value)
    give(registries, agent_id, client=OTHER_CLIENT, value=100)

    assert summary(registries, agent_id, [CLIENT, OTHER_CLIENT]) == (4, 40, 0)
    assert summary(registries, agent_id, [OTHER_CLIENT]) == (1, 100, 0)


@pytest.mark.parametrize("tag1", ["", "starred"])
def test_get_summary__when_a_client_is_listed_again__counts_it_once(
    registries: Registries, agent_id: int, tag1: str
) -> None:
    give(registries, agent_id, value=0, tag1=tag1)
    give(registries, agent_id, client=OTHER_CLIENT, value=100, tag1=tag1)

    listed = [CLIENT, CLIENT, ZERO_ADDRESS, OTHER_CLIENT, CLIENT, ZERO_ADDRESS]
    assert summary(registries, agent_id, listed, tag1=tag1) == (2, 50, 0)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("tag1", ["", "mix"])
def test_get_summary__given_huge_and_tiny_values__lowers_decimals_until_it_fits(
    registries: Registries, agent_id: int, sign: int, tag1: str
) -> None:
    """int128 holds 1.7e38: the average of 1e38 and two tiny values is 3.3e37, which fits without decimals only."""
    give(registries, agent_id, value=sign * VALUE_LIMIT, tag1=tag1)
    for _ in range(2):
        give(registries, agent_id, value=sign, decimals=18, tag1=tag1)

    assert summary(registries, agent_id, tag1=tag1) == (3, sign * (VALUE_LIMIT // 3), 0)


def test_get_summary__given_a_value_that_needs_fewer_decimals__keeps_as_many_as_fit(
    registries: Registries, agent_id: int
) -> None:
    give(registries, agent_id, value=10**30)
    give(registries, agent_id, value=0, decimals=18)

    # 5e29 with 8 decimals is 5e37; with 9 it would be 5e38, over 1.7e38.
    assert summary(registries, agent_id) == (2, 5 * 10**37, 8)


@pytest.mark.parametrize("value", [VALUE_LIMIT, -VALUE_LIMIT])
@pytest.mark.parametrize("decimals", [0, 18])
def test_get_summary__given_only_extreme_values__gives_them_back(
    registries: Registries, agent_id: int, value: int, decimals: int
) -> None:
    for client in (CLIENT, OTHER_CLIENT, CLIENT):
        give(registries, agent_id, client=client, value=value, decimals=decimals)

    assert summary(registries, agent_id, [CLIENT, OTHER_CLIENT]) == (3, value, decimals)


def test_get_summary__given_paused__answers(registries: Registries, agent_id: int) -> None:
    give(registries, agent_id)
    pause(registries.reputation)

    assert summary(registries, agent_id) == (1, 87, 0)


# TAGS

TAGGED = [
    (CLIENT, 10, 0, "starred", ""),
    (CLIENT, 25, 1, "starred", "day"),
    (CLIENT, 9977, 2, "uptime", "day"),
    (OTHER_CLIENT, 30, 0, "starred", "week"),
    (OTHER_CLIENT, -4, 0, "", "day"),
    (OTHER_CLIENT, 7, 0, "day", "starred"),
]


@pytest.fixture
def tagged_agent(registries: Registries, agent_id: int) -> int:
    for client, value, decimals, tag1, tag2 in TAGGED:
        give(registries, agent_id, client=client, value=value, decimals=decimals, tag1=tag1, tag2=tag2)
    return agent_id


def _expected_summary(clients: list[str], tag1: str, tag2: str) -> tuple[int, int, int]:
    rows = [row for row in TAGGED if row[0] in clients and tag1 in {"", row[3]} and tag2 in {"", row[4]}]
    if not rows:
        return 0, 0, 0
    decimals = max(row[2] for row in rows)
    mean = sum((_number(row[1], row[2]) for row in rows), Fraction(0)) / len(rows)
    return len(rows), int(mean * 10**decimals), decimals


@pytest.mark.parametrize("tag1", ["", "starred", "uptime", "day", "week", "never used"])
@pytest.mark.parametrize("tag2", ["", "starred", "uptime", "day", "week", "never used"])
@pytest.mark.parametrize("clients", [[CLIENT], [OTHER_CLIENT], [OTHER_CLIENT, CLIENT]])
def test_get_summary__when_filtered_by_tags__equals_a_plain_average(
    registries: Registries, tagged_agent: int, tag1: str, tag2: str, clients: list[str]
) -> None:
    assert summary(registries, tagged_agent, clients, tag1, tag2) == _expected_summary(clients, tag1, tag2)


def test_get_summary__when_tag_is_longer_than_allowed__finds_nothing(registries: Registries, tagged_agent: int) -> None:
    assert summary(registries, tagged_agent, tag1="x" * 20_000) == (0, 0, 0)


# REVOCATION


@pytest.mark.parametrize("tag1", ["", "starred"])
def test_get_summary__given_revoked_feedback__leaves_it_out(registries: Registries, agent_id: int, tag1: str) -> None:
    for value in (10, 20, 60):
        give(registries, agent_id, value=value, tag1=tag1)

    revoke(registries, agent_id, 3)

    assert summary(registries, agent_id, tag1=tag1) == (2, 15, 0)


@pytest.mark.parametrize("tag1", ["", "starred"])
def test_get_summary__given_everything_revoked__gives_zeros(registries: Registries, agent_id: int, tag1: str) -> None:
    for _ in range(2):
        give(registries, agent_id, value=5, decimals=3, tag1=tag1)
    for index in (1, 2):
        revoke(registries, agent_id, index)

    assert summary(registries, agent_id, tag1=tag1) == (0, 0, 0)


def test_get_summary__given_the_highest_decimals_revoked__tagged_and_not_are_one_number(
    registries: Registries, agent_id: int
) -> None:
    """The running totals do not know which decimals are left: an upper bound, the tagged loop does."""
    give(registries, agent_id, value=15, decimals=1, tag1="starred")
    give(registries, agent_id, value=25, decimals=1, tag1="starred")
    give(registries, agent_id, value=123_456, decimals=6, tag1="starred")
    revoke(registries, agent_id, 3)

    tagged = summary(registries, agent_id, tag1="starred")
    untagged = summary(registries, agent_id)

    assert tagged == (2, 20, 1)
    assert untagged == (2, 2_000_000, 6)
    assert _number(*tagged[1:]) == _number(*untagged[1:])


def test_get_summary__given_a_client_without_live_feedback__ignores_its_old_decimals(
    registries: Registries, agent_id: int
) -> None:
    give(registries, agent_id, value=1, decimals=18)
    give(registries, agent_id, client=OTHER_CLIENT, value=50)
    revoke(registries, agent_id)

    assert summary(registries, agent_id, [CLIENT, OTHER_CLIENT]) == (1, 50, 0)


# PAGES


def _sum_of_pages(
    registries: Registries, agent_id: int, clients: Sequence[str], *, limit: int, tag1: str = "", tag2: str = ""
) -> tuple[int, int, int]:
    """The count, the sum with 18 decimals and the highest decimals of all pages of some clients."""
    total_count = total_sum = highest = 0
    for client in clients:
        cursor, more = 0, True
        while more:
            count, part, decimals, cursor = registries.reputation.getSummaryPage(
                agent_id, client, tag1, tag2, cursor, limit
            )
            total_count, total_sum, highest = total_count + count, total_sum + part, max(highest, decimals)
            more = cursor != 0
    return total_count, total_sum, highest


@pytest.mark.parametrize("limit", [1, 2, 3, PAGE_LIMIT])
@pytest.mark.parametrize(("tag1", "tag2"), [("", ""), ("starred", ""), ("", "day"), ("starred", "day"), ("no", "")])
def test_get_summary_page__when_read_to_the_end__parts_add_up_to_the_summary(
    registries: Registries, tagged_agent: int, limit: int, tag1: str, tag2: str
) -> None:
    revoke(registries, tagged_agent, 3)
    clients = [CLIENT, OTHER_CLIENT]

    count, total, decimals = _sum_of_pages(registries, tagged_agent, clients, limit=limit, tag1=tag1, tag2=tag2)
    whole_count, whole_value, whole_decimals = summary(registries, tagged_agent, clients, tag1, tag2)

    assert count == whole_count
    assert decimals <= whole_decimals
    average = int(Fraction(total, max(count, 1)) / 10 ** (18 - whole_decimals))
    assert average == whole_value


@pytest.mark.parametrize("limit", [1, 2, PAGE_LIMIT])
def test_get_summary_page__when_untagged__parts_add_up_to_the_totals(
    registries: Registries, tagged_agent: int, limit: int
) -> None:
    _, live_count, total, decimals = registries.reputation.getClientTotals(tagged_agent, CLIENT)

    assert _sum_of_pages(registries, tagged_agent, [CLIENT], limit=limit) == (live_count, total, decimals)


def test_get_summary_page__when_in_the_middle__includes_that_part(registries: Registries, tagged_agent: int) -> None:
    page = registries.reputation.getSummaryPage

    assert page(tagged_agent, CLIENT, "", "", 0, 2) == (2, 10 * 10**18 + 25 * 10**17, 1, 2)
    assert page(tagged_agent, CLIENT, "", "", 2, 2) == (1, 9977 * 10**16, 2, 0)
    assert page(tagged_agent, CLIENT, "starred", "", 1, 1) == (1, 25 * 10**17, 1, 2)
    assert page(tagged_agent, CLIENT, "never used", "", 0, 2) == (0, 0, 0, 2)
    assert page(tagged_agent, CLIENT, "", "", 3, 2) == (0, 0, 0, 0)
    assert page(tagged_agent, STRANGER, "", "", 0, 2) == (0, 0, 0, 0)


@pytest.mark.parametrize("limit", [0, PAGE_LIMIT + 1])
def test_get_summary_page__when_limit_is_out_of_range__reverts(
    registries: Registries, tagged_agent: int, limit: int
) -> None:
    with reverts("PageLimitOutOfRange", limit, PAGE_LIMIT):
        registries.reputation.getSummaryPage(tagged_agent, CLIENT, "", "", 0, limit)

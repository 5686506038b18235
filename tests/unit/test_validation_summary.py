"""The validation registry's getSummary and getSummaryPage: answered requests only, latest verdicts, filters."""

from __future__ import annotations

import pytest

from tests.deployment import CLIENT, PAGE_LIMIT, STRANGER, VALIDATOR, Registries
from tests.evm import ZERO_ADDRESS, reverts
from tests.layout import place_of, write
from tests.unit.calls import answer, hash_of, pause, request

# (validator, verdict or None while pending, tag)
REQUESTS = [
    (VALIDATOR, 100, "tee"),
    (CLIENT, None, ""),
    (VALIDATOR, 0, "tee"),
    (CLIENT, 33, "zkml"),
    (VALIDATOR, None, ""),
    (CLIENT, 90, "tee"),
    (VALIDATOR, 7, ""),
]
VALIDATOR_LISTS = [
    [],
    [VALIDATOR],
    [CLIENT],
    [VALIDATOR, CLIENT],
    [CLIENT, CLIENT, VALIDATOR, CLIENT],
    [STRANGER],
    [ZERO_ADDRESS],
    [ZERO_ADDRESS, CLIENT],
]


@pytest.fixture
def agent_id(registries: Registries) -> int:
    """An agent with all of `REQUESTS`; each key is the request's place."""
    agent_id = registries.register()
    for number, (validator, verdict, tag) in enumerate(REQUESTS):
        request(registries, agent_id, hash_of(number), validator=validator)
        if verdict is not None:
            # The latest verdict counts, under its own tag.
            answer(registries, hash_of(number), 50, validator=validator, tag="draft")
            answer(registries, hash_of(number), verdict, validator=validator, tag=tag)
    return agent_id


def _expected_sum(validators: list[str], tag: str) -> tuple[int, int]:
    verdicts = [
        verdict
        for validator, verdict, own_tag in REQUESTS
        if verdict is not None and (not validators or validator in validators) and tag in {"", own_tag}
    ]
    return len(verdicts), sum(verdicts)


@pytest.mark.parametrize("tag", ["", "tee", "zkml", "draft", "never used"])
@pytest.mark.parametrize("validators", VALIDATOR_LISTS)
def test_get_summary__when_filtered__equals_a_plain_average(
    registries: Registries, agent_id: int, validators: list[str], tag: str
) -> None:
    count, total = _expected_sum(validators, tag)

    expected = (count, total // count if count else 0)
    assert registries.validation.getSummary(agent_id, validators, tag) == expected


def test_get_summary__given_only_pending_requests__gives_zeros(registries: Registries) -> None:
    agent_id = registries.register()
    request(registries, agent_id)

    assert registries.validation.getSummary(agent_id, [], "") == (0, 0)
    assert registries.validation.getSummary(agent_id, [VALIDATOR], "") == (0, 0)


def test_get_summary__given_a_verdict_of_zero__counts_it(registries: Registries) -> None:
    agent_id = registries.register()
    request(registries, agent_id)
    answer(registries, response=0)

    assert registries.validation.getSummary(agent_id, [], "") == (1, 0)
    assert registries.validation.getSummary(agent_id, [VALIDATOR], "") == (1, 0)


@pytest.mark.parametrize("verdicts", [(100, 0), (0, 100), (0, 0), (100, 100), (1, 99)])
def test_get_summary__given_a_changed_verdict__counts_the_latest(
    registries: Registries, verdicts: tuple[int, int]
) -> None:
    agent_id = registries.register()
    request(registries, agent_id)
    for verdict in verdicts:
        answer(registries, response=verdict)

    assert registries.validation.getSummary(agent_id, [], "") == (1, verdicts[-1])


def test_get_summary__given_unknown_agent__gives_zeros(registries: Registries, agent_id: int) -> None:
    assert registries.validation.getSummary(agent_id + 1, [], "") == (0, 0)
    assert registries.validation.getSummary(agent_id + 1, [VALIDATOR], "tee") == (0, 0)


def test_get_summary__given_validations_of_another_agent__leaves_them_out(
    registries: Registries, agent_id: int
) -> None:
    other_agent = registries.register()
    request(registries, other_agent, hash_of(99))
    answer(registries, hash_of(99), 12)

    assert registries.validation.getSummary(other_agent, [], "") == (1, 12)
    assert registries.validation.getSummary(other_agent, [VALIDATOR], "") == (1, 12)


def test_get_summary__given_no_filter__reads_the_running_totals(registries: Registries, agent_id: int) -> None:
    """And not the requests, of which there can be too many for a call."""
    for name, value in (("answeredCount", 1_000_000), ("responseSum", 42_000_000)):
        write(registries.validation, place_of("ValidationRegistry", "_agents", agent_id, name), value)

    assert registries.validation.getSummary(agent_id, [], "") == (1_000_000, 42)


def test_get_summary__given_paused__answers(registries: Registries, agent_id: int) -> None:
    pause(registries.validation)

    assert registries.validation.getSummary(agent_id, [], "") == (5, 46)


# PAGES


@pytest.mark.parametrize("limit", [1, 2, 3, len(REQUESTS), PAGE_LIMIT])
@pytest.mark.parametrize("tag", ["", "tee", "never used"])
@pytest.mark.parametrize("validators", VALIDATOR_LISTS)
def test_get_summary_page__when_read_to_the_end__parts_add_up(
    registries: Registries, agent_id: int, validators: list[str], tag: str, limit: int
) -> None:
    count = total = cursor = pages = 0
    while pages == 0 or cursor != 0:
        part, part_sum, cursor = registries.validation.getSummaryPage(agent_id, validators, tag, cursor, limit)
        count, total, pages = count + part, total + part_sum, pages + 1

    assert (count, total) == _expected_sum(validators, tag)
    assert pages == -(-len(REQUESTS) // limit)


def test_get_summary_page__when_in_the_middle__includes_that_part(registries: Registries, agent_id: int) -> None:
    page = registries.validation.getSummaryPage

    assert page(agent_id, [], "", 0, 2) == (1, 100, 2)
    assert page(agent_id, [], "", 2, 2) == (2, 33, 4)
    assert page(agent_id, [CLIENT], "", 2, 2) == (1, 33, 4)
    assert page(agent_id, [], "never used", 0, 2) == (0, 0, 2)
    assert page(agent_id, [], "", len(REQUESTS), 2) == (0, 0, 0)
    assert page(agent_id + 1, [], "", 0, 2) == (0, 0, 0)


@pytest.mark.parametrize("limit", [0, PAGE_LIMIT + 1])
def test_get_summary_page__when_limit_is_out_of_range__reverts(
    registries: Registries, agent_id: int, limit: int
) -> None:
    with reverts("PageLimitOutOfRange", limit, PAGE_LIMIT):
        registries.validation.getSummaryPage(agent_id, [], "", 0, limit)

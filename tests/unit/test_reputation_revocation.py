"""revokeFeedback: only the client, once, at any time; what it takes out of the totals and what it leaves."""

from __future__ import annotations

import pytest

from tests.deployment import CLIENT, OTHER_CLIENT, OWNER, STRANGER, Registries
from tests.evm import START_TIME, reverts
from tests.unit.calls import FeedbackRow, feedback_row, give, pause, respond, revoke

ONE = 10**18


@pytest.fixture
def agent_id(registries: Registries) -> int:
    return registries.register()


def test_revoke_feedback__given_live_feedback__emits_and_marks_it(registries: Registries, agent_id: int) -> None:
    give(registries, agent_id, value=-5, decimals=1, tag1="uptime", tag2="day")
    respond(registries, agent_id)
    registries.evm.warp(60)

    receipt = revoke(registries, agent_id)

    assert receipt.logs == (registries.reputation.log("FeedbackRevoked", agent_id, CLIENT, 1),)
    assert feedback_row(registries, agent_id) == FeedbackRow(1, -5, 1, True, START_TIME, 1, "uptime", "day")


def test_revoke_feedback__given_several__marks_only_the_one_named(registries: Registries, agent_id: int) -> None:
    for _ in range(3):
        give(registries, agent_id)
    give(registries, agent_id, client=OTHER_CLIENT)
    give(registries, agent_id, client=OTHER_CLIENT)

    revoke(registries, agent_id, 2)

    assert [feedback_row(registries, agent_id, index).is_revoked for index in (1, 2, 3)] == [False, True, False]
    assert not feedback_row(registries, agent_id, 2, client=OTHER_CLIENT).is_revoked


@pytest.mark.parametrize("index", [0, 2, 2**64 - 1])
def test_revoke_feedback__when_index_is_out_of_range__reverts(
    registries: Registries, agent_id: int, index: int
) -> None:
    give(registries, agent_id)

    with reverts("FeedbackNotFound", agent_id, CLIENT, index):
        revoke(registries, agent_id, index)


@pytest.mark.parametrize("caller", [OTHER_CLIENT, OWNER, STRANGER])
def test_revoke_feedback__when_by_another_than_the_client__reverts(
    registries: Registries, agent_id: int, caller: str
) -> None:
    give(registries, agent_id)

    with reverts("FeedbackNotFound", agent_id, caller, 1):
        revoke(registries, agent_id, client=caller)


def test_revoke_feedback__given_feedback_to_another_agent__reverts(registries: Registries, agent_id: int) -> None:
    other_agent = registries.register()
    give(registries, agent_id)

    with reverts("FeedbackNotFound", other_agent, CLIENT, 1):
        revoke(registries, other_agent)


def test_revoke_feedback__given_unknown_agent__reverts(registries: Registries) -> None:
    with reverts("FeedbackNotFound", 99, CLIENT, 1):
        revoke(registries, 99)


def test_revoke_feedback__given_already_revoked__reverts(registries: Registries, agent_id: int) -> None:
    give(registries, agent_id)
    revoke(registries, agent_id)

    with reverts("FeedbackAlreadyRevoked", agent_id, CLIENT, 1):
        revoke(registries, agent_id)
    assert registries.reputation.getClientTotals(agent_id, CLIENT) == (1, 0, 0, 0)


def test_revoke_feedback__given_paused__is_accepted(registries: Registries, agent_id: int) -> None:
    give(registries, agent_id)
    pause(registries.reputation)
    pause(registries.identity)

    revoke(registries, agent_id)

    assert feedback_row(registries, agent_id).is_revoked


def test_revoke_feedback__given_the_client_bought_the_agent__is_accepted(registries: Registries, agent_id: int) -> None:
    give(registries, agent_id)
    registries.identity.transferFrom(OWNER, CLIENT, agent_id, sender=OWNER)

    revoke(registries, agent_id)

    assert feedback_row(registries, agent_id).is_revoked


# TOTALS


def test_revoke_feedback__given_other_live_feedback__keeps_the_highest_decimals(
    registries: Registries, agent_id: int
) -> None:
    give(registries, agent_id, value=7)
    give(registries, agent_id, value=5, decimals=18)

    revoke(registries, agent_id, 2)

    assert registries.reputation.getClientTotals(agent_id, CLIENT) == (2, 1, 7 * ONE, 18)


def test_revoke_feedback__given_the_last_live_one__resets_sum_and_decimals(
    registries: Registries, agent_id: int
) -> None:
    give(registries, agent_id, value=7)
    give(registries, agent_id, value=5, decimals=18)

    revoke(registries, agent_id, 2)
    revoke(registries, agent_id, 1)

    assert registries.reputation.getClientTotals(agent_id, CLIENT) == (2, 0, 0, 0)


def test_revoke_feedback__given_feedback_after_the_reset__counts_its_decimals_only(
    registries: Registries, agent_id: int
) -> None:
    give(registries, agent_id, value=5, decimals=18)
    revoke(registries, agent_id)

    give(registries, agent_id, value=3, decimals=1)

    assert registries.reputation.getClientTotals(agent_id, CLIENT) == (2, 1, 3 * ONE // 10, 1)


@pytest.mark.parametrize("value", [10**38, -(10**38)])
def test_revoke_feedback__given_extreme_values__leaves_the_rest_exact(
    registries: Registries, agent_id: int, value: int
) -> None:
    give(registries, agent_id, value=value)
    give(registries, agent_id, value=-1, decimals=18)

    revoke(registries, agent_id, 1)

    assert registries.reputation.getClientTotals(agent_id, CLIENT) == (2, 1, -1, 18)

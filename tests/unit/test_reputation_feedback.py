"""giveFeedback: who may, what is stored and emitted, and every limit."""

from __future__ import annotations

import pytest

from tests.deployment import BUYER, CLIENT, OPERATOR, OTHER_CLIENT, OWNER, PAUSER, STRANGER, WALLET, Registries
from tests.evm import START_TIME, ZERO_ADDRESS, field, reverts
from tests.layout import Place, place_of, write
from tests.unit.calls import (
    ENDPOINT_LIMIT,
    NO_HASH,
    SOME_HASH,
    TAG_LIMIT,
    URI_LIMIT,
    FeedbackRow,
    feedback_row,
    give,
    pause,
    respond,
    revoke,
)

VALUE_LIMIT = 10**38
FEEDBACK_LIMIT = 2_000_000
INT128_MAX = 2**127 - 1


@pytest.fixture
def agent_id(registries: Registries) -> int:
    return registries.register()


# WHAT IS STORED AND EMITTED


def test_give_feedback__when_everything_is_filled_in__emits_and_stores(registries: Registries, agent_id: int) -> None:
    receipt = give(
        registries,
        agent_id,
        value=-9977,
        decimals=2,
        tag1="uptime",
        tag2="month",
        endpoint="https://agent.example/a2a",
        uri="ipfs://feedback",
        file_hash=SOME_HASH,
    )

    expected = registries.reputation.log(
        "NewFeedback",
        agent_id,
        CLIENT,
        1,
        -9977,
        2,
        "uptime",
        "uptime",
        "month",
        "https://agent.example/a2a",
        "ipfs://feedback",
        SOME_HASH,
    )
    assert receipt.logs == (expected,)
    assert feedback_row(registries, agent_id) == FeedbackRow(1, -9977, 2, False, START_TIME, 0, "uptime", "month")


def test_give_feedback__when_all_texts_are_empty__emits_and_stores(registries: Registries, agent_id: int) -> None:
    receipt = give(registries, agent_id, value=0)

    expected = registries.reputation.log("NewFeedback", agent_id, CLIENT, 1, 0, 0, "", "", "", "", "", NO_HASH)
    assert receipt.logs == (expected,)
    assert feedback_row(registries, agent_id) == FeedbackRow(1, 0, 0, False, START_TIME, 0, "", "")


def test_give_feedback__given_earlier_feedback__counts_for_each_agent_and_client(
    registries: Registries, agent_id: int
) -> None:
    other_agent = registries.register()
    pairs = [
        (agent_id, CLIENT),
        (agent_id, OTHER_CLIENT),
        (agent_id, CLIENT),
        (other_agent, CLIENT),
        (agent_id, CLIENT),
    ]

    indexes = [registries.give_feedback(agent, client) for agent, client in pairs]

    assert indexes == [1, 1, 2, 1, 3]
    assert registries.reputation.getClients(agent_id) == (CLIENT, OTHER_CLIENT)
    assert registries.reputation.getClients(other_agent) == (CLIENT,)


def test_give_feedback__given_revoked_feedback__goes_on_counting(registries: Registries, agent_id: int) -> None:
    give(registries, agent_id)
    revoke(registries, agent_id)

    assert registries.give_feedback(agent_id) == 2
    assert registries.reputation.getClients(agent_id) == (CLIENT,)


def test_give_feedback__given_time_passes__stores_the_time_of_each(registries: Registries, agent_id: int) -> None:
    give(registries, agent_id)
    registries.evm.warp(3_600)
    give(registries, agent_id)

    assert feedback_row(registries, agent_id, 1).timestamp == START_TIME
    assert feedback_row(registries, agent_id, 2).timestamp == START_TIME + 3_600


def test_give_feedback__when_in_the_last_second_of_32_bits__stores_the_time(
    registries: Registries, agent_id: int
) -> None:
    registries.evm.warp(2**32 - 1 - registries.evm.time)

    give(registries, agent_id)

    assert feedback_row(registries, agent_id).timestamp == 2**32 - 1


def test_give_feedback__given_unpaused_again__is_accepted(registries: Registries, agent_id: int) -> None:
    pause(registries.reputation)
    registries.reputation.unpause(sender=PAUSER)

    assert registries.give_feedback(agent_id) == 1


def test_give_feedback__given_paused__reverts(registries: Registries, agent_id: int) -> None:
    pause(registries.reputation)

    with reverts("EnforcedPause"):
        give(registries, agent_id)


def test_give_feedback__given_only_the_identity_registry_paused__is_accepted(
    registries: Registries, agent_id: int
) -> None:
    pause(registries.identity)

    assert registries.give_feedback(agent_id) == 1


# WHO MAY


@pytest.mark.parametrize("unknown", [0, 2, 2**64, 2**256 - 1])
def test_give_feedback__given_unknown_agent__reverts(registries: Registries, agent_id: int, unknown: int) -> None:
    with reverts("ERC721NonexistentToken", unknown):
        give(registries, unknown)


def test_give_feedback__when_by_the_owner__reverts(registries: Registries, agent_id: int) -> None:
    with reverts("SelfFeedback", agent_id, OWNER):
        give(registries, agent_id, client=OWNER)


def test_give_feedback__when_by_the_owner_after_unsetting_the_wallet__reverts(
    registries: Registries, agent_id: int
) -> None:
    registries.identity.unsetAgentWallet(agent_id, sender=OWNER)

    with reverts("SelfFeedback", agent_id, OWNER):
        give(registries, agent_id, client=OWNER)


def test_give_feedback__when_by_an_operator_for_all__reverts(registries: Registries, agent_id: int) -> None:
    registries.identity.setApprovalForAll(OPERATOR, True, sender=OWNER)

    with reverts("SelfFeedback", agent_id, OPERATOR):
        give(registries, agent_id, client=OPERATOR)


def test_give_feedback__when_by_the_approved_address__reverts(registries: Registries, agent_id: int) -> None:
    registries.identity.approve(OPERATOR, agent_id, sender=OWNER)

    with reverts("SelfFeedback", agent_id, OPERATOR):
        give(registries, agent_id, client=OPERATOR)


def test_give_feedback__when_by_the_wallet__reverts(registries: Registries, agent_id: int) -> None:
    registries.set_wallet(agent_id, WALLET)

    with reverts("SelfFeedback", agent_id, WALLET):
        give(registries, agent_id, client=WALLET)


def test_give_feedback__when_by_an_unset_wallet__is_accepted(registries: Registries, agent_id: int) -> None:
    registries.set_wallet(agent_id, WALLET)
    registries.identity.unsetAgentWallet(agent_id, sender=OWNER)

    assert registries.give_feedback(agent_id, WALLET) == 1


def test_give_feedback__when_by_a_former_operator__is_accepted(registries: Registries, agent_id: int) -> None:
    registries.identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    registries.identity.setApprovalForAll(OPERATOR, False, sender=OWNER)

    assert registries.give_feedback(agent_id, OPERATOR) == 1


def test_give_feedback__when_by_an_operator_who_opted_out__is_accepted(registries: Registries, agent_id: int) -> None:
    registries.identity.setApprovalForAll(OPERATOR, True, sender=OWNER)
    registries.identity.setOperatorOptOut(True, sender=OPERATOR)

    assert registries.give_feedback(agent_id, OPERATOR) == 1


def test_give_feedback__given_a_sale__the_buyer_reverts_and_the_seller_is_accepted(
    registries: Registries, agent_id: int
) -> None:
    registries.identity.transferFrom(OWNER, BUYER, agent_id, sender=OWNER)

    with reverts("SelfFeedback", agent_id, BUYER):
        give(registries, agent_id, client=BUYER)
    assert registries.give_feedback(agent_id, OWNER) == 1


def test_give_feedback__when_by_an_owner_of_another_agent__is_accepted(registries: Registries, agent_id: int) -> None:
    registries.register(STRANGER)

    assert registries.give_feedback(agent_id, STRANGER) == 1


# LIMITS


@pytest.mark.parametrize("value", [VALUE_LIMIT - 1, VALUE_LIMIT, -VALUE_LIMIT + 1, -VALUE_LIMIT])
@pytest.mark.parametrize("decimals", [0, 18])
def test_give_feedback__when_value_is_within_its_limit__stores_it(
    registries: Registries, agent_id: int, value: int, decimals: int
) -> None:
    give(registries, agent_id, value=value, decimals=decimals)

    row = feedback_row(registries, agent_id)
    assert (row.value, row.value_decimals) == (value, decimals)


@pytest.mark.parametrize("value", [VALUE_LIMIT + 1, -VALUE_LIMIT - 1, INT128_MAX, -INT128_MAX - 1])
def test_give_feedback__when_value_is_over_its_limit__reverts(
    registries: Registries, agent_id: int, value: int
) -> None:
    with reverts("ValueOutOfRange", value, VALUE_LIMIT):
        give(registries, agent_id, value=value)


@pytest.mark.parametrize("decimals", [17, 18])
def test_give_feedback__when_decimals_are_within_their_limit__stores_them(
    registries: Registries, agent_id: int, decimals: int
) -> None:
    give(registries, agent_id, decimals=decimals)

    assert feedback_row(registries, agent_id).value_decimals == decimals


@pytest.mark.parametrize("decimals", [19, 255])
def test_give_feedback__when_decimals_are_over_their_limit__reverts(
    registries: Registries, agent_id: int, decimals: int
) -> None:
    with reverts("DecimalsOutOfRange", decimals, 18):
        give(registries, agent_id, decimals=decimals)


def _give_text(registries: Registries, agent_id: int, parameter: str, size: int) -> None:
    text = "x" * size
    give(
        registries,
        agent_id,
        tag1=text if parameter == "tag1" else "",
        tag2=text if parameter == "tag2" else "",
        endpoint=text if parameter == "endpoint" else "",
        uri=text if parameter == "feedbackURI" else "",
    )


TEXT_LIMITS = [("tag1", TAG_LIMIT), ("tag2", TAG_LIMIT), ("endpoint", ENDPOINT_LIMIT), ("feedbackURI", URI_LIMIT)]


@pytest.mark.parametrize(("parameter", "limit"), TEXT_LIMITS)
@pytest.mark.parametrize("below", [0, 1])
def test_give_feedback__when_text_is_within_its_limit__is_accepted(
    registries: Registries, agent_id: int, parameter: str, limit: int, below: int
) -> None:
    _give_text(registries, agent_id, parameter, limit - below)

    assert registries.reputation.getLastIndex(agent_id, CLIENT) == 1


@pytest.mark.parametrize(("parameter", "limit"), TEXT_LIMITS)
def test_give_feedback__when_text_is_over_its_limit__reverts(
    registries: Registries, agent_id: int, parameter: str, limit: int
) -> None:
    name = "tag" if parameter in ("tag1", "tag2") else parameter
    with reverts("SizeLimitExceeded", field(name), limit + 1, limit):
        _give_text(registries, agent_id, parameter, limit + 1)


def test_give_feedback__when_it_reverts_late__leaves_no_trace(registries: Registries, agent_id: int) -> None:
    with reverts("SizeLimitExceeded", field("tag"), TAG_LIMIT + 1, TAG_LIMIT):
        give(registries, agent_id, tag1="new tag", tag2="x" * (TAG_LIMIT + 1))

    assert registries.reputation.getLastIndex(agent_id, CLIENT) == 0
    assert registries.reputation.getClientCount(agent_id) == 0
    assert registries.reputation.tagCount() == 0


def test_limits__given_fresh_registry__are_public(registries: Registries) -> None:
    reputation = registries.reputation

    assert reputation.MAX_ABSOLUTE_VALUE() == VALUE_LIMIT
    assert reputation.MAX_DECIMALS() == 18
    assert reputation.MAX_FEEDBACK_PER_CLIENT() == FEEDBACK_LIMIT
    assert reputation.MAX_ENDPOINT_SIZE() == ENDPOINT_LIMIT
    assert reputation.MAX_URI_SIZE() == URI_LIMIT
    assert reputation.MAX_TAG_SIZE() == TAG_LIMIT


def _set_feedback_count(registries: Registries, agent_id: int, count: int, value: int) -> None:
    """As if the client had given this many feedback of this value with no decimals."""
    reputation = registries.reputation
    slot = place_of("ReputationRegistry", "_agents", agent_id, "ledgers", CLIENT, "totals").slot
    write(reputation, Place(slot, offset=0, size=208), count * value * 10**18)
    write(reputation, Place(slot, offset=208, size=21), count)
    write(reputation, Place(slot, offset=229, size=21), count)


@pytest.mark.parametrize("value", [VALUE_LIMIT, -VALUE_LIMIT])
def test_give_feedback__given_one_below_the_feedback_limit__counts_exactly(
    registries: Registries, agent_id: int, value: int
) -> None:
    give(registries, agent_id, value=value)
    _set_feedback_count(registries, agent_id, FEEDBACK_LIMIT - 1, value)

    assert registries.give_feedback(agent_id, value=value) == FEEDBACK_LIMIT
    assert registries.reputation.getClientTotals(agent_id, CLIENT) == (
        FEEDBACK_LIMIT,
        FEEDBACK_LIMIT,
        FEEDBACK_LIMIT * value * 10**18,
        0,
    )
    assert registries.reputation.getSummary(agent_id, [CLIENT], "", "") == (FEEDBACK_LIMIT, value, 0)


def test_give_feedback__given_the_feedback_limit__reverts_for_that_client_and_agent_alone(
    registries: Registries, agent_id: int
) -> None:
    other_agent = registries.register()
    give(registries, agent_id)
    _set_feedback_count(registries, agent_id, FEEDBACK_LIMIT, 1)

    with reverts("FeedbackLimitReached", agent_id, CLIENT, FEEDBACK_LIMIT):
        give(registries, agent_id)
    assert registries.give_feedback(agent_id, OTHER_CLIENT) == 1
    assert registries.give_feedback(other_agent) == 1


def test_give_feedback__given_the_feedback_limit_and_a_revocation__still_reverts(
    registries: Registries, agent_id: int
) -> None:
    give(registries, agent_id)
    _set_feedback_count(registries, agent_id, FEEDBACK_LIMIT, 87)
    revoke(registries, agent_id)
    respond(registries, agent_id)

    assert registries.reputation.getClientTotals(agent_id, CLIENT)[1] == FEEDBACK_LIMIT - 1
    with reverts("FeedbackLimitReached", agent_id, CLIENT, FEEDBACK_LIMIT):
        give(registries, agent_id)


# TOTALS


def test_get_client_totals__given_unknown_client__gives_zeros(registries: Registries, agent_id: int) -> None:
    assert registries.reputation.getClientTotals(agent_id, ZERO_ADDRESS) == (0, 0, 0, 0)
    assert registries.reputation.getClientTotals(agent_id, CLIENT) == (0, 0, 0, 0)


def test_get_client_totals__given_several_decimals__adds_up_in_eighteen(registries: Registries, agent_id: int) -> None:
    for value, decimals in [(95, 2), (-1, 18), (7, 0)]:
        give(registries, agent_id, value=value, decimals=decimals)

    expected_sum = 95 * 10**16 - 1 + 7 * 10**18
    assert registries.reputation.getClientTotals(agent_id, CLIENT) == (3, 3, expected_sum, 18)

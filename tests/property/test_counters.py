"""States that would take millions of transactions, written to storage by hand: totals and counters at their limits."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from tests.codec import text_of
from tests.deployment import BUYER, CLIENT, OTHER_CLIENT, OWNER, STRANGER, Registries, deploy_registries
from tests.evm import EVM, reverts
from tests.layout import place_of, read, write
from tests.property.ledger import average
from tests.property.strategies import CLIENTS, MAX_COUNT, MAX_DECIMALS, UNIT, VALUE_LIMIT, near, uints, values

EPOCH_LIMIT = 2**32 - 1
RESPONSE_LIMIT = 2**24 - 1
TAG_LIMIT = 2**32 - 2
COUNT_LIMIT = 2**64 - 1
RESPONSES_OFFSET = 168
ROOM = 4
AGENT = 1


class Totals(NamedTuple):
    """What a client's slot of totals holds."""

    sum: int
    last_index: int
    live_count: int
    max_decimals: int

    def word(self) -> int:
        return self.sum % 2**208 | self.last_index << 208 | self.live_count << 229 | self.max_decimals << 250


@st.composite
def totals(draw: st.DrawFn, most: int = MAX_COUNT) -> Totals:
    """What up to so many feedbacks of a client can add up to."""
    last_index = draw(st.one_of(st.integers(1, most), st.sampled_from([1, most - 1, most])))
    live_count = draw(st.one_of(st.integers(1, last_index), st.just(last_index)))
    bound = live_count * VALUE_LIMIT * UNIT
    total = draw(st.one_of(st.integers(-bound, bound), st.sampled_from([bound, -bound, bound - 1, 0, 1, -1])))
    return Totals(total, last_index, live_count, draw(st.integers(0, MAX_DECIMALS)))


def _deployed() -> Registries:
    registries = deploy_registries(EVM())
    assert registries.register() == AGENT
    return registries


def _write_totals(registries: Registries, client: str, stored: Totals) -> None:
    place = place_of("ReputationRegistry", "_agents", AGENT, "ledgers", client, "totals")
    write(registries.reputation, place, stored.word())


@given(st.lists(totals(), min_size=1, max_size=len(CLIENTS)))
def test_get_summary__given_clients_with_millions_of_feedback__is_the_exact_mean(stored: list[Totals]) -> None:
    registries = _deployed()
    for client, one in zip(CLIENTS, stored, strict=False):
        _write_totals(registries, client, one)
    count = sum(one.live_count for one in stored)
    value, decimals = average(sum(one.sum for one in stored), count, max(one.max_decimals for one in stored))

    assert registries.reputation.getSummary(AGENT, CLIENTS, "", "") == (count, value, decimals)


@given(totals(), values, st.integers(0, MAX_DECIMALS))
def test_give_feedback__given_any_totals__adds_exactly_until_the_limit(
    stored: Totals, value: int, decimals: int
) -> None:
    registries = _deployed()
    _write_totals(registries, CLIENT, stored)

    if stored.last_index == MAX_COUNT:
        with reverts("FeedbackLimitReached", AGENT, CLIENT, MAX_COUNT):
            registries.give_feedback(AGENT, CLIENT, value, decimals)
    else:
        registries.give_feedback(AGENT, CLIENT, value, decimals)
        scaled = value * 10 ** (MAX_DECIMALS - decimals)
        assert registries.reputation.getClientTotals(AGENT, CLIENT) == (
            stored.last_index + 1,
            stored.live_count + 1,
            stored.sum + scaled,
            max(stored.max_decimals, decimals),
        )
        assert registries.reputation.readFeedback(AGENT, CLIENT, stored.last_index + 1)[:2] == (value, decimals)


@given(
    totals(MAX_COUNT - ROOM),
    st.lists(st.tuples(values, st.integers(0, MAX_DECIMALS)), min_size=1, max_size=ROOM),
    st.randoms(),
)
def test_revoke_feedback__given_any_totals__gives_them_back_in_any_order(
    stored: Totals, feedback: list[tuple[int, int]], random: Random
) -> None:
    """What was given on top of any totals and is taken back again leaves the sum and the count as they were."""
    registries = _deployed()
    _write_totals(registries, CLIENT, stored)
    indexes = [registries.give_feedback(AGENT, CLIENT, *one) for one in feedback]
    random.shuffle(indexes)
    for index in indexes:
        registries.reputation.revokeFeedback(AGENT, index, sender=CLIENT)

    assert registries.reputation.getClientTotals(AGENT, CLIENT) == (
        stored.last_index + len(feedback),
        stored.live_count,
        stored.sum,
        max(stored.max_decimals, *(decimals for _, decimals in feedback)),
    )


@given(near(EPOCH_LIMIT - 2).filter(lambda start: start <= EPOCH_LIMIT), st.integers(1, 5))
def test_ownership_epoch__given_near_its_limit__stops_there_and_transfers_go_on(start: int, transfers: int) -> None:
    registries = _deployed()
    identity = registries.identity
    identity.setMetadata(AGENT, "key", b"value", sender=OWNER)
    registries.set_wallet(AGENT)
    deadline = identity.lastConsentDeadline(AGENT)
    write(identity, place_of("IdentityRegistry", "_agents", AGENT, "ownershipEpoch"), start)
    owners = ([OWNER, BUYER] * 3)[: transfers + 1]
    for sender, recipient in pairwise(owners):
        identity.transferFrom(sender, recipient, AGENT, sender=sender)

    assert identity.ownershipEpoch(AGENT) == min(start + transfers, EPOCH_LIMIT)
    assert identity.ownerOf(AGENT) == owners[-1]
    assert (identity.lastConsentDeadline(AGENT), identity.metadataKeyCount(AGENT)) == (deadline, 1)
    assert int(identity.getAgentWallet(AGENT), 16) == 0


@given(
    near(RESPONSE_LIMIT - 2).filter(lambda start: start <= RESPONSE_LIMIT),
    st.lists(st.sampled_from([STRANGER, OWNER, OTHER_CLIENT]), min_size=1, max_size=6),
    values,
)
def test_append_response__given_a_count_near_its_limit__stops_there_and_spoils_nothing(
    start: int, responders: list[str], value: int
) -> None:
    """The count of each responder and of the agent are wider, and go on."""
    registries = _deployed()
    reputation = registries.reputation
    registries.give_feedback(AGENT, CLIENT, value, MAX_DECIMALS, tag1="starred", tag2="week")
    before = reputation.getFeedback(AGENT, CLIENT, 1)
    entry = place_of("ReputationRegistry", "_agents", AGENT, "ledgers", CLIENT, "entries", 1)
    write(reputation, entry, read(reputation, entry) | start << RESPONSES_OFFSET)
    for responder in responders:
        reputation.appendResponse(AGENT, CLIENT, 1, "ipfs://response", bytes(32), sender=responder)

    after = reputation.getFeedback(AGENT, CLIENT, 1)
    count = min(start + len(responders), RESPONSE_LIMIT)
    assert after == (*before[:5], count, *before[6:])
    assert reputation.getResponseCount(AGENT, CLIENT, 1, []) == count
    assert reputation.getResponseCount(AGENT, CLIENT, 1, responders) == len(responders)
    assert reputation.getResponseCount(AGENT, "0x" + "00" * 20, 0, []) == len(responders)


@given(near(TAG_LIMIT - 2).filter(lambda start: start <= TAG_LIMIT), st.lists(uints(16), max_size=6))
def test_tag_book__given_nearly_full__takes_what_there_is_room_for(start: int, numbers: list[int]) -> None:
    registries = _deployed()
    reputation = registries.reputation
    write(reputation, place_of("ReputationRegistry", "tagCount"), start)
    known: dict[str, int] = {}
    for number in numbers:
        tag = text_of(number.to_bytes(2, "big"))
        if tag in known:
            registries.give_feedback(AGENT, tag1=tag)
        elif start + len(known) == TAG_LIMIT:
            with reverts("TagBookFull"):
                registries.give_feedback(AGENT, tag1=tag)
        else:
            registries.give_feedback(AGENT, tag1=tag)
            known[tag] = start + len(known) + 1

    assert reputation.tagCount() == start + len(known)
    assert [reputation.tagText(tag_id) for tag_id in known.values()] == list(known)
    for tag in known:
        assert reputation.getSummary(AGENT, [CLIENT], tag, "")[0] == sum(
            text_of(number.to_bytes(2, "big")) == tag for number in numbers
        )


@given(near(COUNT_LIMIT - 2).filter(lambda last: last < COUNT_LIMIT))
def test_register__given_a_huge_last_id__gives_the_next_one(last: int) -> None:
    """Ids have 64 bits in the validation registry's request as well."""
    registries = deploy_registries(EVM())
    write(registries.identity, place_of("IdentityRegistry", "_lastAgentId"), last)
    agent_id = registries.register()
    registries.validation.validationRequest(STRANGER, agent_id, "", bytes(31) + b"\1", sender=OWNER)

    assert agent_id == registries.identity.totalAgents() == last + 1
    assert registries.identity.ownerOf(agent_id) == OWNER
    assert registries.validation.getValidationStatus(bytes(31) + b"\1")[:2] == (STRANGER, agent_id)
    assert not registries.identity.paused()

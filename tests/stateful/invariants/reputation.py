"""Feedback, summaries and responses."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tests.evm import ZERO_ADDRESS
from tests.stateful.ghost import Given
from tests.stateful.invariants.check import Claims, World, forbids, invariant
from tests.stateful.witness import REPUTATION, Deed

UNIT = 10**18
"""Sums are in units of 10^-18."""
INT128 = range(-(2**127), 2**127)


# ------------------------------------------------------------------------------------------------------------ FEEDBACK


@invariant("REP-1")
def last_index_counts_what_was_given(world: World) -> Claims:
    for pair, entries in world.ghost.feedback.items():
        yield world.reputation.getLastIndex(*pair) == len(entries), pair


@invariant("REP-2")
def feedback_reads_as_it_was_given(world: World) -> Claims:
    for pair, entries in world.ghost.feedback.items():
        for index, given in enumerate(entries, 1):
            read = world.reputation.readFeedback(*pair, index)
            yield read[:4] == (given.value, given.decimals, given.tag1, given.tag2), (pair, index)


@invariant("REP-3")
def revoked_is_what_its_client_revoked(world: World) -> Claims:
    for pair, entries in world.ghost.feedback.items():
        for index, given in enumerate(entries, 1):
            yield world.reputation.readFeedback(*pair, index)[4] == given.revoked, (pair, index)


@invariant("REP-4")
def feedback_has_the_time_of_its_block(world: World) -> Claims:
    for pair, entries in world.ghost.feedback.items():
        for index, given in enumerate(entries, 1):
            yield world.reputation.getFeedback(*pair, index)[4] == given.time, (pair, index)


@invariant("REP-5")
def clients_are_listed_once_in_order(world: World) -> Claims:
    for agent_id in world.agents:
        yield list(world.reputation.getClients(agent_id)) == world.ghost.clients(agent_id), agent_id


@forbids("REP-6")
def nobody_rates_their_own_agent(deed: Deed) -> Claims:
    if deed.function == "giveFeedback" and "affiliated" in deed.before:
        yield not deed.before["affiliated"], deed


@forbids("REP-7")
def feedback_is_given_and_revoked_in_the_callers_name(deed: Deed) -> Claims:
    for event in deed.events:
        if event.name in {"NewFeedback", "FeedbackRevoked"}:
            yield event.values["clientAddress"] == deed.sender, event


@forbids("REP-8")
def revoked_stays_revoked(deed: Deed) -> Claims:
    if deed.function in {"revokeFeedback", "appendResponse"} and "feedback" in deed.before:
        was, is_now = deed.before["feedback"][3], deed.after["feedback"][3]
        yield is_now == (was or deed.function == "revokeFeedback"), deed


@forbids("REP-9")
def values_stay_in_range(deed: Deed) -> Claims:
    if deed.function == "giveFeedback":
        yield abs(deed.arguments[1]) <= 10**38 and deed.arguments[2] <= 18, deed


@invariant("REP-10")
def tags_are_counted_once_each(world: World) -> Claims:
    for contract in (world.reputation, world.validation):
        tags = [contract.tagText(tag_id) for tag_id in range(1, contract.tagCount() + 1)]
        yield len(tags) == len(set(tags)) and "" not in tags, tags


# ----------------------------------------------------------------------------------------------------------- SUMMARIES


def exact_sum(entries: Iterable[Given]) -> int:
    return int(sum(given.number for given in entries) * UNIT)


def rounded_average(entries: list[Given], decimals: int) -> tuple[int, int, int]:
    """Count, average and its decimals, truncated once."""
    if not entries:
        return 0, 0, 0
    average = sum(given.number for given in entries) / len(entries)
    while math.trunc(average * 10**decimals) not in INT128:
        decimals -= 1
    return len(entries), math.trunc(average * 10**decimals), decimals


@invariant("SUM-1")
def totals_are_those_of_live_feedback(world: World) -> Claims:
    for pair in world.ghost.feedback:
        live = world.ghost.live(pair)
        _, count, total, _ = world.reputation.getClientTotals(*pair)
        yield (count, total) == (len(live), exact_sum(live)), pair


@invariant("SUM-2")
def summary_is_the_exact_average(world: World) -> Claims:
    for agent_id in world.agents:
        clients = world.ghost.clients(agent_id)
        if clients:
            live = [given for client in clients for given in world.ghost.live((agent_id, client))]
            bound = max(world.reputation.getClientTotals(agent_id, client)[3] for client in clients)
            found = world.reputation.getSummary(agent_id, clients, "", "")
            yield found == rounded_average(live, bound), (agent_id, found)


@invariant("SUM-3")
def tagged_summary_is_that_of_the_tag(world: World) -> Claims:
    for agent_id in world.agents:
        clients = world.ghost.clients(agent_id)
        live = [given for client in clients for given in world.ghost.live((agent_id, client))]
        for tag in {given.tag1 for given in live} - {""}:
            tagged = [given for given in live if given.tag1 == tag]
            found = world.reputation.getSummary(agent_id, clients, tag, "")
            expected = rounded_average(tagged, max(given.decimals for given in tagged))
            yield found == expected, (agent_id, tag, found)


@invariant("SUM-4")
def client_listed_twice_counts_once(world: World) -> Claims:
    for agent_id in world.agents:
        clients = world.ghost.clients(agent_id)
        if clients:
            once = world.reputation.getSummary(agent_id, clients, "", "")
            twice = world.reputation.getSummary(agent_id, [*clients, *reversed(clients), clients[0]], "", "")
            yield once == twice, agent_id


@invariant("SUM-5")
def summary_lies_between_lowest_and_highest(world: World) -> Claims:
    for agent_id in world.agents:
        clients = world.ghost.clients(agent_id)
        live = [given.number for client in clients for given in world.ghost.live((agent_id, client))]
        if live:
            _, value, decimals = world.reputation.getSummary(agent_id, clients, "", "")
            lowest, highest = (math.trunc(number * 10**decimals) for number in (min(live), max(live)))
            yield lowest <= value <= highest, agent_id


@invariant("SUM-6")
def decimals_bound_those_of_live_feedback(world: World) -> Claims:
    for pair in world.ghost.feedback:
        live = [given.decimals for given in world.ghost.live(pair)]
        bound = world.reputation.getClientTotals(*pair)[3]
        yield max(live) <= bound <= 18 if live else bound == 0, pair


@invariant("SUM-7")
def stranger_adds_nothing(world: World) -> Claims:
    for agent_id in world.agents:
        clients = world.ghost.clients(agent_id)
        strangers = [one for one in (*world.stage.accounts, ZERO_ADDRESS) if one not in clients]
        if clients:
            alone = world.reputation.getSummary(agent_id, clients, "", "")
            yield world.reputation.getSummary(agent_id, [*strangers, *clients], "", "") == alone, agent_id


# ----------------------------------------------------------------------------------------------------------- RESPONSES


@invariant("RESP-1")
def response_count_is_the_number_of_responses(world: World) -> Claims:
    for pair, entries in world.ghost.feedback.items():
        for index, given in enumerate(entries, 1):
            yield world.reputation.getFeedback(*pair, index)[5] == given.responses.total(), (pair, index)


@invariant("RESP-2")
def responders_add_up(world: World) -> Claims:
    for pair, entries in world.ghost.feedback.items():
        for index, given in enumerate(entries, 1):
            for responder, count in given.responses.items():
                found = world.reputation.getResponseCount(*pair, index, [responder, responder])
                yield found == count, (pair, index, responder)


@invariant("RESP-3")
def agents_total_is_that_of_its_feedback(world: World) -> Claims:
    for agent_id in world.agents:
        clients = world.ghost.clients(agent_id)
        expected = sum(given.responses.total() for one in clients for given in world.ghost.feedback[agent_id, one])
        found = world.reputation.getResponseCount(agent_id, ZERO_ADDRESS, 0, [])
        by_client = sum(world.reputation.getResponseCount(agent_id, one, 0, []) for one in clients)
        yield found == by_client == expected, agent_id


@forbids("RESP-4")
def only_responding_changes_the_count(deed: Deed) -> Claims:
    if "feedback" in deed.before:
        was, is_now = deed.before["feedback"][5], deed.after["feedback"][5]
        yield is_now == was + (deed.function == "appendResponse"), deed


@forbids("RESP-5")
def response_is_in_the_callers_name(deed: Deed) -> Claims:
    for event in deed.events:
        if (event.registry, event.name) == (REPUTATION, "ResponseAppended"):
            yield event.values["responder"] == deed.sender and event.values["responseURI"] != "", event

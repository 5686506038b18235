"""getSummary and getSummaryPage against Python's fractions, for any values, decimals, tags, clients and revocations."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from tests.deployment import CLIENT, Registries, deploy_registries
from tests.evm import EVM, reverts
from tests.property.ledger import Ledger, average, highest_decimals, play, scaled_sum
from tests.property.strategies import (
    CLIENTS,
    MAX_DECIMALS,
    VALUE_LIMIT,
    Feedback,
    Revocation,
    Step,
    client_lists,
    feedbacks,
    histories,
    int128s,
    tags,
    uints,
)

Summary = tuple[int, int, int]

tagged = feedbacks(tag1=st.just("starred"))
filters = st.one_of(tags, st.just("never used"))


def _played(history: Sequence[Step]) -> tuple[Registries, int, dict[str, Ledger]]:
    registries = deploy_registries(EVM())
    agent_id = registries.register()
    return registries, agent_id, play(registries, agent_id, history)


def _listed(ledgers: dict[str, Ledger], clients: Sequence[str]) -> list[Ledger]:
    """The ledgers of the clients in a list, each once."""
    return [ledgers[client] for client in set(clients) if client in ledgers]


@given(histories(feedbacks()), client_lists)
@example([Feedback(CLIENT, VALUE_LIMIT, 0, "", ""), *[Feedback(CLIENT, 1, 18, "", "")] * 2], [CLIENT])
@example([Feedback(CLIENT, -VALUE_LIMIT, 0, "", ""), *[Feedback(CLIENT, -1, 18, "", "")] * 2], [CLIENT])
@example([Feedback(CLIENT, 7, 18, "", ""), Revocation(CLIENT, 0), Feedback(CLIENT, 7, 2, "", "")], [CLIENT, CLIENT])
def test_get_summary__given_any_history__is_the_exact_mean_at_the_highest_decimals(
    history: list[Step], clients: list[str]
) -> None:
    registries, agent_id, ledgers = _played(history)
    included = _listed(ledgers, clients)
    live = [entry for ledger in included for entry in ledger.entries if entry.live]
    bound = max((ledger.decimals_bound for ledger in included), default=0)

    expected = (len(live), *average(scaled_sum(live), len(live), bound)) if live else (0, 0, 0)

    assert registries.reputation.getSummary(agent_id, clients, "", "") == expected


@given(histories(feedbacks()), client_lists, filters, filters)
def test_get_summary__when_filtered__is_the_exact_mean_of_what_matches(
    history: list[Step], clients: list[str], tag1: str, tag2: str
) -> None:
    if not tag1 and not tag2:
        tag1 = "starred"
    registries, agent_id, ledgers = _played(history)
    found = [entry for ledger in _listed(ledgers, clients) for entry in ledger.entries if entry.matches(tag1, tag2)]

    expected = (len(found), *average(scaled_sum(found), len(found), highest_decimals(found))) if found else (0, 0, 0)

    assert registries.reputation.getSummary(agent_id, clients, tag1, tag2) == expected


@given(histories(tagged))
@example([Feedback(CLIENT, 15, 1, "starred", ""), Feedback(CLIENT, 9, 6, "starred", ""), Revocation(CLIENT, 1)])
def test_get_summary__when_all_has_the_tag__is_one_number_with_and_without_it(history: list[Step]) -> None:
    """Without tags the decimals may be more, never fewer: cut to those of the tagged one, the numbers are equal."""
    registries, agent_id, _ = _played(history)

    count, value, decimals = registries.reputation.getSummary(agent_id, CLIENTS, "", "")
    tagged_count, tagged_value, tagged_decimals = registries.reputation.getSummary(agent_id, CLIENTS, "starred", "")

    assert count == tagged_count
    assert decimals >= tagged_decimals
    assert int(Fraction(value, 10 ** (decimals - tagged_decimals))) == tagged_value


@given(histories(feedbacks()), filters, filters, st.integers(1, 8))
def test_get_summary_page__when_read_to_the_end__adds_up_to_the_whole(
    history: list[Step], tag1: str, tag2: str, limit: int
) -> None:
    registries, agent_id, ledgers = _played(history)
    for client, ledger in ledgers.items():
        for start in range(0, len(ledger.entries), limit):
            page = [entry for entry in ledger.entries[start : start + limit] if entry.matches(tag1, tag2)]
            following = start + limit if start + limit < len(ledger.entries) else 0
            assert registries.reputation.getSummaryPage(agent_id, client, tag1, tag2, start, limit) == (
                len(page),
                scaled_sum(page),
                highest_decimals(page),
                following,
            )


@given(histories(feedbacks()))
def test_client_totals__given_any_history__are_those_of_the_ledger(history: list[Step]) -> None:
    registries, agent_id, ledgers = _played(history)
    for client, ledger in ledgers.items():
        live = [entry for entry in ledger.entries if entry.live]
        assert registries.reputation.getClientTotals(agent_id, client) == (
            len(ledger.entries),
            len(live),
            scaled_sum(live),
            ledger.decimals_bound,
        )


@given(int128s, st.one_of(uints(8), st.integers(MAX_DECIMALS - 1, MAX_DECIMALS + 1)))
def test_give_feedback__when_of_any_number__takes_what_is_within_the_limits(value: int, decimals: int) -> None:
    registries = deploy_registries(EVM())
    agent_id = registries.register()

    if decimals > MAX_DECIMALS:
        with reverts("DecimalsOutOfRange", decimals, MAX_DECIMALS):
            registries.give_feedback(agent_id, CLIENT, value, decimals)
    elif abs(value) > VALUE_LIMIT:
        with reverts("ValueOutOfRange", value, VALUE_LIMIT):
            registries.give_feedback(agent_id, CLIENT, value, decimals)
    else:
        registries.give_feedback(agent_id, CLIENT, value, decimals)
        assert registries.reputation.readFeedback(agent_id, CLIENT, 1) == (value, decimals, "", "", False)
        assert registries.reputation.getSummary(agent_id, [CLIENT], "", "") == (1, value, decimals)

"""Flags of clients: raised, not raised or unknown, at the threshold and beside it."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_api.signals import (
    INTEREST,
    STANDING,
    Facts,
    Flag,
    Role,
    Signal,
    Thresholds,
    flags_of,
    reciprocity,
    rings_of_three,
)

DAY = 86_400
NOW = 1_700_000_000
THRESHOLDS = Thresholds(young_seconds=7 * DAY, burst_clients=3, burst_seconds=3_600)

ESTABLISHED = Facts(
    "client",
    first_feedback=NOW,
    last_feedback=NOW,
    first_seen=NOW - 30 * DAY,
    agents_rated=2,
    roles=frozenset(),
    funding=(),
    rated_by=(),
    ring_through=(),
)
UNKNOWN = Facts("client", first_feedback=NOW, last_feedback=NOW)
YOUNG = replace(ESTABLISHED, first_seen=NOW)

INSTANCES: dict[Signal, tuple[Facts, int | tuple[str, ...], int]] = {
    Signal.YOUNG: (YOUNG, 0, 7 * DAY),
    Signal.ONE_AGENT: (replace(ESTABLISHED, agents_rated=1), 1, 1),
    Signal.EX_OWNER: (replace(ESTABLISHED, roles=frozenset({Role.OWNER})), ("owner",), 1),
    Signal.EX_OPERATOR: (replace(ESTABLISHED, roles=frozenset({Role.OPERATOR})), ("operator",), 1),
    Signal.EX_WALLET: (replace(ESTABLISHED, roles=frozenset({Role.WALLET})), ("wallet",), 1),
    Signal.FUNDED_BY_OWNER: (replace(ESTABLISHED, funding=("0xpayment",)), ("0xpayment",), 1),
    Signal.RECIPROCITY: (replace(ESTABLISHED, rated_by=("owner",)), ("owner",), 1),
    Signal.RING_OF_THREE: (replace(ESTABLISHED, ring_through=("middle",)), ("middle",), 1),
}
"""A client with one flag raised, what was seen, and the threshold. A burst takes more than one client."""


def flag_of(facts: Facts, signal: Signal) -> Flag:
    (flags,) = flags_of([facts], THRESHOLDS)
    return next(flag for flag in flags if flag.signal is signal)


def raised(flags: tuple[Flag, ...]) -> set[Signal]:
    return {flag.signal for flag in flags if flag.raised}


def test_signals__all__are_of_one_kind_or_of_none() -> None:
    assert [*STANDING, *INTEREST, Signal.RING_OF_THREE] == sorted(Signal, key=[*STANDING, *INTEREST, *Signal].index)
    assert set(INSTANCES) == set(Signal) - {Signal.BURST}


def test_flags__of_a_client_of_whom_all_is_known_and_nothing_found__are_all_false() -> None:
    (flags,) = flags_of([ESTABLISHED], THRESHOLDS)
    assert [flag.signal for flag in flags] == list(Signal)
    assert [flag.raised for flag in flags] == [False] * len(Signal)


def test_flags__of_a_client_of_whom_nothing_is_known__are_unknown() -> None:
    """Except for the burst: one client is none, whoever it is."""
    (flags,) = flags_of([UNKNOWN], THRESHOLDS)
    assert {flag.signal: (flag.raised, flag.seen) for flag in flags} == {
        signal: (None, None) if signal is not Signal.BURST else (False, 0) for signal in Signal
    }


@pytest.mark.parametrize("signal", INSTANCES)
def test_flag__given_its_cause_alone__is_the_only_one_raised(signal: Signal) -> None:
    facts, seen, threshold = INSTANCES[signal]
    (flags,) = flags_of([facts], THRESHOLDS)
    assert raised(flags) == {signal}
    assert flag_of(facts, signal) == Flag(signal, raised=True, seen=seen, threshold=threshold)


@pytest.mark.parametrize(("age", "young"), [(0, True), (7 * DAY - 1, True), (7 * DAY, False)])
def test_young__at_the_threshold__is_no_longer(age: int, young: bool) -> None:
    facts = replace(ESTABLISHED, first_seen=NOW - age)
    assert flag_of(facts, Signal.YOUNG) == Flag(Signal.YOUNG, raised=young, seen=age, threshold=7 * DAY)


def test_young__given_a_client_that_came_back_later__is_by_its_last_feedback() -> None:
    assert not flag_of(replace(YOUNG, last_feedback=NOW + 7 * DAY), Signal.YOUNG).raised


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"last_feedback": NOW - 1}, "its first feedback is later than its last"),
        ({"first_seen": NOW + 1}, "it was first seen after its first feedback"),
        ({"agents_rated": 0}, "rated 1 at least"),
    ],
)
def test_facts__given_a_contradiction__are_refused(change: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(ESTABLISHED, **change)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------------- bursts


def crowd(*clients: tuple[int, Facts]) -> list[Facts]:
    """Clients whose only feedback comes so many seconds from now, first seen as far from it as in the example."""
    return [
        replace(
            facts,
            address=f"client {number}",
            first_feedback=NOW + delay,
            last_feedback=NOW + delay,
            first_seen=None if facts.first_seen is None else facts.first_seen + delay,
        )
        for number, (delay, facts) in enumerate(clients)
    ]


def bursts(clients: list[Facts]) -> list[tuple[bool | None, int | None]]:
    return [
        (flag.raised, flag.seen)  # type: ignore[misc]
        for flags in flags_of(clients, THRESHOLDS)
        for flag in flags
        if flag.signal is Signal.BURST
    ]


def test_burst__given_enough_young_clients_within_the_window__is_raised_for_each() -> None:
    assert bursts(crowd((0, YOUNG), (10, YOUNG), (3_600, YOUNG))) == [(True, 3)] * 3


def test_burst__given_one_too_few__is_not_raised() -> None:
    assert bursts(crowd((0, YOUNG), (10, YOUNG))) == [(False, 2)] * 2


def test_burst__given_a_client_out_of_the_window__does_not_count_it() -> None:
    assert bursts(crowd((0, YOUNG), (0, YOUNG), (3_601, YOUNG))) == [(False, 2), (False, 2), (False, 1)]


def test_burst__around_an_established_client__is_not_its_own() -> None:
    """Else anybody could put the flag on a critic."""
    assert bursts(crowd((0, YOUNG), (1, YOUNG), (2, YOUNG), (1, ESTABLISHED))) == [(True, 3)] * 3 + [(False, 3)]


def test_burst__given_clients_of_unknown_age_that_would_decide__is_unknown() -> None:
    assert bursts(crowd((0, YOUNG), (1, YOUNG), (2, UNKNOWN))) == [(None, None)] * 3


def test_burst__given_enough_young_clients__is_known_of_them_and_unknown_of_others() -> None:
    assert bursts(crowd((0, YOUNG), (1, YOUNG), (2, YOUNG), (1, UNKNOWN))) == [(True, 3)] * 3 + [(None, None)]


ages = st.sampled_from([YOUNG, ESTABLISHED, UNKNOWN])
crowds = st.lists(st.tuples(st.integers(0, 10_000), ages), max_size=12)


@given(crowds)
def test_burst__given_any_crowd__is_by_counting_every_pair(members: list[tuple[int, Facts]]) -> None:
    clients = crowd(*members)

    def near(client: Facts, kinds: tuple[Facts, ...]) -> int:
        return sum(
            abs(other.first_feedback - client.first_feedback) <= 3_600
            for other, (_, kind) in zip(clients, members, strict=True)
            if kind in kinds
        )

    for client, (_, kind), (found, _) in zip(clients, members, bursts(clients), strict=True):
        certain, possible = near(client, (YOUNG,)) >= 3, near(client, (YOUNG, UNKNOWN)) >= 3
        if kind is ESTABLISHED or not possible:
            assert found is False
        else:
            assert found is (True if kind is YOUNG and certain else None)


@given(crowds, st.integers(0, 2**32))
def test_flags__given_another_order__are_the_same(members: list[tuple[int, Facts]], seed: int) -> None:
    clients = crowd(*members)
    shuffled = clients.copy()
    Random(seed).shuffle(shuffled)
    flags = {facts.address: found for facts, found in zip(clients, flags_of(clients, THRESHOLDS), strict=True)}
    assert [flags[facts.address] for facts in shuffled] == flags_of(shuffled, THRESHOLDS)


# -------------------------------------------------------------------------------------------------------------- rings


def test_reciprocity__given_the_owner_rated_the_clients_agent__is_found() -> None:
    rated = {"owner": {"client", "other"}, "wallet": {"client"}, "stranger": {"client"}}
    assert reciprocity("client", ["wallet", "owner"], rated) == ("owner", "wallet")
    assert reciprocity("other", ["wallet", "owner"], rated) == ("owner",)
    assert reciprocity("stranger", ["wallet", "owner"], rated) == ()


def test_reciprocity__of_a_wallet_with_itself__is_none() -> None:
    assert reciprocity("wallet", ["wallet"], {"wallet": {"wallet"}}) == ()


def test_rings_of_three__given_a_way_back_to_the_client__name_the_middle() -> None:
    rated = {"owner": {"middle", "end"}, "wallet": {"also"}, "middle": {"client"}, "also": {"client"}}
    assert rings_of_three("client", ["owner", "wallet"], rated) == ("also", "middle")
    assert rings_of_three("end", ["owner", "wallet"], rated) == ()


def test_rings_of_three__within_the_agents_side__are_none() -> None:
    """Owner and wallet rating each other's agents are no third party, nor is the client its own."""
    rated = {"owner": {"wallet", "client"}, "wallet": {"client"}, "client": {"client"}}
    assert rings_of_three("client", ["owner", "wallet"], rated) == ()


names = st.sampled_from("abcdef")


@given(names, st.sets(names, max_size=2), st.dictionaries(names, st.sets(names)))
def test_rings__in_any_graph__are_the_paths_of_their_length(
    client: str, side: set[str], rated: dict[str, set[str]]
) -> None:
    edges = {(rater, owner) for rater, owners in rated.items() for owner in owners}
    starts = side - {client}
    twos = {start for start in starts if (start, client) in edges}
    threes = {
        middle
        for start in starts
        for middle in set("abcdef") - side - {client}
        if {(start, middle), (middle, client)} <= edges
    }
    assert reciprocity(client, side, rated) == tuple(sorted(twos))
    assert rings_of_three(client, side, rated) == tuple(sorted(threes))

"""The score and its level: formulas, what nobody can do to them, replay, and docs/reputation.md."""

from __future__ import annotations

import copy
import json
import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import fields, replace
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from audit import markdown
from audit.sources import ROOT
from registry_api.exact import plain, wilson_interval
from registry_api.policy import UNBOUNDED_TAGS, Policy, Scale
from registry_api.replay import InvalidDocumentError, differences, recompute, result_of, to_document
from registry_api.score import Client, Group, Level, Reason, Score, score
from registry_api.signals import INTEREST, STANDING, Facts, Role, Signal

DAY = 86_400
NOW = 1_700_000_000
STARRED = Group("starred", "", 0)
POLICY = Policy()
BEST = 100


def client(name: str, *values: int, **facts: Any) -> Client:
    """One whose feedback is on the scale: established and without any flag, unless stated."""
    known: dict[str, Any] = {
        "first_feedback": NOW,
        "last_feedback": NOW,
        "first_seen": NOW - 30 * DAY,
        "agents_rated": 2,
        "roles": frozenset(),
        "funding": (),
        "rated_by": (),
        "ring_through": (),
    }
    return Client(Facts(name, **{**known, **facts}), len(values), sum(values))


def clients(number: int, *values: int, name: str = "client", **facts: Any) -> list[Client]:
    return [client(f"{name} {index}", *values, **facts) for index in range(number)]


THIN = {"agents_rated": 1}
"""Facts of a client that is not established."""
INTERESTED: dict[Signal, dict[str, Any]] = {
    Signal.EX_OWNER: {"roles": frozenset({Role.OWNER})},
    Signal.EX_OPERATOR: {"roles": frozenset({Role.OPERATOR})},
    Signal.EX_WALLET: {"roles": frozenset({Role.WALLET})},
    Signal.FUNDED_BY_OWNER: {"funding": ("0xpayment",)},
    Signal.RECIPROCITY: {"rated_by": ("owner",)},
}


def level(listed: Sequence[Client], policy: Policy = POLICY) -> Level | None:
    return score(STARRED, listed, policy).decision.level


def numbers(found: Score) -> tuple[Decimal, Decimal, Decimal]:
    """The bounds and, between them, the point of a score that has them."""
    assert found.lower is not None
    assert found.point is not None
    assert found.upper is not None
    return found.lower, found.point, found.upper


@st.composite
def any_client(draw: st.DrawFn, name: str, *, interested: bool = True) -> Client:
    """Any facts, any feedback on the scale."""
    count = draw(st.integers(1, 5))
    first = draw(st.integers(NOW, NOW + 10 * DAY))
    last = draw(st.integers(first, NOW + 20 * DAY))
    none, found = frozenset[Role](), draw(st.frozensets(st.sampled_from(Role)))
    facts = Facts(
        name,
        first,
        last,
        first_seen=draw(st.none() | st.integers(NOW - 10 * DAY, first)),
        agents_rated=draw(st.none() | st.integers(1, 3)),
        roles=draw(st.sampled_from([None, none, found if interested else none])),
        funding=draw(st.sampled_from([None, (), ("0xpayment",) if interested else ()])),
        rated_by=draw(st.sampled_from([None, (), ("owner",) if interested else ()])),
        ring_through=draw(st.sampled_from([None, (), ("middle",)])),
    )
    return Client(facts, count, draw(st.integers(0, count * BEST)), draw(st.integers(0, 2)))


@st.composite
def any_clients(draw: st.DrawFn, least: int = 1, *, interested: bool = True) -> list[Client]:
    number = draw(st.integers(least, 12))
    return [draw(any_client(f"client {index}", interested=interested)) for index in range(number)]


# ---------------------------------------------------------------------------------------------------------- the point


def test_score__of_established_clients__is_their_mean_with_wilsons_interval() -> None:
    listed = [client("a", 100), client("b", 80), *clients(8, 90)]
    found = score(STARRED, listed, POLICY)

    assert numbers(found) == (Decimal("0.595843"), Decimal("0.900000"), Decimal("0.982125"))
    assert (found.evidence, found.gross_evidence) == (Decimal("10.000000"), Decimal("10.000000"))
    assert (found.interest_share, found.thin_factor) == (Decimal("0.000000"), Decimal("1.000000"))
    assert (found.feedback, found.off_scale) == (10, 0)


@given(any_clients())
def test_score__of_any_clients__is_by_the_formulas(listed: list[Client]) -> None:
    """Once more from the document, with the flags of the result."""
    found = score(STARRED, listed, POLICY)
    by_name = {item.facts.address: item for item in listed}
    weights, interest_free, means = {}, Fraction(), {}
    for weighed in found.clients:
        name, flags = weighed.address, {flag.signal for flag in weighed.flags}
        means[name] = Fraction(by_name[name].total, by_name[name].count * BEST)
        standing = math.prod(Fraction(POLICY.weight(signal)) for signal in STANDING if signal in flags)
        praise = means[name] >= Fraction(2, 5)
        interest = math.prod(Fraction(POLICY.weight(signal)) for signal in INTEREST if praise and signal in flags)
        weights[name], interest_free = Fraction(standing * interest), interest_free + standing
        known = {*flags, *weighed.unknown}
        assert weighed.thin == any(signal in known for signal in STANDING)
    thin = sum((weights[weighed.address] for weighed in found.clients if weighed.thin), Fraction())
    factor = 2 / thin if thin > 2 else Fraction(1)
    counted = {weighed.address: weights[weighed.address] * (factor if weighed.thin else 1) for weighed in found.clients}
    evidence = sum(counted.values())
    successes = sum(weight * means[name] for name, weight in counted.items())

    assert {weighed.address for weighed in found.clients} == set(by_name)
    assert found.evidence == Decimal(math.floor(evidence * 10**6)).scaleb(-6)
    assert found.interest_share == _nearest(1 - sum(weights.values()) / interest_free)
    if evidence:
        lower, point, upper = numbers(found)
        assert point == _nearest(Fraction(successes) / evidence)
        assert (lower, upper) == wilson_interval(
            Fraction(successes), Fraction(evidence - successes), Fraction("1.96"), 6
        )
        assert 0 <= lower <= point <= upper <= 1
    else:
        assert found.point is found.lower is found.upper is None


def _nearest(number: Fraction) -> Decimal:
    return Decimal(round(number * 10**6)).scaleb(-6)


@pytest.mark.parametrize(("decimals", "value"), [(0, 87), (2, 8_700), (18, 87 * 10**18)])
def test_score__at_other_decimals__is_of_the_same_share(decimals: int, value: int) -> None:
    found = score(Group("starred", "", decimals), clients(5, value), POLICY)
    assert found.point == Decimal("0.87")


@pytest.mark.parametrize(
    ("tag1", "decimals", "value", "point"),
    [
        ("starred", 0, 87, "0.87"),
        ("reachable", 0, 1, "1"),
        ("ownerVerified", 0, 0, "0"),
        ("uptime", 2, 9_977, "0.9977"),
        ("successRate", 0, 89, "0.89"),
    ],
)
def test_score__of_the_standards_examples__is_on_their_scale(tag1: str, decimals: int, value: int, point: str) -> None:
    assert score(Group(tag1, "", decimals), clients(5, value), POLICY).point == Decimal(point)


@given(any_clients(), st.randoms(use_true_random=False))
def test_score__given_another_order__is_the_same(listed: list[Client], random: Random) -> None:
    shuffled = listed.copy()
    random.shuffle(shuffled)
    assert score(STARRED, shuffled, POLICY) == score(STARRED, listed, POLICY)


@given(any_clients(), st.integers(2, 1_000))
def test_score__given_a_client_that_says_the_same_often__counts_it_once(listed: list[Client], times: int) -> None:
    first, *others = listed
    again = replace(first, count=first.count * times, total=first.total * times)
    one, many = score(STARRED, listed, POLICY), score(STARRED, [again, *others], POLICY)
    assert replace(many, feedback=one.feedback) == one


# ------------------------------------------------------------------------------------------------------- monotonicity


@given(any_clients(), any_client("new", interested=False), st.booleans())
def test_score__given_one_more_good_client__does_not_fall(listed: list[Client], new: Client, best: bool) -> None:
    """Of full marks; and for point and lower bound, of marks that nobody else exceeds."""
    before = score(STARRED, listed, POLICY)
    assume(before.point is not None)
    share = Fraction(1) if best else max(Fraction(item.total, item.count) / BEST for item in listed)
    new = replace(new, count=BEST * 60, total=int(BEST * BEST * 60 * share))
    # A young client can make a burst of others: then it is not only its own opinion that comes.
    new = replace(new, facts=replace(new.facts, first_feedback=1, last_feedback=10 * DAY, first_seen=0))
    after = numbers(score(STARRED, [*listed, new], POLICY))
    assert numbers(before)[:2] <= after[:2]
    assert not best or numbers(before)[2] <= after[2]


@given(any_clients(), any_client("new", interested=True))
def test_score__given_one_more_critic__does_not_rise(listed: list[Client], new: Client) -> None:
    """Interested or not: who says 0 counts."""
    before = score(STARRED, listed, POLICY)
    assume(before.point is not None)
    critic = replace(new, total=0, facts=replace(new.facts, first_feedback=1, last_feedback=10 * DAY, first_seen=0))
    after = numbers(score(STARRED, [*listed, critic], POLICY))
    assert all(now <= then for now, then in zip(after, numbers(before), strict=True))


@given(any_clients(interested=False), st.integers(0, 5 * BEST))
def test_score__given_a_client_that_says_more__does_not_fall(listed: list[Client], more: int) -> None:
    first, *others = listed
    raised = replace(first, total=min(first.total + more, first.count * BEST))
    before, after = (numbers(score(STARRED, [item, *others], POLICY)) for item in (first, raised))
    assert all(now >= then for now, then in zip(after, before, strict=True))


@given(st.integers(1, 200), st.integers(0, 100))
def test_score__given_more_clients_of_the_same_opinion__is_more_certain(number: int, value: int) -> None:
    few, more = (numbers(score(STARRED, clients(count, value), POLICY)) for count in (number, number + 1))
    assert more[2] - more[0] < few[2] - few[0]
    assert more[1] == few[1]


# ------------------------------------------------------------------------------------------------------- thin clients


@pytest.mark.parametrize(
    ("facts", "weight"),
    [
        ({}, "1"),
        ({"agents_rated": 1}, "0.5"),
        ({"first_seen": NOW}, "0.5"),
        ({"first_seen": NOW, "agents_rated": 1}, "0.25"),
    ],
)
def test_weight__of_a_client__is_the_product_of_its_flags(facts: dict[str, Any], weight: str) -> None:
    (found,) = score(STARRED, [client("one", 50, **facts)], POLICY).clients
    assert found.weight == Decimal(weight)
    assert found.thin == bool(facts)


def test_weight__in_a_burst__is_halved_again() -> None:
    found = score(STARRED, clients(5, 50, first_seen=NOW), POLICY).clients
    assert {weighed.weight for weighed in found} == {Decimal("0.25")}


@pytest.mark.parametrize("unknown", ["first_seen", "agents_rated"])
def test_weight__of_a_client_of_unknown_standing__is_full_but_it_is_thin(unknown: str) -> None:
    (found,) = score(STARRED, [client("one", 50, **{unknown: None})], POLICY).clients
    assert found.weight == 1
    assert found.thin


@given(st.integers(4, 500), st.integers(0, 100), st.sampled_from([{}, {"first_seen": NOW}, {"first_seen": None}]))
def test_score__of_thin_clients_alone__stays_new(number: int, value: int, facts: dict[str, Any]) -> None:
    found = score(STARRED, clients(number, value, **{**THIN, **facts}), POLICY)
    assert found.evidence is not None
    assert found.evidence <= POLICY.thin_limit
    assert found.decision.level is Level.NEW


def test_score__given_any_number_of_thin_clients__moves_as_by_two() -> None:
    """A thousand throw-away accounts against ten established clients, either way."""
    for established, thin in ((0, 100), (100, 0)):
        listed = clients(10, established)
        crowd = clients(1_000, thin, name="thin", **THIN)
        assert numbers(score(STARRED, [*listed, *crowd], POLICY)) == numbers(
            score(STARRED, [*listed, *clients(2, thin, name="more")], POLICY)
        )


# ----------------------------------------------------------------------------------------------------------- interest


@pytest.mark.parametrize("signal", INTEREST)
def test_interest__in_praise__has_its_weight(signal: Signal) -> None:
    (found,) = score(STARRED, [client("one", 40, **INTERESTED[signal])], POLICY).clients
    assert found.weight == POLICY.weight(signal)
    assert [flag.signal for flag in found.flags] == [signal]


@pytest.mark.parametrize("signal", INTEREST)
def test_interest__in_criticism__counts_in_full(signal: Signal) -> None:
    """The critic's veto of V4, once more: approving or paying a critic must not silence it."""
    listed = clients(10, 100)
    critics, flagged = (
        clients(5, 39, name="critic"),
        clients(5, 39, name="critic", **INTERESTED[signal]),
    )
    assert numbers(score(STARRED, [*listed, *critics], POLICY)) == numbers(score(STARRED, [*listed, *flagged], POLICY))


def test_ring_of_three__of_a_client__costs_it_nothing() -> None:
    """A stranger can close one around anybody."""
    (found,) = score(STARRED, [client("one", 90, ring_through=("middle",))], POLICY).clients
    assert found.weight == 1
    assert [flag.signal for flag in found.flags] == [Signal.RING_OF_THREE]


def test_interest__of_all_clients__leaves_no_score() -> None:
    found = score(STARRED, clients(4, 100, roles=frozenset({Role.OPERATOR})), POLICY)
    assert found.point is found.lower is found.upper is None
    assert found.evidence == 0
    assert found.decision.level is Level.NEW


# ------------------------------------------------------------------------------------------------------------- levels


@pytest.mark.parametrize(
    ("listed", "expected", "reason"),
    [
        (clients(1, 0), Level.NEW, Reason.LITTLE_EVIDENCE),
        (clients(4, 100), Level.NEW, Reason.LITTLE_EVIDENCE),
        (clients(5, 100), Level.FAIR, Reason.LOWER_BOUND),
        (clients(6, 100), Level.GOOD, Reason.LOWER_BOUND),
        (clients(15, 100), Level.GOOD, Reason.LOWER_BOUND),
        (clients(16, 100), Level.EXCELLENT, Reason.LOWER_BOUND),
        (clients(10, 50), Level.POOR, Reason.LOWER_BOUND),
        (clients(11, 0), Level.POOR, Reason.LOWER_BOUND),
        (clients(12, 0), Level.UNTRUSTED, Reason.UPPER_BOUND),
        (clients(5, 100, funding=("0xpayment",)), Level.UNTRUSTED, Reason.INTEREST),
        (clients(4, 100, funding=("0xpayment",)), Level.NEW, Reason.LITTLE_EVIDENCE),
        ([*clients(6, 100), *clients(6, 100, name="paid", funding=("0x",))], Level.GOOD, Reason.LOWER_BOUND),
        ([*clients(6, 100), *clients(7, 100, name="paid", funding=("0x",))], Level.UNTRUSTED, Reason.INTEREST),
        (clients(40, 100, rated_by=("owner",)), Level.EXCELLENT, Reason.LOWER_BOUND),
        (clients(500, 100, funding=("0xpayment",), first_seen=NOW), Level.UNTRUSTED, Reason.INTEREST),
    ],
)
def test_level__given_clients__is_by_one_comparison(listed: list[Client], expected: Level, reason: Reason) -> None:
    found = score(STARRED, listed, POLICY)
    assert (found.decision.level, found.decision.reason) == (expected, reason)
    assert found.decision.threshold is not None


@given(any_clients(interested=False))
def test_level__given_any_clients__holds_for_what_it_says_it_saw(listed: list[Client]) -> None:
    found = score(STARRED, listed, POLICY)
    decision, scale = found.decision, POLICY.scale("starred")
    assert scale is not None
    assert decision.seen is not None
    assert decision.threshold is not None
    lower, _, upper = numbers(found)
    if decision.level is Level.NEW:
        assert (decision.seen, decision.threshold) == (found.evidence, POLICY.minimum_evidence)
        assert decision.seen < decision.threshold
    elif decision.level is Level.UNTRUSTED:
        assert (decision.seen, decision.threshold) == (upper, scale.untrusted)
        assert decision.seen < decision.threshold
    else:
        assert decision.level is not None
        starts = {"poor": scale.fair, "fair": scale.fair, "good": scale.good, "excellent": scale.excellent}
        assert (decision.seen, decision.threshold) == (lower, starts[decision.level])
        assert (decision.seen >= decision.threshold) == (decision.level is not Level.POOR)


@pytest.mark.parametrize(
    ("tag1", "listed", "reason"),
    [
        ("starred", [], Reason.NO_FEEDBACK),
        ("starred", [replace(client("one"), off_scale=3)], Reason.NO_FEEDBACK),
        *((tag, [], Reason.UNBOUNDED_SCALE) for tag in sorted(UNBOUNDED_TAGS)),
        ("Starred", clients(9, 100), Reason.UNKNOWN_SCALE),
        ("", clients(9, 100), Reason.UNKNOWN_SCALE),
    ],
)
def test_level__without_a_scale_or_feedback_on_it__is_none(tag1: str, listed: list[Client], reason: Reason) -> None:
    found = score(Group(tag1, "", 0), listed, POLICY)
    assert (found.decision.level, found.decision.reason) == (None, reason)
    assert found.point is found.lower is found.upper is found.evidence is found.interest_share is None
    assert found.clients == ()


def test_score__given_feedback_off_the_scale__says_how_much_and_ignores_it() -> None:
    found = score(STARRED, [replace(client("one", 80), off_scale=2), replace(client("two"), off_scale=1)], POLICY)
    assert (found.point, found.feedback, found.off_scale) == (Decimal("0.8"), 1, 3)
    assert [weighed.address for weighed in found.clients] == ["one"]


@pytest.mark.parametrize("scale", POLICY.scales, ids=lambda scale: scale.tag1)
def test_level__of_an_agent_at_a_threshold__is_rarely_undeserved(scale: Scale) -> None:
    """How often 5 to 100 independent clients who say all or nothing lift an agent over a threshold at which its true
    mean is: nominally in 2.5 % of cases; the docs say never more than 5 %."""
    for threshold in (scale.fair, scale.good, scale.excellent):
        truth = float(threshold)
        for number in range(5, 101):
            least = bisect_left(
                range(number + 1),
                threshold,
                key=lambda good: wilson_interval(Fraction(good), Fraction(number - good), Fraction("1.96"), 6)[0],
            )
            lifted = sum(
                math.comb(number, good) * truth**good * (1 - truth) ** (number - good)
                for good in range(least, number + 1)
            )
            assert lifted <= 0.05, f"{number} clients at {threshold}"


# --------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ([client("one", 5), client("one", 6)], "appears twice"),
        ([client("one", 101)], "one: 101 is not the sum of 1 values from 0 to 100"),
        ([client("one", -1)], "one: -1 is not the sum"),
        ([replace(client("one"), total=1)], "one: 1 is not the sum of 0 values"),
        ([replace(client("one"), count=-1)], "a count is below 0"),
        ([replace(client("one", 1), off_scale=-1)], "a count is below 0"),
    ],
)
def test_score__given_impossible_inputs__refuses(listed: list[Client], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        score(STARRED, listed, POLICY)


@pytest.mark.parametrize("decimals", [-1, 19])
def test_group__given_impossible_decimals__is_refused(decimals: int) -> None:
    with pytest.raises(ValueError, match="decimals"):
        Group("starred", "", decimals)


@pytest.mark.parametrize(
    "change",
    [
        {"z": Decimal(0)},
        {"z": Decimal("NaN")},
        {"minimum_evidence": Decimal(0)},
        {"thin_limit": Decimal(5)},
        {"thin_limit": Decimal(-1)},
        {"untrusted_interest_share": Decimal("1.1")},
        {"young_seconds": -1},
        {"burst_seconds": -1},
        {"burst_clients": 0},
        {"young_weight": Decimal(0)},
        {"one_agent_weight": Decimal("1.01")},
        {"ex_owner_weight": Decimal("-0.1")},
        {"reciprocity_weight": Decimal("Infinity")},
        {"scales": POLICY.scales[:1] * 2},
    ],
    ids=str,
)
def test_policy__given_a_constant_out_of_its_range__names_it(change: dict[str, Any]) -> None:
    (name,) = change
    with pytest.raises(ValueError, match=f"^{name}:"):
        Policy(**change)


@pytest.mark.parametrize(
    "change",
    [{"maximum": 0}, {"untrusted": Decimal("0.5")}, {"excellent": Decimal("1.1")}, {"good": Decimal("NaN")}],
    ids=str,
)
def test_scale__given_levels_out_of_order__is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="scale starred"):
        replace(POLICY.scales[0], **change)


def test_policy__given_other_constants__computes_with_them() -> None:
    listed = clients(4, 100, agents_rated=1)
    assert level(listed) is Level.NEW
    lenient = Policy(one_agent_weight=Decimal(1), minimum_evidence=Decimal(4), thin_limit=Decimal("3.9"))
    assert score(STARRED, listed, lenient).evidence == Decimal("3.9")
    assert level([*clients(1, 100, name="one more"), *listed], lenient) is Level.FAIR


# ------------------------------------------------------------------------------------------------------------- replay

groups = st.builds(
    Group, st.sampled_from(["starred", "uptime", "revenues", "anything"]), st.text(max_size=5), st.integers(2, 18)
)


@given(groups, any_clients(0))
def test_document__through_json__gives_the_same_score(group: Group, listed: list[Client]) -> None:
    document = json.loads(json.dumps(to_document(group, listed, POLICY)))
    again = recompute(document)
    assert result_of(again) == document["result"]
    assert differences(document) == []
    if POLICY.scale(group.tag1):
        assert again == score(group, listed, POLICY)


def test_document__of_other_constants__is_recomputed_with_them() -> None:
    policy = Policy(z=Decimal("1.645"), scales=(Scale("mine", 7, *map(Decimal, ("0.1", "0.2", "0.3", "0.4"))),))
    group = Group("mine", "", 0)
    document = json.loads(json.dumps(to_document(group, clients(9, 6), policy)))
    assert recompute(document) == score(group, clients(9, 6), policy)


def test_document__with_sums_beyond_a_double__is_exact() -> None:
    group = Group("starred", "", 18)
    listed = [client("one", 100 * 10**18, 10**20 - 1)]
    document = json.loads(json.dumps(to_document(group, listed, POLICY)))
    assert document["inputs"][0]["total"] == str(2 * 10**20 - 1)
    assert recompute(document) == score(group, listed, POLICY)


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of everything in a document that is no object and no list."""
    if isinstance(value, dict):
        return [leaf for name, item in value.items() for leaf in leaves(item, (*path, name))]
    if isinstance(value, list):
        return [leaf for index, item in enumerate(value) for leaf in leaves(item, (*path, index))]
    return [path]


EXAMPLE = to_document(STARRED, [*clients(6, 90), client("paid", 100, funding=("0x1",), agents_rated=None)], POLICY)


PARTS = [path for path in leaves(EXAMPLE) if path[0] != "result" and isinstance(path[-1], str)]


def changed(path: Sequence[str | int], value: Any) -> dict[str, Any]:
    document = copy.deepcopy(EXAMPLE)
    target: Any = document
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return document


@pytest.mark.parametrize("path", leaves(EXAMPLE["result"]), ids=str)
def test_differences__given_another_result__name_the_place(path: tuple[str | int, ...]) -> None:
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    (found,) = differences(changed(("result", *path), "else"))
    assert found.startswith(f"result{place}: 'else' is stated, ")


def test_differences__given_what_python_takes_for_the_same__tell_them_apart() -> None:
    assert differences(changed(("result", "feedback"), 7.0)) == ["result.feedback: 7.0 is stated, 7 is computed"]
    assert differences(changed(("result", "clients", 0, "thin"), 0)) != []


def test_differences__given_more_or_less_than_a_result__name_it() -> None:
    document = changed(("result", "extra"), 1)
    del document["result"]["point"]
    assert differences(document) == ["result.point: missing", "result.extra: unknown"]
    assert len(differences(changed(("result", "clients"), []))) == 1
    assert len(differences(changed(("result",), None))) == 1


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("policy_version",), "0", "policy_version: '0', but this is policy version '1'"),
        (("policy",), [], "policy: not an object"),
        (("policy", "z"), 1.96, "policy.z: not a string"),
        (("policy", "z"), "1e9", "policy.z: not a string of a decimal number"),
        (("policy", "z"), "0", "policy: z: 0 is not above 0"),
        (("policy", "burst_clients"), "5", "policy.burst_clients: not an integer"),
        (("policy", "burst_clients"), True, "policy.burst_clients: not an integer"),
        (("policy", "mine"), 1, "policy: unknown: mine"),
        (("policy", "scales"), {}, "policy.scales: not a list"),
        (("policy", "scales", 0, "good"), "2", "policy: scale starred: "),
        (("policy", "scales", 0, "extra"), "2", "policy.scales[0]: unknown: extra"),
        (("group", "decimals"), 19, "group: decimals: 19"),
        (("group", "agent"), 19, "group: unknown: agent"),
        (("inputs",), None, "inputs: not a list"),
        (("inputs", 0, "total"), 90, "inputs[0].total: not a string"),
        (("inputs", 0, "total"), "9" * 61, "inputs[0].total: not a string of an integer"),
        (("inputs", 0, "total"), "101", "inputs: client 0: 101 is not the sum"),
        (("inputs", 0, "address"), "paid", "inputs: clients: an address appears twice"),
        (("inputs", 0, "roles"), ["king"], "inputs[0]: 'king' is not a valid Role"),
        (("inputs", 0, "first_seen"), 2 * NOW, "inputs[0]: client 0: it was first seen after"),
        (("inputs", 0, "trusted"), True, "inputs[0]: unknown: trusted"),
    ],
    ids=str,
)
def test_recompute__given_a_document_that_is_none__names_the_place(
    path: tuple[str | int, ...], value: Any, words: str
) -> None:
    with pytest.raises(InvalidDocumentError, match="^" + re.escape(words)):
        recompute(changed(path, value))


@pytest.mark.parametrize("path", PARTS, ids=str)
def test_recompute__given_a_document_without_one_of_its_parts__names_it(path: tuple[str | int, ...]) -> None:
    document = copy.deepcopy(EXAMPLE)
    target: Any = document
    for step in path[:-1]:
        target = target[step]
    del target[path[-1]]
    with pytest.raises(InvalidDocumentError, match=r"missing$"):
        recompute(document)


# ------------------------------------------------------------------------------------------------- docs/reputation.md

TEXT = (ROOT / "docs" / "reputation.md").read_text(encoding="utf-8")
TABLES = markdown.tables(TEXT)


def test_docs__of_the_constants__are_the_defaults() -> None:
    rows = TABLES["Constant", "Default", "Unit", "Meaning"]
    assert [(name, value) for name, value, _, _ in rows] == [
        (f"`{field.name}`", f"{field.default:,}") for field in fields(Policy) if field.name != "scales"
    ]
    assert all(unit and meaning for _, _, unit, meaning in rows)


def test_docs__of_the_scales__are_the_defaults() -> None:
    rows = TABLES["tag1", "Maximum", "untrusted below", "fair from", "good from", "excellent from"]
    assert rows == [(f"`{scale.tag1}`", *(str(item) for item in _constants(scale))) for scale in POLICY.scales]
    for tag in UNBOUNDED_TAGS:
        assert f"`{tag}`" in TEXT


def _constants(scale: Scale) -> list[int | Decimal]:
    return [scale.maximum, scale.untrusted, scale.fair, scale.good, scale.excellent]


def test_docs__of_the_signals__are_all_of_their_kind() -> None:
    rows = TABLES["Signal", "Kind", "Raised if", "Seen"]
    kinds = {**dict.fromkeys(STANDING, "standing"), **dict.fromkeys(INTEREST, "interest")}
    assert [(name, kind) for name, kind, _, _ in rows] == [
        (f"`{signal.value}`", kinds.get(signal, "neither")) for signal in Signal
    ]


def test_docs__of_levels_and_reasons__are_all() -> None:
    rows = TABLES["Level", "Reason", "If"]
    assert {name for name, _, _ in rows} == {"none", *(f"`{level.value}`" for level in Level)}
    assert {name for _, names, _ in rows for name in re.findall(r"`(\w+)`", names)} == {*Reason}


def test_docs__of_how_many_clients_it_takes__are_right() -> None:
    rows = TABLES["Scale", "fair", "good", "excellent"]
    assert [row[0] for row in rows] == [f"`{scale.tag1}`" for scale in POLICY.scales]
    for name, *counts in rows:
        group = Group(name.strip("`"), "", 0)
        scale = POLICY.scale(group.tag1)
        assert scale is not None
        for wanted, least in zip((Level.FAIR, Level.GOOD, Level.EXCELLENT), map(int, counts), strict=True):
            few, enough = (score(group, clients(n, scale.maximum), POLICY) for n in (least - 1, least))
            order = list(Level)
            assert enough.decision.level is not None
            assert few.decision.level is not None
            assert order.index(few.decision.level) < order.index(wanted) <= order.index(enough.decision.level)


def example() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(TEXT.partition("```json\n")[2].partition("```")[0])
    return document


def test_docs__in_their_example__are_recomputed() -> None:
    assert differences(example()) == []


def test_docs__in_their_example__are_the_document_of_its_defaults() -> None:
    """All of it, so that the example shows the form of every response."""
    document = example()
    again = recompute(document)
    assert document["policy"] == to_document(again.group, [], POLICY)["policy"]
    assert list(document) == list(EXAMPLE)


def test_docs__in_the_examples_text__are_its_numbers() -> None:
    document = example()
    found = recompute(document)
    rows = TABLES["Client", "Mean", "Flags", "Weight"]
    assert rows == [
        (
            f"`{weighed.address[:6]}`",
            str(weighed.mean.normalize()),
            ", ".join(f"`{flag.signal.value}`" for flag in weighed.flags) or "none",
            str(weighed.weight.normalize()),
        )
        for weighed in found.clients
    ]
    told = TEXT.partition("## Worked example")[2].partition("```json")[0]
    for number in (found.point, found.lower, found.upper, found.evidence, found.interest_share):
        assert number is not None
        assert plain(number) in told
    assert f"**{found.decision.level}**" in told

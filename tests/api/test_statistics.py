"""Summaries of a group, and the exact numbers under them and under the score, against Python's fractions."""

from __future__ import annotations

import statistics
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry_api.exact import decimal, half_even, plain, rounded_down, wilson_interval
from registry_api.summary import EXTRA_PLACES, MAX_BUCKETS, Entry, Period, distribution, summarize

LIMIT = 10**38
"""Of a value, either way."""

values = st.one_of(st.integers(-3, 3), st.integers(-LIMIT, LIMIT))
times = st.integers(0, 2**32 - 1)
entries = st.builds(Entry, st.sampled_from(["client", "another", "third"]), values, times)
periods = st.sampled_from(Period)
decimals = st.integers(0, 18)


def is_nearest(number: Decimal, exact: Fraction, places: int) -> bool:
    """Whether it has so many places, and none with as many is nearer; of two, the even one."""
    assert number.as_tuple().exponent == -places
    distance = abs(Fraction(number) - exact) * 10**places
    return distance < Fraction(1, 2) or (distance == Fraction(1, 2) and number.as_tuple().digits[-1] % 2 == 0)


# ------------------------------------------------------------------------------------------------------ exact numbers


@given(st.fractions(), st.integers(0, 30))
@example(Fraction(1, 2), 0)
@example(Fraction(3, 2), 0)
@example(Fraction(-1, 10**9), 6)
def test_half_even__given_any_number__is_the_nearest(number: Fraction, places: int) -> None:
    assert is_nearest(half_even(number, places), number, places)


@given(st.fractions(), st.integers(0, 30))
def test_rounded_down__given_any_number__is_less_than_one_unit_below(number: Fraction, places: int) -> None:
    assert 0 <= (number - Fraction(rounded_down(number, places))) * 10**places < 1


@pytest.mark.parametrize(
    ("units", "places", "text"),
    [
        (0, 22, "0.0000000000000000000000"),
        (-1, 22, "-0.0000000000000000000001"),
        (15, 1, "1.5"),
        (-LIMIT, 0, f"-1{'0' * 38}"),
        (LIMIT + 1, 18, f"1{'0' * 20}.{'0' * 17}1"),
    ],
)
def test_plain__given_a_number__has_all_digits_and_no_exponent(units: int, places: int, text: str) -> None:
    assert plain(decimal(units, places)) == text


# -------------------------------------------------------------------------------------------------- Wilson's interval

Z = Fraction("1.96")


@pytest.mark.parametrize(
    ("successes", "failures", "lower", "upper"),
    [
        (0, 1, 0.0, 0.7934567085261071),
        (1, 0, 0.20654329147389294, 1.0),
        (1, 1, 0.09452865480086611, 0.905471345199134),
        (1, 10, 0.016231752262825982, 0.3773646254862038),
        (10, 90, 0.05522854161313612, 0.1743673043676654),
        (25, 75, 0.17545094003724265, 0.3430464637007583),
        (100, 0, 0.9630051925239981, 1.0),
    ],
)
def test_wilson_interval__given_counts__is_what_others_compute(
    successes: int, failures: int, lower: float, upper: float
) -> None:
    """Against figures that were published for z = 1.96, in floating point."""
    found = wilson_interval(Fraction(successes), Fraction(failures), Z, 12)
    assert [float(bound) for bound in found] == pytest.approx([lower, upper], abs=2e-12)


amounts = st.fractions(0, 10**6, max_denominator=10**6)
quantiles = st.fractions("0.01", 10, max_denominator=100)


@given(amounts, amounts.filter(bool), quantiles, st.booleans())
@example(Fraction(1, 2), Fraction(1, 2), Fraction(1), False)  # bounds just beside whole units
def test_wilson_interval__given_any_evidence__is_the_narrowest_one_around_the_formulas(
    one: Fraction, other: Fraction, z: Fraction, swap: bool
) -> None:
    """Each bound solves the defining equation within its last place, and is rounded outward."""
    successes, failures = (other, one) if swap else (one, other)
    evidence, unit = successes + failures, Fraction(1, 10**6)
    lower, upper = (Fraction(bound) for bound in wilson_interval(successes, failures, z, 6))

    def inside(p: Fraction) -> bool:
        return (successes - evidence * p) ** 2 <= z**2 * evidence * p * (1 - p)

    assert 0 <= lower <= successes / evidence <= upper <= 1
    assert inside(lower + unit) or lower + unit > successes / evidence
    assert inside(upper - unit) or upper - unit < successes / evidence
    # Outside of it, however little, nothing is in the interval: the bounds may lie on its ends.
    assert lower == 0 or not inside(lower - unit / 10**30)
    assert upper == 1 or not inside(upper + unit / 10**30)


@given(amounts, amounts.filter(bool), amounts)
def test_wilson_interval__given_more_of_one_kind__moves_that_way(
    successes: Fraction, failures: Fraction, more: Fraction
) -> None:
    before = wilson_interval(successes, failures, Z, 6)
    praised = wilson_interval(successes + more, failures, Z, 6)
    blamed = wilson_interval(successes, failures + more, Z, 6)
    assert blamed[0] <= before[0] <= praised[0]
    assert blamed[1] <= before[1] <= praised[1]


@given(amounts, amounts.filter(bool), st.fractions(1, 100))
def test_wilson_interval__given_more_of_the_same__gets_no_wider(
    successes: Fraction, failures: Fraction, times_: Fraction
) -> None:
    lower, upper = wilson_interval(successes, failures, Z, 6)
    narrower = wilson_interval(successes * times_, failures * times_, Z, 6)
    assert narrower[1] - narrower[0] <= upper - lower + Decimal("0.000002")


# ---------------------------------------------------------------------------------------------------------- summaries


@given(st.lists(entries, min_size=1, max_size=60), decimals, periods)
def test_summarize__given_any_feedback__is_that_of_fractions(
    feedback: list[Entry], places: int, period: Period
) -> None:
    found = summarize(feedback, places, period)
    exact = [Fraction(entry.value, 10**places) for entry in feedback]

    assert found.count == len(feedback) == sum(bucket.count for bucket in found.distribution)
    assert found.clients == len({entry.client for entry in feedback})
    assert found.average is not None
    assert found.median is not None
    assert is_nearest(found.average, sum(exact, Fraction()) / len(exact), places + EXTRA_PLACES)
    assert Fraction(found.median) == statistics.median(exact)
    assert found.minimum == decimal(min(entry.value for entry in feedback), places)
    assert found.maximum == decimal(max(entry.value for entry in feedback), places)
    assert sum(point.count for point in found.series) == len(feedback)


@given(st.lists(entries, max_size=30), decimals, periods, st.randoms(use_true_random=False))
def test_summarize__given_another_order__is_the_same(
    feedback: list[Entry], places: int, period: Period, random: object
) -> None:
    shuffled = feedback.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert summarize(shuffled, places, period) == summarize(feedback, places, period)


def test_summarize__given_nothing__counts_0_and_knows_no_average() -> None:
    found = summarize([], 0, Period.DAY)
    assert (found.count, found.clients, found.distribution, found.series) == (0, 0, (), ())
    assert found.average is found.median is found.minimum is found.maximum is None


# ------------------------------------------------------------------------------------------------------- distribution


@given(st.lists(values, min_size=1, max_size=100))
@example(list(range(MAX_BUCKETS)))
@example([*range(MAX_BUCKETS - 1), LIMIT])
@example([*range(MAX_BUCKETS + 1), 1, 1])
@example([*range(MAX_BUCKETS), LIMIT])
def test_distribution__given_any_values__has_each_value_in_one_bucket(listed: list[int]) -> None:
    buckets = distribution(listed)

    assert len(buckets) <= MAX_BUCKETS
    for bucket in buckets:
        assert bucket.count == sum(bucket.low <= value <= bucket.high for value in listed)
    assert sum(bucket.count for bucket in buckets) == len(listed)
    if len(set(listed)) <= MAX_BUCKETS:
        assert [bucket.low for bucket in buckets] == [bucket.high for bucket in buckets] == sorted(set(listed))
    else:
        width = buckets[0].high - buckets[0].low + 1
        assert [(bucket.low, bucket.high) for bucket in buckets] == [
            (min(listed) + number * width, min(listed) + (number + 1) * width - 1) for number in range(len(buckets))
        ]
        assert buckets[-1].low <= max(listed) <= buckets[-1].high
        assert (width - 1) * MAX_BUCKETS < max(listed) - min(listed) + 1 <= width * MAX_BUCKETS


# ------------------------------------------------------------------------------------------------------------- series


def _start(time: int, period: Period) -> int:
    """By the calendar."""
    day = datetime.fromtimestamp(time, UTC).replace(hour=0, minute=0, second=0)
    if period is Period.WEEK:
        day -= timedelta(days=day.weekday())
    elif period is Period.MONTH:
        day = day.replace(day=1)
    return int(day.timestamp())


@given(times, periods)
@example(1_709_164_800, Period.MONTH)  # 29 February 2024
def test_period__given_any_time__begins_by_the_calendar(time: int, period: Period) -> None:
    assert period.start(time) == _start(time, period)


@given(st.lists(st.builds(Entry, st.just("client"), values, st.integers(10**9, 10**9 + 10**7)), max_size=60), periods)
def test_series__given_any_feedback__has_the_periods_with_any(feedback: list[Entry], period: Period) -> None:
    series = summarize(feedback, 2, period).series
    assert [point.start for point in series] == sorted({_start(entry.time, period) for entry in feedback})
    for point in series:
        inside = [entry.value for entry in feedback if _start(entry.time, period) == point.start]
        assert point.count == len(inside)
        assert is_nearest(point.average, Fraction(sum(inside), 100 * len(inside)), 2 + EXTRA_PLACES)

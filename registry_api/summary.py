"""What can be said exactly of the live feedback of one group: an agent's feedback with the same tags and decimals.

Other tags or other decimals are another scale: nothing here ever sees two groups. Without feedback the count is 0, and
what nobody can know, such as the average, is None.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from registry_api.exact import half_even

EXTRA_PLACES = 4
"""How many places an average or a median has beyond the group's decimals; rounded half to even."""
MAX_BUCKETS = 20
"""A distribution's; as many different values are counted one by one."""

_SECONDS_A_DAY = 86_400
_DAYS_TO_MONDAY = 3
"""1970 began on a Thursday: its first week three days before."""


class Period(StrEnum):
    """Of time series: calendar days, weeks from Monday, and months, in UTC."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def start(self, time: int) -> int:
        """When the period began that a time is in, both in Unix seconds."""
        day = time // _SECONDS_A_DAY
        if self is Period.WEEK:
            day -= (day + _DAYS_TO_MONDAY) % 7
        elif self is Period.MONTH:
            day -= datetime.fromtimestamp(time, UTC).day - 1
        return day * _SECONDS_A_DAY


@dataclass(frozen=True)
class Entry:
    """One feedback that is not revoked.

    :ivar client: its address, always in the same form
    :ivar value: in units of 10^-decimals
    :ivar time: its block's, Unix seconds
    """

    client: str
    value: int
    time: int


@dataclass(frozen=True)
class Bucket:
    """How many values lie from `low` to `high`, both included, in units of 10^-decimals."""

    low: int
    high: int
    count: int


@dataclass(frozen=True)
class Point:
    """A period with feedback.

    :ivar start: Unix seconds
    """

    start: int
    count: int
    average: Decimal


@dataclass(frozen=True)
class Summary:
    """What a group's feedback says; averages, median and extremes are in the feedback's own unit.

    :ivar clients: how many different ones
    :ivar average: None, as the three after it, if there is no feedback
    :ivar distribution: by value, as {distribution} has it
    :ivar series: the periods with feedback, by time; one without has no average, and is left out
    """

    count: int
    clients: int
    average: Decimal | None
    median: Decimal | None
    minimum: Decimal | None
    maximum: Decimal | None
    distribution: tuple[Bucket, ...]
    series: tuple[Point, ...]


def summarize(entries: Iterable[Entry], decimals: int, period: Period) -> Summary:
    """The summary of a group.

    :param entries: in any order
    :param decimals: the group's
    :param period: of the time series
    """
    listed = list(entries)
    values = sorted(entry.value for entry in listed)
    return Summary(
        count=len(values),
        clients=len({entry.client for entry in listed}),
        average=average(values, decimals) if values else None,
        median=_median(values, decimals) if values else None,
        minimum=_in_unit(Fraction(values[0]), decimals, 0) if values else None,
        maximum=_in_unit(Fraction(values[-1]), decimals, 0) if values else None,
        distribution=distribution(values),
        series=series(listed, decimals, period),
    )


def average(values: Sequence[int], decimals: int) -> Decimal:
    """The mean of at least one value, with `EXTRA_PLACES` more than the decimals."""
    return _in_unit(Fraction(sum(values), len(values)), decimals, EXTRA_PLACES)


def _median(values: Sequence[int], decimals: int) -> Decimal:
    """Of sorted values: the middle one, or halfway between the two in the middle; exact."""
    middle = Fraction(values[(len(values) - 1) // 2] + values[len(values) // 2], 2)
    return _in_unit(middle, decimals, EXTRA_PLACES)


def _in_unit(number: Fraction, decimals: int, extra_places: int) -> Decimal:
    return half_even(number / 10**decimals, decimals + extra_places)


def distribution(values: Sequence[int]) -> tuple[Bucket, ...]:
    """How values spread: each with its count if few differ; otherwise in equal buckets without gaps.

    The width is the least whole number of units with which `MAX_BUCKETS` are enough. Buckets begin at the lowest value;
    the last one may end above the highest.
    """
    counts = Counter(values)
    if len(counts) <= MAX_BUCKETS:
        return tuple(Bucket(value, value, counts[value]) for value in sorted(counts))
    low, high = min(counts), max(counts)
    width = -(-(high - low + 1) // MAX_BUCKETS)
    filled: Counter[int] = Counter()
    for value, count in counts.items():
        filled[(value - low) // width] += count
    starts = (low + number * width for number in range((high - low) // width + 1))
    return tuple(Bucket(start, start + width - 1, filled[number]) for number, start in enumerate(starts))


def series(entries: Iterable[Entry], decimals: int, period: Period) -> tuple[Point, ...]:
    """Count and average of each period with feedback, by time."""
    values: defaultdict[int, list[int]] = defaultdict(list)
    for entry in entries:
        values[period.start(entry.time)].append(entry.value)
    return tuple(Point(start, len(found), average(found, decimals)) for start, found in sorted(values.items()))

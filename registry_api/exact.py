"""Exact numbers, rounded once and as stated, so that whoever computes them again gets the same digits."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import isqrt


def half_even(number: Fraction, places: int) -> Decimal:
    """A number with so many decimal places, the nearest one; of two, the one that ends in an even digit."""
    return decimal(round(number * 10**places), places)


def rounded_down(number: Fraction, places: int) -> Decimal:
    """A number with so many decimal places, the nearest one that is not above."""
    return decimal(number * 10**places // 1, places)


def decimal(units: int, places: int) -> Decimal:
    """`units * 10^-places`, with all of its places, however many digits it has."""
    return Decimal((int(units < 0), tuple(int(digit) for digit in str(abs(units))), -places))


def plain(number: Decimal) -> str:
    """A number as responses write it: all of its digits, never an exponent."""
    return f"{number:f}"


def wilson_interval(successes: Fraction, failures: Fraction, z: Fraction, places: int) -> tuple[Decimal, Decimal]:
    """The score interval of Wilson (1927) for a proportion, of any amounts of evidence for and against.

    With n = successes + failures, the proportions p at which `(successes - n p)^2 <= z^2 n p (1 - p)`.

    :param successes: not negative; not zero together with `failures`
    :param z: the quantile of the normal distribution, above zero
    :param places: how many decimal places the bounds have
    :returns: the lower bound rounded down, the upper one rounded up: never narrower than the interval, within 0 and 1
    """
    evidence = successes + failures
    # Both bounds are (middle -+ sqrt(radicand)) / divisor, in units of the last place.
    divisor = 2 * (evidence + z**2) / 10**places
    middle = (2 * successes + z**2) / divisor
    radicand = z**2 * (z**2 + 4 * successes * failures / evidence) / divisor**2
    common = middle.denominator * radicand.denominator
    whole = int(middle * common)
    root = _root_rounded_up(int(radicand * common**2))
    return decimal((whole - root) // common, places), decimal(-((-whole - root) // common), places)


def _root_rounded_up(number: int) -> int:
    return isqrt(number - 1) + 1 if number else 0

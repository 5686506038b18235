"""The score of one group of feedback and its trust level: pure, exact, and without a clock.

The same inputs and constants give the same digits at any time and on any machine. docs/reputation.md has the formulas
and their reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from registry_api.exact import half_even, rounded_down, wilson_interval
from registry_api.policy import UNBOUNDED_TAGS, Policy, Scale
from registry_api.signals import INTEREST, STANDING, Facts, Flag, Signal, flags_of

PLACES = 6
"""Of every number in a score."""
MAX_DECIMALS = 18


class Level(StrEnum):
    """How far a group's feedback lets an agent be trusted; `new` is neither good nor bad."""

    UNTRUSTED = "untrusted"
    NEW = "new"
    POOR = "poor"
    FAIR = "fair"
    GOOD = "good"
    EXCELLENT = "excellent"


class Reason(StrEnum):
    """What decided about the level."""

    UNKNOWN_SCALE = "unknown_scale"
    UNBOUNDED_SCALE = "unbounded_scale"
    NO_FEEDBACK = "no_feedback"
    INTEREST = "interest"
    LITTLE_EVIDENCE = "little_evidence"
    UPPER_BOUND = "upper_bound"
    LOWER_BOUND = "lower_bound"


@dataclass(frozen=True)
class Group:
    """Which feedback of an agent it is about.

    :ivar decimals: 0 to `MAX_DECIMALS`
    :raises ValueError: if the decimals are not
    """

    tag1: str
    tag2: str
    decimals: int

    def __post_init__(self) -> None:
        if not 0 <= self.decimals <= MAX_DECIMALS:
            raise ValueError(f"decimals: {self.decimals} is not from 0 to {MAX_DECIMALS}")


@dataclass(frozen=True)
class Client:
    """A client's live feedback in the group.

    :ivar count: how many are on the scale, from 0 to {Scale.best}
    :ivar total: the sum of those, in units of 10^-decimals
    :ivar off_scale: how many are not; they count for nothing
    """

    facts: Facts
    count: int
    total: int
    off_scale: int = 0


@dataclass(frozen=True)
class Weighed:
    """What a client counts for.

    :ivar mean: of its feedback on the scale, as a share of the maximum
    :ivar weight: before `thin_factor`
    :ivar thin: whether it is not known to be established
    :ivar flags: those that are raised
    :ivar unknown: the signals of which nothing is known
    """

    address: str
    mean: Decimal
    weight: Decimal
    thin: bool
    flags: tuple[Flag, ...]
    unknown: tuple[Signal, ...]


@dataclass(frozen=True)
class Decision:
    """The level, and the comparison that decided.

    :ivar level: None if there is no scale or no feedback on it
    :ivar seen: what was held against the threshold
    :ivar threshold: the constant; of `poor`, the one that is not reached
    """

    level: Level | None
    reason: Reason
    seen: Decimal | None = None
    threshold: Decimal | None = None


@dataclass(frozen=True)
class Score:
    """A group's score. Numbers are shares of the scale's maximum unless stated, with `PLACES` decimal places.

    :ivar point: the weighted mean, rounded half to even; None if nothing has any weight, as the bounds
    :ivar lower: rounded down
    :ivar upper: rounded up
    :ivar evidence: how many clients of weight 1 there would have to be instead, rounded down
    :ivar gross_evidence: the same before interest and before thin clients were limited, rounded down
    :ivar interest_share: the share of the weights that interest has cost, half to even
    :ivar thin_factor: what the weights of thin clients were multiplied with, half to even
    :ivar feedback: how many are on the scale
    :ivar off_scale: how many are not
    :ivar clients: those with feedback on the scale, by address
    """

    group: Group
    decision: Decision
    point: Decimal | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    evidence: Decimal | None = None
    gross_evidence: Decimal | None = None
    interest_share: Decimal | None = None
    thin_factor: Decimal | None = None
    feedback: int | None = None
    off_scale: int | None = None
    clients: tuple[Weighed, ...] = ()


@dataclass(frozen=True)
class _Exact:
    """A client, unrounded: its mean, and its weight before and after interest."""

    mean: Fraction
    standing: Fraction
    weight: Fraction
    thin: bool


def score(group: Group, clients: Sequence[Client], policy: Policy) -> Score:
    """The score of a group.

    :param clients: every client with live feedback in the group, in any order; ignored if its tag has no scale
    :raises ValueError: if a client appears twice, or its sum cannot be that of its feedback
    """
    scale = policy.scale(group.tag1)
    if scale is None:
        reason = Reason.UNBOUNDED_SCALE if group.tag1 in UNBOUNDED_TAGS else Reason.UNKNOWN_SCALE
        return Score(group, Decision(None, reason))
    best = scale.best(group.decimals)
    _check(clients, best)
    counted = sorted((client for client in clients if client.count), key=lambda client: client.facts.address)
    off_scale = sum(client.off_scale for client in clients)
    if not counted:
        return Score(group, Decision(None, Reason.NO_FEEDBACK), feedback=0, off_scale=off_scale)
    return _score(group, counted, off_scale, scale, policy)


def _check(clients: Sequence[Client], best: int) -> None:
    addresses = {client.facts.address for client in clients}
    if len(addresses) != len(clients):
        raise ValueError("clients: an address appears twice")
    for client in clients:
        if client.count < 0 or client.off_scale < 0:
            raise ValueError(f"{client.facts.address}: a count is below 0")
        if not 0 <= client.total <= client.count * best:
            raise ValueError(
                f"{client.facts.address}: {client.total} is not the sum of {client.count} values from 0 to {best}"
            )


def _weigh(mean: Fraction, flags: Sequence[Flag], scale: Scale, policy: Policy) -> _Exact:
    standing = interest = Fraction(1)
    for flag in flags:
        if flag.raised and flag.signal in STANDING:
            standing *= Fraction(policy.weight(flag.signal))
        # Only praise: the agent's side could otherwise silence a critic by approving or paying it.
        elif flag.raised and flag.signal in INTEREST and mean >= Fraction(scale.fair):
            interest *= Fraction(policy.weight(flag.signal))
    thin = any(flag.raised is not False for flag in flags if flag.signal in STANDING)
    return _Exact(mean, standing, standing * interest, thin)


def _listed(client: Client, exact: _Exact, flags: Sequence[Flag]) -> Weighed:
    return Weighed(
        address=client.facts.address,
        mean=half_even(exact.mean, PLACES),
        weight=half_even(exact.weight, PLACES),
        thin=exact.thin,
        flags=tuple(flag for flag in flags if flag.raised),
        unknown=tuple(flag.signal for flag in flags if flag.raised is None),
    )


def _score(group: Group, clients: Sequence[Client], off_scale: int, scale: Scale, policy: Policy) -> Score:
    best = scale.best(group.decimals)
    flags = flags_of([client.facts for client in clients], policy.thresholds)
    exact = [
        _weigh(Fraction(client.total, client.count * best), of_client, scale, policy)
        for client, of_client in zip(clients, flags, strict=True)
    ]
    thin_factor = _thin_factor(exact, policy)
    weights = [client.weight * (thin_factor if client.thin else 1) for client in exact]
    evidence = sum(weights, Fraction())
    successes = sum((weight * client.mean for weight, client in zip(weights, exact, strict=True)), Fraction())
    gross = sum((client.standing for client in exact), Fraction())
    interest_share = half_even(1 - sum((client.weight for client in exact), Fraction()) / gross, PLACES)
    bounds = wilson_interval(successes, evidence - successes, Fraction(policy.z), PLACES) if evidence else None
    rounded, rounded_gross = rounded_down(evidence, PLACES), rounded_down(gross, PLACES)
    return Score(
        group=group,
        decision=_decide(
            scale,
            policy,
            evidence=rounded,
            gross_evidence=rounded_gross,
            interest_share=interest_share,
            bounds=bounds,
        ),
        point=half_even(successes / evidence, PLACES) if evidence else None,
        lower=bounds[0] if bounds else None,
        upper=bounds[1] if bounds else None,
        evidence=rounded,
        gross_evidence=rounded_gross,
        interest_share=interest_share,
        thin_factor=half_even(thin_factor, PLACES),
        feedback=sum(client.count for client in clients),
        off_scale=off_scale,
        clients=tuple(_listed(*of_client) for of_client in zip(clients, exact, flags, strict=True)),
    )


def _thin_factor(clients: Sequence[_Exact], policy: Policy) -> Fraction:
    """What keeps throw-away accounts, however many, from outweighing established ones."""
    thin = sum((client.weight for client in clients if client.thin), Fraction())
    return min(Fraction(1), Fraction(policy.thin_limit) / thin) if thin else Fraction(1)


def _decide(
    scale: Scale,
    policy: Policy,
    *,
    evidence: Decimal,
    gross_evidence: Decimal,
    interest_share: Decimal,
    bounds: tuple[Decimal, Decimal] | None,
) -> Decision:
    """The level, by the rounded numbers that the response shows."""
    if gross_evidence >= policy.minimum_evidence and interest_share > policy.untrusted_interest_share:
        return Decision(Level.UNTRUSTED, Reason.INTEREST, interest_share, policy.untrusted_interest_share)
    if bounds is None or evidence < policy.minimum_evidence:
        return Decision(Level.NEW, Reason.LITTLE_EVIDENCE, evidence, policy.minimum_evidence)
    lower, upper = bounds
    if upper < scale.untrusted:
        return Decision(Level.UNTRUSTED, Reason.UPPER_BOUND, upper, scale.untrusted)
    for level, threshold in ((Level.EXCELLENT, scale.excellent), (Level.GOOD, scale.good), (Level.FAIR, scale.fair)):
        if lower >= threshold:
            return Decision(level, Reason.LOWER_BOUND, lower, threshold)
    return Decision(Level.POOR, Reason.LOWER_BOUND, lower, scale.fair)

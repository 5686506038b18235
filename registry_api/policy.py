"""The constants of the reputation policy; what is computed with them is in {registry_api.score}, why in
docs/reputation.md."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from registry_api.signals import INTEREST, STANDING, Signal, Thresholds

POLICY_VERSION = "1"
"""Of the formulas. The constants are in each response; whoever changes a formula, or what an input means, counts on."""

UNBOUNDED_TAGS = frozenset({"responseTime", "blocktimeFreshness", "revenues", "tradingYield"})
"""Common tags of the standard without a best value: no share of anything, so no score."""


@dataclass(frozen=True)
class Scale:
    """A tag whose values go from 0 to a best one, and from where its trust levels begin.

    :ivar tag1: the tag, byte for byte
    :ivar maximum: the best value, in the tag's own unit
    :ivar untrusted: below it, as the upper bound, a share of the maximum
    :ivar fair: from it, as the lower bound, a share of the maximum; and so on
    :raises ValueError: if the levels are not in order
    """

    tag1: str
    maximum: int
    untrusted: Decimal
    fair: Decimal
    good: Decimal
    excellent: Decimal

    def __post_init__(self) -> None:
        if self.maximum < 1:
            raise ValueError(f"scale {self.tag1}: a maximum of {self.maximum}, which is below 1")
        levels = [Decimal(0), self.untrusted, self.fair, self.good, self.excellent, Decimal(1)]
        if not all(level.is_finite() for level in levels) or levels != sorted(levels):
            raise ValueError(f"scale {self.tag1}: 0 <= untrusted <= fair <= good <= excellent <= 1 does not hold")

    def best(self, decimals: int) -> int:
        """The best value in units of 10^-decimals; feedback is on the scale from 0 to this, both included."""
        return self.maximum * int(10**decimals)


def _rate(tag1: str, maximum: int) -> Scale:
    """How often something works: half is already bad."""
    return Scale(tag1, maximum, Decimal("0.5"), Decimal("0.7"), Decimal("0.8"), Decimal("0.9"))


@dataclass(frozen=True)
class Policy:
    """All constants of the policy, with their defaults. A weight is from 0, does not count, to 1, counts in full.

    :ivar scales: the tags that have a score
    :ivar z: the quantile of the normal distribution: 1.96 for 95 % between the bounds
    :ivar minimum_evidence: clients of weight 1; with less the level is `new`
    :ivar thin_limit: all thin clients together count for at most so many clients of weight 1
    :ivar untrusted_interest_share: the agent is `untrusted` if interest has cost it more than this share of its
        evidence
    :ivar young_seconds: see {Thresholds}, for the burst too
    :ivar young_weight: of a client with this flag, as all that follow; flags multiply
    :raises ValueError: if a constant is not in its range
    """

    scales: tuple[Scale, ...] = (
        Scale("starred", 100, Decimal("0.25"), Decimal("0.4"), Decimal("0.6"), Decimal("0.8")),
        _rate("reachable", 1),
        _rate("ownerVerified", 1),
        _rate("uptime", 100),
        _rate("successRate", 100),
    )
    z: Decimal = Decimal("1.96")
    minimum_evidence: Decimal = Decimal(5)
    thin_limit: Decimal = Decimal(2)
    untrusted_interest_share: Decimal = Decimal("0.5")
    young_seconds: int = 604_800
    burst_clients: int = 5
    burst_seconds: int = 3_600
    young_weight: Decimal = Decimal("0.5")
    one_agent_weight: Decimal = Decimal("0.5")
    burst_weight: Decimal = Decimal("0.5")
    ex_owner_weight: Decimal = Decimal(0)
    ex_operator_weight: Decimal = Decimal(0)
    ex_wallet_weight: Decimal = Decimal(0)
    funded_by_owner_weight: Decimal = Decimal(0)
    reciprocity_weight: Decimal = Decimal("0.5")

    def __post_init__(self) -> None:
        tags = [scale.tag1 for scale in self.scales]
        if len(tags) != len(set(tags)):
            raise ValueError(f"scales: a tag appears twice in {tags}")
        # Else nothing would be needed for a level, or there would be no interval.
        for name in ("z", "minimum_evidence"):
            self._require(name, above=Decimal(0))
        self._require("thin_limit")
        if self.thin_limit >= self.minimum_evidence:
            raise ValueError(f"thin_limit: with {self.thin_limit}, thin clients alone reach minimum_evidence")
        self._require("untrusted_interest_share", most=Decimal(1))
        for name in ("young_seconds", "burst_seconds"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: {getattr(self, name)} is below 0")
        if self.burst_clients < 1:
            raise ValueError(f"burst_clients: {self.burst_clients} is below 1")
        # A standing flag can be put on nobody, but half of all honest clients have one: it never silences.
        for signal in STANDING:
            self._require(_weight_name(signal), above=Decimal(0), most=Decimal(1))
        for signal in INTEREST:
            self._require(_weight_name(signal), most=Decimal(1))

    def _require(self, name: str, above: Decimal | None = None, most: Decimal | None = None) -> None:
        value: Decimal = getattr(self, name)
        if not value.is_finite() or value < 0 or value == above or (most is not None and value > most):
            range_ = f"{'above' if above is not None else 'at least'} 0" + (f" and at most {most}" if most else "")
            raise ValueError(f"{name}: {value} is not {range_}")

    @property
    def version(self) -> str:
        """Of the formulas, and of the constants if they are not the defaults: what tells scores apart."""
        if self == Policy():
            return POLICY_VERSION
        return f"{POLICY_VERSION}+{sha256(repr(self).encode()).hexdigest()[:8]}"

    @property
    def thresholds(self) -> Thresholds:
        """Those of the flags."""
        return Thresholds(self.young_seconds, self.burst_clients, self.burst_seconds)

    def weight(self, signal: Signal) -> Decimal:
        """That of a client with this flag.

        :param signal: of {STANDING} or {INTEREST}
        """
        weight: Decimal = getattr(self, _weight_name(signal))
        return weight

    def scale(self, tag1: str) -> Scale | None:
        """The scale of a tag; None if there is none."""
        return next((scale for scale in self.scales if scale.tag1 == tag1), None)


def _weight_name(signal: Signal) -> str:
    return f"{signal.value}_weight"

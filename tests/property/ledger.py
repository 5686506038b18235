"""What clients gave to one agent and took back, in plain Python: the judge of summaries and of storage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tests.deployment import Registries
from tests.property.strategies import INT128_MAX, INT128_MIN, UNIT, Feedback, Step


@dataclass
class Entry:
    """One feedback."""

    feedback: Feedback
    live: bool = True

    def matches(self, tag1: str, tag2: str) -> bool:
        """Whether a filter includes it; the empty tag is any."""
        return self.live and tag1 in {"", self.feedback.tag1} and tag2 in {"", self.feedback.tag2}


@dataclass
class Ledger:
    """What one client gave, in the order of the indexes.

    :ivar decimals_bound: the highest decimals since the client last had nothing live
    """

    entries: list[Entry] = field(default_factory=list)
    decimals_bound: int = 0

    def give(self, feedback: Feedback) -> None:
        self.entries.append(Entry(feedback))
        self.decimals_bound = max(self.decimals_bound, feedback.decimals)

    def revoke(self, index: int) -> None:
        """Revokes the feedback of an index, counted from 1."""
        self.entries[index - 1].live = False
        if not self.live_indexes:
            self.decimals_bound = 0

    @property
    def live_indexes(self) -> list[int]:
        return [index for index, entry in enumerate(self.entries, start=1) if entry.live]


def scaled_sum(entries: Iterable[Entry]) -> int:
    """The sum of values in units of 10^-18."""
    exact = sum((Fraction(entry.feedback.value, 10**entry.feedback.decimals) for entry in entries), Fraction(0)) * UNIT
    assert exact.denominator == 1
    return int(exact)


def highest_decimals(entries: Sequence[Entry]) -> int:
    """The most decimals of some entries; 0 of none."""
    return max((entry.feedback.decimals for entry in entries), default=0)


def average(total: int, count: int, decimals: int) -> tuple[int, int]:
    """The exact mean, truncated toward zero at these decimals, or at the most below them that fit int128.

    :param total: the sum in units of 10^-18
    :returns: the mean in units of 10^-decimals, and these decimals
    """
    exact = Fraction(total, count * UNIT)
    while not INT128_MIN <= int(exact * 10**decimals) <= INT128_MAX:
        decimals -= 1
    return int(exact * 10**decimals), decimals


def play(registries: Registries, agent_id: int, history: Sequence[Step]) -> dict[str, Ledger]:
    """Makes the calls of a history, a second apart, and keeps the books beside them."""
    ledgers: dict[str, Ledger] = {}
    for step in history:
        registries.evm.warp(1)
        ledger = ledgers.setdefault(step.client, Ledger())
        if isinstance(step, Feedback):
            registries.give_feedback(agent_id, step.client, step.value, step.decimals, tag1=step.tag1, tag2=step.tag2)
            ledger.give(step)
        elif live := ledger.live_indexes:
            index = live[step.pick % len(live)]
            registries.reputation.revokeFeedback(agent_id, index, sender=step.client)
            ledger.revoke(index)
    return ledgers

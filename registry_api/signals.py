"""Signs that a client may not be an independent customer, each as an explicit flag: what was seen, and the threshold.

Two kinds, because they are made by different people:

- *standing*: of the client alone. Anybody makes such clients, for the agent or against it: throw-away accounts.
- *interest*: what the agent's side did with the client. Only that side can bring it about, and it can do so against
  the client's will: an approval, a payment or a feedback needs no consent of who gets it.

What is not known is None, and so is a flag that depends on it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Signal(StrEnum):
    """What a flag is about; docs/reputation.md defines each."""

    YOUNG = "young"
    ONE_AGENT = "one_agent"
    BURST = "burst"
    EX_OWNER = "ex_owner"
    EX_OPERATOR = "ex_operator"
    EX_WALLET = "ex_wallet"
    FUNDED_BY_OWNER = "funded_by_owner"
    RECIPROCITY = "reciprocity"
    RING_OF_THREE = "ring_of_three"


STANDING = (Signal.YOUNG, Signal.ONE_AGENT, Signal.BURST)
INTEREST = (
    Signal.EX_OWNER,
    Signal.EX_OPERATOR,
    Signal.EX_WALLET,
    Signal.FUNDED_BY_OWNER,
    Signal.RECIPROCITY,
)
"""A ring of three is neither: a stranger can close one around a client that knows nothing of it."""


class Role(StrEnum):
    """What an account can be to an agent."""

    OWNER = "owner"
    OPERATOR = "operator"
    WALLET = "wallet"


_EX_ROLES = {Signal.EX_OWNER: Role.OWNER, Signal.EX_OPERATOR: Role.OPERATOR, Signal.EX_WALLET: Role.WALLET}


@dataclass(frozen=True)
class Facts:
    """What is known of a client of an agent. Times are Unix seconds, accounts addresses in one form.

    The agent's side are the accounts that were its owner or its wallet at the time in question.

    :ivar first_feedback: the earliest live one, to this agent; of a score's input, in its group
    :ivar last_feedback: the latest live one, likewise
    :ivar first_seen: when the client first appeared anywhere on the chain; None: unknown, as in all that follow
    :ivar agents_rated: how many different agents it ever rated on the chain, this one included
    :ivar roles: what it ever was to this agent, now included
    :ivar funding: transactions by which the agent's side paid the client before its last feedback
    :ivar rated_by: accounts of the agent's side that rated an agent which the client owned then; see {reciprocity}
    :ivar ring_through: accounts through which such ratings reach the client; see {rings_of_three}
    :raises ValueError: if they contradict each other
    """

    address: str
    first_feedback: int
    last_feedback: int
    first_seen: int | None = None
    agents_rated: int | None = None
    roles: frozenset[Role] | None = None
    funding: tuple[str, ...] | None = None
    rated_by: tuple[str, ...] | None = None
    ring_through: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.first_feedback > self.last_feedback:
            raise ValueError(f"{self.address}: its first feedback is later than its last")
        if self.first_seen is not None and self.first_seen > self.first_feedback:
            raise ValueError(f"{self.address}: it was first seen after its first feedback")
        if self.agents_rated is not None and self.agents_rated < 1:
            raise ValueError(f"{self.address}: it rated this agent, so that it rated 1 at least")


@dataclass(frozen=True)
class Thresholds:
    """From where a flag is raised.

    :ivar young_seconds: a client is young if it was first seen less than this before its last feedback
    :ivar burst_clients: so many young clients make a burst
    :ivar burst_seconds: if the first feedback of each is at most this far from one and the same of them
    """

    young_seconds: int
    burst_clients: int
    burst_seconds: int


@dataclass(frozen=True)
class Flag:
    """A signal of a client.

    :ivar raised: None if that is not known
    :ivar seen: seconds, a number of agents or of clients, or what was found: roles, transactions, accounts;
        None: unknown
    :ivar threshold: in the unit of `seen`; of what was found, how many it takes
    """

    signal: Signal
    raised: bool | None
    seen: int | tuple[str, ...] | None
    threshold: int


def flags_of(clients: Sequence[Facts], thresholds: Thresholds) -> list[tuple[Flag, ...]]:
    """The flags of each client, one for each signal, in the order of {Signal}.

    :param clients: all of an agent, or all of a group; bursts are looked for among these
    """
    young = [_young(facts, thresholds) for facts in clients]
    bursts = _bursts(clients, young, thresholds)
    return [
        (is_young, _one_agent(facts), burst, *(_found(signal, facts) for signal in Signal if signal not in STANDING))
        for facts, is_young, burst in zip(clients, young, bursts, strict=True)
    ]


def _young(facts: Facts, thresholds: Thresholds) -> Flag:
    age = None if facts.first_seen is None else facts.last_feedback - facts.first_seen
    raised = None if age is None else age < thresholds.young_seconds
    return Flag(Signal.YOUNG, raised, age, thresholds.young_seconds)


def _one_agent(facts: Facts) -> Flag:
    raised = None if facts.agents_rated is None else facts.agents_rated == 1
    return Flag(Signal.ONE_AGENT, raised, facts.agents_rated, 1)


def _bursts(clients: Sequence[Facts], young: Sequence[Flag], thresholds: Thresholds) -> list[Flag]:
    both = list(zip(clients, young, strict=True))
    certain = sorted(facts.first_feedback for facts, flag in both if flag.raised)
    possible = sorted(facts.first_feedback for facts, flag in both if flag.raised is not False)
    return [
        _burst(
            flag,
            _near(certain, facts.first_feedback, thresholds),
            _near(possible, facts.first_feedback, thresholds),
            thresholds.burst_clients,
        )
        for facts, flag in both
    ]


def _burst(young: Flag, certain: int, possible: int, threshold: int) -> Flag:
    """A client's burst flag; clients of unknown age make it unknown where they would decide."""
    if young.raised is False or possible < threshold:
        return Flag(Signal.BURST, raised=False, seen=certain, threshold=threshold)
    if young.raised and certain >= threshold:
        return Flag(Signal.BURST, raised=True, seen=certain, threshold=threshold)
    return Flag(Signal.BURST, raised=None, seen=None, threshold=threshold)


def _near(times: Sequence[int], time: int, thresholds: Thresholds) -> int:
    """How many of these sorted times are near."""
    earliest, latest = time - thresholds.burst_seconds, time + thresholds.burst_seconds
    return bisect_right(times, latest) - bisect_left(times, earliest)


def _found(signal: Signal, facts: Facts) -> Flag:
    """A flag that is raised by anything found."""
    seen = _what_was_found(signal, facts)
    return Flag(signal, None if seen is None else bool(seen), seen, 1)


def _what_was_found(signal: Signal, facts: Facts) -> tuple[str, ...] | None:
    if signal in _EX_ROLES:
        role = _EX_ROLES[signal]
        return None if facts.roles is None else (role.value,) * (role in facts.roles)
    if signal is Signal.FUNDED_BY_OWNER:
        return facts.funding
    return facts.rated_by if signal is Signal.RECIPROCITY else facts.ring_through


Rated = Mapping[str, Collection[str]]
"""For each account, the owners of the agents that it rated, as they were at the time of the rating. Later owners do not
count: else one agent that the other side rated, passed on from hand to hand, would mark any number of clients."""


def reciprocity(client: str, side: Iterable[str], rated: Rated) -> tuple[str, ...]:
    """The accounts of the agent's side that rated an agent of the client: a ring of two. Sorted."""
    return tuple(sorted(account for account in set(side) - {client} if client in rated.get(account, ())))


def rings_of_three(client: str, side: Iterable[str], rated: Rated) -> tuple[str, ...]:
    """The accounts through which ratings go from the agent's side back to the client: it rated an agent of theirs,
    and they rated one of the client's. Sorted."""
    inside = set(side) | {client}
    reached = {owner for account in inside - {client} for owner in rated.get(account, ())} - inside
    return tuple(sorted(account for account in reached if client in rated.get(account, ())))

"""An agent's reputation, read from the tables: its groups, their feedback, and scores with all that they are made of.

Each statement goes through an index, which it names. They have to see one state of the database: run them in one
transaction, on PostgreSQL at REPEATABLE READ.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection, Select, select

from registry_api import facts
from registry_api.exact import half_even, plain
from registry_api.facts import Surroundings
from registry_api.policy import Policy
from registry_api.replay import to_document
from registry_api.score import Client, Group, Score, score
from registry_api.signals import Facts
from registry_api.summary import EXTRA_PLACES, Entry, Period, Summary, summarize
from registry_api.tables import chains, digest, feedback, ratings

MAX_GROUPS = 100
"""Of an agent, those with the most feedback: others are not listed and have no score."""
MAX_FEEDBACK = 100_000
"""Of a group: with more, nothing is said of it but its count and average."""


@dataclass(frozen=True)
class Totals:
    """What is known of a group without reading its feedback.

    :ivar scale: what stands for the group in keys
    :ivar count: of live feedback
    :ivar total: its sum, in units of 10^-decimals
    """

    group: Group
    scale: bytes
    count: int
    total: int

    @property
    def average(self) -> Decimal | None:
        """As {Summary} has it."""
        if not self.count:
            return None
        decimals = self.group.decimals
        return half_even(Fraction(self.total, self.count * 10**decimals), decimals + EXTRA_PLACES)


# STATEMENTS


def totals_of(
    chain_id: int, agent_id: int, tag1s: Collection[str] | None = None, tag2: str | None = None
) -> Select[Any]:
    """An agent's groups, those with the most feedback first. Index: the key of ratings.

    :param tag1s: only these; None: all, as with `tag2`
    """
    statement = select(
        ratings.c.tag1, ratings.c.tag2, ratings.c.decimals, ratings.c.scale, ratings.c.count, ratings.c.sum
    ).where(ratings.c.chain_id == chain_id, ratings.c.agent_id == agent_id)
    if tag1s is not None:
        statement = statement.where(ratings.c.tag1_digest.in_([digest(tag1) for tag1 in tag1s]))
    if tag2 is not None:
        statement = statement.where(ratings.c.tag2 == tag2)
    return statement.order_by(ratings.c.count.desc(), ratings.c.scale).limit(MAX_GROUPS)


def entries_of(chain_id: int, agent_id: int, group: Group) -> Select[Any]:
    """The live feedback of a group, in the order of the chain. Index: of feedback by agent, scale and block."""
    return (
        select(feedback.c.client, feedback.c.value, feedback.c.time)
        .where(*facts.is_live(chain_id, agent_id, group))
        .order_by(feedback.c.given_block, feedback.c.log_index)
        .limit(MAX_FEEDBACK + 1)
    )


# READING


def groups(
    connection: Connection, chain_id: int, agent_id: int, tag1: str | None = None, tag2: str | None = None
) -> list[Totals]:
    """An agent's groups, also those whose feedback is all revoked; those with the most feedback first.

    :returns: at most `MAX_GROUPS`
    """
    tag1s = None if tag1 is None else [tag1]
    return _totals(connection, totals_of(chain_id, agent_id, tag1s, tag2))


def entries(connection: Connection, chain_id: int, agent_id: int, group: Group) -> list[Entry] | None:
    """The live feedback of a group, in the order of the chain; None if it is more than `MAX_FEEDBACK`."""
    found = [Entry(*row) for row in connection.execute(entries_of(chain_id, agent_id, group))]
    return found if len(found) <= MAX_FEEDBACK else None


def document(
    connection: Connection,
    chain_id: int,
    agent_id: int,
    group: Group,
    policy: Policy,
    *,
    period: Period = Period.MONTH,
) -> dict[str, Any] | None:
    """The score of a group as {replay} has it, with the summary; ready for JSON.

    :param period: of the summary's time series
    :returns: None if the group has more feedback than `MAX_FEEDBACK`
    """
    found = entries(connection, chain_id, agent_id, group)
    if found is None:
        return None
    clients = clients_of(connection, chain_id, agent_id, group, policy, found=found)
    summary = summarize(found, group.decimals, period)
    return {**to_document(group, clients, policy), "summary": summary_document(summary)}


def scored_rows(connection: Connection, chain_id: int, agent_id: int, policy: Policy) -> list[dict[str, Any]]:
    """The levels of an agent's groups whose tags have a scale, as the table of scores has them.

    :returns: a row for each of at most `MAX_GROUPS`, as of the chain's block; without a level and numbers if they are
        unknown or there is nothing to know
    """
    block = connection.scalars(select(chains.c.block).where(chains.c.chain_id == chain_id)).one()
    tag1s = [scale.tag1 for scale in policy.scales]
    around = facts.look_around(connection, chain_id, agent_id)
    rows = []
    for totals in _totals(connection, totals_of(chain_id, agent_id, tag1s)):
        found = entries(connection, chain_id, agent_id, totals.group) if totals.count <= MAX_FEEDBACK else None
        computed = None
        if found is not None:
            clients = clients_of(connection, chain_id, agent_id, totals.group, policy, found=found, around=around)
            computed = score(totals.group, clients, policy)
        rows.append({"chain_id": chain_id, "agent_id": agent_id, **_scored(totals, computed, policy), "block": block})
    return rows


def _totals(connection: Connection, statement: Select[Any]) -> list[Totals]:
    return [
        Totals(Group(tag1, tag2, decimals), scale, count, total)
        for tag1, tag2, decimals, scale, count, total in connection.execute(statement)
    ]


def clients_of(
    connection: Connection,
    chain_id: int,
    agent_id: int,
    group: Group,
    policy: Policy,
    *,
    found: Collection[Entry],
    around: Surroundings | None = None,
) -> list[Client]:
    """Every client with live feedback in a group; none if its tag has no scale.

    :param found: all of that feedback
    """
    scale = policy.scale(group.tag1)
    if scale is None:
        return []
    known = facts.gather(connection, chain_id, agent_id, group, spans_of(found), around=around)
    return counted(found, known, scale.best(group.decimals))


# RESULTS


def spans_of(found: Iterable[Entry]) -> dict[str, tuple[int, int]]:
    """For each client, when it gave the first and the last of some feedback."""
    spans: dict[str, tuple[int, int]] = {}
    for entry in found:
        first, last = spans.get(entry.client, (entry.time, entry.time))
        spans[entry.client] = min(first, entry.time), max(last, entry.time)
    return spans


def counted(found: Iterable[Entry], known: Mapping[str, Facts], best: int) -> list[Client]:
    """A group's clients with what they gave.

    :param best: the best value on the scale, in units of 10^-decimals
    """
    values: dict[str, list[int]] = {client: [] for client in known}
    for entry in found:
        values[entry.client].append(entry.value)
    on_scale = {client: [value for value in given if 0 <= value <= best] for client, given in values.items()}
    return [
        Client(known[client], len(kept), sum(kept), off_scale=len(values[client]) - len(kept))
        for client, kept in on_scale.items()
    ]


def summary_document(summary: Summary) -> dict[str, Any]:
    """A summary for JSON: values and averages are strings, as in {replay}."""
    numbers = ("average", "median", "minimum", "maximum")
    return {
        "count": summary.count,
        "clients": summary.clients,
        **{name: _text(getattr(summary, name)) for name in numbers},
        "distribution": [
            {"low": str(bucket.low), "high": str(bucket.high), "count": bucket.count} for bucket in summary.distribution
        ],
        "series": [
            {"start": point.start, "count": point.count, "average": _text(point.average)} for point in summary.series
        ],
    }


def _scored(totals: Totals, computed: Score | None, policy: Policy) -> dict[str, Any]:
    """The columns of a score; None: unknown."""
    level = computed and computed.decision.level
    return {
        "scale": totals.scale,
        "tag1_digest": digest(totals.group.tag1),
        "level": level and level.value,
        **{name: _text(getattr(computed, name, None)) for name in ("point", "lower", "upper")},
        "policy_version": policy.version,
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else plain(number)

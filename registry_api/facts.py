"""What the tables know of an agent's clients: the facts that flags are made of.

Each statement goes through an index, which it names. They have to see one state of the database: run them in one
transaction, on PostgreSQL at REPEATABLE READ. What exceeds a limit is unknown, never taken for what was seen so far.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select

from registry_api.score import Group
from registry_api.signals import Facts, Role, reciprocity, rings_of_three
from registry_api.tables import agents, clients, digest, feedback, history, operators

MAX_CLIENTS = 10_000
"""Of a group, by the block of their first live feedback: the standing of later ones is unknown."""
MAX_AGENTS_RATED = 100
"""A client's agents are counted up to here: nothing asks for more than one."""
MAX_AGENTS_OWNED = 100
"""Of an account's agents, those with the lowest ids are looked at for one that it registered."""
MAX_CHANGES = 1_000
"""An agent's owners, wallets and approvals: with more, who was of its side or its operator is unknown."""
MAX_OPERATORS = 10_000
"""Operators for all agents of an agent's owners: with more, who was its operator is unknown."""
MAX_ACCOUNTS = 100
"""Of the agent's side, and again third ones, whose agents the side rated: with more, rings are unknown."""
MAX_RATINGS = 5_000
"""Feedback by all of these: with more, rings are unknown."""
MAX_TRANSFERS = 5_000
"""Of agents that they rated and that have changed hands since: with more, rings are unknown."""

CHUNK = 100
"""Keys in one statement: for many more, PostgreSQL may rather read all of a table."""

_Key = TypeVar("_Key")

Position = tuple[int, int]
"""Of a log in a chain: its block, and its index there."""


class Tenure(NamedTuple):
    """For how long an account was something to an agent: from one position in the chain to before another.

    :ivar end: None if it still is
    """

    start: Position
    end: Position | None

    def covers(self, position: Position) -> bool:
        """Whether it was at that position."""
        return self.start <= position and (self.end is None or position < self.end)


class Standing(NamedTuple):
    """What is known of an account alone; see {Facts}."""

    first_seen: int | None
    agents_rated: int | None


@dataclass(frozen=True)
class Past:
    """Who was what to an agent; by account, when it was its owner or its wallet.

    :ivar approved: accounts that were approved for this agent alone
    """

    owners: Mapping[str, Sequence[Tenure]]
    wallets: Mapping[str, Sequence[Tenure]]
    approved: frozenset[str]

    @property
    def side(self) -> dict[str, list[Tenure]]:
        """The agent's side, and when each account was of it."""
        accounts = self.owners.keys() | self.wallets.keys()
        return {account: [*self.owners.get(account, ()), *self.wallets.get(account, ())] for account in accounts}


class Operators(NamedTuple):
    """Operators of an agent because they are operators for all agents of an owner.

    :ivar certain: those who are known to have been it
    :ivar possible: those of whom it is unknown; None: anybody
    """

    certain: frozenset[str]
    possible: frozenset[str] | None


class Rating(NamedTuple):
    """A feedback, and whose agent it was about, at that time."""

    rater: str
    position: Position
    owner: str


@dataclass(frozen=True)
class Rings:
    """Who rated whose agents, from an agent's side on.

    :ivar side: the accounts that ever were of it
    :ivar rated: for each account, the owners of the agents that it rated; of the side, only while it was of the side
    :ivar of_three: whether `rated` has the third accounts, too
    """

    side: frozenset[str]
    rated: Mapping[str, frozenset[str]]
    of_three: bool

    def rated_by(self, client: str) -> tuple[str, ...]:
        """See {reciprocity}."""
        return reciprocity(client, self.side, self.rated)

    def ring_through(self, client: str) -> tuple[str, ...] | None:
        """See {rings_of_three}; None: unknown."""
        return rings_of_three(client, self.side, self.rated) if self.of_three else None


@dataclass(frozen=True)
class Surroundings:
    """What is known of an agent and the accounts around it; None: unknown."""

    past: Past | None
    operators: Operators | None
    rings: Rings | None

    def facts_of(self, client: str, first_feedback: int, last_feedback: int, standing: Standing) -> Facts:
        """A client's facts. Payments are not known."""
        return Facts(
            address=client,
            first_feedback=first_feedback,
            last_feedback=last_feedback,
            first_seen=standing.first_seen,
            agents_rated=standing.agents_rated,
            roles=self._roles(client),
            funding=None,
            rated_by=None if self.rings is None else self.rings.rated_by(client),
            ring_through=None if self.rings is None else self.rings.ring_through(client),
        )

    def _roles(self, client: str) -> frozenset[Role] | None:
        """Those that are known; None if none is, and one is possible."""
        if self.past is None or self.operators is None:
            return None
        certain, possible = self.operators
        roles = {
            Role.OWNER: client in self.past.owners,
            Role.WALLET: client in self.past.wallets,
            Role.OPERATOR: client in self.past.approved or client in certain,
        }
        known = frozenset(role for role, had in roles.items() if had)
        return known if known or (possible is not None and client not in possible) else None


# GATHERING


def gather(
    connection: Connection,
    chain_id: int,
    agent_id: int,
    group: Group,
    spans: Mapping[str, tuple[int, int]],
    *,
    around: Surroundings | None = None,
) -> dict[str, Facts]:
    """The facts of a group's clients, by their addresses.

    :param spans: for each of them, when its first and its last live feedback was given
    :param around: what {look_around} gave; None: not looked yet
    """
    around = around or look_around(connection, chain_id, agent_id)
    known, unknown = standings(connection, chain_id, agent_id, group), Standing(None, None)
    return {client: around.facts_of(client, *span, known.get(client, unknown)) for client, span in spans.items()}


def standings(connection: Connection, chain_id: int, agent_id: int, group: Group) -> dict[str, Standing]:
    """What is known of the first `MAX_CLIENTS` clients of a group."""
    return {
        client: Standing(min(time for time in (rated, registered) if time is not None), count)
        for client, rated, registered, count in connection.execute(standings_of(chain_id, agent_id, group))
    }


def look_around(connection: Connection, chain_id: int, agent_id: int) -> Surroundings:
    """What is known of an agent and the accounts around it, whoever its clients are."""
    changes = _within(connection, [changes_of(chain_id, agent_id)], MAX_CHANGES)
    if changes is None:
        return Surroundings(None, None, None)
    past = past_of(changes)
    owners = _chunks(sorted(past.owners))
    approvals = _within(connection, (approvals_by(chain_id, chunk) for chunk in owners), MAX_OPERATORS)
    return Surroundings(past, operators_of(past.owners, approvals), _rings(connection, chain_id, past.side))


def _rings(connection: Connection, chain_id: int, side: Mapping[str, Sequence[Tenure]]) -> Rings | None:
    given = _ratings(connection, chain_id, side)
    if given is None:
        return None
    rated = rated_of(rating for rating in given if any(tenure.covers(rating.position) for tenure in side[rating.rater]))
    third = {owner for owners in rated.values() for owner in owners} - side.keys()
    theirs = _ratings(connection, chain_id, third)
    return Rings(frozenset(side), {**rated, **rated_of(theirs or ())}, theirs is not None)


def _ratings(connection: Connection, chain_id: int, accounts: Collection[str]) -> list[Rating] | None:
    """All feedback that accounts ever gave; None: unknown."""
    if len(accounts) > MAX_ACCOUNTS:
        return None
    given = _within(connection, (ratings_by(chain_id, account) for account in sorted(accounts)), MAX_RATINGS)
    if given is None:
        return None
    passed_on = sorted({row.agent_id for row in given if row.epoch != row.present_epoch})
    transfers = _within(connection, (transfers_of(chain_id, chunk) for chunk in _chunks(passed_on)), MAX_TRANSFERS)
    return None if transfers is None else list(ratings_of(given, transfers))


def _within(connection: Connection, statements: Iterable[Select[Any]], limit: int) -> list[Any] | None:
    """The rows of all statements, if there are no more than that."""
    rows: list[Any] = []
    for statement in statements:
        rows += connection.execute(statement.limit(limit + 1 - len(rows)))
        if len(rows) > limit:
            return None
    return rows


def _chunks(keys: Sequence[_Key]) -> Iterator[Sequence[_Key]]:
    return (keys[start : start + CHUNK] for start in range(0, len(keys), CHUNK))


# STATEMENTS: scalar subqueries rather than joins, which may be answered by reading all of a table


def is_live(chain_id: int, agent_id: int, group: Group) -> tuple[ColumnElement[bool], ...]:
    """What is true of a group's live feedback."""
    return (
        feedback.c.chain_id == chain_id,
        feedback.c.agent_id == agent_id,
        feedback.c.scale == digest(group.tag1, group.tag2, group.decimals),
        feedback.c.revoked_time.is_(None),
    )


def changes_of(chain_id: int, agent_id: int) -> Select[Any]:
    """Who an agent was registered by, given to, approved for and paid through. Index: the key of history."""
    return (
        select(history.c.block, history.c.log_index, history.c.kind, history.c.change)
        .where(
            history.c.chain_id == chain_id,
            history.c.agent_id == agent_id,
            history.c.kind.in_(("registration", "transfer", "wallet", "approval")),
        )
        .order_by(history.c.block, history.c.log_index)
    )


def approvals_by(chain_id: int, owners: Collection[str]) -> Select[Any]:
    """The operators for all agents of some owners, as last set. Index: the key of operators."""
    return select(operators.c.owner, operators.c.operator, operators.c.approved, operators.c.block).where(
        operators.c.chain_id == chain_id, operators.c.owner.in_(owners)
    )


def ratings_by(chain_id: int, account: str) -> Select[Any]:
    """All feedback by an account, revoked or not. Indexes: of feedback by client, and the key of agents."""
    of_agent = (agents.c.chain_id == chain_id, agents.c.agent_id == feedback.c.agent_id)
    return (
        select(
            feedback.c.client,
            feedback.c.given_block,
            feedback.c.log_index,
            feedback.c.agent_id,
            feedback.c.ownership_epoch.label("epoch"),
            select(agents.c.ownership_epoch).where(*of_agent).scalar_subquery().label("present_epoch"),
            select(agents.c.owner).where(*of_agent).scalar_subquery().label("present_owner"),
        )
        .where(feedback.c.chain_id == chain_id, feedback.c.client == account)
        .order_by(feedback.c.given_block, feedback.c.log_index)
    )


def transfers_of(chain_id: int, agent_ids: Collection[int]) -> Select[Any]:
    """The transfers of some agents. Index: the key of history."""
    return select(history.c.agent_id, history.c.block, history.c.log_index, history.c.change).where(
        history.c.chain_id == chain_id, history.c.agent_id.in_(agent_ids), history.c.kind == "transfer"
    )


def standings_of(chain_id: int, agent_id: int, group: Group) -> Select[Any]:
    """When a group's clients first rated anybody, when they registered an agent, and how many agents they rated.

    Indexes: of feedback by agent and block; then for each client, of clients by client, and of agents by owner.
    """
    first = (
        select(feedback.c.client)
        .where(*is_live(chain_id, agent_id, group))
        .group_by(feedback.c.client)
        .order_by(func.min(feedback.c.given_block), func.min(feedback.c.log_index), feedback.c.client)
        .limit(MAX_CLIENTS)
        .subquery("first")
    )
    by_it = (clients.c.chain_id == chain_id, clients.c.client == first.c.client)
    counted = select(literal(1).label("one")).where(*by_it).limit(MAX_AGENTS_RATED).correlate(first).subquery("counted")
    owned = (
        select(agents.c.registered_time, agents.c.ownership_epoch)
        .where(agents.c.chain_id == chain_id, agents.c.owner == first.c.client)
        .order_by(agents.c.agent_id)
        .limit(MAX_AGENTS_OWNED)
        .correlate(first)
        .subquery("owned")
    )
    return select(
        first.c.client,
        select(func.min(clients.c.first_time)).where(*by_it).scalar_subquery(),
        select(func.min(owned.c.registered_time)).where(owned.c.ownership_epoch == 0).scalar_subquery(),
        select(func.count()).select_from(counted).scalar_subquery(),
    )


# RESULTS


def past_of(changes: Iterable[Any]) -> Past:
    """Who was what, from rows of {changes_of}."""
    owners: list[tuple[Position, str | None]] = []
    wallets: list[tuple[Position, str | None]] = []
    approved = set()
    for block, log_index, kind, change in changes:
        position, changed = (block, log_index), json.loads(change)
        if kind == "registration":
            owners.append((position, changed["owner"]))
            wallets.append((position, changed["owner"]))
        elif kind == "wallet":
            wallets.append((position, changed["wallet"]))
        elif kind == "approval":
            approved.add(changed["approved"])
        elif changed["sender"] != changed["recipient"]:
            owners.append((position, changed["recipient"]))
            wallets.append((position, None))
    return Past(_tenures(owners), _tenures(wallets), frozenset(approved - {None}))


def _tenures(turns: Sequence[tuple[Position, str | None]]) -> dict[str, list[Tenure]]:
    """From when on it was whom; None: nobody."""
    found = defaultdict(list)
    ends = [*(position for position, _ in turns[1:]), None]
    for (start, account), end in zip(turns, ends, strict=True):
        if account is not None:
            found[account].append(Tenure(start, end))
    return dict(found)


def operators_of(owners: Mapping[str, Sequence[Tenure]], approvals: Iterable[Any] | None) -> Operators:
    """Who was an operator while somebody owned the agent who had approved it for all of its agents.

    Only the last word of an owner on an operator is kept. What it said before is unknown.

    :param approvals: rows of {approvals_by}; None: unknown
    """
    if approvals is None:
        return Operators(frozenset(), None)
    certain, possible = set(), set()
    for owner, operator, approved, block in approvals:
        first, last = owners[owner][0], owners[owner][-1]
        if approved and (last.end is None or block < last.end[0]):
            certain.add(operator)
        elif block >= first.start[0]:
            possible.add(operator)
    return Operators(frozenset(certain), frozenset(possible - certain))


def ratings_of(given: Iterable[Any], transfers: Iterable[Any]) -> Iterator[Rating]:
    """Feedback with the owners of the time, from rows of {ratings_by} and {transfers_of}."""
    senders: dict[int, list[str]] = defaultdict(list)
    for agent_id, _, _, change in sorted(transfers):
        moved = json.loads(change)
        if moved["sender"] != moved["recipient"]:
            senders[agent_id].append(moved["sender"])
    for row in given:
        # The owner of an epoch is the one who ends it.
        owner = row.present_owner if row.epoch == row.present_epoch else senders[row.agent_id][row.epoch]
        yield Rating(row.client, (row.given_block, row.log_index), owner)


def rated_of(ratings: Iterable[Rating]) -> dict[str, frozenset[str]]:
    """For each account, the owners of the agents that it rated."""
    rated = defaultdict(set)
    for rating in ratings:
        rated[rating.rater].add(rating.owner)
    return {rater: frozenset(owners) for rater, owners in rated.items()}

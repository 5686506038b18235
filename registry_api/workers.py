"""What is done apart from indexing: registration files are fetched, and scores computed, of the agents in the queue.

An entry of the queue is removed, or put off, in the transaction that keeps what came of it, and only while its ticket
is the one that the work began with: what changes an agent in the meantime gives it another, and the work is done again.
So a worker may be stopped at any moment, and another begins where it was.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Literal, NamedTuple, TypeVar

import structlog
from sqlalchemy import Connection, Engine, RowMapping, Select, and_, delete, select, text, tuple_, update

from registry_api import bulk, files, metrics
from registry_api.config import Settings
from registry_api.database import do_not_wait_for_the_disk, told_apart
from registry_api.domains import MAX_DOMAINS
from registry_api.fetching import Limits, Network, is_global
from registry_api.files import Copy, File
from registry_api.policy import Policy
from registry_api.registration import GlobalId
from registry_api.reputation import scored_rows
from registry_api.revisions import Part, changed
from registry_api.tables import agents, chains, queue, scores
from registry_api.tables import files as file_rows
from registry_api.turns import keep_going

FIRST_RETRY = 60
"""The least time until an unreachable file is tried again, seconds; it doubles with each failure."""
LAST_RETRY = 86_400
"""The longest, seconds."""
SCORED_AT_ONCE = 50
"""Agents in a transaction."""

_T = TypeVar("_T")

_Kind = Literal["file", "score"]

_log = structlog.get_logger()


class Entry(NamedTuple):
    """An entry of the queue, as it was when the work began."""

    chain_id: int
    agent_id: int
    ticket: int
    failures: int


def run_files(
    engine: Engine,
    settings: Settings,
    stop: threading.Event,
    *,
    once: bool = False,
    network: Network | None = None,
) -> None:
    """Fetches the registration files of agents whose URI has changed, or whose file is to be read again.

    One that is unreachable is tried again, ever more rarely. One that was read is read again after
    `settings.file_refresh`, unless its URI always leads to the same: then only its domains are asked again.

    :param once: end when nothing is due
    :param network: None: as the settings say
    :raises FatalError: if it cannot go on; trying again would not help
    """
    world = network or network_of(settings)

    def work(connection: Connection) -> bool:
        # A thread for the database alone, which files cannot keep busy.
        with ThreadPoolExecutor(1) as thread:
            return asyncio.run(_FileWorker(connection, thread, settings, world, stop).drain())

    keep_going(engine, "file", lambda connection: partial(work, connection), stop, poll=settings.poll, once=once)


def run_scores(engine: Engine, settings: Settings, stop: threading.Event, *, once: bool = False) -> None:
    """Computes the scores of agents whose feedback has changed.

    So are those that were computed by other constants than the settings now have. Nothing else makes a score anew,
    though it would be another one later, as clients grow older: what is kept is as of its block, to search by. An
    agent's own page computes it as of the present block.

    :param once: end when nothing is due
    :raises FatalError: if it cannot go on; trying again would not help
    """

    def begin(connection: Connection) -> Callable[[], bool]:
        _queue_others(connection, settings.policy.version)
        return partial(_score, connection, settings)

    keep_going(engine, "score", begin, stop, poll=settings.poll, once=once)


def network_of(settings: Settings) -> Network:
    """How files are fetched."""
    private = settings.allow_private_addresses
    return Network(
        gateway=str(settings.ipfs_gateway),
        allow_http=private,
        allow_ports=private,
        is_allowed=_any if private else is_global,
    )


def _any(_address: IPv4Address | IPv6Address) -> bool:
    return True


# THE QUEUE


def _due(kind: _Kind, chain_id: int, limit: int) -> Select[Any]:
    """The entries of a chain that are due, those that have been for longest first. Index: kind and due_time."""
    return (
        select(queue.c.chain_id, queue.c.agent_id, queue.c.ticket, queue.c.failures)
        .where(queue.c.kind == kind, queue.c.chain_id == chain_id, queue.c.due_time <= int(time.time()))
        .order_by(queue.c.due_time, queue.c.agent_id)
        .limit(limit)
    )


def _unchanged(connection: Connection, kind: _Kind, entries: Collection[Entry]) -> list[bulk.Row]:
    """The keys of those entries that are as they were. They stay so until the transaction ends."""
    query = select(queue.c.chain_id, queue.c.kind, queue.c.agent_id).where(
        queue.c.kind == kind,
        # For the index: of several columns at once, SQLite looks up none.
        queue.c.chain_id.in_({entry[0] for entry in entries}),
        queue.c.agent_id.in_([entry[1] for entry in entries]),
        tuple_(queue.c.chain_id, queue.c.agent_id, queue.c.ticket).in_([entry[:3] for entry in entries]),
    )
    # Who waits for several while it has others may wait for ever (deadlock). Of those that somebody has in hand, none
    # will be as it was.
    query = query.with_for_update(skip_locked=len(entries) > 1)
    return [dict(row) for row in connection.execute(query).mappings()]


# FILES


class _Found(NamedTuple):
    """An entry whose agent's file is to be looked at.

    :ivar identity: the identity registry
    :ivar uri: None, as its digest: there is nothing to fetch
    :ivar copy: what the URI led to before
    """

    entry: Entry
    identity: str
    uri: str | None
    uri_digest: bytes | None
    copy: Copy | None


class _FileWorker:
    """Looks at the files that are due, several at once.

    :param thread: the only one that uses the connection
    """

    def __init__(
        self,
        connection: Connection,
        thread: ThreadPoolExecutor,
        settings: Settings,
        network: Network,
        stop: threading.Event,
    ) -> None:
        self._connection, self._thread, self._settings = connection, thread, settings
        self._network, self._stop = network, stop
        self._limits = Limits(settings.file_seconds, settings.file_size, settings.file_redirects)

    async def drain(self) -> bool:
        """Works until nothing is due any more, or it is told to stop.

        :returns: whether anything was due
        """
        # Each name that is looked up takes a thread, and a hostile one for long: the others need theirs all the same.
        threads = ThreadPoolExecutor(self._settings.files_at_once * (MAX_DOMAINS + 1))
        asyncio.get_running_loop().set_default_executor(threads)
        running: dict[asyncio.Task[None], tuple[int, int]] = {}
        done = 0
        try:
            while not self._stop.is_set():
                if free := self._settings.files_at_once - len(running):
                    for found in await self._in_database(partial(_take, free=free, busy=set(running.values()))):
                        running[asyncio.create_task(self._work_on(found))] = found.entry[:2]
                if not running:
                    break
                finished, _ = await asyncio.wait(
                    running, timeout=self._settings.poll, return_when=asyncio.FIRST_COMPLETED
                )
                for task in finished:
                    del running[task]
                await asyncio.gather(*finished)
                done += len(finished)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        if done:
            _log.info("files looked at", count=done)
        return done > 0

    async def _work_on(self, found: _Found) -> None:
        file = None
        if found.uri is not None:
            agent = GlobalId.on(found.entry.chain_id, found.identity, found.entry.agent_id)
            try:
                file = await files.look(found.uri, agent, found.copy, self._limits, self._network)
            except Exception:  # noqa: BLE001  # no file may keep all others from being read
                _log.exception("cannot look at a file", chain=found.entry.chain_id, agent=found.entry.agent_id)
                await self._in_database(
                    partial(
                        _put_off,
                        entry=found.entry,
                        failures=found.entry.failures + 1,
                        seconds=_retry(found.entry.failures + 1),
                    )
                )
                return
        await self._in_database(partial(_keep, found=found, file=file, refresh=self._settings.file_refresh))
        if file is not None:
            metrics.files_fetched.labels(file.state).inc()

    async def _in_database(self, work: Callable[[Connection], _T]) -> _T:
        """Does something in a transaction."""

        def transaction() -> _T:
            with told_apart(), self._connection.begin():
                # What would be lost is still in the queue.
                do_not_wait_for_the_disk(self._connection)
                return work(self._connection)

        return await asyncio.get_running_loop().run_in_executor(self._thread, transaction)


def _take(connection: Connection, free: int, busy: Collection[tuple[int, int]]) -> list[_Found]:
    """What is to be looked at next.

    :param free: how many at most
    :param busy: the chains and ids of agents that are being looked at
    """
    rows: list[RowMapping] = []
    for chain_id in connection.scalars(select(chains.c.chain_id)).all():
        others = queue.c.agent_id.not_in([agent_id for chain, agent_id in busy if chain == chain_id])
        rows += connection.execute(_with_files(_due("file", chain_id, free).where(others))).mappings()
    first = sorted(rows, key=lambda row: row["due_time"])[:free]
    return [
        _Found(
            Entry(**{name: row[name] for name in Entry._fields}),
            row["identity"],
            # An empty one has no digest.
            row["own_uri"] or None,
            row["uri_digest"],
            None if row["content"] is None else Copy(row["content"], row["content_hash"], row["fetched_time"]),
        )
        for row in first
    ]


def _with_files(due: Select[Any]) -> Select[Any]:
    """Due entries with their agents, as far as they are there, and what the agents' URIs led to before."""
    is_agent = and_(agents.c.chain_id == queue.c.chain_id, agents.c.agent_id == queue.c.agent_id)
    is_file = and_(
        file_rows.c.chain_id == agents.c.chain_id,
        file_rows.c.agent_id == agents.c.agent_id,
        file_rows.c.uri_digest == agents.c.uri_digest,
    )
    return (
        due.add_columns(queue.c.due_time, chains.c.identity, agents.c.own_uri, agents.c.uri_digest)
        .add_columns(file_rows.c.content, file_rows.c.content_hash, file_rows.c.fetched_time)
        .join(chains, chains.c.chain_id == queue.c.chain_id)
        .outerjoin(agents, is_agent)
        .outerjoin(file_rows, is_file)
    )


def _keep(connection: Connection, found: _Found, file: File | None, refresh: int) -> None:
    """Keeps what a look has found, unless the agent has changed since.

    :param file: None: there is nothing to fetch
    :param refresh: see {_rest}
    """
    chain_id, agent_id, _, failures = found.entry
    if not (keys := _unchanged(connection, "file", [found.entry])):
        return
    if file is None or found.uri is None or found.uri_digest is None:
        files.forget(connection, chain_id, agent_id)
        bulk.remove(connection, queue, keys)
        return
    files.save(connection, chain_id, agent_id, found.uri_digest, file)
    failures = failures + 1 if file.state == "unreachable" else 0
    rest = _rest(found.uri, file, failures, refresh)
    if rest is None:
        bulk.remove(connection, queue, keys)
    else:
        _put_off(connection, found.entry, failures, rest)
    changed(connection, chain_id, Part.FILES)


def _rest(uri: str, file: File, failures: int, refresh: int) -> int | None:
    """Until a file is to be looked at again, seconds; None: never.

    :param failures: in a row
    :param refresh: for a file that was read, seconds
    """
    if file.state == "unreachable":
        return _retry(failures) if files.is_remote(uri) else None
    return refresh if file.domains or not files.is_immutable(uri) else None


def _retry(failures: int) -> int:
    """Until what has failed is tried again, seconds."""
    longest = min(LAST_RETRY, FIRST_RETRY * 2**failures)
    # Not all at once again, if one server has the files of many agents.
    return random.randint(longest // 2, longest)  # noqa: S311  # no secret


def _put_off(connection: Connection, entry: Entry, failures: int, seconds: int) -> None:
    """Makes an entry due later, if it is as it was."""
    is_entry = and_(
        queue.c.kind == "file",
        queue.c.chain_id == entry.chain_id,
        queue.c.agent_id == entry.agent_id,
        queue.c.ticket == entry.ticket,
    )
    due_time = int(time.time()) + seconds
    connection.execute(update(queue).where(is_entry).values(due_time=due_time, failures=failures))


# SCORES


def _score(connection: Connection, settings: Settings) -> bool:
    """Computes the scores of a few agents of each chain.

    :returns: whether any were due
    """
    with told_apart(), connection.begin():
        chain_ids = connection.scalars(select(chains.c.chain_id)).all()
    scored = [_score_chain(connection, chain_id, settings.policy) for chain_id in chain_ids]
    return any(scored)


def _queue_others(connection: Connection, version: str) -> None:
    """Makes all scores due that another policy gave."""
    with told_apart(), connection.begin():
        others = select(scores.c.chain_id, scores.c.agent_id).where(scores.c.policy_version != version).distinct()
        due = {"kind": "score", "due_time": int(time.time()), "failures": 0}
        if rows := [
            {**due, "chain_id": chain_id, "agent_id": agent_id, "ticket": random.getrandbits(62)}
            for chain_id, agent_id in connection.execute(others)
        ]:
            bulk.put(connection, queue, rows)


def _score_chain(connection: Connection, chain_id: int, policy: Policy) -> bool:
    with told_apart(), connection.begin():
        if connection.dialect.name == "postgresql":
            # All that a score is made of has to be as of one block.
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        entries = [Entry(*row) for row in connection.execute(_due("score", chain_id, SCORED_AT_ONCE))]
        ids = [entry.agent_id for entry in entries]
        # A reorganisation may have taken others away.
        there = connection.scalars(
            select(agents.c.agent_id).where(agents.c.chain_id == chain_id, agents.c.agent_id.in_(ids))
        ).all()
        rows = [row for agent_id in there for row in scored_rows(connection, chain_id, agent_id, policy)]
    if not entries:
        return False
    # Apart, because at that level writing would fail whenever the indexer has changed an entry in between.
    with told_apart(), connection.begin():
        connection.execute(delete(scores).where(scores.c.chain_id == chain_id, scores.c.agent_id.in_(ids)))
        if rows:
            bulk.add(connection, scores, rows)
        if keys := _unchanged(connection, "score", entries):
            bulk.remove(connection, queue, keys)
        changed(connection, chain_id, Part.SCORES)
    for row in rows:
        metrics.scores_computed.labels(str(chain_id), row["level"] or "none").inc()
    _log.info("agents scored", chain=chain_id, count=len(entries))
    return True

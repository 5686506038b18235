"""Reading the database for responses: statements that say with their rows as of which block they are."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Engine,
    FromClause,
    RowMapping,
    Select,
    bindparam,
    func,
    select,
    true,
)

from registry_api import metrics
from registry_api.batches import Batches
from registry_api.database import one_snapshot, told_apart
from registry_api.errors import RetryableError
from registry_api.head import COLUMNS, Head, Moment
from registry_api.lookups import Lookup, Row
from registry_api.problems import Problem
from registry_api.revisions import Part, revision
from registry_api.tables import agents, chains, files

_T = TypeVar("_T")
_R = TypeVar("_R", bound=Row)

MAX_ID = 2**63 - 1
"""Of an agent, as the database can hold it."""


class Reader:
    """Reads a database of one or several chains.

    A thread for each connection: SQLAlchemy takes a third less of the processor so than with asyncio, and SQLite has
    no other way. Agents by their ids are read without (see {registry_api.lookups}).

    :param engine: of which each statement is a snapshot
    :param connections: how many statements run at once; others wait
    :param wait: for their turn, seconds
    :param by_ids: {BY_IDS}, with a connection of its own
    """

    def __init__(self, engine: Engine, connections: int, wait: float, by_ids: Lookup) -> None:
        self._engine, self._wait, self._by_ids = engine, wait, by_ids
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="reader")
        self._free = asyncio.Semaphore(connections)
        metrics.pool_size.set(connections)
        self._agents: dict[int, Batches[int, tuple[Head, Row | None]]] = {}

    async def rows(self, statement: Select[Any], parameters: Mapping[str, Any]) -> tuple[Head, Sequence[RowMapping]]:
        """The rows of a statement made by {with_head}, and as of when they are.

        :raises Problem: CHAIN_NOT_INDEXED, SERVICE_UNAVAILABLE
        """
        return _as_of(await self.all(statement, parameters), parameters["chain"])

    async def all(self, statement: Select[Any], parameters: Mapping[str, Any]) -> Sequence[RowMapping]:
        """All rows of a statement.

        :raises Problem: SERVICE_UNAVAILABLE
        """
        return await self.read(lambda connection: connection.execute(statement, parameters).mappings().all())

    async def moments(self) -> list[Moment]:
        """Those of all chains, as they are now.

        :raises Problem: SERVICE_UNAVAILABLE
        """
        return [Moment(_head(row), int(row["events"]), int(row["others"])) for row in await self.all(_MOMENTS, {})]

    async def agent(self, chain_id: int, agent_id: int) -> tuple[Head, Row]:
        """An agent as {AGENT_COLUMNS} and its head; callers at the same time share a query.

        :raises Problem: AGENT_NOT_FOUND
        """
        batches = self._agents.get(chain_id)
        if batches is None:
            batches = self._agents[chain_id] = Batches(partial(self.agents, chain_id))
        head, row = await batches.get(min(agent_id, MAX_ID))
        if row is None:
            raise no_agent(agent_id, head)
        return head, row

    async def agents(self, chain_id: int, ids: Sequence[int]) -> dict[int, tuple[Head, Row | None]]:
        """Several agents by their ids; None for one that is not there."""
        dialect = self._engine.dialect.name
        possible = [one for one in ids if one <= MAX_ID]
        given = possible if dialect == "postgresql" else f"[{','.join(map(str, possible))}]"
        with _unavailable():
            rows = await self._by_ids.rows({"chain": chain_id, "ids": given})
        head, page = _as_of(rows, chain_id)
        found = {row["agent_id"]: row for row in page}
        return {one: (head, found.get(one)) for one in ids}

    async def at_one_moment(self, chain_id: int, read: Callable[[Connection], _T]) -> tuple[Head, _T]:
        """What several statements give, all as of the same moment.

        :raises Problem: CHAIN_NOT_INDEXED, SERVICE_UNAVAILABLE
        """

        def run(connection: Connection) -> tuple[Head, _T] | None:
            row = connection.execute(_HEAD, {"chain": chain_id}).mappings().first()
            return None if row is None else (_head(row), read(connection))

        found = await self.read(run, together=True)
        if found is None:
            raise _not_indexed(chain_id)
        return found

    async def read(self, read: Callable[[Connection], _T], *, together: bool = False) -> _T:
        """What reading from a connection gives.

        :param together: all statements are as of the same moment
        :raises Problem: SERVICE_UNAVAILABLE
        """
        try:
            async with asyncio.timeout(self._wait):
                await self._free.acquire()
        except TimeoutError:
            metrics.pool_waits.inc()
            raise Problem("SERVICE_UNAVAILABLE", "the database has too much to do") from None
        metrics.pool_in_use.inc()
        try:
            with _unavailable():
                return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, read, together)
        finally:
            metrics.pool_in_use.dec()
            self._free.release()

    async def close(self) -> None:
        """Closes all connections."""
        await self._by_ids.close()
        self._threads.shutdown(cancel_futures=True)
        self._engine.dispose()

    def _read(self, read: Callable[[Connection], _T], together: bool) -> _T:  # noqa: FBT001  # for the executor
        with told_apart(), self._engine.connect() as connection:
            if not together:
                return read(connection)
            with one_snapshot(connection):
                return read(connection)


@contextlib.contextmanager
def _unavailable() -> Iterator[None]:
    """Says to the client that the database does not answer now."""
    try:
        yield
    except RetryableError as error:
        raise Problem("SERVICE_UNAVAILABLE", "the database does not answer now") from error


def _as_of(found: Sequence[_R], chain_id: int) -> tuple[Head, Sequence[_R]]:
    """The rows of a statement made by {with_head}, and as of when they are.

    :raises Problem: CHAIN_NOT_INDEXED
    """
    if not found:
        raise _not_indexed(chain_id)
    return _head(found[0]), page_of(found)


def _not_indexed(chain_id: int) -> Problem:
    return Problem("CHAIN_NOT_INDEXED", f"chain {chain_id}: the indexer has not begun yet")


def with_head(page: FromClause, *columns: Any, order: Sequence[Any] = (), joins: Sequence[Any] = ()) -> Select[Any]:
    """A statement of one chain's head and a page's rows; the head alone if there are none.

    It has the parameter `chain`. All in one statement is all as of one moment.

    :param page: a subquery or table with a column `chain_id`
    :param columns: of it, and of what is joined
    :param joins: what is joined to the page, each with its condition
    """
    source = chains.outerjoin(page, true() & (page.c.chain_id == chains.c.chain_id))
    for joined, condition in joins:
        source = source.outerjoin(joined, condition)
    is_row = page.c.chain_id.is_not(None).label("is_row")
    heads = [column.label(f"head_{column.name}") for column in COLUMNS]
    statement = select(*heads, is_row, *columns).select_from(source).where(chains.c.chain_id == bindparam("chain"))
    return statement.order_by(*order)


def page_of(found: Sequence[_R]) -> Sequence[_R]:
    """The page's rows, of those of a statement made by {with_head}: without any, the head comes alone."""
    return found if found[0]["is_row"] else []


def no_agent(agent_id: int, head: Head) -> Problem:
    """AGENT_NOT_FOUND, as of when."""
    message = f"agent {agent_id}: there is none on chain {head.chain_id}"
    return Problem("AGENT_NOT_FOUND", message, at=head.to_json())


def _head(row: Row) -> Head:
    return Head(*(row[f"head_{column.name}"] for column in COLUMNS))


def files_of(page: FromClause) -> tuple[FromClause, Any]:
    """The registration files of a page of agents, if they were fetched from the URIs that the agents have now."""
    same = (files.c.chain_id == page.c.chain_id) & (files.c.agent_id == page.c.agent_id)
    return files, same & (files.c.uri_digest == page.c.uri_digest)


AGENT_COLUMNS = (agents.c.agent_id, agents.c.document, agents.c.own_uri, agents.c.uri_digest, agents.c.block)
"""What a response needs of an agent, beside the document of its file."""


def _by_ids(dialect: str) -> Select[Any]:
    ids = bindparam("ids", type_=ARRAY(BigInteger) if dialect == "postgresql" else None)
    function = func.unnest(ids) if dialect == "postgresql" else func.json_each(ids)
    wanted = function.table_valued("value", name="wanted")
    if dialect == "postgresql":
        wanted = wanted.render_derived()
    found = (
        select(agents.c.chain_id, *AGENT_COLUMNS)
        .select_from(wanted)
        # An outer join, for SQLite to begin with what is wanted; what is not there has no chain, and so no head.
        .outerjoin(agents, (agents.c.chain_id == bindparam("chain")) & (agents.c.agent_id == wanted.c.value))
        .subquery()
    )
    columns = [found.c[column.name] for column in AGENT_COLUMNS]
    return with_head(found, *columns, files.c.document.label("file"), joins=[files_of(found)])


BY_IDS = {dialect: _by_ids(dialect) for dialect in ("postgresql", "sqlite")}
_HEADS = select(*(column.label(f"head_{column.name}") for column in COLUMNS))
_HEAD = _HEADS.where(chains.c.chain_id == bindparam("chain"))
_MOMENTS = _HEADS.add_columns(
    revision(Part.EVENTS).label("events"), revision(Part.FILES, Part.SCORES, Part.PAYMENTS).label("others")
).order_by(chains.c.chain_id)

"""Agents: searched for, by their ids, one of them, and its registration file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import orjson
from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, RowMapping, select

from registry_api import searches
from registry_api.answers import Answer, answer, joined, respond_content
from registry_api.files import ABSENT
from registry_api.generated import registration_of
from registry_api.head import Head
from registry_api.items import item, state_without_file
from registry_api.pages import to_cursor
from registry_api.problems import Problem
from registry_api.reading import MAX_ID, no_agent, page_of
from registry_api.routes import new_router
from registry_api.routes import responses as shown
from registry_api.routes.parameters import OnChain, documented, query
from registry_api.searches import MAX_COUNT, Search
from registry_api.service import Service
from registry_api.source import Source
from registry_api.tables import agent_metadata, agents, files

router = new_router("agents")

MAX_IDS = 100


class Ids(BaseModel):
    """Which agents."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[list[Annotated[int, Field(ge=0, lt=2**256)]], Field(min_length=1, max_length=MAX_IDS)] = Field(
        description=f"An agent's id; up to {MAX_IDS} of them."
    )


def _service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


@router.get("/agents", openapi_extra=documented(OnChain, Search), responses=shown.of_agents)
async def search_agents(request: Request) -> Response:
    """Agents for which everything that is asked holds, a page at a time."""
    service = _service(request)

    async def find() -> Answer:
        search, chain = query(request, Search)
        source = service.source(chain)
        parameters = searches.parameters_of(search, source.chain_id)
        shape = searches.shape_of(search, parameters)
        statement, total = searches.page_statement(shape), None

        def read(connection: Connection) -> tuple[Sequence[RowMapping], int]:
            found = connection.execute(statement, parameters).mappings().all()
            return page_of(found), connection.execute(searches.count_statement(shape), parameters).scalar_one()

        if search.count:
            head, (rows, total) = await service.reader.at_one_moment(source.chain_id, read)
        else:
            head, rows = await service.reader.rows(statement, parameters)
        page = rows[: search.limit]
        more = len(rows) > search.limit
        if search.cursor is None and not more:
            total = len(page)
        return answer(
            head,
            joined([item(row, head) for row in page]),
            next=to_cursor(*search.position_of(page[-1])) if more else None,
            total=None if total is None else {"count": min(total, MAX_COUNT), "exact": total <= MAX_COUNT},
        )

    return await service.remember(request, find)


@router.get("/agents/batch", openapi_extra=documented(OnChain, Ids), responses=shown.of_batch)
async def get_agents(request: Request) -> Response:
    """Agents by their ids, in the order of the ids; those that do not exist are left out."""
    service = _service(request)

    async def find() -> Answer:
        ids, chain = query(request, Ids)
        source = service.source(chain)
        found = await service.reader.agents(source.chain_id, list(dict.fromkeys(ids.id)))
        head = next(iter(found.values()))[0]
        return answer(head, joined([item(row, head) for _, row in found.values() if row is not None]))

    return await service.remember(request, find)


@router.get("/agents/{agent}", openapi_extra=documented(OnChain), responses=shown.of_agent)
async def get_agent(request: Request, agent: str) -> Response:
    """One agent: `7`, `84532:7`, or `eip155:84532:<identity registry>:7`."""
    service = _service(request)

    async def find() -> Answer:
        source, agent_id = service.agent(agent, query(request, OnChain)[1])
        head, row = await service.reader.agent(source.chain_id, agent_id)
        return answer(head, item(row, head))

    return await service.remember(request, find, shares_query=True)


@router.get("/agents/{agent}/registration", openapi_extra=documented(OnChain), responses=shown.of_file)
async def get_registration(request: Request, agent: str) -> Response:
    """An agent's registration file as it is published; that of an auto URI is made here.

    With the base URI `https://<host>/api/v1/agents`, this is where auto URIs lead to.
    """
    service = _service(request)
    source, agent_id = service.agent(agent, query(request, OnChain)[1])
    return await _registration(request, source, agent_id)


@router.get("/chains/{chain}/agents/{agent_id}/registration", responses=shown.of_file)
async def get_registration_on_chain(request: Request, chain: str, agent_id: str) -> Response:
    """The same, for a base URI that names the chain: `https://<host>/api/v1/chains/84532/agents`."""
    service = _service(request)
    if not agent_id.isdecimal():
        raise Problem("INVALID_VALUE", f"agent_id: {agent_id[:80]!r} is not an integer")
    source, number = service.agent(agent_id, service.source(chain).name)
    return await _registration(request, source, number)


async def _registration(request: Request, source: Source, agent_id: int) -> Response:
    def read(connection: Connection) -> tuple[RowMapping | None, list[RowMapping]]:
        one = (agents.c.chain_id == source.chain_id) & (agents.c.agent_id == min(agent_id, MAX_ID))
        same = (files.c.chain_id == agents.c.chain_id) & (files.c.agent_id == agents.c.agent_id)
        joined_files = agents.outerjoin(files, same & (files.c.uri_digest == agents.c.uri_digest))
        columns = (files.c.state, files.c.content, files.c.document.label("file"))
        found = connection.execute(select(agents, *columns).select_from(joined_files).where(one)).mappings().first()
        key = (agent_metadata.c.chain_id == source.chain_id) & (agent_metadata.c.agent_id == min(agent_id, MAX_ID))
        named = agent_metadata.c.key.in_(("name", "description", "image"))
        return found, list(connection.execute(select(agent_metadata).where(key, named)).mappings())

    head, (row, metadata) = await _service(request).reader.at_one_moment(source.chain_id, read)
    if row is None:
        raise no_agent(agent_id, head)
    return respond_content(request.scope, head, _content(row, metadata, head))


def _content(row: RowMapping, metadata: list[RowMapping], head: Head) -> bytes:
    state: str = row["state"] or state_without_file(row, head)
    if state == "generated":
        return orjson.dumps(registration_of(dict(row), map(dict, metadata), head.chain_id, head.identity))
    file = orjson.loads(ABSENT[state] if row["file"] is None else row["file"])
    told = {"state": state, "reasons": file["reasons"], "at": head.to_json()}
    if state == "invalid":
        raise Problem("REGISTRATION_FILE_INVALID", f"agent {row['agent_id']}: its file is invalid", **told)
    # An unreachable one may have been read before, and have been valid then or not.
    if file["name"] is None:
        raise Problem("REGISTRATION_FILE_NOT_FOUND", f"agent {row['agent_id']}: its file is {state}", **told)
    content: bytes = row["content"]
    return content

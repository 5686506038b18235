"""What an agent's lists and totals are, and what the API serves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from fastapi import Request, Response
from sqlalchemy import Connection, func, select

from registry_api import lists
from registry_api.answers import Answer, answer
from registry_api.lists import LISTINGS, Page
from registry_api.reading import MAX_ID, no_agent
from registry_api.routes import new_router
from registry_api.routes import responses as shown
from registry_api.routes.parameters import OnChain, documented, query
from registry_api.service import Service
from registry_api.tables import agents, chains, clients, history, ratings, validations

router = new_router()

Handler = Callable[[Request, str], Awaitable[Response]]


def _listing(name: str, model: type[Page], summary: str) -> Handler:
    async def get_list(request: Request, agent: str) -> Response:
        service: Service = request.app.state.service

        async def find() -> Answer:
            page, chain = query(request, model)
            source, agent_id = service.agent(agent, chain)
            # Tells agents without any from those that do not exist.
            await service.reader.agent(source.chain_id, agent_id)
            listing = LISTINGS[name]
            parameters = lists.parameters_of(listing, page, source.chain_id, agent_id)
            flags = frozenset((one, value) for one, value in parameters.items() if isinstance(value, bool))
            statement = lists.statement(name, frozenset(parameters), flags, page.order)
            head, rows = await service.reader.rows(statement, parameters)
            data, cursor = lists.render(listing, page, head, rows)
            return answer(head, data, next=cursor)

        return await service.remember(request, find)

    get_list.__name__ = f"get_{name}"
    get_list.__doc__ = summary
    return get_list


for _name, _model, _summary in (
    ("feedback", lists.FeedbackPage, "Feedback that an agent was given."),
    ("clients", lists.ClientPage, "Who gave an agent feedback."),
    ("responses", lists.ResponsePage, "Responses to an agent's feedback."),
    ("validations", lists.ValidationPage, "Validations that were requested of an agent, each with its latest answer."),
    ("history", lists.HistoryPage, "Registration, transfers, approvals, URI, metadata and wallet changes."),
    ("metadata", lists.MetadataPage, "An agent's metadata on the chain, without keys that were cleared."),
    ("payments", lists.PaymentPage, "Payments to an agent that were linked, each proven on the chain."),
):
    router.add_api_route(
        f"/agents/{{agent}}/{_name}",
        _listing(_name, _model, _summary),
        openapi_extra=documented(OnChain, _model),
        responses=shown.of_list(_name),
        tags=["lists"],
        description=_summary,
    )


@router.get("/chains", tags=["chains"], responses=shown.of_chains)
async def get_chains(request: Request) -> Response:
    """The chains that are served; the first is the one that is meant if none is named."""
    service: Service = request.app.state.service
    heads = {one.head.chain_id: one.head for one in await service.reader.moments()}
    served = [
        {
            "chain": f"eip155:{source.chain_id}",
            "name": source.name,
            "registries": {
                "identity": source.identity,
                "reputation": source.reputation,
                "validation": source.validation,
            },
            "at": heads[source.chain_id].to_json() if source.chain_id in heads else None,
        }
        for source in service.sources.values()
    ]
    return Response(orjson.dumps({"data": served}), media_type="application/json")


@router.get("/registry", tags=["chains"], openapi_extra=documented(OnChain), responses=shown.of_totals)
async def get_totals(request: Request) -> Response:
    """A chain's registries and how much they hold."""
    service: Service = request.app.state.service

    async def find() -> Answer:
        source = service.source(query(request, OnChain)[1])

        def read(connection: Connection) -> dict[str, Any]:
            row = connection.execute(select(chains).where(chains.c.chain_id == source.chain_id)).mappings().one()
            return {
                "registries": {name: row[name] for name in ("identity", "reputation", "validation")},
                "start_block": row["start_block"],
                "base_uri": row["base_uri"],
                "agents": row["agent_count"],
                "feedback": row["feedback_count"],
                "validations": row["validation_count"],
            }

        return answer(*await service.reader.at_one_moment(source.chain_id, read))

    return await service.remember(request, find)


@router.get("/agents/{agent}/stats", tags=["agents"], openapi_extra=documented(OnChain), responses=shown.of_stats)
async def get_stats(request: Request, agent: str) -> Response:
    """An agent in numbers."""
    service: Service = request.app.state.service

    async def find() -> Answer:
        source, agent_id = service.agent(agent, query(request, OnChain)[1])
        head, found = await service.reader.at_one_moment(
            source.chain_id, lambda one: _stats(one, source.chain_id, min(agent_id, MAX_ID))
        )
        if found is None:
            raise no_agent(agent_id, head)
        return answer(head, found)

    return await service.remember(request, find)


def _stats(connection: Connection, chain_id: int, agent_id: int) -> dict[str, Any] | None:
    def of_agent(table: Any) -> Any:
        return (table.c.chain_id == chain_id) & (table.c.agent_id == agent_id)

    agent = connection.execute(select(agents).where(of_agent(agents))).mappings().first()
    if agent is None:
        return None
    kinds = select(history.c.kind, func.count().label("count")).where(of_agent(history)).group_by(history.c.kind)
    first = select(func.min(clients.c.first_time)).where(of_agent(clients))
    again = select(func.count()).where(of_agent(clients), clients.c.feedback_count > 1)
    groups = select(func.count()).where(of_agent(ratings), ratings.c.count > 0)
    by_tag = (
        select(validations.c.tag, func.count(), func.sum(validations.c.response))
        .where(of_agent(validations), validations.c.answer_count > 0)
        .group_by(validations.c.tag)
        .order_by(func.count().desc(), validations.c.tag)
        .limit(100)
    )
    live = agent["feedback_count"] - agent["revoked_count"]
    return {
        "feedback": {
            "live": live,
            "revoked": agent["revoked_count"],
            "responses": agent["response_count"],
            "groups": connection.scalar(groups),
            "first_time": connection.scalar(first),
            "last_time": agent["last_feedback_time"],
        },
        "clients": {"count": agent["client_count"], "returning": connection.scalar(again)},
        "validations": {
            "requested": agent["validation_count"],
            "answered": agent["answered_count"],
            "by_tag": [
                {"tag": tag, "count": count, "average": round(int(total) / count, 4)}
                for tag, count, total in connection.execute(by_tag)
            ],
        },
        "changes": {one[0]: one[1] for one in connection.execute(kinds)},
        "owners": agent["ownership_epoch"] + 1,
    }

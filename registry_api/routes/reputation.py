"""An agent's reputation: its groups of feedback, and all that is known of one of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, select

from registry_api.answers import Answer, answer
from registry_api.exact import plain
from registry_api.inputs import Tag
from registry_api.problems import Problem
from registry_api.reputation import MAX_FEEDBACK, MAX_GROUPS, document, groups
from registry_api.routes import new_router
from registry_api.routes import responses as shown
from registry_api.routes.parameters import OnChain, documented, query
from registry_api.score import MAX_DECIMALS, Group
from registry_api.service import Service
from registry_api.summary import Period
from registry_api.tables import scores

router = new_router("reputation")


class Groups(BaseModel):
    """Which groups of an agent."""

    model_config = ConfigDict(extra="forbid")

    tag1: Tag | None = Field(None, description="Exactly this tag1; it may be empty.")
    tag2: Tag | None = Field(None, description="Exactly this tag2; it may be empty.")


class OneGroup(BaseModel):
    """Which group of an agent, and how finely."""

    model_config = ConfigDict(extra="forbid")

    tag1: Tag = Field(description="Exactly this tag1; it may be empty.")
    tag2: Tag = Field("", description="Exactly this tag2.")
    decimals: Annotated[int, Field(ge=0, le=MAX_DECIMALS)] = Field(0, description="Of the feedback's values.")
    period: Period = Field(Period.MONTH, description="Of the time series.")


@router.get("/agents/{agent}/reputation", openapi_extra=documented(OnChain, Groups), responses=shown.of_groups)
async def get_reputation(request: Request, agent: str) -> Response:
    """An agent's groups of feedback, each with its average and its score as last computed; never across groups."""
    service: Service = request.app.state.service

    async def find() -> Answer:
        wanted, chain = query(request, Groups)
        source, agent_id = service.agent(agent, chain)
        await service.reader.agent(source.chain_id, agent_id)

        def read(connection: Connection) -> list[dict[str, Any]]:
            of_agent = (scores.c.chain_id == source.chain_id) & (scores.c.agent_id == agent_id)
            known = {row["scale"]: row for row in connection.execute(select(scores).where(of_agent)).mappings()}
            found = groups(connection, source.chain_id, agent_id, wanted.tag1, wanted.tag2)
            return [
                {
                    "tag1": one.group.tag1,
                    "tag2": one.group.tag2,
                    "decimals": one.group.decimals,
                    "count": one.count,
                    "average": None if one.average is None else plain(one.average),
                    "score": _score(known.get(one.scale)),
                }
                for one in found
            ]

        head, data = await service.reader.at_one_moment(source.chain_id, read)
        return answer(head, data, policy_version=service.settings.policy.version, all=len(data) < MAX_GROUPS)

    return await service.remember(request, find)


def _score(row: Any) -> dict[str, Any] | None:
    if row is None:
        return None
    return {name: row[name] for name in ("level", "point", "lower", "upper", "policy_version", "block")}


@router.get("/agents/{agent}/reputation/group", openapi_extra=documented(OnChain, OneGroup), responses=shown.of_group)
async def get_group(request: Request, agent: str) -> Response:
    """All about one group: median, distribution, time series, and its score with every input and constant.

    `registry-api score` computes the same again from this response.
    """
    service: Service = request.app.state.service

    async def find() -> Answer:
        wanted, chain = query(request, OneGroup)
        source, agent_id = service.agent(agent, chain)
        await service.reader.agent(source.chain_id, agent_id)
        group = Group(wanted.tag1, wanted.tag2, wanted.decimals)
        policy = service.settings.policy
        head, found = await service.reader.at_one_moment(
            source.chain_id,
            lambda one: document(one, source.chain_id, agent_id, group, policy, period=wanted.period),
        )
        if found is None:
            raise Problem("INVALID_VALUE", f"group: it has more than {MAX_FEEDBACK:,} feedback, too many to read")
        # It depends on the block's time, too.
        return answer(head, found)._replace(lasts=False)

    return await service.remember(request, find)

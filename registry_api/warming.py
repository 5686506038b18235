"""What a process asks itself before others ask: the agents that most is asked about."""

from __future__ import annotations

import httpx
import structlog
from sqlalchemy import select
from starlette.types import ASGIApp

from registry_api.errors import IndexingError
from registry_api.problems import Problem
from registry_api.reading import Reader
from registry_api.routes import PREFIX
from registry_api.tables import agent_feedback

_log = structlog.get_logger()


async def warm_up(app: ASGIApp, reader: Reader, chain_id: int, count: int, *, prefix: str) -> None:
    """Makes the answers about the agents with most feedback, so that they are remembered.

    :param app: behind what counts requests
    :param prefix: of an agent's id, as most ask for it
    """
    most = (
        select(agent_feedback.c.agent_id)
        .where(agent_feedback.c.chain_id == chain_id)
        .order_by(agent_feedback.c.feedback_count.desc(), agent_feedback.c.agent_id.desc())
        .limit(count)
    )
    try:
        ids = await reader.read(lambda connection: connection.scalars(most).all())
    except (Problem, IndexingError) as error:
        _log.warning("not warmed up", chain=chain_id, error=str(error))
        return
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://itself") as client:
        answers = [await client.get(f"{PREFIX}/agents/{prefix}{agent_id}") for agent_id in ids]
    _log.info("warmed up", chain=chain_id, agents=sum(one.is_success for one in answers))
